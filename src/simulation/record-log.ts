/*
 * What a shard has accepted, Kinesis record by Kinesis record: the reference to which the coarser log is held. Records that every
 * reader is done with are forgotten.
 */
import { doubled } from "./doubled.js";
import type { ShardLog } from "./shard-parts.js";

/** Room for this many records at first. */
const CAPACITY = 2 ** 10;

export class RecordLog implements ShardLog {
  /** Of the records that are kept; the first of them is number `firstNumber`. */
  arrivals = new Float64Array(CAPACITY);
  sizes = new Float64Array(CAPACITY);
  userRecords = new Float64Array(CAPACITY);
  /** User records of all before the first that is kept. */
  #forgotten = 0;
  firstNumber = 0;
  /** One more than the number of the last record. */
  endNumber = 0;
  records = 0;
  bytes = 0;

  append(seconds: number, bytes: number, userRecords: number): void {
    const at = this.endNumber - this.firstNumber;
    if (at === this.arrivals.length) this.#grow();
    this.arrivals[at] = seconds;
    this.sizes[at] = bytes;
    this.userRecords[at] = userRecords;
    this.endNumber += 1;
    this.records += userRecords;
    this.bytes += bytes;
  }

  #grow(): void {
    this.arrivals = doubled(this.arrivals);
    this.sizes = doubled(this.sizes);
    this.userRecords = doubled(this.userRecords);
  }

  get kinesisRecords(): number {
    return this.endNumber;
  }

  pass(): void {
    // Records carry their own times.
  }

  get end(): number {
    return this.endNumber;
  }

  keepHistory({ oldest }: { readonly oldest: number }): void {
    const count = this.endNumber - this.firstNumber;
    const done = Math.min(count, oldest - this.firstNumber);
    // Moving what is kept pays once half of it goes.
    if (2 * done < count) return;
    let forgotten = this.#forgotten;
    for (let at = 0; at < done; at += 1) forgotten += this.userRecords[at] as number;
    this.#forgotten = forgotten;
    for (const kept of [this.arrivals, this.sizes, this.userRecords]) kept.copyWithin(0, done, count);
    this.firstNumber += done;
  }

  arrivedLongAgo(seconds: number): number {
    let records = this.#forgotten;
    const count = this.endNumber - this.firstNumber;
    for (let at = 0; at < count && (this.arrivals[at] as number) <= seconds; at += 1)
      records += this.userRecords[at] as number;
    return records;
  }
}
