/*
 * What else would do: reading with enhanced fan-out, larger workers, aggregated records. Each alternative is sized by the same
 * constraints as the workload itself, with one thing changed.
 */
import type { Bytes } from "../units/dimension.js";
import { ceilDivide, roundToMillionths } from "../units/rounding.js";
import type { Consumer, Workload } from "../workload/schema.js";
import type { Basis } from "./basis.js";
import { hotShardConstraint, hotShardOf, listConstraints, recommendedShards, workersForCpu } from "./constraints.js";
import { estimateOwnCost } from "./cost.js";
import { estimateDemand } from "./demand.js";
import { keySpread } from "./hot-shard.js";

/** Switching one shared consumer to fan-out: the count that then is recommended, and what it costs more (or less, if negative). */
export interface FanOutAlternative {
  readonly shardsRecommended: number;
  readonly usdPerMonthDelta: number;
}

/** A worker size with which the consumer no longer asks for more shards than the rest of the workload. */
export interface WorkerAlternative {
  readonly vcpus: number;
  readonly workersForCpu: number;
  readonly shardsRecommended: number;
}

/** What else would do for one consumer. */
export interface ConsumerAlternatives {
  readonly fanOut?: FanOutAlternative;
  readonly biggerWorker?: WorkerAlternative;
}

export function consumerAlternatives(basis: Basis, consumerIndex: number): ConsumerAlternatives {
  const fanOut = fanOutAlternative(basis, consumerIndex);
  const biggerWorker = workerAlternative(basis, consumerIndex);
  return { ...(fanOut && { fanOut }), ...(biggerWorker && { biggerWorker }) };
}

function fanOutAlternative(basis: Basis, consumerIndex: number): FanOutAlternative | undefined {
  const { workload, demand, facts, shardCount } = basis;
  if (workload.consumers[consumerIndex]?.read !== "shared") return undefined;
  const changed = withConsumer(workload, consumerIndex, { read: "fan-out" });
  const shardsRecommended = recommendedShards(listConstraints(changed, demand, facts, hotShardOf(basis.constraints)));
  const count = basis.isCountGiven ? shardCount : shardsRecommended;
  const usd = (one: Workload, shards: number): number => estimateOwnCost(one, demand, shards, facts);
  return { shardsRecommended, usdPerMonthDelta: roundToMillionths(usd(changed, count) - usd(workload, shardCount)) };
}

function workerAlternative(basis: Basis, consumerIndex: number): WorkerAlternative | undefined {
  const { workload, demand, facts, constraints } = basis;
  const consumer = workload.consumers[consumerIndex];
  const wanted = consumer === undefined ? null : workersForCpu(consumer, demand);
  if (consumer?.cpuPerRecord === undefined || wanted === null) return undefined;
  const others = recommendedShards(
    constraints.filter(({ kind, consumerIndex: of }) => kind !== "workers" || of !== consumerIndex),
  );
  const shards = basis.isCountGiven ? Math.min(basis.shardCount, others) : others;
  if (wanted <= shards) return undefined;
  const cpu = demand.recordsPerSecondPeak * consumer.cpuPerRecord;
  const vcpus = nextSize(consumer.worker.vcpus, cpu / (consumer.worker.targetCpu * shards));
  const changed = withConsumer(workload, consumerIndex, { worker: { ...consumer.worker, vcpus } });
  return {
    vcpus,
    workersForCpu: ceilDivide(cpu, vcpus * consumer.worker.targetCpu),
    shardsRecommended: recommendedShards(listConstraints(changed, demand, facts, hotShardOf(basis.constraints))),
  };
}

/** Instance sizes double. */
function nextSize(vcpus: number, atLeast: number): number {
  let size = vcpus;
  while (size < atLeast) size *= 2;
  return size;
}

/** The count recommended if every producer of small records aggregated as the KPL does by default; undefined where that helps nothing. */
export function aggregationAlternative({
  workload,
  constraints,
  facts,
  attachments,
  horizonSeconds,
}: Basis): number | undefined {
  const recommended = recommendedShards(constraints);
  const maxSize = facts.value("kpl.aggregationBytesMax") as Bytes;
  const producers = workload.producers.map((producer) =>
    producer.aggregation === undefined && producer.recordSize < maxSize / 2
      ? { ...producer, aggregation: { maxSize } }
      : producer,
  );
  const changed = { ...workload, producers };
  const aggregated = estimateDemand(changed, attachments, facts, horizonSeconds);
  const others = listConstraints(changed, aggregated, facts);
  const spread = keySpread(aggregated, facts, attachments);
  const needed = recommendedShards(
    spread === undefined ? others : [...others, hotShardConstraint(spread, workload.stream.utilization, others)],
  );
  return needed < recommended ? needed : undefined;
}

function withConsumer(workload: Workload, index: number, change: Partial<Consumer>): Workload {
  return {
    ...workload,
    consumers: workload.consumers.map((consumer, at) => (at === index ? { ...consumer, ...change } : consumer)),
  };
}
