/*
 * The course of a failing batch against one played record by record, and the batches of a window against polls played one by one.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  batchRecords,
  doublingBackoff,
  type FailingBatchOutcome,
  type FailingBatchSettings,
  failingBatch,
} from "../../../src/simulation/lambda-batches.js";

interface Part {
  readonly records: readonly number[];
  readonly retries: number;
}

/** Plays the batch: parts wait in a queue, each invocation takes its records one by one. */
function play(settings: FailingBatchSettings): FailingBatchOutcome {
  const { batchRecords: size, poisonPlace: poison, retryAttempts, bisects, reportsItems } = settings;
  const ages = [settings.retentionSeconds, ...(settings.recordAgeSecondsMax < 0 ? [] : [settings.recordAgeSecondsMax])];
  const isOld = (seconds: number): boolean => settings.ageSeconds + seconds >= Math.min(...ages);
  const processed = Array.from({ length: size }, () => 0);
  const queue: Part[] = [{ records: processed.map((_, place) => place), retries: 0 }];
  let clock = 0;
  let attempts = 0;
  let failedAttempts = 0;
  let failedSeconds = 0;
  let discarded = 0;
  let reason: FailingBatchOutcome["reason"] = "retries";
  const giveUp = ({ records }: Part, because: "retries" | "age"): void => {
    discarded += records.length;
    if (because === "age") reason = Math.min(...ages) === settings.recordAgeSecondsMax ? "record-age" : "expired";
  };
  for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
    const { records, retries } = part;
    const holdsPoison = records.includes(poison);
    if (holdsPoison && attempts > 0 && isOld(clock)) {
      giveUp(part, "age");
      continue;
    }
    const worked = holdsPoison ? records.indexOf(poison) + 1 : records.length;
    // The time begins when the first attempt has failed.
    if (attempts > 0) clock += settings.attemptSeconds(worked);
    attempts += 1;
    if (clock <= (settings.countedSeconds ?? Number.POSITIVE_INFINITY)) {
      for (const record of records.slice(0, holdsPoison ? worked - 1 : worked))
        processed[record] = (processed[record] ?? 0) + 1;
      if (holdsPoison) {
        failedAttempts += 1;
        failedSeconds += settings.attemptSeconds(worked);
      }
    }
    if (!holdsPoison) continue;
    const rest = reportsItems ? records.filter((record) => record >= poison) : records;
    if (bisects && records.length > 1) {
      if (isOld(clock)) giveUp({ records: rest, retries }, "age");
      else if (rest.length < records.length) queue.unshift({ records: rest, retries: 0 });
      else {
        const middle = Math.floor(records.length / 2);
        const halves = [records.slice(0, middle), records.slice(middle)];
        queue.unshift(...halves.map((half) => ({ records: half, retries: 0 })));
      }
    } else if (retries === retryAttempts) {
      giveUp({ records: rest, retries }, "retries");
    } else {
      for (let waited = settings.backoffSeconds(retries + 1); waited > 0 && !isOld(clock); waited -= 1) clock += 1;
      queue.unshift({ records: rest, retries: retries + 1 });
    }
  }
  const repeated = processed.reduce((sum, times) => sum + Math.max(0, times - 1), 0);
  return {
    blockedSeconds: clock,
    attempts,
    discardedRecords: discarded,
    repeatedRecords: repeated,
    failedAttempts,
    failedSeconds,
    reason,
  };
}

// Whole seconds, so that sums do not depend on their order.
const failing: fc.Arbitrary<FailingBatchSettings> = fc
  .record({
    batchRecords: fc.integer({ min: 1, max: 60 }),
    place: fc.nat(),
    retryAttempts: fc.integer({ min: -1, max: 12 }),
    recordAgeSecondsMax: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 400 })),
    retentionSeconds: fc.integer({ min: 1, max: 600 }),
    bisects: fc.boolean(),
    reportsItems: fc.boolean(),
    ageSeconds: fc.integer({ min: 0, max: 100 }),
    invocation: fc.integer({ min: 0, max: 5 }),
    perRecord: fc.integer({ min: 0, max: 2 }),
    backoff: fc.integer({ min: 1, max: 8 }),
    longest: fc.integer({ min: 1, max: 60 }),
    countedSeconds: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 500 })),
  })
  .map(({ place, invocation, perRecord, backoff, longest, ...rest }) => ({
    ...rest,
    poisonPlace: place % rest.batchRecords,
    attemptSeconds: (records) => invocation + perRecord * records,
    backoffSeconds: doublingBackoff(backoff, longest),
  }));

describe("a failing batch", () => {
  it("takes the course that it takes record by record", () => {
    fc.assert(
      fc.property(failing, (settings) => {
        expect(failingBatch(settings)).toEqual(play(settings));
      }),
      { numRuns: 3_000 },
    );
  });

  it("keeps its records: all but those given up are processed, and the poison record never is", () => {
    fc.assert(
      fc.property(failing, (settings) => {
        const { discardedRecords, blockedSeconds, attempts } = failingBatch(settings);
        expect(discardedRecords).toBeGreaterThanOrEqual(1);
        expect(discardedRecords).toBeLessThanOrEqual(settings.batchRecords);
        expect(blockedSeconds).toBeGreaterThanOrEqual(0);
        expect(attempts).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it("loses no more by bisecting or reporting, and repeats nothing by reporting", () => {
    fc.assert(
      fc.property(failing, (settings) => {
        const lost = ([bisects, reportsItems]: readonly [boolean, boolean]): number =>
          failingBatch({ ...settings, bisects, reportsItems }).discardedRecords;
        expect(lost([true, false])).toBeLessThanOrEqual(lost([false, false]));
        expect(lost([true, true])).toBeLessThanOrEqual(lost([false, true]));
        expect(lost([false, true])).toBeLessThanOrEqual(lost([false, false]));
        expect(failingBatch({ ...settings, reportsItems: true }).repeatedRecords).toBe(0);
      }),
    );
  });
});

/** The mean batch and wait of records that come evenly, poll by poll. */
function playPolls(arrivals: number, pollSeconds: number, windowSeconds: number, most: number, polls: number) {
  const waits: number[] = [];
  let batches = 0;
  let gathered: number[] = [];
  let opened = 0;
  let come = 0;
  const send = (count: number, seconds: number): void => {
    for (const polled of gathered.slice(0, count)) waits.push(seconds - polled);
    gathered = gathered.slice(count);
    batches += 1;
  };
  for (let poll = 1; poll <= polls; poll += 1) {
    const seconds = poll * pollSeconds;
    if (gathered.length > 0 && opened + windowSeconds < seconds - 1e-9) send(gathered.length, opened + windowSeconds);
    if (gathered.length === 0) opened = seconds;
    for (; come < Math.floor(seconds * arrivals + 1e-9); come += 1) gathered.push(seconds);
    while (gathered.length >= most) {
      send(most, seconds);
      opened = seconds;
    }
    if (gathered.length > 0 && opened + windowSeconds <= seconds + 1e-9) send(gathered.length, seconds);
  }
  return { records: waits.length / batches, waitSeconds: waits.reduce((sum, wait) => sum + wait, 0) / waits.length };
}

describe("the batches of a shard", () => {
  it("are those of its polls, where the window always or never ends before they are full", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 400 }),
        fc.constantFrom(0.2, 1, 1.5),
        fc.constantFrom(0, 0.1, 1, 3, 4.5, 20),
        fc.integer({ min: 20, max: 2_000 }),
        (arrivals, pollSeconds, windowSeconds, most) => {
          const polled = arrivals * pollSeconds;
          const windowPolls = Math.floor(windowSeconds / pollSeconds + 1e-9) + 1;
          fc.pre(Number.isInteger(polled));
          fc.pre(windowPolls * polled < most || (windowPolls - 1) * polled >= most || windowPolls === 1);
          const { records, waitSeconds } = batchRecords(arrivals, pollSeconds, windowSeconds, most, 1, 10_000);
          const played = playPolls(arrivals, pollSeconds, windowSeconds, most, 1_000);
          expect(Math.abs(records / played.records - 1)).toBeLessThan(0.02);
          // What is left over is a multiple of what the poll and the batch have in common: less than a poll's time.
          const isFull = windowPolls > 1 && windowPolls * polled >= most;
          const tolerance = isFull ? pollSeconds / 2 : 0.02 * windowSeconds;
          expect(Math.abs(waitSeconds - played.waitSeconds)).toBeLessThanOrEqual(tolerance + 1e-9);
        },
      ),
      { numRuns: 60 },
    );
  });
});
