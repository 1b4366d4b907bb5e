/*
 * What reads the stream, at a given shard count: workers for CPU and never more than shards, spare ones on top; Lambda's
 * concurrency instead of workers; how often a shard is polled; and what the KCL writes to its lease table.
 *
 * Lease writes follow the KCL's sources: each held lease is renewed every third of the fail-over time; KCL 3 workers also report
 * their load, and one of them keeps a leader lock. Left out: checkpoints, which the application decides on, and reads.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import { ceilTolerant } from "../units/rounding.js";
import { sumOf } from "../units/sum-of.js";
import type { Consumer } from "../workload/schema.js";
import { parallelBatches, processingTime, workersForCpu } from "./constraints.js";
import type { PeakRates } from "./demand.js";

/** What runs at some rates and some shards. Counts are null where nothing is said of the time that a record takes. */
export interface Staffing {
  readonly workersForCpu: number | null;
  /** Workers to run, spare ones not counted. */
  readonly workers: number | null;
  /** Whether the shard count leaves some of the workers that CPU asks for without a shard. */
  readonly capped: boolean;
  /** Lambda only: concurrent invocations needed at the peak, and what shards and parallelization allow. */
  readonly concurrency?: { readonly needed: number | null; readonly limit: number };
}

/** A consumer at the judged shard count. Rates are per second. */
export interface ConsumerSizing extends Staffing {
  readonly name: string;
  readonly kind: Consumer["kind"];
  readonly read: Consumer["read"];
  readonly standby: number;
  /** GetRecords calls per second on each shard; 0 with fan-out. */
  readonly pollsPerSecond: number;
  /** KCL only. */
  readonly leaseWritesPerSecond?: number;
}

export function sizeConsumer(
  consumer: Consumer,
  demand: PeakRates,
  shardCount: number,
  facts: ServiceFacts,
): ConsumerSizing {
  const { workersForCpu: wanted, workers, capped, ...rest } = staffConsumer(consumer, demand, shardCount);
  return {
    name: consumer.name,
    kind: consumer.kind,
    read: consumer.read,
    workersForCpu: wanted,
    workers,
    standby: consumer.standby,
    capped,
    pollsPerSecond: pollsPerSecond(consumer, facts),
    ...rest,
    ...(consumer.kind === "kcl" && {
      leaseWritesPerSecond: leaseWrites(consumer, shardCount, (workers ?? 1) + consumer.standby, facts),
    }),
  };
}

/** What a consumer runs at some rates and some shards. */
export function staffConsumer(consumer: Consumer, demand: PeakRates, shardCount: number): Staffing {
  const wanted = workersForCpu(consumer, demand);
  return {
    workersForCpu: wanted,
    workers: wanted === null ? null : Math.min(wanted, shardCount),
    capped: wanted !== null && wanted > shardCount,
    ...(consumer.kind === "lambda" && { concurrency: lambdaConcurrency(consumer, demand, shardCount) }),
  };
}

/** How often a shared consumer calls GetRecords on each shard. */
export function pollsPerSecond(consumer: Consumer, facts: ServiceFacts): number {
  if (consumer.read === "fan-out") return 0;
  return 1 / (consumer.pollInterval ?? facts.value(`${consumer.kind}.pollIntervalSeconds`));
}

/** How often all consumers together call GetRecords on each shard. */
export function readCallsPerSecond(consumers: readonly Consumer[], facts: ServiceFacts): number {
  return sumOf(consumers, (consumer) => pollsPerSecond(consumer, facts));
}

function lambdaConcurrency(
  consumer: Consumer,
  demand: PeakRates,
  shardCount: number,
): { needed: number | null; limit: number } {
  const time = processingTime(consumer);
  return {
    needed: time === undefined ? null : ceilTolerant(demand.recordsPerSecondPeak * time),
    limit: shardCount * parallelBatches(consumer),
  };
}

function leaseWrites({ kclVersion }: Consumer, leases: number, workers: number, facts: ServiceFacts): number {
  const renewals = leases / facts.value("kcl.leaseRenewalSeconds");
  if (kclVersion === 2) return renewals;
  return (
    renewals + workers / facts.value("kcl.workerMetricsReportSeconds") + 1 / facts.value("kcl.leaderHeartbeatSeconds")
  );
}
