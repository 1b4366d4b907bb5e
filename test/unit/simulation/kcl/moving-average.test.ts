import { describe, expect, it } from "vitest";
import { movingAverage } from "../../../../src/simulation/kcl/moving-average.js";

describe("the moving average of a worker's load", () => {
  it("skips samples that failed", () => {
    expect(movingAverage([10, 20, 30, -1, 40], 0.5)).toBe(31.25);
    expect(movingAverage([-1, -1, 8], 0.5)).toBe(8);
  });

  it("counts the first sample in full and later ones by alpha", () => {
    expect(movingAverage([8], 0.25)).toBe(8);
    expect(movingAverage([8, 16], 0.25)).toBe(10);
    expect(movingAverage([8, 16, 3], 1)).toBe(3);
  });

  it("is undefined where every sample failed or there is none", () => {
    expect(movingAverage([-1, -1], 0.5)).toBeUndefined();
    expect(movingAverage([], 0.5)).toBeUndefined();
  });

  it("tells no load from no sample", () => {
    expect(movingAverage([0, 0], 0.5)).toBe(0);
  });
});
