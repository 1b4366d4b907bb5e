import { describe, expect, test } from "vitest";
import type { FleetSizing } from "../../src/sizing/fleet.js";
import type { Sizing } from "../../src/sizing/size.js";
import { fixtureNames, fixturePath, reshardFixture, simulateFixture, sizeFixture } from "./fixture-run.js";

/** How `size` ends on each case. */
const expected: Readonly<Record<string, number>> = {
  clickstream: 0,
  "cloudfix-full-shard": 0,
  "comcast-shared-consumers": 0,
  "daily-swing": 0,
  "epsagon-cost": 0,
  fleet: 0,
  "hot-key": 1,
  "hot-shard-layout": 0,
  "hot-shard-zipf": 0,
  "kcl-786": 0,
  "kcl2-one-worker-takes-all": 0,
  "kcl3-leader-crash": 0,
  "lambda-concurrency-exhausted": 0,
  "lambda-poison-batch": 0,
  "launch-trace": 0,
  "on-demand-launch-spike": 0,
  "shared-reads-exceeded": 1,
  "trek10-put-cost": 0,
  "vector-aggregated": 0,
  "vector-small-records": 0,
};

/** Further outputs of the case that shows most of the format: the file and the flags that make it. */
const clickstreamOutputs: readonly (readonly [string, readonly string[]])[] = [
  ["size.md", ["--format", "markdown"]],
  ["size.csv", ["--format", "csv"]],
  ["size.yaml", ["--format", "yaml"]],
  ["explain.txt", ["--explain"]],
  ["reverse.txt", ["--reverse", "--shards", "20"]],
];

test("every folder of fixtures has an expected exit code", () => {
  expect(fixtureNames).toEqual(Object.keys(expected));
});

describe.each(fixtureNames)("%s", (name) => {
  test.each([
    ["size.txt", []],
    ["size.json", ["--format", "json"]],
    ...(name === "clickstream" ? clickstreamOutputs : []),
  ] as const)("%s", async (file, flags) => {
    const { code, out, err } = await sizeFixture(name, flags);
    expect({ code, err }).toEqual({ code: expected[name], err: "" });
    await expect(out).toMatchFileSnapshot(fixturePath(name, file));
  });

  test("says the same in every format, and ends with the same exit code", async () => {
    const { code, written } = await sizeFixture(name, ["--format", "csv", "--out", "json=again.json"]);
    const { out } = await sizeFixture(name, ["--format", "json"]);
    expect({ code, json: [...(written.get("again.json") ?? "")].join("") }).toEqual({
      code: expected[name],
      json: out,
    });
  });
});

/** The case of several workloads, of which one run tells nothing. */
const simulated = fixtureNames.filter((name) => name !== "fleet");

describe.each(simulated)("%s, simulated", (name) => {
  test.each([
    ["simulate.txt", []],
    ...(name === "clickstream" || name === "kcl-786" ? ([["simulate-explain.txt", ["--explain"]]] as const) : []),
    ...(name === "clickstream"
      ? ([
          ["simulate.json", ["--format", "json", "--resolution", "1h"]],
          ["simulate.csv", ["--format", "csv", "--resolution", "1h"]],
          ["simulate.md", ["--format", "markdown"]],
          ["simulate-explain.md", ["--format", "markdown", "--explain"]],
        ] as const)
      : []),
  ] as const)("%s", async (file, flags) => {
    const { code, out, err } = await simulateFixture(name, flags);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    await expect(out).toMatchFileSnapshot(fixturePath(name, file));
  });
});

const measured = ["--shard-loads", "fixtures/hot-shard-layout/shard-loads.json"];

test.each([
  ["hot-shard-layout", "layout.txt", ["--layout"]],
  ["hot-shard-layout", "layout.json", ["--layout", "--shard-value", "2", "--format", "json"]],
  ["hot-shard-layout", "layout.md", ["--layout", "--shard-value", "2", "--format", "markdown"]],
  ["hot-shard-layout", "shard-loads.txt", [...measured, "--max-shards", "8"]],
  ["hot-shard-layout", "shard-loads.csv", [...measured, "--max-shards", "8", "--format", "csv"]],
  ["hot-shard-layout", "shard-loads.yaml", [...measured, "--format", "yaml"]],
  ["daily-swing", "reshard.txt", []],
  ["daily-swing", "reshard.json", ["--format", "json", "--slot", "15m"]],
  ["daily-swing", "reshard.csv", ["--format", "csv"]],
  ["launch-trace", "reshard.txt", []],
] as const)("%s, %s", async (name, file, flags) => {
  const { code, out, err } = await reshardFixture(name, flags);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  await expect(out).toMatchFileSnapshot(fixturePath(name, file));
});

/*
 * The published figures, said here once more as literals: a regenerated output cannot hide a wrong one.
 */

async function answer(name: string, flags: readonly string[] = [], limits?: string): Promise<Sizing> {
  const more = limits === undefined ? [] : ["--limits", "limits.yaml"];
  const files = limits === undefined ? {} : { "limits.yaml": limits };
  const { out } = await sizeFixture(name, ["--format", "json", ...flags, ...more], files);
  return JSON.parse(out) as Sizing;
}

function constraint({ shards }: Sizing, name: string): Sizing["shards"]["constraints"][number] | undefined {
  return shards.constraints.find((one) => one.name === name);
}

function usdOf(mode: Sizing["cost"]["provisioned"], item: string): number {
  return mode.items.find(({ name }) => name === item)?.usdPerMonth ?? Number.NaN;
}

const codesOf = ({ diagnostics }: Sizing): string[] => diagnostics.map(({ code }) => code);

/** Equal to a published figure as far as it is printed: within half a cent. */
function expectCents(actual: number, published: number): void {
  expect(Math.abs(actual - published)).toBeLessThanOrEqual(0.005);
}

describe("vectordotdev/vector #24395", () => {
  test("10,000 records of 100 bytes a second take 10 shards", async () => {
    const sizing = await answer("vector-small-records");
    expect(sizing.shards).toMatchObject({ minimum: 10, recommended: 13, binding: "write-records" });
    expect(constraint(sizing, "write-bytes")?.minimum).toBe(1);
  });

  test("a partition key of 36 bytes on top changes nothing", async () => {
    const { shards } = await answer("vector-small-records", ["--set", "producers.0.recordSize=136 B"]);
    expect(shards).toMatchObject({ minimum: 10, recommended: 13, binding: "write-records" });
  });

  test("aggregated they take 2, by the envelope of 6 bytes a record and 59 an aggregate", async () => {
    const sizing = await answer("vector-aggregated");
    expect(sizing.shards).toMatchObject({ minimum: 2, recommended: 2, binding: "write-bytes" });
    expect(sizing.demand.kinesisRecordsPerSecondPeak).toBe(100);
    expect(sizing.demand.bytesPerSecondPeak).toBe(100 * (100 * 106 + 59));
  });

  test.each([
    ["98 bytes of payload", ["producers.0.recordSize=134 B"], 1],
    ["99 bytes of payload", ["producers.0.recordSize=135 B"], 2],
    ["100 bytes with the key", ["producers.0.recordSize=100 B"], 1],
    ["100 bytes of payload, keys that all differ", ["producers.0.aggregation.distinctKeys=100"], 2],
  ])("the report's single shard and its edge: %s", async (_, settings, minimum) => {
    const { shards } = await answer(
      "vector-aggregated",
      settings.flatMap((one) => ["--set", one]),
    );
    expect(shards.minimum).toBe(minimum);
  });
});

describe("Epsagon: 1,000 records of 3 KB a second", () => {
  test("3 shards, $69.64 provisioned, $931.45 on demand in 730 h", async () => {
    const { shards, cost } = await answer("epsagon-cost");
    expect(shards).toMatchObject({ minimum: 3, recommended: 3 });
    expectCents(cost.usdPerMonth, 69.64);
    expectCents(cost.onDemand.usdPerMonth, 931.45);
  });

  test("$918.69 on demand in 720 h, beside $918.34 as published", async () => {
    const { cost } = await answer("epsagon-cost", [], "metering.hoursPerMonth: 720\n");
    expectCents(cost.onDemand.usdPerMonth, 918.69);
    expect(cost.onDemand.usdPerMonth / 918.34).toBeCloseTo(1, 3);
  });
});

describe("Comcast's calculator: 50 KiB, 100/s in the mean, 200/s at the peak, 5 shared consumers", () => {
  test("the peak takes 25 shards, the mean the 13 that it answers", async () => {
    const sizing = await answer("comcast-shared-consumers");
    expect(sizing.shards).toMatchObject({ minimum: 25, binding: "read-bytes", fit: "under" });
    expect(constraint(sizing, "read-bytes")?.minimum).toBe(25);
    expect(sizing.demand).toMatchObject({ recordsPerSecondPeak: 200, recordsPerSecondMean: 100 });
    expect(Math.ceil((5 * sizing.demand.bytesPerSecondMean) / (2 * 1024 * 1024))).toBe(13);
    expect(codesOf(sizing)).toContain("under-provisioned");
  });
});

describe("Trek10: PUT payload units", () => {
  test("$0.028 for each of 730 GB of 500-byte payloads", async () => {
    const { cost } = await answer("trek10-put-cost");
    expect(usdOf(cost.provisioned, "put-payload-units")).toBeCloseTo(730 * 0.028, 6);
    expectCents(usdOf(cost.provisioned, "shard-hours"), 10.95);
  });

  test("$0.00056 for each GB of 25-kilobyte payloads", async () => {
    const { cost } = await answer("trek10-put-cost", [
      "--set=producers.0.recordSize=25 KB",
      "--set=producers.0.records=40000/h",
    ]);
    expect(usdOf(cost.provisioned, "put-payload-units")).toBeCloseTo(730 * 0.00056, 6);
  });

  test.each([
    ["297/s", false],
    ["298/s", true],
  ])("above 30 %% of 1,000 records a second they cost more than the shard: %s", async (records, isMore) => {
    const { cost } = await answer("trek10-put-cost", ["--shards", "1", "--set", `producers.0.records=${records}`]);
    const put = usdOf(cost.provisioned, "put-payload-units");
    expect(put > usdOf(cost.provisioned, "shard-hours")).toBe(isMore);
  });
});

describe("CloudFix: one full shard, 30 TB a year", () => {
  test("$149.44 provisioned, $149.40 with the PUT units of a month rounded to cents; $4,036.80 on demand", async () => {
    const { shards, cost } = await answer("cloudfix-full-shard");
    expect(shards).toMatchObject({ minimum: 1, recommended: 1 });
    expectCents(12 * cost.provisioned.usdPerMonth, 149.44);
    const put = Math.round(100 * usdOf(cost.provisioned, "put-payload-units")) / 100;
    expectCents(12 * (usdOf(cost.provisioned, "shard-hours") + put), 149.4);
    expectCents(12 * cost.onDemand.usdPerMonth, 4036.8);
  });

  test("$149.48 and $4,046.03 for all of 1 MiB/s", async () => {
    const { shards, cost } = await answer("cloudfix-full-shard", ["--set", "producers.0.records=40.96/s"]);
    expect(shards).toMatchObject({ minimum: 1, recommended: 1 });
    expectCents(12 * cost.provisioned.usdPerMonth, 149.48);
    expect(12 * cost.onDemand.usdPerMonth).toBeCloseTo(4046.025, 6);
  });
});

describe("awslabs/amazon-kinesis-client #786", () => {
  test("10 shards do half of the spike, 20 all of it, 30 the backlog too", async () => {
    const sizing = await answer("kcl-786");
    expect(constraint(sizing, "processing:app")).toMatchObject({ need: 20, minimum: 20, recommended: 25 });
    expect(constraint(sizing, "catch-up:app")).toMatchObject({ minimum: 30, recommended: 30 });
    expect(sizing.shards).toMatchObject({ current: 10, fit: "under" });
  });
});

describe("what no shard count mends, and what it does", () => {
  test("a key with 15 % of 10 MiB/s is too hot for any shard", async () => {
    const sizing = await answer("hot-key");
    expect(sizing.status).toBe("infeasible");
    expect(codesOf(sizing)).toEqual(["hot-key"]);
    expect(sizing.demand.bytesPerSecondPeak).toBe(10 * 1024 * 1024);
    expect(constraint(sizing, "hot-shard")).toMatchObject({ minimum: null, recommended: null });
  });

  test("with 10 %, the key fills a shard and more of them do", async () => {
    const sizing = await answer("hot-key", ["--set", "producers.0.keys.hottest=10%"]);
    expect(sizing.status).toBe("ok");
    expect(codesOf(sizing)).toContain("hot-key-headroom");
  });

  test("unequal keys that fit into a shard ask for more shards than their sum does", async () => {
    const sizing = await answer("hot-shard-zipf");
    expect(sizing.status).toBe("ok");
    expect(constraint(sizing, "write-bytes")).toMatchObject({ minimum: 8, recommended: 10 });
    expect(sizing.shards).toMatchObject({ minimum: 11, recommended: 15, binding: "hot-shard" });
  });

  test("harlow/kinesis-consumer #158: two pods that poll four times a second exceed the 5 reads of any shard", async () => {
    const sizing = await answer("shared-reads-exceeded");
    expect(sizing.status).toBe("infeasible");
    expect(codesOf(sizing)).toEqual(["shared-read-calls"]);
    expect(sizing.reads).toMatchObject({ callsPerSecond: 8, callsPerSecondLimit: 5 });
  });

  test("the same pods every 400 ms are just allowed", async () => {
    const sizing = await answer("shared-reads-exceeded", [
      "--set=consumers.0.pollInterval=400 ms",
      "--set=consumers.1.pollInterval=400 ms",
    ]);
    expect(sizing.status).toBe("ok");
    expect(sizing.reads.callsPerSecond).toBe(5);
  });
});

describe("the cases of our own", () => {
  test("a fleet sums its streams, and takes each one's peak in its own time zone", async () => {
    const { out } = await sizeFixture("fleet", ["--format", "json"]);
    const { workloads, totals } = JSON.parse(out) as FleetSizing;
    expect(workloads.map(({ stream }) => stream.mode)).toEqual([
      "provisioned",
      "on-demand-advantage",
      "on-demand",
      "provisioned",
    ]);
    const sum = workloads.reduce((total, { cost }) => total + cost.usdPerMonth, 0);
    expect(totals.cost.usdPerMonth).toBeCloseTo(sum, 4);
    // 20:00 in Berlin is 19:00 UTC, on Saturday at 130 %; 17:30 in New York is 22:30 UTC, on Monday.
    expect(workloads.map(({ demand }) => demand.peakAtSeconds / 3600)).toEqual([5 * 24 + 19, 22.5, 0, 14]);
    expect(workloads[0]?.demand.recordsPerSecondPeak).toBeCloseTo(3600 * 1.3, 6);
  });

  test("a trace peaks in its burst, tells of its gap, and grows with the horizon", async () => {
    const today = await answer("launch-trace");
    expect(today.demand.peakAtSeconds).toBe(16 * 3600);
    expect(codesOf(today)).toContain("trace-gaps");
    // The tenants' keys placed by MD5: the busiest of 22 shards is 98.7 % full, of 21 102.7 %; of 26 77.9 %, of 25 80.7 %.
    expect(constraint(today, "hot-shard")).toMatchObject({ minimum: 22, recommended: 26 });
    const later = await answer("launch-trace", ["--horizon", "180d"]);
    expect(later.demand.recordsPerSecondPeak).toBeGreaterThan(today.demand.recordsPerSecondPeak);
  });
});
