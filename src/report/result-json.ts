import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { reasonFor } from "../diagnostics/diagnostic.js";
import { escapeLines } from "../diagnostics/escape-text.js";

/** A result as JSON prints it: findings carry their place as file, line and column, and their reason. */
export function toPlainResult(result: object): object {
  return JSON.parse(JSON.stringify(withPlainDiagnostics(result))) as object;
}

/**
 * The result as JSON, in pieces: a list at the top level comes entry by entry, so that a large fleet is never one text. Characters
 * that a terminal would act on are escaped, which JSON reads back.
 */
export function* formatJson(result: object): Generator<string> {
  const entries = Object.entries(withPlainDiagnostics(result)).filter(([, value]) => value !== undefined);
  yield "{";
  for (const [at, [key, value]] of entries.entries()) {
    yield `${at === 0 ? "" : ","}\n  ${JSON.stringify(key)}: `;
    if (Array.isArray(value) && value.length > 0) yield* formatList(value);
    else yield formatPart(value).replaceAll("\n", "\n  ");
  }
  yield "\n}\n";
}

function* formatList(list: readonly unknown[]): Generator<string> {
  yield "[";
  for (const [at, item] of list.entries())
    yield `${at === 0 ? "" : ","}\n    ${formatPart(item).replaceAll("\n", "\n    ")}`;
  yield "\n  ]";
}

function formatPart(value: unknown): string {
  return escapeLines(JSON.stringify(value, null, 2));
}

/** Findings stand under `diagnostics`, of the whole and of each workload of a fleet. */
function withPlainDiagnostics(value: object): object {
  const { diagnostics, workloads } = value as { diagnostics?: readonly Diagnostic[]; workloads?: readonly object[] };
  return {
    ...value,
    ...(workloads && { workloads: workloads.map(withPlainDiagnostics) }),
    ...(diagnostics && { diagnostics: diagnostics.map(plainDiagnostic) }),
  };
}

function plainDiagnostic({ code, severity, message, fix, position }: Diagnostic): Record<string, unknown> {
  const place = position === undefined ? {} : { file: position.file, line: position.line, column: position.column };
  return { code, severity, message, why: reasonFor(code), fix, ...place };
}
