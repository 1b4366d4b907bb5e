/*
 * User records that expired before a reader had fetched them, while it still held records before them: it fetches on behind them, and
 * its processor skips them when it comes to them.
 */
import { DUST_RECORDS } from "./dust-records.js";

export class ReadGaps {
  readonly #gaps: { readonly at: number; records: number }[] = [];
  /** Where the first one begins; never, where there is none. */
  at = Number.POSITIVE_INFINITY;
  /** In all of them. */
  records = 0;

  add(at: number, records: number): void {
    const last = this.#gaps.at(-1);
    if (last !== undefined && last.at + last.records === at) last.records += records;
    else this.#gaps.push({ at, records });
    this.#change(records);
  }

  /** Takes away the first gap, if so much is processed that it is next, and says how many records it has. */
  skip(processed: number): number {
    if (processed < this.at - DUST_RECORDS) return 0;
    const records = this.#gaps.shift()?.records ?? 0;
    this.#change(-records);
    return records;
  }

  clear(): void {
    this.#gaps.length = 0;
    this.#change(-this.records);
  }

  #change(records: number): void {
    this.at = this.#gaps[0]?.at ?? Number.POSITIVE_INFINITY;
    this.records = this.#gaps.length > 0 ? this.records + records : 0;
  }
}
