/*
 * How many shards each minute needs: what sizing would recommend for the highest rates within it.
 *
 * Records, Kinesis records and bytes are taken at their own peaks of the minute, as sizing takes them at those of the week. Where keys
 * are described, the busiest shard is looked at with each producer's highest rate of the minute, rounded up to a fiftieth of its peak, or
 * to a twentieth where the rates of several vary.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import { secondsPerMinute } from "../units/dimension.js";
import { ceilDivide, ceilTolerant } from "../units/rounding.js";
import type { Attachments } from "../workload/attachments.js";
import { kinesisRecord } from "../workload/kinesis-record.js";
import { type RateCurve, rateCurve } from "../workload/rate-curve.js";
import type { Workload } from "../workload/schema.js";
import { bindingConstraint, type Constraint, listConstraints, recommendedShards } from "./constraints.js";
import { estimateDemand, flowOf, type PeakRates } from "./demand.js";
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
  const minutes = ceilDivide(horizonSeconds, secondsPerMinute);
  const rates = highestRates(workload, attachments, facts, minutes);
  const busiest = busiestShardNeeds(workload, attachments, facts, horizonSeconds, rates);
  const demandAt = (minute: number): PeakRates => ({
    recordsPerSecondPeak: factor * (rates.records[minute] as number),
    kinesisRecordsPerSecondPeak: factor * (rates.kinesisRecords[minute] as number),
    bytesPerSecondPeak: factor * (rates.bytes[minute] as number),
  });
  const constraintsAt = (minute: number): Constraint[] => {
    const others = listConstraints(workload, demandAt(minute), facts);
    const hotShard = busiest?.(minute, factor, recommendedShards(others));
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
  /** User records per second of each producer. */
  readonly own: readonly Float64Array[];
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
  return { ...rates, own };
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

function raise(values: Float64Array | undefined, at: number, value: number): void {
  if (values !== undefined) values[at] = Math.max(values[at] as number, value);
}

/** Steps from nothing to a producer's peak in which the busiest shard is looked at: fewer where several combine. */
const stepsAlone = 50;
const stepsTogether = 20;

/**
 * The constraint of the busiest shard by minute; undefined where nothing is said of keys. The rate of each producer is rounded up to a
 * step, so that moments repeat.
 */
function busiestShardNeeds(
  workload: Workload,
  attachments: Attachments,
  facts: ServiceFacts,
  horizonSeconds: number,
  { own }: MinuteRates,
): ((minute: number, factor: number, atLeast: number) => Constraint) | undefined {
  const { producers } = estimateDemand(workload, attachments, facts, horizonSeconds);
  if (producers.every(({ producer }) => producer.keys === undefined)) return undefined;
  const peaks = own.map((rates) => rates.reduce((most, rate) => Math.max(most, rate), 0));
  const steps = own.filter((rates) => rates.some((rate) => rate !== rates[0])).length > 1 ? stepsTogether : stepsAlone;
  const known = new Map<string, number | null>();
  return (minute, factor, atLeast) => {
    const rates = own.map((series, index) => {
      const peak = peaks[index] as number;
      return peak > 0 ? (factor * peak * ceilTolerant(((series[minute] as number) / peak) * steps)) / steps : 0;
    });
    const name = `${rates.join()} ${atLeast}`;
    let recommended = known.get(name);
    if (recommended === undefined) {
      const flows = producers.map((part, index) => flowOf(part, rates[index] as number));
      const moment = { bytes: flows, kinesisRecords: flows };
      const spread = keySpread({ producers, peakCounting: () => moment }, facts, attachments);
      recommended = spread?.fewestShards(workload.stream.utilization, atLeast) ?? null;
      known.set(name, recommended);
    }
    return { name: "hot-shard", kind: "hot-shard", need: null, minimum: null, recommended };
  };
}
