/*
 * With how many shards a run starts, and which peak the service knows of by then. An on-demand stream whose shards are not stated is
 * taken to have carried its traffic for 30 days, or the peak that is stated, and has room for that to double.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import {
  type OnDemandCapacity,
  onDemandCapacity,
  shardsAfterPeak,
  type WriteRate,
} from "../simulation/on-demand-model.js";
import type { Demand } from "../sizing/demand.js";
import { ceilDivide } from "../units/rounding.js";
import type { Workload } from "../workload/schema.js";

type Peak = Pick<Demand, "bytesPerSecondPeak" | "kinesisRecordsPerSecondPeak">;

export interface StreamStart {
  readonly shardCount: number;
  /** Left open where the shards stand for it. */
  readonly previousPeak?: WriteRate;
}

/** The start of an on-demand stream. */
export function onDemandStart({ stream }: Workload, demand: Peak, facts: ServiceFacts): StreamStart {
  const capacity = onDemandCapacity(facts);
  const stated = statedPeak(stream, demand);
  const warm = Math.min(capacity.shardsMax, warmShards(stream, facts));
  if (stream.shards !== undefined)
    return { shardCount: Math.max(stream.shards, warm), ...(stated !== undefined && { previousPeak: stated }) };
  const previousPeak = stated ?? usualPeak(demand, facts);
  return { shardCount: Math.max(shardsAfterPeak(previousPeak, capacity), warm), previousPeak };
}

/** The peak that a workload states, with records in the proportion of its traffic. */
export function statedPeak({ previousPeak }: Workload["stream"], demand: Peak): WriteRate | undefined {
  if (previousPeak === undefined) return undefined;
  const { bytesPerSecondPeak: bytes, kinesisRecordsPerSecondPeak: records } = demand;
  return { bytesPerSecond: previousPeak, recordsPerSecond: bytes > 0 ? (previousPeak * records) / bytes : 0 };
}

/** The busiest minute of a month of such traffic. */
function usualPeak({ bytesPerSecondPeak, kinesisRecordsPerSecondPeak }: Peak, facts: ServiceFacts): WriteRate {
  const scatter = 1 + facts.value("onDemand.peakScatterRatio");
  return { bytesPerSecond: scatter * bytesPerSecondPeak, recordsPerSecond: scatter * kinesisRecordsPerSecondPeak };
}

function warmShards({ mode, warmThroughput }: Workload["stream"], facts: ServiceFacts): number {
  if (mode !== "on-demand-advantage" || warmThroughput === undefined) return 0;
  return ceilDivide(warmThroughput, facts.value("advantage.warmBytesPerSecondPerShard"));
}

/** Shards that carry a peak just so. */
export function shardsThatCarry(peak: Peak, { shard }: OnDemandCapacity): number {
  return Math.max(
    1,
    ceilDivide(peak.bytesPerSecondPeak, shard.bytesPerSecond),
    ceilDivide(peak.kinesisRecordsPerSecondPeak, shard.recordsPerSecond),
  );
}
