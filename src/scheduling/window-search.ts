/*
 * The cheapest way through a span of at most one window, exactly, with the calls outside of it as they are.
 *
 * A lower bound comes first: the costs to go with prices on calls, less what the prices of all windows allow. Only calls that lie on a
 * path whose bound is below what is to be beaten can be part of a better one, and few do. Over those, dynamic programming by slot, state
 * and calls made so far is exact, as a window that rolls over the span meets its beginning, its end, or all of it.
 */
import type { CallLimits } from "./call-budget.js";
import { arcCost, costsToGo, type Path, type PathCall, type Span, stayCost, type TimedGraph } from "./cheapest-path.js";

export interface WindowProblem {
  readonly timed: TimedGraph;
  readonly span: Span;
  readonly startState: number;
  /** What each state costs at the end of the span: 0, or infinite where the path must not end there. */
  readonly ending: Float64Array;
  readonly limits: CallLimits;
  /** By slot; their sum over the calls of any path that keeps the limits is at most `allowed`. */
  readonly prices: Float64Array;
  readonly allowed: number;
  /** The number of calls that the span has now: others that differ by more than one are not looked at where that matters. */
  readonly callsNow: number;
  /** Paths must cost less than this to be of interest. */
  readonly toBeat: number;
}

/** Calls that a better path may have, by their slots, ascending. */
interface Candidates {
  readonly slot: number[];
  readonly from: number[];
  readonly arc: number[];
  readonly cost: number[];
  /** Whether a better path may be at a state at a slot, at `(slot - start) * states + state`. */
  readonly isOpen: Uint8Array;
}

/** How much of the way from the bound to the cost that is to be beaten is searched at first, and by how much that grows. */
const firstPart = 1 / 2 ** 4;
const growth = 4;

/** The cheapest path; undefined where none costs less than what is to be beaten. */
export function cheapestInWindow(problem: WindowProblem): Path | undefined {
  const { timed, span, startState, prices, ending, allowed, toBeat } = problem;
  const costs = costsToGo(timed, prices, span, ending);
  const bound = (costs[startState] as number) - allowed;
  if (!(bound < toBeat)) return undefined;
  for (let part = firstPart; ; part *= growth) {
    const threshold = part < 1 && Number.isFinite(toBeat) ? bound + part * (toBeat - bound) : toBeat;
    const found = searchBelow(problem, costs, threshold);
    if (found !== undefined || threshold === toBeat) return found;
  }
}

/** The cheapest path that costs less than a threshold. */
function searchBelow(problem: WindowProblem, costs: Float64Array, threshold: number): Path | undefined {
  const candidates = collectCandidates(problem, costs, threshold + problem.allowed);
  return countOptions(problem).reduce<Path | undefined>((best, total) => {
    const path = cheapestOver(problem, candidates, total);
    return path !== undefined && path.cost < (best?.cost ?? threshold) ? path : best;
  }, undefined);
}

/**
 * Where the limits from a slot to the end can bind, how many calls there are in all has to be fixed to know how many are left; each
 * number is an option then. Elsewhere any number will do.
 */
function countOptions({ limits: { from, inAll }, callsNow }: WindowProblem): (number | undefined)[] {
  if (from.every((limit) => limit >= inAll)) return [undefined];
  return [callsNow, callsNow - 1, callsNow + 1].filter((total) => total >= 0 && total <= inAll);
}

/** Calls on a way, by costs so far and to go with prices, that is cheap enough. */
function collectCandidates(problem: WindowProblem, costs: Float64Array, most: number): Candidates {
  const { timed, span, startState } = problem;
  const states = timed.graph.paid.length;
  const isOpen = new Uint8Array((span.end - span.start + 1) * states);
  const sofar = new Float64Array(isOpen.length).fill(Number.POSITIVE_INFINITY);
  sofar[startState] = 0;
  const found: Candidates = { slot: [], from: [], arc: [], cost: [], isOpen };
  for (let slot = span.start; slot < span.end; slot += 1) {
    const row = (slot - span.start) * states;
    for (let state = 0; state < states; state += 1) {
      const spent = sofar[row + state] as number;
      if (!(spent + (costs[row + state] as number) < most)) continue;
      isOpen[row + state] = 1;
      const stay = row + states + state;
      sofar[stay] = Math.min(sofar[stay] as number, spent + stayCost(timed, slot, state));
      collectFrom(problem, { costs, sofar, most }, slot, state, found);
    }
  }
  return found;
}

interface Reach {
  readonly costs: Float64Array;
  readonly sofar: Float64Array;
  readonly most: number;
}

/** The calls of one state at one slot. */
function collectFrom(
  { timed, span, prices }: WindowProblem,
  { costs, sofar, most }: Reach,
  slot: number,
  state: number,
  found: Candidates,
): void {
  const { graph } = timed;
  const row = (slot - span.start) * graph.paid.length;
  const spent = (sofar[row + state] as number) + (prices[slot] as number);
  const last = graph.firstArc[state + 1] as number;
  for (let arc = graph.firstArc[state] as number; arc < last; arc += 1) {
    const there = row + (graph.ahead[arc] as number);
    if (there >= costs.length || !(spent + (graph.cost[arc] as number) + (costs[there] as number) < most)) continue;
    const cost = arcCost(timed, slot, state, arc, span.end);
    if (!(spent + cost + (costs[there] as number) < most)) continue;
    sofar[there] = Math.min(sofar[there] as number, spent + cost);
    found.slot.push(slot);
    found.from.push(state);
    found.arc.push(arc);
    found.cost.push(cost);
  }
}

/** No call led here: the path stayed. */
const stayed = -1;

/** Costs by slot, state and calls so far, and by which candidate each was reached. */
interface Layered {
  readonly costs: Float64Array;
  readonly through: Int32Array;
  readonly layers: number;
}

/**
 * The cheapest path over the candidates.
 *
 * @param total calls to make in all; any number where undefined
 */
function cheapestOver(problem: WindowProblem, candidates: Candidates, total: number | undefined): Path | undefined {
  const { timed, span, startState, limits } = problem;
  const layers = (total ?? Math.max(0, limits.inAll)) + 1;
  const length = span.end - span.start;
  const costs = new Float64Array((length + 1) * timed.graph.paid.length * layers).fill(Number.POSITIVE_INFINITY);
  const layered = { costs, through: new Int32Array(costs.length).fill(stayed), layers };
  costs[startState * layers] = 0;
  let next = 0;
  for (let at = 0; at < length; at += 1) {
    stayInAll(problem, candidates, layered, at);
    const most = Math.min(layers - 1, limits.upTo[at] as number);
    const least = total === undefined ? 0 : Math.max(0, total - (limits.from[at] as number));
    for (; candidates.slot[next] === span.start + at; next += 1)
      callInAll(timed, candidates, layered, { at, next, least, most });
  }
  return readPath(problem, candidates, layered, total);
}

function stayInAll({ timed, span }: WindowProblem, { isOpen }: Candidates, layered: Layered, at: number): void {
  const { costs, layers } = layered;
  const states = timed.graph.paid.length;
  for (let state = 0; state < states; state += 1) {
    if (isOpen[at * states + state] === 0) continue;
    const stay = stayCost(timed, span.start + at, state);
    const here = (at * states + state) * layers;
    for (let made = 0; made < layers; made += 1)
      relax(layered, here + states * layers + made, (costs[here + made] as number) + stay, stayed);
  }
}

/** The candidate that is next, by how many calls were made before it. */
function callInAll(
  { graph }: TimedGraph,
  { from, arc, cost }: Candidates,
  layered: Layered,
  { at, next, least, most }: { at: number; next: number; least: number; most: number },
): void {
  const { costs, layers } = layered;
  const row = at * graph.paid.length;
  const here = (row + (from[next] as number)) * layers;
  const there = (row + (graph.ahead[arc[next] as number] as number)) * layers;
  for (let made = least; made < most; made += 1)
    relax(layered, there + made + 1, (costs[here + made] as number) + (cost[next] as number), next);
}

function relax({ costs, through }: Layered, place: number, cost: number, by: number): void {
  if (cost >= (costs[place] as number)) return;
  costs[place] = cost;
  through[place] = by;
}

/** The path that ends cheapest, read from its end. */
function readPath(
  { timed: { graph }, span, ending }: WindowProblem,
  candidates: Candidates,
  { costs, through, layers }: Layered,
  total: number | undefined,
): Path | undefined {
  const states = graph.paid.length;
  const length = span.end - span.start;
  let cost = Number.POSITIVE_INFINITY;
  let place = -1;
  for (let state = 0; state < states; state += 1) {
    for (let made = total ?? 0; made < layers; made += 1) {
      const end = (length * states + state) * layers + made;
      const reached = (costs[end] as number) + (ending[state] as number);
      if (reached >= cost) continue;
      cost = reached;
      place = end;
    }
  }
  if (place < 0) return undefined;
  const calls: PathCall[] = [];
  for (let at = length; at > 0; ) {
    const by = through[place] as number;
    if (by === stayed) {
      place -= states * layers;
      at -= 1;
      continue;
    }
    const arc = candidates.arc[by] as number;
    const slots = graph.slots[arc] as number;
    const [from, to] = [candidates.from[by] as number, graph.target[arc] as number];
    calls.unshift({ slot: candidates.slot[by] as number, from, to, slots });
    place -= (slots * states + to - from) * layers + 1;
    at -= slots;
  }
  return { calls, cost };
}
