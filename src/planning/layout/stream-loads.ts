/*
 * What lies where on a stream's hash space, and which shards are open: from a workload's keys, on equal shards, or from loads of shards as
 * they were measured. Loads become shards' worth of the bytes and of the records that a shard accepts per second. Keys press at the
 * moments that sizing looks at, each of which gives two kinds of load that must fit.
 */
import { diagnoseAt, UserError } from "../../diagnostics/diagnostic.js";
import { LoadLine, type LoadShape } from "../../scheduling/layout/load-line.js";
import type { KeyRange } from "../../scheduling/layout/order-operations.js";
import { equalRanges, HASH_KEYS, hashKeyAt } from "../../service/hash-range.js";
import type { ServiceFacts } from "../../service/service-facts.js";
import { RandomStream } from "../../simulation/kernel/random-stream.js";
import { KeySpread, keyRandom, type PlacedKeys, placeKeys } from "../../simulation/key-spread.js";
import { type Demand, estimateDemand } from "../../sizing/demand.js";
import { type Dimension, type HottestKey, KeyMoments } from "../../sizing/key-moments.js";
import { ceilTolerant } from "../../units/rounding.js";
import { sumOf } from "../../units/sum-of.js";
import type { Attachments } from "../../workload/attachments.js";
import type { ShardLoads } from "../../workload/read-shard-loads.js";
import type { Workload } from "../../workload/schema.js";

export interface StreamLoads {
  readonly line: LoadLine;
  /** What each kind of load of the line counts, and how much of it a shard accepts per second. */
  readonly kinds: readonly Pick<Dimension, "limit" | "accepted">[];
  /** The open shards, lowest range first, with their names where they are known. */
  readonly shards: readonly (KeyRange & { readonly shardId?: string })[];
  /** Where the loads come from: shards, keys of a file, or keys whose places are drawn. */
  readonly source: "shards" | "listed-keys" | "drawn-keys";
  /** The hottest key and the demand that it is part of, where keys are known. */
  readonly hottest?: { readonly key: HottestKey; readonly demand: Demand };
}

/** Loads of open shards as measured, times a factor: even within each. */
export function loadsOfShards({ shards }: ShardLoads, facts: ServiceFacts, factor: number): StreamLoads {
  const kinds = [
    { limit: "bytes", accepted: facts.value("shard.writeBytesPerSecond") },
    { limit: "records", accepted: facts.value("shard.writeRecordsPerSecond") },
  ] as const;
  const shapes = kinds.map(({ limit, accepted }) => {
    const below = new Float64Array(shards.length + 1);
    for (const [index, { bytesPerSecond, recordsPerSecond }] of shards.entries()) {
      const load = limit === "bytes" ? bytesPerSecond : recordsPerSecond;
      below[index + 1] = (below[index] as number) + (factor * load) / accepted;
    }
    return { below, upTo: below.subarray(0, -1) };
  });
  return {
    line: new LoadLine({ knots: shards.map(({ range }) => range.first), end: HASH_KEYS, kinds: shapes }),
    kinds,
    shards: shards.map(({ shardId, range }) => ({ shardId, from: range.first, to: range.last + 1n })),
    source: "shards",
  };
}

interface KeyedRequest {
  readonly attachments: Attachments;
  readonly facts: ServiceFacts;
  /** Where keys without a name fall is drawn by it, as in a simulation. */
  readonly seed: number;
}

/**
 * Loads of a workload's keys, times a factor, on so many equal shards as it has, or as it would need if keys were even.
 *
 * @throws UserError where nothing is said of keys
 */
export function loadsOfKeys(workload: Workload, request: KeyedRequest, factor: number): StreamLoads {
  const { attachments, facts, seed } = request;
  if (workload.producers.every(({ keys }) => keys === undefined))
    throw new UserError([
      diagnoseAt(
        "missing-key",
        ["producers", 0],
        "no producer says anything about its keys, so all shards are equally loaded",
        "describe `keys`, or give --shard-loads",
      ),
    ]);
  const demand = estimateDemand(workload, attachments, facts);
  const moments = new KeyMoments(demand, facts, attachments);
  const shardCount = workload.stream.shards ?? shardsForEven(moments.atPeak, workload.stream.utilization);
  const dimensions = moments.forCount(shardCount).flat();
  const random = RandomStream.fromSeed(seed);
  const placed = workload.producers.map(({ name, keys }) =>
    placeKeys(keys, attachments.weights.get(name), keyRandom(random, name)),
  );
  const isDrawn = workload.producers.some(({ keys }) => keys !== undefined && keys.weightsFile === undefined);
  return {
    line: new LoadLine(
      shapeOf(
        placed,
        dimensions.map(({ accepted, loads }) => loads.map((load) => (factor * load) / accepted)),
      ),
    ),
    kinds: dimensions,
    shards: equalRanges(shardCount).map(({ first, last }) => ({ from: first, to: last + 1n })),
    source: isDrawn ? "drawn-keys" : "listed-keys",
    hottest: { key: moments.hottest, demand },
  };
}

function shardsForEven(dimensions: readonly Dimension[], utilization: number): number {
  const needs = dimensions.map(({ accepted, loads }) => sumOf(loads, (load) => load) / (accepted * utilization));
  return Math.max(1, ...needs.map(ceilTolerant));
}

/** Knots at every key that is placed by itself and at every cell's edge; `kinds` holds the load of each producer by kind. */
function shapeOf(placed: readonly PlacedKeys[], kinds: readonly (readonly number[])[]): LoadShape {
  const positions = knotPositions(placed);
  const parts = placed.map((keys) => sharesAt(keys, positions));
  const weighted = (loads: readonly number[], of: "below" | "upTo"): Float64Array =>
    Float64Array.from({ length: positions.length + (of === "below" ? 1 : 0) }, (_, knot) =>
      parts.reduce((sum, part, index) => sum + (loads[index] as number) * (part[of][knot] as number), 0),
    );
  return {
    knots: Array.from(positions, hashKeyAt),
    end: HASH_KEYS,
    kinds: kinds.map((loads) => ({ below: weighted(loads, "below"), upTo: weighted(loads, "upTo") })),
  };
}

function knotPositions(placed: readonly PlacedKeys[]): Float64Array {
  const cellCounts = new Set([1, ...placed.map(({ cells }) => cells.length)]);
  const edges = Array.from(cellCounts, (count) => Float64Array.from({ length: count }, (_, cell) => cell / count));
  const all = [...edges, ...placed.map(({ positions }) => positions)];
  const joined = new Float64Array(sumOf(all, ({ length }) => length));
  let filled = 0;
  for (const part of all) {
    joined.set(part, filled);
    filled += part.length;
  }
  joined.sort();
  return joined.filter((position, index) => index === 0 || position !== joined[index - 1]);
}

/** A producer's share below each position and below the end, and up to each with the key that lies there. */
function sharesAt(keys: PlacedKeys, at: Float64Array): { below: Float64Array; upTo: Float64Array } {
  const spread = new KeySpread(keys.positions, keys.shares, keys.cells);
  const below = Float64Array.from({ length: at.length + 1 }, (_, knot) => spread.share(0, at[knot] ?? 1));
  let next = 0;
  const upTo = at.map((position, knot) => {
    let share = below[knot] as number;
    for (; keys.positions[next] === position; next += 1) share += keys.shares[next] as number;
    return share;
  });
  return { below, upTo };
}
