/*
 * The cheapest way through time where each call has a price that depends on its slot: dynamic programming from the end, over all slots
 * and states. Its inner loop is where a plan's time goes.
 */
import type { ScheduledCall, ScheduleProblem } from "./schedule-problem.js";
import type { SlotNeeds } from "./slot-needs.js";
import type { StepGraph } from "./step-graph.js";

/** The slots from `start` up to `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A graph over time, with what slots ask of it. */
export interface TimedGraph {
  readonly graph: StepGraph;
  readonly needs: SlotNeeds;
  readonly slotSeconds: number;
}

export function timedGraph(problem: ScheduleProblem, graph: StepGraph, needs: SlotNeeds): TimedGraph {
  return { graph, needs, slotSeconds: problem.slotSeconds };
}

/**
 * The cost from each slot and state to the end of the span, at `(t - start) * states + state`; infinite where there is no way.
 *
 * @param prices what a call costs on top, by slot
 * @param ending what each state costs at the end of the span
 */
export function costsToGo(timed: TimedGraph, prices: Float64Array, span: Span, ending: Float64Array): Float64Array {
  const states = timed.graph.paid.length;
  const costs = new Float64Array((span.end - span.start + 1) * states);
  costs.set(ending, (span.end - span.start) * states);
  if (timed.needs.shortfall === undefined) fillStrictly(timed, prices, span, costs);
  else fillWithShortfall(timed, timed.needs.shortfall, prices, span, costs);
  return costs;
}

/** Nothing may be missing. `clear` says up to which slot a state is enough. */
function fillStrictly(
  { graph, needs: { firstEnough }, slotSeconds }: TimedGraph,
  prices: Float64Array,
  { start, end }: Span,
  costs: Float64Array,
): void {
  const { paid } = graph;
  const states = paid.length;
  const clear = new Int32Array(states).fill(end);
  for (let slot = end - 1; slot >= start; slot -= 1) {
    const first = firstEnough[slot] as number;
    const row = (slot - start) * states;
    const price = prices[slot] as number;
    clear.fill(slot, 0, first);
    costs.fill(Number.POSITIVE_INFINITY, row, row + first);
    for (let state = first; state < states; state += 1) {
      const stay = (costs[row + states + state] as number) + (paid[state] as number) * slotSeconds - price;
      const down = cheapestDown(graph, state, costs, row, clear, slot, stay);
      costs[row + state] = price + cheapestUp(graph, state, costs, row, (clear[state] as number) - slot, down);
    }
  }
}

/** The cheapest of the calls to lower counts, or what is cheap already. */
export function cheapestDown(
  { firstArc, firstUp, target, slots, ahead, cost }: StepGraph,
  state: number,
  costs: Float64Array,
  row: number,
  clear: Int32Array,
  slot: number,
  known: number,
): number {
  const last = firstUp[state] as number;
  let best = known;
  for (let arc = firstArc[state] as number; arc < last; arc += 1) {
    if (slot + (slots[arc] as number) > (clear[target[arc] as number] as number)) continue;
    const total = (cost[arc] as number) + (costs[row + (ahead[arc] as number)] as number);
    best = Math.min(best, total);
  }
  return best;
}

/** The cheapest of the calls to higher counts, or what is cheap already. `room` is for how many slots the count now is enough. */
export function cheapestUp(
  { firstArc, firstUp, slots, ahead, cost }: StepGraph,
  state: number,
  costs: Float64Array,
  row: number,
  room: number,
  known: number,
): number {
  const last = firstArc[state + 1] as number;
  let best = known;
  for (let arc = firstUp[state] as number; arc < last; arc += 1) {
    if ((slots[arc] as number) > room) break;
    const total = (cost[arc] as number) + (costs[row + (ahead[arc] as number)] as number);
    best = Math.min(best, total);
  }
  return best;
}

/** What is missing is paid. */
function fillWithShortfall(
  timed: TimedGraph,
  shortfall: Float64Array,
  prices: Float64Array,
  { start, end }: Span,
  costs: Float64Array,
): void {
  const { graph, slotSeconds } = timed;
  const states = graph.paid.length;
  for (let slot = end - 1; slot >= start; slot -= 1) {
    const row = (slot - start) * states;
    const now = slot * states;
    const price = prices[slot] as number;
    for (let state = 0; state < states; state += 1) {
      const missing = (shortfall[now + states + state] as number) - (shortfall[now + state] as number);
      const stay = (costs[row + states + state] as number) + (graph.paid[state] as number) * slotSeconds + missing;
      const paid = cheapestWithShortfall(graph, state, { costs, row, shortfall, now, room: end - slot }, stay - price);
      costs[row + state] = price + paid;
    }
  }
}

/** Where a slot's rows are in the tables of costs and of shortfall, and how many slots are left. */
interface Place {
  readonly costs: Float64Array;
  readonly row: number;
  readonly shortfall: Float64Array;
  readonly now: number;
  readonly room: number;
}

/** The cheapest of all calls of a state with what is missing meanwhile, or what is cheap already. */
export function cheapestWithShortfall(
  { paid, firstArc, target, slots, ahead, cost }: StepGraph,
  state: number,
  { costs, row, shortfall, now, room }: Place,
  known: number,
): number {
  const last = firstArc[state + 1] as number;
  let best = known;
  for (let arc = firstArc[state] as number; arc < last; arc += 1) {
    const span = slots[arc] as number;
    if (span > room) continue;
    const least = now + Math.min(state, target[arc] as number);
    const missing = (shortfall[least + span * paid.length] as number) - (shortfall[least] as number);
    best = Math.min(best, (cost[arc] as number) + missing + (costs[row + (ahead[arc] as number)] as number));
  }
  return best;
}

/** What a call costs from its slot on, shortfall included and its price not; infinite where it is not possible there. */
export function arcCost({ graph, needs }: TimedGraph, slot: number, state: number, arc: number, end: number): number {
  const to = graph.target[arc] as number;
  const span = graph.slots[arc] as number;
  if (slot + span > end) return Number.POSITIVE_INFINITY;
  const least = Math.min(state, to);
  const cost = graph.cost[arc] as number;
  const { shortfall, firstEnough } = needs;
  if (shortfall !== undefined) {
    const states = graph.paid.length;
    return cost + (shortfall[(slot + span) * states + least] as number) - (shortfall[slot * states + least] as number);
  }
  for (let at = slot; at < slot + span; at += 1)
    if ((firstEnough[at] as number) > least) return Number.POSITIVE_INFINITY;
  return cost;
}

/** What a state costs for one slot. */
export function stayCost({ graph, needs, slotSeconds }: TimedGraph, slot: number, state: number): number {
  const { shortfall, firstEnough } = needs;
  if (shortfall === undefined && (firstEnough[slot] as number) > state) return Number.POSITIVE_INFINITY;
  const states = graph.paid.length;
  const missing =
    shortfall === undefined
      ? 0
      : (shortfall[(slot + 1) * states + state] as number) - (shortfall[slot * states + state] as number);
  return (graph.paid[state] as number) * slotSeconds + missing;
}

/** A way through a span: its calls, and where it ends. */
export interface Path {
  readonly calls: readonly PathCall[];
  /** Without prices, in shard-seconds. */
  readonly cost: number;
}

/** A call between two states. */
export interface PathCall {
  readonly slot: number;
  readonly from: number;
  readonly to: number;
  readonly slots: number;
}

/** The cheapest path from a state, by the costs to go with the same prices; fewest calls first where costs tie. */
export function tracePath(
  timed: TimedGraph,
  prices: Float64Array,
  span: Span,
  costs: Float64Array,
  startState: number,
): Path {
  const states = timed.graph.paid.length;
  const calls: PathCall[] = [];
  let total = 0;
  let state = startState;
  for (let slot = span.start; slot < span.end; ) {
    const row = (slot - span.start) * states;
    const stay = stayCost(timed, slot, state);
    let best = stay + (costs[row + states + state] as number);
    let chosen = -1;
    for (let arc = timed.graph.firstArc[state] as number; arc < (timed.graph.firstArc[state + 1] as number); arc += 1) {
      const cost = arcCost(timed, slot, state, arc, span.end) + (prices[slot] as number);
      if (cost >= best) continue;
      const ahead = (timed.graph.slots[arc] as number) * states;
      const through = cost + (costs[row + ahead + (timed.graph.target[arc] as number)] as number);
      if (through >= best - Math.abs(best) * tieTolerance) continue;
      best = through;
      chosen = arc;
    }
    if (chosen < 0) {
      total += stay;
      slot += 1;
      continue;
    }
    const to = timed.graph.target[chosen] as number;
    const slots = timed.graph.slots[chosen] as number;
    total += arcCost(timed, slot, state, chosen, span.end);
    calls.push({ slot, from: state, to, slots });
    slot += slots;
    state = to;
  }
  return { calls, cost: total };
}

/** Costs this close, relative to themselves, are the same. */
const tieTolerance = 1e-12;

/** The calls of a path by their counts. */
export function countsOf({ paid }: StepGraph, { calls }: Path): ScheduledCall[] {
  return calls.map(({ slot, from, to }) => ({ slot, from: paid[from] as number, to: paid[to] as number }));
}
