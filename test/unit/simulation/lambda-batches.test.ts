/*
 * Batches of a Lambda event source mapping, and what a poison record does to its batch, against figures worked out by hand.
 */
import { describe, expect, it } from "vitest";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import {
  batchRecords,
  doublingBackoff,
  type FailingBatchSettings,
  failingBatch,
  recordsPerSecondOf,
} from "../../../src/simulation/lambda-batches.js";
import { runModel } from "./run-model.js";

const MIB = 1_048_576;

function shape(arrivals: number, windowSeconds: number, batchSize: number, bytesPerRecord = 1_000, pollSeconds = 1) {
  return batchRecords(arrivals, pollSeconds, windowSeconds, batchSize, bytesPerRecord, 6 * MIB);
}

describe("a batch without a window", () => {
  it.each([
    [50, 100, 50],
    [100, 100, 100],
    // 100, 100 and 50.
    [250, 100, 250 / 3],
    [1_000, 100, 100],
    [0.01, 100, 1],
    [0, 100, 1],
  ])(
    "holds what a poll finds, in parts where it finds more: %d/s in batches of up to %d",
    (arrivals, size, records) => {
      expect(shape(arrivals, 0, size)).toEqual({ records, waitSeconds: 0 });
    },
  );

  it("is cut by its bytes", () => {
    // Six records of a MiB in 6 MiB; 12 in two polls of six.
    expect(shape(12, 0, 10_000, MIB).records).toBe(6);
    expect(shape(12, 0, 10_000, 10 * MIB).records).toBe(1);
  });
});

describe("a batch with a window", () => {
  it("holds what the polls of the window find", () => {
    // Polls after 0, 1, 2, 3, 4 and 5 s of the window; the records wait 5, 4, 3, 2, 1 and 0 s.
    expect(shape(10, 5, 1_000)).toEqual({ records: 60, waitSeconds: 2.5 });
    // After 0, 1 and 2 s; they wait 2.5, 1.5 and 0.5 s.
    expect(shape(10, 2.5, 1_000)).toEqual({ records: 30, waitSeconds: 1.5 });
    // The window of 0.3 s has four polls, whatever 0.3 / 0.1 comes to in binary.
    expect(shape(100, 0.3, 1_000, 1_000, 0.1).records).toBeCloseTo(40, 9);
  });

  it("goes off when it is full", () => {
    expect(shape(100, 300, 1_000)).toEqual({ records: 1_000, waitSeconds: 999 / 200 });
    expect(shape(1_000, 5, 100)).toEqual({ records: 100, waitSeconds: 99 / 2_000 });
    expect(shape(12, 60, 10_000, MIB)).toEqual({ records: 6, waitSeconds: 5 / 24 });
  });

  it("is closed before the next poll where the window is shorter", () => {
    // 50 of 250 wait for half a second.
    expect(shape(250, 0.5, 100)).toEqual({ records: 250 / 3, waitSeconds: 0.1 });
    expect(shape(50, 0.5, 100)).toEqual({ records: 50, waitSeconds: 0.5 });
  });

  it("of a silent shard waits for the whole window", () => {
    expect(shape(0, 5, 100)).toEqual({ records: 1, waitSeconds: 5 });
  });
});

describe("the throughput of a shard", () => {
  it("is that of its batches one after another", () => {
    expect(recordsPerSecondOf(1, 100, 0.01, 0)).toBe(100);
    expect(recordsPerSecondOf(1, 100, 0.01, 1)).toBe(50);
    expect(recordsPerSecondOf(10, 100, 0.01, 1)).toBe(500);
    expect(recordsPerSecondOf(1, 1, 0, 0.02)).toBe(50);
  });

  it("has no end where nothing takes time", () => {
    expect(recordsPerSecondOf(1, 100, 0, 0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("the wait before a retry", () => {
  it("doubles up to the longest", () => {
    expect([1, 2, 3, 6, 7, 10_000].map(doublingBackoff(1, 60))).toEqual([1, 2, 4, 32, 60, 60]);
  });
});

/** Eight records of which the fourth fails; an attempt takes a second, and a wait ten. */
const eight: FailingBatchSettings = {
  batchRecords: 8,
  poisonPlace: 3,
  retryAttempts: 2,
  recordAgeSecondsMax: -1,
  retentionSeconds: 86_400,
  bisects: false,
  reportsItems: false,
  attemptSeconds: () => 1,
  backoffSeconds: () => 10,
  ageSeconds: 0,
};

function outcome(changes: Partial<FailingBatchSettings>) {
  return failingBatch({ ...eight, ...changes });
}

describe("a batch with a poison record", () => {
  it("is given up as a whole once its retries are used up", () => {
    expect(outcome({})).toEqual({
      blockedSeconds: 22,
      attempts: 3,
      discardedRecords: 8,
      repeatedRecords: 6,
      failedAttempts: 3,
      failedSeconds: 3,
      reason: "retries",
    });
    expect(outcome({ retryAttempts: 0 })).toEqual({
      blockedSeconds: 0,
      attempts: 1,
      discardedRecords: 8,
      repeatedRecords: 0,
      failedAttempts: 1,
      failedSeconds: 1,
      reason: "retries",
    });
  });

  it("blocks its shard until it expires where nothing is set", () => {
    // A retry each 11 s; after 7,854 of them 6 s are left of the day, which end the next wait.
    expect(outcome({ retryAttempts: -1 })).toEqual({
      blockedSeconds: 86_400,
      attempts: 7_855,
      discardedRecords: 8,
      repeatedRecords: 3 * 7_854,
      failedAttempts: 7_855,
      failedSeconds: 7_855,
      reason: "expired",
    });
  });

  it("counts what is over by a time", () => {
    // Retries end after 11, 22, 33 and 44 s.
    expect(outcome({ retryAttempts: -1, countedSeconds: 40 })).toMatchObject({
      blockedSeconds: 86_400,
      repeatedRecords: 3 * 3,
      failedAttempts: 1 + 3,
    });
  });

  it("is given up at the age that is set, or when it expires before", () => {
    expect(outcome({ retryAttempts: -1, recordAgeSecondsMax: 100, ageSeconds: 40 })).toMatchObject({
      blockedSeconds: 60,
      attempts: 6,
      reason: "record-age",
    });
    expect(outcome({ retryAttempts: -1, recordAgeSecondsMax: 604_800, ageSeconds: 86_390 })).toMatchObject({
      blockedSeconds: 10,
      attempts: 1,
      reason: "expired",
    });
  });

  it("is given up at once where it is too old already", () => {
    expect(outcome({ retryAttempts: -1, recordAgeSecondsMax: 100, ageSeconds: 200 })).toMatchObject({
      blockedSeconds: 0,
      attempts: 1,
      discardedRecords: 8,
      reason: "record-age",
    });
  });

  it("has an attempt under way finish when it grows too old", () => {
    // Fails at 0, 10 to 15; too old at 12.
    expect(outcome({ recordAgeSecondsMax: 12, attemptSeconds: () => 5, retryAttempts: -1 })).toMatchObject({
      blockedSeconds: 15,
      attempts: 2,
    });
  });

  it("ends alone where batches are bisected, and the good halves succeed", () => {
    // [0..3] fails; [0, 1] succeeds; [2, 3] fails; [2] succeeds; [3] fails, and twice more; then [4..7] succeeds.
    expect(outcome({ bisects: true })).toEqual({
      failedAttempts: 6,
      failedSeconds: 6,
      blockedSeconds: 1 + 1 + 1 + 1 + 1 + 22 + 1,
      attempts: 9,
      discardedRecords: 1,
      // 0, 1 and 2 fail with the half, 0 and 1 with their quarter, 2 with its pair, and 2 alone.
      repeatedRecords: 3 + 2 + 1 + 1,
      reason: "retries",
    });
  });

  it("uses up no retry by being bisected", () => {
    for (const retryAttempts of [0, 1, 5])
      expect(outcome({ bisects: true, retryAttempts, backoffSeconds: () => 0 })).toMatchObject({
        attempts: 7 + retryAttempts,
        discardedRecords: 1,
        reason: "retries",
      });
  });

  it("loses what is not yet told apart when it grows too old while bisected", () => {
    // Too old after [0..3] has failed; [4..7] is younger and goes through.
    expect(outcome({ bisects: true, recordAgeSecondsMax: 1 })).toMatchObject({
      blockedSeconds: 2,
      attempts: 3,
      discardedRecords: 4,
      reason: "record-age",
    });
    expect(outcome({ bisects: true, recordAgeSecondsMax: 1, retryAttempts: 0 }).reason).toBe("record-age");
  });

  it("repeats no good record where the function reports what failed, but takes those behind along", () => {
    expect(outcome({ reportsItems: true })).toEqual({
      failedAttempts: 3,
      failedSeconds: 3,
      blockedSeconds: 22,
      attempts: 3,
      discardedRecords: 5,
      repeatedRecords: 0,
      reason: "retries",
    });
  });

  it("is given up alone where the function reports what failed and batches are bisected", () => {
    // [3..7], [3, 4] and [3] fail, [3] twice more, then [4] and [5..7] succeed.
    expect(outcome({ reportsItems: true, bisects: true })).toEqual({
      failedAttempts: 6,
      failedSeconds: 6,
      blockedSeconds: 3 + 22 + 2,
      attempts: 8,
      discardedRecords: 1,
      repeatedRecords: 0,
      reason: "retries",
    });
  });

  it("takes the time of the records that an attempt works on", () => {
    // Each failing attempt works on four records.
    expect(outcome({ attemptSeconds: (records) => records, backoffSeconds: doublingBackoff(1, 60) })).toMatchObject({
      blockedSeconds: 1 + 4 + 2 + 4,
    });
  });

  it("is tried without end where that takes no time", () => {
    const free = { retryAttempts: -1, attemptSeconds: () => 0, backoffSeconds: () => 0 };
    expect(outcome(free)).toEqual({
      blockedSeconds: 86_400,
      attempts: Number.POSITIVE_INFINITY,
      discardedRecords: 8,
      repeatedRecords: Number.POSITIVE_INFINITY,
      failedAttempts: Number.POSITIVE_INFINITY,
      failedSeconds: 0,
      reason: "expired",
    });
    expect(outcome({ ...free, bisects: true })).toMatchObject({ discardedRecords: 1, repeatedRecords: 3 + 2 + 1 + 1 });
  });
});

describe("the figures of Lambda", () => {
  it("can be looked up and say how sure they are", () => {
    const facts = new ServiceCatalogue().forRegion("us-east-1");
    expect(facts.fact("lambda.accountConcurrency")).toMatchObject({ value: 1_000, kind: "adjustable" });
    for (const name of [
      "lambda.invocationSeconds",
      "lambda.retryBackoffSeconds",
      "lambda.retryBackoffSecondsMax",
    ] as const)
      expect(facts.fact(name).certainty).toBe("assumption");
  });
});

describe("a function's batches", () => {
  async function invocationsWith(producers: string): Promise<number | undefined> {
    const yaml = `
version: 1
stream: {name: s, shards: 4}
producers: [${producers}]
consumers: [{name: c, kind: lambda, batchSize: 10000, timePerRecord: 0.01 ms}]
`;
    const { summary } = await runModel(yaml, { fidelity: "tick", seconds: 600, resolutionSeconds: 60 });
    return summary.consumers[0]?.lambda?.invocations;
  }

  it("are as large as the mix of records allows, of which a rare large one is a small part", async () => {
    const small = "{name: p, records: 2000/s, recordSize: 200 B}";
    const alone = await invocationsWith(small);
    expect(alone).toBeGreaterThan(1_000);
    const mixed = await invocationsWith(`${small}, {name: q, records: 0.01/s, recordSize: 1 MB}`);
    expect((mixed ?? Number.NaN) / (alone ?? Number.NaN)).toBeCloseTo(1, 1);
  });
});
