/*
 * What an unread user record of a shard weighs on average: bytes, and Kinesis records, of which it may be a part. A reader takes what it
 * reads to weigh as much as all that is unread.
 */

/** Totals of a shard's log. */
interface Totals {
  readonly records: number;
  readonly bytes: number;
  readonly kinesisRecords: number;
}

const FETCHED_BYTES = 0;
const FETCHED_KINESIS_RECORDS = 1;
const BYTES = 2;
const KINESIS_RECORDS = 3;
const LENGTH = 4;

export class UnreadWeights {
  /** Numbers that change all the time lie side by side in one array. */
  readonly #state = new Float64Array(LENGTH);

  /** Bytes of an unread user record; 0 where there is none. */
  get bytes(): number {
    return this.#state[BYTES] as number;
  }

  /** Kinesis records of an unread user record, 1 or less. */
  get kinesisRecords(): number {
    return this.#state[KINESIS_RECORDS] as number;
  }

  /** Weighs what a log has beyond the records that are fetched. */
  weigh(log: Totals, fetched: number): void {
    const state = this.#state;
    const unread = log.records - fetched;
    state[BYTES] = unread > 0 ? (log.bytes - (state[FETCHED_BYTES] as number)) / unread : 0;
    state[KINESIS_RECORDS] =
      unread > 0 ? (log.kinesisRecords - (state[FETCHED_KINESIS_RECORDS] as number)) / unread : 0;
  }

  fetch(records: number): void {
    const state = this.#state;
    state[FETCHED_BYTES] = (state[FETCHED_BYTES] as number) + records * (state[BYTES] as number);
    state[FETCHED_KINESIS_RECORDS] =
      (state[FETCHED_KINESIS_RECORDS] as number) + records * (state[KINESIS_RECORDS] as number);
  }

  /** Goes back to a share of what was fetched, taken to have weighed as much as all of it. */
  keep(share: number): void {
    const state = this.#state;
    state[FETCHED_BYTES] = (state[FETCHED_BYTES] as number) * share;
    state[FETCHED_KINESIS_RECORDS] = (state[FETCHED_KINESIS_RECORDS] as number) * share;
  }
}
