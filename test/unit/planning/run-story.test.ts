/*
 * A story names the limit or timer that was responsible, tells what went wrong with what it belongs to, and agrees with the summary.
 */
import { describe, expect, it } from "vitest";
import { formatItems } from "../../../src/units/format-quantity.js";
import { behind, type Case, entryOf, factsIn, kcl, run, story } from "./story-of.js";

it("has no story unless it is asked for", async () => {
  expect(Object.keys(await run({}, false))).not.toContain("story");
});

it("says of a run in which nothing happened just that", async () => {
  const entries = await story({ producer: "records: 400/s, recordSize: 100 B" });
  expect(entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({ at: 0, until: 1200, because: [], caused: [], followed: [], prevention: [] });
  expect(entries[0]?.what).toMatch(/^nothing happens in 20m/);
});

it("tells the same story twice, in the order of time", async () => {
  const made: Case = {
    events: ["event: worker-crash, consumer: app, at: 12m", "event: consumer-down, consumer: app, at: 3m, lasts: 2m"],
  };
  const entries = await story(made);
  expect(entries).toEqual(await story(made));
  expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).sort((a, b) => a - b));
  expect(entries.length).toBeGreaterThan(1);
});

describe("of a crash", () => {
  const events = ["event: worker-crash, consumer: app, at: 5m, lasts: 3m"];

  it("names the fail-over time and the leader's looks, and when the leases have others", async () => {
    const result = await run({ consumers: [kcl("workers: 4")], stream: "shards: 16", events });
    const crash = entryOf(result.story ?? [], /fails with \d leases/);
    // Balancing may have moved one before.
    const held = Number(/with (\d)/.exec(crash.what)?.[1]);
    expect(crash.at).toBe(300);
    expect(factsIn(crash.because)).toEqual(
      expect.arrayContaining(["kcl.failoverSeconds", "kcl.leaseAssignmentSeconds", "kcl.leaseDiscoverySeconds"]),
    );
    const moves = result.events.filter(({ event, isBalancing }) => event === "lease-moved" && isBalancing !== true);
    expect(moves.reduce((sum, { leases = 0 }) => sum + leases, 0)).toBeGreaterThanOrEqual(held);
    expect(crash.caused[0]).toMatch(new RegExp(`^${held} leases stand still: others have all of them`));
    expect(crash.followed).toContain("worker 0 of app is back at 00:08");
  });

  it("counts its own leases, not those of a deployment that goes on", async () => {
    const made: Case = {
      consumers: [kcl("workers: 8, kclVersion: 2")],
      stream: "shards: 16",
      events: [
        "event: deploy, consumer: app, at: 3m",
        "event: worker-crash, consumer: app, at: 5m, count: 2, lasts: 4m",
      ],
    };
    const crash = entryOf(await story(made), /^2 workers of app fail/);
    // Leases expire after 10 s, and each worker looks every 20 s.
    expect(crash.caused[0]).toMatch(/leases stand still: others have all of them [1-4]?\ds later/);
  });

  it("names no timers where nobody is left", async () => {
    const made: Case = {
      consumers: [kcl("workers: 2")],
      events: ["event: worker-crash, consumer: app, at: 5m, count: 2"],
    };
    const crash = entryOf(await story(made), /^2 workers of app fail/);
    expect(crash.because).toEqual([]);
    expect(crash.caused[0]).toMatch(/^nobody has taken the \d+ leases by the end of the run$/);
    expect(crash.prevention.join()).not.toContain("kcl.failoverSeconds");
  });

  it("tells lag, and what is processed twice, as its doing", async () => {
    const result = await run({ consumers: [kcl("workers: 2, checkpointInterval: 30s")], events });
    const crash = entryOf(result.story ?? [], /^worker 0 of app fails/);
    const [lag = ""] = crash.caused.filter((one) => behind().test(one));
    const most = result.summary.consumers[0]?.iteratorAgeSeconds.max ?? 0;
    expect(most).toBeGreaterThan(30);
    expect(lag).toMatch(/behind at 00:05/);
    expect((result.story ?? []).filter(({ what }) => behind().test(what))).toEqual([]);
    const repeated = result.summary.consumers[0]?.repeatedRecords ?? 0;
    expect(repeated).toBeGreaterThan(0);
    expect(crash.caused).toContain(
      `app processes ${formatItems(repeated, "record")} once more, from the last checkpoint on (\`checkpointInterval\`)`,
    );
    expect(crash.prevention.join()).toContain("kcl.failoverSeconds");
  });

  it("prints timers as the user has overridden them, and those that follow from them", async () => {
    const facts = { "kcl.failoverSeconds": 40 };
    const crash = entryOf(await story({ events, facts }), /^worker 0 of app fails/);
    expect(crash.because[0]).toContain("40s (kcl.failoverSeconds)");
    expect(crash.because[0]).toContain("80s (kcl.leaseAssignmentSeconds)");
  });

  it("names the lock where it was the leader", async () => {
    const leader = ["event: leader-crash, consumer: app, at: 5m, lasts: 5m"];
    const crash = entryOf(await story({ events: leader }), /and it led the others$/);
    expect(factsIn(crash.because)).toEqual(expect.arrayContaining(["kcl.leaderLeaseSeconds", "kcl.leaderPollSeconds"]));
    expect(crash.caused.join()).toMatch(/nobody leads for \d/);
    expect(crash.prevention.join()).toContain("kcl.leaderLeaseSeconds");
  });

  it("names each worker's own looks in KCL 2", async () => {
    const crash = entryOf(await story({ consumers: [kcl("workers: 2, kclVersion: 2")], events }), /^worker 0 of app/);
    expect(factsIn(crash.because)).toContain("kcl.leaseTakerSeconds");
    expect(factsIn(crash.because)).not.toContain("kcl.leaseAssignmentSeconds");
  });

  it("knows no timers where leases are taken over at once", async () => {
    const sdk = "name: app, kind: sdk, cpuPerRecord: 0.2 ms, workers: 2";
    const crash = entryOf(await story({ consumers: [sdk], events }), /^worker 0 of app/);
    expect(crash.because).toEqual([]);
    expect(crash.caused[0]).toContain("others take them at once");
  });

  it("puts the workers of a zone together", async () => {
    const zone = ["event: zone-outage, consumer: app, share: 50%, at: 5m, lasts: 4m"];
    const entry = entryOf(await story({ consumers: [kcl("workers: 4")], events: zone }), /^app loses 2 of 4 workers/);
    expect(entry.what).toContain("2 leases with them");
    expect(entry.followed[0]).toMatch(/^2 workers are back, the last at 00:09$/);
  });
});

it("tells a deployment with how long a restart takes", async () => {
  const [entry] = await story({ events: ["event: deploy, consumer: app, at: 5m"] });
  expect(entry?.what).toMatch(/^app restarts 2 workers/);
  expect(entry?.until).toBe(300 + 2 * 60);
  expect(factsIn(entry?.because ?? [])).toEqual(
    expect.arrayContaining(["worker.restartSeconds", "kcl.failoverSeconds"]),
  );
});

it("tells what bounds the catching up after an outage", async () => {
  const slow = "name: app, kind: sdk, timePerRecord: 3.5 ms";
  const entries = await story({
    consumers: [slow],
    events: ["event: consumer-down, consumer: app, at: 5m, lasts: 3m"],
  });
  expect(entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({ at: 300, until: 480 });
  expect(entries[0]?.because).toEqual([
    expect.stringMatching(/^catching up is bounded: a shard of app is processed at 285/),
  ]);
  expect(entries[0]?.caused.filter((one) => behind().test(one))).toHaveLength(1);
  expect(entries[0]?.prevention.join()).toMatch(/process faster/);
});

describe("of a reshard", () => {
  it("tells how long new shards wait for the backlog of the old ones", async () => {
    const entries = await story({
      consumers: ["name: app, kind: kcl, timePerRecord: 3 ms"],
      events: ["event: consumer-down, consumer: app, at: 2m, lasts: 8m", "event: reshard, shards: 8, at: 11m"],
      minutes: 60,
    });
    const reshard = entryOf(entries, /^UpdateShardCount from 4 to 8 shards/);
    expect(
      reshard.because.some((one) => /^app is [\d.]+m behind when it begins, with [\d,]+ records unread/.test(one)),
    ).toBe(true);
    expect(factsIn(reshard.because)).toEqual(
      expect.arrayContaining(["reshard.startDelaySecondsMax", "reshard.operationSeconds", "kcl.parentPollSeconds"]),
    );
    const [, minutes = "0"] =
      /8 new shards wait for those they come from, up to ([\d.]+)m/.exec(reshard.caused.join()) ?? [];
    expect(Number(minutes)).toBeGreaterThan(5);
    expect(reshard.prevention.join()).toMatch(/^reshard before the consumer is behind/);
  });

  it("says nothing of waiting where consumers keep up", async () => {
    const reshard = entryOf(
      await story({ consumers: ["name: c, kind: firehose"], events: ["event: reshard, shards: 8, at: 5m"] }),
      /^UpdateShardCount/,
    );
    expect(reshard.caused).toEqual([]);
    expect(reshard.prevention).toEqual([]);
  });

  it("names the rules where the service refuses", async () => {
    const events = ["event: reshard, shards: 8, at: 5m", "event: reshard, shards: 6, at: 5.5m"];
    const refused = entryOf(await story({ events }), /ResourceInUseException/);
    expect(factsIn(refused.because)).toContain("updateShardCount.callsPerDay");
  });
});

describe("of a group", () => {
  const consumers = [
    "name: app, kind: kcl, cpuPerRecord: 0.5 ms, workers: 2, worker: {vcpus: 1}, autoscaling: {min: 1, max: 6}",
  ];
  const producer =
    "traffic: {timeline: [{at: 0h, records: 1500/s}, {at: 10m, records: 5000/s}, {at: 2h, records: 1/s}]}, recordSize: 100 B";

  it("names the alarm, its delay and the launch, and says when CPU came down", async () => {
    const result = await run({ stream: "shards: 12", producer, consumers, minutes: 60 });
    const out = entryOf(result.story ?? [], /^app goes from 2 to \d workers/);
    expect(factsIn(out.because)).toEqual([
      "asg.highAlarmPoints",
      "asg.metricPeriodSeconds",
      "asg.metricDelaySeconds",
      "asg.launchSeconds",
    ]);
    const launched = result.events.filter(({ event }) => event === "worker-launched").length;
    expect(out.caused).toContainEqual(expect.stringMatching(new RegExp(`^${launched} workers are launched`)));
    expect(out.followed).toContainEqual(expect.stringMatching(/^the mean CPU is within the target of 65% at 00:/));
  });

  it("names the workload's own key instead of the fact that it replaces", async () => {
    const own = consumers.map((one) => one.replace("max: 6", "max: 6, launchTime: 30s"));
    const entries = await story({ stream: "shards: 12", producer, consumers: own, minutes: 60 });
    const out = entryOf(entries, /^app goes from 2 to \d workers/);
    expect(out.because).toContain("a worker that is launched works after 30s (`autoscaling.launchTime`)");
  });
});

describe("of a poison record", () => {
  const at = (name: string, more = ""): string[] => [`event: poison-record, consumer: ${name}, at: 5m${more}`];

  it("names how Lambda retries, and agrees with what it gave up and did again", async () => {
    const result = await run({
      consumers: ["name: fn, kind: lambda, timePerRecord: 0.2 ms, retryAttempts: 5"],
      events: at("fn"),
    });
    const entry = entryOf(result.story ?? [], /a record that fn fails on/);
    expect(factsIn(entry.because)).toEqual(["lambda.retryBackoffSeconds", "lambda.retryBackoffSecondsMax"]);
    expect(entry.because.join()).toContain("5 times (`retryAttempts`)");
    const { discardedRecords = 0, repeatedRecords = 0 } = result.summary.consumers[0] ?? {};
    expect(entry.caused.join()).toContain(`gives up ${formatItems(discardedRecords, "record")}`);
    expect(entry.caused.join()).toContain(`processes ${formatItems(repeatedRecords, "record")} once more`);
    expect(entry.prevention.join()).toContain("`bisect`");
  });

  it("tells the lag of a reader that stands still as its doing, until the end of the run", async () => {
    const entry = entryOf(
      await story({ consumers: ["name: sd, kind: sdk, timePerRecord: 0.2 ms"], events: at("sd") }),
      /a record that sd fails on/,
    );
    expect(entry.until).toBe(1200);
    expect(entry.because.join()).toContain("`retention` 24h");
    expect(entry.caused).toContainEqual(expect.stringMatching(behind("sd")));
    expect(entry.caused).toContain("the batch still fails at the end");
  });

  it("says that the KCL skips the batch", async () => {
    const entry = entryOf(await story({ events: at("app") }), /a record that app fails on/);
    expect(entry.because).toEqual(["the KCL goes on with the next batch where processing fails"]);
    expect(entry.caused[0]).toMatch(/^app skips \d+ records?/);
  });
});

describe("of refused records", () => {
  it("names the limit on records, and attaches what producers lose", async () => {
    const result = await run({ producer: "records: 6000/s, recordSize: 100 B", consumers: [] });
    const [entry, ...others] = result.story ?? [];
    expect(others).toEqual([]);
    expect(entry?.what).toContain(`shards refuse ${formatItems(result.summary.throttledRecords, "put attempt")}`);
    expect(factsIn(entry?.because ?? [])).toEqual(["shard.writeRecordsPerSecond", "sdk.attempts"]);
    expect(entry?.caused[0]).toContain(`give up ${formatItems(result.summary.lostRecords, "record")}`);
    expect(entry?.prevention.join()).toContain("`size` recommends");
  });

  it("names the limit on bytes, and how long the KPL tries", async () => {
    const producer = "records: 600/s, recordSize: 10 KiB, retry: kpl";
    const [entry] = await story({ producer, consumers: [] });
    expect(factsIn(entry?.because ?? [])).toEqual(["shard.writeBytesPerSecond", "kpl.recordTtlSeconds"]);
  });

  it("counts them as caused by traffic that they begin and end with, and else as what came after", async () => {
    const events = ["event: traffic, at: 5m, factor: 6, lasts: 5m"];
    const traffic = entryOf(await story({ events }), /^traffic is 6 times the plan/);
    expect(traffic.caused).toContainEqual(expect.stringMatching(/^shards refuse/));
    const growing =
      "traffic: {timeline: [{at: 0h, records: 1000/s}, {at: 8m, records: 7000/s}, {at: 1h, records: 1/s}]}, recordSize: 100 B";
    const later = entryOf(await story({ producer: growing, events }), /^traffic is 6 times the plan/);
    expect(later.caused).toEqual([]);
    expect(later.followed).toContainEqual(expect.stringMatching(/^shards refuse/));
  });
});

describe("of a consumer that is late by itself", () => {
  it("names the processor of a shard", async () => {
    const [entry] = await story({ consumers: ["name: app, kind: sdk, timePerRecord: 6 ms"] });
    expect(entry?.what).toMatch(/^app falls more than 30s behind .* is behind at the end, with [\d,]+ records unread$/);
    expect(entry?.because.join()).toMatch(/^a shard of app is processed at 166.7\/s at most/);
  });

  it("names the CPU of the workers, and tells what else was used up with it", async () => {
    const consumers = ["name: app, kind: kcl, cpuPerRecord: 1.5 ms, workers: 1, worker: {vcpus: 1}"];
    const entries = await story({ consumers, minutes: 30 });
    const lag = entryOf(entries, behind());
    expect(lag.because.join()).toContain("the workers of app have no CPU left (`vcpus` 1, `cpuPerRecord`)");
    expect(lag.followed.join()).toMatch(/a worker of app has no CPU left/);
    expect(lag.prevention.join()).toContain("add workers (1 for 4 shards)");
  });

  it("names the account's concurrency, or the function's own", async () => {
    const fn = "name: app, kind: lambda, timePerRecord: 6 ms, parallelization: 10";
    const facts = { "lambda.accountConcurrency": 3 };
    const lag = entryOf(await story({ consumers: [fn], facts }), behind());
    expect(lag.because).toEqual(["the account runs at most 3 invocations (lambda.accountConcurrency) at a time"]);
    const own = entryOf(await story({ consumers: [`${fn}, concurrency: 3`] }), behind());
    expect(own.because).toEqual(["app has 3 invocations at a time for itself (`concurrency`)"]);
    expect(own.prevention.join()).toContain("`concurrency`");
  });

  it("names the rate at which a shard is read", async () => {
    const consumers = [1, 2, 3].map((number) => `name: c${number}, kind: firehose`);
    const entries = await story({
      stream: "shards: 1",
      producer: "records: 90/s, recordSize: 10 KiB",
      consumers,
      minutes: 30,
    });
    const named = entries.flatMap(({ because }) => factsIn(because));
    expect(named).toContain("shard.readBytesPerSecond");
  });

  it("tells what expires unread, as the summary counts it", async () => {
    const result = await run({
      consumers: ["name: app, kind: sdk, timePerRecord: 20 ms"],
      producer: "records: 1000/s, recordSize: 100 B",
      minutes: 60 * 34,
    });
    const expired = result.summary.consumers[0]?.expiredRecords ?? 0;
    expect(expired).toBeGreaterThan(0);
    const lag = entryOf(result.story ?? [], behind());
    expect(lag.what).toContain(
      `; ${formatItems(expired, "record")} expire before it has read them (\`retention\` 24h)`,
    );
  });
});

it("names the rules by which a stream on demand is split", async () => {
  const producer =
    "traffic: {timeline: [{at: 0h, records: 1000/s}, {at: 5m, records: 3500/s}, {at: 2h, records: 1/s}]}, recordSize: 700 B";
  const entries = await story({ stream: "mode: on-demand, shards: 4", producer, minutes: 60 });
  const entry = entryOf(entries, /the service is going to split/);
  expect(factsIn(entry.because)).toEqual(
    expect.arrayContaining(["onDemand.growthFactor", "onDemand.splitBytesPerSecond", "onDemand.growthWindowSeconds"]),
  );
  expect(entry.caused.join()).toMatch(/\d+ shards split, the last at/);
});

it("sums up leases that move for no other reason", async () => {
  const result = await run({
    stream: "shards: 9",
    producer: "records: 3000/s, recordSize: 100 B, keys: {hottest: 30%}",
    consumers: [kcl("workers: 3")],
    minutes: 60,
  });
  const moved = result.events.filter(({ event }) => event === "lease-moved");
  expect(moved.length).toBeGreaterThan(0);
  const told = (result.story ?? []).filter(({ what }) => /leases? of app change hands/.test(what));
  const leases = told.map(({ what }) => Number.parseInt(what, 10));
  expect(leases.reduce((sum, one) => sum + one, 0)).toBe(moved.reduce((sum, one) => sum + (one.leases ?? 0), 0));
  for (const { because } of told) expect(factsIn(because)).toContain("kcl.rebalanceRatio");
});

it("tells what had nothing to act on in its own words", async () => {
  const entries = await story({
    consumers: ["name: fn, kind: lambda, timePerRecord: 0.1 ms"],
    events: ["event: deploy, consumer: fn, at: 5m"],
  });
  expect(entries).toEqual([
    {
      at: 300,
      what: "fn is run by AWS: a new version does not interrupt it",
      because: [],
      caused: [],
      followed: [],
      prevention: [],
    },
  ]);
});
