/*
 * The ages of one consumer over a run, in bounded memory. There is a sample a second, the largest age over the shards. A whole stream's
 * samples go into a histogram at once. Of one part of a stream they have to be kept, since what counts is the largest over all parts,
 * second by second: as places in a histogram, and in a long run one of every few seconds only. Percentiles are over the samples that
 * are kept; the largest age is that of all seconds.
 */
import { Histogram, type HistogramState, type Percentiles, placeOf } from "./kernel/histogram.js";

/** Samples that a part keeps: every second of twelve days, and after that fewer. */
const SAMPLES_MAX = 2 ** 20;

/** Samples as plain values, to be handed to another thread. */
export interface AgeState {
  /** In seconds. */
  readonly max: number;
  /** Places in a histogram, one for every sample that a part keeps; or the histogram of a whole stream's. */
  readonly samples: Uint16Array | HistogramState;
}

export class AgeSamples {
  readonly #histogram: Histogram | undefined;
  readonly #places: Uint16Array;
  readonly #stride: number;
  #second = 0;
  #max = 0;

  /**
   * @param seconds of the run
   * @param isPart whether the samples are put together with those of other parts
   */
  constructor(seconds: number, isPart: boolean) {
    this.#histogram = isPart ? undefined : new Histogram();
    this.#stride = strideOf(seconds);
    this.#places = new Uint16Array(isPart ? Math.floor(seconds / this.#stride) : 0);
  }

  /** Takes the age at the end of the next second. */
  add(age: number): void {
    this.#second += 1;
    if (age > this.#max) this.#max = age;
    if (this.#histogram !== undefined) this.#histogram.add(age, 1);
    else if (this.#second % this.#stride === 0) this.#places[this.#second / this.#stride - 1] = placeOf(age);
  }

  get state(): AgeState {
    return { max: this.#max, samples: this.#histogram?.state ?? this.#places };
  }
}

/** From one sample that is kept to the next, in seconds. It shares no factor with a minute or a day, so that each second has its turn. */
function strideOf(seconds: number): number {
  let stride = Math.ceil(seconds / SAMPLES_MAX);
  while (stride % 2 === 0 || stride % 3 === 0 || stride % 5 === 0) stride += 1;
  return stride;
}

/** The samples of two parts of a stream as those of one. */
export function joinAges(one: AgeState, other: AgeState): AgeState {
  const [places, others] = [one.samples, other.samples];
  if (!(places instanceof Uint16Array && others instanceof Uint16Array))
    throw new RangeError("the ages of a whole stream are in no order");
  return {
    max: Math.max(one.max, other.max),
    samples: places.map((place, index) => Math.max(place, others[index] as number)),
  };
}

export function agePercentiles({ max, samples }: AgeState): Percentiles {
  const histogram = new Histogram();
  if (samples instanceof Uint16Array) histogram.addPlaces(samples, max);
  else histogram.addAll(samples);
  return histogram.percentiles();
}
