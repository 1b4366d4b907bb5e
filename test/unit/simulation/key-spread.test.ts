/* How a producer's keys spread over shards: whatever is cut, the parts make the whole, and a hot key is in one place. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalRanges, positionOf } from "../../../src/service/hash-range.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import { type KeySpread, spreadKeys } from "../../../src/simulation/key-spread.js";
import type { Quantity } from "../../../src/units/dimension.js";
import type { KeyWeights } from "../../../src/workload/key-weights.js";
import { powerSum } from "../../../src/workload/power-sum.js";
import type { Producer } from "../../../src/workload/schema.js";

function spread(keys: Producer["keys"], seed = 1, weights?: KeyWeights): KeySpread {
  return spreadKeys(keys, weights, RandomStream.fromSeed(seed).child("keys"));
}

/** Three keys by themselves, one of them on a boundary of four shards, and the rest by quarters of the hash space. */
const weights: KeyWeights = {
  keyCount: 100,
  hottest: { share: 0.3 },
  positions: Float64Array.of(0.1, 0.5, 0.9),
  shares: Float64Array.of(0.1, 0.3, 0.2),
  histogram: Float64Array.of(0.1, 0.05, 0.25, 0),
  histogramSquareSum: 0,
  histogramCubeSum: 0,
};

const kinds: readonly { name: string; keys: Producer["keys"]; weights?: KeyWeights }[] = [
  { name: "even", keys: undefined },
  { name: "a hot key", keys: { hottest: 0.4 as Quantity<"ratio"> } },
  { name: "a single key", keys: { count: 1 } },
  { name: "few keys", keys: { count: 12, distribution: "even" } },
  { name: "Zipf, placed", keys: { count: 10_000, distribution: "zipf", exponent: 1.2 } },
  { name: "Zipf, most of it in cells", keys: { count: 5_000_000, distribution: "zipf", exponent: 0.8 } },
  { name: "many even keys", keys: { count: 1_000_000, distribution: "even" } },
  { name: "a file", keys: { weightsFile: "keys.csv" }, weights },
];

/** The spread of each shard of so many equal ones. */
function sharesOf(keys: KeySpread, shards: number): number[] {
  return equalRanges(shards).map(({ first, last }) => keys.share(positionOf(first), positionOf(last + 1n)));
}

describe.each(kinds)("keys of the kind: $name", ({ keys, weights: file }) => {
  it("add up to the whole over any cuts of the hash space, and to the parent over its children", () => {
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });
    const one = spread(keys, 1, file);
    fc.assert(
      fc.property(cuts, (chosen) => {
        const edges = [0, ...chosen.sort((a, b) => a - b), 1];
        const parts = edges.slice(1).map((to, index) => one.share(edges[index] as number, to));
        expect(parts.every((part) => part > -1e-12)).toBe(true);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 9);
        const [from = 0, at = 0, to = 0] = [edges[0], edges[1], edges.at(-1)];
        expect(one.share(from, at) + one.share(at, to)).toBeCloseTo(one.share(from, to), 9);
      }),
      { numRuns: 50 },
    );
  });

  it("add up to the whole over equal shards", () => {
    const one = spread(keys, 1, file);
    for (const shards of [1, 2, 3, 7, 64, 1_000])
      expect(sharesOf(one, shards).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  });
});

describe("a producer's keys", () => {
  it("fall in proportion to width where they are even", () => {
    for (const share of sharesOf(spread(undefined), 7)) expect(share).toBeCloseTo(1 / 7, 12);
    expect(spread(undefined).share(0.2, 0.25)).toBeCloseTo(0.05, 12);
  });

  it("put the hottest key on one shard, and the rest evenly", () => {
    const homes = new Set<number>();
    for (let seed = 0; seed < 40; seed += 1) {
      const shares = sharesOf(spread({ hottest: 0.4 as Quantity<"ratio"> }, seed), 6).map((share) =>
        Number(share.toFixed(9)),
      );
      expect(shares.filter((share) => share === 0.1)).toHaveLength(5);
      expect(shares.filter((share) => share === 0.5)).toHaveLength(1);
      homes.add(shares.indexOf(0.5));
    }
    // Which shard it is, is a matter of chance.
    expect(homes.size).toBe(6);
  });

  it("keep the hottest of many by itself, however finely the space is cut", () => {
    const hottest = 1 / powerSum(1, 100_000, 1.2);
    const shares = sharesOf(spread({ count: 100_000, distribution: "zipf", exponent: 1.2 }), 4_096).sort(
      (a, b) => b - a,
    );
    expect(shares[0]).toBeGreaterThanOrEqual(hottest);
    expect(shares[0]).toBeLessThan(1.1 * hottest);
    expect(shares[1]).toBeLessThan(0.6 * hottest);
  });

  it("lie where the file says", () => {
    const file = spread({ weightsFile: "keys.csv" }, 1, weights);
    expect(sharesOf(file, 4).map((share) => Number(share.toFixed(12)))).toEqual([0.2, 0.05, 0.55, 0.2]);
    // A part of a cell has its part of the cell's keys.
    expect(file.share(0.11, 0.25)).toBeCloseTo(0.1 * (0.14 / 0.25), 12);
    expect(file.share(0.09, 0.11)).toBeCloseTo(0.1 + 0.1 * (0.02 / 0.25), 12);
  });

  it("belong to the range that begins where they are", () => {
    const file = spread({ weightsFile: "keys.csv" }, 1, weights);
    expect(file.share(0.25, 0.5)).toBeCloseTo(0.05, 12);
    expect(file.share(0.5, 0.75)).toBeCloseTo(0.55, 12);
  });

  // Half a step below a position of the upper half would round to the position itself, wherever its last bit is even.
  it("belong to the range that begins where they are in the upper half of the space too", () => {
    const one = {
      ...weights,
      positions: Float64Array.of(0.75),
      shares: Float64Array.of(1),
      histogram: new Float64Array(),
    };
    expect(spread({ weightsFile: "keys.csv" }, 1, one).share(0.75, 1)).toBe(1);
  });

  it("are where they are for one seed, and elsewhere for another", () => {
    const keys = { count: 1_000, distribution: "zipf", exponent: 1 } as const;
    expect(sharesOf(spread(keys, 5), 16)).toEqual(sharesOf(spread(keys, 5), 16));
    expect(sharesOf(spread(keys, 5), 16)).not.toEqual(sharesOf(spread(keys, 6), 16));
  });

  it("vary over shards in cells as they would one by one", () => {
    // 20,000 even keys: 16,384 are placed, the others are counted. On a shard of 1/8 a count has variance n·(1/8)·(7/8).
    const count = 20_000;
    const scores = Array.from({ length: 20 }, (_, seed) => sharesOf(spread({ count, distribution: "even" }, seed), 8))
      .flat()
      .map((share) => (share - 1 / 8) / Math.sqrt(7 / 64 / count));
    const variance = scores.reduce((sum, score) => sum + score ** 2, 0) / scores.length;
    // 160 scores, 140 of them free: the mean of their squares has standard error √(2/140).
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / 140));
  });
});
