/*
 * Prices of windows that make the cheapest path at those prices a good plan, and its value a good lower bound.
 */
import { keepsBudget } from "./call-budget.js";
import type { PathFinder, PricedPath } from "./path-finder.js";
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
const momentum = 3 / 4;
/** Steps aim at the plan's cost, and at this much above the bound at least. */
const aim = 1.003;
/** What floating point adds to a path's value or the prices' sum is less than this part of it, in so many slots. */
const rounding = 1e-11;

export class PriceSearch {
  readonly #problem: ScheduleProblem;
  readonly #find: PathFinder;
  /** The cheapest plan so far that keeps to the budget. */
  plan: CostedPlan | undefined;
  /** The prices that gave the best bound, and that bound. */
  prices: WindowPrices;
  bound = Number.NEGATIVE_INFINITY;

  constructor(problem: ScheduleProblem, find: PathFinder, plan?: CostedPlan) {
    this.#problem = problem;
    this.#find = find;
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
  evaluate(prices: WindowPrices): { readonly path: PricedPath; readonly bound: number } {
    const path = this.#find(prices.ofCalls());
    const allowed = prices.allowed();
    const bound = path.value - allowed - rounding * (Math.abs(path.value) + allowed);
    if (bound > this.bound) {
      this.bound = bound;
      this.prices = prices;
    }
    if (path.plan !== undefined) this.offer(path.plan);
    return { path, bound };
  }

  /** Looks for one price of all calls with which the cheapest path keeps to the budget. */
  findPrice(): void {
    const { needs, shardsMax, slotSeconds } = this.#problem;
    const keepsAt = (price: number): boolean => {
      const { path } = this.evaluate(WindowPrices.even(this.#problem, needs.length, price));
      return keepsBudget(this.#problem, path.callSlots);
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
   * @param firstStep how far to go at first, as a part of the way to the plan's cost: short where prices are good already
   */
  raiseBound(turns: number, enough: number, firstStep: number): void {
    let prices = this.prices;
    let stepLength = firstStep;
    let stalls = 0;
    let direction: Float64Array = new Float64Array(prices.weights.length);
    for (let turn = 0; turn < turns; turn += 1) {
      const before = this.bound;
      const { path, bound } = this.evaluate(prices);
      const target = this.plan?.cost ?? bound;
      if (target - this.bound <= enough * target && enough > 0) return;
      stalls = this.bound > before ? 0 : stalls + 1;
      if (stalls > stallsMax) {
        stepLength *= shortening;
        stalls = 0;
      }
      direction = nextDirection(prices, path.callSlots, direction);
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
