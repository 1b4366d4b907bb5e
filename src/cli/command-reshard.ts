import { UserError } from "../diagnostics/diagnostic.js";
import {
  concludeReshard,
  type ReshardRuns,
  throttledRatioMax,
  verificationRuns,
} from "../planning/reshard/conclude-reshard.js";
import { type DraftPlan, type PlanRequest, planReshards } from "../planning/reshard/plan-reshards.js";
import { trafficFrom } from "../planning/reshard/plan-start.js";
import {
  concludeSimulation,
  defaultSeconds,
  type PreparedSimulation,
  type SimulationResult,
} from "../planning/simulate-workload.js";
import { presentReshard } from "../report/present-reshard.js";
import type { ServiceCatalogue } from "../service/service-facts.js";
import type { SimulationRun } from "../simulation/simulate.js";
import { secondsPerDay, secondsPerHour, secondsPerMinute } from "../units/dimension.js";
import { parseQuantity } from "../units/parse-quantity.js";
import { formatTimestamp } from "../workload/parse-timestamp.js";
import { placeDiagnostics } from "../workload/yaml-document.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { Host } from "./host.js";
import { loadCatalogue } from "./load-limits.js";
import { type LoadedWorkload, loadWorkloads } from "./load-workloads.js";
import { type OutputOptions, usage, writeAnswer } from "./output.js";
import { readInteger, readReplications, readSeconds, readSeed, readTime } from "./read-flags.js";

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
  readonly replications: string;
  readonly seed: string;
}

/** `kinesis-plan reshard FILE` */
export async function runReshard(
  host: Host,
  file: string,
  flags: ReshardFlags,
  output: OutputOptions,
): Promise<ExitCode> {
  const replications = readReplications(flags.replications);
  const seed = readSeed(flags.seed);
  const catalogue = await loadCatalogue(host, flags.limits);
  const loaded = await loadWorkloads(host, [file], flags.set ?? [], catalogue);
  const [one] = loaded;
  if (one === undefined || loaded.length > 1)
    throw usage("reshard takes one workload", "name a file with one document");
  const started = startingAt(one, flags.startAt);
  const request = readRequest(flags, started, catalogue);
  const verified = await planUntilVerified(host, started, request, { catalogue, replications, seed });
  const result = concludeReshard(started.workload, verified.draft, verified.request, verified.results);
  const diagnostics = placeDiagnostics(one.document, [...result.diagnostics, ...one.hints]);
  await writeAnswer(host, presentReshard({ ...result, diagnostics }), output);
  return result.status === "ok" ? exitCodes.ok : exitCodes.unsatisfied;
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
}

/** By how much more margin a plan is made that throttled before, and how often. */
const marginStep = 1 / 20;
const attemptsMax = 4;

/** A plan that the simulation finds good, or the last of those that were tried. */
async function planUntilVerified(
  host: Host,
  { workload, document, attachments }: LoadedWorkload,
  asked: PlanRequest,
  settings: RunSettings,
): Promise<{ draft: DraftPlan; request: PlanRequest; results: ReshardRuns<SimulationResult> }> {
  for (let attempt = 1; ; attempt += 1) {
    const request = { ...asked, margin: asked.margin + (attempt - 1) * marginStep };
    const draft = planReshards(workload, request);
    const runs = verificationRuns(workload, draft, {
      catalogue: settings.catalogue,
      attachments,
      seconds: request.horizonSeconds,
      seed: settings.seed,
    });
    if (runs.plan.impossible.length > 0) throw new UserError(placeDiagnostics(document, runs.plan.impossible));
    const results = await simulateAll(host, runs, settings.replications);
    const isGood = results.plan.summary.throttledRatio <= throttledRatioMax;
    if (isGood || !draft.found.isFeasible || attempt === attemptsMax) return { draft, request, results };
  }
}

/** All runs at once, the plan's with replications. */
async function simulateAll(
  host: Host,
  { plan, staticPeak, onDemand, advantage }: ReshardRuns<PreparedSimulation>,
  replications: number,
): Promise<ReshardRuns<SimulationResult>> {
  const seeds = Array.from({ length: replications }, (_, index) => ({ ...plan.task, seed: plan.task.seed + index }));
  const runs = await host.simulate([staticPeak.task, onDemand.task, advantage.task, ...seeds]);
  const conclude = (prepared: PreparedSimulation, ...of: readonly (SimulationRun | undefined)[]): SimulationResult =>
    concludeSimulation(
      prepared,
      of.filter((run) => run !== undefined),
    );
  return {
    plan: conclude(plan, ...runs.slice(3)),
    staticPeak: conclude(staticPeak, runs[0]),
    onDemand: conclude(onDemand, runs[1]),
    advantage: conclude(advantage, runs[2]),
  };
}

const horizonDaysMax = 30;
const shardsAsked = 2 ** 20;
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
    margin: readMargin(flags.margin),
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

function readMargin(text: string): number {
  const parsed = parseQuantity(text, "ratio");
  if (!parsed.ok) throw usage(`--margin: ${parsed.reason}`, parsed.fix);
  if (parsed.value < 0 || parsed.value > 1)
    throw usage(`--margin ${text} is out of range`, "write a part from 0% to 100%");
  return parsed.value;
}
