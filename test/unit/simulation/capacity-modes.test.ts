/* Changes of the capacity mode and of warm throughput: what is refused, what happens, and what is charged. */
import { describe, expect, it } from "vitest";
import { prepareSimulation } from "../../../src/planning/simulate-workload.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { fidelities } from "../../../src/simulation/fidelity.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { oneWorkload } from "../../one-workload.js";
import { hour, lastCount, messagesOf, run, shardsOf, workload } from "./on-demand-run.js";
import { replay } from "./run-model.js";

describe("a change of the mode", () => {
  const modes = (...changes: readonly (readonly [string, string])[]): string[] =>
    changes.map(([at, mode]) => `at: ${at}, event: mode, mode: ${mode}`);

  it("keeps the shards, and lets users reshard, or the service", async () => {
    const scenario = [
      ...modes(["10m", "provisioned"], ["2h", "on-demand"]),
      "at: 5m, event: reshard, shards: 4",
      "at: 12m, event: reshard, shards: 12",
      "at: 2.5h, event: reshard, shards: 6",
    ];
    const yaml = workload(
      "mode: on-demand, shards: 6",
      "traffic: {timeline: [{at: 0m, records: 2000/s}, {at: 3h, records: 11000/s}]}",
      scenario,
    );
    const result = await run(yaml, { seconds: 5 * hour });
    expect(shardsOf(result)[9]).toBe(6);
    expect(shardsOf(result)[119]).toBe(12);
    expect(lastCount(result)).toBeGreaterThanOrEqual(22);
    expect(messagesOf(result, "reshard-refused")).toEqual(
      Array(2).fill("a stream in on-demand mode is resharded by the service alone"),
    );
    expect(messagesOf(result, "mode-changed")).toEqual([
      "the stream is in mode provisioned, with 6 shards as before",
      "the stream is in mode on-demand, with 12 shards as before",
    ]);
    // As the way out of 2023: provisioned, more shards, and back.
    expect(result.summary.throttledRecords).toBe(0);
  });

  it("is refused while the stream is UPDATING, and makes it so", async () => {
    const scenario = [
      "at: 1m, event: reshard, shards: 8",
      ...modes(["65s", "on-demand"], ["10m", "on-demand"], ["10.5m", "provisioned"]),
    ];
    const result = await run(workload("shards: 4", "records: 100/s", scenario));
    expect(messagesOf(result, "mode-refused")).toEqual(
      Array(2).fill("ResourceInUseException: another operation on the stream has not ended"),
    );
    expect(messagesOf(result, "mode-changed")).toHaveLength(1);
  });

  it("happens twice in 24 hours at most", async () => {
    const changes = modes(["1h", "on-demand"], ["2h", "provisioned"], ["3h", "on-demand"], ["25h", "on-demand"]);
    const result = await run(workload("shards: 4", "records: 100/s", changes), {
      seconds: 30 * hour,
      resolutionSeconds: hour,
    });
    expect(result.events.filter(({ event }) => event === "mode-refused")).toMatchObject([
      { at: 3 * hour, message: "LimitExceededException: the 2 changes of the capacity mode in 24 hours are used up" },
    ]);
    expect(messagesOf(result, "mode-changed")).toHaveLength(3);
  });

  it("is accepted in the second in which the one before ends", async () => {
    const scenario = modes(["10m", "on-demand"], ["11m", "provisioned"]);
    const result = await run(workload("shards: 4", "records: 100/s", scenario));
    expect(messagesOf(result, "mode-refused")).toEqual([]);
    expect(messagesOf(result, "mode-changed")).toHaveLength(2);
  });

  it("does not leave Advantage within a day by way of provisioned mode", async () => {
    const changes = modes(["10m", "on-demand-advantage"], ["20m", "provisioned"], ["30m", "on-demand"]);
    const result = await run(workload("mode: on-demand, shards: 4", "records: 100/s", changes));
    expect(messagesOf(result, "mode-refused")).toEqual(["an account stays in Advantage for 24h at least"]);
    const entered = await run(
      workload("shards: 4", "records: 100/s", modes(["10m", "on-demand-advantage"], ["20m", "on-demand"])),
    );
    expect(messagesOf(entered, "mode-refused")).toEqual(["an account stays in Advantage for 24h at least"]);
  });

  it("between on-demand and Advantage is the account's, and stays for a day", async () => {
    const changes = modes(
      ["1h", "on-demand-advantage"],
      ["2h", "on-demand"],
      ["26h", "on-demand"],
      ["27h", "provisioned"],
      ["28h", "on-demand"],
    );
    const result = await run(workload("mode: on-demand, shards: 4", "records: 100/s", changes), {
      seconds: 30 * hour,
      resolutionSeconds: hour,
    });
    expect(messagesOf(result, "mode-refused")).toEqual(["an account stays in Advantage for 24h at least"]);
    expect(messagesOf(result, "mode-changed")).toHaveLength(4);
  });

  it("drops what the service was about to split", async () => {
    const yaml = workload("mode: on-demand, shards: 4", "records: 8000/s", modes(["61s", "provisioned"]));
    expect(new Set(shardsOf(await run(yaml)))).toEqual(new Set([4]));
  });

  it("grows from what the stream took while it was provisioned", async () => {
    const yaml = workload(
      "shards: 8",
      "traffic: {timeline: [{at: 0m, records: 6000/s}, {at: 30m, records: 100/s}]}",
      modes(["2h", "on-demand"]),
    );
    expect(lastCount(await run(yaml, { seconds: 2 * hour }))).toBe(8);
    expect(lastCount(await run(yaml, { seconds: 3 * hour }))).toBe(12);
  });

  it("is charged from then on", async () => {
    const yaml = (stream: string, scenario: readonly string[] = []) => workload(stream, "records: 1000/s", scenario);
    const usd = async (text: string): Promise<number> =>
      (await run(text, { seconds: 24 * hour, resolutionSeconds: hour })).summary.usd;
    const provisioned = await usd(yaml("shards: 4"));
    const onDemand = await usd(yaml("shards: 4, mode: on-demand"));
    const both = await usd(yaml("shards: 4", modes(["12h", "on-demand"])));
    // The change takes a minute.
    const share = (12 * 60 + 1) / (24 * 60);
    expect(both).toBeCloseTo(share * provisioned + (1 - share) * onDemand, 4);
    expect(onDemand).toBeGreaterThan(1.5 * provisioned);
  });
});

describe("warm throughput", () => {
  const warm = (at: string, throughput: string): string =>
    `at: ${at}, event: warm-throughput, throughput: ${throughput}`;
  const advantage = "mode: on-demand-advantage, shards: 4";

  it("raises an idle stream within minutes, to equal shards where that is possible", async () => {
    const { openShards, events } = await replay(workload(advantage, "records: 100/s", [warm("1m", "100 MiB/s")]), {
      fidelity: "fluid",
    });
    expect(openShards).toHaveLength(100);
    const widths = openShards.map(({ range }) => Number(range.last - range.first + 1n) / 2 ** 128);
    expect(Math.max(...widths) / Math.min(...widths)).toBeCloseTo(1, 9);
    expect(events.findLast(({ event }) => event === "warm-throughput")).toMatchObject({
      at: 360,
      message: "the stream is ready for 100 MiB/s, with 100 shards",
    });
  });

  it("leaves no shard wider than was asked for, within the ceiling", async () => {
    const limits = { "onDemand.writeBytesPerSecondMax": 15 * 2 ** 20 };
    const widest = async (throughput: string): Promise<readonly [number, number]> => {
      const { openShards } = await replay(
        workload(advantage.replace("4", "5"), "records: 100/s", [warm("1m", throughput)]),
        { fidelity: "fluid", limits },
      );
      return [
        openShards.length,
        Math.max(...openShards.map(({ range }) => Number(range.last - range.first + 1n) / 2 ** 128)),
      ];
    };
    const [count, width] = await widest("8 MiB/s");
    expect(count).toBe(10);
    expect(width).toBeLessThanOrEqual(1 / 8);
    expect((await widest("14 MiB/s"))[0]).toBe(15);
  });

  it("shrinks a stream to what is asked for, or to what the last hour needs", async () => {
    const traffic =
      "traffic: {timeline: [{at: 0m, records: 6000/s}, {at: 30m, records: 2900/s}, {at: 3h, records: 100/s}]}";
    const scenario = [warm("1h", "30 MiB/s"), warm("2h", "2 MiB/s"), warm("5h", "2 MiB/s")];
    const result = await run(workload("mode: on-demand-advantage, shards: 16", traffic, scenario), {
      seconds: 8 * hour,
    });
    const countAt = (minutes: number): number | undefined => shardsOf(result)[minutes];
    expect(countAt(70)).toBe(32);
    // 2,900 records a second twice.
    expect(countAt(130)).toBe(6);
    // What was before does not count any more, and a new stream's four are the least.
    expect(lastCount(result)).toBe(4);
  });

  it("is refused outside Advantage, above the ceiling, and while the stream is UPDATING", async () => {
    const refusals = async (stream: string, ...events: string[]): Promise<string[]> =>
      messagesOf(await run(workload(stream, "records: 100/s", events)), "warm-throughput-refused");
    expect(await refusals("mode: on-demand, shards: 4", warm("1m", "10 MiB/s"))).toEqual([
      "a stream in mode on-demand has no warm throughput",
    ]);
    expect(await refusals(advantage, warm("1m", "20 GiB/s"))).toHaveLength(1);
    expect(await refusals(advantage, warm("1m", "9 MiB/s"), warm("2m", "10 MiB/s"))).toEqual([
      "ResourceInUseException: another operation on the stream has not ended",
    ]);
  });
});

describe("before the run", () => {
  async function impossible(stream: string, ...scenario: string[]): Promise<string[]> {
    const request = {
      catalogue: new ServiceCatalogue(),
      attachments: noAttachments,
      seed: 1,
      seconds: 48 * hour,
      fidelity: "fluid",
    } as const;
    const prepared = prepareSimulation(await oneWorkload(workload(stream, "records: 100/s", scenario)), request);
    return prepared.impossible.map(({ path, message }) => `${path?.slice(1).join(".")}: ${message}`);
  }

  it("a third change of the mode in 24 hours is found", async () => {
    const modes = (...hours: number[]) =>
      hours.map((at, index) => `at: ${at}h, event: mode, mode: ${index % 2 === 0 ? "on-demand" : "provisioned"}`);
    expect(await impossible("shards: 4", ...modes(1, 2, 24.9))).toEqual([
      "2.at: LimitExceededException: the 2 changes of the capacity mode in 24 hours are used up",
    ]);
    expect(await impossible("shards: 4", ...modes(1, 2, 25, 26))).toEqual([]);
  });

  it("reshards while on demand are found, wherever a change of the mode puts them", async () => {
    const reshard = (at: string, shards: number) => `at: ${at}, event: reshard, shards: ${shards}`;
    const foreign = "a stream in mode on-demand is resharded by the service alone";
    expect(await impossible("mode: on-demand, shards: 4", reshard("1h", 8))).toEqual([`0.event: ${foreign}`]);
    const changes = ["at: 1h, event: mode, mode: on-demand", "at: 3h, event: mode, mode: provisioned"];
    expect(await impossible("shards: 4", ...changes, reshard("2h", 8))).toEqual([`2.event: ${foreign}`]);
    expect(await impossible("shards: 4", ...changes, reshard("30m", 8))).toEqual([]);
    // How many there are after a time on demand is not known before the run.
    expect(await impossible("shards: 4", ...changes, reshard("4h", 16))).toEqual([]);
    expect(await impossible("shards: 4", reshard("30m", 16))).toHaveLength(1);
  });

  it("warm throughput outside Advantage or above the ceiling is found", async () => {
    const event = "at: 1h, event: warm-throughput, throughput: 300 MiB/s";
    expect(await impossible("mode: on-demand", event)).toEqual([
      "0.event: a stream in mode on-demand has no warm throughput",
    ]);
    expect(await impossible("mode: on-demand-advantage", event)).toEqual([]);
    expect(await impossible("mode: on-demand-advantage, region: ca-central-1", event)).toHaveLength(1);
  });
});

describe("every fidelity", () => {
  it.each(fidelities)("keeps count through all of it: %s", async (fidelity) => {
    const scenario = [
      "at: 20m, event: mode, mode: provisioned",
      "at: 22m, event: reshard, shards: 8",
      "at: 30m, event: mode, mode: on-demand-advantage",
      "at: 32m, event: warm-throughput, throughput: 20 MiB/s",
      "at: 45m, event: warm-throughput, throughput: 1 MiB/s",
      "at: 50m, event: traffic, factor: 3, lasts: 3m",
    ];
    const traffic = "traffic: {timeline: [{at: 0m, records: 12/s}, {at: 5m, records: 60/s}, {at: 15m, records: 6/s}]}";
    const yaml = workload("mode: on-demand, shards: 2", traffic, scenario);
    // Shards of a hundredth of the usual size.
    const limits = {
      "shard.writeRecordsPerSecond": 10,
      "shard.writeBurstRecords": 10,
      "onDemand.splitBytesPerSecond": 5_000,
    };
    const result = await run(yaml, { fidelity, limits, debug: true });
    expect(result.summary.throttledRecords).toBeGreaterThan(0);
    expect(Math.max(...shardsOf(result))).toBeGreaterThanOrEqual(20);
    expect(messagesOf(result, "mode-changed")).toHaveLength(2);
  });
});
