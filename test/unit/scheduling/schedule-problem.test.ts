import { describe, expect, it } from "vitest";
import {
  isAllowedStep,
  operationCount,
  operationsAtLeast,
  type ScheduleProblem,
  slotsOf,
  stepCost,
} from "../../../src/scheduling/schedule-problem.js";

const problem: ScheduleProblem = {
  slotSeconds: 60,
  needs: Float64Array.of(4, 4, 4, 4),
  startShards: 4,
  shardsMin: 1,
  shardsMax: 5_000,
  factorMax: 2,
  factorMin: 0.5,
  openMax: 10_000,
  callsMax: 2,
  windowSlots: 4,
  callsBefore: [],
  secondsOf: () => 100,
  shortfallPrice: Number.POSITIVE_INFINITY,
};

describe("operationCount", () => {
  it("splits and merges 4 shards to 3 as reported: two new boundaries, three old ones", () => {
    expect(operationCount(4, 3)).toBe(5);
  });

  it.each([
    [1, 2, 1],
    [100, 200, 100],
    [100, 125, 175],
    [100, 127, 225],
    [1_000, 1_250, 1_750],
    [1_000, 1_251, 2_249],
    [200, 150, 250],
    [200, 100, 100],
  ])("takes from %i to %i shards %i splits and merges", (from, to, operations) => {
    expect(operationCount(from, to)).toBe(operations);
    expect(operationCount(to, from)).toBe(operations);
  });

  it("counts the boundaries that one of both counts has alone", () => {
    for (let from = 1; from <= 30; from += 1) {
      for (let to = 1; to <= 30; to += 1) {
        const own = (one: number, other: number): number =>
          Array.from({ length: one }, (_, index) => index * other).filter((point) => point % one !== 0).length;
        expect(operationCount(from, to)).toBe(own(from, to) + own(to, from));
      }
    }
  });
});

describe("operationsAtLeast", () => {
  it("never exceeds what a call between two ranges takes", () => {
    const most = 9;
    for (let low = 1; low <= most; low += 1) {
      for (let high = low; high <= most; high += 1) {
        for (let otherLow = 1; otherLow <= most; otherLow += 1) {
          for (let otherHigh = otherLow; otherHigh <= most; otherHigh += 1) {
            const least = operationsAtLeast({ low, high }, { low: otherLow, high: otherHigh });
            for (let from = low; from <= high; from += 1)
              for (let to = otherLow; to <= otherHigh; to += 1)
                if (from !== to) expect(operationCount(from, to)).toBeGreaterThanOrEqual(least);
          }
        }
      }
    }
  });

  it("is exact between single counts a quarter apart or twice as many", () => {
    const least = (from: number, to: number): number =>
      operationsAtLeast({ low: from, high: from }, { low: to, high: to });
    expect(least(100, 200)).toBe(operationCount(100, 200));
    expect(least(200, 100)).toBe(operationCount(200, 100));
    expect(least(100, 125)).toBe(operationCount(100, 125));
    expect(least(100, 75)).toBe(operationCount(100, 75));
  });
});

describe("isAllowedStep", () => {
  it.each([
    [4, 8, true],
    [4, 9, false],
    [4, 2, true],
    [4, 1, false],
    [7, 4, true],
    [7, 3, false],
    [7, 14, true],
    [7, 15, false],
    [1, 2, true],
    [4, 4, false],
  ])("between half and double: %i to %i is %s", (from, to, isAllowed) => {
    expect(isAllowedStep(problem, from, to)).toBe(isAllowed);
  });

  it("leads to no count out of range, and back into it from outside", () => {
    const narrow = { ...problem, shardsMin: 4, shardsMax: 8 };
    expect(isAllowedStep(narrow, 5, 3)).toBe(false);
    expect(isAllowedStep(narrow, 6, 9)).toBe(false);
    expect(isAllowedStep(narrow, 3, 4)).toBe(true);
    expect(isAllowedStep(narrow, 10, 8)).toBe(true);
  });

  it.each([
    [100, 200, 200],
    [100, 125, 200],
    [100, 127, 226],
    [1_000, 1_251, 2_250],
    [200, 150, 300],
    [200, 100, 200],
  ])("from %i to %i needs a quota of %i open shards", (from, to, open) => {
    expect(isAllowedStep({ ...problem, openMax: open }, from, to)).toBe(true);
    expect(isAllowedStep({ ...problem, openMax: open - 1 }, from, to)).toBe(false);
  });
});

describe("slotsOf and stepCost", () => {
  it("round a call up to whole slots", () => {
    expect(slotsOf(problem, 4, 8)).toBe(2);
    expect(slotsOf({ ...problem, secondsOf: () => 120 }, 4, 8)).toBe(2);
    expect(slotsOf({ ...problem, secondsOf: () => 121 }, 4, 8)).toBe(3);
    expect(slotsOf({ ...problem, secondsOf: () => 1 }, 4, 8)).toBe(1);
  });

  it("pay the larger count while the call runs and the new one for the rest of its slots", () => {
    expect(stepCost(problem, 4, 8)).toBe(120 * 8);
    expect(stepCost(problem, 8, 4)).toBe(100 * 8 + 20 * 4);
    expect(stepCost({ ...problem, secondsOf: () => 120 }, 8, 4)).toBe(120 * 8);
  });

  it("ask for the time of the very call", () => {
    const bySize = { ...problem, secondsOf: (from: number, to: number) => 30 * Math.abs(from - to) };
    expect(slotsOf(bySize, 4, 5)).toBe(1);
    expect(slotsOf(bySize, 4, 8)).toBe(2);
    expect(stepCost(bySize, 5, 4)).toBe(30 * 5 + 30 * 4);
  });
});
