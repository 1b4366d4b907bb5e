/*
 * What asks for shards, each constraint apart. With u the utilisation (1 for the minimum), R user records, K Kinesis records and B
 * bytes per second at the peak, S consumers that share a shard's read throughput, and f = 1 + outage / within:
 *
 *   write-bytes            B / (1 MiB/s · u)
 *   write-records          K / (1000/s · u)
 *   read-bytes             S · B / (2 MiB/s · u)
 *   processing:<consumer>  R · timePerRecord / (parallelization · u)
 *   workers:<consumer>     R · cpuPerRecord / (vcpus · targetCpu), rounded up
 *   catch-up:<consumer>    the larger of f · R · timePerRecord / parallelization and the bytes to read again over 2 MiB/s
 *   hot-shard              hot-shard.ts
 *
 * Left out: the number of records that one GetRecords call returns, and the time that a consumer takes to start.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import { ceilDivide, ceilTolerant } from "../units/rounding.js";
import type { Consumer, Workload } from "../workload/schema.js";
import type { PeakRates } from "./demand.js";
import type { KeySpread } from "./hot-shard.js";
import { countReaders } from "./readers.js";

export type ConstraintKind =
  | "write-bytes"
  | "write-records"
  | "read-bytes"
  | "processing"
  | "workers"
  | "catch-up"
  | "hot-shard";

/**
 * One reason for shards.
 *
 * @property name the kind, with the consumer's name where it is about one: `processing:enrich`
 * @property need shards before rounding at full utilisation; null where it is found by search (`hot-shard`)
 * @property minimum shards without headroom; null where no count is enough
 * @property recommended shards that keep the planned headroom; null where no count does
 */
export interface Constraint {
  readonly name: string;
  readonly kind: ConstraintKind;
  readonly consumerIndex?: number | undefined;
  readonly need: number | null;
  readonly minimum: number | null;
  readonly recommended: number | null;
}

/** Every constraint of a workload, in the order in which ties are broken. */
export function listConstraints(
  workload: Workload,
  demand: PeakRates,
  facts: ServiceFacts,
  hotShard?: Constraint | undefined,
): Constraint[] {
  const { utilization } = workload.stream;
  const { shared } = countReaders(workload.consumers);
  const consumers = workload.consumers.map((consumer, index) => ({ consumer, index }));
  const writes: Constraint[] = [
    withHeadroom("write-bytes", demand.bytesPerSecondPeak / facts.value("shard.writeBytesPerSecond"), utilization),
    withHeadroom(
      "write-records",
      demand.kinesisRecordsPerSecondPeak / facts.value("shard.writeRecordsPerSecond"),
      utilization,
    ),
    withHeadroom(
      "read-bytes",
      (shared * demand.bytesPerSecondPeak) / facts.value("shard.readBytesPerSecond"),
      utilization,
    ),
  ];
  return [
    ...writes,
    ...consumers.flatMap(({ consumer, index }) => processing(consumer, index, demand, utilization)),
    ...consumers.flatMap(({ consumer, index }) => workers(consumer, index, demand)),
    ...consumers.flatMap(({ consumer, index }) => catchUp(consumer, index, demand, facts, shared)),
    ...(hotShard === undefined ? [] : [hotShard]),
  ];
}

interface About {
  readonly name: string;
  readonly index: number;
}

function withHeadroom(kind: ConstraintKind, need: number, utilization: number, about?: About): Constraint {
  return {
    name: about === undefined ? kind : `${kind}:${about.name}`,
    kind,
    consumerIndex: about?.index,
    need,
    minimum: ceilTolerant(need),
    recommended: ceilDivide(need, utilization),
  };
}

function withoutHeadroom(kind: ConstraintKind, need: number, { name, index }: About): Constraint {
  const shards = ceilTolerant(need);
  return { name: `${kind}:${name}`, kind, consumerIndex: index, need, minimum: shards, recommended: shards };
}

function processing(consumer: Consumer, index: number, demand: PeakRates, utilization: number): Constraint[] {
  const time = processingTime(consumer);
  if (time === undefined) return [];
  const need = (demand.recordsPerSecondPeak * time) / parallelBatches(consumer);
  return [withHeadroom("processing", need, utilization, { name: consumer.name, index })];
}

/** Wall time for one user record in one processor, in seconds. */
export function processingTime(consumer: Consumer): number | undefined {
  return consumer.timePerRecord ?? consumer.cpuPerRecord;
}

/** How many batches of one shard are processed at a time: only Lambda does more than one. */
export function parallelBatches(consumer: Consumer): number {
  return consumer.kind === "lambda" ? (consumer.parallelization ?? 1) : 1;
}

function workers(consumer: Consumer, index: number, demand: PeakRates): Constraint[] {
  const load = workerLoad(consumer, demand);
  return load === null ? [] : [withoutHeadroom("workers", load, { name: consumer.name, index })];
}

/** Workers that CPU asks for; null where it is not known, and for Lambda, which has none. */
export function workersForCpu(consumer: Consumer, demand: PeakRates): number | null {
  const load = workerLoad(consumer, demand);
  return load === null ? null : ceilTolerant(load);
}

function workerLoad({ kind, cpuPerRecord, worker }: Consumer, demand: PeakRates): number | null {
  if (kind === "lambda" || cpuPerRecord === undefined) return null;
  return (demand.recordsPerSecondPeak * cpuPerRecord) / (worker.vcpus * worker.targetCpu);
}

function catchUp(
  consumer: Consumer,
  index: number,
  demand: PeakRates,
  facts: ServiceFacts,
  shared: number,
): Constraint[] {
  const { recovery } = consumer;
  if (recovery === undefined) return [];
  const factor = catchUpFactor(recovery);
  const readers = consumer.read === "fan-out" ? factor : shared - 1 + factor;
  const reading = (readers * demand.bytesPerSecondPeak) / readBytesPerSecond(consumer, facts);
  const time = processingTime(consumer);
  const working = time === undefined ? 0 : (factor * demand.recordsPerSecondPeak * time) / parallelBatches(consumer);
  return [withoutHeadroom("catch-up", Math.max(reading, working), { name: consumer.name, index })];
}

/** How much faster than the peak a consumer must be to be caught up `within` after an `outage`. */
export function catchUpFactor({ outage, within }: NonNullable<Consumer["recovery"]>): number {
  return 1 + outage / within;
}

export function readBytesPerSecond({ read }: Consumer, facts: ServiceFacts): number {
  return facts.value(read === "fan-out" ? "fanOut.readBytesPerSecond" : "shard.readBytesPerSecond");
}

/**
 * The constraint of the busiest shard; it takes a search, so it is worked out once and passed on.
 *
 * @param others what else asks for shards: real keys may fall badly at just the count that the others ask for
 */
export function hotShardConstraint(spread: KeySpread, utilization: number, others: readonly Constraint[]): Constraint {
  return {
    name: "hot-shard",
    kind: "hot-shard",
    need: null,
    minimum: spread.fewestShards(1, minimumShards(others)),
    recommended: spread.fewestShards(utilization, recommendedShards(others)),
  };
}

/** The constraint of the busiest shard, where keys are described. */
export function hotShardOf(constraints: readonly Constraint[]): Constraint | undefined {
  return constraints.find(({ kind }) => kind === "hot-shard");
}

/** The largest minimum, at least 1; constraints that no count satisfies do not take part. */
export function minimumShards(constraints: readonly Constraint[]): number {
  return constraints.reduce((most, { minimum }) => Math.max(most, minimum ?? 0), 1);
}

/** The largest recommendation; never below the minimum, which it could be where a hot key leaves no room for headroom. */
export function recommendedShards(constraints: readonly Constraint[]): number {
  return constraints.reduce((most, { recommended }) => Math.max(most, recommended ?? 0), minimumShards(constraints));
}

/** The constraint that asks for most; the first of those that tie. */
export function bindingConstraint(constraints: readonly Constraint[]): Constraint {
  const asked = ({ minimum, recommended }: Constraint): number => recommended ?? minimum ?? -1;
  return constraints.reduce((most, one) => (asked(one) > asked(most) ? one : most));
}
