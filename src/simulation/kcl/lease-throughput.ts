/*
 * How much each lease carries, as KCL 3 workers write it into the lease table: the bytes handed to the application since the last
 * renewal, smoothed. Worked out when the leader looks: all renewals since its last look have seen the same. What nobody renews stays as
 * it was written last, as where its owner is dead.
 */
import { BYTES_PER_KB, type KclModel } from "./kcl-model.js";
import { holderOf, type LeaseRow } from "./lease-table.js";

interface Measured {
  seconds: number;
  processed: number;
  kBps: number | undefined;
}

export class LeaseThroughput {
  readonly #model: KclModel;
  readonly #measured = new WeakMap<LeaseRow, Measured>();

  constructor(model: KclModel) {
    this.#model = model;
  }

  /** In KiB a second; undefined for one of which nothing was ever read. */
  of(row: LeaseRow): number | undefined {
    return this.#measured.get(row)?.kBps;
  }

  /** Brings all of them up to a time. */
  sample(rows: readonly LeaseRow[], seconds: number): void {
    for (const row of rows) this.#sampleOne(row, seconds);
  }

  /** @param now the leader's; a worker that is gone has renewed up to its end */
  #sampleOne(row: LeaseRow, now: number): void {
    if (!(row.isAccepted || row.handOff !== undefined)) return;
    const { processed } = row.lease.reader;
    const seconds = Math.min(now, holderOf(row)?.endSeconds ?? Number.NEGATIVE_INFINITY);
    const known = this.#measured.get(row);
    const measured = known ?? { seconds: Math.min(seconds, row.writtenSeconds), processed: 0, kBps: undefined };
    if (known === undefined) this.#measured.set(row, measured);
    const renewals = Math.floor((seconds - measured.seconds) / this.#model.renewalSeconds);
    const records = Math.max(0, processed - measured.processed);
    if (renewals < 1) return;
    if (measured.kBps === undefined && records === 0) {
      // Its owner has not begun to read.
      measured.seconds = seconds;
      return;
    }
    const { log } = row.lease;
    const bytes = records > 0 ? (records * log.bytes) / log.records : 0;
    const fresh = bytes / BYTES_PER_KB / (seconds - measured.seconds);
    measured.kBps =
      measured.kBps === undefined
        ? fresh
        : fresh + (measured.kBps - fresh) * (1 - this.#model.metrics.smoothing) ** renewals;
    measured.seconds = seconds;
    measured.processed = processed;
  }

  /** A new owner has one sample in its window, spread over a renewal, and measures from then on. */
  seed(row: LeaseRow, seconds: number): void {
    const measured = this.#measured.get(row);
    if (measured === undefined) return;
    if (measured.kBps !== undefined) measured.kBps /= this.#model.renewalSeconds;
    measured.seconds = seconds;
    measured.processed = row.lease.reader.processed;
  }
}
