/*
 * What the slots ask of the states of a graph: which states are enough for a slot, or what those that are not pay for what is missing.
 */
import type { ScheduleProblem } from "./schedule-problem.js";
import type { StepGraph } from "./step-graph.js";

export interface SlotNeeds {
  /** By slot, the first state that is enough for it. Where shortfall has a price, 0. */
  readonly firstEnough: Int32Array;
  /**
   * Cost of what state i misses before slot t, at `t * states + i`; undefined where nothing may be missing.
   */
  readonly shortfall: Float64Array | undefined;
}

/** @throws nothing: a slot that asks for more than the last state has is left without a state that is enough */
export function slotNeeds({ needs, shortfallPrice }: ScheduleProblem, graph: StepGraph): SlotNeeds {
  const states = graph.capacity.length;
  if (shortfallPrice === Number.POSITIVE_INFINITY)
    return { firstEnough: Int32Array.from(needs, (need) => firstState(graph.capacity, need)), shortfall: undefined };
  const shortfall = new Float64Array((needs.length + 1) * states);
  for (const [slot, need] of needs.entries()) {
    for (let state = 0; state < states; state += 1) {
      const missing = Math.max(0, need - (graph.capacity[state] as number));
      shortfall[(slot + 1) * states + state] = (shortfall[slot * states + state] as number) + missing * shortfallPrice;
    }
  }
  return { firstEnough: new Int32Array(needs.length), shortfall };
}

/** The first state with at least that capacity; the number of states where none has it. */
function firstState(capacity: Int32Array, need: number): number {
  let [low, high] = [0, capacity.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((capacity[middle] as number) >= need) high = middle;
    else low = middle + 1;
  }
  return low;
}
