import type { KplRetry } from "./model.js";

/** The KPL's rate limiter: when it lets a record go to the shard, in the order of asking. */
export class KplLimiter {
  /** Negative while records that were let go have yet to leave. */
  #records = 0;
  #bytes = 0;
  #seconds = 0;
  readonly #model: KplRetry;

  constructor(model: KplRetry) {
    this.#model = model;
    this.#records = model.burstRecords;
    this.#bytes = model.burstBytes;
  }

  /** How long a record has to wait; it is charged for unless that is longer than `longest`. */
  reserve(seconds: number, bytes: number, longest: number): number {
    const { recordsPerSecond, bytesPerSecond, burstRecords, burstBytes } = this.#model;
    const passed = Math.max(0, seconds - this.#seconds);
    this.#seconds = Math.max(this.#seconds, seconds);
    this.#records = Math.min(burstRecords, this.#records + passed * recordsPerSecond);
    this.#bytes = Math.min(burstBytes, this.#bytes + passed * bytesPerSecond);
    const wait = Math.max(0, (1 - this.#records) / recordsPerSecond, (bytes - this.#bytes) / bytesPerSecond);
    if (wait <= longest) {
      this.#records -= 1;
      this.#bytes -= bytes;
    }
    return wait;
  }

  /** Gives back what a record was charged that will not go after all. */
  refund(bytes: number): void {
    this.#records += 1;
    this.#bytes += bytes;
  }
}
