/*
 * The answer of `simulate`: what a stream does over time under its traffic and its scenario. Pure: a workload, facts, choices and a
 * seed in, a result out, the same bytes every time.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import type { Attachments } from "../workload/attachments.js";
import type { Workload } from "../workload/schema.js";
import type { ControlEvent } from "./control-event.js";
import type { Percentiles } from "./kernel/histogram.js";
import { RandomStream } from "./kernel/random-stream.js";
import { buildModel, type ModelChoices } from "./model.js";
import { costOfRun } from "./run-cost.js";
import type { FidelityShares } from "./shard-parts.js";
import type { StreamShard } from "./stream-shard.js";
import { type RunOptions, StreamSimulation } from "./stream-simulation.js";
import { sumProducers, type TimelineRow } from "./timeline.js";

/** Version of the JSON that `simulate` prints. */
export const simulationSchemaVersion = 1;

/** A consumer over the run. Ages and latencies in seconds, CPU as a ratio; null where CPU plays no part. */
export interface ConsumerSummary {
  readonly name: string;
  readonly iteratorAgeSeconds: Percentiles;
  readonly latencySeconds: Percentiles;
  readonly processedRecords: number;
  readonly backlogRecords: number;
  readonly readThrottles: number;
  readonly cpuUtilization: { readonly mean: number; readonly max: number } | null;
}

/** A run in figures. Records are user records; attempts and throttled records are Kinesis records, as CloudWatch counts them. */
export interface SimulationSummary {
  readonly seconds: number;
  readonly offeredRecords: number;
  readonly acceptedRecords: number;
  readonly attemptedRecords: number;
  readonly throttledRecords: number;
  readonly throttledRatio: number;
  /** Accepted, though not at the first attempt. */
  readonly delayedRecords: number;
  readonly lostRecords: number;
  readonly expiredRecords: number;
  readonly bufferedRecords: number;
  readonly consumers: readonly ConsumerSummary[];
  readonly shardHours: number;
  readonly usd: number;
}

/** The life of a shard, in seconds from the start; times that have not come are absent. */
export interface ShardLife {
  readonly id: string;
  readonly parents: readonly string[];
  readonly openedAt: number;
  readonly closedAt?: number;
  /** When every consumer was done with it. */
  readonly drainedAt?: number;
}

export interface SimulationRun {
  readonly summary: SimulationSummary;
  readonly timeline: readonly TimelineRow[];
  readonly events: readonly ControlEvent[];
  readonly fidelity: FidelityShares;
  readonly eventCount: number;
  readonly shards: readonly ShardLife[];
}

export interface SimulateOptions extends RunOptions {
  readonly facts: ServiceFacts;
  readonly attachments: Attachments;
  readonly choices: ModelChoices;
}

/** Simulates one run in steps: a row of the timeline at a time, of which each yields the seconds simulated so far. */
export function* simulateSteps(workload: Workload, options: SimulateOptions): Generator<number, SimulationRun> {
  const random = RandomStream.fromSeed(options.seed);
  const model = buildModel(workload, options.attachments, options.facts, options.choices, random);
  const run = new StreamSimulation(model, options);
  yield* run.steps();
  return {
    summary: summarize(run, workload, options.facts),
    timeline: run.recorder.rows,
    events: run.events,
    fidelity: run.parts.shares(),
    eventCount: run.engine.eventCount,
    shards: run.shards.map(lifeOf),
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

function summarize(run: StreamSimulation, workload: Workload, facts: ServiceFacts): SimulationSummary {
  const sums = sumProducers(run.producers);
  const [acceptedRecords, lostRecords, bufferedRecords] = [
    Math.round(sums.accepted),
    Math.round(sums.lost),
    Math.round(run.bufferedRecords),
  ];
  return {
    seconds: run.engine.now,
    // Aggregates may hold a fraction of a record more or less on average: the parts are rounded, their sum is the whole.
    offeredRecords: acceptedRecords + lostRecords + bufferedRecords,
    acceptedRecords,
    attemptedRecords: Math.round(sums.attempts),
    throttledRecords: Math.round(sums.throttled),
    throttledRatio: sums.attempts > 0 ? sums.throttled / sums.attempts : 0,
    delayedRecords: Math.round(sums.acceptedLate),
    lostRecords,
    expiredRecords: Math.round(run.expiredRecords),
    bufferedRecords,
    consumers: run.fleets.map((fleet, index): ConsumerSummary => {
      const { used = 0, available = 0, max = 0 } = run.recorder.cpu[index] ?? {};
      return {
        name: fleet.model.name,
        iteratorAgeSeconds: fleet.ages.percentiles(),
        latencySeconds: fleet.account.latencies.percentiles(),
        processedRecords: Math.round(fleet.account.processed),
        backlogRecords: Math.round(fleet.backlog),
        readThrottles: fleet.account.readThrottles,
        cpuUtilization: available > 0 ? { mean: used / available, max } : null,
      };
    }),
    shardHours: run.shardHours,
    usd: costOfRun(run, workload, facts),
  };
}
