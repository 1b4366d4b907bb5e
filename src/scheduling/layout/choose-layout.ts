/*
 * The layout that a stream gets: the fewest operations that keep every shard within a load, or fewer shards where each is worth some
 * operations or there may be only so many. With a fixed set of boundaries, cuts inside of a stretch that keeps its ends then move to where
 * the most loaded shard of the stretch carries least.
 *
 * Operations as a function of the number of shards are convex: a range that is within a limit has all its parts within it, so the costs of
 * ranges are Monge, and so is the least cost of paths with a given number of edges (A. Aggarwal, B. Schieber, T. Tokuyama, "Finding a
 * minimum-weight k-link path in graphs with the concave Monge property", Discrete Comput. Geom. 12, 1994). So some price per shard leads to
 * any number of shards, or two layouts that cost the same at a price lie on both sides of it; then the lower part of the one and the upper
 * part of the other, joined where a shard of the one holds a shard of the other, cost no more. Whole operations tie at whole prices only.
 */
import { type BoundaryProblem, cheapestBoundaries } from "./choose-boundaries.js";
import { cutEvenly, fewestParts } from "./cut-evenly.js";

export interface LayoutProblem extends BoundaryProblem {
  /** How many operations one shard less is worth; a whole number. */
  readonly shardValue: number;
  /** Most shards at the end. */
  readonly shardsMax: number;
}

/** The inner boundaries of the best layout; null where no layout of so many shards keeps within the limit. */
export function chooseLayout(problem: LayoutProblem): bigint[] | null {
  const fewest = fewestParts(problem.line, problem.limit, problem.shardsMax);
  return fewest === null ? null : evenOut(problem, boundariesWithin(problem));
}

/** Prices that are this near are one. */
const priceTolerance = 1e-9;

/** The boundaries at the price that is asked for, or at the lowest that leads to so few shards. */
function boundariesWithin(problem: LayoutProblem): bigint[] {
  const atPrice = (price: number): bigint[] => cheapestBoundaries(problem, price) ?? [];
  const isEnough = (boundaries: readonly bigint[]): boolean => boundaries.length < problem.shardsMax;
  // Half an operation on top, so that what just pays is done.
  let low = problem.shardValue + 1 / 2;
  let many = atPrice(low);
  if (isEnough(many)) return many;
  let high = 2 * low;
  let few = atPrice(high);
  while (!isEnough(few)) {
    [low, many] = [high, few];
    high *= 2;
    few = atPrice(high);
  }
  while (few.length + 1 < problem.shardsMax && high - low > priceTolerance * high) {
    const middle = (low + high) / 2;
    const between = atPrice(middle);
    if (isEnough(between)) [high, few] = [middle, between];
    else [low, many] = [middle, between];
  }
  return joined(problem, few, many);
}

/** The lower part of the layout of many shards and the upper one of that of few, so that there are as many as may be. */
function joined({ line, shardsMax }: LayoutProblem, few: readonly bigint[], many: readonly bigint[]): bigint[] {
  const added = shardsMax - (few.length + 1);
  const ends = [...few, line.end];
  const last = many.findIndex(
    (_, index) => index >= added && (ends[index - added] as bigint) >= (many[index] as bigint),
  );
  return last < 0 || added === 0 ? [...few] : [...many.slice(0, last), ...few.slice(last - added)];
}

/** Where cuts are new, they move between the existing boundaries around them. */
function evenOut({ line, existing }: BoundaryProblem, boundaries: readonly bigint[]): bigint[] {
  const isExisting = new Set(existing);
  const evened: bigint[] = [];
  let [from, parts] = [line.start, 1];
  for (const to of [...boundaries, line.end]) {
    if (to === line.end || isExisting.has(to)) {
      evened.push(...cutEvenly(line, from, to, parts), to);
      [from, parts] = [to, 1];
    } else parts += 1;
  }
  return evened.slice(0, -1);
}
