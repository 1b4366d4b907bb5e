import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runInMemory } from "../memory-host.js";

/*
 * Recorded traffic of real systems, replayed. It is not part of the repository: where it is absent these tests are skipped.
 */

const folder = "../shared/traces";
const isThere = existsSync(folder);
if (!isThere) process.stderr.write(`skipped: replay of recorded traffic, since ${folder} is absent\n`);

interface Trace {
  readonly file: string;
  readonly spec: string;
  readonly scale: number;
  readonly value: number;
}

const traces: readonly Trace[] = [
  { file: "nab/elb_request_count_8c0756.csv", spec: "per: 5m", scale: 1_000, value: 1 },
  { file: "nab/nyc_taxi.csv", spec: "per: 30m", scale: 20, value: 1 },
  { file: "nab/Twitter_volume_AAPL.csv", spec: "per: 5m", scale: 300, value: 1 },
  {
    file: "azure-llm/AzureLLMInferenceTrace_conv.csv",
    spec: "per: 1s, time: TIMESTAMP, value: ContextTokens",
    scale: 1,
    value: 1,
  },
];

const workload = ({ spec, scale }: Trace): string => `
version: 1
stream: {name: replay, utilization: 60%}
producers: [{name: p, traffic: {trace: {file: trace.csv, scale: ${scale}, ${spec}}}, recordSize: 400 B}]
consumers: [{name: c, kind: kcl, cpuPerRecord: 0.2 ms, worker: {vcpus: 2}}]
`;

/** The first rows of a trace: a week of five minutes, or more. */
const rowsRead = 2_000;

function linesOf({ file }: Trace): string[] {
  return readFileSync(`${folder}/${file}`, "utf8")
    .trim()
    .split("\n")
    .slice(0, 1 + rowsRead);
}

/** What the rows of a trace add up to. */
function total(trace: Trace): number {
  return (
    trace.scale *
    linesOf(trace)
      .slice(1)
      .reduce((sum, line) => sum + Number(line.split(",")[trace.value]), 0)
  );
}

describe.skipIf(!isThere).each(traces)("$file", (trace) => {
  test("is offered to the last record but for chance, and taken where it was sized for", async () => {
    const { code, out } = await runInMemory(["simulate", "w.yaml", "--format", "json", "--resolution", "1h"], {
      "w.yaml": workload(trace),
      "trace.csv": linesOf(trace).join("\n"),
    });
    const { summary } = JSON.parse(out) as { summary: Record<string, number> };
    expect(code).toBe(0);
    // Ten records arrive together at most, which is ten times the variance of single ones.
    const deviations = ((summary["offeredRecords"] ?? 0) - total(trace)) / Math.sqrt(10 * total(trace));
    expect(Math.abs(deviations)).toBeLessThan(4);
    expect(summary["acceptedRecords"]).toBe(summary["offeredRecords"]);
  }, 60_000);
});
