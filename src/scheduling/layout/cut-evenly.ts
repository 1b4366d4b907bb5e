/*
 * Cuts of a range regardless of the shards that there are: the fewest parts within a limit, and the least limit for a number of parts. A
 * greedy probe answers the first, since no part gains by ending before it has to. The second is the chains-on-chains partitioning of
 * scheduling: bisection over probes, of which each that succeeds lowers the bound to what its parts do carry (A. Pinar, C. Aykanat,
 * "Fast optimal load balancing algorithms for 1D partitioning", J. Parallel Distrib. Comput. 64, 2004).
 */
import { ceilTolerance } from "../../units/rounding.js";
import type { LoadLine } from "./load-line.js";

/** Bisections at most: by then the bounds agree in all digits that loads have. */
const bisectionsMax = 48;
/** Bounds that agree so far are one. */
const agreement = 1e-12;

/** The fewest parts of the whole space of which none carries more than `limit`; null where they are more than `partsMax`. */
export function fewestParts(line: LoadLine, limit: number, partsMax: number): number | null {
  const cuts = cutsWithin(line, line.start, line.end, limit * (1 + ceilTolerance), partsMax);
  return cuts === null ? null : cuts.length + 1;
}

/** Where to cut a range into `parts` or fewer, so that the most loaded one carries as little as can be. */
export function cutEvenly(line: LoadLine, from: bigint, to: bigint, parts: number): bigint[] {
  if (parts === 1) return [];
  let most = line.load(from, to);
  let least = most / parts;
  let best: bigint[] = cutsWithin(line, from, to, least, parts) ?? [];
  if (best.length > 0) return best;
  for (let round = 0; round < bisectionsMax && most - least > most * agreement; round += 1) {
    const limit = (least + most) / 2;
    const cuts = cutsWithin(line, from, to, limit, parts);
    if (cuts === null) least = limit;
    else {
      best = cuts;
      most = Math.min(limit, mostLoaded(line, [from, ...cuts, to]));
    }
  }
  return best;
}

/** The load of the most loaded part between boundaries. */
export function mostLoaded(line: LoadLine, boundaries: readonly bigint[]): number {
  return boundaries.reduce((most, to, index) => {
    const from = boundaries[index - 1];
    return from === undefined ? most : Math.max(most, line.load(from, to));
  }, 0);
}

/** The cuts of a range into as few parts as a limit allows, from its lower end; null where they are more than `parts`. */
function cutsWithin(line: LoadLine, from: bigint, to: bigint, limit: number, parts: number): bigint[] | null {
  const cuts: bigint[] = [];
  for (let at = from; line.load(at, to) > limit * (1 + ceilTolerance); ) {
    const next = line.reach(at, limit);
    if (next <= at || cuts.length + 2 > parts) return null;
    cuts.push(next);
    at = next;
  }
  return cuts;
}
