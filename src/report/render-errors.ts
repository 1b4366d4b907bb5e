/*
 * Findings about an input, as the best compilers show them: what is wrong, where, the line itself with the place under it, and how
 * to mend it.
 */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { reasonFor } from "../diagnostics/diagnostic.js";
import { escapeText } from "../diagnostics/escape-text.js";
import type { Position } from "../diagnostics/source-text.js";
import { choosePaint, type Paint } from "./paint.js";
import { formatPlace } from "./place.js";

/** How many findings are shown in full; one mistake in a template may repeat thousands of times. */
const shownMax = 50;

export async function formatErrors(diagnostics: readonly Diagnostic[], color: boolean): Promise<string> {
  const paint = await choosePaint(color);
  const shown = diagnostics.slice(0, shownMax).map((one) => formatError(one, paint));
  const errors = diagnostics.length === 1 ? "1 problem" : `${diagnostics.length} problems`;
  const rest = diagnostics.length > shownMax ? `, of which ${shownMax} are shown` : "";
  return `${shown.join("\n")}\n${errors}${rest}; nothing was computed.\n`;
}

function formatError({ code, severity, message, fix, position }: Diagnostic, paint: Paint): string {
  const mark = severity === "error" ? paint.bad : paint.warn;
  return [
    `${mark(`${severity}[${code}]`)}${paint.bold(`: ${escapeText(message)}`)}`,
    ...(position === undefined ? [] : codeFrame(position, mark, paint.dim)),
    `  ${paint.dim("why:")} ${reasonFor(code)}`,
    `  ${paint.dim("fix:")} ${escapeText(fix)}`,
    "",
  ].join("\n");
}

/** Of a very long line, the part around the place is shown. */
const frameWidth = 100;

function codeFrame(position: Position, mark: (text: string) => string, dim: (text: string) => string): string[] {
  const place = `  ${dim("-->")} ${escapeText(formatPlace(position))}`;
  const text = position.source.line(position.line);
  if (text === undefined || text === "") return [place];
  const from = Math.max(0, position.column - 1 - Math.floor(frameWidth / 2));
  const visible = text.slice(from, from + frameWidth);
  const before = escapeText(text.slice(from, position.column - 1)).replaceAll("\\u0009", " ");
  const length = Math.min(position.length, Math.max(1, visible.length - (position.column - 1 - from)));
  const number = String(position.line);
  const gutter = " ".repeat(number.length);
  return [
    place,
    `  ${dim(`${gutter} |`)}`,
    `  ${dim(`${number} |`)} ${escapeText(visible).replaceAll("\\u0009", " ")}`,
    `  ${dim(`${gutter} |`)} ${" ".repeat(before.length)}${mark("^".repeat(length))}`,
  ];
}
