/* What UpdateShardCount, SplitShard and MergeShards do and refuse, by the log of whole runs. */
import { describe, expect, it } from "vitest";
import type { ControlEvent } from "../../../src/simulation/control-event.js";
import { refusedCount } from "../../../src/simulation/resharding.js";
import { type ModelRun, replay, runModel } from "./run-model.js";

function workload(shards: number, scenario: readonly string[], stream = ""): string {
  const events = scenario.map((event) => `  - {${event}}`).join("\n");
  return `
version: 1
stream: {name: s, shards: ${shards}${stream}}
producers: [{name: p, records: 10/s, recordSize: 100 B}]
scenario:
${events}
`;
}

async function eventsOf(yaml: string, run: ModelRun = {}): Promise<readonly ControlEvent[]> {
  return (await runModel(yaml, { fidelity: "fluid", ...run })).events;
}

/** Why calls were refused, in order. */
async function refusals(yaml: string, run: ModelRun = {}): Promise<readonly string[]> {
  return (await eventsOf(yaml, run)).flatMap(({ event, message }) => (event === "reshard-refused" ? [message] : []));
}

/** The shards that are open in the end, lowest hash key first, by their numbers. */
async function openShards(yaml: string): Promise<readonly number[]> {
  const { openShards: open } = await replay(yaml, { fidelity: "fluid", seconds: 3_600 });
  return open.map(({ number }) => number);
}

describe("UpdateShardCount", () => {
  // Public reports of shard numbers: 4 → 3 (risingwave #9961), 1 → 2 → 3, and 1 → 2 → 4 → 8.
  const numbers: readonly { name: string; from: number; to: readonly number[]; open: readonly number[] }[] = [
    { name: "4 → 3", from: 4, to: [3], open: [6, 9, 10] },
    { name: "1 → 2 → 3", from: 1, to: [2, 3], open: [3, 7, 6] },
    { name: "1 → 2 → 4 → 8", from: 1, to: [2, 4, 8], open: [7, 8, 9, 10, 11, 12, 13, 14] },
  ];

  it.each(numbers)("numbers the shards as AWS does: $name", async ({ from, to, open }) => {
    const scenario = to.map((shards, index) => `event: reshard, at: ${600 * index}s, shards: ${shards}`);
    expect(await openShards(workload(from, scenario))).toEqual(open);
  });

  it("names the parents of the shards that it makes", async () => {
    const { shards } = await runModel(workload(4, ["event: reshard, at: 0s, shards: 3"]));
    const parents = shards.map(({ id, parents: ids }) => [Number(id.slice(8)), ids.map((one) => Number(one.slice(8)))]);
    // split 1 → 4, 5; merge 0 + 4 → 6; split 2 → 7, 8; merge 5 + 7 → 9; merge 8 + 3 → 10.
    expect(parents.slice(4)).toEqual([
      [4, [1]],
      [5, [1]],
      [6, [0, 4]],
      [7, [2]],
      [8, [2]],
      [9, [5, 7]],
      [10, [8, 3]],
    ]);
    expect(shards[0]?.id).toBe("shardId-000000000000");
  });

  it("runs one operation after another, each of a usual length", async () => {
    const starts: number[] = [];
    const gaps: number[] = [];
    for (let seed = 0; seed < 40; seed += 1) {
      const scenario = ["event: reshard, at: 60s, shards: 8"];
      const times = (await eventsOf(workload(4, scenario), { seed, seconds: 300 }))
        .filter(({ event }) => event === "shard-split")
        .map(({ at }) => at);
      expect(times).toHaveLength(4);
      starts.push((times[0] ?? 0) - 60);
      gaps.push(...times.slice(1).map((at, index) => at - (times[index] ?? 0)));
    }
    // From 5 to 30 s, most often 10: on average 15 s, with a deviation of 5.4. Before the first there are up to 30 s more.
    expect([Math.min(...gaps) >= 5, Math.max(...gaps) <= 30]).toEqual([true, true]);
    expect(Math.abs(mean(gaps) - 15)).toBeLessThan((4 * 5.4) / Math.sqrt(gaps.length));
    expect([Math.min(...starts) >= 5, Math.max(...starts) <= 60]).toEqual([true, true]);
    // Rounded up to whole seconds: half a second more on average.
    expect(Math.abs(mean(starts) - 30.5)).toBeLessThan((4 * Math.hypot(5.4, 30 / Math.sqrt(12))) / Math.sqrt(40));
  });

  it("says when it starts and when it is done", async () => {
    const events = await eventsOf(workload(2, ["event: reshard, at: 60s, shards: 4"]));
    expect(events.map(({ event }) => event)).toEqual([
      "reshard-started",
      "shard-drained",
      "shard-split",
      "shard-drained",
      "shard-split",
      "reshard-finished",
    ]);
    expect(events[0]).toMatchObject({ at: 60, subject: "2 → 4" });
    expect(events.at(-1)?.message).toBe("now 4 shards");
  });

  it("goes to double at most, and to half at least", async () => {
    const answer = (from: number, to: number): Promise<readonly string[]> =>
      refusals(workload(from, [`event: reshard, at: 0s, shards: ${to}`]));
    expect(await answer(7, 3)).toEqual(["UpdateShardCount cannot go below half: 7 shards are open, 3 were asked for"]);
    expect(await answer(7, 15)).toEqual([
      "UpdateShardCount cannot go beyond double: 7 shards are open, 15 were asked for",
    ]);
    for (const [from, to] of [
      [7, 4],
      [7, 14],
      [6, 3],
      [1, 2],
      [5, 5],
    ] as const)
      expect(await answer(from, to)).toEqual([]);
  });

  it("takes so many shards at most, and fewer where there are more", () => {
    const rules = { factorMax: 2, factorMin: 0.5, shardsMax: 5 };
    expect(refusedCount(4, 6, rules)).toMatch(/at most 5 shards/);
    expect(refusedCount(9, 6, rules)).toMatch(/at most 5 shards/);
    expect(refusedCount(8, 5, rules)).toMatch(/more than 5 shards below/);
    expect([refusedCount(4, 5, rules), refusedCount(8, 4, rules)]).toEqual([undefined, undefined]);
  });

  it("is called ten times in any 24 hours at most, refused calls not counted", async () => {
    const hours = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 23.99, 24, 24.5, 25];
    const scenario = hours.map((at, index) => `event: reshard, at: ${at}h, shards: ${index % 2 === 0 ? 4 : 2}`);
    const events = await eventsOf(workload(2, scenario), { seconds: 26 * 3_600 });
    const at = (name: ControlEvent["event"]): number[] =>
      events.filter(({ event }) => event === name).map((event) => event.at / 3_600);
    // The first call is 24 hours old at hour 24, the second one at hour 25.
    expect(at("reshard-started")).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 24, 25]);
    expect(at("reshard-refused")).toEqual([10, 23.99, 24.5]);
    const messages = await refusals(workload(2, scenario), { seconds: 11 * 3_600 });
    expect(messages).toEqual(["LimitExceededException: 10 calls of UpdateShardCount in 24 hours are used up"]);
  });

  it("waits for no other operation, but is refused while one runs", async () => {
    const scenario = [
      "event: reshard, at: 0s, shards: 4",
      "event: reshard, at: 1s, shards: 3",
      "event: split-shard, at: 2s, shard: 0",
      "event: merge-shards, at: 3s, shard: 0, adjacent: 1",
      "event: reshard, at: 300s, shards: 3",
    ];
    const inUse = "ResourceInUseException: another operation on the stream has not ended";
    expect(await refusals(workload(2, scenario))).toEqual([inUse, `SplitShard: ${inUse}`, `MergeShards: ${inUse}`]);
    expect(await openShards(workload(2, scenario))).toHaveLength(3);
  });

  it("needs room in the account for the shards that are open on the way", async () => {
    const scenario = ["event: reshard, at: 0s, shards: 3"];
    expect(await refusals(workload(2, scenario), { limits: { "account.shards": 3 } })).toEqual([
      "LimitExceededException: 4 shards would be open on the way, the account has 3",
    ]);
    expect(await refusals(workload(2, scenario), { limits: { "account.shards": 4 } })).toEqual([]);
  });

  it("is the service's own affair in on-demand mode", async () => {
    const scenario = ["event: reshard, at: 0s, shards: 4", "event: split-shard, at: 1s, shard: 0"];
    for (const mode of ["on-demand", "on-demand-advantage"])
      for (const message of await refusals(workload(2, scenario, `, mode: ${mode}`)))
        expect(message).toMatch(/a stream in on-demand mode is resharded by the service alone$/);
    expect(await refusals(workload(2, scenario, ", mode: on-demand"))).toHaveLength(2);
  });
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("SplitShard", () => {
  it("divides a shard in the middle, or where it is told to", async () => {
    const { openShards: open } = await replay(
      workload(2, ["event: split-shard, at: 0s, shard: 1", "event: split-shard, at: 300s, shard: 0, share: 10%"]),
    );
    const bounds = open.map(({ number, range }) => [number, Number(range.first) / 2 ** 128]);
    expect(bounds).toEqual([
      [4, 0],
      [5, expect.closeTo(0.05, 12)],
      [2, 0.5],
      [3, 0.75],
    ]);
  });

  it("is refused for a shard that is closed, or was never there", async () => {
    const scenario = [
      "event: split-shard, at: 0s, shard: 0",
      "event: split-shard, at: 300s, shard: 0",
      "event: split-shard, at: 301s, shard: 77",
    ];
    expect(await refusals(workload(1, scenario))).toEqual([
      "SplitShard: shard 0 is not open",
      "SplitShard: shard 77 is not open",
    ]);
  });

  it("is refused where the account is full", async () => {
    const scenario = ["event: split-shard, at: 0s, shard: 0"];
    expect(await refusals(workload(2, scenario), { limits: { "account.shards": 2 } })).toHaveLength(1);
  });

  it("is no call of UpdateShardCount, and may come more often", async () => {
    const scenario = Array.from(
      { length: 12 },
      (_, index) => `event: split-shard, at: ${index * 120}s, shard: ${2 * index}`,
    );
    expect(await refusals(workload(1, scenario), { seconds: 3_600 })).toEqual([]);
  });
});

describe("MergeShards", () => {
  it("joins neighbours, whichever is named first", async () => {
    expect(await openShards(workload(3, ["event: merge-shards, at: 0s, shard: 2, adjacent: 1"]))).toEqual([0, 3]);
    expect(await openShards(workload(3, ["event: merge-shards, at: 0s, shard: 0, adjacent: 1"]))).toEqual([3, 2]);
  });

  it("is refused for shards that are not neighbours, not two, or not both open", async () => {
    const scenario = [
      "event: merge-shards, at: 0s, shard: 0, adjacent: 2",
      "event: merge-shards, at: 0s, shard: 1, adjacent: 1",
      "event: merge-shards, at: 0s, shard: 0, adjacent: 9",
      "event: merge-shards, at: 0s, shard: 0, adjacent: 1",
      "event: merge-shards, at: 300s, shard: 0, adjacent: 1",
    ];
    expect(await refusals(workload(3, scenario))).toEqual([
      "MergeShards: shards 0 and 2 are not adjacent",
      "MergeShards: shards 1 and 1 are not adjacent",
      "MergeShards: shards 0 and 9 are not both open",
      "MergeShards: shards 0 and 1 are not both open",
    ]);
  });
});
