import type { DiagnosticCode } from "./catalogue.js";
import { catalogue } from "./catalogue.js";
import type { Part, Path } from "./path.js";
import type { Position } from "./source-text.js";

/** `error`: the answer does not hold or there is none; `warning`: the answer holds, with a risk; `hint`: worth knowing. */
export type Severity = "error" | "warning" | "hint";

/**
 * One finding about an input or an answer.
 *
 * @property message what is the matter, with the figures of this case
 * @property fix what to do about it
 * @property path the workload value it is about; a document turns it into `position`
 */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly message: string;
  readonly fix: string;
  readonly path?: Path;
  readonly part?: Part;
  readonly position?: Position;
}

/** A finding with the severity that the catalogue gives its code. */
export function diagnose(
  code: DiagnosticCode,
  message: string,
  fix: string,
  where?: Pick<Diagnostic, "path" | "part" | "position">,
): Diagnostic {
  return { code, severity: catalogue[code].severity, message, fix, ...where };
}

/** A finding about the value at `path`. */
export function diagnoseAt(code: DiagnosticCode, path: Path, message: string, fix: string): Diagnostic {
  return diagnose(code, message, fix, { path });
}

/** Why findings of this code matter, in a sentence that holds for all of them. */
export function reasonFor(code: DiagnosticCode): string {
  return catalogue[code].why;
}

/** The input or the usage is wrong: the user can mend it, nothing was computed, no stack is shown. Exit code 2. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(({ message }) => message).join("\n"));
    this.diagnostics = diagnostics;
  }
}

/** The outside failed: a file cannot be written, a call was refused. Exit code 3. */
export class OutsideError extends Error {
  override readonly name = "OutsideError";
}
