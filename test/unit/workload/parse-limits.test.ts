import { describe, expect, it } from "vitest";
import { regionNames } from "../../../src/service/regions.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { parseLimits } from "../../../src/workload/parse-limits.js";
import { runInMemory } from "../../memory-host.js";

async function catalogueOf(text: string): Promise<ServiceCatalogue> {
  const { overrides, diagnostics } = await parseLimits("l.yaml", text);
  expect(diagnostics).toEqual([]);
  return new ServiceCatalogue(overrides);
}

async function complaints(text: string): Promise<string[]> {
  const { diagnostics } = await parseLimits("l.yaml", text);
  return diagnostics.map(({ code, fix, position }) => `${position?.line}:${position?.column} ${code}: ${fix}`).sort();
}

const published = new ServiceCatalogue();

describe("a limits file", () => {
  it.each([
    ["flat", "shard.writeBytesPerSecond: 2 MiB/s\n"],
    ["nested", "shard:\n  writeBytesPerSecond: 2 MiB/s\n"],
    ["in bare base units", "shard.writeBytesPerSecond: 2097152\n"],
    ["as a fact", "shard.writeBytesPerSecond: {value: 2097152, unit: bytes/s, meaning: x}\n"],
    ["as printed", "region: eu-central-1\nlimits:\n  shard.writeBytesPerSecond: {value: 2097152}\n"],
  ])("%s", async (_, text) => {
    const catalogue = await catalogueOf(text);
    for (const region of ["us-east-1", "eu-central-1"] as const) {
      const fact = catalogue.forRegion(region).fact("shard.writeBytesPerSecond");
      expect(fact).toMatchObject({ value: 2_097_152, certainty: "override", source: "override: l.yaml" });
    }
    const others = catalogue.forRegion("us-east-1").all.filter(({ certainty }) => certainty === "override");
    expect(others).toHaveLength(1);
  });

  it("overrides for single regions", async () => {
    const catalogue = await catalogueOf("account.shards: 7\nregions:\n  eu-central-1:\n    account: {shards: 9}\n");
    expect(catalogue.forRegion("us-east-1").value("account.shards")).toBe(7);
    expect(catalogue.forRegion("eu-central-1").value("account.shards")).toBe(9);
  });

  it.each(["json", "yaml"] as const)(
    "that `limits --format %s` printed changes nothing but the certainty",
    async (format) => {
      for (const region of regionNames) {
        const before = published.forRegion(region);
        const { out } = await runInMemory(["limits", "--region", region, "--format", format]);
        const catalogue = await catalogueOf(out);
        const after = catalogue.forRegion(region);
        expect(after.all.map(({ name, value, unit }) => [name, value, unit])).toEqual(
          before.all.map(({ name, value, unit }) => [name, value, unit]),
        );
        expect(new Set(after.all.map(({ certainty }) => certainty))).toEqual(new Set(["override"]));
        // What depends on the region stays as published elsewhere.
        const other = region === "us-east-1" ? "eu-central-1" : "us-east-1";
        expect(catalogue.forRegion(other).all.map(({ value }) => value)).toEqual(
          published.forRegion(other).all.map(({ value }) => value),
        );
      }
    },
  );

  it("with nothing in it overrides nothing", async () => {
    expect((await catalogueOf("# nothing yet\n")).forRegion("us-east-1").all).toEqual(
      published.forRegion("us-east-1").all,
    );
  });

  it("is refused with every problem at its place", async () => {
    expect(
      await complaints(
        "shard.writeBytesPerSecnd: 1 MB/s\nshard:\n  writeRecordsPerSecond: many\n  readBytesPerSecond: -1\nbanana: 1\nregions:\n  eu-centrl-1: {}\n",
      ),
    ).toEqual([
      "1:1 limit-unknown: did you mean `shard.writeBytesPerSecond`?",
      "3:26 wrong-quantity: write a number above 0, in records/s",
      "4:23 wrong-quantity: write a number above 0, in bytes/s",
      "5:1 limit-unknown: `kinesis-plan limits` prints every name",
      "7:3 wrong-value: did you mean eu-central-1?",
    ]);
  });

  it.each([
    "shard.writeBytesPerSecond: 0",
    "shard.writeBytesPerSecond: 1 MB",
    "shard.writeBytesPerSecond: 1 s",
    "shard.writeBytesPerSecond: .inf",
    "shard.writeBytesPerSecond: .nan",
    "shard.writeBytesPerSecond: true",
    "shard.writeBytesPerSecond: [1]",
    "shard.writeBytesPerSecond:",
    "shard.writeBytesPerSecond: {}",
    "shard.writeBytesPerSecond: {value: x}",
  ])("%s is no value", async (text) => {
    expect(await complaints(`${text}\n`)).toEqual([expect.stringMatching(/^1:[1-9]\d* wrong-quantity: /)]);
  });

  it.each(["- a\n", "text\n", "42\n"])("%j is no limits file", async (text) => {
    expect(await complaints(text)).toEqual([expect.stringMatching(/^1:1 wrong-type: /)]);
  });

  it.each([
    "limits: 3\n",
    "limits: [1]\n",
    "regions: 3\n",
    "regions: {eu-central-1: 3}\n",
    "region: nowhere-1\nlimits: {account.shards: 3}\n",
  ])("%j is not passed over in silence", async (text) => {
    expect(await complaints(text)).not.toEqual([]);
  });
});
