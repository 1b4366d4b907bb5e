/*
 * What on-demand mode goes by, in numbers: made from a workload once, before the run. A stream on demand has room for double its peak
 * write of 30 days, so the peak before the run matters: stated, or what the shards at the start stand for.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import { ceilDivide } from "../units/rounding.js";
import type { Workload } from "../workload/schema.js";

/** What a stream takes: bytes and Kinesis records per second. */
export interface WriteRate {
  readonly bytesPerSecond: number;
  readonly recordsPerSecond: number;
}

/** How much an on-demand stream is made to carry, in shards. */
export interface OnDemandCapacity {
  readonly growthFactor: number;
  /** What one shard takes. */
  readonly shard: WriteRate;
  readonly initialShards: number;
  /** The region's ceiling. */
  readonly shardsMax: number;
  readonly splitBytesPerSecond: number;
}

export interface OnDemandModel extends OnDemandCapacity {
  /** The peak of the time before the run. */
  readonly previousPeak: WriteRate;
  readonly peakWindowSeconds: number;
  /** What has to be done is done within this time. */
  readonly windowSeconds: number;
  readonly delaySecondsMin: number;
  readonly delaySecondsMax: number;
  readonly operationSecondsMax: number;
  readonly switchesPerDay: number;
  readonly switchSeconds: number;
  readonly commitmentSecondsMin: number;
  /** At the start; 0 where there is none. */
  readonly warmBytesPerSecond: number;
  readonly warmBytesPerSecondMax: number;
  readonly warmBytesPerSecondPerShard: number;
  readonly warmSeconds: number;
  readonly warmReductionWindowSeconds: number;
  /** Of an operation that shrinks a stream. */
  readonly operationSeconds: number;
}

export function onDemandCapacity(facts: ServiceFacts): OnDemandCapacity {
  const bytesPerSecond = facts.value("shard.writeBytesPerSecond");
  return {
    growthFactor: facts.value("onDemand.growthFactor"),
    shard: { bytesPerSecond, recordsPerSecond: facts.value("shard.writeRecordsPerSecond") },
    initialShards: facts.value("onDemand.initialShards"),
    shardsMax: Math.max(1, Math.floor(facts.value("onDemand.writeBytesPerSecondMax") / bytesPerSecond)),
    splitBytesPerSecond: facts.value("onDemand.splitBytesPerSecond"),
  };
}

/** @param stated the peak of the time before the run; by default half of what the shards at the start take, or a new stream's */
export function onDemandModel(
  { stream }: Workload,
  facts: ServiceFacts,
  shardCount: number,
  stated: WriteRate | undefined,
): OnDemandModel {
  const capacity = onDemandCapacity(facts);
  const isOnDemand = stream.mode !== "provisioned";
  const shards = isOnDemand ? Math.max(shardCount, capacity.initialShards) : shardCount;
  return {
    ...capacity,
    previousPeak: stated ?? peakBehind(Math.min(shards, capacity.shardsMax), capacity),
    peakWindowSeconds: facts.value("onDemand.peakWindowSeconds"),
    windowSeconds: Math.min(facts.value("onDemand.growthWindowSeconds"), facts.value("onDemand.splitWindowSeconds")),
    delaySecondsMin: facts.value("onDemand.scaleDelaySecondsMin"),
    delaySecondsMax: facts.value("onDemand.scaleDelaySecondsMax"),
    operationSecondsMax: facts.value("reshard.operationSecondsMax"),
    switchesPerDay: facts.value("mode.switchesPerDay"),
    switchSeconds: facts.value("mode.switchSeconds"),
    commitmentSecondsMin: facts.value("advantage.commitmentSecondsMin"),
    warmBytesPerSecond: stream.mode === "on-demand-advantage" ? (stream.warmThroughput ?? 0) : 0,
    warmBytesPerSecondMax: warmBytesPerSecondMax(facts),
    warmBytesPerSecondPerShard: facts.value("advantage.warmBytesPerSecondPerShard"),
    warmSeconds: facts.value("advantage.warmSeconds"),
    warmReductionWindowSeconds: facts.value("advantage.warmReductionWindowSeconds"),
    operationSeconds: facts.value("reshard.operationSeconds"),
  };
}

/** The highest warm throughput in a region. */
export function warmBytesPerSecondMax(facts: ServiceFacts): number {
  return Math.min(facts.value("advantage.warmBytesPerSecondMax"), facts.value("onDemand.writeBytesPerSecondMax"));
}

/** The peak that a stream with so many shards has room to double. */
function peakBehind(shards: number, { shard, growthFactor }: OnDemandCapacity): WriteRate {
  return {
    bytesPerSecond: (shards * shard.bytesPerSecond) / growthFactor,
    recordsPerSecond: (shards * shard.recordsPerSecond) / growthFactor,
  };
}

/** Shards that leave room for a peak to double; the ceiling and a new stream's shards aside. */
export function shardsForPeak(peak: WriteRate, { growthFactor, shard }: OnDemandCapacity): number {
  return Math.max(
    ceilDivide(growthFactor * peak.bytesPerSecond, shard.bytesPerSecond),
    ceilDivide(growthFactor * peak.recordsPerSecond, shard.recordsPerSecond),
  );
}

/** Shards of a stream that has had such a peak: room for it to double, and none that the service would have split. */
export function shardsAfterPeak(peak: WriteRate, capacity: OnDemandCapacity): number {
  return Math.min(
    capacity.shardsMax,
    Math.max(
      capacity.initialShards,
      shardsForPeak(peak, capacity),
      ceilDivide(peak.bytesPerSecond, capacity.splitBytesPerSecond),
    ),
  );
}
