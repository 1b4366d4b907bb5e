/*
 * Ages over a run: that they take little memory however long it is, that parts put together are as good as the whole, and what is printed.
 */
import { describe, expect, it } from "vitest";
import { AgeSamples, type AgeState, agePercentiles, joinAges } from "../../../src/simulation/age-samples.js";
import { Histogram, placeOf } from "../../../src/simulation/kernel/histogram.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import { consumerOf, everyFidelity, simulateReads } from "./read-side-run.js";

const random = RandomStream.fromSeed(1);
const DAY = 86_400;

function stateOf(ages: Iterable<number>, seconds: number, isPart: boolean): AgeState {
  const samples = new AgeSamples(seconds, isPart);
  for (const age of ages) samples.add(age);
  return samples.state;
}

describe("places in a histogram", () => {
  it("are in the order of values, fit into 16 bits, and are as good as the values", () => {
    const values = [
      0,
      1e-4,
      2 ** -10,
      1,
      1e12,
      ...Array.from({ length: 10_000 }, () => 1e-4 * 1e12 ** random.nextUniform()),
    ];
    values.sort((one, other) => one - other);
    const places = values.map(placeOf);
    for (const [index, place] of places.entries()) expect(place).toBeGreaterThanOrEqual(places[index - 1] ?? 0);
    expect(places.at(-1)).toBeLessThan(2 ** 16);
    const [direct, placed] = [new Histogram(), new Histogram()];
    for (const value of values) direct.add(value, 1);
    placed.addPlaces(Uint16Array.from(places), 1e12);
    expect(placed.state).toEqual(direct.state);
  });
});

describe("the ages of parts", () => {
  it("put together are the largest of each second", () => {
    const draw = () => Array.from({ length: 5_000 }, () => 2 ** (20 * random.nextUniform() - 11));
    const parts = [draw(), draw(), draw()];
    const joined = parts.map((ages) => stateOf(ages, 5_000, true)).reduce(joinAges);
    const largest = (parts[0] ?? []).map((_, second) => Math.max(...parts.map((ages) => ages[second] ?? 0)));
    expect(agePercentiles(joined)).toEqual(agePercentiles(stateOf(largest, 5_000, false)));
    expect(joined.max).toBe(Math.max(...largest));
  });

  it("cannot be made of the ages of whole streams", () => {
    const whole = stateOf([1, 2, 3], 3, false);
    expect(() => joinAges(whole, whole)).toThrow(RangeError);
  });

  it.each([1, 10, 13, 100, 240, 3_650])("of %d days take no more than 2 MiB", (days) => {
    const { samples } = new AgeSamples(days * DAY, true).state;
    expect(samples instanceof Uint16Array ? samples.byteLength : Number.NaN).toBeLessThanOrEqual(2 ** 21);
  });

  // What repeats by the minute, ten or the hour, as polls and leaps do; and an hour a day in which a consumer is late.
  it("are as good when a long run keeps only some of them", () => {
    const seconds = 40 * DAY;
    function* ages(): Generator<number> {
      for (let second = 0; second < seconds; second += 1) {
        const isLate = second % DAY < 3_600;
        yield 1 + (second % 60) / 10 + (isLate ? 900 : 0) + (second === 12_345 ? 5_000 : 0);
      }
    }
    const whole = agePercentiles(stateOf(ages(), seconds, false));
    const part = stateOf(ages(), seconds, true);
    expect(part.samples instanceof Uint16Array ? part.samples.length : Number.NaN).toBeLessThan(seconds / 2);
    const kept = agePercentiles(part);
    expect(Math.abs(kept.p50 / whole.p50 - 1)).toBeLessThan(0.01);
    expect(Math.abs(kept.p99 / whole.p99 - 1)).toBeLessThan(0.01);
    expect(kept.max).toBe(whole.max);
  });
});

describe.each(everyFidelity)("in fidelity %s", (fidelity) => {
  it("the largest age is that of the rows, in millionths of a second", async () => {
    const consumers = [
      { name: "a", kind: "kcl", timePerRecord: "1 ms" },
      { name: "b", kind: "kcl", read: "fan-out" },
    ];
    const run = await simulateReads({ records: 300, consumers }, { fidelity, seconds: 1_200 });
    for (const index of [0, 1]) {
      const { max } = consumerOf(run, index).iteratorAgeSeconds;
      expect(max).toBe(Math.max(...run.timeline.map((row) => row.consumers[index]?.iteratorAgeSecondsMax ?? 0)));
      expect(String(max)).toMatch(/^\d+(\.\d{1,6})?$/);
    }
  });
});
