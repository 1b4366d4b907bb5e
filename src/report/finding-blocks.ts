import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { Block } from "./document.js";

/** What there is to say of an answer, where there is anything. */
export function findingBlocks(diagnostics: readonly Diagnostic[]): Block[] {
  return diagnostics.length === 0 ? [] : [{ kind: "findings", diagnostics }];
}
