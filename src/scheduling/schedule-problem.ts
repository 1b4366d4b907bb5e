/*
 * When to change the shard count and to what, as an optimisation: time is cut into slots, each of which needs a number of shards, and
 * calls of UpdateShardCount carry the stream from one count to another.
 *
 * A call that starts with slot t and carries a shards to b takes `secondsOf(a, b)`, rounded up to n whole slots, in which nothing else
 * may be called. Over those slots the smaller of both counts is in force, and the larger is paid until the call is over, the new one
 * from then on. A call ends within the horizon. Any window of `windowSlots` slots in a row has at most `callsMax` calls in it, those
 * made before the start included.
 *
 * Costs are in shard-seconds.
 */

export interface ScheduleProblem {
  readonly slotSeconds: number;
  /** Shards that each slot needs, one number a slot; fractions are allowed where shortfall has a price. */
  readonly needs: Float64Array;
  readonly startShards: number;
  /** Counts that calls may lead to, both included. */
  readonly shardsMin: number;
  readonly shardsMax: number;
  /** Most and least that one call makes of a count: 2 and 0.5. */
  readonly factorMax: number;
  readonly factorMin: number;
  /** Shards that may be open at a time, those that exist on the way included. */
  readonly openMax: number;
  /** Calls in any window of `windowSlots` slots. */
  readonly callsMax: number;
  readonly windowSlots: number;
  /** Calls made before the start: how many slots ago, 1 and more. */
  readonly callsBefore: readonly number[];
  /** How long a call takes, in whole seconds, at least 1. */
  readonly secondsOf: (from: number, to: number) => number;
  /**
   * What a call takes at least from any count of one range to any of another, in seconds; 1 where that is not said. It is asked where there
   * are too many counts to look at each.
   */
  readonly secondsAtLeast?: (from: Range, to: Range) => number;
  /** Cost of each shard that is missing for a slot, in shard-seconds; infinite where none may be missing. */
  readonly shortfallPrice: number;
}

/** Counts from `low` to `high`, both included. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** One call: it starts with its slot. */
export interface ScheduledCall {
  readonly slot: number;
  readonly from: number;
  readonly to: number;
}

/** Splits and merges with which one call carries `from` equal shards to `to` equal ones: boundaries that both have stay. */
export function operationCount(from: number, to: number): number {
  return from + to - 2 * greatestCommonDivisor(from, to);
}

/** Parts that two counts are tried to be cut into evenly, at most. */
const partsTried = 2 ** 5;

/**
 * A lower bound of the splits and merges from any count of one range to any other of another. Counts that consist of p and of q parts of
 * g shards each take `g (p + q - 2)` operations where they have no more in common. The least such g is looked for with each p and q,
 * until even the largest part would not save enough.
 */
export function operationsAtLeast(from: Range, to: Range): number {
  let fewest = Number.POSITIVE_INFINITY;
  for (let p = 1; p <= from.high; p += 1) {
    const withMoreParts = from.low + to.low - Math.floor((2 * from.high) / p);
    if (withMoreParts >= fewest || p > partsTried) return Math.max(1, Math.min(fewest, withMoreParts));
    const least = Math.ceil(from.low / p);
    const most = Math.floor(from.high / p);
    for (let q = Math.max(1, Math.ceil(to.low / most)); q * least <= to.high; q += 1) {
      const part = Math.max(least, Math.ceil(to.low / q));
      if (p !== q && part <= most && part * q <= to.high) fewest = Math.min(fewest, part * (p + q - 2));
    }
  }
  return Math.max(1, fewest);
}

/** The most shards that are open on the way where all splits come before the merges, which is more than AWS's order is seen to need. */
function openOnTheWay(from: number, to: number): number {
  return from + to - greatestCommonDivisor(from, to);
}

function greatestCommonDivisor(one: number, other: number): number {
  let [large, small] = [one, other];
  while (small > 0) [large, small] = [small, large % small];
  return large;
}

/** Whether one call may lead from one count to another. A part of a shard is rounded to the careful side: 7 go down to 4. */
export function isAllowedStep(problem: ScheduleProblem, from: number, to: number): boolean {
  return (
    to !== from &&
    to >= problem.shardsMin &&
    to <= problem.shardsMax &&
    to <= from * problem.factorMax &&
    to >= from * problem.factorMin &&
    openOnTheWay(from, to) <= problem.openMax
  );
}

/** Slots that a call takes. */
export function slotsOf({ secondsOf, slotSeconds }: ScheduleProblem, from: number, to: number): number {
  return Math.ceil(secondsOf(from, to) / slotSeconds);
}

/** What a call costs over the slots that it takes, without shortfall. */
export function stepCost(problem: ScheduleProblem, from: number, to: number): number {
  const paid = slotsOf(problem, from, to) * problem.slotSeconds;
  return problem.secondsOf(from, to) * Math.max(from, to) + (paid - problem.secondsOf(from, to)) * to;
}
