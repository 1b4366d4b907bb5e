import type { ReportDocument } from "./document.js";
import { formatCsv } from "./render-csv.js";
import { formatMarkdown } from "./render-markdown.js";
import { formatJson, toPlainResult } from "./result-json.js";

export const formats = ["table", "json", "yaml", "markdown", "csv"] as const;
export type Format = (typeof formats)[number];

export interface RenderOptions {
  readonly color: boolean;
  /** Columns of the terminal; texts wrap there. */
  readonly width: number;
}

/** The report in one format, in pieces, ending in a line break. What a format needs is loaded when it is asked for. */
export async function render(
  report: ReportDocument,
  format: Format,
  options: RenderOptions,
): Promise<Iterable<string>> {
  switch (format) {
    case "table":
      return [await (await import("./render-terminal.js")).formatTerminal(report.blocks(), options)];
    case "json":
      return formatJson(report.result);
    case "yaml":
      return [(await import("../workload/write-yaml.js")).formatYaml(toPlainResult(report.result))];
    case "markdown":
      return [formatMarkdown(report.blocks())];
    case "csv":
      return [formatCsv(report.flat())];
  }
}
