/*
 * Incidents that users have reported, as the fixtures tell them: whether the simulation tells the same story, and what would have
 * prevented it. Each runs with several seeds; the bounds hold the figures that the reports, or the sources of the libraries, lead to.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type SimulationResult, simulate } from "../../../src/planning/simulate-workload.js";
import { type FactName, ServiceCatalogue } from "../../../src/service/service-facts.js";
import type { TimelineRow } from "../../../src/simulation/timeline.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { oneWorkload } from "../../one-workload.js";

const root = join(import.meta.dirname, "../../../fixtures");
const MINUTE = 60;
const HOUR = 60 * MINUTE;

interface Telling {
  /** Texts of the fixture, and what stands there instead. */
  readonly edits?: readonly (readonly [string | RegExp, string])[];
  readonly seed?: number;
  readonly limits?: Readonly<Partial<Record<FactName, number>>>;
  readonly resolutionSeconds?: number;
}

/** Runs a fixture, as it is or changed. */
async function tell(
  name: string,
  { edits = [], seed = 1, limits = {}, resolutionSeconds = MINUTE }: Telling = {},
): Promise<SimulationResult> {
  const text = edits.reduce(
    (before, [from, to]) => {
      const after = before.replaceAll(from instanceof RegExp ? new RegExp(from, "g") : from, to);
      if (after === before) throw new Error(`${from} is not in ${name}`);
      return after;
    },
    readFileSync(join(root, name, "workload.yaml"), "utf8"),
  );
  const everywhere = new Map(Object.entries(limits).map(([fact, value]) => [fact, { value, source: "test" }]));
  const catalogue = new ServiceCatalogue({ everywhere, byRegion: new Map() });
  const request = { catalogue, attachments: noAttachments, seed, fidelity: "auto", resolutionSeconds } as const;
  return simulate(await oneWorkload(text), request);
}

function tellAll(name: string, seeds: readonly number[], telling: Telling = {}): Promise<SimulationResult[]> {
  return Promise.all(seeds.map((seed) => tell(name, { ...telling, seed })));
}

function consumerOf({ summary }: SimulationResult, name: string) {
  const consumer = summary.consumers.find((one) => one.name === name);
  if (consumer === undefined) throw new Error(`no consumer ${name}`);
  return consumer;
}

/** The rows from one time to another. */
function between({ timeline }: SimulationResult, from: number, to: number): TimelineRow[] {
  return timeline.filter(({ at, seconds }) => at >= from && at + seconds <= to);
}

function worstAge(rows: readonly TimelineRow[], consumer = 0): number {
  return Math.max(...rows.map(({ consumers }) => consumers[consumer]?.iteratorAgeSecondsMax ?? Number.NaN));
}

function processedPerSecond(rows: readonly TimelineRow[]): number {
  const records = rows.reduce((sum, { consumers }) => sum + (consumers[0]?.processedRecords ?? Number.NaN), 0);
  return records / rows.reduce((sum, { seconds }) => sum + seconds, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}

function timesOf({ events }: SimulationResult, name: string): number[] {
  return events.filter(({ event }) => event === name).map(({ at }) => at);
}

function fixOf({ diagnostics }: SimulationResult, code: string, place = 0): string {
  return diagnostics.filter((one) => one.code === code)[place]?.fix ?? `no ${code}`;
}

function expectWithin(values: readonly number[], low: number, high: number): void {
  expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
  expect(Math.max(...values)).toBeLessThanOrEqual(high);
}

describe("kcl-786: a reshard while the consumer is behind", () => {
  const name = "kcl-786";
  const noReshard: Telling = { edits: [[/ {2}- \{at: 1\.5h, event: reshard.*\n/, ""]] };
  const noScenario: Telling = { edits: [[/scenario:\n(.*\n)*/, ""]] };

  it("leaves the children idle until their parents are read, for an hour", async () => {
    for (const run of await tellAll(name, [1, 2, 3])) {
      const drained = timesOf(run, "shard-drained");
      expect(drained.length).toBeGreaterThanOrEqual(10);
      const parents = drained.slice(0, 10);
      expectWithin(parents, 1.5 * HOUR + 58 * MINUTE, 1.5 * HOUR + 68 * MINUTE);
      // Ten processors, as before.
      expectWithin([processedPerSecond(between(run, 1.6 * HOUR, 2.45 * HOUR))], 3_950, 4_050);
      expectWithin([processedPerSecond(between(run, 2.8 * HOUR, 3.9 * HOUR))], 7_900, 8_100);
    }
  });

  it("makes the lag twice what it was when the reshard was asked for", async () => {
    for (const run of await tellAll(name, [1, 2, 3])) {
      const before = worstAge(between(run, 1.4 * HOUR, 1.5 * HOUR));
      expectWithin([before], 29 * MINUTE, 31 * MINUTE);
      expectWithin([consumerOf(run, "app").iteratorAgeSeconds.max / before], 2, 2.25);
    }
  });

  it("goes at first as without a reshard", async () => {
    const [with20, without] = await Promise.all([tell(name), tell(name, noReshard)]);
    const early = (run: SimulationResult) => worstAge(between(run, 2.3 * HOUR, 2.4 * HOUR));
    expectWithin([early(with20) / early(without)], 0.98, 1.02);
    // Without one the lag goes on growing.
    expect(worstAge(between(without, 3.9 * HOUR, 4 * HOUR))).toBeGreaterThan(100 * MINUTE);
  });

  it("does not happen with 20 shards before the spike", async () => {
    const { edits = [] } = noScenario;
    for (const run of await tellAll(name, [1, 2, 3], { edits: [["shards: 10\n", "shards: 20\n"], ...edits] }))
      expect(consumerOf(run, "app").iteratorAgeSeconds.max).toBeLessThan(MINUTE);
  });

  it("is told as such", async () => {
    expect(fixOf(await tell(name), "consumer-behind")).toContain(
      "shards added while it is behind, as from 01:30:44 on, help only once the old ones are processed",
    );
  });
});

describe("kcl2-one-worker-takes-all: one KCL 2 worker takes all children", () => {
  const name = "kcl2-one-worker-takes-all";
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  const fine = 10;
  /** After the outage, and what it left behind. */
  const late = (run: SimulationResult) => between(run, 17 * MINUTE, 40 * MINUTE);

  it("gives one worker most of 24 leases at once, and the others one each in 20 s", async () => {
    const most: number[] = [];
    for (const run of await tellAll(name, seeds)) {
      const moves = run.events.filter(({ event }) => event === "lease-moved");
      const taken = moves
        .map(({ message }) => /takes (\d+) lease/.exec(message))
        .map((found) => Number(found?.[1] ?? 0));
      most.push(Math.max(...taken));
      const stolen = moves.filter(({ message }) => message.includes("steals"));
      expect(stolen.length).toBeGreaterThanOrEqual(6);
      expect(stolen.every(({ message }) => message.includes("steals 1 lease"))).toBe(true);
      const thief = /^worker \d/.exec(stolen[0]?.message ?? "")?.[0] ?? "nobody";
      const [first = 0, second = 0] = stolen.filter(({ message }) => message.startsWith(thief)).map(({ at }) => at);
      expectWithin([second - first], 19, 22);
    }
    expectWithin(most, 12, 24);
    expect(mean(most)).toBeGreaterThan(20);
  });

  it("uses up that worker's CPU while others have enough, and lets its shards fall behind", async () => {
    for (const run of await tellAll(name, seeds, { resolutionSeconds: fine })) {
      const full = late(run).filter(({ consumers }) => (consumers[0]?.cpuUtilization?.max ?? 0) > 0.99);
      expect(full.length * fine).toBeGreaterThanOrEqual(MINUTE);
      const means = full.slice(0, 6).map(({ consumers }) => consumers[0]?.cpuUtilization?.mean ?? Number.NaN);
      expect(Math.min(...means)).toBeLessThan(0.85);
      expect(worstAge(between(run, 35 * MINUTE, 40 * MINUTE))).toBeLessThan(10);
    }
  });

  /** On average over the seeds: the worst age in seconds, and for how long it is above 10 s. */
  async function lateness(telling: Telling): Promise<{ age: number; seconds: number }> {
    const runs = (await tellAll(name, seeds, { ...telling, resolutionSeconds: fine })).map(late);
    const seconds = runs.map((rows) => fine * rows.filter((row) => worstAge([row]) > 10).length);
    return { age: mean(runs.map((rows) => worstAge(rows))), seconds: mean(seconds) };
  }

  it("hardly happens with KCL 3, and not with three vCPUs a worker", async () => {
    const kcl2 = await lateness({});
    expectWithin([kcl2.age], 30, 60);
    expectWithin([kcl2.seconds], 4 * MINUTE, 12 * MINUTE);
    const kcl3 = await lateness({ edits: [["kclVersion: 2", "kclVersion: 3"]] });
    expect(kcl3.age).toBeLessThan(25);
    expect(kcl3.seconds).toBeLessThan(kcl2.seconds / 4);
    const wide = await lateness({ edits: [["workers: 3", "workers: 3\n    worker: {vcpus: 3}"]] });
    expect(wide.age).toBeLessThan(8);
  });

  it("is told as such", async () => {
    expect(fixOf(await tell(name), "cpu-exhausted")).toMatch(/^use KCL 3, or give each worker the vCPUs for more/);
  });
});

describe("comcast-shared-consumers: five consumers share 2 MiB/s", () => {
  const name = "comcast-shared-consumers";

  it("refuses most reads at the peak, and lets all five fall behind alike", async () => {
    for (const run of await tellAll(name, [1, 2])) {
      const { consumers } = run.summary;
      const ages = consumers.map(({ iteratorAgeSeconds }) => iteratorAgeSeconds.max);
      expectWithin(ages, 5 * HOUR, 9 * HOUR);
      expect(Math.max(...ages) / Math.min(...ages)).toBeLessThan(1.15);
      expect(Math.min(...consumers.map(({ readThrottles }) => readThrottles))).toBeGreaterThan(300_000);
      // What 13 shards give five readers, records of 50 KiB.
      const rows = between(run, 12 * HOUR, 18 * HOUR);
      expectWithin([processedPerSecond(rows)], 0.97 * 106.5, 1.02 * 106.5);
    }
  });

  it.each<[string, Telling]>([
    ["fan-out", { edits: [["kind: kcl}", "kind: kcl, read: fan-out}"]] }],
    ["31 shards", { edits: [["shards: 13 ", "shards: 31 "]] }],
  ])("does not happen with %s", async (_, telling) => {
    const { summary } = await tell(name, telling);
    expect(Math.max(...summary.consumers.map(({ iteratorAgeSeconds }) => iteratorAgeSeconds.max))).toBeLessThan(30);
  });

  it("is told as such", async () => {
    const run = await tell(name);
    for (const code of ["consumer-behind", "reads-throttled"])
      expect(fixOf(run, code)).toContain(
        "read by fan-out, with fewer consumers or from more shards: 5 share the 2 MiB/s",
      );
  });
});

describe("kcl3-leader-crash: nobody assigns leases", () => {
  const name = "kcl3-leader-crash";
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
  const crash = 10 * MINUTE;
  const ageOf = (run: SimulationResult) => consumerOf(run, "app").iteratorAgeSeconds.max;

  it("has no leader for 95 to 155 s, and assigns nothing meanwhile", async () => {
    for (const run of await tellAll(name, seeds)) {
      const [elected = Number.NaN] = timesOf(run, "leader-elected");
      expectWithin([elected - crash], 93, 157);
      const assigned = run.events.filter(
        ({ event, message }) => event === "lease-moved" && message.includes("assigns"),
      );
      const [first = Number.NaN] = assigned.map(({ at }) => at);
      // The first run takes note of leases that have an owner.
      expectWithin([first - elected], 20, 41);
    }
  });

  it("reads the dead leader's leases again after 118 to 209 s, and recovers", async () => {
    const runs = await tellAll(name, seeds);
    expectWithin(runs.map(ageOf), 118, 213);
    for (const run of runs) expect(worstAge(between(run, 20 * MINUTE, 40 * MINUTE))).toBeLessThan(10);
  });

  it.each<[string, Telling, number, number]>([
    [
      "a KCL 2 worker's",
      {
        edits: [
          ["kclVersion: 3", "kclVersion: 2"],
          ["event: leader-crash", "event: worker-crash"],
        ],
      },
      20,
      46,
    ],
    [
      "a leader's with a lock of 30 s",
      { limits: { "kcl.leaderLeaseSeconds": 30, "kcl.leaderHeartbeatSeconds": 10, "kcl.leaderPollSeconds": 10 } },
      50,
      100,
    ],
  ])("takes longer than %s crash", async (_, telling, low, high) => {
    expectWithin((await tellAll(name, seeds, telling)).map(ageOf), low, high);
  });

  it("takes longer than a follower's crash, whose leases may be given back to the dead worker for a minute", async () => {
    const runs = await tellAll(name, seeds, { edits: [["event: leader-crash", "event: worker-crash"]] });
    const followers = runs.filter((run) => timesOf(run, "leader-elected").length === 0);
    expect(followers.length).toBeGreaterThanOrEqual(4);
    expectWithin(followers.map(ageOf), 20, 82);
  });

  it("is told as such", async () => {
    expect(fixOf(await tell(name), "consumer-behind")).toContain(
      "crash of the leader such as the scenario's at 00:10: nobody assigns leases until another worker has seen",
    );
  });
});

describe("lambda-concurrency-exhausted: a function leaves no invocations to another", () => {
  const name = "lambda-concurrency-exhausted";
  const seeds = [1, 2, 3];
  const peak = [25 * MINUTE, 50 * MINUTE] as const;
  const usedBy = (run: SimulationResult, consumer: number) => {
    const rows = between(run, ...peak);
    return rows.reduce((sum, { consumers }) => sum + (consumers[consumer]?.concurrency ?? Number.NaN), 0) / rows.length;
  };

  it("uses the account's 1,000, and lets both fall behind", async () => {
    for (const run of await tellAll(name, seeds)) {
      expectWithin([usedBy(run, 0) + usedBy(run, 1)], 990, 1_000.5);
      for (const consumer of ["enrich", "alerts"]) {
        expectWithin([consumerOf(run, consumer).iteratorAgeSeconds.max], MINUTE, 5 * MINUTE);
        expect(consumerOf(run, consumer).lambda?.concurrency.limit).toBe(1_000);
      }
      expect(timesOf(run, "concurrency-exhausted")[0]).toBeLessThan(21 * MINUTE);
      expect(timesOf(run, "concurrency-enough")).toHaveLength(2);
      expect(worstAge(between(run, 70 * MINUTE, 80 * MINUTE), 1)).toBeLessThan(5);
    }
  });

  it.each<[string, Telling, number]>([
    ["a reserved concurrency", { edits: [["parallelization: 2", "parallelization: 2\n    concurrency: 200"]] }, 1],
    ["fewer batches of the other", { edits: [["parallelization: 10", "parallelization: 7"]] }, 1],
    ["a quota of 2,000", { limits: { "lambda.accountConcurrency": 2_000 } }, 0],
  ])("spares the small one with %s", async (_, telling, latest) => {
    for (const run of await tellAll(name, seeds, telling)) {
      expect(worstAge(run.timeline, 1)).toBeLessThan(6);
      const late = run.diagnostics.filter(({ code }) => code === "consumer-behind");
      expect(late).toHaveLength(latest);
    }
  });

  it("holds a reserved concurrency for its function alone", async () => {
    const run = await tell(name, { edits: [["parallelization: 2", "parallelization: 2\n    concurrency: 200"]] });
    expect(run.summary.consumers.map(({ lambda }) => lambda?.concurrency.limit)).toEqual([800, 200]);
    expectWithin([usedBy(run, 0)], 795, 800.5);
    expectWithin([usedBy(run, 1)], 170, 182);
  });

  it("is told as such", async () => {
    const run = await tell(name);
    for (const code of ["concurrency-exhausted", "consumer-behind"]) {
      expect(fixOf(run, code, 0)).toContain("have the account's quota of 1,000 concurrent invocations raised");
      expect(fixOf(run, code, 1)).toContain("reserve `concurrency` for it, lower the `parallelization` of enrich");
    }
    expect(fixOf(run, "reads-throttled")).toBe("no reads-throttled");
  });
});

describe("lambda-poison-batch: one record blocks its shard", () => {
  const name = "lambda-poison-batch";
  const written = 11 * HOUR;
  const blocked = (run: SimulationResult) => timesOf(run, "batch-given-up").map((at) => at - written);

  it("stands still until the record expires, and loses good records with it", async () => {
    for (const run of await tellAll(name, [1, 2, 3])) {
      expectWithin(blocked(run), 24 * HOUR - 5, 24 * HOUR + 5);
      const { expiredRecords, discardedRecords, iteratorAgeSeconds, backlogRecords } = consumerOf(run, "enrich");
      expectWithin([discardedRecords], 1, 100);
      // For two hours 68.75/s had come, and 66.7/s are read.
      expectWithin([expiredRecords], 5, 2.5 * 7_200);
      expectWithin([iteratorAgeSeconds.max], 23.9 * HOUR, 24.1 * HOUR);
      expect(backlogRecords).toBeGreaterThan(40 * 20 * HOUR);
    }
  });

  it.each<[string, string, number, number]>([
    ["three retries", "retryAttempts: 3", 5 * MINUTE, 100],
    ["three retries and bisecting", "retryAttempts: 3\n    bisect: true", 5 * MINUTE, 1],
    ["three retries and reported failures", "retryAttempts: 3\n    reportItemFailures: true", 5 * MINUTE, 100],
    ["all of them", "retryAttempts: 3\n    bisect: true\n    reportItemFailures: true", 5 * MINUTE, 1],
    ["a record age", "maxRecordAge: 5m", 5 * MINUTE + 5, 100],
  ])("goes on within minutes with %s", async (_, settings, longest, given) => {
    for (const run of await tellAll(name, [1, 2, 3], {
      edits: [["timePerRecord: 15 ms", `timePerRecord: 15 ms\n    ${settings}`]],
    })) {
      expect(blocked(run)).toHaveLength(1);
      expectWithin(blocked(run), 0, longest);
      const { expiredRecords, discardedRecords, iteratorAgeSeconds } = consumerOf(run, "enrich");
      expect(expiredRecords).toBe(0);
      expectWithin([discardedRecords], 1, given);
      // The busy time leaves it some minutes behind without any poison.
      expect(iteratorAgeSeconds.max).toBeLessThan(30 * MINUTE);
    }
  });

  it("is told as such, as long as it blocks", async () => {
    const run = await tell(name);
    for (const code of ["consumer-behind", "records-expired"])
      expect(fixOf(run, code)).toMatch(/^bound the retries of a failing batch .* such as the scenario's at 11:00/);
    expect(fixOf(run, "records-given-up")).toContain("on-failure destination");
    // In the busy time of the next day nothing blocks it.
    const bounded = await tell(name, {
      edits: [["timePerRecord: 15 ms", "timePerRecord: 15 ms\n    retryAttempts: 0"]],
    });
    expect(fixOf(bounded, "consumer-behind")).not.toContain("retr");
  });
});
