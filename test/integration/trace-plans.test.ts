import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ReshardResult } from "../../src/index.js";
import { runInMemory } from "../memory-host.js";

/*
 * Plans for recorded traffic of real systems. It is not part of the repository: where it is absent these tests are skipped.
 */

const folder = "../shared/traces";
const isThere = existsSync(folder);
if (!isThere) process.stderr.write(`skipped: plans for recorded traffic, since ${folder} is absent\n`);

/** Some days of a trace, from a row on, scaled to 50 to 500 shards; the rest is planned by hand, since it takes minutes. */
interface Stretch {
  readonly file: string;
  readonly spec: string;
  readonly scale: number;
  readonly rows: readonly [number, number];
}

const stretches: readonly Stretch[] = [
  { file: "nab/elb_request_count_8c0756.csv", spec: "per: 5m", scale: 45_000, rows: [0, 576] },
  { file: "nab/nyc_taxi.csv", spec: "per: 30m", scale: 4_000, rows: [0, 144] },
  { file: "nab/Twitter_volume_AAPL.csv", spec: "per: 5m", scale: 40_000, rows: [1_000, 1_288] },
  {
    file: "azure-llm/AzureLLMInferenceTrace_conv.csv",
    spec: "per: 1s, time: TIMESTAMP, value: ContextTokens",
    scale: 4,
    rows: [0, 20_000],
  },
];

const workload = ({ spec, scale }: Stretch): string => `
version: 1
stream: {name: replay}
producers: [{name: p, traffic: {trace: {file: trace.csv, scale: ${scale}, ${spec}}}, recordSize: 400 B}]
consumers: [{name: c, kind: kcl, cpuPerRecord: 0.2 ms, worker: {vcpus: 2}}]
`;

function rowsOf({ file, rows: [from, to] }: Stretch): string {
  const [head, ...rows] = readFileSync(`${folder}/${file}`, "utf8").trim().split("\n");
  return [head, ...rows.slice(from, to)].join("\n");
}

describe.skipIf(!isThere).each(stretches)("$file", (stretch) => {
  test("gets a plan that hardly throttles, with default margins", async () => {
    const files = { "w.yaml": workload(stretch), "trace.csv": rowsOf(stretch) };
    const { code, out } = await runInMemory(["reshard", "w.yaml", "-f", "json", "--sensitivity", "10%"], files);
    const { status, timeline, verified, plan, alternatives } = JSON.parse(out) as ReshardResult;
    expect({ code, status }).toEqual({ code: 0, status: "ok" });
    const most = timeline.reduce((high, { shardsNeeded }) => Math.max(high, shardsNeeded), 0);
    expect(most).toBeGreaterThanOrEqual(50);
    expect(most).toBeLessThanOrEqual(500);
    expect(timeline.every(({ shardsNeeded, shardsInForce }) => shardsInForce >= shardsNeeded)).toBe(true);
    expect(verified.throttledRatio).toBeLessThan(0.001);
    expect(plan.shardHours).toBeLessThan(alternatives[0]?.shardHours ?? 0);
  });
});
