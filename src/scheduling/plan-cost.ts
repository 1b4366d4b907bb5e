/*
 * Plans as lists of calls: what they cost, and in which state they are when.
 */
import type { Span } from "./cheapest-path.js";
import { type ScheduledCall, type ScheduleProblem, slotsOf, stepCost } from "./schedule-problem.js";

/** A plan that keeps to the rules. */
export interface CostedPlan {
  readonly calls: readonly ScheduledCall[];
  /** Shard-seconds, with what shortfall costs. */
  readonly cost: number;
}

/** What a span of a plan costs. Calls that begin in it end in it. Infinite where something is missing that must not be. */
export function costOfSpan(
  problem: ScheduleProblem,
  startShards: number,
  calls: readonly ScheduledCall[],
  { start, end }: Span,
): number {
  let [cost, shards, slot] = [0, startShards, start];
  for (const call of calls) {
    cost += heldCost(problem, shards, slot, call.slot);
    slot = call.slot + slotsOf(problem, call.from, call.to);
    shards = call.to;
    cost += stepCost(problem, call.from, call.to);
    cost += missingCost(problem, Math.min(call.from, call.to), call.slot, slot);
  }
  return cost + heldCost(problem, shards, slot, end);
}

function heldCost(problem: ScheduleProblem, shards: number, from: number, to: number): number {
  return (to - from) * shards * problem.slotSeconds + missingCost(problem, shards, from, to);
}

function missingCost({ needs, shortfallPrice }: ScheduleProblem, shards: number, from: number, to: number): number {
  let missing = 0;
  for (let slot = from; slot < to; slot += 1) missing += Math.max(0, (needs[slot] as number) - shards);
  return missing > 0 ? missing * shortfallPrice : 0;
}

/** The call that is under way at a slot, having begun before. */
export function callUnderWay(
  problem: ScheduleProblem,
  calls: readonly ScheduledCall[],
  slot: number,
): ScheduledCall | undefined {
  return calls.find((call) => call.slot < slot && call.slot + slotsOf(problem, call.from, call.to) > slot);
}

export function slotsOfCalls(calls: readonly ScheduledCall[]): number[] {
  return calls.map(({ slot }) => slot);
}

/** By slot, the smaller of both counts while a call runs. */
export function shardsInForce(problem: ScheduleProblem, calls: readonly ScheduledCall[]): Float64Array {
  const inForce = new Float64Array(problem.needs.length).fill(problem.startShards);
  for (const { slot, from, to } of calls) {
    const end = slot + slotsOf(problem, from, to);
    inForce.fill(Math.min(from, to), slot, end);
    inForce.fill(to, end);
  }
  return inForce;
}
