import { describe, expect, it } from "vitest";
import { skewedUpperTail, upperTail } from "../../../src/units/normal-distribution.js";

describe("upperTail", () => {
  // Reference values: Abramowitz and Stegun, tables 26.1 and 26.2, continued with erfc.
  it.each([
    [0, 0.5],
    [0.5, 0.3085375387259869],
    [1, 0.15865525393145705],
    [2, 0.02275013194817921],
    [3, 1.3498980316300946e-3],
    [4, 3.1671241833119924e-5],
    [5, 2.8665157187919391e-7],
    [6, 9.865876450376981e-10],
    [7, 1.279812543885835e-12],
    [8, 6.220960574271784e-16],
  ])("at %d is %d in relative terms", (z, expected) => {
    expect(Math.abs(upperTail(z) / expected - 1)).toBeLessThan(z < 8 ? 1e-8 : 1e-6);
    expect(upperTail(-z)).toBeCloseTo(1 - expected, 14);
  });

  it("is 1 and 0 at the ends", () => {
    expect(upperTail(-40)).toBe(1);
    expect(upperTail(40)).toBe(0);
  });
});

describe("skewedUpperTail", () => {
  it("is the normal one without skewness", () => {
    for (const y of [-6, -1, 0, 1, 6]) expect(skewedUpperTail(y, 0)).toBe(upperTail(y));
  });

  it("comes within a twentieth of the Gamma distribution's tail down to 1e-6", () => {
    // Gamma with whole shape k: P(X > x) = Σ_{i<k} e^-x x^i / i!, mean and variance k, skewness 2 / √k.
    const shape = 400;
    for (const deviations of [1, 2, 3, 4, 5]) {
      const x = shape + deviations * Math.sqrt(shape);
      let term = Math.exp(-x);
      let tail = term;
      for (let index = 1; index < shape; index++) {
        term *= x / index;
        tail += term;
      }
      expect(Math.abs(skewedUpperTail(deviations, 2 / Math.sqrt(shape)) / tail - 1)).toBeLessThan(0.05);
    }
  });

  it("is certain where the skewed distribution has no values left", () => {
    expect(skewedUpperTail(-10, 1)).toBe(1);
    expect(skewedUpperTail(10, -1)).toBe(0);
  });
});
