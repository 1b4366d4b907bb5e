/*
 * Records that expire unread, consumer by consumer: who misses how many, what is said about it, and that none is forgotten with its shard.
 */
import { describe, expect, it } from "vitest";
import { type SimulationResult, simulate } from "../../../src/planning/simulate-workload.js";
import { presentSimulation } from "../../../src/report/present-simulation.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import type { SimulationRun } from "../../../src/simulation/simulate.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { oneWorkload } from "../../one-workload.js";
import { consumerOf, everyFidelity, type ReadStream, simulateReads } from "./read-side-run.js";

const HOUR = 3_600;

function outage(consumer: string, hours: number): Readonly<Record<string, unknown>> {
  return { event: "consumer-down", at: "1h", consumer, lasts: `${hours}h` };
}

/** Three consumers, of which one misses six hours, one nine and one nothing. */
const stream: ReadStream = {
  records: 20,
  retention: "24h",
  consumers: [
    { name: "a", kind: "kcl" },
    { name: "b", kind: "lambda", read: "fan-out" },
    { name: "c", kind: "sdk" },
  ],
  scenario: [outage("a", 30), outage("b", 33)],
};

/** By consumer, records that are neither processed nor unread nor missed. */
function unaccounted({ summary: { acceptedRecords, consumers } }: SimulationRun): number[] {
  return consumers.map(
    ({ processedRecords, backlogRecords, expiredRecords }) =>
      acceptedRecords - processedRecords - backlogRecords - expiredRecords,
  );
}

describe.each(everyFidelity)("in fidelity %s", (fidelity) => {
  it("every consumer has a count of its own, and the stream counts each record once", async () => {
    const run = await simulateReads(stream, { fidelity, seconds: 40 * HOUR, resolutionSeconds: HOUR });
    const [a, b, c] = [0, 1, 2].map((index) => consumerOf(run, index).expiredRecords) as [number, number, number];
    expect(Math.abs(a / (20 * 6 * HOUR) - 1)).toBeLessThan(0.005);
    expect(Math.abs(b / (20 * 9 * HOUR) - 1)).toBeLessThan(0.005);
    expect(c).toBe(0);
    expect(Math.abs(run.summary.expiredRecords - b)).toBeLessThan(20 * 3);
    // Three roundings to whole records.
    for (const rest of unaccounted(run)) expect(Math.abs(rest)).toBeLessThanOrEqual(2);
  });

  it("what a consumer missed on a shard that is gone stays counted", async () => {
    const scenario = [outage("a", 30), { event: "split-shard", at: "2h", shard: 0 }];
    const run = await simulateReads({ ...stream, scenario }, { fidelity, seconds: 40 * HOUR, resolutionSeconds: HOUR });
    expect(run.shards[0]?.drainedAt).toBeGreaterThan(2 * HOUR);
    expect(run.shards[0]?.drainedAt).toBeLessThan(33 * HOUR);
    expect(Math.abs(consumerOf(run, 0).expiredRecords / (20 * 6 * HOUR) - 1)).toBeLessThan(0.005);
    for (const rest of unaccounted(run)) expect(Math.abs(rest)).toBeLessThanOrEqual(2);
  });
});

/** The answer to the three consumers' stream, or to the same with other events and a producer that is refused. */
async function answer({ scenario = stream.scenario ?? [], records = 20 }): Promise<SimulationResult> {
  const workload = await oneWorkload(
    JSON.stringify({
      version: 1,
      stream: { name: "s", shards: 1, retention: "24h" },
      producers: [{ name: "p", records, recordSize: 100, retry: "none" }],
      consumers: stream.consumers,
      scenario,
    }),
  );
  const request = { catalogue: new ServiceCatalogue(), attachments: noAttachments, seconds: 40 * HOUR, seed: 1 };
  return simulate(workload, { ...request, fidelity: "fluid" });
}

function headlineOf(result: SimulationResult): string {
  const verdict = presentSimulation(result)
    .blocks()
    .find(({ kind }) => kind === "verdict");
  return verdict?.kind === "verdict" ? verdict.text : "";
}

describe("the answer", () => {
  it("names those that miss records, and how many", async () => {
    const result = await answer({});
    expect(headlineOf(result)).toBe(
      "Records expire unread: of those accepted, a misses 15%, b misses 22.5%, the other misses nothing.",
    );
    const found = result.diagnostics.filter(({ code }) => code === "records-expired");
    expect(found.map(({ path }) => path)).toEqual([
      ["consumers", 0],
      ["consumers", 1],
    ]);
    expect(found[0]?.message).toMatch(/^a misses 43[12],\d+ records \(15% of those accepted\), which expire/);
  });

  it("says how many others miss nothing", async () => {
    expect(headlineOf(await answer({ scenario: [outage("b", 30)] }))).toBe(
      "Records expire unread: of those accepted, b misses 15%, the 2 others miss nothing.",
    );
  });

  it("tells what never came in from what was not read", async () => {
    const text = headlineOf(await answer({ records: 2_000, scenario: [outage("b", 30)] }));
    expect(text).toMatch(/^Records are lost: 50% of those offered; of those accepted, b misses 15%, the 2 others /);
  });
});
