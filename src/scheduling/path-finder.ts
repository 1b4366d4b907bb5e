/*
 * What is cheapest at prices: a path over counts, which is a plan, or one over ranges of them, which only bounds plans.
 */
import { costsToGo, countsOf, timedGraph, tracePath } from "./cheapest-path.js";
import { callsThroughRanges, rangeCosts } from "./range-costs.js";
import type { ScheduledCall, ScheduleProblem } from "./schedule-problem.js";
import { slotNeeds } from "./slot-needs.js";
import { planGraph, rangeGraph } from "./step-graph.js";

export interface PricedPath {
  /** In shard-seconds, prices included. No path of the finder's has less. Infinite where there is none. */
  readonly value: number;
  readonly callSlots: readonly number[];
  /** Where its calls are between counts. */
  readonly plan?: readonly ScheduledCall[];
}

/** The cheapest path with what a call costs on top, by slot. */
export type PathFinder = (prices: Float64Array) => PricedPath;

/** Finds plans that keep to `counts`, which ascend; their budget aside. */
export function overCounts(problem: ScheduleProblem, counts: Int32Array): PathFinder {
  const graph = planGraph(problem, counts);
  const timed = timedGraph(problem, graph, slotNeeds(problem, graph));
  const whole = { start: 0, end: problem.needs.length };
  const startState = counts.indexOf(problem.startShards);
  const ending = new Float64Array(counts.length);
  return (prices) => {
    const costs = costsToGo(timed, prices, whole, ending);
    const value = costs[startState] as number;
    if (value === Number.POSITIVE_INFINITY) return { value, callSlots: [] };
    const plan = countsOf(graph, tracePath(timed, prices, whole, costs, startState));
    return { value, callSlots: plan.map(({ slot }) => slot), plan };
  };
}

/** Finds what no plan is cheaper than, with calls between ranges of counts, each of which ends with one of `ends`. */
export function overRanges(problem: ScheduleProblem, ends: Int32Array): PathFinder {
  const graph = rangeGraph(problem, ends);
  const timed = timedGraph(problem, graph, slotNeeds(problem, graph));
  return (prices) => {
    const costs = rangeCosts(problem, timed, prices);
    const value = costs.fromStart;
    if (value === Number.POSITIVE_INFINITY) return { value, callSlots: [] };
    return { value, callSlots: callsThroughRanges(problem, timed, costs) };
  };
}
