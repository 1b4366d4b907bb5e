import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { SourceText } from "../diagnostics/source-text.js";
import { bounds } from "./bounds.js";
import { placeDiagnostics, readYaml, type YamlDocument } from "./yaml-document.js";

/** Where findings stand in a JSON text. JSON is YAML, whose reader knows positions; in a very long text only the path of a value is said. */
export async function placeInJson(
  file: string,
  text: string,
  diagnostics: readonly Diagnostic[],
): Promise<readonly Diagnostic[]> {
  if (diagnostics.length === 0) return diagnostics;
  const start: Pick<YamlDocument, "locate"> = { locate: () => new SourceText(file, text).positionAt(0) };
  const { documents } = text.length > bounds.documentLength ? { documents: [] } : await readYaml(file, text);
  return placeDiagnostics(documents[0] ?? start, diagnostics);
}
