import type { Histogram } from "./kernel/histogram.js";

/** What the readers of one consumer add up, over the run and over the chunk. */
export interface ReadAccount {
  readonly latencies: Histogram;
  /** The largest age over shards at the end of each tick of the chunk. */
  readonly ageMax: Float64Array;
  /** User records. */
  processed: number;
  calls: number;
  readThrottles: number;
}
