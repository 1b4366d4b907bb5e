/*
 * The oldest record of many readers that keep up, without looking at each. The age of one at some instant lies evenly between the busy
 * part of its poll interval and the interval, which itself lies evenly between two bounds; of many, the largest is drawn by inverting
 * the distribution of the largest.
 */
import type { RandomStream } from "./kernel/random-stream.js";

/** Newton's steps in the part of the distribution that has no inverse. */
const STEPS = 4;

export class SteadyReaders {
  readonly #random: RandomStream;
  readonly #shortest: number;
  readonly #longest: number;
  #count = 0;
  #busySum = 0;

  constructor(pollSeconds: number, jitterRatio: number, random: RandomStream) {
    this.#shortest = pollSeconds * (1 - jitterRatio);
    this.#longest = pollSeconds * (1 + jitterRatio);
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
    const busy = Math.min(this.#shortest, this.#busySum / this.#count);
    return (
      busy + this.#invert(this.#random.nextUniform() ** (1 / this.#count), this.#shortest - busy, this.#longest - busy)
    );
  }

  /** Where a product of two even variates, one up to 1 and one from `low` to `high`, has the given chance to lie below. */
  #invert(chance: number, low: number, high: number): number {
    const spread = high - low;
    if (!(spread > 0)) return chance * high;
    const slope = low > 0 ? Math.log(high / low) / spread : Number.POSITIVE_INFINITY;
    if (chance <= low * slope) return chance / slope;
    let value = high;
    for (let step = 0; step < STEPS; step += 1) {
      const density = Math.log(high / value) / spread;
      const below = (value - low) / spread + value * density;
      value += (chance - below) / Math.max(density, slope / 2 ** 10);
      value = Math.min(high, Math.max(low, value));
      if (value <= 0) return 0;
    }
    return value;
  }
}
