/*
 * A scenario in a file of its own: the list that stands under `scenario` in a workload, or a mapping with that key.
 */
import * as v from "valibot";
import { type Diagnostic, diagnose } from "../diagnostics/diagnostic.js";
import { SourceText } from "../diagnostics/source-text.js";
import { explainIssues } from "./explain-issues.js";
import { mapping } from "./field.js";
import { ScenarioSchema } from "./scenario-schema.js";
import type { ScenarioEvent } from "./schema.js";
import { placeDiagnostics, readYaml, type YamlDocument } from "./yaml-document.js";

export interface ParsedScenario {
  readonly scenario: readonly ScenarioEvent[];
  /** Where the events stand, under `scenario` whether the file says so or not. */
  readonly document: Pick<YamlDocument, "locate">;
  readonly diagnostics: readonly Diagnostic[];
}

const ScenarioFileSchema = mapping({
  version: v.optional(v.pipe(v.literal(1), v.description("Version of this format."))),
  scenario: ScenarioSchema,
});

/** Reads a scenario file. All that is wrong is reported, with positions. */
export async function parseScenario(file: string, text: string): Promise<ParsedScenario> {
  const { documents, diagnostics } = await readYaml(file, text);
  const [only] = documents;
  if (only === undefined || documents.length > 1 || diagnostics.length > 0)
    return {
      scenario: [],
      document: nowhere,
      diagnostics: diagnostics.length > 0 ? diagnostics : [notOne(file, text)],
    };
  const document = Array.isArray(only.value) ? underScenario(only) : only;
  const result = v.safeParse(ScenarioFileSchema, document.value);
  if (result.success) return { scenario: result.output.scenario, document, diagnostics: [] };
  const wrong = explainIssues(ScenarioFileSchema, result.issues);
  return { scenario: [], document, diagnostics: placeDiagnostics(document, wrong) };
}

const nowhere: ParsedScenario["document"] = { locate: () => new SourceText("", "").positionAt(0) };

function underScenario(document: YamlDocument): Pick<YamlDocument, "value" | "locate"> {
  return {
    value: { scenario: document.value },
    locate: (path, part) => document.locate(path.slice(1), part),
  };
}

function notOne(file: string, text: string): Diagnostic {
  return diagnose("empty-input", "there is not one scenario in this file", "write one list of events", {
    position: new SourceText(file, text).positionAt(0),
  });
}
