/*
 * The answer of `reshard`: the plan, what a simulation makes of it, and what else would do.
 */
import { type Diagnostic, diagnose } from "../../diagnostics/diagnostic.js";
import type { ServiceCatalogue } from "../../service/service-facts.js";
import { estimateCosts } from "../../sizing/cost.js";
import { estimateDemand } from "../../sizing/demand.js";
import { type Quantity, secondsPerDay, secondsPerHour, secondsPerMinute } from "../../units/dimension.js";
import { formatClock, formatItems, formatRatio } from "../../units/format-quantity.js";
import { roundToMillionths } from "../../units/rounding.js";
import { sumOf } from "../../units/sum-of.js";
import type { Attachments } from "../../workload/attachments.js";
import { formatTimestamp } from "../../workload/parse-timestamp.js";
import { isReshard } from "../../workload/reshard-event.js";
import type { PlanStart } from "../../workload/saved-plan.js";
import type { CapacityMode, Workload } from "../../workload/schema.js";
import { type PreparedSimulation, prepareSimulation, type SimulationResult } from "../simulate-workload.js";
import type { DraftPlan, PlanRequest, ReshardStep } from "./plan-reshards.js";
import { startOf, startsOn } from "./plan-start.js";

export const reshardSchemaVersion = 1;

/** One way to carry the same traffic over the same time. */
export interface ReshardAlternative {
  readonly name: "static-peak" | "plan" | "on-demand" | "on-demand-advantage";
  readonly mode: CapacityMode;
  /** Null where the service decides on shards and bills none. */
  readonly shardHours: number | null;
  readonly usd: number;
  readonly throttledRatio: number;
  /** Calls of UpdateShardCount. */
  readonly calls: number;
  /** Why it is not the plan; empty for the plan. */
  readonly excuse: string;
}

/** What the stream needs and has, by slot. */
export interface CapacityRow {
  readonly at: number;
  readonly shardsNeeded: number;
  readonly shardsInForce: number;
}

export interface ReshardResult {
  readonly schemaVersion: typeof reshardSchemaVersion;
  readonly command: "reshard";
  readonly status: "ok" | "infeasible";
  readonly stream: Pick<Workload["stream"], "name" | "region" | "mode" | "account">;
  /** When the plan starts; null where that is when it is carried out. */
  readonly startsAt: string | null;
  /** What its first second is, where its traffic goes by the clock and `startsAt` is null. */
  readonly startsOn: PlanStart | null;
  readonly horizonSeconds: number;
  readonly slotSeconds: number;
  readonly reserveCalls: number;
  /** More than the demand that the plan provides for, as a ratio. */
  readonly margin: number;
  readonly plan: {
    readonly startShards: number;
    readonly endShards: number;
    readonly steps: readonly ReshardStep[];
    readonly shardHours: number;
    readonly usd: number;
  };
  readonly bound: { readonly shardHours: number | null; readonly gap: number | null };
  readonly gap: number | null;
  readonly isOptimal: boolean;
  readonly alternatives: readonly ReshardAlternative[];
  readonly verified: SimulationResult["summary"];
  readonly timeline: readonly CapacityRow[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Runs that verify a plan and measure what else would do, in this order. */
export interface ReshardRuns<Run> {
  readonly plan: Run;
  readonly staticPeak: Run;
  readonly onDemand: Run;
  readonly advantage: Run;
}

interface RunRequest {
  readonly catalogue: ServiceCatalogue;
  readonly attachments: Attachments;
  readonly seconds: number;
  readonly seed: number;
}

/** The workload as it is simulated with each alternative. */
export function verificationRuns(
  workload: Workload,
  draft: DraftPlan,
  request: RunRequest,
): ReshardRuns<PreparedSimulation> {
  const others = workload.scenario.filter((event) => !isReshard(event) && event.event !== "mode");
  const steps = draft.steps.map(({ atSeconds, to }) => ({
    event: "reshard" as const,
    at: atSeconds as Quantity<"seconds">,
    shards: to,
  }));
  const prepare = (stream: Workload["stream"], scenario: Workload["scenario"]): PreparedSimulation =>
    prepareSimulation({ ...workload, stream, scenario }, { ...request, fidelity: "auto" });
  const { shards: _, ...stream } = workload.stream;
  return {
    plan: prepare({ ...stream, shards: draft.startShards }, [...others, ...steps]),
    staticPeak: prepare({ ...stream, shards: draft.staticShards }, others),
    onDemand: prepare({ ...stream, mode: "on-demand" }, others),
    advantage: prepare({ ...stream, mode: "on-demand-advantage" }, others),
  };
}

/** Throttling above this part of all put attempts has the plan made anew with more margin. */
export const throttledRatioMax = 1 / 1000;

/** The answer from a plan and the results of its runs. */
export function concludeReshard(
  workload: Workload,
  draft: DraftPlan,
  request: PlanRequest,
  results: ReshardRuns<SimulationResult>,
): ReshardResult {
  const { name, region, account, mode } = workload.stream;
  const gap = draft.boundShardHours === null ? null : gapOf(draft.boundShardHours, draft.shardHours);
  const usd = horizonCosts(workload, request, draft);
  const startsAt = request.startsAt ?? startOf(workload);
  return {
    schemaVersion: reshardSchemaVersion,
    command: "reshard",
    status: draft.found.isFeasible ? "ok" : "infeasible",
    stream: { name, region, ...(account !== undefined && { account }), mode },
    startsAt: startsAt === undefined ? null : formatTimestamp(startsAt),
    startsOn: startsAt === undefined ? (startsOn(workload) ?? null) : null,
    horizonSeconds: request.horizonSeconds,
    slotSeconds: request.slotSeconds,
    reserveCalls: request.reserveCalls,
    margin: request.margin,
    plan: {
      startShards: draft.startShards,
      endShards: draft.steps.at(-1)?.to ?? draft.startShards,
      steps: draft.steps,
      shardHours: roundToMillionths(draft.shardHours),
      usd: usd.plan,
    },
    bound: { shardHours: draft.boundShardHours === null ? null : roundToMillionths(draft.boundShardHours), gap },
    gap,
    isOptimal: draft.found.isOptimal,
    alternatives: alternativesOf(draft, request, usd, results),
    verified: results.plan.summary,
    timeline: capacityOver(draft),
    diagnostics: [...findShortfall(draft), ...findThrottling(results.plan.summary.throttledRatio)],
  };
}

function gapOf(bound: number, shardHours: number): number {
  return roundToMillionths(Math.max(0, 1 - bound / shardHours));
}

interface HorizonCosts {
  readonly plan: number;
  readonly staticPeak: number;
  readonly onDemand: number;
  readonly advantage: number;
}

/** List prices for the horizon: what goes by the shard-hour, and what goes by the traffic. */
function horizonCosts(workload: Workload, request: PlanRequest, draft: DraftPlan): HorizonCosts {
  const { facts, horizonSeconds, attachments } = request;
  const demand = estimateDemand(workload, attachments, facts, horizonSeconds);
  const costs = estimateCosts(workload, demand, 1, facts);
  const hours = facts.value("metering.hoursPerMonth");
  const share = horizonSeconds / secondsPerHour / hours;
  const { items } = costs.provisioned;
  const byTraffic = sumOf(items, ({ scales, usdPerMonth }) => (scales ? usdPerMonth : 0));
  const byShard = sumOf(items, ({ scales, usdPerMonth }) => (scales ? 0 : usdPerMonth));
  const provisioned = (shardHours: number): number =>
    roundToMillionths(byTraffic * share + (byShard / hours) * shardHours);
  return {
    plan: provisioned(draft.shardHours),
    staticPeak: provisioned((draft.staticShards * horizonSeconds) / secondsPerHour),
    onDemand: roundToMillionths(costs.onDemand.usdPerMonth * share),
    advantage: roundToMillionths(costs.onDemandAdvantage.usdPerMonth * share),
  };
}

function alternativesOf(
  draft: DraftPlan,
  { horizonSeconds }: PlanRequest,
  usd: HorizonCosts,
  results: ReshardRuns<SimulationResult>,
): ReshardAlternative[] {
  const against = (cost: number, ratio: number): string => excuseFor(cost, usd.plan, ratio);
  const throttled = ({ summary }: SimulationResult): number => summary.throttledRatio;
  return [
    {
      name: "static-peak",
      mode: "provisioned",
      shardHours: roundToMillionths((draft.staticShards * horizonSeconds) / secondsPerHour),
      usd: usd.staticPeak,
      throttledRatio: throttled(results.staticPeak),
      calls: 0,
      excuse: against(usd.staticPeak, throttled(results.staticPeak)),
    },
    {
      name: "plan",
      mode: "provisioned",
      shardHours: roundToMillionths(draft.shardHours),
      usd: usd.plan,
      throttledRatio: throttled(results.plan),
      calls: draft.steps.length,
      excuse: "",
    },
    {
      name: "on-demand",
      mode: "on-demand",
      shardHours: null,
      usd: usd.onDemand,
      throttledRatio: throttled(results.onDemand),
      calls: 0,
      excuse: against(usd.onDemand, throttled(results.onDemand)),
    },
    {
      name: "on-demand-advantage",
      mode: "on-demand-advantage",
      shardHours: null,
      usd: usd.advantage,
      throttledRatio: throttled(results.advantage),
      calls: 0,
      excuse: against(usd.advantage, throttled(results.advantage)),
    },
  ];
}

/** Why something else is not the plan. */
function excuseFor(usd: number, planned: number, throttledRatio: number): string {
  const throttles = throttledRatio > throttledRatioMax ? `throttles ${formatRatio(throttledRatio)} of puts` : "";
  const share = planned > 0 ? usd / planned - 1 : 0;
  if (share > 0) return [`costs ${formatRatio(share)} more`, throttles].filter((part) => part !== "").join(", ");
  if (throttles !== "") return `${throttles}, though it costs ${formatRatio(-share)} less`;
  return share < 0 ? `none: it costs ${formatRatio(-share)} less` : "costs as much";
}

/** What the stream needs and has, by slot. */
function capacityOver({ problem, steps, startShards }: DraftPlan): CapacityRow[] {
  let [next, shards] = [0, startShards];
  return Array.from(problem.needs, (need, slot): CapacityRow => {
    const at = slot * problem.slotSeconds;
    let inForce = shards;
    const step = steps[next];
    if (step !== undefined && at >= step.atSeconds) {
      inForce = Math.min(step.from, step.to);
      if (at + problem.slotSeconds >= step.atSeconds + step.durationSeconds) {
        shards = step.to;
        next += 1;
      }
    }
    return { at, shardsNeeded: need, shardsInForce: inForce };
  });
}

/** When the plan has less than is needed, because no plan has enough. */
function findShortfall(draft: DraftPlan): Diagnostic[] {
  if (draft.found.isFeasible) return [];
  const short = capacityOver(draft).filter(({ shardsNeeded, shardsInForce }) => shardsNeeded > shardsInForce);
  const [first] = short;
  if (first === undefined) return [];
  const minutes = (short.length * draft.problem.slotSeconds) / secondsPerMinute;
  const message = `no plan has enough shards at all times: at ${formatClock(first.at)} ${formatItems(first.shardsNeeded, "shard")} are needed and ${first.shardsInForce} in force, ${formatItems(minutes, "minute")} in all are short`;
  const fix =
    first.at < secondsPerDay
      ? "start with more shards (`stream.shards`), lower --reserve-calls, or raise `stream.utilization`"
      : "lower --reserve-calls, or raise `stream.utilization`";
  return [diagnose("plan-short", message, fix)];
}

function findThrottling(throttledRatio: number): Diagnostic[] {
  if (throttledRatio <= throttledRatioMax) return [];
  const message = `the simulated plan throttles ${formatRatio(throttledRatio)} of all put attempts`;
  return [diagnose("plan-throttles", message, "lower `stream.utilization`, or plan with a larger --margin")];
}
