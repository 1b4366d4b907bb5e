/*
 * What one shard still gives to its shared readers: a bucket of bytes that may go below zero, after which calls are refused until it
 * is back, and a bucket of calls. Source: GetRecords answers up to 10 MiB at once and then refuses calls until the shard's rate has
 * caught up; that what is not used is saved up, for a second, is an assumption.
 */
import type { ShardModel } from "./model.js";

/** Places in the bucket's state, an array since fields would make a new object of every change. */
const BYTES = 0;
const CALLS = 1;
const SECONDS = 2;

export class ReadBucket {
  readonly #model: ShardModel;
  readonly #state: Float64Array;

  /** A full bucket. */
  constructor(model: ShardModel, seconds: number) {
    this.#model = model;
    this.#state = Float64Array.of(model.readBurstBytes, model.readCallsPerSecond, seconds);
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

  /**
   * What the calls of one reader alone may bring, one after each interval from a first one on, before a time: when the last one comes,
   * and the most Kinesis records and bytes of all; nothing where none comes.
   */
  mostBefore(seconds: number, first: number, interval: number): { last: number; records: number; bytes: number } {
    const calls = Math.max(0, Math.ceil((seconds - first) / interval));
    const last = first + (calls - 1) * interval;
    const { recordsPerCall, bytesPerCall } = this.#model;
    const bytes = calls > 0 ? Math.min(calls * bytesPerCall, this.#readableBytes(first, last)) : 0;
    return { last, records: calls * recordsPerCall, bytes };
  }

  /** The last call may overdraw; 0 where all would be refused. */
  #readableBytes(first: number, last: number): number {
    const { readBytesPerSecond, readBurstBytes, bytesPerCall } = this.#model;
    const passed = first - (this.#state[SECONDS] as number);
    const bytes = Math.min(readBurstBytes, (this.#state[BYTES] as number) + passed * readBytesPerSecond);
    const within = bytes + (last - first) * readBytesPerSecond;
    return within < 0 ? 0 : within + bytesPerCall;
  }

  /** Whether a call is let through; it then has to be charged. Calls must come in the order of time. */
  admits(seconds: number): boolean {
    const state = this.#state;
    const { readBytesPerSecond, readBurstBytes, readCallsPerSecond } = this.#model;
    const passed = seconds - (state[SECONDS] as number);
    const bytes = Math.min(readBurstBytes, (state[BYTES] as number) + passed * readBytesPerSecond);
    const calls = Math.min(readCallsPerSecond, (state[CALLS] as number) + passed * readCallsPerSecond);
    state[SECONDS] = seconds;
    state[BYTES] = bytes;
    state[CALLS] = calls;
    return bytes >= 0 && calls >= 1;
  }

  charge(bytes: number): void {
    this.#state[BYTES] = (this.#state[BYTES] as number) - bytes;
    this.#state[CALLS] = (this.#state[CALLS] as number) - 1;
  }
}
