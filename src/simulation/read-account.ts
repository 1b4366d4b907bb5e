import type { Histogram } from "./kernel/histogram.js";

/** What the readers of one consumer add up, over the run and over the chunk. */
export interface ReadAccount {
  readonly latencies: Histogram;
  /** The largest age over shards at the end of each tick of the chunk. */
  readonly ageMax: Float64Array;
  /** Ages of readers that keep up, where those are not sampled one by one: between two poll intervals' ends, in seconds. */
  steadyAge: number;
  /** User records. */
  processed: number;
  calls: number;
  readThrottles: number;
}
