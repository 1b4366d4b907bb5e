/*
 * A large stream is simulated in parts: what they add up to, whoever reads it.
 */
import { describe, expect, it } from "vitest";
import { prepareSimulation } from "../../../src/planning/simulate-workload.js";
import { cpuShortage } from "../../../src/planning/simulation-findings.js";
import { runTask } from "../../../src/planning/simulation-task.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { oneWorkload } from "../../one-workload.js";

const fleets = {
  Lambda: "{name: c, kind: lambda, timePerRecord: 1 ms}",
  Firehose: "{name: c, kind: firehose}",
  "the KCL without CPU": "{name: c, kind: kcl, timePerRecord: 1 ms}",
  "3 workers of the KCL without CPU": "{name: c, kind: kcl, workers: 3}",
  "4 workers of the KCL with CPU": "{name: c, kind: kcl, workers: 4, cpuPerRecord: 1 ms}",
};

async function prepare(consumer: string, shards: number, seconds: number, fidelity: Fidelity = "auto") {
  const workload = await oneWorkload(`
version: 1
stream: {name: s, shards: ${shards}}
producers: [{name: p, records: ${100 * shards}/s, recordSize: 200 B}]
consumers: [${consumer}]
`);
  const request = { catalogue: new ServiceCatalogue(), attachments: noAttachments, seconds, seed: 1, fidelity };
  return prepareSimulation(workload, request).task;
}

describe.each(Object.entries(fleets))("a stream that is read by %s", (_, consumer) => {
  it.each(["tick", "auto", "fluid"] as const)("is read in parts as in one, in fidelity %s", async (fidelity) => {
    const task = await prepare(consumer, 8, 1_200, fidelity);
    const whole = runTask({ ...task, partCount: 1 });
    const parts = runTask({ ...task, partCount: 4 });
    const [expected, found] = [whole.summary.consumers[0], parts.summary.consumers[0]];
    expect(found?.processedRecords).toBeGreaterThan(0.99 * parts.summary.acceptedRecords);
    expect(Math.abs((found?.processedRecords ?? 0) / (expected?.processedRecords ?? 0) - 1)).toBeLessThan(0.005);
    expect(Math.abs((found?.iteratorAgeSeconds.p99 ?? 0) - (expected?.iteratorAgeSeconds.p99 ?? 9))).toBeLessThan(0.2);
    expect(parts.timeline[0]?.consumers[0]?.workers).toBe(whole.timeline[0]?.consumers[0]?.workers);
  });
});

describe("parts", () => {
  it("are short of CPU in every minute in which one of them is", async () => {
    const task = await prepare("{name: c, kind: kcl, workers: 4, cpuPerRecord: 6 ms}", 8, 1_200, "tick");
    const shortages = [1, 4].map((partCount) => [cpuShortage(0, runTask({ ...task, partCount }))]);
    // All but the first, in which the first poll brings the first records.
    expect(shortages).toEqual([[{ minutes: 19, firstMinute: 1 }], [{ minutes: 19, firstMinute: 1 }]]);
  });

  const secondsOfLargeStream = 100 * 86_400;

  it("are not taken apart more than there are shards", async () => {
    expect((await prepare(fleets.Lambda, 3, secondsOfLargeStream)).partCount).toBe(2);
    expect((await prepare(fleets.Lambda, 1, 3 * secondsOfLargeStream)).partCount).toBe(1);
  });

  it("divide the workers whose CPU matters", async () => {
    const workers = fleets["4 workers of the KCL with CPU"];
    expect((await prepare(workers, 64, secondsOfLargeStream)).partCount).toBe(4);
    expect((await prepare(workers.replace("4", "3"), 64, secondsOfLargeStream)).partCount).toBe(1);
    expect((await prepare(fleets.Lambda, 64, secondsOfLargeStream)).partCount).toBe(16);
  });
});
