/*
 * Records that expire before they are read. Once a minute what is older than the retention goes; the least retention is a day, so that
 * these runs are longer than that, and thin.
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { StreamSimulation } from "../../../src/simulation/stream-simulation.js";
import { everyFidelity, openReads, play, type ReadStream } from "./read-side-run.js";

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** An outage of so many hours from an hour on. */
function outage(consumer: string, fromHour: number, hours: number): Readonly<Record<string, unknown>> {
  return { event: "consumer-down", at: `${fromHour}h`, consumer, lasts: `${hours}h` };
}

/** What was accepted between two hours. */
function acceptedBetween({ recorder }: StreamSimulation, fromHour: number, toHour: number): number {
  return recorder.rows
    .filter(({ at }) => at >= fromHour * HOUR && at < toHour * HOUR)
    .reduce((sum, { acceptedRecords }) => sum + acceptedRecords, 0);
}

/** What a consumer has processed; what it has processed twice counts once. */
function doneBy({ fleets }: StreamSimulation, consumer: number): number {
  const account = fleets[consumer]?.account;
  return account === undefined ? Number.NaN : account.processed - account.repeated;
}

/** What a consumer has missed on all shards. */
function skippedBy({ shards }: StreamSimulation, consumer: number): number {
  return shards.reduce((sum, { leases }) => sum + (leases[consumer]?.reader.skipped ?? 0), 0);
}

/** How much is neither processed nor missed nor in the backlog of a consumer. */
function unaccounted(simulation: StreamSimulation, consumer: number): number {
  const accepted = simulation.shards.reduce((sum, { log }) => sum + log.records, 0);
  const fleet = simulation.fleets[consumer];
  return accepted - (fleet?.account.processed ?? 0) - skippedBy(simulation, consumer) - (fleet?.backlog ?? 0);
}

function oldest({ recorder }: StreamSimulation, consumer: number): number {
  return recorder.ages[consumer]?.state.max ?? Number.NaN;
}

describe.each(everyFidelity)("in fidelity %s", (fidelity) => {
  describe("of a consumer that is down for 30 hours, another that is down an hour later, and two that are not down for long", () => {
    const stream: ReadStream = {
      records: 20,
      retention: "24h",
      consumers: [
        { name: "a", kind: "kcl" },
        { name: "b", kind: "lambda" },
        { name: "c", kind: "kcl", read: "fan-out" },
        { name: "d", kind: "sdk" },
      ],
      scenario: [outage("a", 1, 30), outage("b", 2, 30), outage("c", 1, 20)],
    };
    let run: StreamSimulation;
    let worst = 0;

    beforeAll(async () => {
      run = await openReads(stream, { fidelity, seconds: 36 * HOUR, resolutionSeconds: 60 });
      play(run, (seconds) => {
        if (seconds % HOUR === 0)
          for (const consumer of [0, 1, 2, 3]) worst = Math.max(worst, Math.abs(unaccounted(run, consumer)));
      });
    });

    // From its last poll, 1.65 s before the outage, to a day before its end.
    it("the first misses what came in six hours", () => {
      expect(Math.abs(skippedBy(run, 0) / acceptedBetween(run, 1, 7) - 1)).toBeLessThan(0.001);
      expect(Math.abs(skippedBy(run, 0) / (20 * 6 * HOUR) - 1)).toBeLessThan(0.005);
    });

    it("the second misses six hours too, the others nothing", () => {
      expect(Math.abs(skippedBy(run, 1) / acceptedBetween(run, 2, 8) - 1)).toBeLessThan(0.001);
      expect([skippedBy(run, 2), skippedBy(run, 3)]).toEqual([0, 0]);
    });

    it("what both miss counts as expired once", () => {
      expect(Math.abs(run.expiredRecords / acceptedBetween(run, 1, 8) - 1)).toBeLessThan(0.001);
      expect(Math.abs(run.expiredRecords / (20 * 7 * HOUR) - 1)).toBeLessThan(0.005);
    });

    it("no record is ever a minute older than the retention, and some get that old", () => {
      for (const consumer of [0, 1]) {
        expect(oldest(run, consumer)).toBeLessThanOrEqual(DAY + 60);
        expect(oldest(run, consumer)).toBeGreaterThan(DAY);
      }
      expect(Math.abs(oldest(run, 2) - 20 * HOUR)).toBeLessThan(5);
      expect(oldest(run, 3)).toBeLessThan(1.2);
    });

    it("every record is processed, missed or in the backlog, for each of them", () => {
      expect(worst).toBeLessThan(1e-3);
      // All have caught up long before the end; the last second or two are still to be polled.
      for (const { backlog } of run.fleets) expect(backlog).toBeLessThan(20 * 4);
    });
  });

  /*
   * Two records a second, one processed every two seconds: after 32 hours what is next is a day old, and from then on as much expires as
   * comes and is not processed. Records are large, so that few fit into the reader's memory: what is in it does not expire.
   */
  it("a consumer that is too slow misses what it has no time for", async () => {
    const stream: ReadStream = {
      records: 2,
      recordSize: 102_400,
      retention: "24h",
      consumers: [{ name: "c", kind: "kcl", timePerRecord: "2 s" }],
    };
    const run = play(await openReads(stream, { fidelity, seconds: 40 * HOUR, resolutionSeconds: HOUR }));
    const processed = run.fleets[0]?.account.processed ?? 0;
    expect(Math.abs(processed / (40 * HOUR * 0.5) - 1)).toBeLessThan(0.001);
    /*
     * Of what came up to a day before the end: four deviations of 115,200 random arrivals are 1.2 % of the 43,200 that are missed, what
     * is in memory (8 MiB and a call, 180 records) half of one.
     */
    const missed = acceptedBetween(run, 0, 16) - processed;
    expect(Math.abs(run.expiredRecords - missed)).toBeLessThan(0.015 * missed);
    expect(Math.abs(run.expiredRecords / (2 * 16 * HOUR - 0.5 * 40 * HOUR) - 1)).toBeLessThan(0.035);
    // The 180 records in memory take six minutes to be processed.
    expect(oldest(run, 0)).toBeLessThan(DAY + 60 + 180 * 2 + 60);
    // What is missed counts as expired at once, and as skipped when the processor has come that far.
    const accepted = acceptedBetween(run, 0, 40);
    expect(processed + run.expiredRecords + (run.fleets[0]?.backlog ?? 0)).toBeCloseTo(accepted, 3);
  });

  /*
   * 20,000 records in the first 200 s, of which 20 a second are processed until the only worker crashes after ten minutes. What it had
   * fetched by then is gone with it, and too old when it is back.
   */
  it("what a worker had fetched expires while nobody has its leases, and is fetched again if it is back in time", async () => {
    const crash = (lasts: string) => ({
      records: 100,
      retention: "24h",
      consumers: [{ name: "c", kind: "kcl", cpuPerRecord: "50 ms", workers: 1 }],
      scenario: [
        { event: "traffic", at: 200, factor: 1e-9, lasts: "40h" },
        { event: "worker-crash", at: 600, consumer: "c", lasts },
      ],
    });
    const timing = { fidelity, seconds: 32 * HOUR, resolutionSeconds: HOUR };
    const late = play(await openReads(crash("30h"), timing));
    const accepted = acceptedBetween(late, 0, 32);
    expect(doneBy(late, 0)).toBeGreaterThan(20 * 590);
    expect(doneBy(late, 0)).toBeLessThan(20 * 600 + 1);
    expect(late.expiredRecords).toBeCloseTo(accepted - doneBy(late, 0), 3);
    expect(skippedBy(late, 0)).toBeCloseTo(late.expiredRecords, 3);
    expect(oldest(late, 0)).toBeLessThanOrEqual(DAY + 60 + 1e-3);

    const inTime = play(await openReads(crash("20h"), timing));
    expect(inTime.expiredRecords).toBe(0);
    expect(doneBy(inTime, 0)).toBeCloseTo(accepted, 1);
  });

  /*
   * The worker holds 8 MiB, an hour and a half's work, while what has not been fetched expires: when it crashes there is some of that
   * between what it held and what it would have gone on with.
   */
  it("what expires when a worker crashes is counted once, though some of it has been counted before", async () => {
    const stream: ReadStream = {
      records: 2,
      recordSize: 3_072,
      retention: "24h",
      consumers: [
        { name: "c", kind: "kcl", cpuPerRecord: "2 s", workers: 1 },
        { name: "d", kind: "sdk" },
      ],
      scenario: [{ event: "worker-crash", at: "36h", consumer: "c", lasts: "1h" }],
    };
    const run = await openReads(stream, { fidelity, seconds: 44 * HOUR, resolutionSeconds: 60 });
    let worst = 0;
    play(run, () => {
      const accepted = run.shards.reduce((sum, { log }) => sum + log.records, 0);
      const [slow, quick] = run.fleets;
      const rest = accepted - doneBy(run, 0) - run.expiredRecords - (slow?.backlog ?? 0);
      worst = Math.max(worst, Math.abs(rest), Math.abs(accepted - doneBy(run, 1) - (quick?.backlog ?? 0)));
    });
    expect(worst).toBeLessThan(1e-3);
    expect(doneBy(run, 0)).toBeGreaterThan(0.5 * 42 * HOUR);
  });

  /*
   * Four a second, one processed a second: what comes in the first 36 hours (60 less a day) is too old by the end, but for what is in
   * memory, 30,000 records.
   */
  it("a consumer that is too slow for fan-out misses as much as one that polls", async () => {
    for (const read of ["fan-out", "shared"]) {
      const stream: ReadStream = {
        records: 4,
        retention: "24h",
        consumers: [{ name: "c", kind: "kcl", read, timePerRecord: "1 s" }],
      };
      const run = play(await openReads(stream, { fidelity, seconds: 60 * HOUR, resolutionSeconds: HOUR }));
      const missed = acceptedBetween(run, 0, 36) - (run.fleets[0]?.account.processed ?? 0);
      // It goes on from what came a day before; up to a call more may be in memory, and the last poll long ago.
      expect(run.expiredRecords).toBeLessThanOrEqual(missed + 240);
      expect(run.expiredRecords).toBeGreaterThan(missed - 40_000);
    }
  });

  it("nothing expires that the slowest consumer has read in time", async () => {
    const stream: ReadStream = {
      records: 2,
      retention: "25h",
      consumers: [{ name: "c", kind: "kcl" }],
      scenario: [outage("c", 1, 24.9)],
    };
    const run = play(await openReads(stream, { fidelity, seconds: 28 * HOUR, resolutionSeconds: HOUR }));
    expect(run.expiredRecords).toBe(0);
    expect(run.fleets[0]?.backlog).toBeLessThan(2 * 10);
    expect(Math.abs(oldest(run, 0) - 24.9 * HOUR)).toBeLessThan(10);
  });

  // User records in aggregates of 2.3 on average: sums that are taken in different orders differ in their last digit.
  it("what expires in aggregates is counted to the last record", async () => {
    const stream: ReadStream = {
      records: 7,
      retention: "24h",
      producer: { aggregation: { recordsPerBatch: 2.3 } },
      consumers: [{ name: "c", kind: "kcl" }],
      scenario: [outage("c", 1, 30)],
    };
    const run = play(await openReads(stream, { fidelity, seconds: 32 * HOUR, resolutionSeconds: HOUR }));
    expect(run.expiredRecords).toBeCloseTo(skippedBy(run, 0), 3);
  });
});
