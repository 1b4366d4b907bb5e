/*
 * How a producer's traffic spreads over the hash space. Hot keys stand where their hash puts them, one by one; all others are counted
 * into cells. Hashes of keys that have no name are drawn at random, which is what MD5 amounts to. A key's share never changes with
 * time.
 */
import { lastNotAbove } from "../units/last-not-above.js";
import type { KeyWeights } from "../workload/key-weights.js";
import { powerSum } from "../workload/power-sum.js";
import type { Producer } from "../workload/schema.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { sampleNormal } from "./kernel/samplers.js";

/** Keys that are placed one by one, hottest first. */
const PLACED_KEYS_MAX = 2 ** 14;
/** Equal parts of the hash space into which the other keys are counted. */
const CELLS = 2 ** 14;

/** Share of the traffic on any part of the hash space. */
export class KeySpread {
  readonly #positions: Float64Array;
  /** Entry i: the share of the first i placed keys. */
  readonly #placed: Float64Array;
  /** Entry i: the share of the first i cells. */
  readonly #cells: Float64Array;

  constructor(positions: Float64Array, shares: Float64Array, cells: Float64Array) {
    this.#positions = positions;
    this.#placed = cumulative(shares);
    this.#cells = cumulative(cells);
  }

  /** The share of the traffic whose keys hash to positions from `from` (included) to `to` (excluded), both 0 to 1. */
  share(from: number, to: number): number {
    return this.#below(to) - this.#below(from);
  }

  #below(position: number): number {
    const placed = this.#placed[this.#keysBelow(position)] as number;
    const cells = this.#cells.length - 1;
    const at = Math.min(position, 1) * cells;
    const cell = Math.min(Math.floor(at), cells - 1);
    const start = this.#cells[cell] as number;
    return placed + start + ((this.#cells[cell + 1] as number) - start) * (at - cell);
  }

  /** How many placed keys lie below a position: a key at a boundary belongs to the range that begins there. */
  #keysBelow(position: number): number {
    let last = lastNotAbove(this.#positions, position);
    while (this.#positions[last] === position) last -= 1;
    return last + 1;
  }
}

function cumulative(shares: Float64Array): Float64Array {
  const sums = new Float64Array(shares.length + 1);
  for (let index = 0; index < shares.length; index += 1)
    sums[index + 1] = (sums[index] as number) + (shares[index] as number);
  return sums;
}

const nothing = new Float64Array();

/**
 * Where a producer's keys lie.
 *
 * @property positions of the keys that are placed one by one, ascending, 0 (included) to 1 (excluded)
 * @property shares of those keys in the whole
 * @property cells shares of the rest by equal parts of the hash space, even within each
 */
export interface PlacedKeys {
  readonly positions: Float64Array;
  readonly shares: Float64Array;
  readonly cells: Float64Array;
}

/** The spread of a producer's keys. `weights` is needed where they come from a file. */
export function spreadKeys(keys: Producer["keys"], weights: KeyWeights | undefined, random: RandomStream): KeySpread {
  const { positions, shares, cells } = placeKeys(keys, weights, random);
  return new KeySpread(positions, shares, cells);
}

/** A stream of random numbers for the places of a producer's keys, which do not depend on anything else. */
export function keyRandom(run: RandomStream, producer: string): RandomStream {
  return run.child("keys", producer);
}

/** The places of a producer's keys: of those in a file by their hashes, of others drawn. */
export function placeKeys(keys: Producer["keys"], weights: KeyWeights | undefined, random: RandomStream): PlacedKeys {
  if (keys === undefined) return { positions: nothing, shares: nothing, cells: Float64Array.of(1) };
  if (keys.hottest !== undefined)
    return {
      positions: Float64Array.of(random.nextUniform52()),
      shares: Float64Array.of(keys.hottest),
      cells: Float64Array.of(1 - keys.hottest),
    };
  if (weights !== undefined)
    return { positions: weights.positions, shares: weights.shares, cells: orEven(weights.histogram) };
  return placeZipf(keys.count ?? 1, keys.distribution === "zipf" ? (keys.exponent ?? 1) : 0, random);
}

function orEven(histogram: Float64Array): Float64Array {
  return histogram.length > 0 ? histogram : new Float64Array(1);
}

function placeZipf(keyCount: number, exponent: number, random: RandomStream): PlacedKeys {
  const total = powerSum(1, keyCount, exponent);
  const placedCount = Math.min(keyCount, PLACED_KEYS_MAX);
  const placed = Array.from({ length: placedCount }, (_, index) => ({
    position: random.nextUniform52(),
    share: (index + 1) ** -exponent / total,
  })).sort((a, b) => a.position - b.position);
  return {
    positions: Float64Array.from(placed, ({ position }) => position),
    shares: Float64Array.from(placed, ({ share }) => share),
    cells: spreadTail(keyCount, placedCount, exponent, total, random),
  };
}

/** The keys that are not placed fall on the cells at random: each cell's share has their mean and variance. */
function spreadTail(
  keyCount: number,
  placedCount: number,
  exponent: number,
  total: number,
  random: RandomStream,
): Float64Array {
  if (keyCount <= placedCount) return new Float64Array(1);
  const sum = powerSum(placedCount + 1, keyCount, exponent) / total;
  const squareSum = powerSum(placedCount + 1, keyCount, 2 * exponent) / total ** 2;
  const deviation = Math.sqrt(squareSum / CELLS);
  const cells = Float64Array.from({ length: CELLS }, () => Math.max(0, sum / CELLS + deviation * sampleNormal(random)));
  const scale = sum / cells.reduce((all, cell) => all + cell, 0);
  return cells.map((cell) => cell * scale);
}
