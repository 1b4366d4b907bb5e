/*
 * How long a KCL fleet takes to give a lease to a worker that reads it. The ranges are sums of the library's timers, whose phases are
 * anywhere: a renewal every 3.308 s, a KCL 2 taker's look every 20.05 s, a KCL 3 leader's run every 20 s, a worker's discovery every
 * 9.975 s, then 3 to 4 s until the first record. A whole second may come on top, since workers act at the ends of seconds.
 */
import { describe, expect, it } from "vitest";
import type { ModelRun } from "../run-model.js";
import {
  beginsAfter,
  eventsNamed,
  holderAt,
  meanOf,
  orphansOf,
  type WatchedRun,
  type WatchedShard,
  watchAll,
} from "./watched-fleet.js";

const SEEDS = 60;

function expectWithin(values: readonly number[], least: number, most: number): void {
  expect(values.length).toBeGreaterThan(0);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(least);
  expect(Math.max(...values)).toBeLessThanOrEqual(most);
}

describe("a child's lease", () => {
  /*
   * The parent's worker creates it when it notes the end of the parent, within the second before it shows. The mean is that of the waits;
   * the error that is allowed is four deviations of a mean of 60.
   */
  it.each([
    { version: 2, workers: 1, most: 24, mean: 10 + 3.5, error: 3.1 },
    { version: 2, workers: 3, most: 24, mean: 5 + 3.5, error: 2 },
    { version: 3, workers: 1, most: 33, mean: 10 + 5 + 3.5, error: 3.4 },
    { version: 3, workers: 3, most: 33, mean: 10 + 5 + 3.5, error: 3.4 },
  ] as const)("of KCL $version is read after 3 to $most s by one of $workers workers", async (one) => {
    const scenario = [{ event: "split-shard", at: 60, shard: 0 }];
    const delays: number[] = [];
    for (const run of await watchAll(SEEDS, { ...one, shards: 1, scenario, seconds: 180 })) {
      const { shards } = run;
      const [parent, ...children] = shards as readonly [WatchedShard, ...WatchedShard[]];
      expect(children.length).toBe(2);
      const begins = children.map((child) => beginsAfter(child, 0));
      for (const [place, child] of children.entries()) {
        expect(child.firstRecordAt - (begins[place] ?? Number.NaN)).toBeGreaterThanOrEqual(0);
        expect(child.firstRecordAt - (begins[place] ?? Number.NaN)).toBeLessThanOrEqual(2);
      }
      delays.push(Math.min(...begins) - parent.endedAt);
      // Whoever looks first has all, though another worker may steal one before it is read.
      const [move] = eventsNamed(run, "lease-moved");
      if (one.version === 2) expect(move?.message).toMatch(/takes 2 leases$/);
    }
    expectWithin(delays, 3, one.most);
    expect(Math.abs(meanOf(delays) - one.mean)).toBeLessThan(one.error);
  });

  /*
   * The first parent that ends creates it; its worker looks every 10 to 11 s whether the other has ended too, and then reads 3 s later.
   * The hot shard needs half a minute longer for what has waited.
   */
  it.each([2, 3] as const)(
    "of two parents is read 4 to 14 s after the second one ends, with KCL %s",
    async (version) => {
      const runs = await watchAll(SEEDS, {
        version,
        shards: 2,
        workers: 2,
        records: 100,
        producer: { keys: { hottest: 0.8 } },
        consumer: { timePerRecord: 0.005 },
        scenario: [
          { event: "consumer-down", at: 60, lasts: 120 },
          { event: "merge-shards", at: 165, shard: 0, adjacent: 1 },
        ],
        seconds: 360,
      });
      const delays = runs.map(({ shards }) => {
        const [one, other, child] = shards as readonly [WatchedShard, WatchedShard, WatchedShard];
        expect(Math.abs(one.endedAt - other.endedAt)).toBeGreaterThan(20);
        return beginsAfter(child, 0) - Math.max(one.endedAt, other.endedAt);
      });
      expectWithin(delays, 4, 14);
      expect(Math.abs(meanOf(delays) - 5.25 - 3.5)).toBeLessThan(1.7);
    },
  );

  it.each([2, 3] as const)("waits for a parent's backlog to be processed, with KCL %s", async (version) => {
    const runs = await watchAll(10, {
      version,
      shards: 2,
      workers: 2,
      consumer: { timePerRecord: 0.02 },
      scenario: [
        { event: "consumer-down", at: 60, lasts: 120 },
        { event: "reshard", at: 100, shards: 4 },
      ],
      seconds: 600,
    });
    for (const { shards, simulation } of runs) {
      const [first, second, ...children] = shards as readonly [WatchedShard, WatchedShard, ...WatchedShard[]];
      expect(children.length).toBe(4);
      for (const [place, child] of children.entries()) {
        const parent = place < 2 ? first : second;
        // 20 a second for more than a minute, at 50 a second.
        expect(parent.endedAt).toBeGreaterThan(180 + (60 * 20) / 50);
        expect(holderAt(child, parent.endedAt)).toBe(-1);
        expect(child.firstRecordAt).toBeGreaterThan(parent.endedAt);
      }
      expect(simulation.fleets[0]?.backlog).toBeLessThan(4 * 20 * 4);
    }
  });
});

describe("the leases of a worker that crashes", () => {
  const CRASH = 100;

  /*
   * The last renewal lies up to 3.3 s before the crash, the first look after it sees the lease renewed, and the second one, 20 s later,
   * finds it expired: 16.7 to 40.1 s. KCL 2 workers have it then; KCL 3 workers find out when they next look.
   */
  it("are read by KCL 2 workers after 20 to 45 s", async () => {
    const stream = { version: 2, shards: 6, seconds: 200, scenario: [{ event: "worker-crash", at: CRASH }] } as const;
    const delaysOf = (run: WatchedRun): number[] => {
      const orphans = orphansOf(run, CRASH);
      expect(orphans.length).toBe(6 / (run.simulation.fleets[0]?.model.workers ?? Number.NaN));
      return orphans.map((shard) => beginsAfter(shard, CRASH) - CRASH);
    };
    const two = (await watchAll(SEEDS, { ...stream, workers: 2 })).map(delaysOf);
    for (const delays of two) expect(Math.max(...delays) - Math.min(...delays)).toBeLessThanOrEqual(1);
    expectWithin(two.flat(), 20, 45);
    expect(Math.abs(meanOf(two.flat()) - 32.4)).toBeLessThan(3.2);
    const three = (await watchAll(SEEDS, { ...stream, workers: 3 })).map(delaysOf);
    expectWithin(three.flat(), 20, 45);
    // The first of two to look.
    expect(Math.abs(meanOf(three.map((delays) => Math.min(...delays))) - 29)).toBeLessThan(3.2);
  });

  /** Runs in which the worker that crashed was not the leader. */
  async function followersCrash(shards: number, changes: object = {}): Promise<WatchedRun[]> {
    const scenario = [{ event: "worker-crash", at: CRASH }];
    const runs = await watchAll(SEEDS, { version: 3, shards, workers: 2, scenario, seconds: 300, ...changes });
    return runs.filter((run) => eventsNamed(run, "leader-elected").length === 0);
  }

  /*
   * A dead worker counts as active until its last report, up to 30 s old at the crash, is more than 60 s old. While it is the least
   * loaded one the leader leaves its leases with it: the next run after 30 to 60 s moves them, at most 20 s later.
   */
  it("stay with it for up to 80 s where it was the least loaded one, with KCL 3", async () => {
    const delays: number[] = [];
    for (const run of await followersCrash(3, { records: 200, producer: { keys: { hottest: 0.9 } } })) {
      const orphans = orphansOf(run, CRASH);
      expect(orphans.length).toBe(2);
      const least = Math.max(...orphans.map((shard) => run.accepted[run.shards.indexOf(shard)] ?? Number.NaN));
      expect(least).toBeLessThan(0.1 * 200 * 300);
      delays.push(...orphans.map((shard) => beginsAfter(shard, CRASH) - CRASH));
    }
    // From the first moment that its report may be too old, to the last one, a run, a discovery and the start.
    expectWithin(delays, 30 + 3, 60 + 20 + 10 + 4);
    expect(delays.filter((delay) => delay > 40 + 10 + 4).length).toBeGreaterThan(delays.length / 4);
  });

  it("go to others after 20 to 54 s as long as those are less loaded, and all within 94 s, with KCL 3", async () => {
    const runs = (await followersCrash(5)).map((run) =>
      orphansOf(run, CRASH).map((shard) => beginsAfter(shard, CRASH) - CRASH),
    );
    for (const delays of runs) expect(delays.length).toBe(3);
    expectWithin(
      runs.map((delays) => Math.min(...delays)),
      20,
      40 + 10 + 4,
    );
    expectWithin(runs.flat(), 20, 60 + 20 + 10 + 4);
    // The first one makes the survivor as loaded as the dead worker seems to be.
    expect(runs.filter((delays) => Math.max(...delays) > 40 + 10 + 4).length).toBeGreaterThan(0);
  });
});

describe("a KCL 3 leader", () => {
  const CRASH = 100;

  /*
   * It renews its lock every 30 s; a follower looks every 30 s and a loop of 1 s, and takes over once it has seen the same renewal for
   * more than 120 s, which is at its fifth look: 94 to 155 s after the crash. Its thread's first run comes up to 20 s later and only notes
   * what it sees; the next one, 20 s later, finds the leases expired. With discovery and start that is 117 to 209 s: wider than takeover
   * + 20 s + discovery + start, since the thread of the new leader has a phase of its own.
   */
  it.each([2, 3])(
    "that crashes is followed after 95 to 155 s, and its leases read after 118 to 209 s: %d workers",
    async (workers) => {
      const elections: number[] = [];
      const delays: number[] = [];
      const scenario = [{ event: "leader-crash", at: CRASH }];
      for (const run of await watchAll(40, { version: 3, shards: 6, workers, scenario, seconds: 340 })) {
        const [elected] = eventsNamed(run, "leader-elected").map(({ at }) => at);
        elections.push((elected ?? Number.NaN) - CRASH);
        const moves = eventsNamed(run, "lease-moved").map(({ at }) => at);
        expect(moves.filter((at) => at > CRASH && at <= (elected ?? Number.NaN))).toEqual([]);
        const orphans = orphansOf(run, CRASH);
        expect(orphans.length).toBe(6 / workers);
        delays.push(...orphans.map((shard) => beginsAfter(shard, CRASH) - CRASH));
      }
      expectWithin(elections, 95, 155);
      expectWithin(delays, 118, 209);
      expect(Math.max(...elections) - Math.min(...elections)).toBeGreaterThan(25);
    },
  );

  it("that stops in good order is followed by the next worker that looks, within 31 s", async () => {
    const scenario = [{ event: "deploy", at: 60 }];
    const waits: number[] = [];
    for (const run of await watchAll(40, { version: 3, shards: 4, workers: 3, scenario, seconds: 300 })) {
      const elected = eventsNamed(run, "leader-elected").map(({ at }) => at);
      expect(elected.length).toBeGreaterThan(0);
      // Workers stop at whole minutes, one a minute.
      waits.push(...elected.map((at) => at % 60));
    }
    expectWithin(waits, 1, 31);
    expect(Math.max(...waits)).toBeGreaterThan(15);
  });
});

describe("a KCL 3 worker alone", () => {
  // Its first run comes 20 s after it leads, and the leases are still in its own name of before: 20 s more until they have expired.
  it("leads again at once after a restart in good order, and reads 50 to 54 s later", async () => {
    const scenario = [{ event: "deploy", at: 60 }];
    for (const run of await watchAll(5, { version: 3, shards: 2, workers: 1, scenario, seconds: 300 })) {
      expect(eventsNamed(run, "leader-elected").map(({ at }) => at)).toEqual([120]);
      expectWithin(
        run.shards.map((shard) => beginsAfter(shard, 60) - 120),
        50,
        54,
      );
    }
  });

  // Nobody but itself sees that the lock is not renewed: its fifth look is the first at which that was for more than 120 s.
  it("leads again 124 s after it is back from a crash", async () => {
    const scenario = [{ event: "worker-crash", at: 60, lasts: 60 }];
    for (const run of await watchAll(5, { version: 3, shards: 2, workers: 1, scenario, seconds: 400 })) {
      expect(eventsNamed(run, "leader-elected").map(({ at }) => at)).toEqual([120 + 124]);
      expectWithin(
        run.shards.map((shard) => beginsAfter(shard, 60) - 120 - 124),
        36,
        54,
      );
    }
  });
});

describe("records since the last checkpoint", () => {
  const scenario = [
    { event: "worker-crash", at: 200 },
    { event: "worker-crash", at: 262 },
  ];

  it.each([2, 3] as const)(
    "are processed again after a crash, and by later workers no others, with KCL %s",
    async (version) => {
      let repeated = 0;
      const stream = { version, shards: 1, workers: 4, consumer: { checkpointInterval: 60 }, scenario, seconds: 290 };
      for (const run of await watchAll(40, stream)) {
        const [, first = Number.NaN, second = Number.NaN] = [0, 201, 263].map((at) => run.processed[at] ?? Number.NaN);
        const since = run.repeated[201] ?? Number.NaN;
        expect(since).toBeGreaterThanOrEqual(0);
        // Two polls come on top of the minute.
        expect(since).toBeLessThanOrEqual(20 * (60 + 4));
        expect(second).toBeGreaterThanOrEqual(first);
        repeated += since;
      }
      // Half a minute's on average, four deviations of the mean of 40.
      expect(Math.abs(repeated / 40 / (20 * 30) - 1)).toBeLessThan(0.37);
    },
  );
});

describe("a worker that joins", () => {
  const BACK = 300;
  const scenario = [{ event: "worker-crash", at: 60, lasts: BACK - 60 }];

  it("steals one lease every 20.05 s with KCL 2, until all have as many, and repeats records", async () => {
    let repeated = 0;
    const noticed: number[] = [];
    for (const run of await watchAll(20, { version: 2, shards: 8, workers: 2, scenario, seconds: 420 })) {
      const steals = eventsNamed(run, "lease-moved").filter(({ at }) => at >= BACK);
      for (const { message } of steals) expect(message).toMatch(/steals 1 lease$/);
      const times = [0, 1, 2, 3].map((look) => Math.ceil(BACK + 20.05 * look));
      expect(steals.map(({ at }) => at)).toEqual(times);
      const moved = run.shards.flatMap(({ holdings }) => holdings.filter(({ from }) => from > BACK));
      expect(moved.filter(({ worker }) => worker >= 0).length).toBe(4);
      for (const [look, at] of times.entries()) {
        // Stolen, noticed by the old owner at its next renewal, and read by the new one.
        const [left, taken] = moved.filter(({ from }) => from >= at && from < (times[look + 1] ?? 420));
        const last = taken ?? left ?? { from: Number.NaN };
        noticed.push((left?.from ?? Number.NaN) - at);
        expect(last.from - at).toBeGreaterThanOrEqual(3);
        expect(last.from - at).toBeLessThanOrEqual(5);
      }
      const all = (run.repeated.at(-1) ?? Number.NaN) - (run.repeated[BACK - 1] ?? Number.NaN);
      // For each steal, what the old owner does until it notices, and since its last checkpoint.
      expect(all).toBeLessThanOrEqual(4 * 20 * (3.4 + 1 + 1.5 + 1));
      repeated += all;
    }
    expectWithin(noticed, 0, 5);
    expect(meanOf(noticed)).toBeGreaterThan(1);
    expect(repeated).toBeGreaterThan(20 * 4 * 20 * 0.5);
  });

  /*
   * It is seen after its first report, 2 s after its start, and gets leases at runs that balance, one a minute: 60 % of what the other has
   * above the average. 12 leases and none: 0.6 x 6 = 3.6, of which 3 fit; then 0.6 x 3, then 0.6 x 2, about.
   */
  it("is handed part of the surplus once a minute with KCL 3, without records being repeated", async () => {
    const gaps: number[] = [];
    let runsLooked = 0;
    for (const run of await watchAll(40, { version: 3, shards: 12, workers: 2, scenario, seconds: 720 })) {
      if (eventsNamed(run, "leader-elected").length > 0) continue;
      runsLooked += 1;
      const handed = eventsNamed(run, "lease-moved").filter(({ at }) => at >= BACK);
      for (const { message } of handed) expect(message).toMatch(/handed over to even out the load$/);
      const [first = Number.NaN, ...later] = handed.map(({ at }) => at);
      expect(first).toBeGreaterThanOrEqual(BACK + 2);
      expect(first).toBeLessThanOrEqual(BACK + 2 + 61);
      for (const at of later) expect((at - first) % 60).toBe(0);
      const counts = handed.map(({ message }) => Number(/ (\d+) lease/.exec(message)?.[1] ?? 1));
      expectWithin(counts.slice(0, 1), 3, 4);
      expect(Math.max(0, ...counts.slice(1))).toBeLessThanOrEqual(2);
      const held = run.simulation.fleets[0]?.workers.map(({ leases }) => leases.length).filter((count) => count > 0);
      expectWithin(held ?? [], 5, 7);
      for (const { holdings } of run.shards)
        for (const [place, { from, worker }] of holdings.entries())
          if (worker < 0 && from > BACK) gaps.push((holdings[place + 1]?.from ?? Number.NaN) - from);
      expect(run.repeated.at(-1)).toBe(run.repeated[BACK - 1]);
    }
    expect(runsLooked).toBeGreaterThan(10);
    // A loop until the old owner has let go, up to 9.975 s until the new one finds out, and its start.
    expectWithin(gaps, 3, 1 + 10 + 4);
    // Leases that are handed over together wait together.
    expect(Math.abs(meanOf(gaps) - 9)).toBeLessThan(2);
  });

  it("is handed its share at once where KCL 3 counts leases, whether they carry anything or not", async () => {
    // In one of 30 runs the leader looks before the worker has reported, and has to look again.
    for (const records of [240, 0])
      for (const run of await watchAll(SEEDS, {
        version: 3,
        shards: 12,
        workers: 2,
        records,
        consumer: { leaseAssignment: "count" },
        scenario,
        seconds: 720,
      })) {
        if (eventsNamed(run, "leader-elected").length > 0) continue;
        const handed = eventsNamed(run, "lease-moved").filter(({ at }) => at >= BACK);
        expect(handed.map(({ message }) => Number(/ (\d+) lease/.exec(message)?.[1]))).toEqual([6]);
      }
  });
});

/*
 * The library's own taker, run with 3 workers of 4 leases each and 24 new ones: whoever looks first has 28, the others 4 each. From then
 * on each of these steals one at each of its looks, up to 12. Finished leases count, until they are deleted after 5 minutes.
 */
it("KCL 2 gives all new leases to one worker, from which the others steal one every 20.05 s", async () => {
  const runs = await watchAll(20, {
    version: 2,
    shards: 12,
    workers: 3,
    scenario: [
      { event: "consumer-down", at: 60, lasts: 540 },
      { event: "reshard", at: 70, shards: 24 },
    ],
    seconds: 880,
  });
  let whole = 0;
  for (const run of runs) {
    const moves = eventsNamed(run, "lease-moved").map(({ at, message }) => ({
      at,
      worker: Number(/worker (\d)/.exec(message)?.[1]),
      verb: message.includes("steals") ? "steals" : "takes",
      count: Number(/(\d+) lease/.exec(message)?.[1]),
    }));
    const [first, ...steals] = moves;
    // Somebody may look between the ends of two parents.
    if (first === undefined || first.count < 24) continue;
    whole += 1;
    expect(first).toMatchObject({ verb: "takes", count: 24 });
    expect(Math.max(...run.shards.slice(0, 12).map(({ endedAt }) => endedAt))).toBeLessThanOrEqual(first.at);
    for (const worker of [0, 1, 2].filter((one) => one !== first.worker)) {
      const own = steals.filter((one) => one.worker === worker);
      expect(own.length).toBe(8);
      for (const [place, { at, verb, count }] of own.entries()) {
        expect({ verb, count }).toEqual({ verb: "steals", count: 1 });
        expect(Math.abs(at - (own[0]?.at ?? Number.NaN) - 20.05 * place)).toBeLessThanOrEqual(1);
      }
    }
    expect(steals.length).toBe(16);
  }
  expect(whole).toBeGreaterThan(5);
});

describe("a limit of the KCL", () => {
  const scenario = [{ event: "worker-crash", at: 60 }];
  async function unreadAtTheEnd(version: 2 | 3, limits: NonNullable<ModelRun["limits"]>): Promise<number> {
    const [run] = await watchAll(1, { version, shards: 6, workers: 2, scenario, seconds: 600, limits });
    return run?.shards.filter(({ holdings }) => holdings.at(-1)?.worker === -1).length ?? Number.NaN;
  }

  it.each([
    { version: 2, limits: { "kcl.leasesPerWorkerMax": 4 }, unread: 2 },
    { version: 3, limits: { "kcl.leasesPerWorkerMax": 4 }, unread: 2 },
    { version: 3, limits: { "kcl.workerBytesPerSecondMax": 5_000 }, unread: 3 },
  ] as const)("leaves leases of KCL $version to nobody after a crash: $limits", async ({ version, limits, unread }) => {
    expect(await unreadAtTheEnd(version, {})).toBe(0);
    expect(await unreadAtTheEnd(version, limits)).toBe(unread);
  });
});
