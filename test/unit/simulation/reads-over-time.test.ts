/*
 * What a run says about its consumers: rows and summary agree, ages are those of every second, nothing is old where there is nothing to
 * read, and backlog and latency belong together.
 */
import { describe, expect, it } from "vitest";
import {
  consumerOf,
  everyFidelity,
  keepAges,
  openReads,
  play,
  type ReadStream,
  simulateReads,
  sumLatencies,
} from "./read-side-run.js";

/** Consumers of every kind, an outage, a crash and a lull on three shards. */
const eventful: ReadStream = {
  shards: 3,
  records: 600,
  producer: { keys: { hottest: 0.2 } },
  consumers: [
    { name: "a", kind: "kcl", cpuPerRecord: "1 ms", workers: 2 },
    { name: "b", kind: "lambda", timePerRecord: "4 ms", parallelization: 2 },
    { name: "c", kind: "firehose" },
    { name: "d", kind: "kcl", read: "fan-out", timePerRecord: "2 ms" },
    { name: "e", kind: "sdk", pollInterval: "250 ms" },
    { name: "f", kind: "flink" },
  ],
  scenario: [
    { event: "consumer-down", at: 130, consumer: "b", lasts: 155 },
    { event: "worker-crash", at: 400, consumer: "a", lasts: 180 },
    { event: "traffic", at: 700, factor: 0, lasts: 60 },
    { event: "slow", at: 800, consumer: "d", factor: 5, lasts: 45 },
    { event: "deploy", at: 900, consumer: "a" },
  ],
};

describe.each(everyFidelity)("a run in fidelity %s", (fidelity) => {
  it.each([1, 60, 97, 5_000])("has rows of %d s that add up to its summary", async (resolutionSeconds) => {
    const { summary, timeline } = await simulateReads(eventful, { fidelity, seconds: 1_250, resolutionSeconds });
    const total = (name: "acceptedRecords" | "attemptedRecords" | "throttledRecords" | "lostRecords"): number =>
      timeline.reduce((sum, row) => sum + row[name], 0);
    // Counts of a summary are rounded once, at the end.
    for (const name of ["acceptedRecords", "attemptedRecords", "throttledRecords", "lostRecords"] as const)
      expect(Math.abs(total(name) - summary[name])).toBeLessThanOrEqual(0.5 + 1e-6);
    expect(timeline.reduce((sum, row) => sum + row.seconds, 0)).toBe(1_250);
    for (const [index, consumer] of summary.consumers.entries()) {
      const rows = timeline.map(({ consumers }) => consumers[index]);
      const sum = (name: "processedRecords" | "readThrottles"): number =>
        rows.reduce((most, row) => most + (row?.[name] ?? Number.NaN), 0);
      expect(rows.every((row) => row?.name === consumer.name)).toBe(true);
      // Rows count what is processed again each time; both figures are rounded.
      const processed = consumer.processedRecords + consumer.repeatedRecords;
      expect(Math.abs(sum("processedRecords") - processed)).toBeLessThanOrEqual(1 + 1e-6);
      expect(sum("readThrottles")).toBe(consumer.readThrottles);
      expect(Math.abs((rows.at(-1)?.backlogRecords ?? 0) - consumer.backlogRecords)).toBeLessThanOrEqual(0.5 + 1e-6);
      // Every record that came is processed or waits; each of the three counts is rounded.
      expect(Math.abs(consumer.processedRecords + consumer.backlogRecords - summary.acceptedRecords)).toBeLessThan(2);
      const oldest = Math.max(...rows.map((row) => row?.iteratorAgeSecondsMax ?? Number.NaN));
      expect(oldest).toBe(consumer.iteratorAgeSeconds.max);
      const busiest = Math.max(...rows.map((row) => row?.cpuUtilization?.max ?? 0));
      // A row of 97 s has parts of minutes, which may be busier than the whole.
      if (resolutionSeconds === 60 || resolutionSeconds > 1_250)
        expect(busiest).toBe(consumer.cpuUtilization?.max ?? 0);
      else expect(busiest).toBeGreaterThanOrEqual(consumer.cpuUtilization?.max ?? 0);
    }
  });

  it("has percentiles that rise", async () => {
    const { summary } = await simulateReads(eventful, { fidelity, seconds: 1_250 });
    for (const { iteratorAgeSeconds, latencySeconds } of summary.consumers)
      for (const { p50, p99, max } of [iteratorAgeSeconds, latencySeconds]) {
        expect(p50).toBeGreaterThan(0);
        expect(p99).toBeGreaterThanOrEqual(p50);
        expect(max).toBeGreaterThanOrEqual(p99);
      }
  });

  it("accounts at the end of every row for all that was accepted, for each consumer", async () => {
    const simulation = await openReads(eventful, { fidelity, seconds: 1_250, resolutionSeconds: 13 });
    play(simulation, () => {
      const accepted = simulation.shards.reduce((sum, { log }) => sum + log.records, 0);
      for (const { account, backlog } of simulation.fleets) {
        expect(backlog).toBeGreaterThanOrEqual(-1e-6);
        expect(Math.abs(account.processed - account.repeated + backlog - accepted)).toBeLessThan(
          1e-6 * (1 + accepted * 1e-3),
        );
      }
    });
  });

  it("samples ages at the end of every second", async () => {
    const simulation = await openReads(eventful, { fidelity, seconds: 1_250, resolutionSeconds: 50 });
    const kept = keepAges(simulation);
    play(simulation);
    for (const [index, ages] of kept.entries()) {
      expect(ages.length).toBe(1_250);
      for (const { at, seconds, consumers } of simulation.recorder.rows) {
        const oldest = ages.slice(at, at + seconds).reduce((most, age) => Math.max(most, age), 0);
        expect(consumers[index]?.iteratorAgeSecondsMax).toBe(oldest);
      }
    }
    /*
     * While a consumer is down its age grows by a second a second. Two minutes back the flows know a minute's arrivals by their sum
     * alone, which moves the arrival of one of them by a fraction of a second.
     */
    const [, ages] = kept;
    for (let second = 140; second < 284; second += 1) {
      const grown = (ages?.[second] ?? 0) - (ages?.[139] ?? 0);
      expect(Math.abs(grown - (second - 139))).toBeLessThan(second < 250 ? 0.1 : 1);
    }
  });

  it("has no age where nothing is to be read", async () => {
    const consumers = [
      { name: "a", kind: "kcl", timePerRecord: "1 ms" },
      { name: "b", kind: "kcl", read: "fan-out" },
      { name: "c", kind: "lambda" },
    ];
    const run = await simulateReads({ shards: 2, records: 0, consumers }, { fidelity, seconds: 600 });
    for (const index of [0, 1, 2]) {
      const { iteratorAgeSeconds, latencySeconds, backlogRecords, processedRecords } = consumerOf(run, index);
      expect(iteratorAgeSeconds).toEqual({ p50: 0, p99: 0, max: 0 });
      expect(latencySeconds).toEqual({ p50: 0, p99: 0, max: 0 });
      expect([backlogRecords, processedRecords]).toEqual([0, 0]);
    }
  });

  it("has no age any more soon after the last record", async () => {
    const stream: ReadStream = {
      records: 300,
      consumers: [
        { name: "a", kind: "kcl", timePerRecord: "1 ms" },
        { name: "b", kind: "kcl", read: "fan-out" },
      ],
      scenario: [{ event: "traffic", at: 600, factor: 0, lasts: "30m" }],
    };
    const simulation = await openReads(stream, { fidelity, seconds: 1_800 });
    const kept = keepAges(simulation);
    play(simulation);
    for (const ages of kept) {
      expect(ages.slice(10, 600).filter((age) => age > 0).length).toBeGreaterThan(550);
      // A poll interval, and what the last poll's records take.
      expect(ages.slice(603).every((age) => age === 0)).toBe(true);
    }
    expect(simulation.fleets.map(({ backlog }) => Math.round(backlog * 1e6))).toEqual([0, 0]);
  });

  /*
   * Little's law for a run that ends with nothing left: the area under the backlog is the sum of all latencies. The area is taken from
   * minutes, between which the backlog is straight but for the one in which it is gone, a three-hundredth of the whole.
   */
  it("has a backlog over time that is the sum of all latencies", async () => {
    const stream: ReadStream = {
      records: 500,
      consumers: [{ name: "c", kind: "kcl", timePerRecord: "1 ms" }],
      scenario: [
        { event: "consumer-down", at: "1m", consumer: "c", lasts: "20m" },
        { event: "traffic", at: "50m", factor: 0, lasts: "10m" },
      ],
    };
    const simulation = await openReads(stream, { fidelity, seconds: 3_600 });
    const sum = sumLatencies(simulation.fleets[0]?.account.latencies ?? expect.fail());
    const { recorder, fleets } = play(simulation);
    let [area, before] = [0, 0];
    for (const { seconds, consumers } of recorder.rows) {
      const after = consumers[0]?.backlogRecords ?? Number.NaN;
      area += (seconds * (before + after)) / 2;
      before = after;
    }
    expect(sum.weight).toBeCloseTo(fleets[0]?.account.processed ?? 0, 3);
    // Half a minute of a backlog of a second is seen or not at every minute: 40 · 500 · 60 / 2 of 5 · 10⁸.
    expect(Math.abs(sum.seconds / area - 1)).toBeLessThan(0.01);
  });
});

/*
 * In balance, on many shards at once: what a consumer has to do at some instant is what comes in its mean latency. A shard's backlog at
 * some instant varies by half of itself: of 20 shards at 9 minutes' ends the mean has a standard error of 4 %, of 40 at 59 one of 1 %.
 * Flows by the minute have no backlog where they keep up.
 */
describe.each([
  { fidelity: "record", shards: 20, seconds: 600, tolerance: 0.15 },
  { fidelity: "tick", shards: 40, seconds: 3_600, tolerance: 0.05 },
  { fidelity: "auto", shards: 40, seconds: 3_600, tolerance: 0.05 },
] as const)("Little's law in balance in fidelity $fidelity", ({ fidelity, shards, seconds, tolerance }) => {
  it.each([0.2, 0.7])("holds at %d of the processors", async (load) => {
    const stream: ReadStream = {
      shards,
      records: shards * 200,
      consumers: [{ name: "c", kind: "kcl", timePerRecord: load / 200 }],
    };
    const simulation = await openReads(stream, { fidelity, seconds });
    const sum = sumLatencies(simulation.fleets[0]?.account.latencies ?? expect.fail());
    const rows = play(simulation).recorder.rows.slice(1);
    const backlog = rows.reduce((total, { consumers }) => total + (consumers[0]?.backlogRecords ?? 0), 0) / rows.length;
    const latency = sum.seconds / sum.weight;
    expect(Math.abs(backlog / (shards * 200 * latency) - 1)).toBeLessThan(tolerance);
    // Between the part of the poll interval that processing takes, and all of it.
    expect(Math.abs(latency / (0.75 * (1 + load)) - 1)).toBeLessThan(0.02);
  });
});
