/*
 * The answer of `simulate`: what a stream does over time under its traffic and its scenario. Pure: a workload, facts, choices and a
 * seed in, a result out, the same bytes every time.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import { sumOf } from "../units/sum-of.js";
import type { Attachments } from "../workload/attachments.js";
import type { Workload } from "../workload/schema.js";
import type { ControlEvent } from "./control-event.js";
import type { Percentiles } from "./kernel/histogram.js";
import { RandomStream } from "./kernel/random-stream.js";
import type { MinuteSeries } from "./minute-series.js";
import { buildModel, type ModelChoices } from "./model.js";
import { type RunPart, takePart } from "./run-part.js";
import type { FidelityShares } from "./shard-parts.js";
import { type RunOptions, StreamSimulation } from "./stream-simulation.js";
import type { TimelineRow } from "./timeline.js";

/** Version of the JSON that `simulate` prints. */
export const simulationSchemaVersion = 1;

/** A consumer over the run. Records are user records, ages and latencies seconds; CPU is a ratio, null where it plays no part. */
export interface ConsumerSummary {
  readonly name: string;
  readonly iteratorAgeSeconds: Percentiles;
  readonly latencySeconds: Percentiles;
  readonly processedRecords: number;
  /** Accepted and not processed at the end. */
  readonly backlogRecords: number;
  /** Accepted, and expired before this consumer had read them. */
  readonly expiredRecords: number;
  /** Processed once more: after a crash, from the last checkpoint on, or with a batch that failed. They count once as processed. */
  readonly repeatedRecords: number;
  /** Given up after processing them, or others of their batch, had failed. */
  readonly discardedRecords: number;
  readonly readThrottles: number;
  /** Mean over the workers while they are up, and the most that one of them uses of its CPU in a minute of the run. */
  readonly cpuUtilization: { readonly mean: number; readonly max: number } | null;
  /** How long workers were up, spare ones included; null where AWS runs them. */
  readonly workerHours: number | null;
  /** What those hours cost at the `price` of a worker; null without one. */
  readonly workersUsd: number | null;
  readonly lambda: LambdaSummary | null;
  /** Request units of the DynamoDB table in which the KCL keeps its leases. */
  readonly leaseTable: { readonly readUnits: number; readonly writeUnits: number } | null;
}

/** Invocations of a function, and how many ran at a time: on average, in the busiest minute, and at most. */
export interface LambdaSummary {
  readonly invocations: number;
  readonly concurrency: { readonly mean: number; readonly max: number; readonly limit: number };
}

/** A producer over the run. */
export interface ProducerSummary {
  readonly name: string;
  /** In user records. */
  readonly acceptedRecords: number;
  /** User records in each Kinesis record that was accepted, on average; null where none was. */
  readonly recordsPerKinesisRecord: number | null;
  /** User records that a shard accepted for which they were not meant, and that were put again. */
  readonly wrongShardRecords: number;
}

/** A run in figures. Records are user records; attempts and throttled records are Kinesis records, as CloudWatch counts them. */
export interface SimulationSummary {
  readonly seconds: number;
  readonly offeredRecords: number;
  readonly acceptedRecords: number;
  readonly attemptedRecords: number;
  readonly throttledRecords: number;
  /** Refused attempts over all, 0 to 1. */
  readonly throttledRatio: number;
  /** Accepted, though not at the first attempt. */
  readonly delayedRecords: number;
  /** Given up by producers. */
  readonly lostRecords: number;
  /** Accepted by shards for which they were not meant, after a reshard operation, and put again; they are accepted once. */
  readonly wrongShardRecords: number;
  /** Accepted, and expired before some consumer had read them; each counts once, however many consumers miss it. */
  readonly expiredRecords: number;
  /** With the producers at the end. */
  readonly bufferedRecords: number;
  readonly producers: readonly ProducerSummary[];
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
  readonly minutes: MinuteSeries;
  readonly events: readonly ControlEvent[];
  readonly fidelity: FidelityShares;
  /** Whether what was refused was refused record by record. */
  readonly writesSingly: boolean;
  readonly eventCount: number;
  readonly shards: readonly ShardLife[];
}

export interface SimulateOptions extends RunOptions {
  readonly facts: ServiceFacts;
  readonly attachments: Attachments;
  readonly choices: ModelChoices;
}

/**
 * Simulates the part of the stream that the options name, or all of it, in steps: a row of the timeline at a time, of which each yields
 * the seconds simulated so far. `finishRun` makes the answer from the parts.
 */
export function* simulatePart(workload: Workload, options: SimulateOptions): Generator<number, RunPart> {
  const random = RandomStream.fromSeed(options.seed);
  const run = new StreamSimulation(
    buildModel(workload, options.attachments, options.facts, options.choices, random),
    options,
  );
  yield* run.steps();
  return takePart(run);
}

/** Shard-seconds above which a run is worth the trouble of several parts. */
const LARGE_SHARD_SECONDS = 2e7;
/** Parts of a large stream, at most. */
const PARTS_MAX = 16;

/**
 * In how many parts a stream is simulated. It depends on the stream alone, not on the machine, so that the answer does not either. No
 * worker's leases may lie in two parts, no event may move leases or shards, and nothing that all parts share may run short. KCL workers
 * even out their load within their part.
 */
export function countParts(
  { stream, producers, consumers, scenario }: Workload,
  choices: ModelChoices,
  seconds: number,
  accountConcurrency: number,
): number {
  if (choices.shardCount * seconds < LARGE_SHARD_SECONDS) return 1;
  // The service scales a stream by what all of it takes.
  if (stream.mode !== "provisioned") return 1;
  if (producers.some(({ buffer }) => buffer !== undefined)) return 1;
  if (scenario.some(({ event }) => event !== "traffic" && event !== "slow" && event !== "consumer-down")) return 1;
  if (consumers.some(({ autoscaling }) => autoscaling !== undefined)) return 1;
  if (invocationsMax(consumers, choices) > accountConcurrency) return 1;
  const fleets = consumers.flatMap(({ name, cpuPerRecord = 0 }) =>
    cpuPerRecord > 0 ? (choices.workers.get(name) ?? []) : [],
  );
  let count = PARTS_MAX;
  while (count > choices.shardCount || fleets.some((workers) => workers % count !== 0)) count /= 2;
  return count;
}

/** Invocations that all Lambda consumers together may want at a time; infinite where a function has less of its own than that. */
function invocationsMax(consumers: Workload["consumers"], { shardCount }: ModelChoices): number {
  return sumOf(consumers, ({ kind, parallelization = 1, concurrency }) => {
    if (kind !== "lambda") return 0;
    const most = shardCount * parallelization;
    return (concurrency ?? most) < most ? Number.POSITIVE_INFINITY : most;
  });
}
