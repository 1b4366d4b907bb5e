import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { escapeText } from "../diagnostics/escape-text.js";
import type { Block, Tone } from "./document.js";
import { formatPlace } from "./place.js";
import { type ChartLayout, formatChart } from "./sparkline.js";

const toneSigns: Readonly<Record<Tone, string>> = { good: "✅ ", warn: "⚠️ ", bad: "❌ ", plain: "" };

/** GitHub-flavoured Markdown. */
export function formatMarkdown(blocks: readonly Block[]): string {
  return `${blocks
    .map(formatBlock)
    .filter((text) => text !== "")
    .join("\n\n")}\n`;
}

/** A block of code scrolls, so that names stay whole. */
const codeLayout: ChartLayout = {
  clean: (text) => escapeText(text).replaceAll("`", "'"),
  width: Number.POSITIVE_INFINITY,
};

function formatBlock(block: Block): string {
  switch (block.kind) {
    case "title":
      return `## ${escapeMarkdown(block.text)} (${escapeMarkdown(block.detail)})`;
    case "verdict":
      return [`${toneSigns[block.tone]}**${escapeMarkdown(block.text)}**`, ...block.more.map(escapeMarkdown)].join(
        "  \n",
      );
    case "heading":
      return `### ${escapeMarkdown(block.text)}`;
    case "table":
      return formatTable(block);
    case "chart":
      return ["```text", ...formatChart(block, codeLayout), "```"].join("\n");
    case "story":
      return block.entries.flatMap(formatStoryEntry).join("\n");
    case "notes":
      return block.lines.map(escapeMarkdown).join("  \n");
    case "findings":
      return block.diagnostics.map(formatFinding).join("\n");
  }
}

function formatStoryEntry({ when, what, more }: Extract<Block, { kind: "story" }>["entries"][number]): string[] {
  return [
    `- **${escapeMarkdown(when)}** ${escapeMarkdown(what)}`,
    ...more.map(({ word, text }) => `  - *${escapeMarkdown(word)}* ${escapeMarkdown(text)}`),
  ];
}

function formatTable({ columns, rows, marked = [] }: Extract<Block, { kind: "table" }>): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const body = rows.map((row, at) =>
    line(
      row.map((cell) => (marked.includes(at) && cell !== "" ? `**${escapeMarkdown(cell)}**` : escapeMarkdown(cell))),
    ),
  );
  return [
    line(columns.map(({ title }) => escapeMarkdown(title))),
    line(columns.map(({ align }) => (align === "right" ? "---:" : "---"))),
    ...body,
  ].join("\n");
}

function formatFinding({ code, severity, message, fix, position }: Diagnostic): string {
  const place = position === undefined ? "" : ` (${escapeMarkdown(formatPlace(position))})`;
  return `- **${severity}** \`${code}\`${place}: ${escapeMarkdown(message)}. ${escapeMarkdown(capitalise(fix))}.`;
}

function capitalise(text: string): string {
  return /^[a-z]+[ ,]/.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text;
}

/** Text that Markdown and HTML take literally, and that mentions nobody. */
function escapeMarkdown(text: string): string {
  return escapeText(text)
    .replace(/[\\*_[\]|~#]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("`", "'")
    .replaceAll("@", "&#64;");
}
