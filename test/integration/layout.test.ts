/*
 * Plans of splits and merges from the command line to the simulation: what `aws` prints goes in, and the calls that come out are played
 * one by one on the simulated stream, where shards are named as the service names them.
 */
import { describe, expect, it } from "vitest";
import type { LayoutResult } from "../../src/planning/layout/plan-layout.js";
import type { SimulationResult } from "../../src/planning/simulate-workload.js";
import { equalRanges } from "../../src/service/hash-range.js";
import { runInMemory } from "../memory-host.js";

const keys = Array.from({ length: 300 }, (_, index) => `device-${index},${(index + 1) ** -0.8}\n`).join("");
const workload = (scenario = ""): string => `
version: 1
stream: {name: devices, shards: 8, utilization: 70%}
producers: [{name: p, records: 5000/s, recordSize: 900 B, keys: {weightsFile: keys.csv}}]
consumers: []
scenario: [${scenario}]
`;

async function answer<Result>(command: string, files: Readonly<Record<string, string>>): Promise<Result> {
  const { out, err } = await runInMemory([...command.split(" "), "--format", "json"], { "keys.csv": keys, ...files });
  expect(err).toBe("");
  return JSON.parse(out) as Result;
}

/** The calls as events of a scenario. A shard gets the next number when it opens, the lower half of a split first. */
function eventsOf({ plan, before }: LayoutResult): string {
  const numbers = new Map(before.map(({ hashKeyRange }, index) => [hashKeyRange.start, index]));
  let next = before.length;
  const events = plan.operations.map((call) => {
    const at = `at: ${call.atSeconds}s`;
    if (call.operation === "merge-shards") {
      const [shard, adjacent] = [numbers.get(call.lower.start), numbers.get(call.upper.start)];
      numbers.delete(call.upper.start);
      numbers.set(call.lower.start, next++);
      return `{${at}, event: merge-shards, shard: ${shard}, adjacent: ${adjacent}}`;
    }
    const { start, end } = call.hashKeyRange;
    const share = Number(BigInt(call.newStartingHashKey) - BigInt(start)) / Number(BigInt(end) - BigInt(start));
    const shard = numbers.get(start);
    numbers.set(start, next++).set(call.newStartingHashKey, next++);
    return `{${at}, event: split-shard, shard: ${shard}, share: ${share}}`;
  });
  return events.join(", ");
}

describe("a plan of splits and merges", () => {
  it("relieves the simulated stream that it was made for", async () => {
    const plan = await answer<LayoutResult>("reshard w.yaml --layout --shard-value 3", { "w.yaml": workload() });
    expect(new Set(plan.plan.operations.map(({ operation }) => operation)).size).toBe(2);
    const minutes = Math.ceil(plan.plan.durationSeconds / 60);
    const simulated = (scenario: string): Promise<SimulationResult> =>
      answer(`simulate w.yaml --duration ${minutes + 10}m`, { "w.yaml": workload(scenario) });
    const refused = ({ timeline }: SimulationResult): number =>
      timeline.slice(-5).reduce((sum, { throttledRecords }) => sum + throttledRecords, 0);
    const [as, planned] = [await simulated(""), await simulated(eventsOf(plan))];
    expect(refused(as)).toBeGreaterThan(0);
    expect(refused(planned)).toBe(0);
    expect(planned.timeline.at(-1)?.openShards).toBe(plan.plan.endShards);
  });

  it("comes from what `aws` prints, and ends with 0, or with 1 where there is none", async () => {
    const shards = equalRanges(3).map(({ first, last }, index) => ({
      ShardId: `shardId-00000000000${index}`,
      HashKeyRange: { StartingHashKey: String(first), EndingHashKey: String(last) },
      SequenceNumberRange: { StartingSequenceNumber: "49" },
    }));
    const metrics = shards.flatMap(({ ShardId }, index) =>
      ["IncomingBytes", "IncomingRecords"].map((metric) => ({
        Id: `m${index}`,
        Label: `${ShardId} ${metric}`,
        Timestamps: ["2026-11-22T10:05:00Z", "2026-11-22T10:00:00Z"],
        Values: [300 * 100, 300 * (index === 1 ? 950 : 50)],
        StatusCode: "Complete",
      })),
    );
    const files = {
      "w.yaml": workload(),
      "shards.json": JSON.stringify({ Shards: shards }),
      "metrics.json": JSON.stringify({ MetricDataResults: metrics, Messages: [] }),
    };
    const flags = "reshard w.yaml --shard-loads shards.json --shard-loads metrics.json";
    const { periodSeconds, plan } = await answer<LayoutResult>(flags, files);
    expect(periodSeconds).toBe(300);
    expect(plan).toMatchObject({ startShards: 3, endShards: 4, maxLoadBefore: 0.95, maxLoadAfter: 0.475 });
    const none = await runInMemory([...flags.split(" "), "--max-shards", "1"], { "keys.csv": keys, ...files });
    expect(none.code).toBe(1);
    expect(none.out).toContain("layout-unreachable");
  });

  it.each([
    ["--layout --horizon 3d", "--horizon goes with calls of UpdateShardCount"],
    ["--layout --min-shards 3", "--min-shards goes with"],
    ["--layout --period 5m", "--period goes with --shard-loads"],
    ["--layout --shard-value -1", "--shard-value"],
    ["--layout --max-shards 0", "--max-shards"],
    ["--layout --margin 200%", "--margin"],
    ["--shard-value 3", "--shard-value goes with --layout"],
    ["--period 5m", "--period goes with --layout"],
    ["--shard-loads none.json", "none.json does not exist"],
    ["--shard-loads keys.csv", "not valid JSON"],
    ["--shard-loads -", "not valid JSON"],
  ])("is refused with %s", async (flags, message) => {
    const files = { "w.yaml": workload(), "keys.csv": keys, "-": "{" };
    const { code, out, err } = await runInMemory(["reshard", "w.yaml", ...flags.split(" ")], files);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
  });
});
