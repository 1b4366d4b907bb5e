/*
 * Records that their consumer fails on: when it comes to them, when it never does, and what retries count in a run that ends before they
 * do. How one failing batch goes on is in lambda-batches.test.ts.
 */
import { describe, expect, it } from "vitest";
import type { SimulationRun } from "../../../src/simulation/simulate.js";
import { everyFidelity } from "./read-side-run.js";
import { type ModelRun, runModel } from "./run-model.js";

const MINUTE = 60;

function run(consumer: string, scenario: readonly string[], settings: ModelRun, shards = 1): Promise<SimulationRun> {
  return runModel(
    `version: 1
stream: {name: s, shards: ${shards}}
producers: [{name: p, records: ${100 * shards}/s, recordSize: 100 B}]
consumers: [{name: c, ${consumer}}]
scenario: [${scenario.map((event) => `{consumer: c, ${event}}`).join(", ")}]
`,
    { seconds: 20 * MINUTE, ...settings },
  );
}

function timesOf({ events }: SimulationRun, name: string): number[] {
  return events.filter(({ event }) => event === name).map(({ at }) => at);
}

describe.each(everyFidelity)("a poison record in fidelity %s", (fidelity) => {
  it.each(["kind: kcl, timePerRecord: 1 ms", "kind: lambda, timePerRecord: 1 ms, retryAttempts: 2"])(
    "does nothing while nobody reads (%s)",
    async (consumer) => {
      const scenario = [
        "event: consumer-down, at: 5 min, lasts: 10 min",
        // The one that was there before would have been fetched.
        "event: poison-record, at: 8 min",
      ];
      const [given] = timesOf(await run(consumer, scenario, { fidelity }), "batch-given-up");
      expect(given).toBeGreaterThanOrEqual(15 * MINUTE);
      expect(given).toBeLessThan(16 * MINUTE);
    },
  );

  it("stays where it is when its consumer is gone", async () => {
    const scenario = ["event: worker-crash, at: 5 min", "event: poison-record, at: 8 min"];
    const { events, summary } = await run("kind: kcl, workers: 1, cpuPerRecord: 1 ms", scenario, { fidelity });
    expect(events.map(({ event }) => event)).not.toContain("batch-given-up");
    expect(summary.consumers[0]?.discardedRecords).toBe(0);
  });

  it("is none where the code is mended before", async () => {
    const scenario = [
      "event: consumer-down, at: 5 min, lasts: 10 min",
      "event: poison-record, at: 8 min, lasts: 2 min",
    ];
    const made = await run("kind: sdk, timePerRecord: 1 ms", scenario, { fidelity });
    expect(timesOf(made, "batch-failing")).toEqual([]);
    expect(timesOf(made, "poison-harmless")).toEqual([10 * MINUTE]);
    expect(made.summary.consumers[0]?.backlogRecords).toBeLessThan(1_000);
  });

  it("repeats what is retried before the run ends, and no more", async () => {
    // Attempts come after 1, 3, 7, 15, 31 and 63 s, then every minute: some 12 in ten minutes.
    const scenario = ["event: poison-record, at: 10 min"];
    const { summary } = await run("kind: lambda, timePerRecord: 1 ms, batchSize: 50", scenario, { fidelity });
    const { repeatedRecords, invocations } = {
      invocations: 0,
      ...summary.consumers[0],
      ...summary.consumers[0]?.lambda,
    };
    expect(repeatedRecords).toBeLessThan(15 * 50);
    expect(invocations).toBeGreaterThan(0);
  });
});

describe("a poison record of a shard that closes before it is written", () => {
  it("is dropped, and the shard is done with", async () => {
    const quiet = `version: 1
stream: {name: s, shards: 2}
producers: [{name: p, recordSize: 100 B, traffic: {timeline: [{at: 0, records: 100/s}, {at: 5m, records: 0.0001/s}, {at: 30m, records: 0.0001/s}]}}]
consumers: [{name: c, kind: kcl, cpuPerRecord: 1 ms, workers: 1}]
scenario:
  - {at: 10 min, event: poison-record, consumer: c}
  - {at: 11 min, event: reshard, shards: 4}
`;
    const made = await runModel(quiet, { seconds: 20 * MINUTE });
    expect(timesOf(made, "poison-harmless")).toHaveLength(1);
    expect(timesOf(made, "shard-drained")).toHaveLength(2);
  });
});
