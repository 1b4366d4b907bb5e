/*
 * The weights of real partition keys, placed on the hash space by MD5 as the service does. Keys that carry a measurable share are
 * kept one by one; the rest goes into a fine histogram of the hash space, so that ten million keys take as much memory as one
 * million. Left out: explicit hash keys.
 */
import { CsvError } from "csv-parse";
import { md5 } from "js-md5";
import { type Diagnostic, diagnose, UserError } from "../diagnostics/diagnostic.js";
import type { Position } from "../diagnostics/source-text.js";
import type { KeyWeights } from "./key-weights.js";
import { csvErrorLine, positionInRow, readCsv, separatorFix, wrongRowsMax } from "./read-csv.js";

/** Keys kept by themselves at most, and how fine the histogram of the others is. */
const keptMax = 1_000_000;
const histogramParts = 2 ** 20;

/** Which lines' keys are remembered by name, and how many at most before those that turned out light are forgotten. */
const namedShare = 1e-3;
const namesMax = 2 ** 13;

/** A key with less than this share of what was read so far goes into the histogram once memory is full. */
const lightShare = 2 / keptMax;

/** Where a partition key falls on the hash space, 0 (included) to 1 (excluded): the first 53 bits of its MD5. */
export function hashPosition(partitionKey: string): number {
  const bytes = md5.array(partitionKey);
  let high = 0;
  for (let at = 0; at < 4; at += 1) high = high * 256 + (bytes[at] ?? 0);
  const low = ((bytes[4] ?? 0) * 256 + (bytes[5] ?? 0)) * 32 + ((bytes[6] ?? 0) >> 3);
  return (high * 2 ** 21 + low) / 2 ** 53;
}

/**
 * Reads `key,weight` lines, with or without a header line, as they arrive.
 *
 * @throws UserError where a weight is not a number from 0 upwards, or the file has none
 */
export async function readKeyWeights(file: string, chunks: AsyncIterable<string | Uint8Array>): Promise<KeyWeights> {
  const collector = new WeightCollector();
  const wrong: Diagnostic[] = [];
  const invalid = (message: string, fix: string, position: Position): Diagnostic =>
    diagnose("weights-invalid", message, fix, { position });
  const atLine = (line: number, message: string): UserError =>
    new UserError([...wrong, invalid(message, wantedLines, positionInRow(file, [], line, 0))]);
  try {
    await readCsv(chunks, (fields, line) => {
      const [key = "", weight = ""] = fields;
      const value = weight === "" ? Number.NaN : Number(weight);
      if (Number.isFinite(value) && value >= 0) return collector.add(key, value);
      const isHeader = line === 1 && /^[^\d]+$/.test(weight);
      if (isHeader) return;
      const fix = separatorFix(fields) ?? wantedLines;
      wrong.push(invalid(`${JSON.stringify(weight)} is not a weight`, fix, positionInRow(file, fields, line, 1)));
      if (wrong.length === wrongRowsMax) throw new UserError(wrong);
    });
  } catch (error) {
    throw error instanceof CsvError ? atLine(csvErrorLine(error) ?? 1, error.message) : error;
  }
  if (wrong.length > 0) throw new UserError(wrong);
  if (collector.total === 0) throw atLine(1, "the file has no key with a weight");
  return collector.finish();
}

const wantedLines = "write lines of `key,weight` with a weight from 0 upwards";

class WeightCollector {
  total = 0;
  #keyCount = 0;
  /** The keys of lines that carried a thousandth of the whole so far, by position: one of them is the hottest. */
  readonly #names = new Map<number, { readonly key: string; readonly weight: number }>();
  #positions = new Float64Array(4_096);
  #weights = new Float64Array(4_096);
  #kept = 0;
  #histogram: Float64Array = new Float64Array(0);
  #histogramSquareSum = 0;
  #histogramCubeSum = 0;

  add(key: string, weight: number): void {
    if (this.#kept === this.#positions.length) this.#makeRoom();
    const position = hashPosition(key);
    this.#positions[this.#kept] = position;
    this.#weights[this.#kept] = weight;
    this.#kept += 1;
    this.#keyCount += 1;
    this.total += weight;
    if (weight >= namedShare * this.total) this.#remember(position, key, weight);
  }

  #remember(position: number, key: string, weight: number): void {
    this.#names.set(position, { key, weight });
    if (this.#names.size <= namesMax) return;
    for (const [at, name] of this.#names) if (name.weight < namedShare * this.total) this.#names.delete(at);
  }

  finish(): KeyWeights {
    const { positions, weights } = this.#merged();
    const hottest = weights.reduce((most, weight, at) => (weight > (weights[most] ?? 0) ? at : most), 0);
    const key = this.#names.get(positions[hottest] ?? -1)?.key;
    return {
      keyCount: this.#keyCount,
      hottest: { share: (weights[hottest] ?? 0) / this.total, ...(key !== undefined && { key }) },
      positions,
      shares: weights.map((weight) => weight / this.total),
      histogram: this.#histogram.map((weight) => weight / this.total),
      histogramSquareSum: this.#histogramSquareSum / this.total ** 2,
      histogramCubeSum: this.#histogramCubeSum / this.total ** 3,
    };
  }

  #makeRoom(): void {
    if (this.#kept < keptMax) {
      this.#positions = grown(this.#positions);
      this.#weights = grown(this.#weights);
      return;
    }
    this.#moveLightKeys();
  }

  #moveLightKeys(): void {
    const { positions, weights } = this.#merged();
    if (this.#histogram.length === 0) this.#histogram = new Float64Array(histogramParts);
    const light = lightShare * this.total;
    let kept = 0;
    for (const [at, weight] of weights.entries()) {
      const position = positions[at] ?? 0;
      if (weight > light) {
        this.#positions[kept] = position;
        this.#weights[kept] = weight;
        kept += 1;
      } else {
        const part = Math.floor(position * histogramParts);
        this.#histogram[part] = (this.#histogram[part] ?? 0) + weight;
        this.#histogramSquareSum += weight ** 2;
        this.#histogramCubeSum += weight ** 3;
      }
    }
    this.#kept = kept;
  }

  /** The kept keys by position, with lines of the same key added up. */
  #merged(): { positions: Float64Array; weights: Float64Array } {
    const order = Uint32Array.from({ length: this.#kept }, (_, at) => at).sort(
      (a, b) => (this.#positions[a] ?? 0) - (this.#positions[b] ?? 0),
    );
    const positions = new Float64Array(this.#kept);
    const weights = new Float64Array(this.#kept);
    let distinct = 0;
    for (const at of order) {
      const position = this.#positions[at] ?? 0;
      if (distinct === 0 || positions[distinct - 1] !== position) {
        positions[distinct] = position;
        distinct += 1;
      }
      weights[distinct - 1] = (weights[distinct - 1] ?? 0) + (this.#weights[at] ?? 0);
    }
    return { positions: positions.slice(0, distinct), weights: weights.slice(0, distinct) };
  }
}

function grown(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(Math.min(2 * array.length, keptMax));
  larger.set(array);
  return larger;
}
