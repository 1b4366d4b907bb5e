import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { reasonFor } from "../diagnostics/diagnostic.js";
import { escapeText } from "../diagnostics/escape-text.js";

/** A result as JSON prints it: findings carry their place as file, line and column, and their reason. */
export function toPlainResult(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result, plainDiagnostics));
}

/** The result as JSON text. Characters that a terminal would act on are escaped, which JSON reads back. */
export function formatJson(result: unknown): string {
  return `${JSON.stringify(result, plainDiagnostics, 2).split("\n").map(escapeText).join("\n")}\n`;
}

function plainDiagnostics(key: string, value: unknown): unknown {
  return key === "diagnostics" && Array.isArray(value) ? (value as Diagnostic[]).map(plainDiagnostic) : value;
}

function plainDiagnostic({ code, severity, message, fix, position }: Diagnostic): Record<string, unknown> {
  const place = position === undefined ? {} : { file: position.file, line: position.line, column: position.column };
  return { code, severity, message, why: reasonFor(code), fix, ...place };
}
