import { describe, expect, it } from "vitest";
import { Histogram } from "../../../src/simulation/kernel/histogram.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import { sampleLognormal } from "../../../src/simulation/kernel/samplers.js";
import { seeds } from "./goodness-of-fit.js";

const shares = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];
/** What the histogram promises. */
const TOLERANCE = 0.008;

function histogramOf(values: Iterable<number>, weight = 1): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value, weight);
  return histogram;
}

/** The least value that at least a share of the values does not exceed. */
function exactPercentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length - 1e-9) - 1)] as number;
}

function expectClose(values: Float64Array): void {
  const histogram = histogramOf(values);
  const sorted = values.toSorted();
  for (const share of shares) {
    const exact = exactPercentile(sorted, share);
    expect(Math.abs(histogram.percentile(share) / exact - 1), `at ${share}`).toBeLessThan(TOLERANCE);
  }
  expect([histogram.max, histogram.total]).toEqual([sorted.at(-1), values.length]);
}

/** Ways to draw seconds. */
const distributions: Readonly<Record<string, (random: RandomStream) => number>> = {
  "lognormal about 0.2 s": (random) => 0.2 * sampleLognormal(random, 0.8),
  "lognormal about an hour": (random) => 3_600 * sampleLognormal(random, 2.5),
  "uniform up to 3 s": (random) => 0.002 + 3 * random.nextUniform(),
  "uniform in one octave": (random) => 64 + 64 * random.nextUniform(),
  bimodal: (random) => (random.nextUniform() < 0.7 ? 0.07 : 300) * (1 + 0.5 * random.nextUniform()),
  "from a millisecond to a million seconds": (random) => 1e-3 * 1e9 ** random.nextUniform(),
};

describe.each(seeds)("the percentiles of a Histogram at seed %d", (seed) => {
  it.each(Object.keys(distributions))("are within 0.8 percent of the exact ones: %s", (name) => {
    const random = RandomStream.fromSeed(seed).child(name);
    const draw = distributions[name] as (random: RandomStream) => number;
    expectClose(Float64Array.from({ length: 100_000 }, () => draw(random)));
  });
});

describe("the percentiles of a Histogram", () => {
  it("are as good if all values are alike, wherever they lie between two powers of two", () => {
    for (let step = 0; step < 500; step += 1) expectClose(new Float64Array(100).fill(1 + step / 500));
  });

  it("are as good if two values are all there is", () => {
    expectClose(Float64Array.from({ length: 1_000 }, (_, index) => (index < 990 ? 1 : 1.5)));
  });

  it("of a single value is the value", () => {
    const histogram = histogramOf([3.7]);
    for (const share of [0.5, 1]) expect(Math.abs(histogram.percentile(share) / 3.7 - 1)).toBeLessThan(TOLERANCE);
  });

  it("rise with the share", () => {
    const random = RandomStream.fromSeed(1);
    const histogram = histogramOf(Array.from({ length: 1_000 }, () => sampleLognormal(random, 3)));
    const values = Array.from({ length: 1_001 }, (_, index) => histogram.percentile(index / 1_000));
    expect(values.every((value, index) => index === 0 || value >= (values[index - 1] as number))).toBe(true);
    expect(Math.abs((values.at(-1) as number) / histogram.max - 1)).toBeLessThan(TOLERANCE);
  });

  it("never pass the largest value", () => {
    const histogram = histogramOf([1.001]);
    for (const share of shares) expect(histogram.percentile(share)).toBeLessThanOrEqual(1.001);
  });

  it("are given together", () => {
    const histogram = histogramOf([1, 2, 4, 8]);
    expect(histogram.percentiles()).toEqual({
      p50: histogram.percentile(0.5),
      p99: histogram.percentile(0.99),
      max: 8,
    });
  });
});

describe("the ends of a Histogram", () => {
  it("are 0 when it is empty", () => {
    const histogram = new Histogram();
    expect([histogram.total, histogram.max, histogram.percentile(0.5)]).toEqual([0, 0, 0]);
    expect(histogram.percentiles()).toEqual({ p50: 0, p99: 0, max: 0 });
  });

  it.each([0, -1, Number.NaN])("leave out what weighs %d, as the largest value too", (weight) => {
    const histogram = histogramOf([1]);
    const before = structuredClone(histogram.state);
    histogram.add(5, weight);
    histogram.add(0, weight);
    histogram.addUniform(2, 9, weight);
    histogram.addUniform(7, 7, weight);
    expect(histogram.state).toEqual(before);
  });

  it("count what is less than a millisecond as 0, but for the largest value", () => {
    const histogram = histogramOf([0, 0.0001, 0.0009]);
    expect([histogram.total, histogram.percentile(0.99), histogram.max]).toEqual([3, 0, 0.0009]);
  });

  it("let zeros take up their share", () => {
    const histogram = histogramOf(Array.from({ length: 1_000 }, (_, index) => (index < 900 ? 0 : 5)));
    expect([histogram.percentile(0.5), histogram.percentile(0.9)]).toEqual([0, 0]);
    for (const share of [0.901, 0.95, 0.99])
      expect(Math.abs(histogram.percentile(share) / 5 - 1)).toBeLessThan(TOLERANCE);
  });

  it("keep the largest value exactly, beyond the last octave too", () => {
    const values = [0.1, 12.345678901234567, 1e12];
    const histogram = histogramOf(values);
    expect(histogram.max).toBe(1e12);
    expect(histogram.percentile(0.99)).toBeLessThanOrEqual(2 ** 26);
    expect(histogramOf(values.slice(0, 2)).max).toBe(12.345678901234567);
  });

  it("take values on the edges of buckets", () => {
    for (let exponent = -10; exponent < 26; exponent += 1) {
      const histogram = histogramOf([2 ** exponent, 2 ** exponent * 2]);
      expect(Math.abs(histogram.percentile(0.5) / 2 ** exponent - 1)).toBeLessThan(TOLERANCE);
    }
  });
});

describe("Histogram.addAll", () => {
  it("is as if everything had been added to one", () => {
    const random = RandomStream.fromSeed(4);
    const parts = [new Histogram(), new Histogram(), new Histogram(), new Histogram()];
    const whole = new Histogram();
    const sum = new Histogram();
    for (let draw = 0; draw < 10_000; draw += 1) {
      const seconds = draw % 10 === 0 ? 0 : sampleLognormal(random, 4);
      // Eighths add up without rounding, in whatever order.
      const weight = ((draw % 5) + 1) / 8;
      whole.add(seconds, weight);
      parts[draw % 3]?.add(seconds, weight);
    }
    for (const part of parts) sum.addAll(part.state);
    expect([sum.total, sum.max]).toEqual([whole.total, whole.max]);
    for (const share of shares) expect(sum.percentile(share)).toBe(whole.percentile(share));
  });

  it("leaves the other one alone", () => {
    const one = histogramOf([1, 2]);
    const other = histogramOf([8]);
    one.addAll(other.state);
    expect([other.total, other.max, one.total, one.max]).toEqual([1, 8, 3, 8]);
  });
});

describe("the weights of a Histogram", () => {
  it("count by their proportion, fractions too", () => {
    const random = RandomStream.fromSeed(5);
    const values = Array.from({ length: 5_000 }, () => sampleLognormal(random, 1));
    const whole = histogramOf(values);
    const small = histogramOf(values, 2 ** -20);
    for (const share of shares) expect(small.percentile(share)).toBe(whole.percentile(share));
    expect(small.total).toBe(5_000 * 2 ** -20);
  });

  it("are as if a value had been added that many times", () => {
    const heavy = new Histogram();
    const repeated = new Histogram();
    for (const [seconds, times] of [
      [0, 3],
      [0.4, 5],
      [7, 11],
      [900, 2],
    ] as const) {
      heavy.add(seconds, times);
      for (let time = 0; time < times; time += 1) repeated.add(seconds, 1);
    }
    for (const share of shares) expect(heavy.percentile(share)).toBe(repeated.percentile(share));
  });

  it("that do not add up exactly still have a last percentile", () => {
    const histogram = new Histogram();
    for (let index = 0; index < 1_000; index += 1) histogram.add(1 + index / 1_000, 0.1);
    expect(Math.abs(histogram.percentile(1) / histogram.max - 1)).toBeLessThan(TOLERANCE);
    expect(histogram.total).toBeCloseTo(100, 9);
  });
});

describe("Histogram.addUniform", () => {
  it.each([
    [10, 30],
    [1e-5, 0.5],
    [0.3, 0.301],
    [1, 4_096],
  ])("spreads a weight evenly between %d and %d", (from, to) => {
    const histogram = new Histogram();
    histogram.addUniform(from, to, 2);
    for (const share of [0.01, 0.1, 0.5, 0.9, 0.99]) {
      const value = from + (to - from) * share;
      expect(Math.abs(histogram.percentile(share) - value)).toBeLessThan(Math.max(2 ** -10, TOLERANCE * value));
    }
    expect(histogram.total).toBe(2);
    expect(histogram.max).toBe(to);
  });

  it("puts as much weight below every value as many points would", () => {
    const [whole, points] = [new Histogram(), new Histogram()];
    whole.addUniform(0.1, 7, 3);
    const count = 100_000;
    for (let index = 0; index < count; index += 1) points.add(0.1 + ((index + 0.5) / count) * 6.9, 3 / count);
    for (let share = 0.01; share < 1; share += 0.01)
      expect(Math.abs(whole.percentile(share) / points.percentile(share) - 1)).toBeLessThan(1e-3);
  });

  it("adds a weight at one value where there is nothing between", () => {
    const histogram = new Histogram();
    histogram.addUniform(1.5, 1.5, 1);
    expect(histogram.max).toBe(1.5);
    expect(Math.abs(histogram.percentile(0.5) / 1.5 - 1)).toBeLessThan(TOLERANCE);
  });
});
