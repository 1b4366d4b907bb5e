/*
 * Workers and their CPU: what a worker gets done, how its shards share it, and what is said about its use.
 */
import { describe, expect, it } from "vitest";
import { cpuShortage } from "../../../src/planning/simulation-findings.js";
import type { StreamSimulation } from "../../../src/simulation/stream-simulation.js";
import { consumerOf, everyFidelity, openReads, play, type ReadStream, simulateReads } from "./read-side-run.js";

const MINUTES_30 = 1_800;

/** A KCL consumer that needs so much CPU for a record, on workers of so many vCPUs. */
function consumer(cpuSeconds: number, vcpus: number, workers: number, changes: Readonly<Record<string, unknown>> = {}) {
  return { name: "c", kind: "kcl", cpuPerRecord: cpuSeconds, worker: { vcpus }, workers, ...changes };
}

/** CPU seconds that were used, and those that there were. */
function cpuOf({ recorder }: StreamSimulation): { used: number; available: number; max: number } {
  return recorder.cpu[0]?.sums ?? { used: Number.NaN, available: Number.NaN, max: Number.NaN };
}

describe.each(everyFidelity)("a worker in fidelity %s", (fidelity) => {
  /** Workers that are asked for more than they can, from the first second on. */
  const overloads = [
    { vcpus: 2, cpu: 0.001, shards: 4, records: 2_800, workers: 1 },
    { vcpus: 1, cpu: 0.007, shards: 3, records: 210, workers: 1 },
    { vcpus: 0.5, cpu: 0.01, shards: 2, records: 80, workers: 1 },
    { vcpus: 1, cpu: 0.002, shards: 6, records: 3_000, workers: 3 },
  ];

  it.each(overloads)(
    "of $vcpus vCPUs gets its CPU's worth done, and no more: $shards shards, $workers workers",
    async ({ vcpus, cpu, shards, records, workers }) => {
      const stream: ReadStream = { shards, records, consumers: [consumer(cpu, vcpus, workers)] };
      const simulation = play(await openReads(stream, { fidelity, seconds: MINUTES_30 }));
      const most = (workers * vcpus) / cpu;
      const rates = simulation.recorder.rows.map(({ consumers: [one] }) => (one?.processedRecords ?? 0) / 60);
      /*
       * A record that is begun in one minute counts in the next, one for each shard; in the first minute, the polls that bring the
       * first records take up to 1.5 s.
       */
      for (const rate of rates) expect(rate).toBeLessThanOrEqual(most + shards / 60 + 1e-6);
      for (const rate of rates.slice(1)) expect(rate).toBeGreaterThan(0.995 * most - shards / 60);
      const { used, available } = cpuOf(simulation);
      expect(available).toBe(workers * vcpus * MINUTES_30);
      expect(used / available).toBeGreaterThan(0.995);
      expect(used / available).toBeLessThanOrEqual(1 + 1e-9);
    },
  );

  /*
   * Ten minutes of arrivals wait when it comes back: more bytes than a call returns and a bucket holds. A record that is begun in one
   * minute counts in the next.
   */
  it.each([
    { shards: 2, recordSize: 500 },
    { shards: 4, recordSize: 1_000 },
    { shards: 8, recordSize: 4_000 },
  ])(
    "catches up with its CPU and no more: $shards shards, records of $recordSize B",
    async ({ shards, recordSize }) => {
      const stream: ReadStream = {
        shards,
        records: 500,
        recordSize,
        consumers: [consumer(0.001, 1, 1)],
        scenario: [{ event: "consumer-down", at: "10m", consumer: "c", lasts: "10m" }],
      };
      const { recorder } = play(await openReads(stream, { fidelity, seconds: 2_400 }));
      const processed = recorder.rows.map(({ consumers: [one] }) => one?.processedRecords ?? Number.NaN);
      for (const records of processed) expect(records).toBeLessThanOrEqual(60_000 + shards);
      const caughtUp = recorder.rows.findIndex(
        ({ at, consumers: [one] }) => at >= 1_200 && (one?.backlogRecords ?? 0) < 2_000,
      );
      expect(caughtUp).toBeGreaterThanOrEqual(29);
      expect(caughtUp).toBeLessThanOrEqual(30);
    },
  );

  it("never uses more than all of its CPU in a minute", async () => {
    for (const { vcpus, cpu, shards, records, workers } of overloads) {
      const stream: ReadStream = { shards, records, consumers: [consumer(cpu, vcpus, workers, { timeVariation: 1 })] };
      const { summary } = await simulateReads(stream, { fidelity, seconds: MINUTES_30 });
      expect(summary.consumers[0]?.cpuUtilization?.max).toBeLessThanOrEqual(1 + 1e-9);
    }
  });

  /** A key with most of the traffic makes one shard hot: 840 a second, the three others have 120 each. */
  function hotShard(workers: number | undefined): ReadStream {
    const producer = { keys: { hottest: 0.6 } };
    const one = consumer(0.001, 1, workers ?? 1);
    return {
      shards: 4,
      records: 1_200,
      producer,
      consumers: [workers === undefined ? { ...one, workers: undefined } : one],
    };
  }

  it("does not let a hot shard slow the others", async () => {
    const simulation = await openReads(hotShard(1), { fidelity, seconds: MINUTES_30 });
    play(simulation, (seconds) => {
      const backlogs = simulation.shards.map(({ leases: [lease] }) => lease?.reader.backlog ?? Number.NaN);
      const waits = backlogs.map((backlog) => backlog / 120).sort((a, b) => a - b);
      // A poll interval, and the second to which the CPU is shared out; four deviations of what comes in that time.
      if (seconds > 60) for (const wait of waits.slice(0, 3)) expect(wait).toBeLessThan(1.65 + 1 + 1.2);
    });
    const { used, available } = cpuOf(simulation);
    expect(used).toBeLessThanOrEqual(available * (1 + 1e-9));
  });

  it("gives a hot shard all that the others leave", async () => {
    const simulation = play(await openReads(hotShard(1), { fidelity, seconds: MINUTES_30 }));
    const { used, available } = cpuOf(simulation);
    expect(used / available).toBeGreaterThan(0.99);
  });

  /*
   * After half an hour without readers: one shard has 900 KiB a second in large records, of which two other consumers and this one can
   * read 2 MiB/s (or this one alone, by fan-out), the other has 950 small records a second.
   */
  it.each(["shared", "fan-out"])("leaves to others what a shard with %s reads cannot use", async (read) => {
    const small = { name: "small", records: 1_000, recordSize: 100, putBatch: 1, keys: { hottest: 0.9 } };
    const others = ["d", "e"].map((name) => ({ name, kind: "sdk", read }));
    const stream: ReadStream = {
      shards: 2,
      records: 9,
      recordSize: 102_400,
      producer: { keys: { hottest: 0.95 } },
      moreProducers: [small],
      consumers: [consumer(0.001, 1, 1, { read }), ...others],
      scenario: [{ event: "consumer-down", at: 0, consumer: "c", lasts: MINUTES_30 }],
    };
    const simulation = play(await openReads(stream, { fidelity, seconds: 2 * MINUTES_30 }));
    const rates = simulation.recorder.rows.map(({ consumers: [one] }) => one?.cpuUtilization?.mean ?? Number.NaN);
    for (const rate of rates.slice(31)) expect(rate).toBeGreaterThan(0.95);
  });

  it("uses the CPU of what it processed, over the CPU that there was", async () => {
    const stream: ReadStream = { shards: 3, records: 1_200, consumers: [consumer(0.0004, 0.5, 2)] };
    const simulation = play(await openReads(stream, { fidelity, seconds: MINUTES_30 }));
    const { used, available, max } = cpuOf(simulation);
    const processed = simulation.fleets[0]?.account.processed ?? Number.NaN;
    expect(used).toBeCloseTo(processed * 0.0004, 6);
    expect(available).toBe(2 * 0.5 * MINUTES_30);
    // One worker has two shards of 400 a second: 0.32 of 0.5 vCPU.
    expect(Math.abs(max / 0.64 - 1)).toBeLessThan(0.05);
    for (const { consumers, seconds } of simulation.recorder.rows) {
      const mean = ((consumers[0]?.processedRecords ?? 0) * 0.0004) / (2 * 0.5 * seconds);
      expect(consumers[0]?.cpuUtilization?.mean).toBeCloseTo(mean, 9);
      expect(consumers[0]?.cpuUtilization?.max).toBeLessThanOrEqual(max);
    }
  });

  /** How a run looks in rows of so many seconds: its CPU, when it was short, and the busiest of its rows. */
  async function cpuIn(resolutionSeconds: number, stream: ReadStream) {
    const run = await simulateReads(stream, { fidelity, seconds: 1_830, resolutionSeconds });
    const { timeline, summary } = run;
    const maxima = timeline.map(({ consumers: [one] }) => one?.cpuUtilization?.max ?? Number.NaN);
    return { ...summary.consumers[0]?.cpuUtilization, ...cpuShortage(0, run), maxima, timeline };
  }

  // Half a minute of outage, whose records take another half minute with all the CPU that there is.
  it("is as busy in its busiest minute however long the rows are", async () => {
    const stream: ReadStream = {
      shards: 2,
      records: 500,
      consumers: [consumer(0.001, 1, 1)],
      scenario: [{ event: "consumer-down", at: 600, consumer: "c", lasts: 30 }],
    };
    const { max = 0, mean = 0, minutes } = await cpuIn(60, stream);
    expect(Math.abs(mean / 0.5 - 1)).toBeLessThan(0.02);
    expect(Math.abs(max / 0.75 - 1)).toBeLessThan(0.5);
    expect(minutes).toBe(0);
    for (const resolutionSeconds of [10, 3_600]) {
      const other = await cpuIn(resolutionSeconds, stream);
      expect(other.mean).toBeCloseTo(mean, 2);
      expect(other.max).toBeCloseTo(max, 2);
      expect(other.minutes).toBe(0);
      const largest = Math.max(...other.maxima);
      if (resolutionSeconds > 60) expect(largest).toBe(other.max);
      else expect(largest).toBeGreaterThan(0.98);
    }
  });

  // What waits after 285 s takes another 285 s, from 14:45 to 19:30.
  it.each([1, 7, 60, 90, 600, 3_600])(
    "has no CPU left in the same minutes in rows of %d s",
    async (resolutionSeconds) => {
      const stream: ReadStream = {
        shards: 2,
        records: 500,
        consumers: [consumer(0.001, 1, 1)],
        scenario: [{ event: "consumer-down", at: 600, consumer: "c", lasts: 285 }],
      };
      const { max, minutes, firstMinute, maxima, timeline } = await cpuIn(resolutionSeconds, stream);
      expect(max).toBeGreaterThan(0.995);
      expect([minutes, firstMinute]).toEqual([4, 15]);
      for (const [row, { at, seconds }] of timeline.entries()) {
        if (at <= 15 * 60 && at + seconds >= 16 * 60) expect(maxima[row]).toBeGreaterThan(0.99);
        if (at >= 15 * 60 && at + seconds <= 19 * 60) expect(maxima[row]).toBeGreaterThan(0.97);
        if (seconds >= 60 && (at >= 20 * 60 || at + seconds <= 14 * 60)) expect(maxima[row]).toBeLessThan(0.7);
      }
    },
  );

  it("is idle when there are more workers than shards", async () => {
    const stream: ReadStream = { shards: 2, records: 1_000, consumers: [consumer(0.001, 1, 5)] };
    const run = await simulateReads(stream, { fidelity, seconds: MINUTES_30 });
    const { cpuUtilization, processedRecords } = consumerOf(run);
    expect(cpuUtilization?.mean).toBeCloseTo((processedRecords * 0.001) / (5 * MINUTES_30), 6);
    expect(Math.abs((cpuUtilization?.mean ?? 0) / 0.2 - 1)).toBeLessThan(0.02);
    // Half a vCPU, and by chance a little more in the busiest minute of either.
    expect(Math.abs((cpuUtilization?.max ?? 0) / 0.5 - 1)).toBeLessThan(0.05);
    // A worker without a lease is spare.
    expect(run.timeline.every(({ consumers: [one] }) => one?.workers === 2)).toBe(true);
  });

  it("reads nothing where there is none", async () => {
    const stream: ReadStream = { shards: 2, records: 100, consumers: [consumer(0.001, 1, 0)] };
    const run = await simulateReads(stream, { fidelity, seconds: 600 });
    const { processedRecords, backlogRecords, iteratorAgeSeconds, cpuUtilization } = consumerOf(run);
    expect(processedRecords).toBe(0);
    expect(backlogRecords).toBe(run.summary.acceptedRecords);
    expect(iteratorAgeSeconds.max).toBeGreaterThan(598);
    expect(cpuUtilization).toBeNull();
  });

  it("takes as many times as long as it is slowed, and no more CPU for a record", async () => {
    const stream: ReadStream = {
      shards: 1,
      records: 500,
      consumers: [consumer(0.0005, 1, 1, { timePerRecord: 0.001 })],
      scenario: [
        { event: "slow", at: "5m", consumer: "c", factor: 4, lasts: "10m" },
        { event: "slow", at: "10m", consumer: "c", factor: 2, lasts: "5m" },
      ],
    };
    const run = await simulateReads(stream, { fidelity, seconds: MINUTES_30 });
    const rows = run.timeline.map(({ consumers: [one] }) => one);
    const mean = (from: number, to: number): number =>
      rows.slice(from, to).reduce((sum, one) => sum + (one?.processedRecords ?? 0), 0) / (60 * (to - from));
    // 1,000 a second at best, a quarter of that, an eighth while both are on; a record that is begun counts when it is done.
    expect(Math.abs(mean(0, 5) / 500 - 1)).toBeLessThan(0.02);
    expect(Math.abs(mean(6, 10) / 250 - 1)).toBeLessThan(0.005);
    expect(Math.abs(mean(10, 15) / 125 - 1)).toBeLessThan(0.005);
    expect(Math.abs(mean(16, 18) / 1_000 - 1)).toBeLessThan(0.005);
    for (const one of rows)
      expect(one?.cpuUtilization?.mean).toBeCloseTo(((one?.processedRecords ?? 0) * 0.0005) / 60, 9);
    const events = run.events.map(({ at, event }) => `${at} ${event}`);
    expect(events).toEqual(["300 slow-started", "600 slow-started", "900 slow-ended", "900 slow-ended"]);
  });

  it("shares its CPU with the shards of others that are down", async () => {
    // Two workers of three shards each can take 1,000 a second; one alone has all six, and the rest waits.
    const stream: ReadStream = {
      shards: 6,
      records: 1_800,
      consumers: [consumer(0.001, 1, 2, { kind: "sdk" })],
      scenario: [{ event: "worker-crash", at: "5m", consumer: "c" }],
    };
    const simulation = play(await openReads(stream, { fidelity, seconds: MINUTES_30 }));
    const rates = simulation.recorder.rows.map(({ consumers: [one] }) => (one?.processedRecords ?? 0) / 60);
    for (const rate of rates.slice(1, 5)) expect(Math.abs(rate / 1_800 - 1)).toBeLessThan(0.03);
    for (const rate of rates.slice(6)) expect(Math.abs(rate / 1_000 - 1)).toBeLessThan(0.005);
    expect(simulation.recorder.rows.slice(5).every(({ consumers: [one] }) => one?.workers === 1)).toBe(true);
  });

  /*
   * The dead worker's leases take 20 to 40 s to be found expired, and 3 to 14 s more to be read. By its last reports it may be the less
   * loaded of the two: then they stay with it for 60 to 80 s.
   */
  it("has the shards of KCL workers that are down after a while", async () => {
    const stream: ReadStream = {
      shards: 6,
      records: 1_800,
      consumers: [consumer(0.001, 1, 2)],
      scenario: [{ event: "worker-crash", at: "5m", consumer: "c" }],
    };
    const simulation = play(await openReads(stream, { fidelity, seconds: MINUTES_30 }));
    const rates = simulation.recorder.rows.map(({ consumers: [one] }) => (one?.processedRecords ?? 0) / 60);
    for (const rate of rates.slice(1, 5)) expect(Math.abs(rate / 1_800 - 1)).toBeLessThan(0.03);
    for (const rate of rates.slice(5, 7)) expect(rate).toBeGreaterThan(900 * 0.97);
    for (const rate of rates.slice(8)) expect(Math.abs(rate / 1_000 - 1)).toBeLessThan(0.005);
    expect(simulation.recorder.rows.slice(5).every(({ consumers: [one] }) => one?.workers === 1)).toBe(true);
  });

  // Up from 0 to 90 s and from 330 s on, the one; all the time, the other.
  it.each([1, 60, 600])(
    "counts the CPU of workers while they are up, and only then, in rows of %d s",
    async (resolutionSeconds) => {
      const stream: ReadStream = {
        shards: 2,
        records: 800,
        consumers: [consumer(0.001, 1, 2)],
        scenario: [{ event: "worker-crash", at: 90, consumer: "c", lasts: 240 }],
      };
      const simulation = play(await openReads(stream, { fidelity, seconds: 600, resolutionSeconds }));
      expect(cpuOf(simulation).available).toBe(600 + 90 + 270);
    },
  );
});
