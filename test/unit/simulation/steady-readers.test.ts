/*
 * The oldest of many readers that keep up: drawn by inverting the distribution of the largest, against the largest of as many that
 * are drawn one by one.
 */
import { describe, expect, it } from "vitest";
import { Histogram } from "../../../src/simulation/kernel/histogram.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import { sampleExponential } from "../../../src/simulation/kernel/samplers.js";
import { SteadyReaders } from "../../../src/simulation/steady-readers.js";

const random = RandomStream.fromSeed(20_261_123).child("steady readers");
const DRAWS = 40_000;
/** So many calls a second that one comes at once. */
const MANY = 1e9;

/** How far apart two empirical distributions are (Kolmogorov–Smirnov); chance makes 2.3 √(2/n) of it once in 20,000. */
function gapOf(ours: Float64Array, brute: Float64Array): number {
  ours.sort();
  brute.sort();
  let [gap, below] = [0, 0];
  for (let index = 0; index < DRAWS; index += 1) {
    while (below < DRAWS && (brute[below] as number) <= (ours[index] as number)) below += 1;
    if (ours[index] !== ours[index + 1]) gap = Math.max(gap, Math.abs(below - index - 1) / DRAWS);
  }
  return gap;
}

describe("the oldest of readers that keep up", () => {
  it.each([
    { busy: 0, count: 1 },
    { busy: 0, count: 30 },
    { busy: 0.5, count: 1 },
    { busy: 0.9, count: 1 },
    // As busy as the shortest interval is long, and more.
    { busy: 1.8, count: 1 },
    { busy: 1.9, count: 1 },
    { busy: 1.9, count: 1_000 },
  ])("is as old as the largest of $count whose processors are busy for $busy of 2 s", ({ busy, count }) => {
    const [shortest, longest] = [1.8, 2.2];
    const readers = new SteadyReaders(2, 0.1, random.child("ours", `${busy} ${count}`), new Histogram());
    for (let reader = 0; reader < count; reader += 1) readers.add(busy, 0, 1, MANY);
    const one = random.child("brute force", `${busy} ${count}`);
    const floor = Math.min(busy, shortest);
    const ours = Float64Array.from({ length: DRAWS }, () => readers.sampleAge());
    const brute = Float64Array.from({ length: DRAWS }, () => {
      let oldest = 0;
      for (let reader = 0; reader < count; reader += 1) {
        const interval = shortest + (longest - shortest) * one.nextUniform();
        oldest = Math.max(oldest, floor + (interval - floor) * one.nextUniform());
      }
      return oldest;
    });
    expect(gapOf(ours, brute)).toBeLessThan(2.3 * Math.sqrt(2 / DRAWS));
  });

  // Each is as old as its own interval makes it: the mean busy time says little of the largest where a few readers do most.
  it.each([
    { what: "two, of which one has nine tenths", busy: [1.35, 0.15] },
    { what: "a hundred of all kinds", busy: Array.from({ length: 100 }, (_, index) => 1.8 * (index / 100) ** 8) },
  ])("is as old as the largest of $what", ({ what, busy }) => {
    const [shortest, longest] = [1.8, 2.2];
    const readers = new SteadyReaders(2, 0.1, random.child("ours", what), new Histogram());
    for (const one of busy) readers.add(one, 0, 1, MANY);
    const one = random.child("brute force", what);
    const ours = Float64Array.from({ length: DRAWS }, () => readers.sampleAge());
    const brute = Float64Array.from({ length: DRAWS }, () =>
      busy.reduce((oldest, floor) => {
        const interval = shortest + (longest - shortest) * one.nextUniform();
        return Math.max(oldest, floor + (interval - floor) * one.nextUniform());
      }, 0),
    );
    expect(gapOf(ours, brute)).toBeLessThan(2.3 * Math.sqrt(2 / DRAWS));
  });

  // Nothing waits until the first call comes; whether the processor is done by then is another matter.
  it.each([
    { calls: 0.1, count: 1 },
    { calls: 0.5, count: 40 },
    { calls: 2, count: 1 },
    { calls: 10, count: 300 },
  ])("is as old as what $count have waited for since its call, at $calls calls a second", ({ calls, count }) => {
    const busy = 0.3;
    const readers = new SteadyReaders(2, 0, random.child("ours", `${calls} ${count}`), new Histogram());
    for (let reader = 0; reader < count; reader += 1) readers.add(busy, 0, 1, calls);
    const one = random.child("brute force", `${calls} ${count}`);
    const ours = Float64Array.from({ length: DRAWS }, () => Math.max(busy, readers.sampleAge()));
    const brute = Float64Array.from({ length: DRAWS }, () => {
      let oldest = busy;
      for (let reader = 0; reader < count; reader += 1) {
        oldest = Math.max(oldest, busy + (2 - busy) * one.nextUniform() - sampleExponential(one) / calls);
      }
      return oldest;
    });
    expect(gapOf(ours, brute)).toBeLessThan(2.3 * Math.sqrt(2 / DRAWS));
  });

  it("begins anew with every chunk", () => {
    const readers = new SteadyReaders(2, 0, random.child("anew"), new Histogram());
    for (let reader = 0; reader < 100; reader += 1) readers.add(1.9, 0, 1, MANY);
    readers.clear();
    expect(readers.isEmpty).toBe(true);
    readers.add(0, 0, 1, MANY);
    const ages = Array.from({ length: 100 }, () => readers.sampleAge());
    expect(Math.min(...ages)).toBeLessThan(0.5);
  });
});
