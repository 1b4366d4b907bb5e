/*
 * Recorded traffic of real systems. It is not part of the repository: where it is absent, tests with it are skipped.
 */
import { existsSync, readFileSync } from "node:fs";

const folder = "../shared/traces";

export const isTrafficThere = existsSync(folder);
if (!isTrafficThere) process.stderr.write(`skipped: what needs recorded traffic, since ${folder} is absent\n`);

/** A recording, with what of a workload's `trace` says how to read it. */
export interface Recording {
  readonly file: string;
  readonly spec: string;
}

export const recordings = {
  elb: { file: "nab/elb_request_count_8c0756.csv", spec: "per: 5m" },
  taxi: { file: "nab/nyc_taxi.csv", spec: "per: 30m" },
  twitter: { file: "nab/Twitter_volume_AAPL.csv", spec: "per: 5m" },
  azure: {
    file: "azure-llm/AzureLLMInferenceTrace_conv.csv",
    spec: "per: 1s, time: TIMESTAMP, value: ContextTokens",
  },
} as const satisfies Record<string, Recording>;

/** A workload that replays `trace.csv`. */
export function replayOf({ spec }: Recording, scale: number, utilization: string): string {
  return `
version: 1
stream: {name: replay, utilization: ${utilization}}
producers: [{name: p, traffic: {trace: {file: trace.csv, scale: ${scale}, ${spec}}}, recordSize: 400 B}]
consumers: [{name: c, kind: kcl, cpuPerRecord: 0.2 ms, worker: {vcpus: 2}}]
`;
}

/** The head of a recording and those of its rows. */
export function linesOf({ file }: Recording, from: number, to: number): string[] {
  const [head = "", ...rows] = readFileSync(`${folder}/${file}`, "utf8").trim().split("\n");
  return [head, ...rows.slice(from, to)];
}
