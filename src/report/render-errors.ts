/*
 * Findings about an input, as the best compilers show them: what is wrong, where, the line itself with the place under it, and how
 * to mend it.
 */
import { Chalk } from "chalk";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { reasonFor } from "../diagnostics/diagnostic.js";
import { escapeText } from "../diagnostics/escape-text.js";
import type { Position } from "../diagnostics/source-text.js";
import { formatPlace } from "./place.js";

/** How many findings are shown in full; one mistake in a template may repeat thousands of times. */
const shownMax = 50;

export function formatErrors(diagnostics: readonly Diagnostic[], color: boolean): string {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  const shown = diagnostics.slice(0, shownMax).map(({ code, severity, message, fix, position }) => {
    const head = `${(severity === "error" ? chalk.red : chalk.yellow).bold(`${severity}[${code}]`)}${chalk.bold(`: ${escapeText(message)}`)}`;
    const frame =
      position === undefined
        ? []
        : [`  ${chalk.dim("-->")} ${escapeText(formatPlace(position))}`, ...codeFrame(position, chalk.red, chalk.dim)];
    return [
      head,
      ...frame,
      `  ${chalk.dim("why:")} ${reasonFor(code)}`,
      `  ${chalk.dim("fix:")} ${escapeText(fix)}`,
      "",
    ].join("\n");
  });
  const errors = diagnostics.length === 1 ? "1 problem" : `${diagnostics.length} problems`;
  const rest = diagnostics.length > shownMax ? `, of which ${shownMax} are shown` : "";
  return `${shown.join("\n")}\n${errors}${rest}; nothing was computed.\n`;
}

/** Of a very long line, the part around the place is shown. */
const frameWidth = 100;

function codeFrame(position: Position, mark: (text: string) => string, dim: (text: string) => string): string[] {
  const text = position.source.line(position.line);
  if (text === undefined || text === "") return [];
  const from = Math.max(0, position.column - 1 - Math.floor(frameWidth / 2));
  const visible = text.slice(from, from + frameWidth);
  const before = escapeText(text.slice(from, position.column - 1)).replaceAll("\\u0009", " ");
  const length = Math.min(position.length, Math.max(1, visible.length - (position.column - 1 - from)));
  const number = String(position.line);
  const gutter = " ".repeat(number.length);
  return [
    `  ${dim(`${gutter} |`)}`,
    `  ${dim(`${number} |`)} ${escapeText(visible).replaceAll("\\u0009", " ")}`,
    `  ${dim(`${gutter} |`)} ${" ".repeat(before.length)}${mark("^".repeat(length))}`,
  ];
}
