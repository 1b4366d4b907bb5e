import { describe, expect, it } from "vitest";
import { parseWorkloads } from "../../../src/index.js";

async function idleKeys(consumer: string, stream = "", more = ""): Promise<string[]> {
  const { workloads } = await parseWorkloads(
    "w.yaml",
    `version: 1
stream: {name: s${stream}}
producers: [{name: p, records: 1/s, recordSize: 1 KiB}]
consumers:
  - {name: c, ${consumer}}
${more}`,
  );
  return workloads.flatMap(({ hints }) => hints).map(({ path }) => String(path?.at(-1)));
}

describe("a hint about a key without effect", () => {
  it.each([
    ["kind: kcl, cpuPerRecord: 1ms, worker: {vcpus: 2}, workers: 1, standby: 0, kclVersion: 3", []],
    ["kind: kcl, batchSize: 100, parallelization: 1", ["parallelization", "batchSize"]],
    ["kind: lambda, batchSize: 100, parallelization: 1, cpuPerRecord: 1ms", []],
    ["kind: lambda, cpuPerRecord: 1ms, timePerRecord: 1ms", ["cpuPerRecord"]],
    ["kind: lambda, worker: {vcpus: 1}, workers: 1, standby: 0", ["worker", "workers", "standby"]],
    ["kind: sdk, kclVersion: 3, pollInterval: 1s", ["kclVersion"]],
    ["kind: sdk, read: fan-out, pollInterval: 1s", ["pollInterval"]],
  ])("stands for %s", async (consumer, keys) => {
    expect(await idleKeys(consumer)).toEqual(keys);
  });

  it.each([
    [", previousPeak: 1 MiB/s, warmThroughput: 1 MiB/s", "", ["previousPeak", "warmThroughput"]],
    [", mode: on-demand, previousPeak: 1 MiB/s, warmThroughput: 1 MiB/s", "", ["warmThroughput"]],
    [", mode: on-demand-advantage, previousPeak: 1 MiB/s, warmThroughput: 1 MiB/s", "", []],
    [", previousPeak: 1 MiB/s", "scenario: [{at: 1h, event: mode, mode: on-demand}]", []],
  ])("stands for a stream with %s", async (stream, scenario, keys) => {
    expect(await idleKeys("kind: sdk", stream, scenario)).toEqual(keys);
  });
});
