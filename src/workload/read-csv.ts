import { type CsvError, type Parser, parse } from "csv-parse";
import { type Position, SourceText } from "../diagnostics/source-text.js";

/** What to do with one row: its fields, and the line of the file on which it ends. */
export type OnRow = (fields: readonly string[], line: number) => void;

/**
 * Feeds every row of a CSV text to `onRow`, as the text arrives; no row is kept. Blank lines are passed over.
 *
 * @throws CsvError where the text is not CSV, and whatever `onRow` throws
 */
export async function readCsv(chunks: AsyncIterable<string | Uint8Array>, onRow: OnRow): Promise<void> {
  const parser = parse({
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: 65_536,
  });
  // Rows come out as they are read, so the parser's count of lines is that of the row. Its own callbacks per row are three times slower.
  parser.on("data", (fields: string[]) => {
    try {
      onRow(fields, parser.info.lines);
    } catch (error) {
      parser.destroy(error as Error);
    }
  });
  const finished = new Promise<void>((resolve, reject) => {
    parser.once("end", resolve);
    parser.once("error", reject);
  });
  await Promise.all([finished, feed(parser, chunks)]);
}

async function feed(parser: Parser, chunks: AsyncIterable<string | Uint8Array>): Promise<void> {
  for await (const chunk of chunks) {
    if (parser.destroyed) return;
    if (!parser.write(chunk)) await new Promise((resolve) => parser.once("drain", resolve).once("close", resolve));
  }
  parser.end();
}

/** How many wrong rows of a file are named; more would repeat themselves. */
export const wrongRowsMax = 20;

/**
 * The place of a field. The row is shown as it was read: without the blanks and quotes that may stand around its fields in the file.
 *
 * @param line the line on which the row ends
 * @param fields none where only the line is known
 */
export function positionInRow(file: string, fields: readonly string[], line: number, column: number): Position {
  const row = fields.map((field) => field.replaceAll(/\s/g, " "));
  const start = row.slice(0, column).reduce((length, field) => length + field.length + 1, 0);
  return new SourceText(file, row.join(","), line - 1).positionAt(start, start + (row[column]?.length ?? 0));
}

/** How to mend a file whose columns are not parted by commas; undefined where they seem to be. */
export function separatorFix(fields: readonly string[]): string | undefined {
  const [only = ""] = fields;
  const other = fields.length === 1 ? [";", "\t", "|"].find((separator) => only.includes(separator)) : undefined;
  return other === undefined ? undefined : `part the columns by commas, not by ${JSON.stringify(other)}`;
}

/** The line that a CSV error is about, where the library knows it. */
export function csvErrorLine(error: CsvError): number | undefined {
  const line = (error as unknown as { lines?: unknown }).lines;
  return typeof line === "number" ? line : undefined;
}
