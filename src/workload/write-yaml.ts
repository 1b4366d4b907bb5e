import { Document, isScalar, Scalar, visit } from "yaml";
import { escapeLines, escapeText } from "../diagnostics/escape-text.js";

/** A plain value as YAML. Text with characters that a terminal would act on is double-quoted, with those characters escaped. */
export function formatYaml(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, (_, node) => {
    if (isScalar(node) && typeof node.value === "string" && escapeText(node.value) !== node.value)
      node.type = Scalar.QUOTE_DOUBLE;
  });
  return escapeLines(document.toString({ lineWidth: 0 }));
}
