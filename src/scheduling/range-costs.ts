/*
 * A lower bound of the cheapest way through time where there are too many counts to look at every call between them. Each count is a state
 * of its own for as long as it is held, and pays for itself. Calls lead from a range of counts to another: from any count of the one to
 * that of the other with the least to come, in the shortest time and at the least cost between any two. Every plan in whole shards is such
 * a way, at no more than its cost.
 */
import { arcCost, cheapestDown, cheapestUp, cheapestWithShortfall, type TimedGraph } from "./cheapest-path.js";
import type { ScheduleProblem } from "./schedule-problem.js";

/** By slot and range, at `slot * ranges + range`. */
export interface RangeCosts {
  /** Least cost to go from any count of the range. */
  readonly least: Float64Array;
  /** A count that has it. */
  readonly leastCount: Int32Array;
  /** Cost to go where a call is made from the range now. */
  readonly calling: Float64Array;
  /** Cost to go from the count at the start. */
  readonly fromStart: number;
}

/** @param prices what a call costs on top, by slot */
export function rangeCosts(problem: ScheduleProblem, timed: TimedGraph, prices: Float64Array): RangeCosts {
  const { graph } = timed;
  const ranges = graph.paid.length;
  const end = problem.needs.length;
  const size = (end + 1) * ranges;
  const table = {
    least: new Float64Array(size),
    leastCount: new Int32Array(size),
    calling: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
  };
  const held = new Float64Array((graph.capacity[ranges - 1] as number) + 1);
  const clear = new Int32Array(ranges).fill(end);
  table.leastCount.set(graph.paid, end * ranges);
  for (let slot = end - 1; slot >= 0; slot -= 1) {
    callFromAll(timed, table, clear, slot, prices[slot] as number);
    holdAll(problem, timed, table, held, slot);
  }
  return { ...table, fromStart: held[problem.startShards] as number };
}

type Table = Omit<RangeCosts, "fromStart">;

/** What calls from the ranges cost with what comes after them. */
function callFromAll(
  { graph, needs: { firstEnough, shortfall } }: TimedGraph,
  { least, calling }: Table,
  clear: Int32Array,
  slot: number,
  price: number,
): void {
  const ranges = graph.paid.length;
  const row = slot * ranges;
  const end = least.length / ranges - 1;
  const first = firstEnough[slot] as number;
  clear.fill(slot, 0, first);
  for (let range = first; range < ranges; range += 1) {
    const nothing = Number.POSITIVE_INFINITY;
    if (shortfall === undefined) {
      const down = cheapestDown(graph, range, least, row, clear, slot, nothing);
      calling[row + range] = price + cheapestUp(graph, range, least, row, (clear[range] as number) - slot, down);
    } else {
      const place = { costs: least, row, shortfall, now: row, room: end - slot };
      calling[row + range] = price + cheapestWithShortfall(graph, range, place, nothing);
    }
  }
}

/** Every count for one slot more, or a call from its range where that is cheaper. */
function holdAll(
  { needs, slotSeconds, shortfallPrice }: ScheduleProblem,
  { graph: { paid, capacity }, needs: { shortfall } }: TimedGraph,
  { least, leastCount, calling }: Table,
  held: Float64Array,
  slot: number,
): void {
  const row = slot * paid.length;
  const need = needs[slot] as number;
  const enough = shortfall === undefined ? Math.ceil(need) : 0;
  held.fill(Number.POSITIVE_INFINITY, 0, Math.min(enough, held.length));
  for (let range = 0; range < paid.length; range += 1) {
    const high = capacity[range] as number;
    const call = calling[row + range] as number;
    let best = Number.POSITIVE_INFINITY;
    let bestCount = high;
    for (let count = Math.max(paid[range] as number, enough); count <= high; count += 1) {
      const missing = need > count ? (need - count) * shortfallPrice : 0;
      const cost = Math.min(call, (held[count] as number) + count * slotSeconds + missing);
      held[count] = cost;
      if (cost < best) {
        best = cost;
        bestCount = count;
      }
    }
    least[row + range] = best;
    leastCount[row + range] = bestCount;
  }
}

/** The slots in which the cheapest way calls. */
export function callsThroughRanges(problem: ScheduleProblem, timed: TimedGraph, costs: RangeCosts): number[] {
  const { graph } = timed;
  const end = problem.needs.length;
  const slots: number[] = [];
  let count = problem.startShards;
  for (let slot = 0; slot < end; ) {
    const range = graph.capacity.findIndex((high) => high >= count);
    const next = bestCallSlot(problem, timed, costs, slot, count, range);
    if (next === end) break;
    const arc = bestArc(timed, costs, next, range);
    slots.push(next);
    slot = next + (graph.slots[arc] as number);
    count = costs.leastCount[next * graph.paid.length + (graph.ahead[arc] as number)] as number;
  }
  return slots;
}

/** Until which slot to hold a count; the end where it is never to change. */
function bestCallSlot(
  { needs, slotSeconds, shortfallPrice }: ScheduleProblem,
  { graph }: TimedGraph,
  { calling }: RangeCosts,
  from: number,
  count: number,
  range: number,
): number {
  let cheapest = Number.POSITIVE_INFINITY;
  let best = needs.length;
  let paid = 0;
  for (let slot = from; slot < needs.length; slot += 1) {
    const missing = Math.max(0, (needs[slot] as number) - count);
    if (missing > 0 && shortfallPrice === Number.POSITIVE_INFINITY) return best;
    const total = paid + (calling[slot * graph.paid.length + range] as number);
    if (total < cheapest) {
      cheapest = total;
      best = slot;
    }
    paid += count * slotSeconds + (missing > 0 ? missing * shortfallPrice : 0);
  }
  return paid <= cheapest ? needs.length : best;
}

function bestArc(timed: TimedGraph, { least }: RangeCosts, slot: number, range: number): number {
  const { firstArc, paid, ahead } = timed.graph;
  const end = least.length / paid.length - 1;
  let cheapest = Number.POSITIVE_INFINITY;
  let best = firstArc[range] as number;
  for (let arc = best; arc < (firstArc[range + 1] as number); arc += 1) {
    const cost = arcCost(timed, slot, range, arc, end);
    if (!(cost < cheapest)) continue;
    const total = cost + (least[slot * paid.length + (ahead[arc] as number)] as number);
    if (total >= cheapest) continue;
    cheapest = total;
    best = arc;
  }
  return best;
}
