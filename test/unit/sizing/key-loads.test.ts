import { describe, expect, it } from "vitest";
import { joinLoads, type KeyLoads, listedLoads, totalLoad, zipfLoads } from "../../../src/sizing/key-loads.js";
import { powerSum } from "../../../src/workload/power-sum.js";

function powerSumByLoop(first: number, last: number, exponent: number): number {
  let total = 0;
  for (let rank = last; rank >= first; rank--) total += rank ** -exponent;
  return total;
}

function keyCount(loads: KeyLoads): number {
  return loads.heavyCounts.reduce((total, count) => total + count, 0);
}

describe("powerSum", () => {
  it.each([0, 0.3, 0.999999, 1, 1.05, 2, 3, 6, 9])("equals the sum over all ranks for exponent %d", (exponent) => {
    for (const [first, last] of [
      [1, 1],
      [1, 31],
      [1, 32],
      [7, 33],
      [40, 41],
      [1, 200_000],
      [500, 200_000],
    ] as const) {
      const expected = powerSumByLoop(first, last, exponent);
      expect(Math.abs(powerSum(first, last, exponent) / expected - 1)).toBeLessThan(1e-7);
    }
  });
});

describe("zipfLoads", () => {
  it.each([
    [1, 1, 1],
    [2_000_000, 1.05, 0.01],
    [20_000, 0.9, 0.1],
    [100_000, 0, 0.1],
    [100_000, 0, 1e-4],
    [5_000, 0.05, 0.02],
    [100_000, 3, 0.9],
  ])("spreads the whole load over %d keys of exponent %d", (keys, exponent, limit) => {
    const loads = zipfLoads(7, keys, exponent, limit);
    expect(totalLoad(loads)).toBeCloseTo(7, 6);
    expect(loads.heavy.length).toBeLessThanOrEqual(3_000);
    expect(keyCount(loads)).toBeLessThanOrEqual(keys);
  });

  it("agrees with the same keys listed one by one", () => {
    const hottest = 1 / powerSumByLoop(1, 10_000, 0.8);
    const listed = listedLoads(
      Array.from({ length: 10_000 }, (_, index) => hottest * (index + 1) ** -0.8),
      0.05,
    );
    const loads = zipfLoads(1, 10_000, 0.8, 0.05);
    expect(loads.heavy.length).toBe(listed.heavy.length);
    expect(loads.tailSum).toBeCloseTo(listed.tailSum, 9);
    expect(loads.tailSquareSum).toBeCloseTo(listed.tailSquareSum, 9);
    expect(loads.tailCubeSum).toBeCloseTo(listed.tailCubeSum, 9);
  });

  it("keeps equal keys together", () => {
    const loads = zipfLoads(1_000, 1_000, 0, 20);
    expect([...loads.heavy]).toEqual([1]);
    expect([...loads.heavyCounts]).toEqual([1_000]);
  });
});

describe("joinLoads", () => {
  it("merges heavy keys in descending order and adds up the rest", () => {
    const first: KeyLoads = { ...listedLoads([9, 5, 5, 0.01], 10), even: 1 };
    const second: KeyLoads = { ...listedLoads([7, 5, 0.02], 10), even: 2 };
    const joined = joinLoads([first, second], 10);
    expect([...joined.heavy]).toEqual([9, 7, 5]);
    expect([...joined.heavyCounts]).toEqual([1, 1, 3]);
    expect(joined.tailSum).toBeCloseTo(0.03, 12);
    expect(joined.tailSquareSum).toBeCloseTo(0.0005, 12);
    expect(joined.tailCubeSum).toBeCloseTo(0.000009, 12);
    expect(joined.even).toBe(3);
  });

  it("moves what exceeds the number of heavy keys into the tail", () => {
    const parts = [0.1, 0.2].map((exponent) => zipfLoads(100, 3_000, exponent, 3));
    const joined = joinLoads(parts, 3);
    expect(joined.heavy.length).toBe(3_000);
    expect(totalLoad(joined)).toBeCloseTo(200, 6);
  });
});
