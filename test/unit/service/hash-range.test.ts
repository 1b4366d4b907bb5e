/* Hash key ranges, and the operations that UpdateShardCount takes from one number of shards to another. */
import { describe, expect, it } from "vitest";
import {
  equalRanges,
  type HashRange,
  openShardsMax,
  planOperations,
  positionOf,
  type ShardOperation,
  splitKey,
} from "../../../src/service/hash-range.js";

const SPACE = 2n ** 128n;

/** The ranges after operations, each of which is applied as SplitShard and MergeShards would. */
function applied(ranges: readonly HashRange[], operations: readonly ShardOperation[]): HashRange[] {
  const open = [...ranges];
  for (const operation of operations) {
    const here = open[operation.index] as HashRange;
    if (operation.kind === "merge") {
      const next = open[operation.index + 1] as HashRange;
      open.splice(operation.index, 2, { first: here.first, last: next.last });
    } else {
      if (operation.at <= here.first || operation.at > here.last) throw new RangeError("split outside of the shard");
      const parts = [
        { first: here.first, last: operation.at - 1n },
        { first: operation.at, last: here.last },
      ];
      open.splice(operation.index, 1, ...parts);
    }
  }
  return open;
}

/** Whether ranges cover all hash keys, one after the other. */
function isCover(ranges: readonly HashRange[]): boolean {
  let next = 0n;
  for (const { first, last } of ranges) {
    if (first !== next || last < first) return false;
    next = last + 1n;
  }
  return next === SPACE;
}

/** The largest difference between boundaries of two lists of as many ranges. */
function mismatch(a: readonly HashRange[], b: readonly HashRange[]): bigint {
  return a.reduce((most, { first }, index) => {
    const difference = first - (b[index] as HashRange).first;
    const size = difference < 0n ? -difference : difference;
    return size > most ? size : most;
  }, 0n);
}

/** Every change of a shard count up to 40 that UpdateShardCount allows. */
const changes = Array.from({ length: 40 }, (_, index) => index + 1).flatMap((from) =>
  Array.from({ length: 2 * from }, (_, index) => ({ from, to: index + 1 })).filter(({ to }) => 2 * to >= from),
);

describe("equalRanges", () => {
  it("cover the hash space without gaps, however many they are", () => {
    for (const count of [1, 2, 3, 4, 7, 8, 40, 999, 10_000]) {
      const ranges = equalRanges(count);
      expect(ranges).toHaveLength(count);
      expect(isCover(ranges)).toBe(true);
    }
  });

  it("begin at multiples of the rounded width, as AWS lists them", () => {
    // The shards of a new stream of three in AWS's own examples.
    expect(equalRanges(3).map(({ first }) => String(first))).toEqual([
      "0",
      "113427455640312821154458202477256070485",
      "226854911280625642308916404954512140970",
    ]);
    for (const count of [3, 7, 1_000]) {
      const width = SPACE / BigInt(count);
      expect(equalRanges(count).every(({ first }, index) => first === width * BigInt(index))).toBe(true);
    }
  });
});

describe("positionOf", () => {
  it("is where a hash key lies in the space", () => {
    expect([0n, SPACE / 2n, (SPACE / 4n) * 3n, SPACE].map(positionOf)).toEqual([0, 0.5, 0.75, 1]);
    expect(positionOf(SPACE - 1n)).toBeLessThan(1);
    expect(positionOf(SPACE / 3n)).toBeCloseTo(1 / 3, 15);
  });
});

describe("splitKey", () => {
  const range = { first: SPACE / 4n, last: SPACE / 2n - 1n };

  it("divides a range in proportion", () => {
    expect(splitKey(range, 0.5)).toBe((SPACE / 8n) * 3n);
    expect(splitKey(range, 0.25)).toBe((SPACE / 16n) * 5n);
    // A share is as exact as a number is: to 52 bits of the range.
    expect(Number(splitKey({ first: 0n, last: SPACE - 1n }, 0.1)) / Number(SPACE)).toBeCloseTo(0.1, 15);
  });

  it("leaves a key to either part", () => {
    expect(splitKey(range, 1e-300)).toBe(range.first + 1n);
    expect(splitKey(range, 1)).toBe(range.last);
    expect(splitKey({ first: 6n, last: 7n }, 0.5)).toBe(7n);
  });
});

describe("planOperations", () => {
  it("leads from equal shards to equal shards, for every change up to 40 shards", () => {
    const wrong = changes.filter(({ from, to }) => {
      const reached = applied(equalRanges(from), planOperations(equalRanges(from), to));
      // Boundaries that are there already may be off by rounding.
      return reached.length !== to || !isCover(reached) || mismatch(reached, equalRanges(to)) > BigInt(from + to);
    });
    expect(wrong).toEqual([]);
  });

  it("splits at the boundaries of the shards to come, to the key", () => {
    const wrong = changes.filter(({ from, to }) => {
      const firsts = new Set(equalRanges(to).map(({ first }) => first));
      return planOperations(equalRanges(from), to).some((one) => one.kind === "split" && !firsts.has(one.at));
    });
    expect(wrong).toEqual([]);
  });

  it("leads back and forth through any counts without piling up what rounding left", () => {
    let ranges = equalRanges(1);
    for (const count of [2, 3, 5, 9, 7, 13, 11, 6, 12, 17, 10, 5, 3, 4, 8, 15, 29, 40, 39, 20]) {
      ranges = applied(ranges, planOperations(ranges, count));
      expect(isCover(ranges)).toBe(true);
      expect(ranges).toHaveLength(count);
      expect(mismatch(ranges, equalRanges(count))).toBeLessThanOrEqual(100n);
    }
  });

  it("splits each shard once to double them, and merges each pair once to halve them", () => {
    for (let count = 1; count <= 40; count += 1) {
      const kindsOf = (from: number, to: number): string[] =>
        planOperations(equalRanges(from), to).map(({ kind }) => kind);
      expect(kindsOf(count, 2 * count)).toEqual(new Array<string>(count).fill("split"));
      expect(kindsOf(2 * count, count)).toEqual(new Array<string>(count).fill("merge"));
      expect(kindsOf(count, count)).toEqual([]);
    }
  });

  it("splits once at each boundary that is new, and merges what is too much", () => {
    const wrong = changes.filter(({ from, to }) => {
      // i/to is a boundary of `from` equal shards where from·i is a multiple of to.
      const fresh = Array.from({ length: to - 1 }, (_, index) => from * (index + 1)).filter(
        (at) => at % to !== 0,
      ).length;
      const operations = planOperations(equalRanges(from), to);
      const splits = operations.filter(({ kind }) => kind === "split").length;
      return splits !== fresh || operations.length - splits !== from + fresh - to;
    });
    expect(wrong).toEqual([]);
  });

  it("leaves shards of any ranges equal", () => {
    const odd = applied(equalRanges(3), [
      { kind: "split", index: 1, at: SPACE / 2n },
      { kind: "merge", index: 2 },
      { kind: "split", index: 0, at: 12_345n },
    ]);
    const reached = applied(odd, planOperations(odd, 5));
    expect(isCover(reached)).toBe(true);
    expect(mismatch(reached, equalRanges(5))).toBeLessThanOrEqual(10n);
  });
});

describe("openShardsMax", () => {
  it("counts the shards that are open on the way", () => {
    expect(openShardsMax(4, planOperations(equalRanges(4), 8))).toBe(8);
    expect(openShardsMax(4, planOperations(equalRanges(4), 2))).toBe(4);
    // Split at 1/3, split at 2/3, and only then merge the middle.
    expect(openShardsMax(2, planOperations(equalRanges(2), 3))).toBe(4);
    expect(openShardsMax(3, [])).toBe(3);
  });
});
