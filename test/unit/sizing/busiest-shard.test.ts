import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { busiestShardConfidence, fewestShards } from "../../../src/sizing/busiest-shard.js";
import { evenLoad, joinLoads, listedLoads, zipfLoads } from "../../../src/sizing/key-loads.js";

/** Confidence of zipf keys with a total load of 1 at a limit given as a multiple of the mean shard load. */
function zipfConfidence(keyCount: number, exponent: number, shardCount: number, multiple: number): number {
  const limit = multiple / shardCount;
  return busiestShardConfidence(zipfLoads(1, keyCount, exponent, limit), shardCount, limit);
}

function zipfWeights(keyCount: number, exponent: number): number[] {
  return Array.from({ length: keyCount }, (_, index) => (index + 1) ** -exponent);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** P(one shard > limit), over all 2^keys ways in which keys can be on it. */
function exactExceedance(weights: readonly number[], shardCount: number, limit: number): number {
  const share = 1 / shardCount;
  const from = (index: number, load: number): number => {
    const weight = weights[index];
    if (weight === undefined) return load > limit ? 1 : 0;
    return share * from(index + 1, load + weight) + (1 - share) * from(index + 1, load);
  };
  return from(0, 0);
}

/** P(busiest shard ≤ limit), over all shardCount^keys assignments. */
function exactConfidence(weights: readonly number[], shardCount: number, limit: number): number {
  const shards = new Array<number>(shardCount).fill(0);
  const fitting = (index: number): number => {
    const weight = weights[index];
    if (weight === undefined) return 1;
    let count = 0;
    for (let shard = 0; shard < shardCount; shard++) {
      const before = shards[shard] ?? 0;
      if (before + weight > limit) continue;
      shards[shard] = before + weight;
      count += fitting(index + 1);
      shards[shard] = before;
    }
    return count;
  };
  return fitting(0) / shardCount ** weights.length;
}

/** Mulberry32: uniform on [0, 1), the same in every run. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The part of `runs` random assignments in which no shard exceeds the limit. */
function simulate(
  weights: readonly number[],
  shardCount: number,
  limit: number,
  runs: number,
  position: (run: number, key: number) => number,
): number {
  let fitting = 0;
  for (let run = 0; run < runs; run++) {
    const shards = new Float64Array(shardCount);
    weights.forEach((weight, key) => {
      const shard = Math.floor(position(run, key) * shardCount);
      shards[shard] = (shards[shard] ?? 0) + weight;
    });
    if (Math.max(...shards) <= limit) fitting++;
  }
  return fitting / runs;
}

/** The limit at which the busiest shard's confidence is as wanted. */
function limitFor(weights: readonly number[], shardCount: number, wanted: number): number {
  let low = sum(weights) / shardCount;
  let high = sum(weights);
  for (let halving = 0; halving < 30; halving++) {
    const middle = (low + high) / 2;
    if (busiestShardConfidence(listedLoads(weights, middle), shardCount, middle) < wanted) low = middle;
    else high = middle;
  }
  return high;
}

/** Holds an observed frequency against the two bounds of the model, with room for 4.5 standard errors. */
function expectWithinBounds(observed: number, confidence: number, shardCount: number, runs: number): void {
  const upper = (1 - (1 - confidence) / shardCount) ** shardCount;
  const margin = 4.5 * Math.sqrt((confidence * (1 - confidence)) / runs);
  expect(observed).toBeGreaterThan(confidence - margin);
  expect(observed).toBeLessThan(upper + margin);
}

describe("busiestShardConfidence", () => {
  it.each([
    [20_000, 0.9, 50, 5.269, 0.9899],
    [100_000, 0.5, 200, 1.532, 0.9902],
    [100_000, 1.0, 100, 13.03, 0.993],
    [1_000, 0, 64, 2.048, 0.9953],
  ])(
    "gives %d keys of exponent %d on %d shards at %d × the mean the confidence of full-hash runs",
    (keyCount, exponent, shardCount, multiple, expected) => {
      expect(zipfConfidence(keyCount, exponent, shardCount, multiple)).toBeCloseTo(expected, 3);
    },
  );

  it("puts the jumps of equal keys exactly where they are", () => {
    const onJump = zipfConfidence(1_000, 0, 64, 2.048);
    expect(zipfConfidence(1_000, 0, 64, 2.048 * 1.03)).toBeCloseTo(onJump, 10);
    expect(zipfConfidence(1_000, 0, 64, 2.048 * 0.999)).toBeLessThan(onJump - 0.003);
  });

  it("equals the binomial distribution for equal keys in any number", () => {
    const keyCount = 30_000;
    const limit = 180;
    const shardCount = 220;
    let term = (1 - 1 / shardCount) ** keyCount;
    let within = term;
    for (let onShard = 1; onShard <= limit; onShard++) {
      term *= (keyCount - onShard + 1) / onShard / (shardCount - 1);
      within += term;
    }
    const confidence = busiestShardConfidence(zipfLoads(keyCount, keyCount, 0, limit), shardCount, limit);
    expect(confidence).toBeCloseTo(1 - shardCount * (1 - within), 9);
  });

  it.each([2, 3, 4])("matches all assignments of keys on the grid to %d shards", (shardCount) => {
    const weights = [5, 4, 3, 3, 2, 1, 1, 1];
    for (let limit = 6; limit < sum(weights); limit++) {
      const confidence = busiestShardConfidence(listedLoads(weights, limit), shardCount, limit);
      const bound = Math.max(0, 1 - shardCount * exactExceedance(weights, shardCount, limit));
      if (limit * shardCount >= sum(weights)) expect(confidence).toBeCloseTo(bound, 9);
      expect(confidence).toBeLessThanOrEqual(exactConfidence(weights, shardCount, limit) + 1e-9);
    }
  });

  it.each([
    [8, 0.4, 2],
    [8, 1.3, 3],
    [8, 0.8, 4],
    [12, 0.6, 2],
    [9, 2.5, 4],
  ])("stays below the exact confidence of %d keys of exponent %d on %d shards", (keyCount, exponent, shardCount) => {
    const weights = zipfWeights(keyCount, exponent);
    for (const part of [0.45, 0.55, 0.65, 0.75, 0.85, 0.95]) {
      const limit = part * sum(weights);
      // Sums of keys are told apart to 0.4 % of the limit, no closer.
      const exact = exactConfidence(weights, shardCount, limit * 1.004);
      expect(busiestShardConfidence(listedLoads(weights, limit), shardCount, limit)).toBeLessThanOrEqual(exact + 1e-3);
    }
  });

  it.each([
    [300, 0.6, 2],
    [1_000, 0.3, 3],
    [800, 0.8, 5],
    [60, 0.5, 5],
    [1_500, 0.9, 10],
    [1_000, 0.2, 40],
    [1_200, 1.2, 60],
  ])("agrees with simulation: %d keys of exponent %d on %d shards", (keyCount, exponent, shardCount) => {
    const weights = zipfWeights(keyCount, exponent);
    const limit = limitFor(weights, shardCount, 0.9);
    const confidence = busiestShardConfidence(listedLoads(weights, limit), shardCount, limit);
    const random = seededRandom(keyCount + shardCount);
    const runs = 4_000;
    expectWithinBounds(simulate(weights, shardCount, limit, runs, random), confidence, shardCount, runs);
  });

  it("agrees with real MD5 positions", () => {
    const weights = zipfWeights(600, 0.7);
    const shardCount = 16;
    const limit = limitFor(weights, shardCount, 0.8);
    const confidence = busiestShardConfidence(listedLoads(weights, limit), shardCount, limit);
    const position = (run: number, key: number): number =>
      createHash("md5").update(`run-${run}/key-${key}`).digest().readUInt32BE(0) / 2 ** 32;
    const runs = 500;
    expectWithinBounds(simulate(weights, shardCount, limit, runs, position), confidence, shardCount, runs);
  });

  it("is certain where nothing is left to chance", () => {
    expect(busiestShardConfidence(evenLoad(100), 10, 10)).toBe(1);
    expect(busiestShardConfidence(evenLoad(100), 9, 10)).toBe(0);
    expect(busiestShardConfidence(zipfLoads(10, 50, 1, 10), 1, 10)).toBe(1);
    expect(busiestShardConfidence(zipfLoads(10.1, 50, 1, 10), 1, 10)).toBe(0);
    expect(busiestShardConfidence(zipfLoads(9, 1, 1, 10), 4, 10)).toBe(1);
    expect(busiestShardConfidence(zipfLoads(11, 1, 1, 10), 4, 10)).toBe(0);
  });

  it("takes even load off the limit", () => {
    const limit = 30;
    const keys = zipfLoads(100, 200, 0.5, limit);
    const withEven = busiestShardConfidence(joinLoads([keys, evenLoad(80)], limit), 8, limit);
    expect(withEven).toBeCloseTo(busiestShardConfidence(zipfLoads(100, 200, 0.5, 20), 8, 20), 2);
  });
});

describe("fewestShards", () => {
  it("recommends the counts that full simulation confirmed", () => {
    const limit = 0.8;
    expect(Math.abs((fewestShards(zipfLoads(50, 100_000, 0.5, limit), limit, 0.99, 10_000) ?? 0) - 78)).toBeLessThan(2);
    expect(Math.abs((fewestShards(zipfLoads(12, 20_000, 0.9, limit), limit, 0.95, 10_000) ?? 0) - 224)).toBeLessThan(3);
  });

  it.each([
    [50, 100_000, 0.5, 0.99],
    [12, 20_000, 0.9, 0.95],
    [8, 2_000_000, 1.05, 0.95],
    [40, 1_000, 0, 0.9],
    [3, 500, 0.3, 0.95],
    [3, 40, 0.1, 0.999],
    [1.2, 400, 1.5, 0.5],
  ])("finds the least count for load %d on %d keys of exponent %d", (load, keyCount, exponent, wanted) => {
    const limit = 0.8;
    const loads = zipfLoads(load, keyCount, exponent, limit);
    const confidenceAt = (shardCount: number) => busiestShardConfidence(loads, shardCount, limit);
    const found = fewestShards(loads, limit, wanted, 10_000) ?? Number.NaN;
    expect(confidenceAt(found)).toBeGreaterThanOrEqual(wanted);
    for (let fewer = found - 1; fewer >= Math.max(1, found - 5); fewer--)
      expect(confidenceAt(fewer)).toBeLessThan(wanted);
    for (let more = found + 1; more <= found + 5; more++) expect(confidenceAt(more)).toBeGreaterThanOrEqual(wanted);
  });

  it("finds none when one key alone exceeds the limit", () => {
    expect(fewestShards(zipfLoads(100, 1_000, 1.05, 10), 10, 0.95, 100_000)).toBeNull();
    expect(fewestShards(listedLoads([10.1, 1, 1], 10), 10, 0.95, 100_000)).toBeNull();
  });

  it("takes a key just below the limit, at the price of many shards", () => {
    const loads = listedLoads([9.99, ...new Array<number>(20).fill(1)], 10);
    // The hot key must be alone: (1 - 1/n)^20 ≥ 0.95.
    expect(fewestShards(loads, 10, 0.95, 10_000)).toBe(391);
    expect(fewestShards(listedLoads([10], 10), 10, 0.95, 10_000)).toBe(1);
  });

  it("finds none beyond the ceiling", () => {
    const loads = zipfLoads(12, 20_000, 0.9, 0.8);
    const found = fewestShards(loads, 0.8, 0.95, 10_000) ?? Number.NaN;
    expect(fewestShards(loads, 0.8, 0.95, found)).toBe(found);
    expect(fewestShards(loads, 0.8, 0.95, found - 1)).toBeNull();
    expect(fewestShards(loads, 0.8, 0.95, 15)).toBeNull();
    expect(fewestShards(loads, 0.8, 0.95, 14)).toBeNull();
  });

  it("needs no more than the mean for even load", () => {
    expect(fewestShards(evenLoad(100), 10, 0.95, 100)).toBe(10);
    expect(fewestShards(evenLoad(0.1 * 3), 0.1, 0.95, 100)).toBe(3);
    expect(fewestShards(evenLoad(0), 10, 0.95, 100)).toBe(1);
  });
});
