import type { ChartSeries } from "./document.js";

const bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
const nothing = "·";

/** The lines of a chart, aligned: label, a bar for each value, remark; nothing at all is a dot. */
export function formatChart(
  {
    ends: [left, right],
    series,
  }: { readonly ends: readonly [string, string]; readonly series: readonly ChartSeries[] },
  clean: (text: string) => string,
): string[] {
  const labels = series.map(({ label }) => clean(label));
  const margin = Math.max(...labels.map(({ length }) => length));
  const width = Math.max(...series.map(({ values }) => values.length));
  const lines = series.map(
    ({ values, top, remark }, at) =>
      `${(labels[at] ?? "").padEnd(margin)}  ${sparkline(values, top)}  ${clean(remark)}`,
  );
  const gap = Math.max(1, width - left.length - right.length);
  return [...lines, `${" ".repeat(margin)}  ${left}${" ".repeat(gap)}${right}`].map((line) => line.trimEnd());
}

function sparkline(values: readonly number[], top: number): string {
  return values
    .map((value) => {
      if (!(value > 0) || !(top > 0)) return nothing;
      return bars[Math.min(bars.length - 1, Math.floor((value / top) * bars.length))] ?? nothing;
    })
    .join("");
}
