import { describe, expect, it } from "vitest";
import { run } from "../../../src/cli/run.js";
import type { ReverseSizing, Sizing } from "../../../src/index.js";
import { MemoryHost, type MemoryHostOptions, type MemoryRun, runInMemory } from "../../memory-host.js";

const workload = `version: 1
stream: {name: orders, shards: 4}
producers:
  - {name: web, records: 3000/s, recordSize: 2 KiB}
consumers:
  - {name: enrich, kind: kcl, cpuPerRecord: 0.5 ms}
`;

const infeasible = workload.replace("recordSize: 2 KiB", "recordSize: 2 KiB, keys: {hottest: 50%}");

const workloads = { "w.yaml": workload, "hot.yaml": infeasible, "-": workload };

function answer(
  argv: readonly string[],
  { files = workloads, ...options }: MemoryHostOptions = {},
): Promise<MemoryRun> {
  return runInMemory(argv, files, options);
}

async function answerOf(argv: readonly string[], files: Readonly<Record<string, string>>): Promise<Sizing> {
  return JSON.parse((await answer(argv, { files })).out) as Sizing;
}

describe("the answer of size", () => {
  const producer = (more: string) => `version: 1
stream: {name: s}
producers: [{name: p, records: 12000/s, recordSize: 850 B${more}}]
`;

  it("says that growth needs a horizon, and what it then asks for", async () => {
    const files = { "g.yaml": producer(", growth: 10%/month") };
    const now = await answerOf(["size", "g.yaml", "-f", "json"], files);
    const later = await answerOf(["size", "g.yaml", "-f", "json", "--horizon", "365d"], files);
    expect(now.shards.minimum).toBe(12);
    expect(now.diagnostics.map(({ code }) => code)).toContain("growth-ahead");
    expect(later.diagnostics.map(({ code }) => code)).not.toContain("growth-ahead");
    expect(later.shards.minimum).toBeGreaterThan(30);
  });

  it("holds records against the size that a limits file allows by default", async () => {
    const files = { "w.yaml": producer(", recordSizeMax: 1.5 MiB"), "l.yaml": "record.bytesMaxDefault: 2 MiB\n" };
    expect(await answerOf(["size", "w.yaml", "-f", "json"], files)).toMatchObject({ status: "infeasible" });
    const allowed = await answerOf(["size", "w.yaml", "-f", "json", "--limits", "l.yaml"], files);
    expect(allowed).toMatchObject({ status: "ok" });
  });

  it.each([
    [15, "it fits, 1 times"],
    [12, "it fits without the headroom, 0.8 times"],
    [11, "it does not fit, 0.7333 times"],
  ])("says of %d shards in reverse that %s would fit", async (shards, text) => {
    const { out } = await answer(["size", "w.yaml", "--reverse", "--shards", `${shards}`], {
      files: { "w.yaml": producer("") },
    });
    expect(out.replaceAll(/\s+/g, " ")).toContain(text);
  });

  it("gives rates in reverse that do not exceed the limits", async () => {
    const args = ["size", "w.yaml", "--reverse", "--shards", "5", "-f", "json"];
    const { carries } = (await answerOf(args, { "w.yaml": producer("") })) as unknown as ReverseSizing;
    expect(carries.minimum.recordsPerSecond).toBeLessThanOrEqual(5_000);
  });
});

describe("exit codes", () => {
  it.each([
    ["answered", ["size", "w.yaml"], 0],
    ["standard input", ["size", "-"], 0],
    ["a fleet", ["size", "w.yaml", "w.yaml"], 0],
    ["a hot key", ["size", "hot.yaml"], 1],
    ["a missing file", ["size", "none.yaml"], 2],
    ["an unknown command", ["sise", "w.yaml"], 2],
    ["an unknown flag", ["size", "w.yaml", "--shard", "3"], 2],
    ["an unknown format", ["size", "w.yaml", "-f", "jsn"], 2],
    ["a count that is none", ["size", "w.yaml", "--shards", "0"], 2],
    ["reverse without a count", ["size", "w.yaml", "--reverse"], 2],
    ["reverse of a fleet", ["size", "w.yaml", "w.yaml", "--reverse", "--shards", "4"], 2],
    ["a horizon that is none", ["size", "w.yaml", "--horizon", "soon"], 2],
    ["an override that leads nowhere", ["size", "w.yaml", "--set", "producers.wep.records=1/s"], 2],
    ["no file", ["size"], 2],
    ["an unknown region", ["limits", "--region", "us-esat-1"], 2],
    ["an unknown schema", ["schema", "workloads"], 2],
    ["help", ["--help"], 0],
    ["help of a command", ["size", "--help"], 0],
    ["version", ["--version"], 0],
    ["limits", ["limits"], 0],
    ["schema", ["schema", "workload"], 0],
  ])("%s", async (_, argv, code) => {
    const result = await answer(argv);
    expect(result.code, result.err).toBe(code);
    if (code === 2) expect(result.out).toBe("");
    if (code === 0) expect(result.err).toBe("");
  });

  it.each(["table", "json", "yaml", "markdown", "csv"])("do not depend on the format %s", async (format) => {
    expect((await answer(["size", "hot.yaml", "-f", format])).code).toBe(1);
    expect((await answer(["size", "w.yaml", "-f", format])).code).toBe(0);
  });

  it("tell our bugs from the user's mistakes", async () => {
    const broken = new MemoryHost({ argv: ["size", "w.yaml"], files: {} });
    broken.open = () => {
      throw new TypeError("boom");
    };
    expect(await run(broken)).toBe(70);
    expect(broken.err).toMatch(/bug in kinesis-plan \d+\.\d+\.\d+/);
    expect(broken.err).toContain("repeat with: kinesis-plan size w.yaml");
  });

  it("tell a file that cannot be written from a wrong input", async () => {
    const host = new MemoryHost({
      argv: ["size", "w.yaml", "--out", "json=/no/such/folder/a.json"],
      files: { "w.yaml": workload },
    });
    host.writeFile = async () => {
      throw Object.assign(new Error("ENOENT: no such folder"), { code: "ENOENT" });
    };
    expect(await run(host)).toBe(3);
    expect(host.out).toBe("");
    expect(host.err).toMatch(/cannot write/);
  });
});

describe("suggestions", () => {
  it.each([
    [["sise", "w.yaml"], "size"],
    [["size", "w.yaml", "--exlain"], "--explain"],
    [["size", "w.yaml", "-f", "jsn"], "json"],
    [["limits", "--region", "us-esat-1"], "us-east-1"],
    [["schema", "workloads"], "workload"],
    [["size", "w.yaml", "--set", "producers.wep.records=1/s"], "web"],
  ])("%j", async (argv, meant) => {
    const { err } = await answer(argv);
    expect(err).toMatch(/did you mean/i);
    expect(err).toContain(meant);
  });
});

describe("overrides", () => {
  it("reach values by name, by index, and values that were not there", async () => {
    const sets = [
      "stream.shards=12",
      "producers.web.records=6000/s",
      "consumers[0].cpuPerRecord=1 ms",
      "stream.utilization=50%",
    ];
    const { out } = await answer(["size", "w.yaml", "-f", "json", ...sets.flatMap((set) => ["--set", set])]);
    const result = JSON.parse(out);
    expect(result.shards.current).toBe(12);
    expect(result.demand.recordsPerSecondPeak).toBe(6000);
    expect(result.consumers[0].workersForCpu).toBe(10);
    expect(result.shards.constraints[0].recommended).toBe(24);
  });

  it("obey the rules of the file, and point at themselves", async () => {
    const { code, err } = await answer(["size", "w.yaml", "--set", "stream.utilisation=50%"]);
    expect(code).toBe(2);
    expect(err).toContain("--set:1:1");
    expect(err).toContain("utilization");
  });
});

describe("limits", () => {
  it("override by name, and say so", async () => {
    const files = { "w.yaml": workload, "l.yaml": "shard: {writeBytesPerSecond: 1 MB/s}\nprice.shardHour: $0.01\n" };
    const plain = JSON.parse((await answer(["size", "w.yaml", "-f", "json"])).out);
    const { out } = await answer(["size", "w.yaml", "-f", "json", "--explain", "--limits", "l.yaml"], { files });
    const result = JSON.parse(out);
    expect(result.shards.constraints[0].need).toBeCloseTo(plain.shards.constraints[0].need * 1.048576, 9);
    expect(result.cost.provisioned.items[0].usdPerUnit).toBe(0.01);
    expect(result.explanations[0].facts[0]).toMatchObject({
      value: 1e6,
      certainty: "override",
      source: "override: l.yaml",
    });
    expect(result.uncertainties).toContainEqual(
      expect.objectContaining({ name: "price.shardHour", certainty: "override" }),
    );
  });

  it("hold per region", async () => {
    const files = { "w.yaml": workload, "l.yaml": "regions: {eu-west-1: {price.shardHour: 9}}\n" };
    const here = JSON.parse((await answer(["size", "w.yaml", "-f", "json", "--limits", "l.yaml"], { files })).out);
    const there = JSON.parse(
      (
        await answer(["size", "w.yaml", "-f", "json", "--limits", "l.yaml", "--set", "stream.region=eu-west-1"], {
          files,
        })
      ).out,
    );
    expect(here.cost.provisioned.items[0].usdPerUnit).toBe(0.015);
    expect(there.cost.provisioned.items[0].usdPerUnit).toBe(9);
  });

  it("refuse what they do not know", async () => {
    const { code, err } = await answer(["limits", "--limits", "l.yaml"], {
      files: { "l.yaml": "shard.writeBytesPerSecnd: 4\n" },
    });
    expect(code).toBe(2);
    expect(err).toContain("did you mean `shard.writeBytesPerSecond`?");
  });
});

describe("simulate, before it runs", () => {
  it.each([
    ["a seed of too many digits", ["--seed", "1234567890123456"], "out of range"],
    ["a seed that is no number", ["--seed", "one"], "not a whole number"],
    ["a trace to standard output", ["--trace", "-"], "--trace writes a file"],
    ["a trace over an answer", ["--trace", "a.json", "--out", "json=a.json"], "both write to a.json"],
    ["a trace over an answer, spelled otherwise", ["--trace", "a.json", "--out", "json=./b/../a.json"], "both write"],
    ["two answers in one file", ["--out", "csv=a", "--out", "json=./a"], "two --out write"],
  ])("refuses %s", async (_, flags, text) => {
    const { code, out, err, written } = await answer(["simulate", "w.yaml", ...flags]);
    expect({ code, out, written: written.size }).toEqual({ code: 2, out: "", written: 0 });
    expect(err).toContain(text);
  });

  it("names the range of seeds, and takes its end", async () => {
    const { err } = await answer(["simulate", "w.yaml", "--seed", "1234567890123456"]);
    expect(err).toContain("at most 15 digits");
    expect((await answer(["simulate", "w.yaml", "--seed", "9".repeat(15), "--duration", "1m"])).code).toBe(0);
  });
});

describe("output", () => {
  it("is the same bytes for the same input", async () => {
    const first = await answer(["size", "w.yaml", "-f", "json", "--seed", "7"]);
    const second = await answer(["size", "w.yaml", "-f", "json", "--seed", "7"], { today: "2031-01-01" });
    expect(second.out).toBe(first.out);
    expect(second.err).toContain("more than a year ago");
  });

  it("goes to files and to standard output in one run", async () => {
    const { out, written } = await answer(["size", "w.yaml", "--out", "json=a.json", "--out", "markdown=b.md"]);
    expect(out).toContain("shards recommended");
    expect(JSON.parse(written.get("a.json") ?? "").command).toBe("size");
    expect(written.get("b.md")).toContain("## orders");
  });

  it("is coloured where that is wanted", async () => {
    const csi = "\u001b[";
    expect((await answer(["size", "w.yaml"])).out).not.toContain(csi);
    expect((await answer(["size", "w.yaml"], { isOutTty: true })).out).toContain(csi);
    expect((await answer(["size", "w.yaml"], { isOutTty: true, env: { NO_COLOR: "1" } })).out).not.toContain(csi);
    expect((await answer(["size", "w.yaml", "--no-color"], { isOutTty: true })).out).not.toContain(csi);
    expect((await answer(["size", "w.yaml"], { env: { FORCE_COLOR: "1" } })).out).toContain(csi);
    expect((await answer(["size", "w.yaml"], { isOutTty: true, env: { TERM: "dumb" } })).out).not.toContain(csi);
    expect((await answer(["size", "none.yaml"], { isErrTty: true })).err).toContain(csi);
  });

  it("says in black and white all that it says in colour", async () => {
    const plain = (await answer(["size", "w.yaml"])).out;
    const colored = (await answer(["size", "w.yaml"], { isOutTty: true })).out;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes are control characters
    expect(colored.replace(/\u001b\[\d+m/g, "")).toBe(plain);
  });

  it("prints the version and an example with each help", async () => {
    expect((await answer(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    for (const command of [[], ["size"], ["limits"], ["schema"]]) {
      expect((await answer([...command, "--help"])).out).toMatch(/Example:\n {2}\$ kinesis-plan /);
    }
  });
});

describe("judging", () => {
  it.each([
    ["2", "under"],
    ["6", "right"],
    ["8", "right"],
    ["9", "over"],
  ])("%s shards are %s", async (shards, fit) => {
    const result = JSON.parse((await answer(["size", "w.yaml", "-f", "json", "--shards", shards])).out);
    expect(result.shards).toMatchObject({ minimum: 6, recommended: 8, fit, count: Number(shards) });
  });

  it("takes the file's count where none is given", async () => {
    expect(JSON.parse((await answer(["size", "w.yaml", "-f", "json"])).out).shards).toMatchObject({
      current: 4,
      fit: "under",
      count: 8,
    });
  });
});
