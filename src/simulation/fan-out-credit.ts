/*
 * What fan-out may hand over to one consumer of one shard: bytes by the second, of which a second's worth is saved up.
 */
export class FanOutCredit {
  readonly #bytesPerSecond: number;
  /** What was saved up at a time. */
  #bytes: number;
  seconds: number;

  constructor(bytesPerSecond: number, seconds: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#bytes = bytesPerSecond;
    this.seconds = seconds;
  }

  #savedAt(seconds: number): number {
    const passed = Math.max(0, seconds - this.seconds);
    return Math.min(this.#bytesPerSecond, this.#bytes + passed * this.#bytesPerSecond);
  }

  /** Saves up until a time. */
  idleUntil(seconds: number): void {
    this.#bytes = this.#savedAt(seconds);
    this.seconds = Math.max(this.seconds, seconds);
  }

  /** When so many bytes that are there at a time, not before the last ones, have been handed over. */
  handedOverAt(seconds: number, bytes: number): number {
    return seconds + Math.max(0, bytes - this.#savedAt(seconds)) / this.#bytesPerSecond;
  }

  /** Hands them over. */
  handOver(seconds: number, bytes: number): void {
    const saved = this.#savedAt(seconds);
    this.seconds = this.handedOverAt(seconds, bytes);
    this.#bytes = Math.max(saved, bytes) - bytes;
  }
}
