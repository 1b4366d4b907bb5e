/*
 * A problem in longer slots, for a first plan and first prices. A plan of it is one of the problem itself: a slot needs what the most
 * demanding of its parts needs, and a call takes no less time.
 */
import type { ScheduledCall, ScheduleProblem } from "./schedule-problem.js";

/** The problem in slots `factor` times as long. */
export function coarseProblem(problem: ScheduleProblem, factor: number): ScheduleProblem {
  const { needs } = problem;
  const slots = Math.ceil(needs.length / factor);
  return {
    ...problem,
    slotSeconds: problem.slotSeconds * factor,
    needs: Float64Array.from({ length: slots }, (_, slot) =>
      needs.subarray(slot * factor, (slot + 1) * factor).reduce((most, need) => Math.max(most, need), 0),
    ),
    windowSlots: Math.ceil(problem.windowSlots / factor),
    callsBefore: problem.callsBefore.map((ago) => Math.max(1, Math.floor(ago / factor))),
  };
}

/** The calls of a coarse plan in the slots of the problem. */
export function refinedCalls(calls: readonly ScheduledCall[], factor: number): ScheduledCall[] {
  return calls.map((call) => ({ ...call, slot: call.slot * factor }));
}
