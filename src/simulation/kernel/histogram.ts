/*
 * How long things took, in bounded memory: a histogram with 128 equal buckets to each doubling, so that a percentile is off by less
 * than 0.8 % of itself. The bucket is read off the bits of the number, exponent and first mantissa bits, without a logarithm.
 * Weights may be fractions. Histograms of parts of a run add up. Values are in seconds.
 */

/** Values below this many seconds count as zero; those above the last octave count as its end. */
const LEAST_SECONDS = 2 ** -10;
const OCTAVES = 36;
const BUCKETS_LOG2 = 7;
const BUCKETS_PER_OCTAVE = 2 ** BUCKETS_LOG2;
const BUCKETS = OCTAVES * BUCKETS_PER_OCTAVE;
/** Where the exponent starts in the upper half of a double, and what it is for `LEAST_SECONDS`. */
const MANTISSA_BITS = 20;
const SHIFT = MANTISSA_BITS - BUCKETS_LOG2;
const FIRST_BUCKET = (1023 - 10) << BUCKETS_LOG2;

const float = new Float64Array(1);
const words = new Int32Array(float.buffer);
/** Which half of a double holds its exponent on this machine. */
const UPPER: number = /* @__PURE__ */ new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** A histogram as plain values, to be handed to another thread. */
export interface HistogramState {
  readonly weights: Float64Array;
  readonly zeroWeight: number;
  readonly total: number;
  readonly max: number;
}

export class Histogram {
  readonly #weights = new Float64Array(BUCKETS);
  #zeroWeight = 0;
  #total = 0;
  #max = 0;

  /**
   * @param seconds not negative
   * @param weight what weighs nothing is left out, as a largest value too
   */
  add(seconds: number, weight: number): void {
    if (!(weight > 0)) return;
    this.#total += weight;
    if (seconds > this.#max) this.#max = seconds;
    if (!(seconds >= LEAST_SECONDS)) {
      this.#zeroWeight += weight;
      return;
    }
    const bucket = bucketOf(seconds);
    this.#weights[bucket] = (this.#weights[bucket] as number) + weight;
  }

  /** Adds what is spread evenly between two values. */
  addUniform(from: number, to: number, weight: number): void {
    if (!(to > from)) {
      this.add(from, weight);
      return;
    }
    if (!(weight > 0)) return;
    this.#total += weight;
    this.#max = Math.max(this.#max, to);
    const density = weight / (to - from);
    if (from < LEAST_SECONDS) this.#zeroWeight += density * (Math.min(to, LEAST_SECONDS) - from);
    let lower = Math.max(from, LEAST_SECONDS);
    if (!(lower < to)) return;
    const last = bucketOf(to);
    for (let bucket = bucketOf(lower); bucket <= last; bucket += 1) {
      const upper = bucket < last ? valueIn(bucket, 1) : to;
      this.#weights[bucket] = (this.#weights[bucket] as number) + density * (upper - lower);
      lower = upper;
    }
  }

  addAll({ weights, zeroWeight, total, max }: HistogramState): void {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1)
      this.#weights[bucket] = (this.#weights[bucket] as number) + (weights[bucket] as number);
    this.#zeroWeight += zeroWeight;
    this.#total += total;
    this.#max = Math.max(this.#max, max);
  }

  /**
   * Adds values of which only the places are known, each with a weight of 1.
   *
   * @param max the largest value
   */
  addPlaces(places: Uint16Array, max: number): void {
    for (const place of places) {
      if (place === 0) this.#zeroWeight += 1;
      else this.#weights[place - 1] = (this.#weights[place - 1] as number) + 1;
    }
    this.#total += places.length;
    this.#max = Math.max(this.#max, max);
  }

  get state(): HistogramState {
    return { weights: this.#weights, zeroWeight: this.#zeroWeight, total: this.#total, max: this.#max };
  }

  get total(): number {
    return this.#total;
  }

  get max(): number {
    return this.#max;
  }

  /** The value that a share of the weight does not exceed; 0 of an empty histogram. */
  percentile(share: number): number {
    let rest = share * this.#total - this.#zeroWeight;
    if (!(rest > 0)) return 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const weight = this.#weights[bucket] as number;
      if (weight >= rest) return Math.min(this.#max, valueIn(bucket, rest / weight));
      rest -= weight;
    }
    return this.#max;
  }

  percentiles(): Percentiles {
    return { p50: this.percentile(0.5), p99: this.percentile(0.99), max: this.#max };
  }
}

/** Where a histogram has a value: 0 for what counts as zero, and up to 65,535; of two values the larger has no lower place. */
export function placeOf(seconds: number): number {
  return seconds >= LEAST_SECONDS ? bucketOf(seconds) + 1 : 0;
}

/** The bucket of a value that is not below the least. */
function bucketOf(seconds: number): number {
  float[0] = seconds;
  const bucket = ((words[UPPER] as number) >> SHIFT) - FIRST_BUCKET;
  return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/** The value a part of the way through a bucket. */
function valueIn(bucket: number, part: number): number {
  const octave = Math.floor(bucket / BUCKETS_PER_OCTAVE);
  const within = (bucket % BUCKETS_PER_OCTAVE) + part;
  return LEAST_SECONDS * 2 ** octave * (1 + within / BUCKETS_PER_OCTAVE);
}
