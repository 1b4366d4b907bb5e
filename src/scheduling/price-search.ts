/*
 * Prices of windows that make the cheapest path a good plan and a good lower bound.
 */
import { keepsBudget } from "./call-budget.js";
import { costsToGo, countsOf, type Path, type TimedGraph, tracePath } from "./cheapest-path.js";
import { type CostedPlan, slotsOfCalls } from "./plan-cost.js";
import type { ScheduleProblem } from "./schedule-problem.js";
import { WindowPrices } from "./window-prices.js";

/** Halvings of the range in which the price of a call lies. */
const priceTurns = 6;
/** From one price that is too low to the next. */
const priceGrowth = 8;
/** Steps without a better bound after which they become shorter, and by how much. */
const stallsMax = 3;
const shortening = 0.6;
/** How much of the last direction is kept. */
const momentum = 0.3;

export class PriceSearch {
  readonly #problem: ScheduleProblem;
  readonly #timed: TimedGraph;
  readonly #startState: number;
  readonly #ending: Float64Array;
  /** The cheapest plan met so far that keeps to the budget. */
  plan: CostedPlan | undefined;
  /** The prices that gave the best bound, and that bound. */
  prices: WindowPrices;
  bound = Number.NEGATIVE_INFINITY;

  constructor(problem: ScheduleProblem, timed: TimedGraph, plan?: CostedPlan) {
    this.#problem = problem;
    this.#timed = timed;
    this.#startState = timed.graph.paid.indexOf(problem.startShards);
    this.#ending = new Float64Array(timed.graph.paid.length);
    this.plan = plan;
    this.prices = new WindowPrices(problem, problem.needs.length);
  }

  /** The cheapest path at prices, and its value as a bound. */
  evaluate(prices: WindowPrices): { readonly path: Path; readonly bound: number } {
    const ofCalls = prices.ofCalls();
    const whole = { start: 0, end: this.#problem.needs.length };
    const costs = costsToGo(this.#timed, ofCalls, whole, this.#ending);
    const bound = (costs[this.#startState] as number) - prices.allowed();
    const path = tracePath(this.#timed, ofCalls, whole, costs, this.#startState);
    if (bound > this.bound) {
      this.bound = bound;
      this.prices = prices;
    }
    if (this.#keepsBudget(path) && path.cost < (this.plan?.cost ?? Number.POSITIVE_INFINITY))
      this.plan = { calls: countsOf(this.#timed.graph, path), cost: path.cost };
    return { path, bound };
  }

  #keepsBudget({ calls }: Path): boolean {
    return keepsBudget(this.#problem, calls.map(({ slot }) => slot));
  }

  /** Looks for one price of all calls with which the cheapest path keeps to the budget. */
  findPrice(): void {
    const { needs, shardsMax, slotSeconds } = this.#problem;
    const keepsAt = (price: number): boolean =>
      this.#keepsBudget(this.evaluate(WindowPrices.even(this.#problem, needs.length, price)).path);
    if (keepsAt(0) || !Number.isFinite(this.bound)) return;
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
   * Raises the bound from the best prices on, or from those given.
   *
   * @param turns evaluations at most
   * @param enough the gap, as a ratio of the plan's cost, at which to stop
   */
  raiseBound(turns: number, enough: number): void {
    let prices = this.prices;
    let stepLength = 1;
    let stalls = 0;
    let direction = new Float64Array(prices.weights.length);
    for (let turn = 0; turn < turns; turn += 1) {
      const before = this.bound;
      const { path, bound } = this.evaluate(prices);
      const target = Math.max(this.plan?.cost ?? path.cost, this.bound * 1.003);
      if ((this.plan?.cost ?? Infinity) - this.bound <= enough * target && enough > 0) return;
      stalls = this.bound > before ? 0 : stalls + 1;
      if (stalls > stallsMax) {
        stepLength *= shortening;
        stalls = 0;
      }
      const excess = prices.excess(path.calls.map(({ slot }) => slot));
      const old = direction;
      direction = excess.map((value, at) =>
        (prices.weights[at] as number) > 0 || value > 0 ? momentum * (old[at] as number) + value : 0,
      );
      const norm = direction.reduce((sum, value) => sum + value * value, 0);
      if (norm === 0) return;
      prices = prices.moved(direction, (stepLength * (target - bound)) / norm);
    }
  }
}

export function callSlots(plan: CostedPlan): number[] {
  return slotsOfCalls(plan.calls);
}
