/*
 * Numbers of records that had expired before a reader fetched them, while it still held records before them.
 */

interface RecordGap {
  /** Where the gap begins, in user records, and the numbers of its first Kinesis record and of the one after its last. */
  readonly at: number;
  readonly from: number;
  to: number;
  /** User records. */
  records: number;
}

export class RecordGaps {
  readonly #gaps: RecordGap[] = [];

  get length(): number {
    return this.#gaps.length;
  }

  get first(): Readonly<RecordGap> | undefined {
    return this.#gaps[0];
  }

  /** User records in all of them. */
  get records(): number {
    let records = 0;
    for (const gap of this.#gaps) records += gap.records;
    return records;
  }

  /** Kinesis records in all of them. */
  get kinesisRecords(): number {
    let count = 0;
    for (const { from, to } of this.#gaps) count += to - from;
    return count;
  }

  add(gap: Readonly<RecordGap>): void {
    const last = this.#gaps.at(-1);
    if (last !== undefined && last.to === gap.from) {
      last.to = gap.to;
      last.records += gap.records;
    } else this.#gaps.push({ ...gap });
  }

  /** Takes the first one away. */
  shift(): void {
    this.#gaps.shift();
  }

  clear(): void {
    this.#gaps.length = 0;
  }
}
