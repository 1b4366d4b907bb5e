/*
 * A plan of UpdateShardCount calls for a workload over a horizon: the shards that each slot needs, the cheapest calls that keep to the
 * service's rules, and the plan in the words of the service.
 */
import { diagnoseAt, UserError } from "../../diagnostics/diagnostic.js";
import { type Schedule, schedule } from "../../scheduling/schedule.js";
import { operationCount, operationsAtLeast, type ScheduleProblem, slotsOf } from "../../scheduling/schedule-problem.js";
import type { ServiceFacts } from "../../service/service-facts.js";
import { type ReshardModel, reshardModel } from "../../simulation/model.js";
import { type ShardNeeds, shardNeeds } from "../../sizing/shard-needs.js";
import { secondsPerDay, secondsPerHour, secondsPerMinute } from "../../units/dimension.js";
import { formatClock } from "../../units/format-quantity.js";
import type { Attachments } from "../../workload/attachments.js";
import type { Workload } from "../../workload/schema.js";
import { missingPart, scheduleAllowing } from "./allowed-throttling.js";
import { callSeconds } from "./call-duration.js";
import { reasonOf } from "./call-reason.js";
import { combinedNeeds, forecastFactor } from "./combined-needs.js";

/** A course that the traffic may take: the same stream with other traffic. */
export interface Course {
  readonly workload: Workload;
  readonly attachments: Attachments;
}

export interface PlanRequest {
  readonly attachments: Attachments;
  /** Further courses that the traffic may take. */
  readonly otherCourses?: readonly Course[];
  /** The part of all courses that the plan provides for, minute by minute, and the probability that it covers the forecast's error. */
  readonly quantile?: number;
  /** Standard deviation of the true demand relative to what the workload says. */
  readonly forecastError?: number;
  readonly facts: ServiceFacts;
  readonly horizonSeconds: number;
  /** A whole number of minutes. */
  readonly slotSeconds: number;
  /** Calls of the 10 in 24 hours that the plan leaves for incidents. */
  readonly reserveCalls: number;
  /** Fewest and most shards that the plan may hold, where they are given. */
  readonly shardsMin?: number;
  readonly shardsMax?: number;
  /** When UpdateShardCount was called in the 24 hours before the start, in seconds before it. */
  readonly callsBefore: readonly number[];
  /** The part of the traffic that may be throttled in exchange for cost. */
  readonly allowedThrottling?: number;
  /** The part that the plan aims at where that is less, since a simulation throttled more than it was planned for. */
  readonly throttlingTarget?: number;
  /** By how much more than the demand plans provide for, as a ratio; raised where a simulated plan throttles. */
  readonly margin: number;
  /** When the plan starts, in seconds since 1970; undefined where that is not known. */
  readonly startsAt?: number | undefined;
}

/** One call of UpdateShardCount. */
export interface ReshardStep {
  /** The time from the start as a clock: `1d 08:05`. */
  readonly at: string;
  readonly atSeconds: number;
  readonly from: number;
  readonly to: number;
  /** How long the stream is UPDATING, as planned. */
  readonly durationSeconds: number;
  readonly reason: string;
}

/** What a horizon needs, and the plan for it. */
export interface DraftPlan {
  readonly needs: ShardNeeds;
  readonly problem: ScheduleProblem;
  readonly found: Schedule;
  readonly startShards: number;
  readonly steps: readonly ReshardStep[];
  /** Shard-hours of the plan, the larger of both counts while a call runs. */
  readonly shardHours: number;
  /** A proven lower bound of that; null where no plan satisfies the needs, and where some throttling is allowed. */
  readonly boundShardHours: number | null;
  /** The part of the shards that writes need, without headroom, which the plan lacks. */
  readonly missingPart: number;
  /** Shard-hours at the count that the most demanding minute needs. */
  readonly staticShards: number;
}

/** The cheapest plan. */
export function planReshards(workload: Workload, request: PlanRequest): DraftPlan {
  const { slotSeconds, horizonSeconds, facts } = request;
  requireProvisioned(workload);
  const needs = needsOf(workload, request);
  const asked = problemOf(workload, request, needs, reshardModel(facts));
  const { allowedThrottling = 0 } = request;
  const { problem, found } =
    allowedThrottling > 0
      ? { problem: asked, found: scheduleAllowing(asked, needs.writes, request.throttlingTarget ?? allowedThrottling) }
      : scheduleFrom(asked, workload);
  const steps = found.calls.map((call, index): ReshardStep => {
    const atSeconds = call.slot * slotSeconds;
    return {
      at: formatClock(atSeconds),
      atSeconds,
      from: call.from,
      to: call.to,
      durationSeconds: problem.secondsOf(call.from, call.to),
      reason: reasonOf({ problem, needs, calls: found.calls, index }),
    };
  });
  return {
    needs,
    problem,
    found,
    startShards: problem.startShards,
    steps,
    shardHours: shardHoursOf(problem.startShards, steps, horizonSeconds),
    boundShardHours: found.isFeasible && allowedThrottling === 0 ? found.bound / secondsPerHour : null,
    missingPart: missingPart(problem, found.calls, needs.writes),
    staticShards: needs.shards.reduce((most, need) => Math.max(most, need), 0),
  };
}

/**
 * The cheapest calls; from more shards than the start alone needs where no calls would be in time otherwise, and nothing is said of the
 * shards that there are.
 */
function scheduleFrom(
  problem: ScheduleProblem,
  { stream }: Workload,
): { readonly problem: ScheduleProblem; readonly found: Schedule } {
  const found = schedule(problem);
  if (found.isFeasible || stream.shards !== undefined) return { problem, found };
  const higher = { ...problem, startShards: fewestToStartFrom(problem) };
  const again = schedule(higher);
  return again.isFeasible ? { problem: higher, found: again } : { problem, found };
}

/** The fewest shards to start from with which the first day can be carried; the most that a plan may hold where none are enough. */
function fewestToStartFrom(problem: ScheduleProblem): number {
  const firstDay = { ...problem, needs: problem.needs.subarray(0, problem.windowSlots) };
  let [tooFew, enough] = [problem.startShards, Math.max(problem.startShards, problem.shardsMax)];
  while (enough - tooFew > 1) {
    const startShards = Math.floor((tooFew + enough) / 2);
    if (schedule({ ...firstDay, startShards }).isFeasible) enough = startShards;
    else tooFew = startShards;
  }
  return enough;
}

/** What the plan provides for: all courses, the forecast's error and the margin. */
function needsOf(workload: Workload, request: PlanRequest): ShardNeeds {
  const { attachments, facts, horizonSeconds, margin, otherCourses = [], quantile = 1, forecastError = 0 } = request;
  const factor = (1 + margin) * forecastFactor(forecastError, quantile);
  const needsFor = (course: Course): ShardNeeds =>
    shardNeeds(course.workload, course.attachments, facts, horizonSeconds, factor);
  return combinedNeeds([needsFor({ workload, attachments }), ...otherCourses.map(needsFor)], quantile);
}

/** The stream that a plan is for. */
export type PlannedStream = Pick<Workload["stream"], "name" | "region" | "mode" | "account">;

export function plannedStream({ stream: { name, region, account, mode } }: Workload): PlannedStream {
  return { name, region, ...(account !== undefined && { account }), mode };
}

/** @throws UserError for a stream that the service reshards by itself */
export function requireProvisioned({ stream: { mode } }: Workload): void {
  if (mode === "provisioned") return;
  throw new UserError([
    diagnoseAt(
      "conflicting-keys",
      ["stream", "mode"],
      `a stream in mode ${mode} is resharded by the service alone`,
      "plan for `mode: provisioned`; `size` and `simulate` answer for the others",
    ),
  ]);
}

/** Shard-hours of calls: the larger of both counts while one runs. */
function shardHoursOf(
  startShards: number,
  steps: readonly Pick<ReshardStep, "atSeconds" | "to" | "from" | "durationSeconds">[],
  horizonSeconds: number,
): number {
  let [shards, since, shardSeconds] = [startShards, 0, 0];
  for (const { atSeconds, from, to, durationSeconds } of steps) {
    shardSeconds += shards * (atSeconds - since) + Math.max(from, to) * durationSeconds;
    since = atSeconds + durationSeconds;
    shards = to;
  }
  return (shardSeconds + shards * (horizonSeconds - since)) / secondsPerHour;
}

function problemOf(
  { stream }: Workload,
  request: PlanRequest,
  { shards }: ShardNeeds,
  model: ReshardModel,
): ScheduleProblem {
  const { slotSeconds, callsBefore } = request;
  const needs = highestBySlot(shards, slotSeconds / secondsPerMinute);
  const most = needs.reduce((highest, need) => Math.max(highest, need), 1);
  const shardsMin = Math.max(1, request.shardsMin ?? 1);
  const shardsMax = Math.max(shardsMin, Math.min(request.shardsMax ?? most, model.shardsMax));
  const problem: ScheduleProblem = {
    slotSeconds,
    needs: needs.map((need) => Math.max(need, shardsMin)),
    startShards: 1,
    shardsMin,
    shardsMax,
    factorMax: model.factorMax,
    factorMin: model.factorMin,
    openMax: model.accountShards,
    callsMax: Math.max(0, model.callsPerDay - request.reserveCalls),
    windowSlots: Math.ceil(secondsPerDay / slotSeconds),
    callsBefore: callsBefore.map((ago) => Math.max(1, Math.floor(ago / slotSeconds))),
    secondsOf: (from, to) => callSeconds(model, operationCount(from, to)),
    secondsAtLeast: (from, to) => callSeconds(model, operationsAtLeast(from, to)),
    shortfallPrice: Number.POSITIVE_INFINITY,
  };
  return { ...problem, startShards: stream.shards ?? startingCount(problem) };
}

function highestBySlot(byMinute: Float64Array, minutes: number): Float64Array {
  return Float64Array.from({ length: Math.ceil(byMinute.length / minutes) }, (_, slot) =>
    byMinute.subarray(slot * minutes, (slot + 1) * minutes).reduce((most, need) => Math.max(most, need), 0),
  );
}

/** What the start needs: enough for the slots until a first call can have raised the count. */
function startingCount(problem: ScheduleProblem): number {
  let count = 0;
  for (let needed = problem.needs[0] as number; needed > count; ) {
    count = needed;
    const until = slotsOf(problem, count, count * problem.factorMax);
    needed = problem.needs.subarray(0, until).reduce((most, need) => Math.max(most, need), count);
  }
  return count;
}
