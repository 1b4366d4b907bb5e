/*
 * The busiest shard: partition keys do not spread evenly, so some shard carries more than its part. Two verdicts are kept apart: a
 * hot key, whose own load exceeds what a shard accepts, is beyond any shard count; a hot shard gets relief from more shards.
 *
 * Three ways to the fewest shards, by what is known of the keys: one hottest key and an even rest is arithmetic; a list of real
 * keys is hashed as the service hashes it; a distribution over keys is placed at random, and the count holds with 95 %
 * probability (busiest-shard.ts). Bytes and Kinesis records are limited apart, and both must hold, at each of the moments that
 * key-moments.ts gives. Left out: how load on a key varies from second to second.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import { ceilTolerance, ceilTolerant } from "../units/rounding.js";
import type { Attachments } from "../workload/attachments.js";
import { busiestShare, type KeyWeights } from "../workload/key-weights.js";
import { busiestShardConfidence, fewestShards } from "./busiest-shard.js";
import type { KeyedDemand, ProducerDemand } from "./demand.js";
import { evenLoad, joinLoads, type KeyLoads, listedLoads, zipfLoads } from "./key-loads.js";
import { type Dimension, exceeds, type HottestKey, KeyMoments, zipfExponent } from "./key-moments.js";

/** With what probability the busiest shard stays within its limits. */
export const confidenceWanted = 0.95;

/** Where the keys of a workload fall, ready to be asked about shard counts. */
export interface KeySpread {
  /** The key that comes closest to what a shard accepts. */
  readonly hottest: HottestKey;
  /**
   * Fewest shards at which the busiest stays within `share` of both limits; null when there is none. Where more shards can be
   * worse, and `atLeast` shards are, the fewest above those.
   */
  fewestShards(share: number, atLeast: number): number | null;
  /** Whether a count that suffices may be followed by one that does not, as happens with real keys. */
  readonly isErratic: boolean;
  /** Whether `shardCount` shards suffice when all traffic is multiplied by `factor`. */
  carries(shardCount: number, share: number, factor: number): boolean;
}

/** The spread of a workload's keys; undefined when no producer says anything about its keys. */
export function keySpread(demand: KeyedDemand, facts: ServiceFacts, attachments: Attachments): KeySpread | undefined {
  const keyed = demand.producers.filter(({ producer }) => producer.keys !== undefined);
  const [only] = keyed;
  if (only === undefined) return undefined;
  const moments = new KeyMoments(demand, facts, attachments);
  const weights = keyed.length > 1 ? undefined : attachments.weights.get(only.producer.name);
  if (keyed.length === 1 && only.producer.keys?.hottest !== undefined)
    return evenRestSpread(moments, demand.producers.indexOf(only), only.producer.keys.hottest);
  const least = Math.max(...moments.atPeak.map(({ accepted, loads }) => ceilTolerant(sum(loads) / accepted)));
  const ceiling = Math.max(10 * facts.value("stream.shardsMax"), 10 * least);
  if (weights !== undefined) return hashedSpread(moments, demand.producers.indexOf(only), weights, ceiling);
  return randomSpread(moments, demand.producers, attachments, ceiling);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** One key of one producer with a share of its own; all else, of every producer, perfectly even. */
function evenRestSpread(moments: KeyMoments, producerIndex: number, share: number): KeySpread {
  const shardsAt = (dimensions: readonly Dimension[], used: number, factor: number): number | null => {
    const counts = dimensions.map(({ accepted, loads }) => {
      const key = factor * share * (loads[producerIndex] ?? 0);
      const rest = factor * sum(loads) - key;
      const room = used * accepted - key;
      if (rest <= key * ceilTolerance) return room >= -accepted * ceilTolerance ? 1 : null;
      return room > 0 ? Math.max(1, ceilTolerant(rest / room)) : null;
    });
    return counts.includes(null) ? null : Math.max(...(counts as number[]));
  };
  return {
    hottest: moments.hottest,
    isErratic: false,
    fewestShards: (used) => moments.fewest((dimensions) => shardsAt(dimensions, used, 1)),
    carries: (shardCount, used, factor) =>
      moments.forCount(shardCount).every((dimensions) => {
        const needed = shardsAt(dimensions, used, factor);
        return needed !== null && needed <= shardCount;
      }),
  };
}

/** Real keys of one producer on their real places; the other producers even. */
function hashedSpread(moments: KeyMoments, producerIndex: number, weights: KeyWeights, ceiling: number): KeySpread {
  const carries = (shardCount: number, used: number, factor: number): boolean => {
    const busiest = busiestShare(weights, shardCount);
    return moments.forCount(shardCount, busiest).every((dimensions) =>
      dimensions.every(({ accepted, loads }) => {
        const keyed = loads[producerIndex] ?? 0;
        const load = factor * (busiest * keyed + (sum(loads) - keyed) / shardCount);
        return load <= used * accepted * (1 + ceilTolerance);
      }),
    );
  };
  return {
    hottest: moments.hottest,
    isErratic: true,
    carries,
    fewestShards: (used, atLeast) => {
      if (exceeds(moments.hottest, used)) return null;
      const least = Math.max(
        1,
        ...moments.atPeak.map(({ accepted, loads }) => ceilTolerant(sum(loads) / (used * accepted))),
      );
      const passes = (shardCount: number): boolean => carries(shardCount, used, 1);
      const fewest = firstPassing(least, ceiling, passes);
      const isEnough = fewest === null || fewest >= atLeast || passes(atLeast);
      return isEnough ? fewest : firstPassing(atLeast, ceiling, passes);
    },
  };
}

/** How many counts are tried one by one before steps grow by a fiftieth; real hashes do not get steadily better with the count. */
const triedOneByOne = 512;

function firstPassing(least: number, ceiling: number, passes: (shardCount: number) => boolean): number | null {
  for (let count = least; count <= ceiling; count += count < least + triedOneByOne ? 1 : Math.ceil(count / 50)) {
    if (passes(count)) return count;
  }
  return null;
}

/** Keys that are known by their distribution only, placed at random. At each moment the tightest limit mostly decides alone. */
function randomSpread(
  moments: KeyMoments,
  producers: readonly ProducerDemand[],
  attachments: Attachments,
  ceiling: number,
): KeySpread {
  const limitsWithin = (dimensions: readonly Dimension[], share: number): LimitedLoads[] =>
    tightDimensions(dimensions).map(({ accepted, loads }) => {
      const limit = share * accepted;
      const parts = producers.map((part, at) => loadsOf(part, loads[at] ?? 0, limit, attachments));
      return { limit, loads: joinLoads(parts, limit) };
    });
  const fewestWithin = (limits: readonly LimitedLoads[], known: number): number | null => {
    const [first] = limits;
    if (first === undefined || (known > 1 && isConfident(limits, known))) return known;
    const least = fewestShards(first.loads, first.limit, confidenceWanted, ceiling);
    return least === null ? null : firstPassing(least, ceiling, (shardCount) => isConfident(limits, shardCount));
  };
  return {
    hottest: moments.hottest,
    isErratic: false,
    carries: (shardCount, used, factor) =>
      moments
        .forCount(shardCount)
        .every((dimensions) => isConfident(limitsWithin(dimensions, used / factor), shardCount)),
    fewestShards: (used) =>
      exceeds(moments.hottest, used)
        ? null
        : moments.fewest((dimensions, known) => fewestWithin(limitsWithin(dimensions, used), known)),
  };
}

/** The loads of all keys on one limit, and how much of it may be used. */
interface LimitedLoads {
  readonly limit: number;
  readonly loads: KeyLoads;
}

/** The risks of exceeding either limit add up, at worst. */
function isConfident(limits: readonly LimitedLoads[], shardCount: number): boolean {
  const doubt = limits.reduce((sum, { loads, limit }) => sum + 1 - busiestShardConfidence(loads, shardCount, limit), 0);
  return 1 - doubt >= confidenceWanted;
}

/** Tightest first. Where every producer's records have the same size, both loads spread alike, and the first decides alone. */
function tightDimensions(dimensions: readonly Dimension[]): readonly Dimension[] {
  const use = ({ loads, accepted }: Dimension): number => sum(loads) / accepted;
  const [first, second] = dimensions.toSorted((a, b) => use(b) - use(a));
  if (first === undefined || second === undefined) return dimensions;
  const ratio = sum(first.loads) / sum(second.loads);
  const areAlike = first.loads.every((load, at) => Math.abs(load - ratio * (second.loads[at] ?? 0)) <= 1e-9 * load);
  return areAlike ? [first] : [first, second];
}

function loadsOf(
  { producer: { name, keys } }: ProducerDemand,
  load: number,
  limit: number,
  attachments: Attachments,
): KeyLoads {
  if (keys === undefined) return evenLoad(load);
  if (keys.hottest !== undefined)
    return joinLoads([listedLoads([keys.hottest * load], limit), evenLoad((1 - keys.hottest) * load)], limit);
  const weights = attachments.weights.get(name);
  if (weights === undefined) return zipfLoads(load, keys.count ?? 1, zipfExponent(keys), limit);
  const listed = listedLoads(
    weights.shares.map((share) => share * load),
    limit,
  );
  return {
    ...listed,
    tailSum: listed.tailSum + load * sum([...weights.histogram]),
    tailSquareSum: listed.tailSquareSum + load ** 2 * weights.histogramSquareSum,
    tailCubeSum: listed.tailCubeSum + load ** 3 * weights.histogramCubeSum,
  };
}
