import { describe, expect, it } from "vitest";
import {
  batchMeans,
  type Interval,
  pairedInterval,
  replicationInterval,
  studentQuantile,
  warmUp,
} from "../../../src/simulation/kernel/statistics.js";

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

/** Standard normal values, by Box and Muller. */
function seededNormal(seed: number): () => number {
  const random = seededRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function repeat<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** The part of the intervals in which the true mean lies. */
function coverage(intervals: readonly Interval[], mean: number): number {
  return intervals.filter(({ low, high }) => low <= mean && mean <= high).length / intervals.length;
}

/** An AR(1) series about 0 that starts in its steady state. */
function autoregressive(length: number, memory: number, normal: () => number): Float64Array {
  let value = normal() / Math.sqrt(1 - memory ** 2);
  return Float64Array.from({ length }, () => {
    value = memory * value + normal();
    return value;
  });
}

describe("studentQuantile", () => {
  // Reference values: mpmath, 40 digits; those at 0.975 and 0.995 stand in the printed tables too.
  it.each([
    [0.9, 1, 3.077683537175],
    [0.9, 10, 1.37218364111],
    [0.95, 2, 2.919985580354],
    [0.95, 19, 1.729132811521],
    [0.975, 1, 12.70620473617],
    [0.975, 2, 4.302652729749],
    [0.975, 3, 3.182446305284],
    [0.975, 4, 2.776445105198],
    [0.975, 5, 2.570581835636],
    [0.975, 9, 2.262157162798],
    [0.975, 10, 2.228138851986],
    [0.975, 19, 2.093024054408],
    [0.975, 29, 2.045229642133],
    [0.975, 39, 2.022690920037],
    [0.975, 120, 1.979930405082],
    [0.975, 1_000, 1.962339080826],
    [0.975, 1_000_000, 1.959966356814],
    [0.99, 4, 3.746947387979],
    [0.995, 10, 3.169272672617],
    [0.995, 29, 2.756385903671],
    [0.9995, 1, 636.6192487687],
    [0.9995, 3, 12.92397863669],
  ])("at %d with %d degrees of freedom is %d", (probability, degrees, expected) => {
    expect(Math.abs(studentQuantile(probability, degrees) / expected - 1)).toBeLessThan(1e-10);
  });

  it("is the closed form for one and two degrees of freedom", () => {
    for (const probability of [1e-9, 0.01, 0.2, 0.45, 0.499, 0.501, 0.6, 0.9, 0.999]) {
      const cauchy = -1 / Math.tan(Math.PI * probability);
      const two = (2 * probability - 1) / Math.sqrt(2 * probability * (1 - probability));
      expect(Math.abs(studentQuantile(probability, 1) - cauchy)).toBeLessThan(1e-12 * Math.max(1, Math.abs(cauchy)));
      expect(Math.abs(studentQuantile(probability, 2) - two)).toBeLessThan(1e-12 * Math.max(1, Math.abs(two)));
    }
  });

  it("is symmetric about 0", () => {
    for (const degrees of [1, 2.5, 7, 100])
      for (const probability of [0.0625, 0.25, 0.375])
        expect(studentQuantile(1 - probability, degrees)).toBe(-studentQuantile(probability, degrees));
    expect(studentQuantile(0.5, 3)).toBe(0);
  });

  it("rises with the probability, and falls with the degrees of freedom to the normal quantile", () => {
    const rising = repeat(199, (index) => studentQuantile((index + 1) / 200, 6));
    const falling = repeat(200, (index) => studentQuantile(0.975, 1 + index / 2));
    expect(rising.every((value, index) => index === 0 || value > (rising[index - 1] as number))).toBe(true);
    expect(falling.every((value, index) => index === 0 || value < (falling[index - 1] as number))).toBe(true);
    expect(Math.abs(studentQuantile(0.975, 1e8) - 1.959963984540054)).toBeLessThan(1e-7);
  });

  it.each([
    [0, 5],
    [1, 5],
    [-0.1, 5],
    [Number.NaN, 5],
    [0.9, 0],
    [0.9, Number.NaN],
    [0.9, Number.POSITIVE_INFINITY],
  ])("refuses the probability %d with %d degrees of freedom", (probability, degrees) => {
    expect(() => studentQuantile(probability, degrees)).toThrow(RangeError);
  });
});

describe("replicationInterval", () => {
  it("is the mean and t · s / √R on either side", () => {
    const { mean, low, high, count } = replicationInterval([2, 4, 4, 4, 5, 5, 7, 9]);
    const half = 2.364624251593 * Math.sqrt(32 / 7 / 8);
    expect([mean, count]).toEqual([5, 8]);
    expect(low).toBeCloseTo(5 - half, 10);
    expect(high).toBeCloseTo(5 + half, 10);
  });

  it("is a point for one value and for equal values", () => {
    expect(replicationInterval([3])).toEqual({ mean: 3, low: 3, high: 3, count: 1 });
    expect(replicationInterval([0.1, 0.1, 0.1])).toEqual({ mean: 0.1, low: 0.1, high: 0.1, count: 3 });
  });

  it("does not lose the spread beside a large mean", () => {
    const { low, high } = replicationInterval([1, 2, 3].map((value) => value + 1e9));
    expect(high - low).toBeCloseTo((2 * 4.302652729749) / Math.sqrt(3), 6);
  });

  it("covers the true mean as often as its level says", () => {
    const normal = seededNormal(1);
    const samples = repeat(400, () => repeat(10, () => 7 + 3 * normal()));
    const covered = coverage(
      samples.map((values) => replicationInterval(values)),
      7,
    );
    expect(covered).toBeGreaterThanOrEqual(0.92);
    expect(covered).toBeLessThanOrEqual(0.98);
    const half = coverage(
      samples.map((values) => replicationInterval(values, 0.5)),
      7,
    );
    expect(Math.abs(half - 0.5)).toBeLessThan(0.08);
  });

  it.each([
    ["no value", [], 0.95],
    ["a value that is not a number", [1, Number.NaN, 2], 0.95],
    ["an infinite value", [1, Number.POSITIVE_INFINITY, 2], 0.95],
    ["certainty", [1, 2], 1],
    ["no confidence", [1, 2], 0],
    ["a level that is not a number", [1], Number.NaN],
  ])("refuses %s", (_, values, level) => {
    expect(() => replicationInterval(values, level)).toThrow(RangeError);
  });
});

describe("batchMeans", () => {
  it("is the interval of the means of the batches", () => {
    const values = [1, 3, 5, 7, 2, 2];
    expect(batchMeans(values, 3)).toEqual(replicationInterval([2, 6, 2]));
    expect(batchMeans(Float64Array.from(values), 3, 0.8)).toEqual(replicationInterval([2, 6, 2], 0.8));
    expect(batchMeans(repeat(45, (index) => index))).toMatchObject({ count: 20, mean: 24.5 });
  });

  it("drops what does not fill a batch at the start", () => {
    expect(batchMeans([1_000, 1_000, 1, 3, 5, 7, 2, 2], 3)).toEqual(batchMeans([1, 3, 5, 7, 2, 2], 3));
  });

  it("covers the mean of a correlated series, where single values do not", () => {
    const normal = seededNormal(2);
    const runs = repeat(400, () => autoregressive(4_000, 0.8, normal));
    const covered = coverage(
      runs.map((values) => batchMeans(values)),
      0,
    );
    expect(covered).toBeGreaterThan(0.91);
    expect(covered).toBeLessThan(0.98);
    const naive = coverage(
      runs.map((values) => replicationInterval([...values])),
      0,
    );
    expect(naive).toBeLessThan(0.6);
  });

  it.each([
    [39, 20],
    [0, 20],
    [100, 1],
    [100, 2.5],
    [100, Number.NaN],
  ])("refuses %d values in %d batches", (length, batches) => {
    expect(() => batchMeans(new Float64Array(length), batches)).toThrow(RangeError);
  });
});

describe("pairedInterval", () => {
  // The hours of sleep that two drugs gave ten patients, from Student, "The probable error of a mean" (1908).
  const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
  const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

  it("agrees with the paired t interval of Student's own example", () => {
    const { mean, low, high, count, varianceReduction } = pairedInterval(first, second);
    expect(count).toBe(10);
    expect(mean).toBeCloseTo(-1.58, 12);
    expect(low).toBeCloseTo(-2.4598858, 7);
    expect(high).toBeCloseTo(-0.7001142, 7);
    expect(varianceReduction).toBeCloseTo((3.2005556 + 4.009) / 1.5128889, 6);
  });

  it("changes its sign with the order of the systems", () => {
    const { mean, low, high, varianceReduction } = pairedInterval(first, second, 0.9);
    const back = pairedInterval(second, first, 0.9);
    expect([-back.mean, -back.high, -back.low, back.varianceReduction]).toEqual([mean, low, high, varianceReduction]);
  });

  it("tells how much common random numbers save, and that independent ones save nothing", () => {
    const normal = seededNormal(3);
    const load = repeat(2_000, normal);
    const own = repeat(2_000, normal);
    const mixed = load.map((value, index) => value + 0.1 * (own[index] as number));
    // The variances are 1, 1.01 and 0.01.
    expect(pairedInterval(mixed, load).varianceReduction).toBeGreaterThan(180);
    expect(pairedInterval(mixed, load).varianceReduction).toBeLessThan(220);
    expect(Math.abs(pairedInterval(own, load).varianceReduction - 1)).toBeLessThan(0.1);
  });

  it("has no spread where the systems differ by a constant", () => {
    const shifted = pairedInterval([3, 5, 9], [1, 3, 7]);
    expect(shifted).toEqual({ mean: 2, low: 2, high: 2, count: 3, varianceReduction: Number.POSITIVE_INFINITY });
    expect(pairedInterval([3, 3], [1, 1]).varianceReduction).toBe(1);
    expect(pairedInterval([3], [1])).toEqual({ mean: 2, low: 2, high: 2, count: 1, varianceReduction: 1 });
  });

  it.each([
    ["unequal lengths", [1, 2], [1]],
    ["no pair", [], []],
    ["an infinite value", [1, Number.POSITIVE_INFINITY], [1, 2]],
  ])("refuses %s", (_, a, b) => {
    expect(() => pairedInterval(a, b)).toThrow(RangeError);
  });
});

/** MSER-5 as the definition reads, in quadratic time. */
function warmUpByDefinition(values: readonly number[]): ReturnType<typeof warmUp> {
  const means = repeat(Math.floor(values.length / 5), (block) => average(values.slice(5 * block, 5 * block + 5)));
  const last = Math.floor(means.length / 2);
  const errors = repeat(last + 1, (dropped) => {
    const kept = means.slice(dropped);
    return kept.reduce((sum, mean) => sum + (mean - average(kept)) ** 2, 0) / kept.length ** 2;
  });
  const best = errors.indexOf(Math.min(...errors));
  return best === last ? "too short" : { cut: 5 * best };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("warmUp", () => {
  it("finds the end of a step to the block", () => {
    expect(warmUp(repeat(1_000, (index) => (index < 100 ? 10 : 1)))).toEqual({ cut: 100 });
    expect(warmUp(repeat(1_000, (index) => (index < 103 ? 10 : 1)))).toEqual({ cut: 105 });
  });

  it.each([4, 5, 6, 7, 8])("finds where a decaying transient sinks into the noise, seed %d", (seed) => {
    const normal = seededNormal(seed);
    const values = Float64Array.from({ length: 4_000 }, (_, index) => 20 * Math.exp(-index / 100) + normal());
    // After 200 values 2.7 are left of the transient of 20, after 600 values 0.05, a tenth of the noise of a block's mean.
    const found = warmUp(values);
    expect(found).toEqual({ cut: expect.any(Number) });
    const { cut } = found as { cut: number };
    expect(cut).toBeGreaterThan(200);
    expect(cut).toBeLessThan(600);
    expect(Math.abs(average([...values.slice(cut)]))).toBeLessThan(0.1);
  });

  it("keeps a constant run whole, however it rounds", () => {
    expect(warmUp(new Array(101).fill(0.1))).toEqual({ cut: 0 });
  });

  it("cuts little off a run that starts in its steady state", () => {
    const normal = seededNormal(9);
    const cuts = repeat(100, () => warmUp(repeat(500, normal)));
    const little = cuts.filter((found) => found !== "too short" && found.cut <= 125);
    expect(little.length).toBeGreaterThan(90);
  });

  it("finds a pure trend too short, rising and falling", () => {
    expect(warmUp(repeat(1_000, (index) => index))).toBe("too short");
    expect(warmUp(repeat(1_007, (index) => 5e6 - 0.1 * index))).toBe("too short");
  });

  it("finds a run of less than two blocks too short", () => {
    expect([0, 4, 5, 9].map((length) => warmUp(new Float64Array(length)))).toEqual(new Array(4).fill("too short"));
    expect(warmUp(new Float64Array(10))).toEqual({ cut: 0 });
  });

  it("agrees with the definition, and does not depend on the level of the series", () => {
    const normal = seededNormal(10);
    for (let length = 10; length < 150; length++) {
      const start = 6 * normal();
      const values = repeat(length, (index) => start * Math.exp(-index / 12) + normal());
      const expected = warmUpByDefinition(values);
      expect(warmUp(values), `${length} values`).toEqual(expected);
      expect(warmUp(values.map((value) => value + 1e6)), `${length} values about 1e6`).toEqual(expected);
    }
  });

  it("refuses a value that is not finite", () => {
    expect(() => warmUp([1, 2, 3, Number.NaN, 5])).toThrow(RangeError);
  });
});
