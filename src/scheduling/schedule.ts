/*
 * The cheapest plan of calls, and a proven lower bound of what any plan costs.
 */
import { keepsBudget } from "./call-budget.js";
import { timedGraph } from "./cheapest-path.js";
import { everyCount, gridCounts } from "./counts.js";
import { improvePlan, replanSpan } from "./improve-plan.js";
import { type CostedPlan, costOfSpan, slotsOfCalls } from "./plan-cost.js";
import { PriceSearch } from "./price-search.js";
import type { ScheduledCall, ScheduleProblem } from "./schedule-problem.js";
import { slotNeeds } from "./slot-needs.js";
import { planGraph } from "./step-graph.js";
import { WindowPrices } from "./window-prices.js";

export interface Schedule {
  readonly calls: readonly ScheduledCall[];
  /** Shard-seconds, with what shortfall costs. */
  readonly cost: number;
  /** No plan in whole shards that keeps to the rules costs less. */
  readonly bound: number;
  readonly isOptimal: boolean;
  /** Whether nothing is missing that must not be. */
  readonly isFeasible: boolean;
}

export const trace: string[] = [];
let began = 0;
function note(text: string): void {
  trace.push(`${(performance.now() - began).toFixed(0)} ms ${text}`);
}
function state(name: string, s: PriceSearch): void {
  note(`${name}: cost ${s.plan?.cost} bound ${s.bound.toFixed(0)} gap ${((1 - s.bound / (s.plan?.cost ?? 0)) * 100).toFixed(3)}%`);
}

function searchOn(problem: ScheduleProblem, counts: Int32Array, plan?: CostedPlan): PriceSearch {
  const graph = planGraph(problem, counts);
  note(`graph ${graph.paid.length} states ${graph.target.length} arcs ${problem.needs.length} slots`);
  return new PriceSearch(problem, timedGraph(problem, graph, slotNeeds(problem, graph)), plan);
}

export function coarsen(problem: ScheduleProblem, f: number): ScheduleProblem {
  const T = Math.ceil(problem.needs.length / f);
  const needs = Float64Array.from({ length: T }, (_, t) => Math.max(...problem.needs.subarray(t * f, (t + 1) * f)));
  return { ...problem, needs, slotSeconds: problem.slotSeconds * f, windowSlots: Math.ceil(problem.windowSlots / f), callsBefore: problem.callsBefore.map((ago) => Math.max(1, Math.floor(ago / f))) };
}

export function schedule(problem: ScheduleProblem, f = 6, q = 12, ct = 150, mt = 30, ft = 3): Schedule {
  began = performance.now();
  trace.length = 0;
  const whole = { start: 0, end: problem.needs.length };
  const all = everyCount(problem);
  if (whole.end <= problem.windowSlots) {
    const s = searchOn(problem, all);
    s.findPrice();
    state("price", s);
    if (s.plan === undefined) throw new Error("none");
    if (s.bound < s.plan.cost) {
      s.plan = replanSpan(problem, s.plan, whole, s.prices, all) ?? s.plan;
    }
    state("window", s);
    return { ...s.plan, bound: s.plan.cost, isOptimal: true, isFeasible: true };
  }
  const coarse = coarsen(problem, f);
  const cc = gridCounts(coarse, q);
  const c = searchOn(coarse, cc);
  c.findPrice();
  state("price", c);
  if (c.plan) c.plan = improvePlan(coarse, c.plan, c.prices, cc);
  state("improved", c);
  c.raiseBound(ct, 0);
  state("raised", c);
  const grid = gridCounts(problem, q);
  const m = searchOn(problem, grid);
  const calls = (c.plan?.calls ?? []).map((x) => ({ ...x, slot: x.slot * f }));
  if (c.plan && keepsBudget(problem, slotsOfCalls(calls))) m.plan = { calls, cost: costOfSpan(problem, problem.startShards, calls, whole) };
  m.prices = WindowPrices.refined(problem, whole.end, c.prices, f);
  m.evaluate(m.prices);
  state("mapped", m);
  if (m.plan) m.plan = improvePlan(problem, m.plan, m.prices, grid);
  state("improved", m);
  m.raiseBound(mt, 0);
  state("raised", m);
  if (m.plan) m.plan = improvePlan(problem, m.plan, m.prices, grid);
  state("improved", m);
  const e = searchOn(problem, all, m.plan);
  e.prices = m.prices;
  e.raiseBound(ft, 0.001);
  state("raised", e);
  if (e.plan === undefined) throw new Error("none");
  return { ...e.plan, bound: e.bound, isOptimal: false, isFeasible: true };
}
