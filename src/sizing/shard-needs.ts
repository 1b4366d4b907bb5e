/*
 * How many shards each minute needs: what sizing would recommend for the highest rates within it.
 *
 * Records, Kinesis records and bytes are taken at their own peaks of the minute, as sizing takes them at those of the week. Where keys
 * are described, the busiest shard is looked at with every producer at the rate of the one that is highest against its own at the peak of
 * the horizon, in steps of a fiftieth; with one producer that errs by less than such a step, with several it asks for too much.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import { secondsPerMinute } from "../units/dimension.js";
import type { Attachments } from "../workload/attachments.js";
import { kinesisRecord } from "../workload/kinesis-record.js";
import { type RateCurve, rateCurve } from "../workload/rate-curve.js";
import type { Workload } from "../workload/schema.js";
import { bindingConstraint, type Constraint, listConstraints, recommendedShards } from "./constraints.js";
import { estimateDemand, type PeakRates } from "./demand.js";
import { keySpread } from "./hot-shard.js";

/** The shards that a stream needs over time. */
export interface ShardNeeds {
  /** Recommended shards, by minute from the start. */
  readonly shards: Float64Array;
  /** Shards without headroom, unrounded, that writes alone ask for, by minute: below them records are throttled. */
  readonly writes: Float64Array;
  /** The highest rates of a minute. */
  demandAt(minute: number): PeakRates;
  /** What asks for the shards of a minute. */
  bindingAt(minute: number): Constraint;
}

/** @param factor multiplies all rates */
export function shardNeeds(
  workload: Workload,
  attachments: Attachments,
  facts: ServiceFacts,
  horizonSeconds: number,
  factor = 1,
): ShardNeeds {
  const minutes = Math.ceil(horizonSeconds / secondsPerMinute);
  const rates = highestRates(workload, attachments, facts, minutes);
  const busiest = busiestShardNeeds(workload, attachments, facts, horizonSeconds);
  const demandAt = (minute: number): PeakRates => ({
    recordsPerSecondPeak: factor * (rates.records[minute] as number),
    kinesisRecordsPerSecondPeak: factor * (rates.kinesisRecords[minute] as number),
    bytesPerSecondPeak: factor * (rates.bytes[minute] as number),
  });
  const constraintsAt = (minute: number): Constraint[] => {
    const others = listConstraints(workload, demandAt(minute), facts);
    const hotShard = busiest?.(factor * (rates.level[minute] as number), recommendedShards(others));
    return hotShard === undefined ? others : [...others, hotShard];
  };
  return {
    shards: Float64Array.from({ length: minutes }, (_, minute) => recommendedShards(constraintsAt(minute))),
    writes: Float64Array.from({ length: minutes }, (_, minute) => writeNeed(demandAt(minute), facts)),
    demandAt,
    bindingAt: (minute) => bindingConstraint(constraintsAt(minute)),
  };
}

function writeNeed({ bytesPerSecondPeak, kinesisRecordsPerSecondPeak }: PeakRates, facts: ServiceFacts): number {
  return Math.max(
    bytesPerSecondPeak / facts.value("shard.writeBytesPerSecond"),
    kinesisRecordsPerSecondPeak / facts.value("shard.writeRecordsPerSecond"),
  );
}

interface MinuteRates {
  readonly records: Float64Array;
  readonly kinesisRecords: Float64Array;
  readonly bytes: Float64Array;
  /** The rate of the producer that is highest against its own highest rate, as a ratio of that. */
  readonly level: Float64Array;
}

/** A producer's rate over time, and how much of each sum one of its records is. */
interface Source {
  readonly curve: RateCurve;
  readonly kinesisRecords: number;
  readonly bytes: number;
}

function highestRates(
  { producers }: Workload,
  attachments: Attachments,
  facts: ServiceFacts,
  minutes: number,
): MinuteRates {
  const sources = producers.map((producer): Source => {
    const { recordsPerKinesisRecord, bytesPerKinesisRecord } = kinesisRecord(producer, facts);
    return {
      curve: rateCurve(producer, attachments.traces.get(producer.name), true),
      kinesisRecords: 1 / recordsPerKinesisRecord,
      bytes: bytesPerKinesisRecord / recordsPerKinesisRecord,
    };
  });
  const rates = {
    records: new Float64Array(minutes),
    kinesisRecords: new Float64Array(minutes),
    bytes: new Float64Array(minutes),
  };
  const own = sources.map(() => new Float64Array(minutes));
  for (const { minute, rateOf } of instantsOf(sources, minutes)) {
    let [records, kinesisRecords, bytes] = [0, 0, 0];
    for (const [index, source] of sources.entries()) {
      const rate = rateOf(source.curve);
      records += rate;
      kinesisRecords += rate * source.kinesisRecords;
      bytes += rate * source.bytes;
      raise(own[index], minute, rate);
    }
    raise(rates.records, minute, records);
    raise(rates.kinesisRecords, minute, kinesisRecords);
    raise(rates.bytes, minute, bytes);
  }
  return { ...rates, level: highestLevels(own, minutes) };
}

interface Instant {
  readonly minute: number;
  rateOf(curve: RateCurve): number;
}

/** Both ends of every minute, from within, and whatever turns between them. */
function* instantsOf(sources: readonly Source[], minutes: number): Generator<Instant> {
  for (let minute = 0; minute < minutes; minute += 1) {
    yield { minute, rateOf: (curve) => curve.after(minute * secondsPerMinute) };
    yield { minute, rateOf: (curve) => curve.before((minute + 1) * secondsPerMinute) };
  }
  for (const { curve } of sources) {
    for (const bend of curve.bends(minutes * secondsPerMinute)) {
      if (bend % secondsPerMinute === 0) continue;
      const minute = Math.floor(bend / secondsPerMinute);
      yield { minute, rateOf: (one) => Math.max(one.before(bend), one.after(bend)) };
    }
  }
}

/** The highest of all sources' rates, each as a part of its own peak. */
function highestLevels(rates: readonly Float64Array[], minutes: number): Float64Array {
  const levels = new Float64Array(minutes);
  for (const own of rates) {
    const peak = own.reduce((most, rate) => Math.max(most, rate), 0);
    if (peak > 0) for (const [minute, rate] of own.entries()) raise(levels, minute, rate / peak);
  }
  return levels;
}

function raise(values: Float64Array | undefined, at: number, value: number): void {
  if (values !== undefined) values[at] = Math.max(values[at] as number, value);
}

/** Steps in which the busiest shard is looked at, from nothing to the peak. */
const levelSteps = 50;

/** The constraint of the busiest shard at a part of the peak; undefined where nothing is said of keys. */
function busiestShardNeeds(
  workload: Workload,
  attachments: Attachments,
  facts: ServiceFacts,
  horizonSeconds: number,
): ((level: number, atLeast: number) => Constraint) | undefined {
  const spread = keySpread(estimateDemand(workload, attachments, facts, horizonSeconds), facts, attachments);
  if (spread === undefined) return undefined;
  const known = new Map<number, number | null>();
  return (level, atLeast) => {
    const step = Math.max(1, Math.ceil(level * levelSteps - 1e-9));
    let recommended = known.get(step);
    if (recommended === undefined) {
      recommended = spread.fewestShards((workload.stream.utilization * levelSteps) / step, atLeast);
      known.set(step, recommended);
    }
    return { name: "hot-shard", kind: "hot-shard", need: null, minimum: null, recommended };
  };
}
