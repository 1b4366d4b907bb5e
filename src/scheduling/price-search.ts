/*
 * Prices of windows that make the cheapest path at those prices a good plan, and its value a good lower bound.
 */
import { keepsBudget } from "./call-budget.js";
import { costsToGo, countsOf, type Path, type TimedGraph, tracePath } from "./cheapest-path.js";
import { type CostedPlan, costOfSpan, slotsOfCalls } from "./plan-cost.js";
import type { ScheduledCall, ScheduleProblem } from "./schedule-problem.js";
import { WindowPrices } from "./window-prices.js";

/** How often the range in which the price of a call lies is halved. */
const priceTurns = 6;
/** From one price that is too low to the next. */
const priceGrowth = 8;
/** Steps without a better bound after which they become shorter, and by how much. */
const stallsMax = 3;
const shortening = 5 / 8;
/** How much of the last direction is kept. */
const momentum = 1 / 4;
/** Steps aim at the plan's cost, and at this much above the bound at least. */
const aim = 1.003;

export class PriceSearch {
  readonly #problem: ScheduleProblem;
  readonly #timed: TimedGraph;
  readonly #startState: number;
  readonly #ending: Float64Array;
  /** The cheapest plan so far that keeps to the budget. */
  plan: CostedPlan | undefined;
  /** The prices that gave the best bound, and that bound. */
  prices: WindowPrices;
  bound = Number.NEGATIVE_INFINITY;

  constructor(problem: ScheduleProblem, timed: TimedGraph, plan?: CostedPlan) {
    this.#problem = problem;
    this.#timed = timed;
    this.#startState = timed.graph.capacity.findIndex((most) => most >= problem.startShards);
    this.#ending = new Float64Array(timed.graph.paid.length);
    this.plan = plan;
    this.prices = new WindowPrices(problem, problem.needs.length);
    this.offer([]);
  }

  /** Takes calls for the plan where they keep to the rules and cost less. */
  offer(calls: readonly ScheduledCall[]): void {
    if (!keepsBudget(this.#problem, slotsOfCalls(calls))) return;
    const whole = { start: 0, end: this.#problem.needs.length };
    const cost = costOfSpan(this.#problem, this.#problem.startShards, calls, whole);
    if (cost < (this.plan?.cost ?? Number.POSITIVE_INFINITY)) this.plan = { calls, cost };
  }

  /** The cheapest path at prices, and its value as a bound. */
  evaluate(prices: WindowPrices): { readonly path: Path; readonly bound: number } {
    const ofCalls = prices.ofCalls();
    const whole = { start: 0, end: this.#problem.needs.length };
    const costs = costsToGo(this.#timed, ofCalls, whole, this.#ending);
    const bound = (costs[this.#startState] as number) - prices.allowed();
    if (bound > this.bound) {
      this.bound = bound;
      this.prices = prices;
    }
    if (bound === Number.POSITIVE_INFINITY) return { path: { calls: [], cost: bound }, bound };
    const path = tracePath(this.#timed, ofCalls, whole, costs, this.#startState);
    if (this.#timed.graph.isExact) this.offer(countsOf(this.#timed.graph, path));
    return { path, bound };
  }

  /** Looks for one price of all calls with which the cheapest path keeps to the budget. */
  findPrice(): void {
    const { needs, shardsMax, slotSeconds } = this.#problem;
    const keepsAt = (price: number): boolean => {
      const { path } = this.evaluate(WindowPrices.even(this.#problem, needs.length, price));
      return keepsBudget(this.#problem, slotsOfCalls(path.calls));
    };
    if (keepsAt(0)) return;
    let low = slotSeconds;
    let high = shardsMax * slotSeconds;
    const most = high * needs.length;
    while (!keepsAt(high)) {
      if (high > most) return;
      low = high;
      high *= priceGrowth;
    }
    for (let turn = 0; turn < priceTurns; turn += 1) {
      const middle = Math.sqrt(low * high);
      if (keepsAt(middle)) high = middle;
      else low = middle;
    }
  }

  /**
   * Raises the bound, from the best prices on, by subgradient steps.
   *
   * @param turns evaluations at most
   * @param enough the gap, as a ratio of the plan's cost, at which to stop
   */
  raiseBound(turns: number, enough: number): void {
    let prices = this.prices;
    let stepLength = 1;
    let stalls = 0;
    let direction: Float64Array = new Float64Array(prices.weights.length);
    for (let turn = 0; turn < turns; turn += 1) {
      const before = this.bound;
      const { path, bound } = this.evaluate(prices);
      const target = this.plan?.cost ?? path.cost;
      if (target - this.bound <= enough * target && enough > 0) return;
      stalls = this.bound > before ? 0 : stalls + 1;
      if (stalls > stallsMax) {
        stepLength *= shortening;
        stalls = 0;
      }
      direction = nextDirection(prices, slotsOfCalls(path.calls), direction);
      const norm = direction.reduce((sum, value) => sum + value * value, 0);
      if (norm === 0) return;
      prices = prices.moved(direction, (stepLength * (Math.max(target, this.bound * aim) - bound)) / norm);
    }
  }
}

/** Where windows have too many calls their price rises, where they have room it falls; what costs nothing cannot fall. */
function nextDirection(prices: WindowPrices, slots: readonly number[], last: Float64Array): Float64Array {
  return prices
    .excess(slots)
    .map((value, at) =>
      (prices.weights[at] as number) > 0 || value > 0 ? momentum * (last[at] as number) + value : 0,
    );
}
