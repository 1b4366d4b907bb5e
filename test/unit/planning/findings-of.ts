/*
 * What `simulate` finds in a workload that a few lines describe, and advises.
 */
import { simulate } from "../../../src/planning/simulate-workload.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import type { Workload } from "../../../src/workload/schema.js";
import { oneWorkload } from "../../one-workload.js";

/** What is in the braces of a workload's flow mappings; of the stream, beside its name. */
export interface WorkloadCase {
  readonly stream?: string;
  readonly producer?: string;
  readonly consumers?: readonly string[];
  readonly events?: readonly string[];
}

export interface Case extends WorkloadCase {
  readonly minutes?: number;
  /** Seconds of a row. */
  readonly resolution?: number;
  readonly seed?: number;
}

export async function workloadOf({
  stream = "shards: 4",
  producer = "records: 1000/s, recordSize: 100 B",
  consumers = ["name: c, kind: firehose"],
  events = [],
}: WorkloadCase): Promise<Workload> {
  const lists = [
    ["consumers", consumers],
    ["scenario", events],
  ] as const;
  const text = lists.map(([key, items]) => `${key}: [${items.map((item) => `{${item}}`).join(", ")}]`).join("\n");
  return oneWorkload(`version: 1\nstream: {name: s, ${stream}}\nproducers: [{name: p, ${producer}}]\n${text}\n`);
}

export async function findings({
  minutes = 30,
  resolution = 60,
  seed = 1,
  ...made
}: Case): Promise<{ code: string; message: string; fix: string }[]> {
  const workload = await workloadOf(made);
  const request = { catalogue: new ServiceCatalogue(), attachments: noAttachments, seconds: 60 * minutes, seed };
  return [...simulate(workload, { ...request, fidelity: "auto", resolutionSeconds: resolution }).diagnostics];
}

export async function fixOf(code: string, made: Case): Promise<string> {
  const found = (await findings(made)).find((one) => one.code === code);
  return found?.fix ?? `no ${code}`;
}
