/*
 * The cheapest plan of calls, and a proven lower bound of what any plan costs.
 *
 * A horizon of at most one window is solved exactly. A longer one is solved in steps: one price for every call that makes the cheapest path
 * keep to the budget; then each window's calls anew, exactly, with all others as they are, until none gets cheaper; and a bound from
 * prices of windows, improved by subgradient steps.
 */
import { keepsBudget, limitsInside } from "./call-budget.js";
import { costsToGo, countsOf, type Path, type PathCall, type Span, type TimedGraph, timedGraph, tracePath } from "./cheapest-path.js";
import type { ScheduledCall, ScheduleProblem } from "./schedule-problem.js";
import { slotNeeds } from "./slot-needs.js";
import { planGraph } from "./step-graph.js";
import { WindowPrices } from "./window-prices.js";
import { cheapestInWindow } from "./window-search.js";

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

export function schedule(problem: ScheduleProblem, iterations = 60): Schedule {
  began = performance.now();
  trace.length = 0;
  const counts = Int32Array.from(
    { length: problem.shardsMax - problem.shardsMin + 1 },
    (_, at) => problem.shardsMin + at,
  );
  const graph = planGraph(problem, counts);
  note(`graph ${graph.paid.length} states ${graph.target.length} arcs`);
  const timed = timedGraph(problem, graph, slotNeeds(problem, graph));
  const solver = new Solver(problem, timed);
  return solver.solve(iterations);
}

class Solver {
  readonly #problem: ScheduleProblem;
  readonly #timed: TimedGraph;
  readonly #whole: Span;
  readonly #startState: number;
  #best: Path | undefined;
  #bound = Number.NEGATIVE_INFINITY;
  #prices: WindowPrices;

  constructor(problem: ScheduleProblem, timed: TimedGraph) {
    this.#problem = problem;
    this.#timed = timed;
    this.#whole = { start: 0, end: problem.needs.length };
    this.#startState = timed.graph.paid.indexOf(problem.startShards);
    this.#prices = new WindowPrices(problem, problem.needs.length);
  }

  solve(iterations: number): Schedule {
    this.#findPrice();
    note(`price: cost ${this.#best?.cost} bound ${this.#bound}`);
    if (this.#whole.end <= this.#problem.windowSlots) this.#replan(this.#whole);
    else {
      this.#sweep();
      note(`sweep: cost ${this.#best?.cost} bound ${this.#bound}`);
      this.#raiseBound(iterations);
      note(`bound: cost ${this.#best?.cost} bound ${this.#bound} gap ${1-this.#bound/(this.#best?.cost??0)}`);
    }
    const best = this.#best;
    if (best === undefined) throw new Error("no plan");
    return {
      calls: countsOf(this.#timed.graph, best),
      cost: best.cost,
      bound: this.#bound,
      isOptimal: this.#bound >= best.cost,
      isFeasible: true,
    };
  }

  /** The cheapest path at prices, and the bound that it proves. */
  #evaluate(prices: WindowPrices): Path {
    const ofCalls = prices.ofCalls();
    const costs = costsToGo(this.#timed, ofCalls, this.#whole, new Float64Array(this.#timed.graph.paid.length));
    const bound = (costs[this.#startState] as number) - prices.allowed();
    if (bound > this.#bound) {
      this.#bound = bound;
      this.#prices = prices;
    }
    const path = tracePath(this.#timed, ofCalls, this.#whole, costs, this.#startState);
    this.#take(path);
    return path;
  }

  #take(path: Path): boolean {
    const isLegal = keepsBudget(this.#problem, path.calls.map(({ slot }) => slot));
    if (isLegal && path.cost < (this.#best?.cost ?? Number.POSITIVE_INFINITY)) this.#best = path;
    return isLegal;
  }

  #findPrice(): void {
    const slots = this.#whole.end;
    const isLegalAt = (price: number): boolean => {
      const path = this.#evaluate(WindowPrices.even(this.#problem, slots, price));
      return keepsBudget(this.#problem, path.calls.map(({ slot }) => slot));
    };
    if (isLegalAt(0)) return;
    let [low, high] = [0, this.#problem.shardsMax * this.#problem.slotSeconds];
    while (!isLegalAt(high)) [low, high] = [high, high * 4];
    for (let turn = 0; turn < 6; turn += 1) {
      const middle = low === 0 ? high / 8 : Math.sqrt(low * high);
      if (isLegalAt(middle)) high = middle;
      else low = middle;
    }
  }

  /** Plans a span anew with the calls outside of it as they are; returns whether that is cheaper. */
  #replan(span: Span): boolean {
    const { graph } = this.#timed;
    const calls = this.#best?.calls ?? [];
    const inside = calls.filter(({ slot }) => slot >= span.start && slot < span.end);
    const before = calls.filter(({ slot }) => slot < span.start);
    const after = calls.filter(({ slot }) => slot >= span.end);
    const others = [...before, ...after].map(({ slot }) => slot);
    const startState = before.at(-1)?.to ?? this.#startState;
    const endState = inside.at(-1)?.to ?? startState;
    const isLast = span.end === this.#whole.end;
    const ending = new Float64Array(graph.paid.length);
    if (!isLast) ending.fill(Number.POSITIVE_INFINITY), (ending[endState] = 0);
    const costNow = this.#costOf(startState, inside, span);
    const found = cheapestInWindow({
      timed: this.#timed,
      span,
      startState,
      ending,
      limits: limitsInside(this.#problem, others, span),
      prices: this.#prices.ofCalls(),
      allowed: this.#prices.allowedInside(span.start, span.end, others),
      toBeat: costNow - 1e-6,
    });
    if (this.#whole.end <= this.#problem.windowSlots) this.#bound = Math.min(costNow, found?.cost ?? costNow);
    if (found === undefined) return false;
    this.#best = { calls: [...before, ...found.calls, ...after], cost: (this.#best?.cost ?? 0) - costNow + found.cost };
    return true;
  }

  #costOf(startState: number, calls: readonly PathCall[], span: Span): number {
    const { graph, needs, slotSeconds } = this.#timed;
    void needs;
    let cost = 0;
    let state = startState;
    let slot = span.start;
    for (const call of calls) {
      cost += (call.slot - slot) * (graph.paid[state] as number) * slotSeconds;
      for (let arc = graph.firstArc[state] as number; ; arc += 1)
        if (graph.target[arc] === call.to) {
          cost += graph.cost[arc] as number;
          break;
        }
      slot = call.slot + call.slots;
      state = call.to;
    }
    return cost + (span.end - slot) * (graph.paid[state] as number) * slotSeconds;
  }

  #sweep(): void {
    const { windowSlots } = this.#problem;
    const stride = Math.ceil(windowSlots / 2);
    for (let round = 0; round < 6; round += 1) {
      let improved = 0;
      for (let from = (round % 2) * Math.floor(stride/2) - stride; from < this.#whole.end; from += stride) {
        const start = this.#nodeAfter(Math.max(0, from));
        const end = this.#nodeBefore(Math.min(this.#whole.end, start + windowSlots));
        if (end > start && this.#replan({ start, end })) improved += 1;
      }
      note(`round ${round} improved ${improved} cost ${this.#best?.cost}`);
      if (improved === 0 && round > 1) break;
    }
  }

  #nodeAfter(slot: number): number {
    const running = this.#best?.calls.find((call) => call.slot < slot && call.slot + call.slots > slot);
    return running === undefined ? slot : running.slot + running.slots;
  }

  #nodeBefore(slot: number): number {
    const running = this.#best?.calls.find((call) => call.slot < slot && call.slot + call.slots > slot);
    return running === undefined ? slot : running.slot;
  }

  #raiseBound(iterations: number): void {
    const rules = this.#problem;
    let prices = this.#prices;
    let theta = 1;
    let stalls = 0;
    let direction = new Float64Array(prices.weights.length);
    for (let turn = 0; turn < iterations; turn += 1) {
      const before = this.#bound;
      const path = this.#evaluate(prices);
      const slots = path.calls.map(({ slot }) => slot);
      const excess = prices.excess(slots);
      const bound = path.cost; void bound;
      let norm = 0;
      const step = excess.map((value, at) => ((prices.weights[at] as number) > 0 || value > 0 ? value : 0));
      direction = direction.map((old, at) => 0.3 * old + (step[at] as number));
      for (const value of direction) norm += value * value;
      const priced = slots.reduce((sum, slot) => sum + (prices.ofCalls()[slot] as number), 0);
      const value = path.cost + priced - prices.allowed();
      const length = (theta * ((this.#best?.cost ?? 0) - value)) / norm;
      stalls = this.#bound > before ? 0 : stalls + 1;
      if (stalls >= 4) {
        theta *= 0.7;
        stalls = 0;
      }
      if ((this.#best?.cost ?? 0) - this.#bound < 0.001 * this.#bound) break;
      prices = new WindowPrices(rules, this.#whole.end, prices.weights.map((weight, at) => Math.max(0, weight + length * (direction[at] as number))));
    }
  }
}
