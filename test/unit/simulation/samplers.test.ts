import { describe, expect, it } from "vitest";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import {
  sampleExponential,
  sampleLognormal,
  sampleNormal,
  samplePoisson,
} from "../../../src/simulation/kernel/samplers.js";
import {
  chiSquareScore,
  hitScore,
  KOLMOGOROV_LIMIT,
  kolmogorovDistance,
  momentScores,
  normalCdf,
  SCORE_LIMIT,
  seeds,
  serialScore,
  uniformScore,
} from "./goodness-of-fit.js";

/** The last edges of the ziggurats, beyond which another method takes over. */
const NORMAL_EDGE = 3.6541528853610088;
const EXPONENTIAL_EDGE = 7.69711747013105;

function sample(count: number, draw: () => number): Float64Array {
  return Float64Array.from({ length: count }, draw);
}

function expectNear(scores: readonly number[]): void {
  for (const score of scores) expect(Math.abs(score)).toBeLessThan(SCORE_LIMIT);
}

/** Poisson probabilities of 0, 1, 2, … as far as they can be seen. */
function poissonProbabilities(mean: number): Float64Array {
  const length = Math.ceil(mean + 12 * Math.sqrt(mean) + 20);
  const probabilities = new Float64Array(length);
  let logFactorial = 0;
  for (let count = 0; count < length; count += 1) {
    if (count > 1) logFactorial += Math.log(count);
    probabilities[count] = Math.exp(count * Math.log(mean) - mean - logFactorial);
  }
  return probabilities;
}

function countsOf(values: Float64Array): number[] {
  const counts: number[] = [];
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

describe("the normal distribution function of these tests", () => {
  // Reference values: mpmath, 40 digits.
  it.each([
    [-6, 9.865876450376981e-10],
    [-3.6541528853610088, 1.290162438269504e-4],
    [-1, 0.158655253931457],
    [0, 0.5],
    [1.959963984540054, 0.975],
    [5, 0.9999997133484281],
  ])("is right at %d", (x, expected) => {
    expect(Math.abs(normalCdf(x) - expected)).toBeLessThan(2e-15);
  });
});

describe.each(seeds)("samplePoisson at seed %d", (seed) => {
  it.each([0.1, 5, 9.99, 10, 100, 800])("has the probabilities of mean %d", (mean) => {
    const random = RandomStream.fromSeed(seed).child("poisson", mean);
    const count = 200_000;
    const values = sample(count, () => samplePoisson(random, mean));
    expect(values.every((value) => Number.isInteger(value) && value >= 0)).toBe(true);
    expectNear([
      chiSquareScore(countsOf(values), poissonProbabilities(mean), count),
      ...momentScores(values, { mean, variance: mean, fourth: mean + 3 * mean ** 2 }),
      serialScore(values, 1),
    ]);
  });

  it.each([1e-6, 1e4, 1e6, 1e9])("has the moments of mean %d", (mean) => {
    const random = RandomStream.fromSeed(seed).child("poisson", mean);
    const values = sample(100_000, () => samplePoisson(random, mean));
    // So small a mean has no scores to speak of: no more than two hits are to be seen.
    if (mean < 1) expect(values.reduce((sum, value) => sum + value, 0)).toBeLessThan(3);
    else expectNear(momentScores(values, { mean, variance: mean, fourth: mean + 3 * mean ** 2 }));
  });
});

describe("samplePoisson", () => {
  it("is 0 for a mean of 0, without a draw", () => {
    const random = RandomStream.fromSeed(1);
    expect([samplePoisson(random, 0), samplePoisson(random, 0)]).toEqual([0, 0]);
    expect(random.nextInt32()).toBe(RandomStream.fromSeed(1).nextInt32());
  });

  it("draws the same again", () => {
    const draw = (): number[] => {
      const random = RandomStream.fromSeed(3);
      return [3, 0.5, 9.999, 10, 40, 1e5].map((mean) => samplePoisson(random, mean));
    };
    expect(draw()).toEqual(draw());
  });
});

describe.each(seeds)("sampleExponential at seed %d", (seed) => {
  it("has the distribution 1 - exp(-x)", () => {
    const random = RandomStream.fromSeed(seed).child("exponential");
    const values = sample(200_000, () => sampleExponential(random));
    const ranks = values.map((value) => -Math.expm1(-value));
    expect(kolmogorovDistance(ranks)).toBeLessThan(KOLMOGOROV_LIMIT);
    expectNear([
      uniformScore(ranks),
      ...momentScores(values, { mean: 1, variance: 1, fourth: 9 }),
      serialScore(values, 1),
      serialScore(values, 2),
    ]);
  });

  it("goes beyond the last edge as often as it should, and as far", () => {
    const random = RandomStream.fromSeed(seed).child("exponential tail");
    const count = 1_000_000;
    const tail: number[] = [];
    for (let draw = 0; draw < count; draw += 1) {
      const value = sampleExponential(random);
      if (value > EXPONENTIAL_EDGE) tail.push(value - EXPONENTIAL_EDGE);
    }
    expectNear([hitScore(tail.length, count, Math.exp(-EXPONENTIAL_EDGE))]);
    const ranks = Float64Array.from(tail, (beyond) => -Math.expm1(-beyond));
    expect(kolmogorovDistance(ranks)).toBeLessThan(KOLMOGOROV_LIMIT);
  });
});

describe.each(seeds)("sampleNormal at seed %d", (seed) => {
  it("has the normal distribution", () => {
    const random = RandomStream.fromSeed(seed).child("normal");
    const values = sample(200_000, () => sampleNormal(random));
    const ranks = values.map(normalCdf);
    expect(kolmogorovDistance(ranks)).toBeLessThan(KOLMOGOROV_LIMIT);
    // Sign and size come from one draw: they are looked at apart.
    const sizes = values.map((value) => 2 * normalCdf(Math.abs(value)) - 1);
    expectNear([
      uniformScore(ranks),
      uniformScore(sizes),
      hitScore(values.filter((value) => value > 0).length, values.length, 0.5),
      ...momentScores(values, { mean: 0, variance: 1, fourth: 3 }),
      serialScore(values, 1),
      serialScore(values, 2),
      serialScore(sizes, 1),
    ]);
  });

  it("goes beyond the last edge as often as it should, as far, and to both sides", () => {
    const random = RandomStream.fromSeed(seed).child("normal tail");
    const count = 1_000_000;
    const tail: number[] = [];
    for (let draw = 0; draw < count; draw += 1) {
      const value = sampleNormal(random);
      if (Math.abs(value) > NORMAL_EDGE) tail.push(value);
    }
    const beyond = normalCdf(-NORMAL_EDGE);
    const right = tail.filter((value) => value > 0).length;
    expectNear([hitScore(tail.length, count, 2 * beyond), hitScore(right, count, beyond)]);
    const ranks = Float64Array.from(tail, (value) => normalCdf(-Math.abs(value)) / beyond);
    expect(kolmogorovDistance(ranks)).toBeLessThan(KOLMOGOROV_LIMIT);
  });
});

/** The counts of cells of 1/32 from -8 to 16, and the probabilities of a distribution for them. */
const CELLS_PER_UNIT = 32;
const FIRST_CELL = -8 * CELLS_PER_UNIT;
const CELLS = 24 * CELLS_PER_UNIT;

function cellProbabilities(cdf: (x: number) => number): Float64Array {
  const edge = (cell: number): number => (FIRST_CELL + cell) / CELLS_PER_UNIT;
  return Float64Array.from({ length: CELLS }, (_, cell) => Math.max(0, cdf(edge(cell + 1)) - cdf(edge(cell))));
}

/** Draws with these words first, then with what the stream has. */
function drawStartingWith(
  words: readonly number[],
  random: RandomStream,
  draw: (random: RandomStream) => number,
): number {
  const left = [...words];
  const patched = random.child();
  patched.nextInt32 = () => left.shift() ?? random.nextInt32();
  return draw(patched);
}

describe.each(seeds)("the tail of sampleNormal at seed %d", (seed) => {
  it.each([1, -1])("has the normal distribution beyond the last edge, with the sign %d", (sign) => {
    // The first word chooses the widest layer and the sign, the second the far end of the layer: what follows is the tail.
    const words = [sign > 0 ? 0 : 256, -1];
    const random = RandomStream.fromSeed(seed).child("tail", sign);
    const values = sample(20_000, () => sign * drawStartingWith(words, random, sampleNormal));
    expect(values.every((value) => value > NORMAL_EDGE)).toBe(true);
    const ranks = values.map((value) => normalCdf(-value) / normalCdf(-NORMAL_EDGE));
    expect(kolmogorovDistance(ranks)).toBeLessThan(KOLMOGOROV_LIMIT);
    expectNear([uniformScore(ranks, 64), serialScore(ranks, 1)]);
  });
});

describe("a long run", () => {
  // Layers that are a little too wide or too high show only in millions of draws.
  const count = 6_000_000;

  it.each([
    ["sampleNormal", sampleNormal, (x: number): number => (x < 8 ? normalCdf(x) : 1), NORMAL_EDGE],
    ["sampleExponential", sampleExponential, (x: number): number => (x > 0 ? -Math.expm1(-x) : 0), EXPONENTIAL_EDGE],
  ] as const)("of %s fits layer by layer, and beyond the last edge", (name, draw, cdf, edge) => {
    const random = RandomStream.fromSeed(8).child(name);
    const observed = new Float64Array(CELLS);
    const tail: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const value = draw(random);
      const cell = Math.min(CELLS - 1, Math.floor(value * CELLS_PER_UNIT) - FIRST_CELL);
      observed[cell] = (observed[cell] as number) + 1;
      if (value > edge) tail.push(value);
    }
    expectNear([chiSquareScore(observed, cellProbabilities(cdf), count), hitScore(tail.length, count, 1 - cdf(edge))]);
    const ranks = Float64Array.from(tail, (value) => (cdf(value) - cdf(edge)) / (1 - cdf(edge)));
    expect(kolmogorovDistance(ranks)).toBeLessThan(KOLMOGOROV_LIMIT);
    // The mean of uniform ranks is 1/2, and their variance 1/12.
    expectNear(momentScores(ranks, { mean: 0.5, variance: 1 / 12, fourth: 1 / 80 }));
  });

  it.each([10, 25])("of samplePoisson fits at a mean of %d, where its hat is loosest", (mean) => {
    const random = RandomStream.fromSeed(8).child("poisson", mean);
    const values = sample(4_000_000, () => samplePoisson(random, mean));
    expectNear([
      chiSquareScore(countsOf(values), poissonProbabilities(mean), values.length),
      ...momentScores(values, { mean, variance: mean, fourth: mean + 3 * mean ** 2 }),
    ]);
  });
});

describe.each(seeds)("sampleLognormal at seed %d", (seed) => {
  it.each([0.1, 0.5, 1])("has mean 1 and the coefficient of variation %d", (variation) => {
    const logVariance = Math.log1p(variation ** 2);
    const random = RandomStream.fromSeed(seed).child("lognormal", variation);
    const values = sample(300_000, () => sampleLognormal(random, logVariance));
    const growth = 1 + variation ** 2;
    const kurtosis = growth ** 4 + 2 * growth ** 3 + 3 * growth ** 2 - 3;
    expectNear(momentScores(values, { mean: 1, variance: variation ** 2, fourth: kurtosis * variation ** 4 }));
  });

  it("has a normal logarithm", () => {
    const logVariance = 2.5;
    const random = RandomStream.fromSeed(seed).child("lognormal");
    const values = sample(100_000, () => sampleLognormal(random, logVariance));
    const ranks = values.map((value) => normalCdf((Math.log(value) + logVariance / 2) / Math.sqrt(logVariance)));
    expect(kolmogorovDistance(ranks)).toBeLessThan(KOLMOGOROV_LIMIT);
  });
});

describe("sampleLognormal", () => {
  it("is 1 without variance, and draws nothing", () => {
    const random = RandomStream.fromSeed(1);
    expect(sampleLognormal(random, 0)).toBe(1);
    expect(random.nextInt32()).toBe(RandomStream.fromSeed(1).nextInt32());
  });
});
