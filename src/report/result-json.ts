import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { reasonFor } from "../diagnostics/diagnostic.js";
import { escapeText } from "../diagnostics/escape-text.js";

/** A result as JSON prints it: findings carry their place as file, line and column, and their reason. */
export function toPlainResult(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result, plainDiagnostics));
}

/**
 * The result as JSON, in pieces: a list at the top level comes entry by entry, so that a large fleet is never one text. Characters
 * that a terminal would act on are escaped, which JSON reads back.
 */
export function* formatJson(result: object): Generator<string> {
  const entries = Object.entries(result).filter(([, value]) => value !== undefined);
  yield "{";
  for (const [at, [key, value]] of entries.entries()) {
    yield `${at === 0 ? "" : ","}\n  ${JSON.stringify(key)}: `;
    if (Array.isArray(value) && value.length > 0) yield* formatList(key, value);
    else yield formatPart(key, value, "  ");
  }
  yield "\n}\n";
}

function* formatList(key: string, list: readonly unknown[]): Generator<string> {
  yield "[";
  const plain = plainDiagnostics(key, list) as readonly unknown[];
  for (const [at, item] of plain.entries()) yield `${at === 0 ? "" : ","}\n    ${formatPart("", item, "    ")}`;
  yield "\n  ]";
}

function formatPart(key: string, value: unknown, indent: string): string {
  const text = JSON.stringify(plainDiagnostics(key, value), plainDiagnostics, 2);
  return text.split("\n").map(escapeText).join(`\n${indent}`);
}

function plainDiagnostics(key: string, value: unknown): unknown {
  return key === "diagnostics" && Array.isArray(value) ? (value as Diagnostic[]).map(plainDiagnostic) : value;
}

function plainDiagnostic({ code, severity, message, fix, position }: Diagnostic): Record<string, unknown> {
  const place = position === undefined ? {} : { file: position.file, line: position.line, column: position.column };
  return { code, severity, message, why: reasonFor(code), fix, ...place };
}
