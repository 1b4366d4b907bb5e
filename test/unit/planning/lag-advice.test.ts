/*
 * What `simulate` advises on a consumer that is behind, and on what else its workers, functions and records lack.
 */
import { describe, expect, it } from "vitest";
import { type Case, findings, fixOf } from "./findings-of.js";

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
      "whose leases stand still for a while",
      {
        ...kcl("kclVersion: 2, workers: 2, cpuPerRecord: 0.1 ms"),
        events: ["event: worker-crash, at: 5m, consumer: c", "event: worker-crash, at: 5m1s, consumer: c, lasts: 20s"],
      },
      "leases stand still until others find them expired; a shorter fail-over time shortens it",
    ],
    [
      "whose KCL 3 leader crashes",
      {
        ...kcl("workers: 3, cpuPerRecord: 0.1 ms"),
        events: ["event: leader-crash, at: 5m, consumer: c"],
      },
      "expect that of a crash of the leader such as the scenario's at 00:05: nobody assigns leases until another worker has seen the leader's lock unrenewed for 2m",
    ],
    [
      "two of whose KCL 3 workers crash, the leader among them",
      {
        ...kcl("workers: 3, cpuPerRecord: 0.1 ms"),
        events: ["event: worker-crash, at: 5m, consumer: c, count: 2"],
      },
      "such as the scenario's at 00:05: nobody assigns leases until",
    ],
    [
      "whose KCL 3 leader outlives a crash",
      {
        ...kcl("workers: 12, cpuPerRecord: 0.1 ms"),
        stream: "shards: 24",
        events: ["event: worker-crash, at: 5m, consumer: c"],
      },
      "leases stand still until the leader finds them expired, which a shorter fail-over time shortens, and for up to 1m it may give them to the dead worker",
    ],
    [
      "with a poison record in a shard of Lambda's",
      {
        consumers: ["name: c, kind: lambda, timePerRecord: 1 ms"],
        events: ["event: poison-record, at: 5m, consumer: c"],
      },
      "bound the retries of a failing batch with `retryAttempts` or `maxRecordAge`, and set `bisect` or `reportItemFailures`, so that less goes with it: records such as the scenario's at 00:05",
    ],
    [
      "with a poison record and retries that take long",
      {
        consumers: ["name: c, kind: lambda, timePerRecord: 1 ms, retryAttempts: 12, bisect: true"],
        events: ["event: poison-record, at: 5m, consumer: c"],
      },
      "lower `retryAttempts` or `maxRecordAge`, and set `reportItemFailures`: records such as the scenario's at 00:05",
    ],
    [
      "with a poison record in a shard of another reader's",
      {
        consumers: ["name: c, kind: flink, timePerRecord: 1 ms"],
        events: ["event: poison-record, at: 5m, consumer: c, lasts: 5m"],
      },
      "set records aside that processing fails on: records such as the scenario's at 00:05",
    ],
    [
      "long after its poison record",
      {
        consumers: ["name: c, kind: lambda, timePerRecord: 1 ms, retryAttempts: 0"],
        events: ["event: poison-record, at: 5m, consumer: c", "event: consumer-down, at: 15m, consumer: c, lasts: 5m"],
      },
      "after the scenario's outage at 00:15",
    ],
    [
      "of Lambda that has used up its reserved concurrency",
      { consumers: ["name: c, kind: lambda, timePerRecord: 3 ms, parallelization: 4, concurrency: 2"] },
      "raise its reserved `concurrency` of 2 or process faster",
    ],
    [
      "while shards are added",
      {
        producer: "records: 1500/s, recordSize: 100 B",
        ...kcl("timePerRecord: 2 ms"),
        events: ["event: consumer-down, at: 5m, consumer: c, lasts: 20m", "event: reshard, at: 26m, shards: 8"],
        minutes: 60,
      },
      "reshard before the consumer is behind: shards are read once those they come from are processed",
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
      "add workers (2 for 4 shards) or give each more vCPUs",
    ],
    [
      "whose group grows after the load",
      {
        stream: "shards: 20",
        producer: "recordSize: 100 B, traffic: {timeline: [{at: 0m, records: 2000/s}, {at: 20m, records: 9000/s}]}",
        ...kcl("cpuPerRecord: 0.4 ms, workers: 2, autoscaling: {min: 2, max: 15, targetCpu: 60%}"),
        minutes: 60,
      },
      "raise `autoscaling.min` of 2 or lower its `targetCpu`, as the group grows to",
    ],
    [
      "whose group may not grow",
      {
        stream: "shards: 20",
        producer: "records: 9000/s, recordSize: 100 B",
        ...kcl("cpuPerRecord: 0.4 ms, workers: 2, autoscaling: {max: 2}"),
      },
      "raise `autoscaling.max` of 2 (2 for 20 shards) or give each more vCPUs",
    ],
    [
      "while its workers restart one by one",
      {
        stream: "shards: 12",
        producer: "records: 3000/s, recordSize: 100 B",
        ...kcl("cpuPerRecord: 0.4 ms, workers: 3"),
        events: ["event: deploy, at: 5m, consumer: c"],
      },
      "expect that of a deployment such as the scenario's at 00:05: leases stand still while they are handed on",
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

  it("is not that of a function that lets batches be filled", async () => {
    const filling = "name: c, kind: lambda, timePerRecord: 0.1 ms, batchSize: 10000, batchWindow: 5m";
    const made = { producer: "records: 400/s, recordSize: 100 B", consumers: [filling] };
    expect(await fixOf("consumer-behind", made)).toBe("no consumer-behind");
  });

  it("expects it of shards that the service splits on demand", async () => {
    const traffic = "traffic: {timeline: [{at: 0m, records: 1000/s}, {at: 5m, records: 3800/s}]}";
    const made = {
      stream: "mode: on-demand, shards: 4",
      producer: `recordSize: 1 KiB, ${traffic}`,
      ...kcl("workers: 2"),
    };
    const fixes: string[] = [];
    for (let seed = 1; seed <= 20; seed += 1) {
      const fix = await fixOf("consumer-behind", { ...made, seed });
      if (fix !== "no consumer-behind") fixes.push(fix);
    }
    expect(fixes.length).toBeGreaterThan(0);
    // Now and then children that catch up are short of reads for longer than they wait.
    const expected = fixes.filter((fix) => fix.includes("expect that of shards which the service splits on demand"));
    expect(expected.length).toBeGreaterThan(0.7 * fixes.length);
  });

  it.each<[string, string, string]>([
    [
      "KCL 3",
      "kind: kcl",
      "give each worker the vCPUs for more than its part, or spread the load evenly by keys: the leader",
    ],
    [
      "KCL 2",
      "kind: kcl, kclVersion: 2",
      "use KCL 3, or give each worker the vCPUs for more than its part: with KCL 2",
    ],
    ["Flink", "kind: flink", "spread the load evenly"],
  ])("sees that one worker of %s is full and the other is not", async (_, kind, text) => {
    const fix = await fixOf("cpu-exhausted", {
      producer: "records: 1200/s, recordSize: 100 B, keys: {hottest: 80%}",
      consumers: [`name: c, ${kind}, workers: 2, cpuPerRecord: 1 ms`],
    });
    expect(fix).toContain(text);
  });

  it("names who takes the account's concurrency", async () => {
    const made: Case = {
      stream: "shards: 100",
      producer: "records: 50000/s, recordSize: 100 B",
      consumers: [
        "name: a, kind: lambda, timePerRecord: 19 ms, parallelization: 10",
        "name: b, kind: lambda, timePerRecord: 1.9 ms",
      ],
      minutes: 10,
    };
    const fixes = (await findings(made)).filter(({ code }) => code === "concurrency-exhausted").map(({ fix }) => fix);
    const quota = "have the account's quota of 1,000 concurrent invocations raised";
    expect(fixes).toEqual([
      `${quota} or process faster`,
      `reserve \`concurrency\` for it, lower the \`parallelization\` of a or ${quota}: a takes most`,
    ]);
  });

  it.each<[string, string, string]>([
    ["the KCL", "kind: kcl", "catch what processing throws, and set the record aside"],
    ["Lambda", "kind: lambda, retryAttempts: 1", "on-failure destination, and set `bisect` or `reportItemFailures`"],
    ["Lambda that splits batches", "kind: lambda, retryAttempts: 1, bisect: true", "and set `reportItemFailures`"],
  ])("says how %s can keep what it gives up", async (_, kind, text) => {
    const events = ["event: poison-record, at: 5m, consumer: c"];
    const made = { consumers: [`name: c, ${kind}, timePerRecord: 1 ms`], events };
    expect(await fixOf("records-given-up", made)).toContain(text);
  });

  it("does not mention a few refused reads of who catches up", async () => {
    const events = ["event: consumer-down, at: 5m, consumer: c, lasts: 10m"];
    const made = { producer: "records: 3500/s, recordSize: 500 B", ...kcl("timePerRecord: 0.5 ms"), events };
    expect(await fixOf("reads-throttled", made)).toBe("no reads-throttled");
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
      const fixes: string[] = [];
      for (let seed = 1; seed <= 40; seed += 1) {
        const made = { ...kcl("timePerRecord: 0.5 ms"), events: [event], minutes: 15, seed };
        const fix = await fixOf("consumer-behind", made);
        if (fix !== "no consumer-behind") fixes.push(fix);
      }
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
