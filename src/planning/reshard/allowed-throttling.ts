/*
 * A plan that may throttle a little in exchange for cost. Missing shards get a price; of the plans that some prices lead to, the cheapest
 * is taken that throttles no more than allowed, as far as rates by the minute tell. The simulation has the last word.
 */

import { shardsInForce } from "../../scheduling/plan-cost.js";
import { type Schedule, schedule } from "../../scheduling/schedule.js";
import type { ScheduledCall, ScheduleProblem } from "../../scheduling/schedule-problem.js";
import { secondsPerMinute } from "../../units/dimension.js";

/** Prices of a missing shard that are tried, in halvings of their range. */
const tries = 8;
/** The price at which no shard is left out that can be had, relative to the cost of a shard. */
const dearest = 2 ** 12;

/**
 * The cheapest plan found that lacks no more than a part of the shards that writes need; it has no proven bound.
 *
 * @param writes shards that writes need without headroom, by minute
 * @param allowed the part that may be missing, above 0
 */
export function scheduleAllowing(problem: ScheduleProblem, writes: Float64Array, allowed: number): Schedule {
  let best: Schedule | undefined;
  let [low, high] = [1, dearest];
  for (let attempt = 0; attempt <= tries; attempt += 1) {
    const price = attempt === 0 ? dearest : Math.sqrt(low * high);
    const found = schedule({ ...problem, shortfallPrice: price * problem.slotSeconds });
    const isAllowed = missingPart(problem, found.calls, writes) <= allowed;
    if (isAllowed) {
      best = found;
      high = price;
    } else if (attempt === 0) return { ...found, isOptimal: false };
    else low = price;
  }
  return { ...(best as Schedule), isOptimal: false, isFeasible: true };
}

/** Shards that are missing for writes, as a part of those that they need over time: what a stream throttles of an even flow. */
export function missingPart(problem: ScheduleProblem, calls: readonly ScheduledCall[], writes: Float64Array): number {
  const minutes = problem.slotSeconds / secondsPerMinute;
  const inForce = shardsInForce(problem, calls);
  let [missing, needed] = [0, 0];
  for (const [minute, need] of writes.entries()) {
    missing += Math.max(0, need - (inForce[Math.floor(minute / minutes)] as number));
    needed += need;
  }
  return needed === 0 ? 0 : missing / needed;
}
