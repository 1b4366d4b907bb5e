/*
 * Producers on one shard that takes a tenth of the usual, so that record by record is quick too: what is lost, what is tried in vain and
 * what waits, against what each way to retry comes to in the long run.
 */
import { describe, expect, it } from "vitest";
import type { FactName } from "../../../src/service/service-facts.js";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import type { RetryModel } from "../../../src/simulation/model.js";
import type { SimulationRun } from "../../../src/simulation/simulate.js";
import type { TimelineRow } from "../../../src/simulation/timeline.js";
import { type ModelRun, replay, simulationOf } from "./run-model.js";
import { loadShard, producerOf, recordLimit } from "./shard-under-load.js";
import { LIMIT, limits, runProducer, sum, workload } from "./small-shard.js";

const exactly: readonly Fidelity[] = ["record", "tick", "fluid"];

function overload(ratio: number, retry: string, run: ModelRun): Promise<SimulationRun> {
  return runProducer(`records: ${ratio * LIMIT}/s, retry: ${retry}`, run);
}

/**
 * What four standard errors of what is offered change about the share that gets in (its deviation is that of a Poisson count), and
 * the burst at the start.
 */
function shareTolerance(ratio: number, seconds: number): number {
  const offered = ratio * LIMIT * seconds;
  return (4 / Math.sqrt(offered) + LIMIT / offered) / ratio + 0.002;
}

describe("a producer that does not retry", () => {
  it.each([...exactly, "auto"] as const)(
    "has half of twice the limit refused and lost in fidelity %s",
    async (fidelity) => {
      const { summary } = await overload(2, "none", { fidelity, seconds: 1_200 });
      expect(Math.abs(summary.throttledRatio - 0.5)).toBeLessThan(shareTolerance(2, 1_200));
      expect(summary.attemptedRecords).toBe(summary.offeredRecords);
      expect(summary.lostRecords).toBe(summary.throttledRecords);
      expect([summary.bufferedRecords, summary.delayedRecords]).toEqual([0, 0]);
    },
  );
});

describe("a producer that retries as the SDK does", () => {
  const cases = exactly.flatMap((fidelity) => [1.25, 2, 5].map((ratio) => ({ fidelity, ratio })));

  /*
   * Every attempt is refused with the same chance q, three refusals lose a record: q³ = 1 − r/λ. The first minute is left out, since
   * the burst and the first retries are not in balance.
   */
  it.each(cases)(
    "tries as often as balance demands at $ratio times the limit in $fidelity",
    async ({ fidelity, ratio }) => {
      const { timeline } = await overload(ratio, "sdk", { fidelity, seconds: 660 });
      const rows = timeline.slice(1);
      const [offered, attempts] = [sum(rows, "offeredRecords"), sum(rows, "attemptedRecords")];
      const loss = 1 - 1 / ratio;
      const refused = loss ** (1 / 3);
      expect(Math.abs(sum(rows, "lostRecords") / offered - loss)).toBeLessThan(shareTolerance(ratio, 600));
      expect(Math.abs(sum(rows, "throttledRecords") / attempts / refused - 1)).toBeLessThan(0.03);
      expect(Math.abs((attempts / offered) * (1 - refused) * ratio - 1)).toBeLessThan(0.03);
    },
  );

  // What waits is no fresh record: in chunks of a second it would be counted more than twice.
  it("tries as often whatever the rows of the timeline, as a flow", async () => {
    const byMinutes = await overload(2, "sdk", { fidelity: "fluid", resolutionSeconds: 60 });
    const bySeconds = await overload(2, "sdk", { fidelity: "fluid", resolutionSeconds: 1 });
    expect(bySeconds.summary.throttledRatio / byMinutes.summary.throttledRatio).toBeCloseTo(1, 2);
  });

  /*
   * One of two producers falls silent while the other keeps the shard overloaded: what still waits of it is put again, a part of it gets
   * in, and the rest is given up within the longest back-offs.
   */
  it.each([
    [0, 1],
    [0, 60],
    [0.3, 1],
    [30, 1],
  ])("gives up what waits once it falls to %d/s, as a flow in rows of %d s", async (after, resolutionSeconds) => {
    const silent = `{name: a, recordSize: 100 B, putBatch: 1, retry: sdk, traffic: {timeline: [{at: 0s, records: 300/s}, {at: 60s, records: ${after}/s}]}}`;
    const steady = "{name: b, recordSize: 100 B, putBatch: 1, retry: sdk, records: 500/s}";
    const yaml = `{version: 1, stream: {name: s, shards: 1}, producers: [${silent}, ${steady}]}`;
    const run = { limits, resolutionSeconds, seconds: 120 };
    const flow = await replay(yaml, { ...run, fidelity: "fluid" });
    const ticks = await replay(yaml, { ...run, fidelity: "tick" });
    const [one, reference] = [flow.producers[0], ticks.producers[0]];
    if (one === undefined || reference === undefined) throw new Error("there is no producer");
    expect(one.waiting).toBeLessThan(3 * after + 1e-9);
    for (const name of ["lost", "attempts", "throttled", "accepted"] as const)
      expect(Math.abs(one[name] / reference[name] - 1), name).toBeLessThan(0.05);
  });

  it.each(["record", "tick"] as const)("never tries more than three times in fidelity %s", async (fidelity) => {
    const { timeline } = await overload(50, "sdk", { fidelity, seconds: 20, resolutionSeconds: 1 });
    expect(sum(timeline, "attemptedRecords")).toBeLessThanOrEqual(3 * sum(timeline, "offeredRecords"));
    expect(sum(timeline, "attemptedRecords")).toBeGreaterThan(2.9 * (sum(timeline, "offeredRecords") - 3 * 50 * LIMIT));
  });

  it("never tries more than three times as a flow", async () => {
    const { summary } = await overload(50, "sdk", { fidelity: "fluid" });
    expect(summary.attemptedRecords).toBeLessThanOrEqual(3 * summary.offeredRecords);
  });

  it("waits up to twice as long each time, and never longer than the SDK does", async () => {
    expect(await backoff({})).toEqual([1, 2]);
    expect(await backoff({ "sdk.attempts": 8 })).toEqual([1, 2, 4, 8, 16, 20, 20]);
    expect(await backoff({ "sdk.attempts": 1 })).toEqual([]);
    expect(await backoff({ "sdk.attempts": 4, "sdk.throttlingBackoffSeconds": 0.5 })).toEqual([0.5, 1, 2]);
  });

  it("waits evenly up to the longest, record by record", () => {
    const attempts = attemptsOfBurst("record", [1, 2]);
    for (const [index, count] of attempts.entries()) {
      const seconds = index + 1;
      // Records arrive evenly within the first second, and each of the waits is even.
      const expected = 1 + sumOfUniforms(seconds, [1, 1]) + sumOfUniforms(seconds, [1, 1, 2]);
      // The number of attempts of a record varies by less than one: four standard errors of the mean of 20,000.
      expect(Math.abs(count - expected)).toBeLessThan(4 / Math.sqrt(20_000));
    }
  });

  it("waits for the next tick at least, and for those in which its wait may end, by the tick", () => {
    // A refusal is retried in the next tick. Of those refused anew, at any time U of that tick, the part with U + D < 2 is 3/4.
    for (const [index, count] of attemptsOfBurst("tick", [1, 2]).entries())
      expect(count).toBeCloseTo([1, 2, 2.75, 3, 3][index] as number, 3);
  });
});

async function backoff(changes: Partial<Record<FactName, number>>): Promise<readonly number[]> {
  const { model } = await simulationOf(workload("records: 1/s, retry: sdk"), { limits: changes });
  const retry = model.producers[0]?.retry;
  return retry?.kind === "sdk" ? retry.backoffSecondsMax : [];
}

/** Attempts so far for each record, at the end of every second, of records that come in the first second to a shard that takes none. */
function attemptsOfBurst(fidelity: Fidelity, backoffSecondsMax: readonly number[]): number[] {
  const retry: RetryModel = { kind: "sdk", backoffSecondsMax };
  const curve = {
    ...producerOf(0).curve,
    after: (now: number) => (now < 1 ? 20_000 : 0),
    before: (now: number) => (now <= 1 ? 20_000 : 0),
  };
  const attempts: number[] = [];
  loadShard({
    fidelity,
    producers: [producerOf(0, { curve, retry })],
    limits: recordLimit(0, 0),
    seconds: 5,
    chunkTicks: 1,
    look: (_log, _now, [producer]) => attempts.push((producer?.attempts ?? 0) / (producer?.offered ?? 1)),
  });
  return attempts;
}

/** The chance that independent times, each even from 0 to its longest, add up to less than `total` (inclusion and exclusion). */
function sumOfUniforms(total: number, longest: readonly number[]): number {
  let volume = 0;
  for (let subset = 0; subset < 2 ** longest.length; subset += 1) {
    const chosen = longest.filter((_, index) => (subset & (1 << index)) !== 0);
    const rest = Math.max(0, total - chosen.reduce((all, one) => all + one, 0));
    volume += (-1) ** chosen.length * rest ** longest.length;
  }
  return longest.reduce((chance, one, index) => chance / one / (index + 1), volume);
}

describe("a producer that retries as the KPL does", () => {
  const SETTLED_SECONDS = 420;
  const cases = exactly.flatMap((fidelity) => [1.2, 1.6, 3].map((ratio) => ({ fidelity, ratio })));

  /** Seven minutes from the fifth on: at 1.2 times the limit it takes three until the oldest waiting record is 30 s old. */
  async function settled(fidelity: Fidelity, ratio: number, instances = 1): Promise<readonly TimelineRow[]> {
    const { timeline } = await overload(ratio, `kpl, instances: ${instances}`, { fidelity, seconds: 660 });
    return timeline.slice(4);
  }

  it.each(cases)("has a third of 150 % refused at $ratio times the limit in $fidelity", async ({ fidelity, ratio }) => {
    const rows = await settled(fidelity, ratio);
    // Attempts are the limiter's 150 %, of which the shard takes 100 %: no chance is left.
    expect(sum(rows, "throttledRecords") / sum(rows, "attemptedRecords")).toBeCloseTo(1 / 3, 4);
    expect(sum(rows, "acceptedRecords") / SETTLED_SECONDS).toBeCloseTo(LIMIT, 0);
    // What is lost is the rest, but for what comes to wait or has waited: a count of four standard errors.
    const [lost, rate] = [sum(rows, "lostRecords") / SETTLED_SECONDS, (ratio - 1) * LIMIT];
    expect(Math.abs(lost - rate)).toBeLessThan(4 * Math.sqrt((ratio * LIMIT) / SETTLED_SECONDS) + 1);
  });

  it.each(exactly)("has two thirds refused with two processes, each with a limiter, in %s", async (fidelity) => {
    const rows = await settled(fidelity, 3, 2);
    expect(sum(rows, "throttledRecords") / sum(rows, "attemptedRecords")).toBeCloseTo(2 / 3, 4);
  });

  it.each(cases)(
    "holds no more than 30 s of traffic and a tick at $ratio times the limit in $fidelity",
    async (one) => {
      const { timeline } = await overload(one.ratio, "kpl", {
        fidelity: one.fidelity,
        seconds: 300,
        resolutionSeconds: 1,
      });
      const most = Math.max(...timeline.map(({ bufferedRecords }) => bufferedRecords));
      // Four standard deviations of what 31 s bring.
      expect(most).toBeLessThan(31 * one.ratio * LIMIT + 4 * Math.sqrt(31 * one.ratio * LIMIT));
    },
  );

  it.each(["tick", "fluid"] as const)("loses nothing until the oldest record is 30 s old in %s", async (fidelity) => {
    for (const ratio of [1.6, 3]) {
      const { timeline } = await overload(ratio, "kpl", { fidelity, seconds: 180, resolutionSeconds: 1 });
      const first = timeline.find(({ lostRecords }) => lostRecords > 0)?.at ?? Number.NaN;
      // Oldest first: (λ − r)·t wait, and the oldest of them is (λ − r)·t/λ old. The burst puts it off by B/(λ − r).
      const expected = (30 * ratio + 1) / (ratio - 1);
      expect(Math.abs(first - expected)).toBeLessThan(6);
    }
  });

  // A record that the limiter cannot let go before it expires waits none the less until it does.
  it("loses nothing in the first 30 s of overload, record by record", async () => {
    const { timeline } = await overload(5, "kpl", { fidelity: "record", seconds: 40, resolutionSeconds: 1 });
    expect(timeline.find(({ lostRecords }) => lostRecords > 0)?.at).toBeGreaterThanOrEqual(30);
  });

  // What waits at the end of the overload is at most 11 s old, and gets in within another 14.
  it.each(exactly)(
    "loses next to nothing of an overload that ends before records are 30 s old in %s",
    async (fidelity) => {
      // A bounded memory has a flow take steps of a second.
      const traffic =
        "traffic: {timeline: [{at: 0s, records: 130/s}, {at: 50s, records: 0/s}]}, retry: kpl, buffer: 1 GB";
      const { summary } = await runProducer(traffic, { fidelity, seconds: 120 });
      expect(summary.bufferedRecords).toBe(0);
      // A twentieth of what waited: single records ask out of turn, and a few of them starve.
      expect(summary.lostRecords).toBeLessThan(70);
    },
  );

  it("has what waits taken over with its age by the shards that come after, as a flow", async () => {
    const traffic = `{name: p, recordSize: 100 B, putBatch: 1, retry: kpl, buffer: 1 GB,
      traffic: {timeline: [{at: 0s, records: 0/s}, {at: 45s, records: 500/s}, {at: 60s, records: 0/s}]}}`;
    const yaml = `{version: 1, stream: {name: s, shards: 1}, producers: [${traffic}], scenario: [{event: split-shard, at: 0s, shard: 0}]}`;
    const flow = await replay(yaml, {
      limits: {
        ...limits,
        "reshard.operationSeconds": 61,
        "reshard.operationSecondsMin": 61,
        "reshard.operationSecondsMax": 61,
        "reshard.startDelaySecondsMax": 0,
      },
      fidelity: "fluid",
      seconds: 180,
    });
    expect(flow.openShards.length).toBe(2);
    const [producer] = flow.producers;
    // 1,700 get in before, then two shards take 100/s each and are done before anything is 30 s old.
    expect(producer?.accepted).toBe(7_500);
  });

  // The order is another one, by age or by the time of asking, but either way nearly all of 30 s wait.
  it("holds about as much record by record as by the tick", async () => {
    const [byRecord, byTick] = await Promise.all(
      (["record", "tick"] as const).map((fidelity) => overload(5, "kpl", { fidelity, seconds: 120 })),
    );
    const held = (run: SimulationRun | undefined): number => run?.summary.bufferedRecords ?? Number.NaN;
    expect(held(byRecord) / held(byTick)).toBeGreaterThan(0.8);
  });

  // The limiter holds back from the first record on: what it lets through at first is not to be charged later.
  it.each(exactly)("keeps the shard busy from the first second of overload in %s", async (fidelity) => {
    expect(await leastAccepted(fidelity)).toBeGreaterThanOrEqual(LIMIT - 1);
  });

  /** The fewest records that are taken in a second of overload, which begins after a minute. */
  async function leastAccepted(fidelity: Fidelity): Promise<number> {
    const traffic = `traffic: {timeline: [{at: 0s, records: 50/s}, {at: 60s, records: 500/s}]}, retry: kpl`;
    const { timeline } = await runProducer(traffic, { fidelity, seconds: 90, resolutionSeconds: 1 });
    return Math.min(...timeline.slice(60).map(({ acceptedRecords }) => acceptedRecords));
  }

  it.each(exactly)("lets no more go after a pause than its limiter holds and gains in %s", async (fidelity) => {
    const points = "[{at: 0s, records: 500/s}, {at: 10s, records: 5/s}, {at: 240s, records: 1000/s}]";
    const traffic = `traffic: {timeline: ${points}}, retry: kpl`;
    const { timeline } = await runProducer(traffic, { fidelity, seconds: 260, resolutionSeconds: 1 });
    for (const start of [0, 240])
      for (let seconds = 1; seconds <= 20; seconds += 1) {
        const attempts = sum(timeline.slice(start, start + seconds), "attemptedRecords");
        // What the shard has saved up is the most that goes beyond in a flow, which knows no burst of the limiter.
        expect(attempts).toBeLessThanOrEqual(LIMIT + 1.5 * LIMIT * seconds);
        if (seconds < 10) expect(attempts).toBeGreaterThanOrEqual(1.5 * LIMIT * seconds - 1);
      }
  });

  it.each(exactly)("tries once and waits for nothing below the limit in %s", async (fidelity) => {
    const { summary } = await overload(0.8, "kpl", { fidelity, seconds: 600 });
    expect(summary).toMatchObject({ throttledRecords: 0, lostRecords: 0, delayedRecords: 0, bufferedRecords: 0 });
    expect(summary.attemptedRecords).toBe(summary.offeredRecords);
  });
});
