/*
 * Ages and latencies of many readers that keep up, without looking at each. The age of one's oldest record at some instant lies evenly
 * between the busy part of its poll interval and the interval, which itself lies evenly between two bounds; of many that are about as
 * busy as each other, the largest is drawn by inverting the distribution of the largest. The latency of a record lies between the same
 * two, its own service time later.
 */
import type { Histogram } from "./kernel/histogram.js";
import type { RandomStream } from "./kernel/random-stream.js";

/** Latencies are taken together of readers that are as busy as each other to this part of the poll interval ... */
const BUSY_BINS = 32;
/** ... and ages, which depend on that less, of those in so many of these bins. */
const BINS_OF_AGES = 4;

/** Lengths of the poll interval, where it varies, for which latencies are worked out. */
const INTERVALS = 8;

/** Newton's steps where a distribution has no inverse. */
const STEPS = 4;

export class SteadyReaders {
  readonly #random: RandomStream;
  readonly #shortest: number;
  readonly #longest: number;
  readonly #latencies: Histogram;
  /** Readers of the chunk, and the sums of the busy seconds of their intervals and of calls, by how busy they are; and which bins are in use. */
  readonly #counts = new Float64Array(BUSY_BINS / BINS_OF_AGES);
  readonly #busySums = new Float64Array(BUSY_BINS / BINS_OF_AGES);
  readonly #callSums = new Float64Array(BUSY_BINS / BINS_OF_AGES);
  readonly #groups: number[] = [];
  /** User records whose latencies are not in the histogram yet, and the sum of their readers' busy seconds, by how busy those are. */
  readonly #records = new Float64Array(BUSY_BINS);
  readonly #busySeconds = new Float64Array(BUSY_BINS);
  readonly #binsPerSecond: number;
  #serviceSeconds = 0;

  /** @param jitterRatio how much longer or shorter than `pollSeconds` an interval may be, as a part of it */
  constructor(pollSeconds: number, jitterRatio: number, random: RandomStream, latencies: Histogram) {
    this.#shortest = pollSeconds * (1 - jitterRatio);
    this.#longest = pollSeconds * (1 + jitterRatio);
    this.#binsPerSecond = pollSeconds > 0 ? (BUSY_BINS - 1) / pollSeconds : 0;
    this.#random = random;
    this.#latencies = latencies;
  }

  /**
   * One more in the chunk.
   *
   * @param busySeconds of each interval, in which its processor works
   * @param serviceSeconds that one record takes beyond that
   * @param records user records that it processes
   * @param callsPerSecond of producers, that bring them
   */
  add(busySeconds: number, serviceSeconds: number, records: number, callsPerSecond: number): void {
    if (serviceSeconds !== this.#serviceSeconds) this.flush();
    this.#serviceSeconds = serviceSeconds;
    const bin = Math.trunc(busySeconds * this.#binsPerSecond);
    const group = Math.trunc(bin / BINS_OF_AGES);
    if (this.#counts[group] === 0) this.#groups.push(group);
    this.#counts[group] = (this.#counts[group] as number) + 1;
    this.#busySums[group] = (this.#busySums[group] as number) + busySeconds;
    this.#callSums[group] = (this.#callSums[group] as number) + callsPerSecond;
    this.#records[bin] = (this.#records[bin] as number) + records;
    this.#busySeconds[bin] = (this.#busySeconds[bin] as number) + records * busySeconds;
  }

  /** Puts the latencies of all records so far into the histogram. */
  flush(): void {
    const intervals = this.#longest > this.#shortest ? INTERVALS : 1;
    const step = (this.#longest - this.#shortest) / intervals;
    for (let bin = 0; bin < BUSY_BINS; bin += 1) {
      const records = this.#records[bin] as number;
      if (records === 0) continue;
      const from = (this.#busySeconds[bin] as number) / records + this.#serviceSeconds;
      for (let index = 0; index < intervals; index += 1) {
        const interval = this.#shortest + (index + 1 / 2) * step;
        // More records arrive in a longer interval.
        const share = (2 * interval) / ((this.#shortest + this.#longest) * intervals);
        this.#latencies.addUniform(from, Math.max(from, interval + this.#serviceSeconds), records * share);
      }
    }
    this.#records.fill(0);
    this.#busySeconds.fill(0);
  }

  clear(): void {
    for (const group of this.#groups) {
      this.#counts[group] = 0;
      this.#busySums[group] = 0;
      this.#callSums[group] = 0;
    }
    this.#groups.length = 0;
  }

  get isEmpty(): boolean {
    return this.#groups.length === 0;
  }

  /** The largest age at some instant, in seconds. */
  sampleAge(): number {
    let oldest = 0;
    for (const group of this.#groups) {
      const count = this.#counts[group] as number;
      const busy = Math.min(this.#shortest, (this.#busySums[group] as number) / count);
      const chance = Math.exp(Math.log(this.#random.nextUniform()) / count);
      const [low, high] = [this.#shortest - busy, this.#longest - busy];
      if (oldest > busy && chance <= chanceBelow(oldest - busy, low, high)) continue;
      const wait = waitForCall(chance, (low + high) / 2, (this.#callSums[group] as number) / count);
      oldest = Math.max(oldest, busy + this.#invert(chance, low, high) - wait);
    }
    return oldest;
  }

  /** Where a product of two even variates, one up to 1 and one from `low` to `high`, has the given chance to lie below. */
  #invert(chance: number, low: number, high: number): number {
    const spread = high - low;
    if (!(spread > 0)) return chance * high;
    const below = low > 0 ? (low * Math.log(high / low)) / spread : 0;
    if (chance <= below) return (chance / below) * low;
    // Above `low` the distribution bends downwards, so that Newton's steps from a place below the answer stay below it.
    let value = Math.max(low, high - Math.sqrt(2 * high * spread * (1 - chance)), (Math.E / 4) * chance ** 2 * high);
    for (let step = 0; step < STEPS && value < high; step += 1) {
      const density = Math.log(high / value) / spread;
      value += (chance - (value - low) / spread - value * density) / density;
    }
    return Math.min(high, value);
  }
}

/** The chance that a product of two even variates, one up to 1 and one from `low` to `high`, lies below a value. */
function chanceBelow(value: number, low: number, high: number): number {
  if (value >= high) return 1;
  const spread = high - low;
  if (!(spread > 0)) return value / high;
  if (value > low) return (value - low + value * Math.log(high / value)) / spread;
  return (value * Math.log(high / low)) / spread;
}

/**
 * How much later than the last poll the first call after it has come, of calls at random: for the time that is not longer with the given
 * chance. That time since a poll is x = chance · interval; of the time since a call, calls · (interval − x) = z − 1 + e^−z, z per call.
 */
function waitForCall(chance: number, interval: number, callsPerSecond: number): number {
  const rest = callsPerSecond * interval * (1 - chance);
  if (!(rest > 0)) return 0;
  // From above the answer Newton's steps stay above it.
  let calls = rest + Math.min(1, Math.sqrt(2 * rest));
  for (let step = 0; step < STEPS; step += 1) {
    const none = Math.exp(-calls);
    calls -= (calls - 1 + none - rest) / (1 - none);
  }
  return (calls - rest) / callsPerSecond;
}
