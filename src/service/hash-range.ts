/*
 * Hash key ranges of shards, exactly: integers of 128 bits, and the split and merge operations that carry a stream from one set of
 * ranges to another. UpdateShardCount is taken to sweep the hash space from its lower end: it splits at each new boundary that falls
 * into a shard, and merges the pieces of a new range as soon as it is complete. Source of that order: the shard numbers in three
 * public reports fit it and no other (see docs/model.md); AWS does not document it.
 */

/** From the first hash key to the last one, both included. */
export interface HashRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** The same for ranges of the same keys, and for no others. */
export function nameOfRange({ first, last }: HashRange): string {
  return `${first}-${last}`;
}

const HASH_BITS = 128n;
/** How many hash keys there are, from 0 upwards. */
export const HASH_KEYS: bigint = 1n << HASH_BITS;
/** Bits of a hash key that a position keeps. */
const POSITION_BITS = 53n;

/** The ranges of `count` equal shards: each starts at a multiple of floor(2^128 / count), the last one ends the space. */
export function equalRanges(count: number): HashRange[] {
  const width = HASH_KEYS / BigInt(count);
  return Array.from({ length: count }, (_, index) => ({
    first: width * BigInt(index),
    last: index === count - 1 ? HASH_KEYS - 1n : width * BigInt(index + 1) - 1n,
  }));
}

/** Where a hash key lies in the space, 0 to 1. */
export function positionOf(hashKey: bigint): number {
  return Number(hashKey >> (HASH_BITS - POSITION_BITS)) / 2 ** Number(POSITION_BITS);
}

/** The first hash key at a position: whatever hashes to that position or a higher one is not below it. */
export function hashKeyAt(position: number): bigint {
  return BigInt(position * 2 ** Number(POSITION_BITS)) << (HASH_BITS - POSITION_BITS);
}

/** Which share of the space lies below a hash key. */
export function hashShareOf(hashKey: bigint): number {
  return Number(hashKey) / Number(HASH_KEYS);
}

/** Its share of the space. */
export function widthOf({ first, last }: HashRange): number {
  return Number(last - first + 1n) / Number(HASH_KEYS);
}

/** The place at which a range is split: the first hash key of its upper part. */
export function splitKey({ first, last }: HashRange, share: number): bigint {
  const width = last - first + 1n;
  const steps = 2 ** Number(POSITION_BITS - 1n);
  const offset = (width * BigInt(Math.round(share * steps))) / BigInt(steps);
  return first + (offset < 1n ? 1n : offset >= width ? width - 1n : offset);
}

/** One SplitShard or MergeShards call, on shards named by their place among the open ones, lowest range first. */
export type ShardOperation =
  | { readonly kind: "split"; readonly index: number; readonly at: bigint }
  | { readonly kind: "merge"; readonly index: number };

/** The operations, in order, that turn adjacent ranges into `count` equal ones. */
export function planOperations(ranges: readonly HashRange[], count: number): ShardOperation[] {
  const firsts = ranges.map(({ first }) => first);
  const operations: ShardOperation[] = [];
  const targets = equalRanges(count);
  // Boundaries of equal ranges differ by rounding alone when they differ by less than the counts.
  const tolerance = BigInt(ranges.length + count);
  for (const [index, { last }] of targets.entries()) {
    const end = last + 1n;
    let pieces = 0;
    while (startOf(firsts, index + pieces + 1) <= end - tolerance) pieces += 1;
    const next = startOf(firsts, index + pieces + 1);
    if (next > end + tolerance) {
      operations.push({ kind: "split", index: index + pieces, at: end });
      firsts.splice(index + pieces + 1, 0, end);
    }
    for (; pieces > 0; pieces -= 1) {
      operations.push({ kind: "merge", index });
      firsts.splice(index + 1, 1);
    }
  }
  return operations;
}

/** Where the shard of that place begins; the end of the space for the place after the last. */
function startOf(firsts: readonly bigint[], index: number): bigint {
  return firsts[index] ?? HASH_KEYS;
}

/** The most shards that are open at once on the way. */
export function openShardsMax(openCount: number, operations: readonly Pick<ShardOperation, "kind">[]): number {
  let open = openCount;
  let most = openCount;
  for (const { kind } of operations) {
    open += kind === "split" ? 1 : -1;
    most = Math.max(most, open);
  }
  return most;
}
