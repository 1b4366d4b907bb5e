import { UserError } from "../diagnostics/diagnostic.js";
import { concludeReshard, isVerified } from "../planning/reshard/conclude-reshard.js";
import { type DraftPlan, type PlanRequest, planReshards } from "../planning/reshard/plan-reshards.js";
import { trafficFrom } from "../planning/reshard/plan-start.js";
import { type ReshardRuns, verificationRuns } from "../planning/reshard/verification-runs.js";
import {
  concludeSimulation,
  defaultSeconds,
  type PreparedSimulation,
  type SimulationResult,
} from "../planning/simulate-workload.js";
import { presentReshard } from "../report/present-reshard.js";
import type { ServiceCatalogue } from "../service/service-facts.js";
import { secondsPerDay, secondsPerHour, secondsPerMinute } from "../units/dimension.js";
import { formatTimestamp } from "../workload/parse-timestamp.js";
import { placeDiagnostics } from "../workload/yaml-document.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { Host } from "./host.js";
import { loadCatalogue } from "./load-limits.js";
import { type LoadedWorkload, loadWorkloads } from "./load-workloads.js";
import { type OutputOptions, usage, writeAnswer } from "./output.js";
import {
  readInteger,
  readRatio,
  readReplications,
  readSeconds,
  readSeed,
  readTime,
  shardsAsked,
} from "./read-flags.js";

export interface ReshardFlags {
  readonly set?: readonly string[];
  readonly limits?: string;
  readonly horizon?: string;
  readonly slot?: string;
  readonly startAt?: string;
  readonly reserveCalls: string;
  readonly callsBefore?: readonly string[];
  readonly minShards?: string;
  readonly maxShards?: string;
  readonly margin: string;
  readonly quantile?: string;
  readonly forecastError: string;
  readonly allowThrottled: string;
  readonly sensitivity?: readonly string[];
  readonly layout?: true;
  readonly shardLoads?: readonly string[];
  readonly period?: string;
  readonly shardValue: string;
  readonly replications: string;
  readonly seed: string;
}

/** `kinesis-plan reshard FILE...` */
export async function runReshard(
  host: Host,
  files: readonly string[],
  flags: ReshardFlags,
  output: OutputOptions,
): Promise<ExitCode> {
  const misplaced = flags.period !== undefined ? "--period" : flags.shardValue !== "0" ? "--shard-value" : undefined;
  if (misplaced !== undefined) throw usage(`${misplaced} goes with --layout or --shard-loads`, "add one of them");
  const replications = readReplications(flags.replications);
  const seed = readSeed(flags.seed);
  const sensitivity = (flags.sensitivity ?? sensitivityDefault).map((more) => readRatio("--sensitivity", more, 1));
  const catalogue = await loadCatalogue(host, flags.limits);
  const loaded = await loadWorkloads(host, files, flags.set ?? [], catalogue);
  const courses = loaded.map((course) => startingAt(course, flags.startAt));
  const [first, ...others] = courses;
  if (first === undefined) throw usage("reshard takes a workload", "name a file");
  checkCourses(first, others);
  const request = { ...readRequest(flags, first, catalogue), otherCourses: others };
  const settings = { catalogue, replications, seed, sensitivity };
  const verified = await planUntilVerified(host, first, request, settings);
  const conclusion = { workload: first.workload, files: courses.map(({ file }) => file), sensitivity };
  const result = concludeReshard(conclusion, verified.draft, verified.request, verified.results);
  const diagnostics = placeDiagnostics(first.document, [...result.diagnostics, ...first.hints]);
  await writeAnswer(host, presentReshard({ ...result, diagnostics }), output);
  return result.status === "ok" ? exitCodes.ok : exitCodes.unsatisfied;
}

const sensitivityDefault = ["10%", "25%"];

/** All are of one stream: the plan is for one. */
function checkCourses({ workload: { stream } }: LoadedWorkload, others: readonly LoadedWorkload[]): void {
  const other = others.find(({ workload }) => {
    const { name, region } = workload.stream;
    return name !== stream.name || region !== stream.region;
  });
  if (other === undefined) return;
  throw usage(
    `reshard plans one stream, and ${other.file} is about ${other.workload.stream.name} in ${other.workload.stream.region}`,
    "name files that differ in the traffic that one stream may get",
  );
}

/** The workload with its traffic from the given time on. */
function startingAt(loaded: LoadedWorkload, startAt: string | undefined): LoadedWorkload {
  if (startAt === undefined) return loaded;
  const startsAt = formatTimestamp(readTime("--start-at", startAt));
  return { ...loaded, workload: trafficFrom(loaded.workload, startsAt) };
}

interface RunSettings {
  readonly catalogue: ServiceCatalogue;
  readonly replications: number;
  readonly seed: number;
  readonly sensitivity: readonly number[];
}

/** By how much more margin a plan is made that throttled before, and how often. */
const marginStep = 1 / 20;
const attemptsMax = 4;
/** What a target for throttling is lowered to at least. */
const carefulMost = 7 / 8;

interface PlanOfCourses extends PlanRequest {
  readonly otherCourses: readonly LoadedWorkload[];
}

/** A plan that the simulation finds good, or the last of those that were tried. */
async function planUntilVerified(
  host: Host,
  loaded: LoadedWorkload,
  asked: PlanOfCourses,
  settings: RunSettings,
): Promise<{ draft: DraftPlan; request: PlanRequest; results: ReshardRuns<SimulationResult> }> {
  const { workload, attachments } = loaded;
  let request = asked;
  for (let attempt = 1; ; attempt += 1) {
    const draft = planReshards(workload, request);
    const runs = verificationRuns(draft, {
      ...settings,
      workload,
      attachments,
      otherCourses: asked.otherCourses,
      seconds: request.horizonSeconds,
    });
    refuseImpossible(loaded, runs.plan);
    for (const [index, course] of asked.otherCourses.entries()) refuseImpossible(course, runs.otherCourses[index]);
    const results = await simulateAll(host, runs, settings.replications);
    const isGood = isVerified(results, request);
    if (isGood || !draft.found.isFeasible || attempt === attemptsMax) return { draft, request, results };
    request = moreCareful(request, draft, results.plan.summary.throttledRatio);
  }
}

/** What to plan for where the simulation throttled too much: more traffic, or less throttling than is allowed. */
function moreCareful(request: PlanOfCourses, { missingPart }: DraftPlan, throttled: number): PlanOfCourses {
  const { margin, allowedThrottling = 0 } = request;
  if (allowedThrottling === 0) return { ...request, margin: margin + marginStep };
  // Retries are throttled again, so that more is throttled than is missing.
  return { ...request, throttlingTarget: missingPart * Math.min(carefulMost, allowedThrottling / throttled) };
}

function refuseImpossible({ document }: LoadedWorkload, prepared: PreparedSimulation | undefined): void {
  const { impossible } = prepared ?? { impossible: [] };
  if (impossible.length > 0) throw new UserError(placeDiagnostics(document, impossible));
}

/** All runs at once, the plan's with replications. */
async function simulateAll(
  host: Host,
  runs: ReshardRuns<PreparedSimulation>,
  replications: number,
): Promise<ReshardRuns<SimulationResult>> {
  const { plan, otherCourses, higher, staticPeak, onDemand, advantage } = runs;
  const single = [staticPeak, onDemand, advantage, ...otherCourses, ...higher];
  const seeds = Array.from({ length: replications }, (_, index) => ({ ...plan.task, seed: plan.task.seed + index }));
  const done = await host.simulate([...single.map(({ task }) => task), ...seeds]);
  const results = single.map((prepared, index) => concludeSimulation(prepared, done.slice(index, index + 1)));
  const [peak, standard, warm, ...rest] = results as [SimulationResult, SimulationResult, SimulationResult];
  return {
    plan: concludeSimulation(plan, done.slice(single.length)),
    otherCourses: rest.slice(0, otherCourses.length),
    higher: rest.slice(otherCourses.length),
    staticPeak: peak,
    onDemand: standard,
    advantage: warm,
  };
}

const horizonDaysMax = 30;
const callsAsked = 2 ** 10;

function readRequest(
  flags: ReshardFlags,
  { workload, attachments }: LoadedWorkload,
  catalogue: ServiceCatalogue,
): PlanRequest {
  const horizonSeconds = readHorizon(flags.horizon, defaultSeconds(workload.producers, attachments));
  const slotSeconds = readSlot(flags.slot, horizonSeconds);
  return {
    attachments,
    facts: catalogue.forRegion(workload.stream.region),
    horizonSeconds: Math.ceil(horizonSeconds / slotSeconds) * slotSeconds,
    slotSeconds,
    reserveCalls: readInteger("--reserve-calls", flags.reserveCalls, 0, callsAsked),
    ...(flags.minShards !== undefined && { shardsMin: readInteger("--min-shards", flags.minShards, 1, shardsAsked) }),
    ...(flags.maxShards !== undefined && { shardsMax: readInteger("--max-shards", flags.maxShards, 1, shardsAsked) }),
    startsAt: flags.startAt === undefined ? undefined : readTime("--start-at", flags.startAt),
    callsBefore: (flags.callsBefore ?? []).map((ago) => readSeconds("--calls-before", ago, 1)),
    margin: readRatio("--margin", flags.margin, 1),
    allowedThrottling: readRatio("--allow-throttled", flags.allowThrottled, 1),
    ...readForecast(flags),
  };
}

function readHorizon(text: string | undefined, usual: number): number {
  const least = secondsPerHour;
  const most = horizonDaysMax * secondsPerDay;
  if (text === undefined) return Math.min(most, Math.max(least, usual));
  const seconds = readSeconds("--horizon", text, 1);
  if (seconds < least || seconds > most)
    throw usage(`--horizon ${text} is out of range`, `write a duration from 1h to ${horizonDaysMax}d, such as 3d`);
  return seconds;
}

/** A minute for a day at most, five for more. */
function readSlot(text: string | undefined, horizonSeconds: number): number {
  if (text === undefined) return horizonSeconds <= secondsPerDay ? secondsPerMinute : 5 * secondsPerMinute;
  const seconds = readSeconds("--slot", text, secondsPerMinute);
  if (seconds % secondsPerMinute !== 0 || seconds > secondsPerHour)
    throw usage(`--slot ${text} is out of range`, "write whole minutes from 1m to 60m, such as 5m");
  return seconds;
}

/** A plan that covers every error there may be has no end. */
function readForecast({ quantile, forecastError }: ReshardFlags): { quantile: number; forecastError: number } {
  const error = readRatio("--forecast-error", forecastError, 1);
  const part = quantile === undefined ? 1 : readRatio("--quantile", quantile, 1);
  if (part === 0)
    throw usage("--quantile 0% provides for nothing", "write a part above 0% and up to 100%, such as 95%");
  if (error > 0 && part === 1)
    throw usage("--forecast-error needs the probability with which the plan covers it", "say --quantile 95%");
  return { quantile: part, forecastError: error };
}
