import * as v from "valibot";
import { type Diagnostic, diagnose } from "../diagnostics/diagnostic.js";
import { SourceText } from "../diagnostics/source-text.js";
import { ServiceCatalogue } from "../service/service-facts.js";
import { applySettings, type Setting } from "./apply-settings.js";
import { bounds } from "./bounds.js";
import { checkServiceLimits } from "./check-service-limits.js";
import { checkWorkload } from "./check-workload.js";
import { explainIssues } from "./explain-issues.js";
import { findKeysWithoutEffect } from "./keys-without-effect.js";
import { type Workload, WorkloadSchema } from "./schema.js";
import { placeDiagnostics, readYaml, type YamlDocument } from "./yaml-document.js";

/** A workload that obeys the format, and the way back from its values to their place in the text. */
export interface ParsedWorkload {
  readonly workload: Workload;
  readonly file: string;
  readonly document: YamlDocument;
  /** What is worth knowing about the file itself, and no mistake. */
  readonly hints: readonly Diagnostic[];
}

export interface ParsedWorkloads {
  readonly workloads: readonly ParsedWorkload[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads every workload of a text. All that is wrong is reported at once, with positions; a document with an error yields no workload.
 *
 * @param file the name that positions carry
 * @param settings overrides, applied to each document before it is checked
 * @param catalogue the limits of the service that values are held against
 */
export async function parseWorkloads(
  file: string,
  text: string,
  settings: readonly Setting[] = [],
  catalogue: ServiceCatalogue = new ServiceCatalogue(),
): Promise<ParsedWorkloads> {
  const { documents, diagnostics: unreadable } = await readYaml(file, text);
  const workloads: ParsedWorkload[] = [];
  let diagnostics = [...unreadable];
  for (const original of documents) {
    if (diagnostics.length >= bounds.findings) break;
    const { document, diagnostics: unset } = applySettings(original, settings);
    const { workload, diagnostics: wrong } = validate(document.value, catalogue);
    if (wrong.length > 0) diagnostics = diagnostics.concat(inTextOrder(placeDiagnostics(document, wrong)));
    diagnostics.push(...unset);
    if (workload !== undefined && unset.length === 0 && original.isFlawed !== true)
      workloads.push({ workload, file, document, hints: findKeysWithoutEffect(document.value) });
  }
  if (documents.length === 0 && diagnostics.length === 0) diagnostics.push(nothingIn(file, text));
  return { workloads, diagnostics };
}

function validate(
  value: unknown,
  catalogue: ServiceCatalogue,
): { workload?: Workload; diagnostics: readonly Diagnostic[] } {
  const result = v.safeParse(WorkloadSchema, value);
  const clashes = [...checkWorkload(value), ...checkServiceLimits(value, catalogue)];
  if (!result.success) return { diagnostics: [...explainIssues(WorkloadSchema, result.issues), ...clashes] };
  return clashes.length === 0 ? { workload: result.output, diagnostics: clashes } : { diagnostics: clashes };
}

function inTextOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.toSorted(
    (a, b) =>
      (a.position?.line ?? 0) - (b.position?.line ?? 0) || (a.position?.column ?? 0) - (b.position?.column ?? 0),
  );
}

function nothingIn(file: string, text: string): Diagnostic {
  const source = new SourceText(file, text);
  return diagnose(
    "empty-input",
    "there is no workload in this file",
    "write one; `version`, `stream` and `producers` are required",
    { position: source.positionAt(0) },
  );
}
