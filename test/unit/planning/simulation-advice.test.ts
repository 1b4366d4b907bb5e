/*
 * What `simulate` advises has to help: it depends on what the run lacked, and on what the scenario did.
 */
import { describe, expect, it } from "vitest";
import { type Case, findings, fixOf } from "./findings-of.js";

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
      "have 15 shards before such traffic: by warm throughput of 15 MiB/s (on-demand Advantage), or by resharding in provisioned mode",
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

describe("what an on-demand stream is advised", () => {
  it("keeps it from being throttled", async () => {
    const producer = "recordSize: 1 KiB, traffic: {timeline: [{at: 0m, records: 1000/s}, {at: 10m, records: 20000/s}]}";
    const of = (stream: string) => fixOf("records-throttled", { stream, producer });
    const fix = await of("mode: on-demand, previousPeak: 1 MiB/s");
    const [, shards, rate] = /^have (\d+) shards .* warm throughput of (\d+ MiB\/s)/.exec(fix) ?? [];
    expect(Number(shards)).toBeGreaterThan(20);
    expect(await of(`mode: on-demand, shards: ${shards}`)).toBe("no records-throttled");
    const warm = `mode: on-demand-advantage, previousPeak: 1 MiB/s, warmThroughput: ${rate}`;
    expect(await of(warm)).toBe("no records-throttled");
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
