/*
 * A plan made cheaper window by window: the calls within one are planned anew, exactly, with all others as they are, until no window
 * gets any cheaper.
 */
import { limitsInside } from "./call-budget.js";
import { countsOf, type Span, timedGraph } from "./cheapest-path.js";
import { countsAround } from "./counts.js";
import { type CostedPlan, callUnderWay, costOfSpan, slotsOfCalls } from "./plan-cost.js";
import { type ScheduleProblem, slotsOf } from "./schedule-problem.js";
import { slotNeeds } from "./slot-needs.js";
import { planGraph } from "./step-graph.js";
import type { WindowPrices } from "./window-prices.js";
import { cheapestInWindow } from "./window-search.js";

/** Rounds over the whole plan, at most. */
const roundsMax = 6;
/** Windows begin this part of a window after one another. */
const stride = 1 / 2;

/**
 * The plan with the calls of every window as cheap as can be.
 *
 * @param prices of windows: the better they are, the faster it is
 * @param grid counts that plans may hold, apart from those that a window's own needs suggest
 */
export function improvePlan(
  problem: ScheduleProblem,
  plan: CostedPlan,
  prices: WindowPrices,
  grid: Int32Array,
): CostedPlan {
  let best = plan;
  let changed: Span[] = [{ start: 0, end: problem.needs.length }];
  for (let round = 0; round < roundsMax && changed.length > 0; round += 1) {
    const changes: Span[] = [];
    for (const span of windowsOf(problem, round)) {
      if (![...changed, ...changes].some((one) => isNear(one, span, problem.windowSlots))) continue;
      const better = replanSpan(problem, best, trimmed(problem, best, span), prices, grid);
      if (better === undefined) continue;
      best = better;
      changes.push(span);
    }
    changed = changes;
  }
  return best;
}

/** Every other round lies between the windows of the one before. */
function windowsOf({ needs, windowSlots }: ScheduleProblem, round: number): Span[] {
  const step = Math.ceil(windowSlots * stride);
  const spans: Span[] = [];
  for (let start = round % 2 === 0 ? 0 : -Math.floor(step / 2); start < needs.length; start += step)
    spans.push({ start: Math.max(0, start), end: Math.min(needs.length, start + windowSlots) });
  return spans;
}

/** Whether what changed in one span may matter to another: calls share a window. */
function isNear(one: Span, other: Span, windowSlots: number): boolean {
  return one.start < other.end + windowSlots && other.start < one.end + windowSlots;
}

/** The span without the ends in which a call is under way. */
function trimmed(problem: ScheduleProblem, { calls }: CostedPlan, { start, end }: Span): Span {
  const [early, late] = [callUnderWay(problem, calls, start), callUnderWay(problem, calls, end)];
  return {
    start: early === undefined ? start : early.slot + slotsOf(problem, early.from, early.to),
    end: late === undefined ? end : late.slot,
  };
}

/** The plan with cheaper calls in a span; undefined where there are none. */
export function replanSpan(
  problem: ScheduleProblem,
  plan: CostedPlan,
  span: Span,
  prices: WindowPrices,
  grid: Int32Array,
): CostedPlan | undefined {
  if (span.end <= span.start) return undefined;
  const before = plan.calls.filter(({ slot }) => slot < span.start);
  const inside = plan.calls.filter(({ slot }) => slot >= span.start && slot < span.end);
  const after = plan.calls.filter(({ slot }) => slot >= span.end);
  const others = slotsOfCalls([...before, ...after]);
  const shards = before.at(-1)?.to ?? problem.startShards;
  const graph = planGraph(problem, countsAround(problem, [...before.slice(-1), ...inside], span, grid));
  const timed = timedGraph(problem, graph, slotNeeds(problem, graph));
  const costNow = costOfSpan(problem, shards, inside, span);
  const found = cheapestInWindow({
    timed,
    span,
    startState: graph.paid.indexOf(shards),
    ending: endingAt(graph.paid, span.end === problem.needs.length ? undefined : (inside.at(-1)?.to ?? shards)),
    limits: limitsInside(problem, others, span),
    prices: prices.ofCalls(),
    allowed: prices.allowedInside(span.start, span.end, others),
    callsNow: inside.length,
    toBeat: costNow,
  });
  if (found === undefined) return undefined;
  const calls = [...before, ...countsOf(graph, found), ...after];
  return { calls, cost: costOfSpan(problem, problem.startShards, calls, { start: 0, end: problem.needs.length }) };
}

/** What states cost at the end of a span: nothing, or only the one that the plan goes on from. */
function endingAt(counts: Int32Array, shards: number | undefined): Float64Array {
  return Float64Array.from(counts, (count) =>
    shards === undefined || count === shards ? 0 : Number.POSITIVE_INFINITY,
  );
}
