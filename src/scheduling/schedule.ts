/*
 * The cheapest plan of calls, and a proven lower bound of what any plan costs.
 *
 * A horizon of at most one window is solved exactly. A longer one in stages. In long slots and on a grid of counts, one price for every
 * call is found with which the cheapest path keeps to the budget; the calls of each window are planned anew, exactly, with all others as
 * they are, until none gets cheaper; and prices of windows are raised to a good bound. Plan and prices carry over to the slots of the
 * problem, where the same is done again. The bound comes from the prices at last, over every count.
 */
import { coarseProblem, refinedCalls } from "./coarse-problem.js";
import { everyCount, gridCounts } from "./counts.js";
import { improvePlan, replanSpan } from "./improve-plan.js";
import { overCounts, overRanges } from "./path-finder.js";
import { costOfSpan } from "./plan-cost.js";
import { PriceSearch } from "./price-search.js";
import type { ScheduledCall, ScheduleProblem } from "./schedule-problem.js";
import { WindowPrices } from "./window-prices.js";

export interface Schedule {
  readonly calls: readonly ScheduledCall[];
  /** Shard-seconds, with what shortfall costs. */
  readonly cost: number;
  /** No plan in whole shards that keeps to the rules costs less. */
  readonly bound: number;
  /** Whether that is proven. */
  readonly isOptimal: boolean;
  /** Whether nothing is missing that must not be. Where no plan achieves that, or none was found, the calls leave the least missing. */
  readonly isFeasible: boolean;
}

/** Where that many counts can be reached at most, plans are looked for among all of them. */
const countsForAll = 64;
/** Steps of the grid from one doubling to the next. */
const gridSteps = 16;
/** Steps of the ranges that calls lead between where the bound is found over every count. */
const rangeSteps = 128;
/** How much longer slots are in the first stage, from how many slots on. */
const coarseFactor = 6;
const coarseFrom = 2 ** 9;
/** Evaluations in which prices are raised: on long slots, on the grid, over every count. */
const turns = { coarse: 2 ** 7, grid: 30, last: 1, small: 80 };
/** The first step with new prices, and with those from long slots. */
const firstStep = { anew: 1, refined: 1 / 4 };
/** A gap between plan and bound that is small enough to stop at. */
const gapEnough = 1 / 2 ** 10;

/** The best plan that was found. */
export function schedule(problem: ScheduleProblem): Schedule {
  const found = solve(problem);
  if (found !== undefined || Number.isFinite(problem.shortfallPrice)) return found ?? noPlan(problem);
  const lenient = { ...problem, shortfallPrice: problem.slotSeconds * problem.shardsMax * problem.windowSlots };
  const nearest = solve(lenient) ?? noPlan(lenient);
  const cost = costOfSpan(problem, problem.startShards, nearest.calls, wholeOf(problem));
  if (Number.isFinite(cost)) return { ...nearest, cost };
  return { ...nearest, isOptimal: false, isFeasible: false };
}

/** No calls, for as long as the horizon lasts. */
function noPlan(problem: ScheduleProblem): Schedule {
  const cost = costOfSpan(problem, problem.startShards, [], wholeOf(problem));
  return { calls: [], cost, bound: 0, isOptimal: false, isFeasible: true };
}

function wholeOf({ needs }: ScheduleProblem): { start: number; end: number } {
  return { start: 0, end: needs.length };
}

function solve(problem: ScheduleProblem): Schedule | undefined {
  return problem.needs.length <= problem.windowSlots ? solveWindow(problem) : solveStages(problem);
}

/** A horizon of one window at most. */
function solveWindow(problem: ScheduleProblem): Schedule | undefined {
  const counts = everyCount(problem);
  const search = new PriceSearch(problem, overCounts(problem, countsToSearch(problem)));
  search.findPrice();
  const known = search.plan ?? { calls: [], cost: Number.POSITIVE_INFINITY };
  const best = replanSpan(problem, known, wholeOf(problem), search.prices, counts) ?? search.plan;
  return best && { ...best, bound: best.cost, isOptimal: true, isFeasible: true };
}

function solveStages(problem: ScheduleProblem): Schedule | undefined {
  const counts = countsToSearch(problem);
  const search = new PriceSearch(problem, overCounts(problem, counts));
  if (problem.needs.length >= coarseFrom) startFromLongSlots(problem, search);
  if (search.plan === undefined) search.findPrice();
  if (search.plan === undefined) return undefined;
  const isSmall = counts.length <= countsForAll && problem.needs.length < coarseFrom;
  const improve = (): void => {
    if (search.plan !== undefined) search.plan = improvePlan(problem, search.plan, search.prices, counts);
  };
  if (isSmall) improve();
  // On a grid the bound may lie above a plan that keeps to other counts too: it does not say when to stop.
  if (isSmall) search.raiseBound(turns.small, gapEnough, firstStep.anew);
  else search.raiseBound(turns.grid, 0, firstStep.refined);
  improve();
  return conclude(problem, search, counts);
}

/** The bound over every count, from the prices that were found on some. */
function conclude(problem: ScheduleProblem, search: PriceSearch, counts: Int32Array): Schedule | undefined {
  const { plan } = search;
  if (plan === undefined) return undefined;
  const all = everyCount(problem);
  let { bound } = search;
  if (all.length > counts.length) {
    const last = new PriceSearch(problem, overRanges(problem, gridCounts(problem, rangeSteps)), plan);
    last.prices = search.prices;
    last.raiseBound(turns.last, gapEnough, firstStep.refined);
    bound = last.bound;
  }
  const proven = Math.min(plan.cost, Number.isFinite(problem.shortfallPrice) ? bound : wholeNumber(bound));
  return { ...plan, bound: proven, isOptimal: proven >= plan.cost, isFeasible: true };
}

/** Costs without shortfall are whole shard-seconds; what floating point adds to a bound is less than this part of it. */
function wholeNumber(bound: number): number {
  return Math.ceil(bound * (1 - 1e-12) - 1e-6);
}

/** Plan and prices from the problem in longer slots. */
function startFromLongSlots(problem: ScheduleProblem, search: PriceSearch): void {
  const coarse = coarseProblem(problem, coarseFactor);
  const counts = countsToSearch(coarse);
  const first = new PriceSearch(coarse, overCounts(coarse, counts));
  first.findPrice();
  if (first.plan === undefined) return;
  const plan = improvePlan(coarse, first.plan, first.prices, counts);
  first.raiseBound(turns.coarse, 0, firstStep.anew);
  search.prices = WindowPrices.refined(problem, problem.needs.length, first.prices, coarseFactor);
  search.offer(refinedCalls(plan.calls, coarseFactor));
  search.evaluate(search.prices);
}

function countsToSearch(problem: ScheduleProblem): Int32Array {
  const all = everyCount(problem);
  return all.length <= countsForAll ? all : gridCounts(problem, gridSteps);
}
