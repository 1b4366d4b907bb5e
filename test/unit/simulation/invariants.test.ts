/*
 * That the simulation notices when its own books are wrong, by however little, and also when a figure is not a number.
 */
import { describe, expect, it } from "vitest";
import type { StreamSimulation } from "../../../src/simulation/stream-simulation.js";
import { everyFidelity, openReads, play } from "./read-side-run.js";

const mistakes: Readonly<Record<string, (simulation: StreamSimulation, by: number) => void>> = {
  "a consumer has processed": ({ fleets: [, fleet] }, by) => {
    if (fleet !== undefined) fleet.account.processed += by;
  },
  "a producer has lost": ({ producers: [producer] }, by) => {
    if (producer !== undefined) producer.lost += by;
  },
  "a producer got rid of": ({ producers: [producer] }, by) => {
    if (producer === undefined) return;
    producer.accepted += by;
    producer.offered += by;
  },
};

/** Sums of hundreds of billions, to which fractions are added millions of times and rounded the same way each time. */
it("rounding is no mistake, however long a run is", async () => {
  const stream = { shards: 20, records: 20 * 1_313.777, producer: { retry: "none" }, consumers: [] };
  const run = await openReads(stream, { fidelity: "fluid", seconds: 60 * 86_400, resolutionSeconds: 86_400 });
  const [producer] = play(run).producers;
  expect(producer?.offered).toBeGreaterThan(1e11);
  const rest = (producer?.offered ?? 0) - (producer?.accepted ?? 0) - (producer?.lost ?? 0);
  expect(Math.abs(rest)).toBeGreaterThan(0.1);
});

describe.each(everyFidelity)("in fidelity %s", (fidelity) => {
  const stream = {
    records: 50,
    consumers: [
      { name: "a", kind: "kcl" },
      { name: "b", kind: "lambda" },
    ],
  };

  it.each(Object.entries(mistakes))("it matters what %s", async (_, mistake) => {
    for (const by of [0.01, -0.01, Number.NaN]) {
      const simulation = play(await openReads(stream, { fidelity, seconds: 120 }));
      simulation.assertInvariants();
      mistake(simulation, by);
      expect(() => simulation.assertInvariants(), `${by}`).toThrow(/records/);
    }
  });

  it("nobody reads beyond the end, or to a place that is not a number", async () => {
    for (const fetched of [1e9, Number.NaN]) {
      const simulation = play(await openReads(stream, { fidelity, seconds: 120 }));
      const reader = simulation.liveShards[0]?.leases[0]?.reader as object;
      Object.defineProperty(reader, "fetched", { value: fetched });
      expect(() => simulation.assertInvariants(), `${fetched}`).toThrow("was read beyond its end");
    }
  });
});
