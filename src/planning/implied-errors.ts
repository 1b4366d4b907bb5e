/*
 * How far a run's figures may be from what the reference, record by record, would have shown: the largest differences that a grid of
 * loads, calls and retries has shown (docs/model.md). Seconds and minutes err where something is refused, so that their errors are
 * weighted by the part of the attempts that were made meanwhile; elsewhere nothing is refused record by record either, but for a chance
 * below 1e-12 a shard-minute in a leap. A flow errs where it refuses nothing too, most of all just below the limit, and a timeline does
 * not tell how near to it the busiest shard is: its errors hold for all attempts.
 */
import type { MinuteSeries } from "../simulation/minute-series.js";
import type { SimulationRun } from "../simulation/simulate.js";
import { sumOf } from "../units/sum-of.js";
import type { Producer, Workload } from "../workload/schema.js";

/** Ratios, 0 to 1: half-widths around the figure of the same name. */
export interface ImpliedErrors {
  readonly throttledRatio: number;
  readonly lostRatio: number;
}

/** Refused and lost, in percentage points. */
type Points = readonly [refused: number, lost: number];
type RetryErrors = Readonly<Record<Producer["retry"], Points>>;

const noErrors: RetryErrors = { none: [0, 0], sdk: [0, 0], kpl: [0, 0] };

const retryErrors: RetryErrors = { none: [0.5, 0.5], sdk: [5.5, 0.5], kpl: [13, 2.2] };
/** More is lost, after the SDK's retries, where the rate changes within minutes. */
const UNEVEN_ERROR = 2;

/** Of a flow: at the limit it refuses nothing, and record by record the order of calls empties the bucket. */
const flowErrors: RetryErrors = { none: [5.5, 5.5], sdk: [28, 3.7], kpl: [33, 2.6] };

/** Of a flow where a call, or a single record, takes more than a tenth of a shard's bucket, up to all of it. */
const lumpyFlowErrors: RetryErrors = { none: [49, 49], sdk: [68, 32], kpl: [58, 24.9] };
const LUMP_RECORDS = 100;
const LUMP_BYTES = 100 * 2 ** 10;

/**
 * More where sizes vary and bytes are what is short, up to twice the limit: small records find room where large ones do not, and what
 * waits is larger than what is fresh. Flows, and seconds and minutes of small records, refuse all alike. By the largest variation.
 */
const variationErrors: readonly (readonly [variation: number, RetryErrors])[] = [
  [0.5, { none: [11.3, 11.3], sdk: [18.7, 15.2], kpl: [8.2, 8.9] }],
  [1, { none: [24.2, 24.2], sdk: [31, 27.9], kpl: [19.4, 19.5] }],
  [2, { none: [36.4, 36.4], sdk: [49, 38.9], kpl: [28.5, 30] }],
  [Number.POSITIVE_INFINITY, { none: [44, 44], sdk: [61, 45], kpl: [31, 37] }],
];
/** Below, a shard is short of records first. */
const LEAST_BYTES = 2 ** 10;

/** Of records that are played one by one, as the reference plays them: after a leap they are others, which is chance of half an hour. */
const leapErrors: RetryErrors = { none: [0.7, 0.7], sdk: [2.2, 0.7], kpl: [3, 0.7] };

/** More is refused, of the SDK's, where memory is bounded: half of it is put again before the second's end at which the rest is dropped. */
const BUFFER_ERROR = 9;

/** Whether the scenario aside, a producer's rate changes within minutes. */
function isUneven({ burstiness, bursts, traffic }: Producer): boolean {
  return (burstiness ?? 0) > 0 || bursts.length > 0 || traffic?.timeline !== undefined || traffic?.trace !== undefined;
}

function producerErrors(producer: Producer, scenario: Workload["scenario"], isFlow: boolean, shards: number): Points {
  const { retry, buffer } = producer;
  const [refused, lost] = errorsByRetry(producer, isFlow, shards)[retry];
  const [moreRefused, moreLost] = errorsBySizes(producer)[retry];
  const dropped = retry === "sdk" && buffer !== undefined ? BUFFER_ERROR : 0;
  const changes = isUneven(producer) || scenario.some(({ event }) => event === "traffic");
  const byBursts = retry === "sdk" && changes ? UNEVEN_ERROR : 0;
  return [refused + moreRefused + dropped, lost + moreLost + byBursts];
}

function errorsByRetry({ recordSize, aggregation, putBatch }: Producer, isFlow: boolean, shards: number): RetryErrors {
  if (!isFlow) return retryErrors;
  // What a call brings to a shard, as a record sees it. Calls whose size is not given are small.
  const records = 1 + ((putBatch ?? 1) - 1) / Math.max(1, shards);
  const bytes = aggregation?.maxSize ?? recordSize * (aggregation?.recordsPerBatch ?? 1);
  return records > LUMP_RECORDS || records * bytes > LUMP_BYTES ? lumpyFlowErrors : flowErrors;
}

function errorsBySizes(producer: Producer): RetryErrors {
  const { recordSize, recordSizeVariation, aggregation } = producer;
  const varies = recordSizeVariation ?? 0;
  if (varies === 0 || aggregation !== undefined || recordSize < LEAST_BYTES) return noErrors;
  return variationErrors.find(([variation]) => varies <= variation)?.[1] ?? noErrors;
}

/** The part of a run's attempts for which the errors hold. */
function shareInDoubt({ attempted, throttled }: MinuteSeries): number {
  const attempts = sumOf(attempted, (one) => one);
  const doubtful = attempted.reduce((sum, one, minute) => (throttled[minute] === 0 ? sum : sum + one), 0);
  return attempts > 0 ? doubtful / attempts : 0;
}

export function impliedErrors(
  { producers, scenario }: Workload,
  { fidelity, writesSingly, timeline, minutes }: SimulationRun,
): ImpliedErrors {
  if (fidelity.record === 1) return { throttledRatio: 0, lostRatio: 0 };
  const isFlow = (fidelity.fluid ?? 0) > 0;
  const share = isFlow ? 1 : shareInDoubt(minutes);
  const shards = timeline.reduce((fewest, { openShards }) => Math.min(fewest, openShards), Number.POSITIVE_INFINITY);
  const singleErrors = (fidelity.leap ?? 0) > 0 ? leapErrors : noErrors;
  const errors = producers.map((producer) =>
    writesSingly ? singleErrors[producer.retry] : producerErrors(producer, scenario, isFlow, shards),
  );
  const largest = (figure: 0 | 1): number => (share / 100) * Math.max(...errors.map((one) => one[figure]));
  return { throttledRatio: largest(0), lostRatio: largest(1) };
}
