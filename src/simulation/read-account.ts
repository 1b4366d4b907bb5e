import type { Histogram } from "./kernel/histogram.js";
import type { SdkRetryQuota } from "./sdk-retry.js";
import type { SteadyReaders } from "./steady-readers.js";

/** What the readers of one consumer add up, over the run and over the chunk. */
export interface ReadAccount {
  readonly latencies: Histogram;
  /** The largest age over shards at the end of each tick of the chunk, in seconds. */
  readonly ageMax: Float64Array;
  /** Readers that keep up in the chunk and are not sampled one by one. */
  readonly steady: SteadyReaders;
  /** Tokens for retries of the consumer's SDK clients; undefined where it reads by other means. */
  readonly retryQuota: SdkRetryQuota | undefined;
  /** User records, without those that were missed. */
  processed: number;
  /** Of the processed ones, those that had been processed before, by whoever held the lease then. */
  repeated: number;
  /** Records that were processed again and do not count among the processed ones: by Lambda, with a batch that failed. */
  retried: number;
  /** Given up by the consumer after processing failed. */
  discarded: number;
  /** Lambda: invocations, and how long they ran in all. */
  invocations: number;
  invocationSeconds: number;
  /** How long workers were up, in all. */
  workerSeconds: number;
  /** GetRecords calls, and those that were refused. */
  calls: number;
  readThrottles: number;
}
