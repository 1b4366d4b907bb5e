/*
 * What is left of a simulated part of a stream, as plain values; several parts put together; and the summary of the whole. Shards that
 * no worker has in common do not see each other, so a large stream can be simulated in parts, on several threads.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import { secondsPerHour } from "../units/dimension.js";
import { roundToMillionths } from "../units/rounding.js";
import { isRunByAws } from "../workload/run-by-aws.js";
import type { Consumer, Workload } from "../workload/schema.js";
import { type AgeSamples, type AgeState, agePercentiles, joinAges } from "./age-samples.js";
import type { ControlEvent } from "./control-event.js";
import type { CpuRecorder, CpuSums } from "./cpu-recorder.js";
import { Histogram, type HistogramState } from "./kernel/histogram.js";
import { joinMinutes, type MinuteSeries } from "./minute-series.js";
import type { ModeSpell, ProducerUse } from "./mode-meter.js";
import { costOfRun } from "./run-cost.js";
import type { FidelityShares } from "./shard-parts.js";
import type { ConsumerSummary, ProducerSummary, ShardLife, SimulationRun, SimulationSummary } from "./simulate.js";
import type { StreamShard } from "./stream-shard.js";
import type { StreamSimulation } from "./stream-simulation.js";
import { type ProducerSums, sumProducers, type TimelineConsumer, type TimelineRow } from "./timeline.js";

/** One consumer in a part. Records are user records. */
interface ConsumerPart {
  readonly name: string;
  readonly processed: number;
  readonly backlog: number;
  readonly expired: number;
  /** GetRecords calls, and those that were refused. */
  readonly calls: number;
  readonly readThrottles: number;
  readonly latencies: HistogramState;
  /** The ages at the end of every second. */
  readonly ages: AgeState;
  readonly cpu: CpuSums;
  readonly use: FleetUse;
  /** Lambda's invocations that may run at a time; infinite where there is no such limit. */
  readonly concurrencyLimit: number;
}

/** What the consumer's workers or invocations did and took, as sums. */
interface FleetUse {
  readonly repeated: number;
  readonly discarded: number;
  readonly invocations: number;
  readonly invocationSeconds: number;
  readonly workerSeconds: number;
  /** Of a DynamoDB lease table. */
  readonly readUnits: number;
  readonly writeUnits: number;
}

export interface RunPart {
  readonly seconds: number;
  readonly producers: ProducerSums;
  /** Of each producer, in their order. */
  readonly byProducer: readonly ProducerUse[];
  /** User records that expired before some consumer had read them, and those with the producers at the end. */
  readonly expired: number;
  readonly buffered: number;
  readonly shardHours: number;
  /** What was used in each capacity mode, one after another. */
  readonly spells: readonly ModeSpell[];
  readonly consumers: readonly ConsumerPart[];
  readonly timeline: readonly TimelineRow[];
  readonly minutes: MinuteSeries;
  readonly events: readonly ControlEvent[];
  readonly shards: readonly ShardLife[];
  readonly fidelity: FidelityShares;
  readonly writesSingly: boolean;
  readonly eventCount: number;
}

/** What a run has left behind. */
export function takePart(run: StreamSimulation): RunPart {
  return {
    seconds: run.engine.now,
    producers: sumProducers(run.producers),
    byProducer: run.usage.byProducer,
    expired: run.expiredRecords,
    buffered: run.bufferedRecords,
    shardHours: run.shardHours,
    spells: run.control.spells,
    consumers: run.fleets.map(({ model, account, backlog, speeds }, index) => ({
      name: model.name,
      processed: account.processed - account.repeated,
      backlog,
      expired: run.expiredFor(index),
      calls: account.calls,
      readThrottles: account.readThrottles,
      latencies: account.latencies.state,
      ages: (run.recorder.ages[index] as AgeSamples).state,
      cpu: (run.recorder.cpu[index] as CpuRecorder).sums,
      use: {
        repeated: account.repeated + account.retried,
        discarded: account.discarded,
        invocations: account.invocations,
        invocationSeconds: account.invocationSeconds,
        // Where CPU plays no part, each part has all workers.
        workerSeconds: account.workerSeconds / (model.cpuSecondsPerRecord === 0 ? run.partCount : 1),
        ...run.leaseTableOf(index),
      },
      concurrencyLimit: speeds.concurrencyLimit,
    })),
    timeline: run.recorder.rows,
    minutes: run.recorder.minutes,
    events: run.events,
    shards: run.shards.map(lifeOf),
    fidelity: run.parts.shares(),
    writesSingly: run.parts.writesSingly,
    eventCount: run.engine.eventCount + run.fleets.reduce((calls, { account }) => calls + account.calls, 0),
  };
}

function lifeOf({ id, parents, openedTick, closedTick, drainedTick }: StreamShard): ShardLife {
  return {
    id,
    parents: parents.map((parent) => parent.id),
    openedAt: openedTick,
    ...(closedTick !== undefined && { closedAt: closedTick }),
    ...(drainedTick !== undefined && { drainedAt: drainedTick }),
  };
}

/** The whole of a run, from its parts in their order. */
export function finishRun(parts: readonly RunPart[], workload: Workload, facts: ServiceFacts): SimulationRun {
  const whole = parts.reduce(joinParts);
  return {
    summary: summarize(whole, workload, facts),
    timeline: whole.timeline,
    minutes: whole.minutes,
    events: whole.events,
    fidelity: whole.fidelity,
    writesSingly: whole.writesSingly,
    eventCount: whole.eventCount,
    shards: whole.shards,
  };
}

/** Two parts as one. The control plane did the same in both. */
function joinParts(one: RunPart, other: RunPart): RunPart {
  return {
    seconds: one.seconds,
    producers: addUp(one.producers, other.producers),
    byProducer: one.byProducer.map((producer, index) => addUp(producer, other.byProducer[index] as ProducerUse)),
    expired: one.expired + other.expired,
    buffered: one.buffered + other.buffered,
    shardHours: one.shardHours + other.shardHours,
    spells: one.spells.map((spell, index) => joinSpells(spell, other.spells[index] as ModeSpell)),
    consumers: one.consumers.map((consumer, index) => joinConsumers(consumer, other.consumers[index] as ConsumerPart)),
    timeline: one.timeline.map((row, index) => joinRows(row, other.timeline[index] as TimelineRow)),
    minutes: joinMinutes(one.minutes, other.minutes),
    events: one.events,
    shards: [...one.shards, ...other.shards].sort((a, b) => (a.id < b.id ? -1 : 1)),
    fidelity: joinShares(one, other),
    writesSingly: one.writesSingly,
    eventCount: one.eventCount + other.eventCount,
  };
}

/** Every number of two values of the same kind, added. */
function addUp<Sums extends object>(one: Sums, other: Sums): Sums {
  const names = Object.keys(one) as (keyof Sums)[];
  return Object.fromEntries(names.map((name) => [name, (one[name] as number) + (other[name] as number)])) as Sums;
}

function joinSpells(one: ModeSpell, other: ModeSpell): ModeSpell {
  return {
    mode: one.mode,
    seconds: one.seconds,
    bytes: one.bytes + other.bytes,
    shardHours: one.shardHours + other.shardHours,
    byProducer: one.byProducer.map((producer, index) => addUp(producer, other.byProducer[index] as ProducerUse)),
  };
}

function joinConsumers(one: ConsumerPart, other: ConsumerPart): ConsumerPart {
  const latencies = new Histogram();
  latencies.addAll(one.latencies);
  latencies.addAll(other.latencies);
  return {
    name: one.name,
    processed: one.processed + other.processed,
    backlog: one.backlog + other.backlog,
    expired: one.expired + other.expired,
    calls: one.calls + other.calls,
    readThrottles: one.readThrottles + other.readThrottles,
    latencies: latencies.state,
    ages: joinAges(one.ages, other.ages),
    cpu: {
      used: one.cpu.used + other.cpu.used,
      available: one.cpu.available + other.cpu.available,
      max: Math.max(one.cpu.max, other.cpu.max),
    },
    use: addUp(one.use, other.use),
    concurrencyLimit: one.concurrencyLimit + other.concurrencyLimit,
  };
}

function joinRows(one: TimelineRow, other: TimelineRow): TimelineRow {
  const { at, seconds, consumers, ...sums } = one;
  const { at: _at, seconds: _seconds, consumers: others, ...otherSums } = other;
  return {
    at,
    seconds,
    ...addUp(sums, otherSums),
    consumers: consumers.map((consumer, index) => joinRowConsumers(consumer, others[index] as TimelineConsumer)),
  };
}

function joinRowConsumers(one: TimelineConsumer, other: TimelineConsumer): TimelineConsumer {
  const [cpu, otherCpu] = [one.cpuUtilization, other.cpuUtilization];
  // Where CPU plays no part, every part has all workers.
  const workers = cpu === null ? one.workers : one.workers + other.workers;
  const share = workers > 0 ? one.workers / workers : 0;
  return {
    name: one.name,
    processedRecords: one.processedRecords + other.processedRecords,
    backlogRecords: one.backlogRecords + other.backlogRecords,
    iteratorAgeSecondsMax: Math.max(one.iteratorAgeSecondsMax, other.iteratorAgeSecondsMax),
    readThrottles: one.readThrottles + other.readThrottles,
    cpuUtilization:
      cpu === null || otherCpu === null
        ? null
        : { mean: share * cpu.mean + (1 - share) * otherCpu.mean, max: Math.max(cpu.max, otherCpu.max) },
    workers,
    concurrency: one.concurrency === null || other.concurrency === null ? null : one.concurrency + other.concurrency,
  };
}

/** Shares of parts, each part as heavy as its shard-hours. */
function joinShares(one: RunPart, other: RunPart): FidelityShares {
  const weight = one.shardHours / (one.shardHours + other.shardHours);
  const names = Object.keys(one.fidelity) as (keyof FidelityShares)[];
  return Object.fromEntries(
    names.map((name) => [name, weight * (one.fidelity[name] ?? 0) + (1 - weight) * (other.fidelity[name] ?? 0)]),
  );
}

function summarize(run: RunPart, workload: Workload, facts: ServiceFacts): SimulationSummary {
  const { accepted, lost, attempts, throttled, acceptedLate } = run.producers;
  const [acceptedRecords, lostRecords, bufferedRecords] = [
    Math.round(accepted),
    Math.round(lost),
    Math.round(run.buffered),
  ];
  return {
    seconds: run.seconds,
    // Aggregates may hold a fraction of a record more or less on average: the parts are rounded, their sum is the whole.
    offeredRecords: acceptedRecords + lostRecords + bufferedRecords,
    acceptedRecords,
    attemptedRecords: Math.round(attempts),
    throttledRecords: Math.round(throttled),
    throttledRatio: attempts > 0 ? throttled / attempts : 0,
    delayedRecords: Math.round(acceptedLate),
    lostRecords,
    wrongShardRecords: Math.round(run.producers.wrongShard),
    expiredRecords: Math.round(run.expired),
    bufferedRecords,
    producers: workload.producers.map(({ name }, index) =>
      summarizeProducer(name, run.byProducer[index] as ProducerUse),
    ),
    consumers: run.consumers.map((consumer, index) =>
      summarizeConsumer(consumer, workload.consumers[index] as Consumer, run, index),
    ),
    shardHours: run.shardHours,
    usd: costOfRun(run.spells, workload, facts),
  };
}

function summarizeProducer(name: string, { userRecords, kinesisRecords, wrongShard }: ProducerUse): ProducerSummary {
  return {
    name,
    acceptedRecords: Math.round(userRecords),
    recordsPerKinesisRecord: kinesisRecords > 0 ? roundToMillionths(userRecords / kinesisRecords) : null,
    wrongShardRecords: Math.round(wrongShard),
  };
}

function summarizeConsumer(
  { name, processed, backlog, expired, readThrottles, latencies, ages, cpu, use, concurrencyLimit }: ConsumerPart,
  { kind, worker }: Consumer,
  { seconds, minutes }: RunPart,
  index: number,
): ConsumerSummary {
  const latencyHistogram = new Histogram();
  latencyHistogram.addAll(latencies);
  const concurrency = minutes.consumers[index]?.concurrency ?? new Float64Array();
  const workerHours = isRunByAws({ kind }) ? null : use.workerSeconds / secondsPerHour;
  return {
    name,
    iteratorAgeSeconds: agePercentiles(ages),
    latencySeconds: latencyHistogram.percentiles(),
    processedRecords: Math.round(processed),
    backlogRecords: Math.round(backlog),
    expiredRecords: Math.round(expired),
    repeatedRecords: Math.round(use.repeated),
    discardedRecords: Math.round(use.discarded),
    readThrottles,
    cpuUtilization: cpu.available > 0 ? { mean: cpu.used / cpu.available, max: cpu.max } : null,
    workerHours,
    workersUsd:
      workerHours === null || worker.price === undefined ? null : roundToMillionths(workerHours * worker.price),
    lambda:
      kind === "lambda"
        ? {
            invocations: Math.round(use.invocations),
            concurrency: {
              mean: use.invocationSeconds / seconds,
              max: concurrency.reduce((most, one) => Math.max(most, one), 0),
              limit: Math.round(concurrencyLimit),
            },
          }
        : null,
    leaseTable:
      kind === "kcl" ? { readUnits: Math.round(use.readUnits), writeUnits: Math.round(use.writeUnits) } : null,
  };
}
