/*
 * The oldest record of many readers that keep up, without looking at each: the age of one lies evenly between the busy part of its
 * poll interval and the interval, which itself varies; the largest of many is drawn.
 */
import type { RandomStream } from "./kernel/random-stream.js";

/** Readers that are drawn one by one; more are drawn as powers of so many. */
const DRAWN = 8;

export class SteadyReaders {
  readonly #random: RandomStream;
  readonly #pollSeconds: number;
  readonly #jitterRatio: number;
  #count = 0;
  #busySum = 0;

  constructor(pollSeconds: number, jitterRatio: number, random: RandomStream) {
    this.#pollSeconds = pollSeconds;
    this.#jitterRatio = jitterRatio;
    this.#random = random;
  }

  /** One more, whose processor is busy for so many seconds of each interval. */
  add(busySeconds: number): void {
    this.#count += 1;
    this.#busySum += busySeconds;
  }

  clear(): void {
    this.#count = 0;
    this.#busySum = 0;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** The largest age at some instant. */
  sampleAge(): number {
    const busy = this.#busySum / this.#count;
    const drawn = Math.min(this.#count, DRAWN);
    const power = drawn / this.#count;
    let largest = 0;
    for (let reader = 0; reader < drawn; reader += 1) {
      const interval = this.#pollSeconds * (1 + this.#jitterRatio * (2 * this.#random.nextUniform() ** power - 1));
      largest = Math.max(largest, busy + (interval - busy) * this.#random.nextUniform() ** power);
    }
    return largest;
  }
}
