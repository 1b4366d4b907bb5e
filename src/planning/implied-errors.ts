/*
 * How far a run's figures may be from what the reference, record by record, would have shown: the largest differences that a grid of
 * loads, calls and retries has shown (docs/model.md). Seconds and minutes err where something is refused, so that their errors are
 * weighted by the part of the attempts that were made meanwhile; elsewhere nothing is refused record by record either, but for a chance
 * below 1e-12 a shard-minute in a leap. A flow errs where it refuses nothing too, most of all just below the limit, and a timeline does
 * not tell how near to it the busiest shard is: its errors hold for all attempts.
 */
import type { SimulationRun } from "../simulation/simulate.js";
import type { TimelineRow } from "../simulation/timeline.js";
import type { Producer, Workload } from "../workload/schema.js";

/** Ratios, 0 to 1: half-widths around the figure of the same name. */
export interface ImpliedErrors {
  readonly throttledRatio: number;
  readonly lostRatio: number;
}

/** In percentage points. */
type RetryErrors = Readonly<Record<Producer["retry"], ImpliedErrors>>;

const retryErrors: RetryErrors = {
  none: { throttledRatio: 0.5, lostRatio: 0.5 },
  sdk: { throttledRatio: 5.2, lostRatio: 0.5 },
  kpl: { throttledRatio: 9.3, lostRatio: 2.2 },
};

/** Of a flow: at the limit it refuses nothing, and record by record the order of calls empties the bucket. */
const flowErrors: RetryErrors = {
  none: { throttledRatio: 5.5, lostRatio: 5.5 },
  sdk: { throttledRatio: 28, lostRatio: 3.7 },
  kpl: { throttledRatio: 33, lostRatio: 2.6 },
};

/** Of a flow where a call, or a single record, takes more than a tenth of a shard's bucket, up to all of it. */
const lumpyFlowErrors: RetryErrors = {
  none: { throttledRatio: 49, lostRatio: 49 },
  sdk: { throttledRatio: 68, lostRatio: 32 },
  kpl: { throttledRatio: 58, lostRatio: 24.9 },
};
const LUMP_RECORDS = 100;
const LUMP_BYTES = 100 * 2 ** 10;

/**
 * Where sizes vary and bytes are what is short, small records find room where large ones do not. Flows, and seconds and minutes up to
 * some size, refuse all alike; from there on the latter draw each one's size. In percentage points, of records without retries up to
 * twice the limit.
 */
const sizeErrors = { alike: 11, eachItsOwn: 2.8 };
const LEAST_BYTES = 2 ** 10;
const BYTES_OF_THEIR_OWN = 20 * 2 ** 10;

function producerErrors(producer: Producer, isFlow: boolean, shards: number): ImpliedErrors {
  const { retry, recordSize, recordSizeVariation, aggregation } = producer;
  const { throttledRatio, lostRatio } = errorsByRetry(producer, isFlow, shards)[retry];
  const varies = (recordSizeVariation ?? 0) > 0 && aggregation === undefined && recordSize >= LEAST_BYTES;
  if (!varies) return { throttledRatio, lostRatio };
  const more = isFlow || recordSize < BYTES_OF_THEIR_OWN ? sizeErrors.alike : sizeErrors.eachItsOwn;
  return { throttledRatio: throttledRatio + more, lostRatio: lostRatio + more };
}

function errorsByRetry({ recordSize, aggregation, putBatch }: Producer, isFlow: boolean, shards: number): RetryErrors {
  if (!isFlow) return retryErrors;
  // What a call brings to a shard, as a record sees it. Calls whose size is not given are small.
  const records = 1 + ((putBatch ?? 1) - 1) / Math.max(1, shards);
  const bytes = aggregation?.maxSize ?? recordSize * (aggregation?.recordsPerBatch ?? 1);
  return records > LUMP_RECORDS || records * bytes > LUMP_BYTES ? lumpyFlowErrors : flowErrors;
}

/** The part of a run's attempts for which the errors hold. */
function shareInDoubt(timeline: readonly TimelineRow[], isFlow: boolean): number {
  let attempts = 0;
  let doubtful = 0;
  for (const { attemptedRecords, throttledRecords } of timeline) {
    attempts += attemptedRecords;
    if (isFlow || throttledRecords > 0) doubtful += attemptedRecords;
  }
  return attempts > 0 ? doubtful / attempts : 0;
}

export function impliedErrors({ producers }: Workload, { fidelity, timeline }: SimulationRun): ImpliedErrors {
  if (fidelity.record === 1) return { throttledRatio: 0, lostRatio: 0 };
  const isFlow = (fidelity.fluid ?? 0) > 0;
  const share = shareInDoubt(timeline, isFlow);
  const shards = timeline.reduce((fewest, { openShards }) => Math.min(fewest, openShards), Number.POSITIVE_INFINITY);
  const errors = producers.map((producer) => producerErrors(producer, isFlow, shards));
  const largest = (name: keyof ImpliedErrors): number => (share / 100) * Math.max(...errors.map((one) => one[name]));
  return { throttledRatio: largest("throttledRatio"), lostRatio: largest("lostRatio") };
}
