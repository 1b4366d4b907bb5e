/*
 * The busiest shard: partition keys do not spread evenly, so some shard carries more than its part. Two verdicts are kept apart: a
 * hot key, whose own load exceeds what a shard accepts, is beyond any shard count; a hot shard gets relief from more shards.
 *
 * Three ways to the fewest shards, by what is known of the keys: one hottest key and an even rest is arithmetic; a list of real
 * keys is hashed as the service hashes it; a distribution over keys is placed at random, and the count holds with 95 %
 * probability (busiest-shard.ts). Bytes and Kinesis records are limited apart, and both must hold. Left out: how load on a key
 * varies from second to second.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import { ceilTolerance, ceilTolerant } from "../units/rounding.js";
import type { Attachments } from "../workload/attachments.js";
import { busiestShare, type KeyWeights } from "../workload/key-weights.js";
import { busiestShardConfidence, fewestShards } from "./busiest-shard.js";
import type { Demand, ProducerDemand } from "./demand.js";
import { evenLoad, joinLoads, type KeyLoads, listedLoads, powerSum, zipfLoads } from "./key-loads.js";

/** With what probability the busiest shard stays within its limits. */
export const confidenceWanted = 0.95;

/** Of the two limits of a shard, one: which load it bounds, and how much a shard accepts. */
export type WriteLimit = "bytes" | "records";

/** A key whose load can be told: which producer sends it, its load per second, and what a shard accepts. */
export interface HottestKey {
  readonly producerIndex: number;
  readonly limit: WriteLimit;
  /** The key's share of its producer's traffic. */
  readonly share: number;
  readonly load: number;
  readonly accepted: number;
  /** The key itself, where a file names it. */
  readonly key?: string;
}

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

/** One limit, what every producer puts on it, and how much a shard accepts. */
interface Dimension {
  readonly limit: WriteLimit;
  readonly accepted: number;
  readonly loads: readonly number[];
}

/** The spread of a workload's keys; undefined when no producer says anything about its keys. */
export function keySpread(demand: Demand, facts: ServiceFacts, attachments: Attachments): KeySpread | undefined {
  const { producers } = demand;
  const keyed = producers.filter(({ producer }) => producer.keys !== undefined);
  if (keyed.length === 0) return undefined;
  const dimensions = writeDimensions(producers, facts);
  const hottest = hottestKey(producers, dimensions, attachments);
  const least = Math.max(...dimensions.map(({ accepted, loads }) => ceilTolerant(sum(loads) / accepted)));
  const ceiling = Math.max(10 * facts.value("stream.shardsMax"), 10 * least);
  const [only] = keyed;
  const weights = only === undefined || keyed.length > 1 ? undefined : attachments.weights.get(only.producer.name);
  if (keyed.length === 1 && only?.producer.keys?.hottest !== undefined)
    return evenRestSpread(hottest, dimensions, producers, only.producer.keys.hottest);
  if (weights !== undefined) return hashedSpread(hottest, dimensions, producers, weights, ceiling);
  return randomSpread(hottest, dimensions, producers, attachments, ceiling);
}

/** Whether a key alone exceeds a share of what its shard accepts. */
export function exceeds({ load, accepted }: HottestKey, share: number): boolean {
  return load > share * accepted * (1 + ceilTolerance);
}

function writeDimensions(producers: readonly ProducerDemand[], facts: ServiceFacts): Dimension[] {
  const loads = (peak: (part: ProducerDemand) => number): number[] => producers.map(peak);
  return [
    {
      limit: "bytes",
      accepted: facts.value("shard.writeBytesPerSecond"),
      loads: loads(({ atBytesPeak }) => atBytesPeak.bytesPerSecond),
    },
    {
      limit: "records",
      accepted: facts.value("shard.writeRecordsPerSecond"),
      loads: loads(({ atRecordsPeak }) => atRecordsPeak.kinesisRecordsPerSecond),
    },
  ];
}

function hottestKey(
  producers: readonly ProducerDemand[],
  dimensions: readonly Dimension[],
  attachments: Attachments,
): HottestKey {
  const candidates = dimensions.flatMap(({ limit, accepted, loads }) =>
    producers.map((part, producerIndex): HottestKey => {
      const { share, key } = hottestShare(part, attachments);
      return {
        producerIndex,
        limit,
        share,
        load: share * (loads[producerIndex] ?? 0),
        accepted,
        ...(key !== undefined && { key }),
      };
    }),
  );
  return candidates.reduce((most, one) => (one.load / one.accepted > most.load / most.accepted ? one : most));
}

function hottestShare(
  { producer: { name, keys } }: ProducerDemand,
  attachments: Attachments,
): { share: number; key?: string } {
  if (keys === undefined) return { share: 0 };
  if (keys.hottest !== undefined) return { share: keys.hottest };
  const weights = attachments.weights.get(name);
  if (weights !== undefined) return weights.hottest;
  return { share: 1 / powerSum(1, keys.count ?? 1, zipfExponent(keys)) };
}

function zipfExponent(keys: {
  readonly distribution?: string | undefined;
  readonly exponent?: number | undefined;
}): number {
  return keys.distribution === "zipf" ? (keys.exponent ?? 1) : 0;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** One key with a share of its own; all else, of every producer, perfectly even. */
function evenRestSpread(
  hottest: HottestKey,
  dimensions: readonly Dimension[],
  producers: readonly ProducerDemand[],
  share: number,
): KeySpread {
  const at = producers.findIndex(({ producer }) => producer.keys?.hottest !== undefined);
  const shardsFor = (used: number, factor: number): number | null => {
    const counts = dimensions.map(({ accepted, loads }) => {
      const key = factor * share * (loads[at] ?? 0);
      const rest = factor * sum(loads) - key;
      const room = used * accepted - key;
      if (rest <= key * ceilTolerance) return room >= -accepted * ceilTolerance ? 1 : null;
      return room > 0 ? Math.max(1, ceilTolerant(rest / room)) : null;
    });
    return counts.includes(null) ? null : Math.max(...(counts as number[]));
  };
  return {
    hottest,
    isErratic: false,
    fewestShards: (used) => shardsFor(used, 1),
    carries: (shardCount, used, factor) => {
      const needed = shardsFor(used, factor);
      return needed !== null && needed <= shardCount;
    },
  };
}

/** Real keys of one producer on their real places; the other producers even. */
function hashedSpread(
  hottest: HottestKey,
  dimensions: readonly Dimension[],
  producers: readonly ProducerDemand[],
  weights: KeyWeights,
  ceiling: number,
): KeySpread {
  const at = producers.findIndex(({ producer }) => producer.keys !== undefined);
  const carries = (shardCount: number, used: number, factor: number): boolean => {
    const busiest = busiestShare(weights, shardCount);
    return dimensions.every(({ accepted, loads }) => {
      const keyed = loads[at] ?? 0;
      const load = factor * (busiest * keyed + (sum(loads) - keyed) / shardCount);
      return load <= used * accepted * (1 + ceilTolerance);
    });
  };
  return {
    hottest,
    isErratic: true,
    carries,
    fewestShards: (used, atLeast) => {
      if (exceeds(hottest, used)) return null;
      const least = Math.max(
        1,
        ...dimensions.map(({ accepted, loads }) => ceilTolerant(sum(loads) / (used * accepted))),
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

/** Keys that are known by their distribution only, placed at random. The tightest limit mostly decides alone. */
function randomSpread(
  hottest: HottestKey,
  dimensions: readonly Dimension[],
  producers: readonly ProducerDemand[],
  attachments: Attachments,
  ceiling: number,
): KeySpread {
  const tight = tightDimensions(dimensions);
  const limitsWithin = (share: number): LimitedLoads[] =>
    tight.map(({ accepted, loads }) => {
      const limit = share * accepted;
      const parts = producers.map((part, at) => loadsOf(part, loads[at] ?? 0, limit, attachments));
      return { limit, loads: joinLoads(parts, limit) };
    });
  return {
    hottest,
    isErratic: false,
    carries: (shardCount, used, factor) => isConfident(limitsWithin(used / factor), shardCount),
    fewestShards: (used) => {
      const limits = limitsWithin(used);
      const [first] = limits;
      if (first === undefined || exceeds(hottest, used)) return null;
      const least = fewestShards(first.loads, first.limit, confidenceWanted, ceiling);
      return least === null ? null : firstPassing(least, ceiling, (shardCount) => isConfident(limits, shardCount));
    },
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
