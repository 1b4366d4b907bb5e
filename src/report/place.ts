import type { Position } from "../diagnostics/source-text.js";

/** `file:line:column`, as editors and terminals link it. */
export function formatPlace({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}
