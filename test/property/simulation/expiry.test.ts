/*
 * Whatever happens to consumers and shards while records expire: each consumer has processed, missed or still to read all that came, to
 * the record. The simulation checks that itself after every control event. Retention is shorter here than the service allows, so that
 * much expires in a short run.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import { openReads, play, type ReadStream } from "../../unit/simulation/read-side-run.js";

const SECONDS = 1_500;
const RETENTION = 150;
const RATE = 30;

const at = fc.integer({ min: 0, max: SECONDS });
const lasts = fc.integer({ min: 1, max: 500 });
const consumer = fc.constantFrom("c0", "c1");

const event = fc.oneof(
  fc.record({ event: fc.constant("consumer-down"), at, consumer, lasts }),
  fc.record({ event: fc.constant("worker-crash"), at, consumer, count: fc.integer({ min: 1, max: 3 }), lasts }),
  fc.record({ event: fc.constant("deploy"), at, consumer }),
  fc.record({ event: fc.constant("slow"), at, consumer, factor: fc.constantFrom(3, 100), lasts }),
  fc.record({ event: fc.constant("traffic"), at, factor: fc.constantFrom(0.01, 3), lasts }),
  fc.record({ event: fc.constant("reshard"), at, shards: fc.integer({ min: 1, max: 6 }) }),
);

const reader = fc.record({
  kind: fc.constantFrom("kcl", "kcl", "lambda", "flink"),
  read: fc.constantFrom("shared", "shared", "fan-out"),
  // As much as arrives, and much longer.
  timePerRecord: fc.constantFrom(0.001, 0.03, 0.2),
  cpuPerRecord: fc.constantFrom(undefined, 0.02),
  workers: fc.constantFrom(1, 2),
  parallelization: fc.constantFrom(undefined, 3),
});

const streams: fc.Arbitrary<ReadStream> = fc
  .record({
    shards: fc.integer({ min: 1, max: 3 }),
    // The larger are, the fewer a reader holds.
    recordSize: fc.constantFrom(100, 100_000),
    aggregation: fc.constantFrom(undefined, undefined, { recordsPerBatch: 3.5 }),
    consumers: fc.tuple(reader, reader),
    scenario: fc.array(event, { minLength: 1, maxLength: 8 }),
  })
  .map(({ shards, recordSize, aggregation, consumers, scenario }) => ({
    shards,
    records: RATE * shards,
    recordSize,
    producer: { ...(aggregation !== undefined && { aggregation }) },
    consumers: consumers.map((one, index) => ({ name: `c${index}`, ...one })),
    scenario,
  }));

const runs: readonly { fidelity: Fidelity; count: number }[] = [
  { fidelity: "record", count: 25 },
  { fidelity: "tick", count: 40 },
  { fidelity: "auto", count: 30 },
  { fidelity: "fluid", count: 40 },
];

describe.each(runs)("records that expire in fidelity $fidelity", ({ fidelity, count }) => {
  it("are counted for each consumer that misses them", async () => {
    let missed = 0;
    await fc.assert(
      fc.asyncProperty(streams, fc.integer({ min: 0, max: 2 ** 30 }), async (stream, seed) => {
        const simulation = await openReads(stream, { fidelity, seconds: SECONDS, seed });
        Object.assign(simulation.model, { retentionSeconds: RETENTION });
        const before = [0, 0];
        play(simulation, () => {
          simulation.assertInvariants();
          const expired = before.map((_, index) => simulation.expiredFor(index));
          const most = Math.max(...expired);
          if (!expired.every((records, index) => records >= (before[index] ?? 0))) throw new Error("fewer expired");
          if (!(simulation.expiredRecords >= most - 1e-6)) throw new Error("fewer expired than one has missed");
          before.splice(0, 2, ...expired);
        });
        missed += simulation.expiredRecords;
      }),
      { numRuns: count },
    );
    expect(missed).toBeGreaterThan(0);
  });
});
