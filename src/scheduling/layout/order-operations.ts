/*
 * The order of the splits and merges that lead from one layout to another. Splits come first, that of the hottest shard ahead, since they
 * bring relief; merges follow, that of the coldest pair ahead. A pair is merged only once all that it holds belongs to one shard of the
 * new layout, so no merge ever makes a shard that is more loaded than those of the new layout. Where so many shards must not be open at
 * once, merges that are possible come in between, and splits that make one possible go ahead.
 */
import type { LoadLine } from "./load-line.js";

/** The hash keys of a shard, from `from` (included) to `to` (excluded). */
export interface KeyRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** One call of SplitShard or MergeShards, and the load of the shard that is split, or of the merged one. */
export type LayoutOperation =
  | { readonly kind: "split"; readonly shard: KeyRange; readonly at: bigint; readonly load: number }
  | { readonly kind: "merge"; readonly lower: KeyRange; readonly upper: KeyRange; readonly load: number };

export interface LayoutChange {
  readonly line: LoadLine;
  /** Inner boundaries of both layouts, ascending. */
  readonly existing: readonly bigint[];
  readonly wanted: readonly bigint[];
  /** Most shards that may be open at once. */
  readonly openMax: number;
}

/** The operations in their order; null where too few shards may be open to get there without an overloaded shard. */
export function orderOperations(change: LayoutChange): LayoutOperation[] | null {
  const shards = new ChangingShards(change);
  const operations: LayoutOperation[] = [];
  while (!shards.isDone) {
    const operation = nextOperation(shards, change.openMax);
    if (operation === undefined) return null;
    operations.push(operation);
  }
  return operations;
}

function nextOperation(shards: ChangingShards, openMax: number): LayoutOperation | undefined {
  if (shards.open + shards.splitsLeft <= openMax) return shards.splitHottest() ?? shards.mergeColdest();
  const merge = shards.mergeColdest();
  if (merge !== undefined) return merge;
  return shards.open < openMax ? (shards.splitTowardsMerge() ?? shards.splitHottest()) : undefined;
}

/** An open shard on the way. */
interface OpenShard extends KeyRange {
  readonly load: number;
  /** Where it is to be cut. */
  readonly cuts: readonly bigint[];
}

class ChangingShards {
  splitsLeft: number;
  readonly #line: LoadLine;
  readonly #wanted: ReadonlySet<bigint>;
  readonly #shards: OpenShard[];
  #mergesLeft: number;

  constructor({ line, existing, wanted }: LayoutChange) {
    this.#line = line;
    this.#wanted = new Set(wanted);
    const isExisting = new Set(existing);
    const cuts = wanted.filter((at) => !isExisting.has(at));
    this.splitsLeft = cuts.length;
    this.#mergesLeft = existing.filter((at) => !this.#wanted.has(at)).length;
    const bounds = [line.start, ...existing, line.end];
    let taken = 0;
    this.#shards = bounds.slice(1).map((to, index) => {
      const first = taken;
      while ((cuts[taken] ?? to) < to) taken += 1;
      return this.#shardOf(bounds[index] as bigint, to, cuts.slice(first, taken));
    });
  }

  get open(): number {
    return this.#shards.length;
  }

  get isDone(): boolean {
    return this.splitsLeft + this.#mergesLeft === 0;
  }

  /** Splits the most loaded of the shards that are to be cut. */
  splitHottest(): LayoutOperation | undefined {
    if (this.splitsLeft === 0) return undefined;
    let hottest = -1;
    for (const [index, { cuts, load }] of this.#shards.entries())
      if (cuts.length > 0 && (hottest < 0 || load > (this.#shards[hottest] as OpenShard).load)) hottest = index;
    const { from, to, cuts } = this.#shards[hottest] as OpenShard;
    // The larger half of a shard that is cut more than once stays hot until its own turn.
    const largerHalf = (at: bigint): number => Math.max(this.#line.load(from, at), this.#line.load(at, to));
    return this.#split(hottest, leastBy(cuts, largerHalf));
  }

  /** Merges the pair that is least loaded together, of those that are as the new layout wants them. */
  mergeColdest(): LayoutOperation | undefined {
    if (this.#mergesLeft === 0) return undefined;
    let coldest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (const index of this.#unwanted()) {
      const [lower, upper] = this.#pair(index);
      if (lower.cuts.length + upper.cuts.length > 0 || lower.load + upper.load >= least) continue;
      [coldest, least] = [index, lower.load + upper.load];
    }
    if (coldest < 0) return undefined;
    const [lower, upper] = this.#pair(coldest);
    const merged = this.#shardOf(lower.from, upper.to, []);
    this.#shards.splice(coldest, 2, merged);
    this.#mergesLeft -= 1;
    return { kind: "merge", lower: rangeOf(lower), upper: rangeOf(upper), load: merged.load };
  }

  /** Splits a shard next to a boundary that is to go, of which fewest cuts stand in the way. */
  splitTowardsMerge(): LayoutOperation | undefined {
    const missing = (index: number): number => this.#pair(index).filter(({ cuts }) => cuts.length > 0).length;
    const unwanted = [...this.#unwanted()];
    if (unwanted.length === 0) return undefined;
    const index = leastBy(unwanted, missing);
    const [lower, upper] = this.#pair(index);
    const cut = lower.cuts.at(-1);
    return cut === undefined ? this.#split(index + 1, upper.cuts[0] as bigint) : this.#split(index, cut);
  }

  /** The shards above which a boundary is to go, by their numbers. */
  *#unwanted(): Generator<number> {
    for (let index = 0; index < this.#shards.length - 1; index += 1)
      if (!this.#wanted.has((this.#shards[index] as OpenShard).to)) yield index;
  }

  #pair(index: number): [OpenShard, OpenShard] {
    return [this.#shards[index] as OpenShard, this.#shards[index + 1] as OpenShard];
  }

  #split(index: number, at: bigint): LayoutOperation {
    const shard = this.#shards[index] as OpenShard;
    const lower = shard.cuts.filter((cut) => cut < at);
    const upper = shard.cuts.filter((cut) => cut > at);
    this.#shards.splice(index, 1, this.#shardOf(shard.from, at, lower), this.#shardOf(at, shard.to, upper));
    this.splitsLeft -= 1;
    return { kind: "split", shard: rangeOf(shard), at, load: shard.load };
  }

  #shardOf(from: bigint, to: bigint, cuts: readonly bigint[]): OpenShard {
    return { from, to, load: this.#line.load(from, to), cuts };
  }
}

const rangeOf = ({ from, to }: KeyRange): KeyRange => ({ from, to });

/** The item with the least value, the first of several. */
function leastBy<Item>(items: readonly Item[], value: (item: Item) => number): Item {
  let [best, least] = [items[0] as Item, Number.POSITIVE_INFINITY];
  for (const item of items) {
    const its = value(item);
    if (its < least) [best, least] = [item, its];
  }
  return best;
}
