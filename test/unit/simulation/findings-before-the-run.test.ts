/*
 * What `simulate` says of a workload before it runs it.
 */
import { describe, expect, it } from "vitest";
import { simulate } from "../../../src/planning/simulate-workload.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { oneWorkload } from "../../one-workload.js";

async function codesOf(stream: string, producer: string): Promise<string[]> {
  const workload = await oneWorkload(`
version: 1
stream: {name: s, ${stream}}
producers: [{name: p, ${producer}}]
consumers: [{name: c, kind: kcl}]
`);
  const request = { catalogue: new ServiceCatalogue(), attachments: noAttachments, seconds: 600, seed: 1 };
  return simulate(workload, { ...request, fidelity: "auto" }).diagnostics.map(({ code }) => code);
}

describe("simulate", () => {
  it("has nothing to say of a stream that has room, in any mode", async () => {
    expect(await codesOf("mode: on-demand", "records: 100/s, recordSize: 1 KB")).toEqual([]);
    expect(await codesOf("shards: 1", "records: 100/s, recordSize: 1 KB")).toEqual([]);
  });

  it("tells of warm throughput that the region does not take", async () => {
    const stream = "mode: on-demand-advantage, region: ca-central-1, warmThroughput: ";
    expect(await codesOf(`${stream}300 MiB/s`, "records: 100/s, recordSize: 1 KB")).toEqual(["on-demand-ceiling"]);
    expect(await codesOf(`${stream}100 MiB/s`, "records: 100/s, recordSize: 1 KB")).toEqual([]);
  });

  it("repeats what no number of shards cures", async () => {
    expect(await codesOf("shards: 1", "records: 1/s, recordSize: 2 MiB")).toContain("record-too-large");
  });

  it("tells where it runs for longer than the traffic is stated", async () => {
    const timeline = (end: string) =>
      `recordSize: 1 KB, traffic: {timeline: [{at: 0s, records: 5/s}, {at: ${end}, records: 9/s}]}`;
    expect(await codesOf("shards: 1", timeline("5m"))).toEqual(["timeline-holds"]);
    expect(await codesOf("shards: 1", timeline("10m"))).toEqual([]);
  });
});
