/* A month of steady traffic costs in the simulation what `size` says. */
import { describe, expect, it } from "vitest";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { size } from "../../../src/sizing/size.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { oneWorkload } from "../../one-workload.js";
import { runModel } from "./run-model.js";

const hours = 730;
const retentions = ["24h", "3d", "7d", "30d"];

function yamlOf(mode: string, retention: string): string {
  return `
version: 1
stream: {name: s, shards: 4, mode: ${mode}, retention: ${retention}}
producers: [{name: p, records: 1000/s, recordSize: 1.5 KiB}]
consumers: [{name: c, kind: firehose}, {name: f, kind: kcl, read: fan-out}]
`;
}

async function usdOf(mode: string, retention: string): Promise<number> {
  const run = { fidelity: "fluid", seconds: hours * 3_600, resolutionSeconds: 86_400 } as const;
  return (await runModel(yamlOf(mode, retention), run)).summary.usd;
}

describe("a month's cost", () => {
  it.each(["provisioned", "on-demand"] as const)("is that of `size`: %s", async (mode) => {
    for (const retention of retentions) {
      const facts = new ServiceCatalogue().forRegion("us-east-1");
      const { cost } = size(await oneWorkload(yamlOf(mode, retention)), {
        facts,
        attachments: noAttachments,
        shards: 4,
      });
      expect((await usdOf(mode, retention)) / cost.usdPerMonth, retention).toBeCloseTo(1, 6);
    }
  });

  it("has storage in on-demand Advantage too", async () => {
    const [short, long] = [await usdOf("on-demand-advantage", "24h"), await usdOf("on-demand-advantage", "31d")];
    const gb = (1_000 * 1_536 * 30 * 86_400) / 2 ** 30;
    const facts = new ServiceCatalogue().forRegion("us-east-1");
    expect((long - short) / (gb * facts.value("price.advRetentionGbMonth"))).toBeCloseTo(1, 6);
  });
});

describe("the hours of workers", () => {
  async function workersOf(consumer: string) {
    const text = `
version: 1
stream: {name: s, shards: 4}
producers: [{name: p, records: 100/s, recordSize: 1 KiB}]
consumers: [{name: c, ${consumer}}]
scenario: [{at: 30m, event: worker-crash, consumer: c, lasts: 6 min}]
`;
    const { summary } = await runModel(text, { fidelity: "tick", seconds: 7_200, resolutionSeconds: 60 });
    const [{ workerHours, workersUsd } = { workerHours: null, workersUsd: null }] = summary.consumers;
    return { workerHours, workersUsd };
  }

  it("cost what a worker costs, except while they are down", async () => {
    const workers = await workersOf("kind: kcl, workers: 2, standby: 1, worker: {price: $60/month}");
    expect(workers.workerHours).toBeCloseTo(3 * 2 - 0.1, 2);
    expect(workers.workersUsd).toBeCloseTo(((workers.workerHours ?? Number.NaN) * 60) / 730, 6);
  });

  it("have no price where none is given, and none at all where AWS runs the consumer", async () => {
    expect((await workersOf("kind: kcl, workers: 2")).workersUsd).toBeNull();
    expect(await workersOf("kind: lambda, worker: {price: $1/h}")).toEqual({ workerHours: null, workersUsd: null });
  });
});
