/*
 * Prices of windows. Each window that rolls over the plan has a price for every call in it; a call pays for all windows that it lies in.
 * The cheapest path at those prices, less what the budget allows in each window, is a lower bound of every plan that keeps to the
 * budget (Lagrangian relaxation), whatever the prices are.
 *
 * A window is named by its last slot. Windows that begin before the plan or end after it count too.
 */
import type { ScheduleProblem } from "./schedule-problem.js";

type BudgetRules = Pick<ScheduleProblem, "callsMax" | "windowSlots" | "callsBefore">;

export class WindowPrices {
  readonly #rules: BudgetRules;
  readonly #slots: number;
  /** Calls that each window has left, those before the start taken off. */
  readonly #left: Int32Array;
  /** By window. */
  readonly weights: Float64Array;

  constructor(rules: BudgetRules, slots: number, weights?: Float64Array) {
    this.#rules = rules;
    this.#slots = slots;
    this.weights = weights ?? new Float64Array(slots + rules.windowSlots - 1);
    this.#left = Int32Array.from(this.weights, (_, last) => {
      const before = rules.callsBefore.filter((ago) => -ago > last - rules.windowSlots).length;
      return Math.max(0, rules.callsMax - before);
    });
  }

  /** The same price for every call, in windows that follow one another. */
  static even(rules: BudgetRules, slots: number, price: number): WindowPrices {
    const prices = new WindowPrices(rules, slots);
    for (let last = rules.windowSlots - 1; last < prices.weights.length; last += rules.windowSlots)
      prices.weights[last] = price;
    if (slots % rules.windowSlots !== 0) {
      const begin = slots - (slots % rules.windowSlots);
      prices.weights[begin + rules.windowSlots - 1] = price;
    }
    return prices;
  }

  /** What a call costs, by its slot. */
  ofCalls(): Float64Array {
    const prices = new Float64Array(this.#slots);
    let sum = 0;
    for (let last = this.weights.length - 1; last >= 0; last -= 1) {
      sum += this.weights[last] as number;
      if (last + this.#rules.windowSlots < this.weights.length)
        sum -= this.weights[last + this.#rules.windowSlots] as number;
      if (last < this.#slots) prices[last] = sum;
    }
    return prices;
  }

  /** What all windows together allow to be spent on calls. */
  allowed(): number {
    return this.weights.reduce((sum, weight, last) => sum + weight * (this.#left[last] as number), 0);
  }

  /**
   * What the windows that meet a span allow to be spent on calls in it, with other calls at these slots.
   */
  allowedInside(start: number, end: number, others: readonly number[]): number {
    let sum = 0;
    const until = Math.min(this.weights.length, end + this.#rules.windowSlots - 1);
    for (let last = start; last < until; last += 1) {
      const weight = this.weights[last] as number;
      if (weight > 0) sum += weight * ((this.#left[last] as number) - this.callsIn(last, others));
    }
    return sum;
  }

  /** By window, how many of these calls it has too many; negative where it has room. */
  excess(slots: readonly number[]): Float64Array {
    const excess = Float64Array.from(this.#left, (left) => -left);
    for (const slot of slots)
      for (let last = slot; last < slot + this.#rules.windowSlots; last += 1)
        excess[last] = (excess[last] as number) + 1;
    return excess;
  }

  /** Prices moved in a direction; none is negative. */
  moved(direction: Float64Array, length: number): WindowPrices {
    const weights = this.weights.map((weight, last) => Math.max(0, weight + length * (direction[last] as number)));
    return new WindowPrices(this.#rules, this.#slots, weights);
  }

  /** The prices of a plan in slots `factor` times as long, for this one. */
  static refined(rules: BudgetRules, slots: number, coarse: WindowPrices, factor: number): WindowPrices {
    const prices = new WindowPrices(rules, slots);
    for (const [last, weight] of coarse.weights.entries()) {
      const at = Math.min(prices.weights.length, (last + 1) * factor) - 1;
      prices.weights[at] = (prices.weights[at] as number) + weight;
    }
    return prices;
  }

  callsIn(last: number, slots: readonly number[]): number {
    return slots.filter((slot) => slot <= last && slot > last - this.#rules.windowSlots).length;
  }
}
