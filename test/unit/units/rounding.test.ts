import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ceilDivide, ceilTolerance, ceilTolerant, roundTo } from "../../../src/units/rounding.js";

describe("ceilDivide", () => {
  it.each([
    [10, 5, 2],
    [11, 5, 3],
    [0, 5, 0],
    [0.3, 0.1, 3],
    [0.8 * 1.25, 1, 1],
    [1_048_576 * 0.8 * 3, 1_048_576 * 0.8, 3],
    [1.1 * 1.1, 0.11, 11],
    [1e-12, 1, 0],
    [1e-6, 1, 1],
  ])("%d / %d is %d", (dividend, divisor, quotient) => {
    expect(ceilDivide(dividend, divisor)).toBe(quotient);
  });

  it("takes what is no more than the tolerance above an integer for that integer", () => {
    for (const whole of [0, 1, 7, 1_000]) {
      expect(ceilTolerant(whole + 0.9 * ceilTolerance)).toBe(whole);
      expect(ceilTolerant(whole + 1.2 * ceilTolerance)).toBe(whole + 1);
      expect(ceilTolerant(whole + 1 - 0.9 * ceilTolerance)).toBe(whole + 1);
    }
  });

  it("is never below zero", () => {
    expect(ceilTolerant(-3.5)).toBe(0);
    expect(Object.is(ceilTolerant(-0.5), 0)).toBe(true);
  });

  it("undoes a multiplication", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0.01, max: 1e4, noNaN: true }),
        (count, unit) => {
          expect(ceilDivide(count * unit, unit)).toBe(count);
        },
      ),
    );
  });
});

describe("roundTo", () => {
  it.each([
    [1.005, 2, 1.01],
    [-1.005, 2, -1.01],
    [2.5, 0, 3],
    [-2.5, 0, -3],
    [0.1 + 0.2, 2, 0.3],
    [1e-7, 4, 0],
    [1.5e-7, 7, 2e-7],
    [123_456_789_012, 12, 123_456_789_012],
    [1e20, 4, 1e20],
    [1e300, 10, 1e300],
    [5e-324, 4, 0],
    [8.345, 2, 8.35],
  ])("%d to %d digits is %d", (value, digits, rounded) => {
    expect(roundTo(value, digits)).toBe(rounded);
  });

  it("leaves what is not finite", () => {
    expect(roundTo(Number.POSITIVE_INFINITY, 2)).toBe(Number.POSITIVE_INFINITY);
    expect(roundTo(Number.NaN, 2)).toBeNaN();
  });

  it("moves a value by half a unit at most, and twice is once", () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 0, max: 12 }),
        (value, digits) => {
          const rounded = roundTo(value, digits);
          const slack = Math.abs(value) * 1e-15;
          expect(Math.abs(rounded - value)).toBeLessThanOrEqual(0.5 * 10 ** -digits + slack);
          expect(roundTo(rounded, digits)).toBe(rounded);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
