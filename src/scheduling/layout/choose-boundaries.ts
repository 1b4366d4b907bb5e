/*
 * The boundaries of a stream's shards that keep every shard within a load, by the fewest splits and merges. A split adds one boundary and
 * a merge removes one, so their number is that of the boundaries that only one of both layouts has. Moving a boundary takes two.
 *
 * A shortest path over boundaries, from the lower end: from each place a shard ends either at an existing boundary within reach, or, as a
 * new cut, as far as it can: a new cut that ends earlier may move up to the reach, or to an existing boundary on the way, at no more
 * cost. Reach grows with the place, so places come in order, new cuts from a queue and the best way to an existing boundary from a
 * sliding minimum. A price per shard trades operations for shards. Of boundaries that may as well go, those between cold shards do: each
 * weighs a little more than 1 by the load around it, all together less than half an operation, which no number of operations makes up.
 */
import { ceilTolerance } from "../../units/rounding.js";
import { sumOf } from "../../units/sum-of.js";
import type { LoadLine } from "./load-line.js";

export interface BoundaryProblem {
  readonly line: LoadLine;
  /** Boundaries between the shards that there are: ascending, without both ends of the space. */
  readonly existing: readonly bigint[];
  /** The load that no shard may exceed. */
  readonly limit: number;
}

/** A place that shards may end at, and the cheapest way to it. */
interface Place {
  readonly at: bigint;
  /** The existing boundary at it or last before it, by its number; the lower end is 0. */
  readonly index: number;
  readonly cost: number;
  readonly before: Place | undefined;
  readonly reach: bigint;
}

/**
 * The boundaries for which operations and `shardPrice` times the number of shards together are least.
 *
 * @returns ascending, without both ends; null where one key alone exceeds the limit
 */
export function cheapestBoundaries({ line, existing, limit }: BoundaryProblem, shardPrice: number): bigint[] | null {
  const ends = [...existing, line.end];
  const tolerant = limit * (1 + ceilTolerance);
  const removal = removalCosts(line, existing);
  const nearest = new CheapestWithinReach(removal);
  const cuts: Place[] = [];
  let taken = 0;

  const visit = (at: bigint, index: number, cost: number, before: Place | undefined): void => {
    const place = { at, index, cost, before, reach: line.reach(at, tolerant) };
    nearest.add(place);
    const passed = indexWithin(ends, place.reach, index);
    const isNew = place.reach > at && place.reach < line.end && ends[passed - 1] !== place.reach;
    if (!isNew) return;
    const cut = {
      ...place,
      at: place.reach,
      index: passed,
      cost: cost + spanOf(removal, index, passed) + 1 + shardPrice,
      before: place,
    };
    // A cut that lies behind another of the same shard and costs no more makes it pointless.
    while (cuts.length > taken && isPointless(cuts.at(-1) as Place, cut)) cuts.pop();
    cuts.push(cut);
  };

  visit(line.start, 0, 0, undefined);
  for (const [number, end] of ends.entries()) {
    const index = number + 1;
    for (let cut = cuts[taken]; cut !== undefined && cut.at < end; cut = cuts[taken]) {
      taken += 1;
      const direct = nearest.costOf(end, index, shardPrice);
      if (direct === undefined || direct.cost > cut.cost) visit(cut.at, cut.index, cut.cost, cut.before);
    }
    const way = nearest.costOf(end, index, shardPrice);
    if (way === undefined) return null;
    if (end === line.end) return wayTo(way.before);
    visit(end, index, way.cost, way.before);
  }
  return null;
}

function isPointless(earlier: Place, later: Place): boolean {
  return earlier.index === later.index && earlier.cost >= later.cost;
}

/** How many of the boundaries lie at or below a hash key; `from` of them are known to. */
function indexWithin(boundaries: readonly bigint[], hashKey: bigint, from: number): number {
  let low = from;
  let high = boundaries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((boundaries[middle] as bigint) <= hashKey) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The places on the way to and with one, without the lower end. */
function wayTo(last: Place): bigint[] {
  const way: bigint[] = [];
  for (let place: Place | undefined = last; place?.before !== undefined; place = place.before) way.push(place.at);
  return way.reverse();
}

/** What it costs to remove the boundaries below each, in operations. */
function removalCosts(line: LoadLine, existing: readonly bigint[]): Float64Array {
  const ends = [line.start, ...existing, line.end];
  const around = existing.map((_, index) => line.load(ends[index] as bigint, ends[index + 2] as bigint));
  const all = sumOf(around, (load) => load) || 1;
  const costs = new Float64Array(existing.length + 1);
  for (const [index, load] of around.entries())
    costs[index + 1] = (costs[index] as number) + 1 + (removalsTogether * load) / all;
  return costs;
}

/** What the removal of all boundaries together costs beyond its operations. */
const removalsTogether = 1 / 4;

/** The cost of removing boundaries from the one behind `from` to `to`, by their numbers. */
function spanOf(removal: Float64Array, from: number, to: number): number {
  return (removal[to] as number) - (removal[from] as number);
}

/** The cheapest place from which an existing boundary is within reach, as both move up. */
class CheapestWithinReach {
  readonly #removal: Float64Array;
  /** In the order of places and of reach; costs less those of the boundaries passed so far ascend. */
  readonly #places: Place[] = [];
  #first = 0;

  constructor(removal: Float64Array) {
    this.#removal = removal;
  }

  add(place: Place): void {
    const balance = this.#balance(place);
    while (this.#places.length > this.#first && this.#balance(this.#places.at(-1) as Place) >= balance)
      this.#places.pop();
    this.#places.push(place);
  }

  /** The way to the boundary of that number, all boundaries between removed. */
  costOf(boundary: bigint, index: number, shardPrice: number): { cost: number; before: Place } | undefined {
    while ((this.#places[this.#first]?.reach ?? boundary) < boundary) this.#first += 1;
    const before = this.#places[this.#first];
    return before && { cost: before.cost + spanOf(this.#removal, before.index, index - 1) + shardPrice, before };
  }

  #balance({ cost, index }: Place): number {
    return cost - (this.#removal[index] as number);
  }
}
