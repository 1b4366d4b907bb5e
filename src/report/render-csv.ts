import { escapeText } from "../diagnostics/escape-text.js";
import type { FlatTable } from "./document.js";

/** RFC 4180, with a header line. Text that a spreadsheet would run as a formula gets a leading apostrophe. */
export function formatCsv({ columns, rows }: FlatTable): string {
  return [columns, ...rows].map((row) => `${row.map(formatCell).join(",")}\n`).join("");
}

function formatCell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = escapeText(/^[=+\-@\t\r]/.test(value) ? `'${value}` : value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
