/* How an on-demand stream grows with its traffic, and what it refuses meanwhile, by the figures of whole runs. */
import { describe, expect, it } from "vitest";
import { prepareSimulation } from "../../../src/planning/simulate-workload.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { readFixture } from "../../golden/fixture-run.js";
import { oneWorkload } from "../../one-workload.js";
import { answer, hour, lastCount, messagesOf, refused, run, shardsOf, workload } from "./on-demand-run.js";

const quarter = 900;

async function startOf(stream: string, producer: string): Promise<number> {
  return (await answer(workload(stream, producer), 60)).start.shards;
}

describe("a launch on demand", () => {
  it.each(["auto", "tick", "fluid"] as const)("is throttled at first and not later, by %s", async (fidelity) => {
    const result = await answer(readFixture("on-demand-launch-spike", "workload.yaml"), 5 * hour, fidelity);
    expect(result.start.shards).toBe(4);
    expect(refused(result, 0, hour / 2)).toBe(0);
    // The KPL puts what was refused again and again, up to its own limit of half as much again as a shard takes.
    expect(refused(result, hour / 2, hour / 2 + 300)).toBeGreaterThan(0.3);
    expect(refused(result, 1.5 * hour, 5 * hour)).toBeLessThan(1e-5);
    // Twofold twice, and once more for the shards that take more than 500 KB/s.
    expect(lastCount(result)).toBeGreaterThanOrEqual(20);
    expect(lastCount(result)).toBeLessThanOrEqual(40);
    expect(result.diagnostics[0]).toMatchObject({ code: "records-throttled" });
    expect(result.diagnostics[0]?.fix).toContain("have 13 shards before such traffic: by warm throughput of 13 MiB/s");
  });

  it("refuses what is above what its shards take, and no more", async () => {
    const yaml = workload(
      "mode: on-demand, shards: 4",
      "traffic: {timeline: [{at: 0m, records: 1900/s}, {at: 10m, records: 8192/s}]}",
    );
    // 4 MiB/s are 4,096 records of 1 KiB, and no more than 4,000: of 8,192 that leaves 51.2 %.
    expect(refused(await run(yaml), 660, 780)).toBeCloseTo(1 - 4_000 / 8_192, 3);
  });

  it("is not throttled up to double the former peak", async () => {
    const yaml = workload(
      "mode: on-demand, previousPeak: 5 MB/s",
      "traffic: {timeline: [{at: 0m, records: 4000/s}, {at: 10m, records: 9500/s}]}",
    );
    const result = await answer(yaml);
    expect(result.start.shards).toBe(10);
    expect(result.summary.throttledRecords).toBe(0);
    expect(lastCount(result)).toBeGreaterThanOrEqual(19);
  });

  it("is not throttled by a ramp that takes longer than 15 minutes to double", async () => {
    const points = Array.from(
      { length: 13 },
      (_, index) => `{at: ${20 * index}m, records: ${500 * 2 ** (index / 2)}/s}`,
    );
    const yaml = workload(
      "mode: on-demand, shards: 4",
      `traffic: {interpolate: linear, timeline: [${points.join(", ")}]}`,
    );
    for (const seed of [1, 2, 3, 4]) {
      const ramp = await run(yaml, { seconds: 4 * hour, seed });
      expect(ramp.summary.throttledRecords).toBe(0);
      // 32,000/s in the end.
      expect(lastCount(ramp)).toBeGreaterThanOrEqual(64);
    }
  });

  it("is throttled by one that doubles every five minutes", async () => {
    const points = Array.from({ length: 7 }, (_, index) => `{at: ${5 * index}m, records: ${500 * 2 ** index}/s}`);
    const yaml = workload(
      "mode: on-demand, shards: 4",
      `traffic: {interpolate: linear, timeline: [${points.join(", ")}]}`,
    );
    expect((await run(yaml)).summary.throttledRatio).toBeGreaterThan(0.04);
  });

  it("finds a stream with warm throughput ready", async () => {
    const traffic = "traffic: {timeline: [{at: 0m, records: 1000/s}, {at: 10m, records: 10000/s}]}";
    const stream = "mode: on-demand-advantage, previousPeak: 1 MB/s";
    const [cold, warm] = [
      await answer(workload(stream, traffic)),
      await answer(workload(`${stream}, warmThroughput: 12 MiB/s`, traffic)),
    ];
    expect([cold.start.shards, warm.start.shards]).toEqual([4, 12]);
    expect(cold.summary.throttledRatio).toBeGreaterThan(0.1);
    expect(warm.summary.throttledRecords).toBe(0);
  });

  it("counts Kinesis records as well as bytes", async () => {
    const small = workload(
      "mode: on-demand, shards: 4",
      "traffic: {timeline: [{at: 0m, records: 1000/s}, {at: 10m, records: 3500/s}]}",
    ).replace("1 KiB", "100 B");
    const result = await run(small);
    // 350 KB/s in all: only the records ask for more. The four shards of the start stand for 2 MiB/s.
    expect(lastCount(result)).toBe(7);
    expect(messagesOf(result, "on-demand-scaling")).toEqual([
      "4 shards leave no room for the peak write of 2 MiB/s and 3,500/s to double: the service is going to split 3",
    ]);
  });
});

describe("the shards of an on-demand stream", () => {
  it("start with room for double the former peak, and with 4 at least", async () => {
    expect(await startOf("mode: on-demand", "records: 100/s")).toBe(4);
    expect(await startOf("mode: on-demand, shards: 2", "records: 100/s")).toBe(2);
    expect(await startOf("mode: on-demand, previousPeak: 5 MB/s", "records: 100/s")).toBe(10);
    // 100 records of 1 KiB a second are stated; the peak of 5 MB/s would have had 4,883.
    expect(await startOf("mode: on-demand, previousPeak: 5 MB/s", "records: 100/s, recordSizeMax: 2 KiB")).toBe(10);
    expect(await startOf("mode: on-demand, previousPeak: 7000 KiB/s", "records: 100/s")).toBe(15);
    // Without a former peak, that of the workload and a twentieth: 2.1 times 10,000 records.
    expect(await startOf("mode: on-demand", "records: 9500/s, recordSizeMax: 2 KiB")).toBe(21);
    expect(await startOf("mode: on-demand, region: ca-central-1", "records: 300000/s")).toBe(190);
    expect(await startOf("mode: on-demand-advantage, shards: 5, warmThroughput: 7.5 MiB/s", "records: 100/s")).toBe(8);
    expect(await startOf("mode: on-demand-advantage, shards: 9, warmThroughput: 7.5 MiB/s", "records: 100/s")).toBe(9);
  });

  it("grow from the former peak alone, if their count is less than it asks for", async () => {
    const result = await answer(workload("mode: on-demand, shards: 4, previousPeak: 5 MiB/s", "records: 100/s"));
    // 5,120 records of 1 KiB, twice.
    expect([result.start.shards, lastCount(result)]).toEqual([4, 11]);
    expect(lastCount(await answer(workload("mode: on-demand, shards: 2", "records: 100/s")))).toBe(4);
  });

  it("stay at the ceiling of the region", async () => {
    const limits = { "onDemand.writeBytesPerSecondMax": 9.5 * 2 ** 20 };
    const yaml = workload("mode: on-demand, shards: 4", "records: 30000/s");
    const result = await run(yaml, { limits, seconds: 3 * hour });
    expect(Math.max(...shardsOf(result))).toBe(9);
    expect(refused(result, 2 * hour, 3 * hour)).toBeGreaterThan(0.5);
    expect(messagesOf(result, "on-demand-scaling").filter((message) => message.includes("beyond"))).toEqual([
      "the stream would grow beyond 9 MiB/s, the most that its region takes on demand",
    ]);
  });

  it("never become fewer", async () => {
    const yaml = workload(
      "mode: on-demand, shards: 4",
      "traffic: {timeline: [{at: 0m, records: 8000/s}, {at: 1h, records: 10/s}]}",
    );
    const days = await run(yaml, { seconds: 40 * 24 * hour, resolutionSeconds: hour });
    const counts = shardsOf(days);
    expect(counts.every((count, at) => count >= (counts[at - 1] ?? 4))).toBe(true);
    expect(counts.at(-1)).toBeGreaterThanOrEqual(16);
  });

  it("are left alone by traffic that they have room for", async () => {
    for (const fidelity of ["auto", "fluid"] as const) {
      const result = await answer(workload("mode: on-demand", "records: 4000/s"), 12 * hour, fidelity);
      expect(new Set(shardsOf(result))).toEqual(new Set([result.start.shards]));
      expect(result.events).toEqual([]);
    }
  });

  it("are split evenly within 15 minutes where one takes more than 500 KB/s", async () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      // One of eight takes 600 KB/s and a part of the rest.
      const yaml = workload("mode: on-demand, shards: 8", "records: 1000/s, keys: {hottest: 58%}");
      const first = await run(yaml, { seed, seconds: quarter });
      const split = first.shards.filter(({ closedAt }) => closedAt !== undefined);
      const atFirst = split.filter(({ parents }) => parents.length === 0);
      expect(atFirst).toHaveLength(1);
      const halves = first.shards.filter(({ parents }) => parents[0] === atFirst[0]?.id);
      expect(halves.map(({ openedAt }) => openedAt)).toEqual([atFirst[0]?.closedAt, atFirst[0]?.closedAt]);
    }
  });

  it("do not cure a hot key, however many there are", async () => {
    const yaml = workload("mode: on-demand, shards: 4", "records: 4000/s, keys: {hottest: 50%}");
    const result = await run(yaml, { seconds: 12 * hour });
    // One key brings 2,000 records, one shard takes 1,000.
    expect(lastCount(result)).toBeGreaterThan(16);
    for (const from of [2, 6, 11]) expect(refused(result, from * hour, (from + 1) * hour)).toBeCloseTo(1 / 4, 2);
  });

  it("are split several at a time where one after another would take too long", async () => {
    const yaml = workload("mode: on-demand, shards: 400", "records: 300000/s");
    const result = await run(yaml, { seconds: quarter });
    expect(
      result.shards.filter(({ parents }) => parents.length === 0).every(({ closedAt }) => closedAt !== undefined),
    ).toBe(true);
    expect(lastCount(result)).toBeGreaterThanOrEqual(800);
  });

  it("are simulated in one part", async () => {
    const request = {
      catalogue: new ServiceCatalogue(),
      attachments: noAttachments,
      seed: 1,
      seconds: 50 * 24 * hour,
      fidelity: "fluid",
    } as const;
    const partsOf = async (mode: string, scenario: readonly string[] = []): Promise<number> =>
      prepareSimulation(await oneWorkload(workload(`mode: ${mode}, shards: 64`, "records: 100/s", scenario)), request)
        .task.partCount;
    expect(await partsOf("provisioned")).toBe(16);
    expect(await partsOf("provisioned", ["at: 1h, event: mode, mode: on-demand"])).toBe(1);
    expect(await partsOf("on-demand")).toBe(1);
  });
});
