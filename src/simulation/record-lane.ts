/*
 * One producer's records on one shard, record by record: when calls come, what they hold, and what of them waits to be put again.
 */
import type { RandomStream } from "./kernel/random-stream.js";
import { sampleExponential, samplePoisson, tabulatePositiveBinomial } from "./kernel/samplers.js";
import { furtherRecords } from "./kpl-composition.js";
import { KplLimiter } from "./kpl-limiter.js";
import type { ProducerLane } from "./producer-lane.js";
import type { ProducerTraffic } from "./producer-traffic.js";
import { drawAggregateSize, drawSize } from "./record-sizes.js";

/** Records that one producer puts to this shard at once. */
export interface RecordGroup {
  readonly lane: RecordLane;
  sizes: readonly number[];
  /** How many they are in what is counted: as many as sizes, where no Kinesis record holds several. */
  units: number;
  readonly createdSeconds: number;
  /** Attempts so far. */
  attempts: number;
  /** Whether the limiter has let it go. */
  isReleased: boolean;
  /** Whether it only waits to be too old. */
  isDoomed: boolean;
}

export interface RecordLane extends ProducerLane {
  /** Of chance there is when calls come, what their records weigh, and how long they wait to be put again. */
  readonly calls: RandomStream;
  readonly sizes: RandomStream;
  readonly backOff: RandomStream;
  /** How many records of a call come here, given that some do: cumulative probabilities. */
  readonly parts: Float64Array;
  /** Whether calls bring one record each and pass no limiter. */
  readonly isPlain: boolean;
  /** Calls with records for this shard, for each Kinesis record that is expected on the stream, and for each that is counted. */
  readonly callsPerKinesisRecord: number;
  callsPerRecord: number;
  /** User records that come while an aggregate is open, on average. */
  further: number;
  /** What is left of the exponential time to the next call, in expected calls. */
  untilCall: number;
  nextCallSeconds: number;
  waiting: number;
  limiter: KplLimiter | undefined;
}

/** @param shard the shard's stream of random numbers */
export function createRecordLane(traffic: ProducerTraffic, share: number, shard: RandomStream): RecordLane {
  const { putBatch, retry, name } = traffic.model;
  const random = shard.child(name);
  const calls = random.child("calls");
  const reaches = -Math.expm1(putBatch * Math.log1p(-Math.min(share, 1 - 1e-15)));
  return {
    traffic,
    share,
    calls,
    sizes: random.child("sizes"),
    backOff: random.child("backOff"),
    parts: tabulatePositiveBinomial(putBatch, share),
    isPlain: putBatch === 1 && retry.kind !== "kpl",
    callsPerKinesisRecord: reaches / putBatch,
    callsPerRecord: reaches / putBatch,
    further: 0,
    untilCall: sampleExponential(calls),
    nextCallSeconds: Number.POSITIVE_INFINITY,
    waiting: 0,
    limiter: retry.kind === "kpl" ? new KplLimiter(retry) : undefined,
  };
}

/** Leaves a group with what was refused of it. */
export function leave(group: RecordGroup, sizes: readonly number[], units: number): void {
  group.sizes = sizes;
  group.units = units;
}

/** Works out how aggregates fill in a tick, where they do. */
export function compose(lane: RecordLane, index: number): void {
  const { traffic, share, callsPerKinesisRecord } = lane;
  const { aggregation } = traffic.model;
  if (traffic.kpl?.isFilling !== true || aggregation === undefined) return;
  const rate = (traffic.kinesisRecords[index] as number) * share;
  lane.callsPerRecord = callsPerKinesisRecord * traffic.kpl.at(rate).cost;
  lane.further = furtherRecords(rate, aggregation);
}

/** How much of what is counted the next Kinesis record holds. */
export function drawUnits({ traffic, further, calls }: RecordLane): number {
  const filling = traffic.model.aggregation?.filling;
  return filling === undefined ? 1 : Math.min(filling.recordsMax, 1 + samplePoisson(calls, further));
}

/** What a Kinesis record usually weighs that holds so much of what is counted. */
export function bytesOfUnits({ traffic }: RecordLane, units: number): number {
  const { aggregation, bytesPerKinesisRecord } = traffic.model;
  return aggregation?.filling?.bytes(units, units > 1 ? 0 : 1) ?? units * bytesPerKinesisRecord;
}

/** The bytes of a Kinesis record. */
export function drawBytes(lane: RecordLane, units: number): number {
  const { model } = lane.traffic;
  if (model.aggregation?.filling === undefined) return drawSize(model, lane.sizes);
  return drawAggregateSize(bytesOfUnits(lane, units), units, model, lane.sizes);
}

/** @param units what it is in what is counted */
export function freshGroup(
  lane: RecordLane,
  sizes: readonly number[],
  units: number,
  createdSeconds: number,
  attempts: number,
): RecordGroup {
  return { lane, sizes, units, createdSeconds, attempts, isReleased: attempts > 0, isDoomed: false };
}

/** Finds a lane's next call from a time on, within the tick; what is left of the wait is kept otherwise. */
export function findCall(lane: RecordLane, from: number, tick: number, index: number): void {
  const rate = (lane.traffic.kinesisRecords[index] as number) * lane.callsPerRecord;
  const wait = lane.untilCall / rate;
  if (rate > 0 && from + wait < tick + 1) {
    lane.nextCallSeconds = from + wait;
    return;
  }
  lane.nextCallSeconds = Number.POSITIVE_INFINITY;
  lane.untilCall -= rate * (tick + 1 - from);
}
