import { describe, expect, it, vi } from "vitest";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import {
  KOLMOGOROV_LIMIT,
  kolmogorovDistance,
  SCORE_LIMIT,
  seeds,
  serialScore,
  uniformScore,
} from "./goodness-of-fit.js";

function draws(stream: RandomStream, count = 8): number[] {
  return Array.from({ length: count }, () => stream.nextInt32());
}

function uniforms(count: number, draw: () => number): Float64Array {
  return Float64Array.from({ length: count }, draw);
}

/** Sfc32 as its author publishes it, in plain integers modulo 2^32, with a counter from 1 and twelve draws thrown away. */
function* referenceDraws(seed: bigint): Generator<number> {
  const mask = 0xffff_ffffn;
  let [a, b, c, counter] = [seed & mask, (seed >> 32n) & mask, 0n, 1n];
  for (let draw = 0; ; draw += 1) {
    const result = (a + b + counter) & mask;
    counter = (counter + 1n) & mask;
    a = b ^ (b >> 9n);
    b = (c + (c << 3n)) & mask;
    c = (((c << 21n) | (c >> 11n)) + result) & mask;
    if (draw >= 12) yield Number(BigInt.asIntN(32, result));
  }
}

describe("RandomStream", () => {
  it.each(seeds)("draws the numbers of sfc32 at seed %d", (seed) => {
    const expected: number[] = [];
    for (const one of referenceDraws(BigInt(seed))) if (expected.push(one) === 1_000) break;
    expect(draws(RandomStream.fromSeed(seed), 1_000)).toEqual(expected);
  });

  it("draws the same on every machine", () => {
    const stream = RandomStream.fromSeed(20_261_122);
    expect(draws(stream, 6)).toEqual([
      1_575_330_103, -1_663_152_695, -2_142_643_725, -176_639_591, 817_626_368, -1_546_069_463,
    ]);
    expect([stream.nextUniform(), stream.nextUniform52()]).toEqual([0.45828203193377703, 0.8483692805145603]);
    expect(draws(stream.child("orders", 3, "arrivals"), 6)).toEqual([
      -30_347_086, -1_122_349_509, 102_243_046, 203_849_142, -2_059_186_817, 18_756_454,
    ]);
    expect(draws(stream.child(""), 3)).toEqual([499_937_019, 367_587_603, 666_703_809]);
  });

  it("tells seeds apart that differ in one bit, high or low", () => {
    const numbers = Array.from({ length: 53 }, (_, bit) => 2 ** bit);
    const first = [0, ...numbers].map((seed) => draws(RandomStream.fromSeed(seed), 2).join());
    expect(new Set(first).size).toBe(first.length);
  });
});

describe("a child of a RandomStream", () => {
  const stream = (): RandomStream => RandomStream.fromSeed(5);

  it("draws the same whenever it has the same names", () => {
    expect(draws(stream().child("shard", 7))).toEqual(draws(stream().child("shard", 7)));
    expect(draws(stream().child("shard").child(7))).toEqual(draws(stream().child("shard", 7)));
  });

  it("does not depend on what its parent or another child drew, nor on its being there", () => {
    const parent = stream();
    const expected = draws(parent.child("a"));
    draws(parent, 1_000);
    draws(parent.child("b"), 10);
    draws(parent.child("a"), 3);
    expect(draws(parent.child("a"))).toEqual(expected);
    expect(draws(parent.child("a").child("c"))).toEqual(draws(stream().child("a", "c")));
  });

  it("leaves the draws of its parent alone", () => {
    const parent = stream();
    const first = draws(parent, 4);
    draws(parent.child("a"), 10);
    expect([...first, ...draws(parent, 4)]).toEqual(draws(stream(), 8));
  });

  it("draws other numbers than its parent, and under any other name or seed", () => {
    const names: (string | number)[][] = [
      ["a"],
      ["b"],
      ["a", "b"],
      ["b", "a"],
      ["ab"],
      ["a", ""],
      ["", "a"],
      [""],
      ["a", "a"],
      ["aa"],
      ["A"],
      ["\u0100"],
      [1],
      ["1"],
      [1, 1],
      [11],
      [-1],
      [0],
      [0.5],
      [1e21],
    ];
    const streams = [1, 2, 2 ** 32 + 1].flatMap((seed) => {
      const parent = RandomStream.fromSeed(seed);
      return [parent, ...names.map((path) => parent.child(...path))];
    });
    expect(new Set(streams.map((one) => draws(one, 2).join())).size).toBe(streams.length);
  });

  it.each(seeds)("is independent of its 100,000 siblings, at seed %d", (seed) => {
    const parent = RandomStream.fromSeed(seed);
    const pairs = Array.from({ length: 100_000 }, (_, index) => {
      const child = parent.child("shard", index);
      return [child.nextUniform(), child.nextUniform()] as const;
    });
    expect(new Set(pairs.map(([first, second]) => first * 2 ** 32 + second)).size).toBe(pairs.length);
    for (const values of [pairs.map(([first]) => first), pairs.map(([, second]) => second)]) {
      expect(Math.abs(uniformScore(values))).toBeLessThan(SCORE_LIMIT);
      for (const lag of [1, 2, 10]) expect(Math.abs(serialScore(values, lag))).toBeLessThan(SCORE_LIMIT);
    }
  });
});

describe.each(seeds)("the draws of a RandomStream at seed %d", (seed) => {
  const count = 262_144;
  const stream = (): RandomStream => RandomStream.fromSeed(seed).child("draws");

  it("fill 256 cells evenly, by their highest and by their lowest bits", () => {
    const random = stream();
    const words = Int32Array.from({ length: count }, () => random.nextInt32());
    for (const shift of [24, 16, 8, 0]) {
      const cells = Float64Array.from(words, (word) => ((word >>> shift) & 255) / 256);
      expect(Math.abs(uniformScore(cells)), `bits from ${shift}`).toBeLessThan(SCORE_LIMIT);
    }
  });

  it("are uniform, in steps of 2^-32 that miss both ends", () => {
    const random = stream();
    const values = uniforms(count, () => random.nextUniform());
    expect(values.every((value) => value > 0 && value < 1 && Number.isInteger(value * 2 ** 32 - 0.5))).toBe(true);
    expect(Math.abs(uniformScore(values))).toBeLessThan(SCORE_LIMIT);
    expect(kolmogorovDistance(values)).toBeLessThan(KOLMOGOROV_LIMIT);
  });

  it("do not depend on the draws before", () => {
    const random = stream();
    const values = uniforms(count, () => random.nextUniform());
    for (const lag of [1, 2, 3, 4, 16]) expect(Math.abs(serialScore(values, lag)), `${lag}`).toBeLessThan(SCORE_LIMIT);
    // Pairs of neighbours in a square of 16 by 16 cells.
    const pairs = uniforms(count / 2, () => 0).map(
      (_, index) => (Math.floor((values[2 * index] as number) * 16) + (values[2 * index + 1] as number)) / 16,
    );
    expect(Math.abs(uniformScore(pairs))).toBeLessThan(SCORE_LIMIT);
  });

  it("have 52 bits if they are asked for", () => {
    const random = stream();
    const values = uniforms(count, () => random.nextUniform52());
    expect(values.every((value) => value > 0 && value < 1 && Number.isInteger(value * 2 ** 52 - 0.5))).toBe(true);
    expect(kolmogorovDistance(values)).toBeLessThan(KOLMOGOROV_LIMIT);
    expect(Math.abs(uniformScore(values))).toBeLessThan(SCORE_LIMIT);
    // What is below 2^-32 is uniform as well, and nothing of the rest.
    const below = values.map((value) => (value * 2 ** 32) % 1);
    expect(Math.abs(uniformScore(below))).toBeLessThan(SCORE_LIMIT);
    expect(Math.abs(serialScore(values, 1))).toBeLessThan(SCORE_LIMIT);
  });
});

describe("the ends of the uniform draws", () => {
  it.each([0, -1])("are never reached, even if all bits are those of %d", (word) => {
    const stream = RandomStream.fromSeed(1);
    vi.spyOn(stream, "nextInt32").mockReturnValue(word);
    for (const value of [stream.nextUniform(), stream.nextUniform52()]) {
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan(1);
    }
  });
});
