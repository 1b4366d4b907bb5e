/*
 * The answer of `reshard`: the plan, what a simulation makes of it, and what else would do.
 */
import { type Diagnostic, diagnose } from "../../diagnostics/diagnostic.js";
import { shardsInForce } from "../../scheduling/plan-cost.js";
import { estimateCosts } from "../../sizing/cost.js";
import { estimateDemand } from "../../sizing/demand.js";
import { secondsPerDay, secondsPerHour, secondsPerMinute } from "../../units/dimension.js";
import { formatClock, formatItems, formatRatio } from "../../units/format-quantity.js";
import { ceilTolerant, roundToMillionths } from "../../units/rounding.js";
import { sumOf } from "../../units/sum-of.js";
import { formatTimestamp } from "../../workload/parse-timestamp.js";
import type { PlanStart } from "../../workload/saved-plan.js";
import type { CapacityMode, Workload } from "../../workload/schema.js";
import type { SimulationResult } from "../simulate-workload.js";
import { type ConsumerPlan, planConsumers } from "./plan-consumers.js";
import {
  type DraftPlan,
  type PlannedStream,
  type PlanRequest,
  plannedStream,
  type ReshardStep,
} from "./plan-reshards.js";
import { startOf, startsOn } from "./plan-start.js";
import type { ReshardRuns } from "./verification-runs.js";
import { findWaitingChildren, reportWaitingChildren, type WaitingChildren } from "./waiting-children.js";

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

/** What the plan comes to if the traffic is so much more than it was made for, as a ratio. */
export interface Sensitivity {
  readonly more: number;
  readonly throttledRatio: number;
  readonly lostRecords: number;
  /** The stream at list prices for the horizon. */
  readonly usd: number;
}

/** The plan on one of the courses that the traffic may take. */
export interface CourseResult {
  readonly file: string;
  readonly throttledRatio: number;
  readonly lostRecords: number;
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
  readonly stream: PlannedStream;
  /** When the plan starts; null where that is when it is carried out. */
  readonly startsAt: string | null;
  /** What its first second is, where its traffic goes by the clock and `startsAt` is null. */
  readonly startsOn: PlanStart | null;
  readonly horizonSeconds: number;
  readonly slotSeconds: number;
  readonly reserveCalls: number;
  /** The part of all courses that the plan provides for, and the probability that it covers the forecast's error. */
  readonly quantile: number;
  readonly forecastError: number;
  /** The part of the traffic that may be throttled in exchange for cost. */
  readonly allowedThrottling: number;
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
  /** Every course that the traffic may take, the first one's run included. */
  readonly courses: readonly CourseResult[];
  readonly sensitivity: readonly Sensitivity[];
  readonly consumers: readonly ConsumerPlan[];
  readonly waitingChildren: readonly WaitingChildren[];
  readonly timeline: readonly CapacityRow[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Throttling above this part of all put attempts has the plan made anew with more margin. */
const throttledRatioMax = 1 / 1000;

/** Whether the plan throttles on no more courses than it may. */
export function isVerified(
  { plan, otherCourses }: ReshardRuns<SimulationResult>,
  { quantile = 1, allowedThrottling = 0 }: Pick<PlanRequest, "quantile" | "allowedThrottling">,
): boolean {
  const courses = [plan, ...otherCourses];
  const most = Math.max(throttledRatioMax, allowedThrottling);
  const good = courses.filter(({ summary }) => summary.throttledRatio <= most).length;
  return good >= ceilTolerant(quantile * courses.length);
}

/** What the answer needs beside the plan and its runs: the names of the files of all courses, the first included. */
export interface Conclusion {
  readonly workload: Workload;
  readonly files: readonly string[];
  readonly sensitivity: readonly number[];
}

/** The answer from a plan and the results of its runs. */
export function concludeReshard(
  { workload, files, sensitivity }: Conclusion,
  draft: DraftPlan,
  request: PlanRequest,
  results: ReshardRuns<SimulationResult>,
): ReshardResult {
  const gap = draft.boundShardHours === null ? null : gapOf(draft.boundShardHours, draft.shardHours);
  const usd = horizonCosts(workload, request, draft);
  const startsAt = request.startsAt ?? startOf(workload);
  const { quantile = 1, forecastError = 0, allowedThrottling = 0 } = request;
  const waitingChildren = findWaitingChildren(workload.consumers, draft.steps, results.plan.timeline);
  return {
    schemaVersion: reshardSchemaVersion,
    command: "reshard",
    status: draft.found.isFeasible ? "ok" : "infeasible",
    stream: plannedStream(workload),
    startsAt: startsAt === undefined ? null : formatTimestamp(startsAt),
    startsOn: startsAt === undefined ? (startsOn(workload) ?? null) : null,
    horizonSeconds: request.horizonSeconds,
    slotSeconds: request.slotSeconds,
    reserveCalls: request.reserveCalls,
    quantile,
    forecastError,
    allowedThrottling,
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
    courses: [results.plan, ...results.otherCourses].map(({ summary }, index) => ({
      file: files[index] ?? "",
      throttledRatio: summary.throttledRatio,
      lostRecords: summary.lostRecords,
    })),
    sensitivity: results.higher.map(({ summary }, index) => ({
      more: sensitivity[index] ?? 0,
      throttledRatio: summary.throttledRatio,
      lostRecords: summary.lostRecords,
      usd: roundToMillionths(usd.byShard + usd.byTraffic * (1 + (sensitivity[index] ?? 0))),
    })),
    consumers: planConsumers(workload.consumers, draft.needs, { ...draft, horizonSeconds: request.horizonSeconds }),
    waitingChildren,
    timeline: capacityOver(draft),
    diagnostics: [
      ...findShortfall(draft),
      ...findThrottling(results, request),
      ...reportWaitingChildren(waitingChildren, draft.steps),
    ],
  };
}

function gapOf(bound: number, shardHours: number): number {
  return roundToMillionths(Math.max(0, 1 - bound / shardHours));
}

interface HorizonCosts {
  readonly plan: number;
  /** Of which what goes by the shard-hour, and what goes by the traffic. */
  readonly byShard: number;
  readonly byTraffic: number;
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
  const byTraffic = sumOf(items, ({ scales, usdPerMonth }) => (scales ? usdPerMonth : 0)) * share;
  const byShard = sumOf(items, ({ scales, usdPerMonth }) => (scales ? 0 : usdPerMonth));
  const provisioned = (shardHours: number): number => roundToMillionths(byTraffic + (byShard / hours) * shardHours);
  return {
    byShard: (byShard / hours) * draft.shardHours,
    byTraffic,
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
function capacityOver({ problem, found }: DraftPlan): CapacityRow[] {
  const inForce = shardsInForce(problem, found.calls);
  return Array.from(problem.needs, (need, slot): CapacityRow => {
    return { at: slot * problem.slotSeconds, shardsNeeded: need, shardsInForce: inForce[slot] as number };
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

function findThrottling(results: ReshardRuns<SimulationResult>, request: PlanRequest): Diagnostic[] {
  if (isVerified(results, request)) return [];
  const ratios = [results.plan, ...results.otherCourses].map(({ summary }) => summary.throttledRatio);
  const message = `the simulated plan throttles ${formatRatio(Math.max(...ratios))} of all put attempts`;
  return [diagnose("plan-throttles", message, "lower `stream.utilization`, or plan with a larger --margin")];
}
