/*
 * Real partition keys on the hash space, and the share of the busiest of equal shards. How a file becomes this is in
 * read-key-weights.ts.
 */

/**
 * Partition keys by weight and by place on the hash space.
 *
 * @property positions ascending, 0 (included) to 1 (excluded) of the hash space, one for each key that is kept by itself
 * @property shares of those keys in the whole, 0 to 1
 * @property histogram shares of all the other keys, by equal parts of the hash space; empty when every key is kept
 */
export interface KeyWeights {
  readonly keyCount: number;
  /** The key itself is known unless it came in many small lines. */
  readonly hottest: { readonly key?: string; readonly share: number };
  readonly positions: Float64Array;
  readonly shares: Float64Array;
  readonly histogram: Float64Array;
  /** Σ share² and Σ share³ over the keys in the histogram: what a random placement of them varies by. */
  readonly histogramSquareSum: number;
  readonly histogramCubeSum: number;
}

/** The share of the busiest of `shardCount` equal shards. */
export function busiestShare(weights: KeyWeights, shardCount: number): number {
  let busiest = 0;
  let at = 0;
  const { positions, shares } = weights;
  for (let shard = 0; shard < shardCount; shard += 1) {
    const end = (shard + 1) / shardCount;
    let share = histogramShare(weights.histogram, shard / shardCount, end);
    for (; at < positions.length && ((positions[at] ?? 1) < end || shard === shardCount - 1); at += 1)
      share += shares[at] ?? 0;
    busiest = Math.max(busiest, share);
  }
  return busiest;
}

/** The part of the histogram between two positions; a part that a boundary cuts is shared in proportion. */
function histogramShare(histogram: Float64Array, from: number, to: number): number {
  if (histogram.length === 0) return 0;
  const start = from * histogram.length;
  const end = to * histogram.length;
  let share = 0;
  for (let part = Math.floor(start); part < end; part += 1) {
    share += (histogram[part] ?? 0) * (Math.min(end, part + 1) - Math.max(start, part));
  }
  return share;
}
