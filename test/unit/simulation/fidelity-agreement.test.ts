/*
 * The coarser fidelities against the one that takes every record on its own, on a grid (a third of it; GRID=full takes all of it,
 * GRID_SEED another seed), and on average where a single run says little.
 */
import { describe, expect, it } from "vitest";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import {
  boundsAt,
  figuresOf,
  type GridPoint,
  grid,
  isDense,
  isForFlow,
  lumpSeconds,
  nameOf,
  streamAt,
  violations,
} from "./fidelity-grid.js";
import { simulateReads } from "./read-side-run.js";

const points = process.env["GRID"] === "full" ? grid : grid.filter(({ isSampled }) => isSampled);

const gridSeed = Number(process.env["GRID_SEED"] ?? 1);

async function runAt(point: GridPoint, fidelity: Fidelity, seed = gridSeed) {
  const run = await simulateReads(streamAt(point), { fidelity, seconds: point.seconds, seed });
  return { run, figures: figuresOf(run) };
}

describe("on the grid", () => {
  it.each(points.map((point) => [nameOf(point), point] as const))("fidelities agree at %s", async (_, point) => {
    const reference = await runAt(point, "record");
    const tick = await runAt(point, "tick");
    const auto = await runAt(point, "auto");
    expect(violations(tick.figures, reference.figures, boundsAt(point, "tick"))).toEqual([]);
    expect(violations(auto.figures, reference.figures, boundsAt(point, "auto"))).toEqual([]);
    // Where auto does not leap it is one of the others, to the last digit.
    if (auto.run.fidelity.record === 1) expect(auto.run.summary).toEqual(reference.run.summary);
    if (auto.run.fidelity.tick === 1) expect(auto.run.summary).toEqual(tick.run.summary);
    if (!isForFlow(point)) return;
    const flow = await runAt(point, "fluid");
    expect(violations(flow.figures, reference.figures, boundsAt(point, "fluid"))).toEqual([]);
  });
});

/** Means of the ages and latencies of several runs. */
async function meansAt(point: GridPoint, fidelity: Fidelity, runs: number) {
  const sums = { ageP50: 0, ageP99: 0, latencyP50: 0, latencyP99: 0 };
  for (let seed = 1; seed <= runs; seed += 1) {
    const { figures } = await runAt(point, fidelity, seed);
    for (const name of ["ageP50", "ageP99", "latencyP50", "latencyP99"] as const) sums[name] += figures[name] / runs;
  }
  return sums;
}

/** Points at which calls are so large, or so rare, for the processor that one run says little. */
const lumpy = grid.filter(
  (point) =>
    point.retry === "none" && point.use < 1 && point.load <= 100 && (lumpSeconds(point) > 0.1 || !isDense(point)),
);

describe("on average over many runs", () => {
  /*
   * Single runs differ by half and more; of 12 the mean p99 of the worst point by a quarter.
   */
  it.each(lumpy.filter(({ load }) => load > 0.2).map((point) => [nameOf(point), point] as const))(
    "seconds agree with single records at %s",
    async (_, point) => {
      const reference = await meansAt(point, "record", 12);
      const found = await meansAt(point, "tick", 12);
      for (const name of ["ageP50", "ageP99", "latencyP50", "latencyP99"] as const)
        expect(Math.abs(found[name] - reference[name]), name).toBeLessThan(1 + 0.5 * reference[name]);
    },
  );

  // A minute is taken at one go only where its calls, as large as they are, would not pile up before the processor.
  const leaps: readonly GridPoint[] = [
    { load: 100, batch: 10, retry: "none", use: 0.9, shards: 1, seconds: 600, isSampled: false },
    { load: 100, batch: 100, retry: "none", use: 0.6, shards: 1, seconds: 600, isSampled: false },
    { load: 5, batch: 1, retry: "none", use: 0.9, shards: 1, seconds: 600, isSampled: false },
    { load: 5, batch: 100, retry: "none", use: 0.3, shards: 1, seconds: 600, isSampled: false },
  ];
  it.each(leaps.map((point) => [nameOf(point), point] as const))(
    "leaps agree with single records at %s",
    async (_, point) => {
      const reference = await meansAt(point, "record", 12);
      const found = await meansAt(point, "auto", 12);
      expect(Math.abs(found.latencyP99 / reference.latencyP99 - 1)).toBeLessThan(0.35);
    },
  );
});

describe("seconds that a minute's mean says nothing of", () => {
  // A flow that takes them together refuses nothing of a mean below the limit.
  it.each([
    {
      what: "a rate that varies",
      load: 900,
      producer: { burstiness: 0.5 },
      refused: { none: 0.02, sdk: 0.08, kpl: 0.08 },
    },
    {
      what: "a burst of ten seconds",
      load: 500,
      producer: { bursts: [{ at: "3m", factor: 8, lasts: "10s" }] },
      refused: { none: 0.005, sdk: 0.02, kpl: 0.02 },
    },
  ])("are not overlooked by a flow: $what", async ({ load, producer, refused }) => {
    for (const retry of ["none", "sdk", "kpl"] as const) {
      const stream = { records: load, recordSize: 200, producer: { ...producer, putBatch: 10, retry }, consumers: [] };
      const run = async (fidelity: Fidelity) => (await simulateReads(stream, { fidelity, seconds: 900 })).summary;
      const [reference, flow] = [await run("record"), await run("fluid")];
      expect(reference.throttledRatio, retry).toBeGreaterThan(0.04);
      expect(Math.abs(flow.throttledRatio - reference.throttledRatio), retry).toBeLessThan(refused[retry]);
      const lost = Math.abs(flow.lostRecords - reference.lostRecords) / reference.offeredRecords;
      expect(lost, retry).toBeLessThan(0.02);
    }
  });
});
