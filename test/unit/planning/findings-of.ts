/*
 * What `simulate` finds in a workload that a few lines describe, and advises.
 */
import { simulate } from "../../../src/planning/simulate-workload.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { oneWorkload } from "../../one-workload.js";

export interface Case {
  readonly stream?: string;
  readonly producer?: string;
  readonly consumers?: readonly string[];
  readonly events?: readonly string[];
  readonly minutes?: number;
  /** Seconds of a row. */
  readonly resolution?: number;
  readonly seed?: number;
}

export async function findings({
  stream = "shards: 4",
  producer = "records: 1000/s, recordSize: 100 B",
  consumers = ["name: c, kind: firehose"],
  events = [],
  minutes = 30,
  resolution = 60,
  seed = 1,
}: Case): Promise<{ code: string; message: string; fix: string }[]> {
  const lists = [
    ["consumers", consumers],
    ["scenario", events],
  ] as const;
  const text = lists.map(([key, items]) => `${key}: [${items.map((item) => `{${item}}`).join(", ")}]`).join("\n");
  const workload = await oneWorkload(
    `version: 1\nstream: {name: s, ${stream}}\nproducers: [{name: p, ${producer}}]\n${text}\n`,
  );
  const request = { catalogue: new ServiceCatalogue(), attachments: noAttachments, seconds: 60 * minutes, seed };
  return [...simulate(workload, { ...request, fidelity: "auto", resolutionSeconds: resolution }).diagnostics];
}

export async function fixOf(code: string, made: Case): Promise<string> {
  const found = (await findings(made)).find((one) => one.code === code);
  return found?.fix ?? `no ${code}`;
}
