import type { ChartSeries } from "./document.js";
import { padText, shortenText, widest } from "./text-width.js";

const bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
const nothing = "·";
const gap = "  ";

export interface ChartLayout {
  /** How a text becomes safe to print. */
  readonly clean: (text: string) => string;
  /** Columns that a line may take. */
  readonly width: number;
}

/** The lines of a chart, aligned: label, a bar for each value, remark; nothing at all is a dot. */
export function formatChart(
  {
    ends: [left, right],
    series,
  }: { readonly ends: readonly [string, string]; readonly series: readonly ChartSeries[] },
  { clean, width }: ChartLayout,
): string[] {
  const labels = series.map(({ label }) => clean(label));
  const remarks = series.map(({ remark }) => clean(remark));
  const sizes = fitInto(width, {
    label: widest(labels),
    bars: Math.max(...series.map(({ values }) => values.length)),
    remark: widest(remarks),
  });
  const lines = series.map(({ values, top }, at) =>
    [
      padText(shortenText(labels[at] ?? "", sizes.label), sizes.label),
      sparkline(mergeColumns(values, sizes.bars), top),
      shortenText(remarks[at] ?? "", sizes.remark),
    ].join(gap),
  );
  const between = Math.max(1, sizes.bars - left.length - right.length);
  const axis = `${" ".repeat(sizes.label)}${gap}${left}${" ".repeat(between)}${right}`;
  return [...lines, axis].map((line) => line.trimEnd());
}

/** Columns of each part of a line. */
interface Sizes {
  readonly label: number;
  readonly bars: number;
  readonly remark: number;
}

/** What gives way where lines are too long, in turn, and down to how many columns: names can be cut, figures should not be. */
const yielding: readonly (readonly [keyof Sizes, number])[] = [
  ["label", 24],
  ["bars", 24],
  ["label", 16],
  ["bars", 12],
  ["label", 10],
  ["bars", 8],
  ["label", 5],
  ["bars", 4],
  ["remark", 4],
];

function fitInto(width: number, wanted: Sizes): Sizes {
  const sizes = { ...wanted };
  for (const [part, least] of yielding) {
    const excess = sizes.label + sizes.bars + sizes.remark + 2 * gap.length - width;
    if (excess <= 0) break;
    sizes[part] -= Math.min(excess, Math.max(0, sizes[part] - least));
  }
  return sizes;
}

/** The largest of the values that fall into each of fewer columns. */
function mergeColumns(values: readonly number[], count: number): number[] {
  if (count >= values.length) return [...values];
  return Array.from({ length: count }, (_, column) => {
    const from = Math.floor((column * values.length) / count);
    return Math.max(...values.slice(from, Math.floor(((column + 1) * values.length) / count)));
  });
}

/** Bars as high as their part of `top`; without it, of the largest value, and a level line where all are about as large as that. */
function sparkline(values: readonly number[], top: number | undefined): string {
  const full = top ?? Math.max(...values);
  const line = values.map((value) => barOf(value, full));
  const [first = nothing] = line;
  const isLevel = top === undefined && first !== nothing && line.every((bar) => bar === first);
  return isLevel ? bars[0].repeat(line.length) : line.join("");
}

function barOf(value: number, full: number): string {
  if (!(value > 0) || !(full > 0)) return nothing;
  return bars[Math.min(bars.length - 1, Math.floor((value / full) * bars.length))] ?? nothing;
}
