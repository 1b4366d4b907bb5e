import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combinedNeeds, forecastFactor } from "../../../../src/planning/reshard/combined-needs.js";
import type { ShardNeeds } from "../../../../src/sizing/shard-needs.js";

/** Needs whose demand and binding constraint name the course that they are of. */
function course(index: number, shards: readonly number[]): ShardNeeds {
  const constraint = { name: `course-${index}`, kind: "write-bytes", need: 1, minimum: 1, recommended: 1 } as const;
  return {
    shards: Float64Array.from(shards),
    writes: Float64Array.from(shards, (count) => count / 2),
    demandAt: (minute) => ({
      recordsPerSecondPeak: shards[minute] as number,
      kinesisRecordsPerSecondPeak: index,
      bytesPerSecondPeak: 0,
    }),
    bindingAt: () => constraint as ReturnType<ShardNeeds["bindingAt"]>,
  };
}

describe("the needs of several courses", () => {
  it("are those that the given part of them stays within, minute by minute", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }).chain((minutes) =>
          fc.array(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: minutes, maxLength: minutes }), {
            minLength: 1,
            maxLength: 6,
          }),
        ),
        fc.integer({ min: 1, max: 100 }),
        (counts, percent) => {
          const courses = counts.map((shards, index) => course(index, shards));
          const [first, ...others] = courses;
          if (first === undefined) return;
          const needs = combinedNeeds([first, ...others], percent / 100);
          for (const [minute, need] of needs.shards.entries()) {
            const column = counts.map((shards) => shards[minute] as number);
            const within = (count: number): number => column.filter((one) => one <= count).length / column.length;
            expect(within(need) * 100).toBeGreaterThanOrEqual(percent - 1e-9);
            const less = column.filter((one) => one < need);
            for (const count of less) expect(within(count) * 100).toBeLessThan(percent);
            expect(needs.writes[minute]).toBe(need / 2);
            expect(needs.demandAt(minute).recordsPerSecondPeak).toBe(need);
            const whose = needs.demandAt(minute).kinesisRecordsPerSecondPeak;
            expect(needs.bindingAt(minute).name).toBe(`course-${whose}`);
          }
        },
      ),
    );
  });
});

describe("an error of the forecast", () => {
  it("is covered as the normal distribution says", () => {
    expect(forecastFactor(0, 1)).toBe(1);
    expect(forecastFactor(0.1, 0.5)).toBe(1);
    // Quantiles from tables of the normal distribution.
    expect(forecastFactor(0.1, 0.95)).toBeCloseTo(1.164_485, 5);
    expect(forecastFactor(0.2, 0.99)).toBeCloseTo(1.465_27, 4);
    expect(forecastFactor(0.2, 0.01)).toBeCloseTo(0.534_73, 4);
  });
});
