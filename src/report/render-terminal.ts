import Table from "cli-table3";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { escapeText } from "../diagnostics/escape-text.js";
import type { Block, Tone } from "./document.js";
import { choosePaint, type Paint } from "./paint.js";
import { formatPlace } from "./place.js";
import type { RenderOptions } from "./render.js";
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
      return formatTable(block, paint);
    case "notes":
      return block.lines
        .flatMap((line) => wrapped(line, width))
        .map((line) => paint.dim(line))
        .join("\n");
    case "findings":
      return block.diagnostics.map((one) => formatFinding(one, paint, width)).join("\n");
  }
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

function formatTable({ columns, rows, marked = [] }: Extract<Block, { kind: "table" }>, paint: Paint): string {
  const hasMarks = marked.length > 0;
  const mark = (at: number): string[] => (hasMarks ? [marked.includes(at) ? ">" : ""] : []);
  const table = new Table({
    chars: noBorders,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
    colAligns: [...(hasMarks ? ["left" as const] : []), ...columns.map(({ align = "left" }) => align)],
    head: [...(hasMarks ? [""] : []), ...columns.map(({ title }) => title)].map((title) =>
      paint.dim(escapeText(title)),
    ),
  });
  for (const [at, row] of rows.entries()) {
    const cells = [...mark(at), ...row].map(escapeText);
    table.push(marked.includes(at) ? cells.map((cell) => paint.bold(cell)) : cells);
  }
  const lines = table.toString().split("\n");
  return lines.map((line) => `${hasMarks ? "" : indent}${line}`.trimEnd()).join("\n");
}

function formatFinding({ code, severity, message, fix, position }: Diagnostic, paint: Paint, width: number): string {
  const tone: Tone = severity === "error" ? "bad" : severity === "warning" ? "warn" : "plain";
  const place = position === undefined ? "" : paint.dim(` ${escapeText(formatPlace(position))}`);
  const text = wrapText(escapeText(`${message}. Fix: ${fix}.`), width - 2 * indent.length).map(
    (line) => `${indent}${indent}${line}`,
  );
  return [`${indent}${toned(`${severity} ${code}`, tone, paint)}${place}`, ...text].join("\n");
}
