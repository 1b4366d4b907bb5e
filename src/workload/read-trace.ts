/*
 * Recorded traffic from a CSV file, counted into steps of equal length as it streams past: 8 bytes a step, however many rows. Rows
 * may come in any order; a row between two steps is shared between them; steps without a row count as no traffic and are reported.
 */
import { CsvError } from "csv-parse";
import { type Diagnostic, diagnose, UserError } from "../diagnostics/diagnostic.js";
import { nearestName } from "../diagnostics/nearest-name.js";
import { bounds } from "./bounds.js";
import { parseTimestamp } from "./parse-timestamp.js";
import { csvErrorLine, positionInRow, readCsv, separatorFix, wrongRowsMax } from "./read-csv.js";
import type { Traffic } from "./schema.js";

export type TraceSpec = NonNullable<Traffic["trace"]>;

/** Records in each step of `stepSeconds`, scaled; the first step starts at `startSeconds` since 1970. */
export interface TraceSeries {
  readonly startSeconds: number;
  readonly stepSeconds: number;
  readonly records: Float64Array;
  readonly rows: number;
  /** Steps between the first and the last row that no row covers. */
  readonly missingSteps: number;
  /** Rows that do not lie on the grid that the first row sets. */
  readonly irregularRows: number;
  /** Rows whose time another row has too; their values are added. */
  readonly repeatedRows: number;
}

/**
 * Reads a trace as its text arrives.
 *
 * @throws UserError where a column is missing, or rows have no time or no number
 */
export async function readTrace(
  file: string,
  chunks: AsyncIterable<string | Uint8Array>,
  spec: TraceSpec,
): Promise<TraceSeries> {
  const reader = new TraceReader(file, spec);
  try {
    await readCsv(chunks, (fields, line) => reader.row(fields, line));
  } catch (error) {
    throw error instanceof CsvError
      ? new UserError([invalid(file, csvErrorLine(error) ?? 1, error.message, "mend the CSV file")])
      : error;
  }
  return reader.finish();
}

class TraceReader {
  readonly #file: string;
  readonly #spec: TraceSpec;
  #columns: { readonly time: number; readonly value: number } | undefined;
  #origin: number | undefined;
  #steps = new GrowingSteps();
  #rows = 0;
  #irregularRows = 0;
  #repeatedRows = 0;
  readonly #wrong: Diagnostic[] = [];

  constructor(file: string, spec: TraceSpec) {
    this.#file = file;
    this.#spec = spec;
  }

  row(fields: readonly string[], line: number): void {
    if (this.#columns === undefined) {
      this.#columns = { time: this.#column(fields, this.#spec.time), value: this.#column(fields, this.#spec.value) };
      return;
    }
    const { time, value } = this.#columns;
    const seconds = parseTimestamp(fields[time] ?? "");
    const text = fields[value] ?? "";
    const records = text === "" ? Number.NaN : Number(text);
    if (seconds === undefined) this.#complain(fields, line, time, "is not a time", "write ISO 8601 or epoch seconds");
    else if (!Number.isFinite(records) || records < 0 || records > bounds.recordsPerSecond)
      this.#complain(fields, line, value, "is not a number of records", "write a number from 0 upwards");
    else this.#add(seconds, records * this.#spec.scale, line);
  }

  finish(): TraceSeries {
    if (this.#wrong.length > 0) throw new UserError(this.#wrong);
    if (this.#origin === undefined)
      throw this.#invalid(1, "the trace has no rows", "give it a header line and at least one row");
    const { firstStep, records, missing } = this.#steps.finish();
    return {
      startSeconds: this.#origin + firstStep * this.#spec.per,
      stepSeconds: this.#spec.per,
      records,
      rows: this.#rows,
      missingSteps: missing,
      irregularRows: this.#irregularRows,
      repeatedRows: this.#repeatedRows,
    };
  }

  #add(seconds: number, records: number, line: number): void {
    this.#origin ??= seconds;
    const at = (seconds - this.#origin) / this.#spec.per;
    const step = Math.floor(at + 1e-9);
    const late = Math.max(0, at - step);
    this.#rows += 1;
    if (!this.#steps.reach(step) || !this.#steps.reach(step + (late > 1e-9 ? 1 : 0))) {
      throw this.#invalid(
        line,
        `the trace spans more than ${bounds.traceSteps} steps of \`per\``,
        "raise `per`, or cut the trace",
      );
    }
    if (late <= 1e-9) {
      if (this.#steps.addWhole(step, records)) this.#repeatedRows += 1;
      return;
    }
    this.#irregularRows += 1;
    this.#steps.add(step, records * (1 - late));
    this.#steps.add(step + 1, records * late);
  }

  #column(header: readonly string[], name: string): number {
    const at = header.indexOf(name);
    if (at >= 0) return at;
    const near = nearestName(name, header);
    const known = near === undefined ? `its columns are ${header.join(", ")}` : `did you mean ${JSON.stringify(near)}?`;
    throw this.#invalid(1, `the trace has no column ${JSON.stringify(name)}`, separatorFix(header) ?? known);
  }

  /** Rows that are wrong are reported together, up to a bound. */
  #complain(fields: readonly string[], line: number, column: number, what: string, fix: string): void {
    const message = `${JSON.stringify(fields[column] ?? "")} ${what}`;
    const position = positionInRow(this.#file, fields, line, column);
    this.#wrong.push(diagnose("trace-invalid", message, fix, { position }));
    if (this.#wrong.length === wrongRowsMax) throw new UserError(this.#wrong);
  }

  #invalid(line: number, message: string, fix: string): UserError {
    return new UserError([...this.#wrong, invalid(this.#file, line, message, fix)]);
  }
}

/** How a step was seen: by a row that is shared between two steps, or by one of its own. */
const partly = 1;
const wholly = 2;

/** Steps by index, growing to both sides. */
class GrowingSteps {
  #records = new Float64Array(4_096);
  #seen = new Uint8Array(4_096);
  #first = 0;
  #low = Number.POSITIVE_INFINITY;
  #high = Number.NEGATIVE_INFINITY;

  /** Makes room for a step; false when the span would exceed its bound. */
  reach(step: number): boolean {
    if (Math.max(this.#high, step) - Math.min(this.#low, step) >= bounds.traceSteps) return false;
    if (step >= this.#first && step < this.#first + this.#records.length) return true;
    const length = Math.min(2 * this.#records.length + Math.abs(step - this.#first), bounds.traceSteps * 2);
    const first = step < this.#first ? Math.min(step, this.#first - Math.floor(this.#records.length / 2)) : this.#first;
    const records = new Float64Array(length + this.#first - first);
    const seen = new Uint8Array(records.length);
    records.set(this.#records, this.#first - first);
    seen.set(this.#seen, this.#first - first);
    [this.#records, this.#seen, this.#first] = [records, seen, first];
    return true;
  }

  add(step: number, records: number): void {
    const at = step - this.#first;
    this.#records[at] = (this.#records[at] ?? 0) + records;
    this.#seen[at] = Math.max(this.#seen[at] ?? 0, partly);
    this.#low = Math.min(this.#low, step);
    this.#high = Math.max(this.#high, step);
  }

  /** Adds a row that has the step to itself; whether another one had it before. */
  addWhole(step: number, records: number): boolean {
    this.add(step, records);
    const at = step - this.#first;
    const isRepeated = this.#seen[at] === wholly;
    this.#seen[at] = wholly;
    return isRepeated;
  }

  finish(): { firstStep: number; records: Float64Array; missing: number } {
    const from = this.#low - this.#first;
    const to = this.#high - this.#first + 1;
    const missing = this.#seen.subarray(from, to).reduce((count, seen) => count + (seen === 0 ? 1 : 0), 0);
    return { firstStep: this.#low, records: this.#records.slice(from, to), missing };
  }
}

function invalid(file: string, line: number, message: string, fix: string): Diagnostic {
  return diagnose("trace-invalid", message, fix, { position: positionInRow(file, [], line, 0) });
}
