/*
 * What one shard still gives to its shared readers: a bucket of bytes that may go below zero, after which calls are refused until it
 * is back, and a bucket of calls. Source: GetRecords answers up to 10 MiB at once and then refuses calls until the shard's rate has
 * caught up; that what is not used is saved up, for a second, is an assumption.
 */
import type { ShardModel } from "./model.js";

export class ReadBucket {
  readonly #model: ShardModel;
  #bytes: number;
  #calls: number;
  #seconds: number;

  /** A full bucket. */
  constructor(model: ShardModel, seconds: number) {
    this.#model = model;
    this.#bytes = model.readBurstBytes;
    this.#calls = model.readCallsPerSecond;
    this.#seconds = seconds;
  }

  /** The most that one call returns. */
  get bytesPerCall(): number {
    return this.#model.bytesPerCall;
  }

  get recordsPerCall(): number {
    return this.#model.recordsPerCall;
  }

  get bytesPerSecond(): number {
    return this.#model.readBytesPerSecond;
  }

  /** Whether a call is let through; it then has to be charged. Calls must come in the order of time. */
  admits(seconds: number): boolean {
    const { readBytesPerSecond, readBurstBytes, readCallsPerSecond } = this.#model;
    const passed = seconds - this.#seconds;
    this.#seconds = seconds;
    this.#bytes = Math.min(readBurstBytes, this.#bytes + passed * readBytesPerSecond);
    this.#calls = Math.min(readCallsPerSecond, this.#calls + passed * readCallsPerSecond);
    return this.#bytes >= 0 && this.#calls >= 1;
  }

  charge(bytes: number): void {
    this.#bytes -= bytes;
    this.#calls -= 1;
  }
}
