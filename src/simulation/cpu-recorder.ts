/*
 * What the workers of a consumer use of their CPU. The time that a record takes is booked when the record is done; what is more than
 * there was of it in a stretch of time counts in the next. There are two books. One is settled by the minutes of the run: whether CPU
 * was short is read from it, so that it does not depend on how long the rows of the timeline are. The other is settled at the end of
 * every row, and of every minute within it.
 */
import type { ConsumerFleet } from "./consumer-fleet.js";
import type { CpuAccount } from "./worker.js";

/** CPU of one consumer over the run. Times are seconds of one vCPU. */
export interface CpuSums {
  readonly used: number;
  /** What the workers had while they were up. */
  readonly available: number;
  /** The largest part that a worker used of its own in a minute. */
  readonly max: number;
}

/** CPU in one stretch of time. */
class CpuUse {
  used = 0;
  available = 0;
  max = 0;

  /** Counts what a worker has used of so many vCPUs, as far as there was so much. */
  settle(account: CpuAccount, vcpus: number): void {
    const available = vcpus * account.activeSeconds;
    if (available === 0) return;
    const used = Math.min(available, account.cpuSeconds);
    this.used += used;
    this.available += available;
    this.max = Math.max(this.max, used / available);
    account.cpuSeconds -= used;
    account.activeSeconds = 0;
  }
}

export class CpuRecorder {
  readonly #fleet: ConsumerFleet;
  readonly #run = new CpuUse();
  #row = new CpuUse();

  constructor(fleet: ConsumerFleet) {
    this.#fleet = fleet;
  }

  get #hasCpu(): boolean {
    return this.#fleet.model.cpuSecondsPerRecord > 0;
  }

  get sums(): CpuSums {
    const { used, available, max } = this.#run;
    return { used, available, max };
  }

  /** Ends a minute of the run, or the part of one at its end: the largest part that a worker has used of its CPU. */
  endMinute(): number {
    if (!this.#hasCpu) return 0;
    const { workers, model } = this.#fleet;
    const minute = new CpuUse();
    for (const { minuteCpu } of workers) minute.settle(minuteCpu, model.vcpus);
    this.#run.used += minute.used;
    this.#run.available += minute.available;
    this.#run.max = Math.max(this.#run.max, minute.max);
    this.#settleRow();
    return minute.max;
  }

  #settleRow(): void {
    const { workers, model } = this.#fleet;
    for (const { rowCpu } of workers) this.#row.settle(rowCpu, model.vcpus);
  }

  /** Ends a row: the mean over workers and time, and the most that a worker used in a minute of it; null where CPU plays no part. */
  endRow(): { mean: number; max: number } | null {
    if (!this.#hasCpu) return null;
    this.#settleRow();
    const { used, available, max } = this.#row;
    this.#row = new CpuUse();
    return { mean: available > 0 ? used / available : 0, max };
  }
}
