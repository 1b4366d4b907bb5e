import Table from "cli-table3";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { escapeText } from "../diagnostics/escape-text.js";
import type { Block, Tone } from "./document.js";
import { choosePaint, type Paint } from "./paint.js";
import { formatPlace } from "./place.js";
import type { RenderOptions } from "./render.js";
import { formatChart } from "./sparkline.js";
import { widest } from "./text-width.js";
import { wrapText } from "./wrap-text.js";

const indent = "  ";

/** Plain text for a terminal. Nothing is said by colour alone. */
export async function formatTerminal(blocks: readonly Block[], { color, width }: RenderOptions): Promise<string> {
  const paint = await choosePaint(color);
  const texts = blocks.map((block) => formatBlock(block, paint, width));
  return `${texts.filter((text) => text !== "").join("\n\n")}\n`;
}

function formatBlock(block: Block, paint: Paint, width: number): string {
  switch (block.kind) {
    case "title":
      return `${paint.bold(escapeText(block.text))} ${paint.dim(`(${escapeText(block.detail)})`)}`;
    case "verdict":
      return [
        ...wrapped(block.text, width).map((line) => toned(line, block.tone, paint)),
        ...block.more.flatMap((line) => wrapped(line, width)),
      ].join("\n");
    case "heading":
      return paint.bold(escapeText(block.text));
    case "table":
      return formatTable(block, paint, width);
    case "chart":
      return formatChart(block, { clean: escapeText, width: width - indent.length })
        .map((line) => `${indent}${line}`)
        .join("\n");
    case "story":
      return formatStory(block, paint, width);
    case "notes":
      return block.lines
        .flatMap((line) => wrapped(line, width))
        .map((line) => paint.dim(line))
        .join("\n");
    case "findings":
      return block.diagnostics.map((one) => formatFinding(one, paint, width)).join("\n");
  }
}

/** Times in a column, and in the next one what happened, with what there is to say of it below. */
function formatStory({ entries }: Extract<Block, { kind: "story" }>, paint: Paint, width: number): string {
  const columns = widest(entries.map(({ when }) => when));
  const words = widest(entries.flatMap(({ more }) => more.map(({ word }) => word)));
  const margin = " ".repeat(indent.length + columns + indent.length);
  const inner = margin + " ".repeat(words + indent.length);
  const lines = ({ when, what, more }: (typeof entries)[number]): string[] => [
    ...wrapText(escapeText(what), width - margin.length).map((line, at) =>
      at === 0 ? `${indent}${paint.bold(when.padEnd(columns))}${indent}${line}` : `${margin}${line}`,
    ),
    ...more.flatMap(({ word, text }, place) =>
      wrapText(escapeText(text), width - inner.length).map((line, at) => {
        const isFirst = at === 0 && more[place - 1]?.word !== word;
        return isFirst ? `${margin}${paint.dim(word.padEnd(words))}${indent}${line}` : `${inner}${line}`;
      }),
    ),
  ];
  return entries.map((entry) => lines(entry).join("\n")).join("\n");
}

function wrapped(text: string, width: number): string[] {
  return wrapText(escapeText(text), width - indent.length).map((line) => `${indent}${line}`);
}

function toned(text: string, tone: Tone, paint: Paint): string {
  switch (tone) {
    case "good":
      return paint.good(text);
    case "warn":
      return paint.warn(text);
    case "bad":
      return paint.bad(text);
    case "plain":
      return paint.bold(text);
  }
}

/** Columns apart by blanks alone: `cli-table3` aligns them, its borders are left out. */
const noBorders = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

type TableBlock = Extract<Block, { kind: "table" }>;

function formatTable(block: TableBlock, paint: Paint, width: number): string {
  const { columns, rows, marked = [] } = block;
  const hasMarks = marked.length > 0;
  const mark = (at: number): string[] => (hasMarks ? [marked.includes(at) ? ">" : ""] : []);
  const table = new Table({
    chars: noBorders,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
    colAligns: [...(hasMarks ? ["left" as const] : []), ...columns.map(({ align = "left" }) => align)],
    head: [...(hasMarks ? [""] : []), ...columns.map(({ title }) => title)].map((title) =>
      paint.dim(escapeText(title)),
    ),
    ...fittingWidths(block, width, hasMarks),
  });
  for (const [at, row] of rows.entries()) {
    const cells = [...mark(at), ...row].map(escapeText);
    table.push(marked.includes(at) ? cells.map((cell) => paint.bold(cell)) : cells);
  }
  const lines = table.toString().split("\n");
  return lines.map((line) => `${hasMarks ? "" : indent}${line}`.trimEnd()).join("\n");
}

/** Where a table is too wide, its columns of text are wrapped at blanks, the widest first. Names stay whole, even if that is too wide. */
function fittingWidths({ columns, rows }: TableBlock, width: number, hasMarks: boolean): object {
  const texts = columns.map(({ title }, at) => [title, ...rows.map((row) => escapeText(row[at] ?? ""))]);
  const widths = texts.map((cells) => widest(cells));
  const least = columns.map(({ align }, at) =>
    align === "right" ? (widths[at] ?? 0) : widest((texts[at] ?? []).flatMap((cell) => cell.split(" "))),
  );
  const separators = 2 * (columns.length - 1) + indent.length;
  const isWide = (): boolean => widths.reduce((sum, one) => sum + one, separators) > width;
  if (!isWide()) return {};
  while (isWide()) {
    const slack = widths.map((one, at) => (one > (least[at] ?? 0) ? one : 0));
    const widest = slack.indexOf(Math.max(...slack));
    if (slack[widest] === 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return { colWidths: [...(hasMarks ? [1] : []), ...widths], wordWrap: true };
}

function formatFinding({ code, severity, message, fix, position }: Diagnostic, paint: Paint, width: number): string {
  const tone: Tone = severity === "error" ? "bad" : severity === "warning" ? "warn" : "plain";
  const place = position === undefined ? "" : paint.dim(` ${escapeText(formatPlace(position))}`);
  const text = wrapText(escapeText(`${message}. Fix: ${fix}.`), width - 2 * indent.length).map(
    (line) => `${indent}${indent}${line}`,
  );
  return [`${indent}${toned(`${severity} ${code}`, tone, paint)}${place}`, ...text].join("\n");
}
