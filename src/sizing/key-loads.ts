/**
 * How a load spreads over partition keys, in the form that the busiest-shard model needs.
 *
 * A few hot keys decide how uneven the shards are, so each of those is kept by its own load. The rest, millions of
 * keys at times, only enter through three sums, from which follow mean, variance and skewness of what they put on one
 * shard. Left out: which key is which, and any change over time; a load here is a long-run average.
 */

import { sumOf } from "../units/sum-of.js";
import { powerSum } from "../workload/power-sum.js";

export interface KeyLoads {
  /** The loads of the keys that are taken on their own: distinct values, descending, in load units per second. */
  readonly heavy: Float64Array;
  /** How many keys carry each of those loads. */
  readonly heavyCounts: Float64Array;
  /** Σ load, Σ load² and Σ load³ over all the other keys. */
  readonly tailSum: number;
  readonly tailSquareSum: number;
  readonly tailCubeSum: number;
  /** Load that lies perfectly even on the hash space. */
  readonly even: number;
}

/** A key is heavy when its load exceeds this part of what a shard may carry. */
const HEAVY_SHARE = 1 / 200;

/** Distinct heavy loads at most; the smallest ones beyond that join the tail. */
const MAX_HEAVY = 3_000;

/** `keyCount` keys whose loads are proportional to rank^-exponent and add up to `load`. Exponent 0: equal keys. */
export function zipfLoads(load: number, keyCount: number, exponent: number, limit: number): KeyLoads {
  if (exponent === 0) return groupedLoads([{ load: load / keyCount, count: keyCount }], limit);
  const hottest = load / powerSum(1, keyCount, exponent);
  const heavyRanks = Math.floor((hottest / (HEAVY_SHARE * limit)) ** (1 / exponent));
  const heavyCount = Math.min(heavyRanks, keyCount, MAX_HEAVY);
  const firstTailRank = heavyCount + 1;
  return {
    heavy: Float64Array.from({ length: heavyCount }, (_, index) => hottest * (index + 1) ** -exponent),
    heavyCounts: new Float64Array(heavyCount).fill(1),
    tailSum: hottest * powerSum(firstTailRank, keyCount, exponent),
    tailSquareSum: hottest ** 2 * powerSum(firstTailRank, keyCount, 2 * exponent),
    tailCubeSum: hottest ** 3 * powerSum(firstTailRank, keyCount, 3 * exponent),
    even: 0,
  };
}

/** Keys whose loads are known one by one, in any order. */
export function listedLoads(loads: Iterable<number>, limit: number): KeyLoads {
  const single = Array.from(loads, (load) => ({ load, count: 1 }));
  return groupedLoads(mergeEqual(single), limit);
}

/** Load without hot spots, as from random partition keys in great number. */
export function evenLoad(load: number): KeyLoads {
  return { ...groupedLoads([], 0), even: load };
}

/** Several producers, each with keys of its own, on one stream. */
export function joinLoads(parts: readonly KeyLoads[], limit: number): KeyLoads {
  const heavyKeys = groupedLoads(mergeEqual(parts.flatMap(heavyGroups)), limit);
  return {
    heavy: heavyKeys.heavy,
    heavyCounts: heavyKeys.heavyCounts,
    tailSum: heavyKeys.tailSum + sumOf(parts, (part) => part.tailSum),
    tailSquareSum: heavyKeys.tailSquareSum + sumOf(parts, (part) => part.tailSquareSum),
    tailCubeSum: heavyKeys.tailCubeSum + sumOf(parts, (part) => part.tailCubeSum),
    even: sumOf(parts, (part) => part.even),
  };
}

/** All the load there is, on keys and even. */
export function totalLoad(loads: KeyLoads): number {
  const heavy = loads.heavy.reduce((total, load, index) => total + load * (loads.heavyCounts[index] as number), 0);
  return heavy + loads.tailSum + loads.even;
}

/** Keys of one and the same load. */
interface KeyGroup {
  readonly load: number;
  readonly count: number;
}

function heavyGroups(loads: KeyLoads): KeyGroup[] {
  return Array.from(loads.heavy, (load, index) => ({ load, count: loads.heavyCounts[index] as number }));
}

function mergeEqual(groups: readonly KeyGroup[]): KeyGroup[] {
  const counts = new Map<number, number>();
  for (const { load, count } of groups) counts.set(load, (counts.get(load) ?? 0) + count);
  return Array.from(counts, ([load, count]) => ({ load, count }));
}

/** Splits groups of distinct loads into heavy ones and the tail. */
function groupedLoads(groups: readonly KeyGroup[], limit: number): KeyLoads {
  const descending = groups.toSorted((a, b) => b.load - a.load);
  const light = descending.findIndex((group) => group.load <= HEAVY_SHARE * limit);
  const heavyCount = Math.min(light < 0 ? descending.length : light, MAX_HEAVY);
  const heavy = descending.slice(0, heavyCount);
  const tail = descending.slice(heavyCount);
  return {
    heavy: Float64Array.from(heavy, (group) => group.load),
    heavyCounts: Float64Array.from(heavy, (group) => group.count),
    tailSum: sumOf(tail, (group) => group.count * group.load),
    tailSquareSum: sumOf(tail, (group) => group.count * group.load ** 2),
    tailCubeSum: sumOf(tail, (group) => group.count * group.load ** 3),
    even: 0,
  };
}
