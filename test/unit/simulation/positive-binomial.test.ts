import { describe, expect, it } from "vitest";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import { sampleTable, tabulatePositiveBinomial } from "../../../src/simulation/kernel/samplers.js";
import { chiSquareScore, SCORE_LIMIT, seeds } from "./goodness-of-fit.js";

/** A double between 0 and 1 as the quotient that it is. */
function quotientOf(value: number): { over: bigint; under: bigint } {
  let scaled = value;
  let under = 1n;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    under *= 2n;
  }
  return { over: BigInt(scaled), under };
}

function bitsOf(value: bigint): number {
  return value.toString(16).length * 4;
}

/** The quotient of two large numbers to all the digits of a double. */
function divide(over: bigint, under: bigint): number {
  const shift = 70 + bitsOf(under) - bitsOf(over);
  return shift > 0
    ? Number((over << BigInt(shift)) / under) * 2 ** -Math.min(shift, 1_000) * 2 ** -Math.max(0, shift - 1_000)
    : Number(over / under);
}

/** P(1 … k | at least 1) for k from 1 on, in whole numbers. */
function exactPositiveBinomial(trials: number, probability: number): number[] {
  const { over, under } = quotientOf(probability);
  const count = BigInt(trials);
  const none = (under - over) ** count;
  const positive = under ** count - none;
  let term = none;
  let total = 0n;
  return Array.from({ length: trials }, (_, index) => {
    const hits = BigInt(index + 1);
    // The last terms of a certain event are 0, and 0 cannot be divided by.
    term = under === over ? (hits === count ? over ** count : 0n) : next(term, count, hits, over, under);
    total += term;
    return divide(total, positive);
  });
}

/** The weight of `hits` out of `count` from that of one less. */
function next(term: bigint, count: bigint, hits: bigint, over: bigint, under: bigint): bigint {
  return (term * (count - hits + 1n) * over) / (hits * (under - over));
}

const cases: readonly (readonly [number, number])[] = [
  [500, 1e-9],
  [500, 1e-3],
  [500, 0.5],
  [500, 0.99],
  [500, 1 - 1e-12],
  [500, 1],
  [7, 0.3],
  [2, 1e-15],
  [1, 0.25],
  [1, 1e-9],
  [1, 1],
];

describe("tabulatePositiveBinomial", () => {
  it.each(cases)("is exact for %d trials of probability %d", (trials, probability) => {
    const table = tabulatePositiveBinomial(trials, probability);
    const exact = exactPositiveBinomial(trials, probability);
    expect(table).toHaveLength(trials);
    for (const [index, expected] of exact.entries()) {
      const found = table[index] as number;
      // The logarithms are of the size of the trials times ln(1 - p), and each digit of theirs is one of the result's.
      const tolerance = expected > 1e-290 ? 1e-10 * expected : 1e-290;
      expect(Math.abs(found - expected), `P(1 … ${index + 1})`).toBeLessThanOrEqual(tolerance);
    }
  });

  it.each(cases)("rises to 1 for %d trials of probability %d", (trials, probability) => {
    const table = tabulatePositiveBinomial(trials, probability);
    expect(table.every((value, index) => value >= 0 && value >= (table[index - 1] ?? 0))).toBe(true);
    expect(Math.abs((table.at(-1) as number) - 1)).toBeLessThan(1e-10);
  });

  it("is certain of one hit if hits are rare, and of all if they are certain", () => {
    expect(tabulatePositiveBinomial(500, 1e-9)[0]).toBeCloseTo(1 - 249.5e-9, 12);
    const certain = tabulatePositiveBinomial(500, 1);
    expect([certain[498], certain[499]]).toEqual([0, 1]);
  });
});

describe.each(seeds)("sampleTable at seed %d", (seed) => {
  it.each([
    [500, 1e-9],
    [500, 0.01],
    [500, 0.5],
    [500, 1 - 1e-12],
    [500, 1],
    [6, 0.2],
  ])("draws from the table of %d trials of probability %d", (trials, probability) => {
    const count = 40_000;
    const random = RandomStream.fromSeed(seed).child("table", trials, probability);
    const table = tabulatePositiveBinomial(trials, probability);
    const exact = exactPositiveBinomial(trials, probability);
    const observed = new Float64Array(trials);
    for (let draw = 0; draw < count; draw += 1) {
      const index = sampleTable(random, table);
      observed[index] = (observed[index] as number) + 1;
    }
    const probabilities = exact.map((value, index) => value - (exact[index - 1] ?? 0));
    const likely = probabilities.findIndex((value) => value * count > count - 5);
    if (likely >= 0) expect(observed[likely]).toBeGreaterThan(count - 20);
    else expect(Math.abs(chiSquareScore(observed, probabilities, count))).toBeLessThan(SCORE_LIMIT);
  });
});

describe("sampleTable", () => {
  it("takes the only entry there is", () => {
    const random = RandomStream.fromSeed(1);
    expect(Array.from({ length: 100 }, () => sampleTable(random, Float64Array.of(1)))).toEqual(new Array(100).fill(0));
  });

  it("never takes an entry without probability, and need not end at 1", () => {
    const random = RandomStream.fromSeed(1);
    const drawn = Array.from({ length: 10_000 }, () => sampleTable(random, Float64Array.of(0, 3, 3, 12, 12)));
    expect(new Set(drawn)).toEqual(new Set([1, 3]));
    const share = drawn.filter((index) => index === 1).length / drawn.length;
    expect(Math.abs(share - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / drawn.length));
  });
});
