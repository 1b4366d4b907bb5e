/*
 * What `simulate` advises has to help: it depends on what the run lacked, and on what the scenario did.
 */
import { describe, expect, it } from "vitest";
import { simulate } from "../../../src/planning/simulate-workload.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { oneWorkload } from "../../one-workload.js";

interface Case {
  readonly stream?: string;
  readonly producer?: string;
  readonly consumers?: readonly string[];
  readonly events?: readonly string[];
  readonly minutes?: number;
  /** Seconds of a row. */
  readonly resolution?: number;
  readonly seed?: number;
}

async function findings({
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

async function fixOf(code: string, made: Case): Promise<string> {
  const found = (await findings(made)).find((one) => one.code === code);
  return found?.fix ?? `no ${code}`;
}

/** What is advised in some of many runs, in those where it is. */
async function fixesOf(code: string, made: Case): Promise<string[]> {
  const fixes: string[] = [];
  for (let seed = 1; seed <= 40; seed += 1) {
    const found = (await findings({ ...made, seed })).find((one) => one.code === code);
    if (found !== undefined) fixes.push(found.fix);
  }
  return fixes;
}

describe("on refused records", () => {
  const aggregated = (records: number) =>
    `records: ${records}/s, recordSize: 136 B, retry: kpl, aggregation: {recordsPerBatch: 100}`;
  const outOf = (records: number) => `records: ${records}/s, recordSize: 100 B`;
  it.each<[string, Case, string]>([
    [
      "names what `size` recommends where there are fewer shards",
      { stream: "shards: 2", producer: outOf(6_000) },
      "give the stream the 8 shards that `size` recommends instead of 2",
    ],
    [
      "says first what no number of shards mends",
      { producer: "records: 1/s, recordSize: 2 MiB", consumers: [] },
      "maxRecordSize",
    ],
    [
      "counts the scenario's traffic, which `size` does not see",
      { producer: outOf(2_500), events: ["event: traffic, at: 5m, factor: 3, lasts: 10m"] },
      "have 10 shards before the scenario's traffic at 00:05, which `size` counts only as `bursts` of the producers",
    ],
    [
      "says so too where there are too few without it",
      { stream: "shards: 2", producer: outOf(1_900), events: ["event: traffic, at: 5m, factor: 3, lasts: 10m"] },
      "without it, `size` recommends 3",
    ],
    [
      "blames a reshard that took shards away",
      { stream: "shards: 8", producer: outOf(5_000), events: ["event: reshard, at: 5m, shards: 4"] },
      "keep the 7 shards that `size` recommends: the scenario's reshard at 00:05 leaves 4",
    ],
    [
      "asks for an earlier reshard where one helped",
      { producer: outOf(6_000), events: ["event: reshard, at: 10m, shards: 8"] },
      "reshard earlier, or start with the 8 shards that `size` recommends instead of 4",
    ],
    [
      "sees shards of unequal width",
      {
        producer: outOf(3_000),
        events: ["event: split-shard, at: 5m, shard: 3", "event: merge-shards, at: 10m, shard: 0, adjacent: 1"],
      },
      "make the shards equal again with UpdateShardCount: the scenario's merge-shards at 00:10",
    ],
    [
      "names the KPL's shard map where it is refreshed after an operation",
      { stream: "shards: 4", producer: aggregated(12_000), events: ["event: split-shard, at: 5m, shard: 0"] },
      "until the KPL knows the new shards after the operation, it sends every record by itself and past its rate limiter",
    ],
    [
      "counts the operations after which it is",
      { stream: "shards: 4", producer: aggregated(12_000), events: ["event: reshard, at: 5m, shards: 6"] },
      "after each of the 6 operations",
    ],
    [
      "does not name it where refusals are as many at other times",
      { producer: aggregated(32_000), events: ["event: reshard, at: 5m, shards: 8"] },
      "reshard earlier",
    ],
    [
      "spreads a hot key, which no shard count helps",
      { stream: "shards: 20", producer: `${outOf(5_000)}, keys: {hottest: 30%}` },
      "spread the hottest partition key",
    ],
    [
      "does so on demand",
      { stream: "mode: on-demand", producer: `${outOf(5_000)}, keys: {hottest: 30%}` },
      "spread the hottest partition key",
    ],
    [
      "prepares an on-demand stream for the scenario's traffic",
      { stream: "mode: on-demand", producer: outOf(3_000), events: ["event: traffic, at: 5m, factor: 4, lasts: 5m"] },
      "have 12 shards before such traffic: by warm throughput of 12 MiB/s (on-demand Advantage), or by resharding in provisioned mode",
    ],
    [
      "spreads keys where an on-demand stream has shards enough for their sum",
      { stream: "mode: on-demand, shards: 12", producer: `${outOf(4_000)}, keys: {count: 6}` },
      "spread the stream's keys: 12 shards are enough for their sum",
    ],
    [
      "asks for a higher limit where the region's is reached",
      {
        stream: "mode: on-demand, region: ca-central-1, shards: 150",
        producer: "records: 200000/s, recordSize: 2 KiB",
        consumers: [],
        minutes: 2,
      },
      "ask AWS for a higher on-demand limit in ca-central-1",
    ],
    [
      "says what an even spread of keys would need",
      { stream: "shards: 8", producer: `${outOf(5_000)}, keys: {count: 20, distribution: zipf, exponent: 0.5}` },
      "or spread its keys: 7 would do if they were even",
    ],
    [
      "asks for headroom where the mean fits",
      { stream: "shards: 1, utilization: 100%", producer: outOf(998) },
      "lower `utilization`",
    ],
  ])("%s", async (_, made, text) => {
    expect(await fixOf("records-throttled", made)).toContain(text);
  });
});

describe("on a consumer that is behind", () => {
  const kcl = (more: string) => ({ consumers: [`name: c, kind: kcl, ${more}`] });
  const outage = "event: consumer-down, at: 5m, consumer: c, lasts: 5m";
  it.each<[string, Case, string]>([
    ["without workers", kcl("workers: 0, cpuPerRecord: 1 ms"), "state at least one of its `workers`"],
    [
      "all of whose workers crash",
      {
        ...kcl("workers: 2, cpuPerRecord: 0.1 ms"),
        events: ["event: worker-crash, at: 5m, consumer: c, count: 2"],
      },
      "keep `standby` workers, or let those of the scenario's crash at 00:05 come back",
    ],
    [
      "whose workers that are left lack CPU",
      {
        producer: "records: 2000/s, recordSize: 100 B",
        ...kcl("kclVersion: 2, workers: 2, cpuPerRecord: 0.8 ms"),
        events: ["event: worker-crash, at: 5m, consumer: c"],
      },
      "keep `standby` workers for the scenario's crash at 00:05, or add workers (1 for 4 shards)",
    ],
    [
      "after an outage",
      { producer: "records: 2000/s, recordSize: 100 B", ...kcl("timePerRecord: 1 ms"), events: [outage] },
      "to catch up sooner after the scenario's outage at 00:05, add shards, or process faster: one shard is processed at 1,000/s at most",
    ],
    [
      "after an outage alone",
      { ...kcl("workers: 1"), events: [outage] },
      "expect that of an outage such as the scenario's at 00:05",
    ],
    [
      "in an outage that does not end",
      { ...kcl("workers: 1"), events: ["event: consumer-down, at: 5m, consumer: c, lasts: 5h"] },
      "simulate longer with --duration",
    ],
    [
      "in slow times",
      {
        producer: "records: 2000/s, recordSize: 100 B",
        ...kcl("timePerRecord: 1 ms"),
        events: ["event: slow, at: 5m, consumer: c, factor: 4, lasts: 5m"],
      },
      "for processing as slow as the scenario's from 00:05 on, add shards",
    ],
    [
      "in the scenario's traffic",
      { ...kcl("timePerRecord: 2 ms"), events: ["event: traffic, at: 5m, factor: 3, lasts: 5m"] },
      "which `size` does not look at, add shards",
    ],
    [
      "whose processors are full",
      { stream: "shards: 1", consumers: ["name: c, kind: sdk, timePerRecord: 2 ms"], minutes: 10 },
      "add shards, or process faster: one shard is processed at 500/s at most",
    ],
    [
      "of Lambda",
      { stream: "shards: 1", consumers: ["name: c, kind: lambda, timePerRecord: 2 ms"], minutes: 10 },
      "raise `parallelization`",
    ],
    [
      "whose workers are full",
      { producer: "records: 3000/s, recordSize: 100 B", ...kcl("cpuPerRecord: 1 ms, workers: 2"), minutes: 10 },
      "add workers (2 for 4 shards) or give them more vCPUs",
    ],
    [
      "that shares its reads",
      {
        stream: "shards: 2",
        producer: "records: 1600/s, recordSize: 1 KB",
        consumers: ["a", "b", "c"].map((name) => `name: ${name}, kind: kcl`),
      },
      "read by fan-out, with fewer consumers or from more shards: 3 share the 2 MiB/s of each",
    ],
    [
      "that polls with others too often",
      {
        stream: "shards: 2",
        producer: "records: 1600/s, recordSize: 1 KB",
        consumers: ["a", "b", "c", "d"].map((name) => `name: ${name}, kind: sdk, pollInterval: 200 ms`),
        minutes: 10,
      },
      "raise `pollInterval`, or read by fan-out: shared consumers call each shard 20 times a second, and it answers 5",
    ],
    [
      "that polls too rarely",
      {
        stream: "shards: 1",
        producer: "records: 900/s, recordSize: 100 B",
        consumers: ["name: c, kind: sdk, pollInterval: 20s"],
      },
      "lower `pollInterval`: a call brings at most 10,000 records or 10 MiB, and each shard is called once in 20s",
    ],
    [
      "by fan-out",
      {
        stream: "shards: 1",
        producer: "records: 900/s, recordSize: 1 KiB",
        consumers: ["name: c, kind: sdk, read: fan-out"],
        events: [outage],
      },
      "add shards: each gives a fan-out consumer at most 2 MiB/s",
    ],
    [
      "on one shard that is hotter than others",
      { producer: "records: 1000/s, recordSize: 100 B, keys: {hottest: 60%}", ...kcl("timePerRecord: 2 ms") },
      "spread the load evenly",
    ],
  ])("%s", async (_, made, text) => {
    expect(await fixOf("consumer-behind", made)).toContain(text);
  });

  it("whose leases stand still for a while", async () => {
    const events = ["event: worker-crash, at: 5m, consumer: c"];
    const made = { ...kcl("kclVersion: 2, workers: 2, cpuPerRecord: 0.1 ms"), events, minutes: 10 };
    const fixes = await fixesOf("consumer-behind", made);
    expect(fixes.length).toBeGreaterThan(0);
    for (const fix of fixes) expect(fix).toContain("leases stand still until others find them expired");
  });

  it("expects it of shards that the service splits on demand", async () => {
    const traffic = "traffic: {timeline: [{at: 0m, records: 1000/s}, {at: 5m, records: 3800/s}]}";
    const made = {
      stream: "mode: on-demand, shards: 4",
      producer: `recordSize: 1 KiB, ${traffic}`,
      ...kcl("workers: 2"),
    };
    const fixes = await fixesOf("consumer-behind", made);
    expect(fixes.length).toBeGreaterThan(0);
    for (const fix of fixes) expect(fix).toContain("expect that of shards which the service splits on demand");
  });

  it("says from when on it counts as behind", async () => {
    const messageOf = async (made: Case) =>
      (await findings(made)).find(({ code }) => code === "consumer-behind")?.message;
    expect(await messageOf({ ...kcl("workers: 1"), events: [outage] })).toContain("c falls more than 30s behind at");
    const rare = { consumers: ["name: c, kind: sdk, pollInterval: 30s"], events: [outage] };
    expect(await messageOf(rare)).toContain("c falls more than 90s behind at");
  });

  // It takes 35 s at most until the children are read, and more than 30 s in some runs only.
  it.each(["event: reshard, at: 10m, shards: 8", "event: split-shard, at: 10m, shard: 1"])(
    "expects it of a reshard: %s",
    async (event) => {
      const made = { ...kcl("timePerRecord: 0.5 ms"), events: [event], minutes: 15 };
      const fixes = await fixesOf("consumer-behind", made);
      expect(fixes.length).toBeGreaterThan(0);
      for (const fix of fixes) expect(fix).toMatch(/expect that of a reshard such as the scenario's at 00:10/);
    },
  );

  it("does not blame a reshard that was refused", async () => {
    // The first one has not ended when the second is asked for.
    const events = ["event: reshard, at: 4m30s, shards: 8", outage, "event: reshard, at: 5m30s, shards: 16"];
    const fix = await fixOf("consumer-behind", { ...kcl("timePerRecord: 0.5 ms"), events });
    expect(fix).toContain("scenario's at 00:05");
  });

  it("does not blame what AWS does unnoticed", async () => {
    const lambda = ["name: c, kind: lambda, timePerRecord: 10 ms"];
    const fix = await fixOf("consumer-behind", { consumers: lambda, events: ["event: deploy, at: 0, consumer: c"] });
    expect(fix).toMatch(/^add shards/);
  });
});

describe("what is found", () => {
  // Rows that do not fill minutes cut time elsewhere, which draws other polls.
  it("does not depend on how many minutes the rows of the timeline have", async () => {
    const made: Case = {
      stream: "shards: 2",
      producer: "records: 1500/s, recordSize: 1 KB, retry: none",
      consumers: [
        "name: slow, kind: kcl, workers: 1, cpuPerRecord: 0.6 ms, worker: {vcpus: 1}",
        "name: b, kind: kcl, pollInterval: 300 ms",
        "name: c, kind: kcl, pollInterval: 300 ms",
      ],
      events: [
        "event: traffic, at: 5m, factor: 2, lasts: 150s",
        "event: consumer-down, at: 12m, consumer: b, lasts: 90s",
      ],
    };
    const told = async (resolution: number) =>
      (await findings({ ...made, resolution })).map(({ code, message }) => [code, message]);
    const byMinute = await told(60);
    expect(byMinute.map(([code]) => code)).toEqual(
      expect.arrayContaining([
        "records-throttled",
        "records-lost",
        "consumer-behind",
        "cpu-exhausted",
        "reads-throttled",
      ]),
    );
    for (const resolution of [120, 600, 1_800]) expect(await told(resolution)).toEqual(byMinute);
  });
});

describe("on aggregates", () => {
  const producer = (instances: number, more: string) =>
    `records: 4000/s, recordSize: 136 B, instances: ${instances}, ${more}`;
  const filled = "aggregation: {maxSize: 50 KiB}";

  it("says how far they are from full, and what makes them fuller", async () => {
    const found = await findings({ producer: producer(20, `retry: kpl, ${filled}`) });
    const finding = found.find(({ code }) => code === "aggregates-not-full");
    // 4,000/s over 4 shards and 20 processes are 5 in 0.1 s, and the one that comes first; 353 fill one.
    expect(finding?.message).toMatch(
      /`p` sends 6\S* user records in a Kinesis record on average, of 353 that fill one/,
    );
    expect(finding?.fix).toContain("fewer processes");
  });

  it.each([
    ["they are more than half full", { stream: "shards: 1", producer: producer(1, `retry: kpl, ${filled}`) }],
    ["their mean is stated", { producer: producer(20, "retry: kpl, aggregation: {recordsPerBatch: 6}") }],
    ["the KPL does not make them", { producer: producer(20, `retry: sdk, ${filled}`) }],
    ["there are none", { producer: producer(20, "retry: kpl") }],
  ] as const)("says nothing where %s", async (_, made) => {
    expect((await findings(made)).map(({ code }) => code)).not.toContain("aggregates-not-full");
  });
});
