/*
 * `simulate` around its runs: what the workload leaves open is filled in from its sizing, impossible events are refused before the
 * run, replications are put together, and what went wrong is said in findings.
 */
import { type Diagnostic, diagnoseAt, UserError } from "../diagnostics/diagnostic.js";
import type { ServiceCatalogue, ServiceFacts } from "../service/service-facts.js";
import type { Fidelity } from "../simulation/fidelity.js";
import { replicationInterval } from "../simulation/kernel/statistics.js";
import { warmBytesPerSecondMax } from "../simulation/on-demand-model.js";
import {
  countParts,
  type SimulationRun,
  type SimulationSummary,
  simulationSchemaVersion,
} from "../simulation/simulate.js";
import { estimateDemand } from "../sizing/demand.js";
import { type Sizing, size } from "../sizing/size.js";
import { findTrafficHints } from "../sizing/traffic-hints.js";
import { secondsPerDay, secondsPerHour, secondsPerMinute } from "../units/dimension.js";
import { formatByteRate } from "../units/format-quantity.js";
import type { Attachments } from "../workload/attachments.js";
import { rateCurve } from "../workload/rate-curve.js";
import type { Producer, Workload } from "../workload/schema.js";
import { checkScenario } from "./check-scenario.js";
import { type ImpliedErrors, impliedErrors } from "./implied-errors.js";
import { findOverReserved } from "./reserved-concurrency.js";
import { type StoryEntry, tellRun } from "./run-story.js";
import { findSimulationDiagnostics } from "./simulation-findings.js";
import { factsOf, runTask, type SimulationTask } from "./simulation-task.js";
import { onDemandStart, type StreamStart, statedPeak } from "./stream-start.js";

export interface SimulationRequest {
  readonly attachments: Attachments;
  readonly catalogue: ServiceCatalogue;
  readonly seed: number;
  readonly fidelity: Fidelity;
  /** Rows of the timeline; a minute by default. */
  readonly resolutionSeconds?: number;
  /** By default the length of a timeline or trace, a day for daily traffic, else an hour. */
  readonly seconds?: number;
  readonly debug?: boolean;
  /** Whether to tell the run as a story. */
  readonly explain?: boolean;
}

/** A figure over replications: its mean and the interval that holds the true mean with 95 % confidence. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface SimulationResult {
  readonly schemaVersion: typeof simulationSchemaVersion;
  readonly command: "simulate";
  readonly status: "ok";
  readonly stream: Pick<Workload["stream"], "name" | "region" | "mode">;
  /** What the run started with. */
  readonly start: { readonly shards: number; readonly workers: Readonly<Record<string, number>> };
  readonly resolutionSeconds: number;
  readonly summary: SimulationSummary & {
    readonly seed: number;
    readonly eventCount: number;
    readonly replications: { readonly count: number; readonly estimates: Readonly<Record<string, Estimate>> };
  };
  readonly fidelity: SimulationRun["fidelity"];
  readonly impliedErrors: ImpliedErrors;
  readonly timeline: SimulationRun["timeline"];
  readonly events: SimulationRun["events"];
  /** The first run in the order of time, where it was asked for. */
  readonly story?: readonly StoryEntry[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The run of a workload, with everything that it leaves open filled in. Further replications differ in their seed alone. */
export interface PreparedSimulation {
  readonly task: SimulationTask;
  readonly diagnostics: readonly Diagnostic[];
  /** What the service would refuse, such as events of the scenario that cannot happen; the task must not be run if there is any. */
  readonly impossible: readonly Diagnostic[];
}

export function prepareSimulation(workload: Workload, request: SimulationRequest): PreparedSimulation {
  const { attachments, catalogue, seed, fidelity, debug = false } = request;
  const facts = catalogue.forRegion(workload.stream.region);
  const seconds = request.seconds ?? defaultSeconds(workload.producers, attachments);
  const { sizing, ...start } = startOf(workload, attachments, facts);
  const choices = { ...start, workers: chooseWorkers(workload, sizing) };
  const { impossible, hints } = checkScenario(workload, choices, seconds, facts);
  return {
    task: {
      workload,
      attachments,
      overrides: catalogue.overrides,
      choices,
      seconds,
      seed,
      resolutionSeconds: request.resolutionSeconds ?? secondsPerMinute,
      fidelity,
      debug,
      partCount: countParts(workload, choices, seconds, facts.value("lambda.accountConcurrency")),
    },
    diagnostics: [
      ...findInSizing(sizing),
      ...findColdThroughput(workload, facts),
      ...findTrafficHints(workload.producers, attachments.traces, seconds),
      ...hints,
    ],
    impossible: [...findOverReserved(workload, facts), ...impossible],
  };
}

/** What sizing finds that no number of shards cures, and that a run does not show. */
function findInSizing({ diagnostics }: Sizing): Diagnostic[] {
  return diagnostics.filter(({ severity, code }) => severity === "error" || code === "trace-gaps");
}

/** Warm throughput that the region does not take. */
function findColdThroughput({ stream }: Workload, facts: ServiceFacts): Diagnostic[] {
  const { mode, warmThroughput, region } = stream;
  const most = warmBytesPerSecondMax(facts);
  if (mode !== "on-demand-advantage" || warmThroughput === undefined || warmThroughput <= most) return [];
  const message = `\`warmThroughput\` is ${formatByteRate(warmThroughput)}; an on-demand stream in ${region} takes ${formatByteRate(most)} by default, and is simulated with that`;
  return [diagnoseAt("on-demand-ceiling", ["stream", "warmThroughput"], message, "ask AWS for a higher limit")];
}

/** The shards at the start, and the sizing of the stream with them. */
function startOf(workload: Workload, attachments: Attachments, facts: ServiceFacts): StreamStart & { sizing: Sizing } {
  const { mode, shards } = workload.stream;
  if (mode === "provisioned") {
    const sizing = size(workload, { facts, attachments, ...(shards !== undefined && { shards }) });
    const stated = statedPeak(workload.stream, sizing.demand);
    return {
      sizing,
      shardCount: shards ?? sizing.shards.recommended,
      ...(stated !== undefined && { previousPeak: stated }),
    };
  }
  const start = onDemandStart(workload, estimateDemand(workload, attachments, facts), facts);
  return { ...start, sizing: size(workload, { facts, attachments, shards: start.shardCount }) };
}

/**
 * Simulates a workload once, here and now.
 *
 * @throws UserError where an event of the scenario cannot happen
 */
export function simulate(workload: Workload, request: SimulationRequest): SimulationResult {
  const { impossible, ...prepared } = prepareSimulation(workload, request);
  if (impossible.length > 0) throw new UserError(impossible);
  return concludeSimulation(prepared, [runTask(prepared.task)], request.explain);
}

/** The workers of today, else the recommended ones; none where CPU plays no part. */
function chooseWorkers({ consumers }: Workload, sizing: Sizing): ReadonlyMap<string, number> {
  const workers = new Map<string, number>();
  for (const { name, workers: today, kind } of consumers) {
    const recommended = sizing.consumers.find((one) => one.name === name)?.workers ?? null;
    const count = kind === "lambda" ? undefined : (today ?? recommended ?? undefined);
    if (count !== undefined) workers.set(name, count);
  }
  return workers;
}

/** The length of a timeline or trace, a day for daily traffic, else an hour. */
export function defaultSeconds(producers: readonly Producer[], { traces }: Attachments): number {
  const lengths = producers.map((producer): number => {
    const { traffic } = producer;
    if (traffic?.daily !== undefined) return secondsPerDay;
    if (traffic === undefined) return 0;
    return rateCurve({ ...producer, bursts: [] }, traces.get(producer.name), false).length;
  });
  const longest = Math.ceil(Math.max(...lengths));
  return longest > 0 ? longest : secondsPerHour;
}

/**
 * The answer, from the runs of all replications, of which the first one is shown.
 *
 * @param explain whether to tell that run as a story
 */
export function concludeSimulation(
  { task, diagnostics }: Pick<PreparedSimulation, "task" | "diagnostics">,
  runs: readonly SimulationRun[],
  explain = false,
): SimulationResult {
  const [first] = runs;
  if (first === undefined) throw new RangeError("no run to conclude from");
  const { workload, choices, seed } = task;
  const setting = { ...task, facts: factsOf(task) };
  const { name, region, mode } = workload.stream;
  return {
    schemaVersion: simulationSchemaVersion,
    command: "simulate",
    status: "ok",
    stream: { name, region, mode },
    start: { shards: choices.shardCount, workers: Object.fromEntries(choices.workers) },
    resolutionSeconds: task.resolutionSeconds,
    summary: {
      ...first.summary,
      seed,
      eventCount: first.eventCount,
      replications: { count: runs.length, estimates: runs.length > 1 ? estimate(runs) : {} },
    },
    fidelity: first.fidelity,
    impliedErrors: impliedErrors(workload, first),
    timeline: first.timeline,
    events: first.events,
    ...(explain && { story: tellRun(first, setting) }),
    diagnostics: [...findSimulationDiagnostics(setting, first), ...diagnostics],
  };
}

function estimate(runs: readonly SimulationRun[]): Record<string, Estimate> {
  const figures = runs.map(({ summary }) => new Map(flatten(summary, "")));
  const names = [...(figures[0]?.keys() ?? [])];
  return Object.fromEntries(
    names.map((name) => {
      const { mean, low, high } = replicationInterval(figures.map((run) => run.get(name) ?? 0));
      return [name, { mean, low, high }];
    }),
  );
}

/** Every number of a summary by its dotted name; entries of lists by the name they carry. */
function flatten(value: object, prefix: string): [string, number][] {
  return Object.entries(value).flatMap(([key, part]: [string, unknown]): [string, number][] => {
    const name = `${prefix}${key}`;
    if (typeof part === "number") return [[name, part]];
    if (Array.isArray(part)) return part.flatMap((one: { name: string }) => flatten(one, `${name}.${one.name}.`));
    return typeof part === "object" && part !== null ? flatten(part, `${name}.`) : [];
  });
}
