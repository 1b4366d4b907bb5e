/*
 * Why a call is made when it is, and why it leads to the count that it does, in one sentence.
 */
import { type ScheduledCall, type ScheduleProblem, slotsOf } from "../../scheduling/schedule-problem.js";
import type { ShardNeeds } from "../../sizing/shard-needs.js";
import { secondsPerHour, secondsPerMinute } from "../../units/dimension.js";
import { formatClock, formatItems, formatRecordRate } from "../../units/format-quantity.js";

export interface CallInPlan {
  readonly problem: ScheduleProblem;
  readonly needs: ShardNeeds;
  readonly calls: readonly ScheduledCall[];
  readonly index: number;
}

export function reasonOf(plan: CallInPlan): string {
  const call = plan.calls[plan.index];
  if (call === undefined) return "";
  return call.to > call.from ? reasonToGrow(plan, call) : reasonToShrink(plan, call);
}

/** The first slot that the count before is too small for decides when, the highest before the next call decides how far. */
function reasonToGrow({ problem, needs, calls, index }: CallInPlan, { slot, from, to }: ScheduledCall): string {
  const next = calls[index + 1];
  const end = next === undefined ? problem.needs.length : next.slot + slotsOf(problem, next.from, next.to);
  const first = firstAbove(problem.needs, from, slot, end);
  const most = highest(problem.needs, slot, end);
  if (first === undefined)
    return `${formatItems(to, "shard")} now, so that the next call can at most double ${to} to the ${next?.to ?? to} needed`;
  const minute = busiestMinute(needs, problem, most);
  const rate = formatRecordRate(needs.demandAt(minute).recordsPerSecondPeak);
  const why = `${rate} at ${formatClock(minute * secondsPerMinute)} need ${problem.needs[most]} (${needs.bindingAt(minute).name})`;
  const when = `${from} are not enough from ${formatClock(first * problem.slotSeconds)} on`;
  return `${when}; ${why}`;
}

function reasonToShrink({ problem, calls, index }: CallInPlan, { slot, from, to }: ScheduledCall): string {
  const next = calls[index + 1];
  const begin = slot + slotsOf(problem, from, to);
  const end = next?.slot ?? problem.needs.length;
  const saved = ((from - to) * (end - begin) * problem.slotSeconds) / secondsPerHour;
  const until = formatClock(end * problem.slotSeconds);
  return `no more than ${highestNeed(problem.needs, begin, Math.max(end, begin + 1))} are needed until ${until}: saves ${formatItems(Math.round(saved), "shard-hour")}`;
}

function firstAbove(needs: Float64Array, count: number, from: number, to: number): number | undefined {
  for (let slot = from; slot < to; slot += 1) if ((needs[slot] as number) > count) return slot;
  return undefined;
}

function highest(needs: Float64Array, from: number, to: number): number {
  let most = from;
  for (let slot = from; slot < to; slot += 1) if ((needs[slot] as number) > (needs[most] as number)) most = slot;
  return most;
}

function highestNeed(needs: Float64Array, from: number, to: number): number {
  return needs.subarray(from, to).reduce((most, need) => Math.max(most, need), 0);
}

/** The minute of a slot that needs most. */
function busiestMinute({ shards }: ShardNeeds, { slotSeconds }: ScheduleProblem, slot: number): number {
  const minutes = slotSeconds / secondsPerMinute;
  return highest(shards, slot * minutes, Math.min(shards.length, (slot + 1) * minutes));
}
