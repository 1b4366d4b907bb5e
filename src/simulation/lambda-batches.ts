/*
 * What a Lambda event source mapping does with the records of one shard: the batches it makes of them, how fast it gets through them,
 * and how long a record that fails each time, a poison record, keeps the shard from going on.
 *
 * AWS states: a batch goes to the function once it holds the batch size or 6 MB, or its window ends; a failing batch is tried again
 * until its retries are used up or its records are too old or expired; bisecting splits a batch that failed in two, which uses up no
 * retry; a function that reports the first record that failed has those before it counted as done, and with bisecting too the batch is
 * split there.
 *
 * Assumed: a function takes the records in order and stops at the poison record; halves are tried at once, in order, the first one
 * being the smaller; only a retry of the same records waits; reported progress does not start the retries anew; the records of a batch
 * up to the poison record are judged by its age, and a part that is too old is given up as a whole, in the middle of a wait, but never
 * of an attempt; records behind it are young enough.
 *
 * Left out: throttled invocations, timeouts that take the whole batch along, tumbling windows, and several poison records in a batch.
 */
import { ceilDivide } from "../units/rounding.js";
import { roundDown } from "./round-down.js";

/** The records of an invocation, and how long the window keeps them waiting on average. */
export interface BatchShape {
  readonly records: number;
  readonly waitSeconds: number;
}

/**
 * The batches of a shard that keeps up with its records, where each poll finds what has come since the last one. The window opens with
 * the poll that brings a batch its first records. Batches that are now full, now cut short by the window are taken as full.
 * @param windowSeconds 0 sends at once what each poll has found
 */
export function batchRecords(
  arrivalsPerSecond: number,
  pollSeconds: number,
  windowSeconds: number,
  batchSize: number,
  bytesPerRecord: number,
  batchBytesMax: number,
): BatchShape {
  const most = Math.max(1, Math.min(batchSize, Math.floor(batchBytesMax / bytesPerRecord)));
  const polled = arrivalsPerSecond * pollSeconds;
  if (polled <= 0) return { records: 1, waitSeconds: windowSeconds };
  const polls = roundDown(windowSeconds / pollSeconds) + 1;
  // What is left of a poll once batches are full waits until the window ends, which is before the next poll.
  if (polls <= 1)
    return {
      records: Math.max(1, polled / ceilDivide(polled, most)),
      waitSeconds: (windowSeconds * (polled % most)) / polled,
    };
  if (polls * polled < most)
    return { records: Math.max(1, polls * polled), waitSeconds: windowSeconds - ((polls - 1) * pollSeconds) / 2 };
  // What is left is anything from none up to a batch but one record, and waits for later polls.
  return { records: most, waitSeconds: (most - 1) / 2 / arrivalsPerSecond };
}

/**
 * What one shard gets through: so many batches are worked on at a time. Infinite where nothing takes time.
 * @param invocationSeconds what an invocation takes besides its records
 */
export function recordsPerSecondOf(
  parallelization: number,
  batch: number,
  secondsPerRecord: number,
  invocationSeconds: number,
): number {
  const seconds = batch * secondsPerRecord + invocationSeconds;
  return seconds > 0 ? (parallelization * batch) / seconds : Number.POSITIVE_INFINITY;
}

/** The wait before a retry, from 1: it doubles from the first one up to the longest. */
export function doublingBackoff(firstSeconds: number, longestSeconds: number): (retry: number) => number {
  return (retry) => Math.min(firstSeconds * 2 ** (retry - 1), longestSeconds);
}

/** A batch with one poison record, whose first attempt has just failed. Times in seconds. */
export interface FailingBatchSettings {
  readonly batchRecords: number;
  /** Of the poison record in the batch, from 0. */
  readonly poisonPlace: number;
  /** After the first attempt; -1 retries until the record is too old. */
  readonly retryAttempts: number;
  /** -1 sets no age but the stream's retention. */
  readonly recordAgeSecondsMax: number;
  readonly retentionSeconds: number;
  /** BisectBatchOnFunctionError. */
  readonly bisects: boolean;
  /** ReportBatchItemFailures, by a function that makes use of it. */
  readonly reportsItems: boolean;
  /** What an attempt takes in which the function works on so many records, the failing one among them. */
  attemptSeconds(records: number): number;
  /** The wait before a retry of the same records, from 1; none at all, or never none. */
  backoffSeconds(retry: number): number;
  /** The poison record's age when the first attempt failed. */
  readonly ageSeconds: number;
  /** From when the first attempt failed: what is over later is not counted. All is where this is not given. */
  readonly countedSeconds?: number;
}

/** `expired` where the stream itself no longer holds the record. */
export type GivenUpBecause = "retries" | "record-age" | "expired";

export interface FailingBatchOutcome {
  /** From the failure of the first attempt until all records of the batch are processed or given up. */
  readonly blockedSeconds: number;
  /** Of the batch and its parts, with the first one; infinite where neither attempts nor waits take time and only age ends them. */
  readonly attempts: number;
  /** Given up, and sent to the failure destination where there is one; a function may have processed those before the poison record. */
  readonly discardedRecords: number;
  /** How often good records are processed once more, each time counted. */
  readonly repeatedRecords: number;
  /** Attempts that failed, the first one among them, and what they took. */
  readonly failedAttempts: number;
  readonly failedSeconds: number;
  readonly reason: GivenUpBecause;
}

/** @returns what becomes of the batch; a batch without the poison record is not one of these */
export function failingBatch(settings: FailingBatchSettings): FailingBatchOutcome {
  const course = new BatchCourse(settings);
  if (settings.reportsItems) course.leaveOutGood();
  const hasFailedAlone = !settings.bisects || course.splitUp();
  return course.finish(hasFailedAlone && course.retry());
}

/** The part of the batch that holds the poison record, and what has become of the rest. */
class BatchCourse {
  readonly #settings: FailingBatchSettings;
  /** Until the poison record is too old. */
  readonly #youngSeconds: number;
  /** Good parts behind the one with the poison record. */
  readonly #behind: number[] = [];
  #records: number;
  #place: number;
  #seconds = 0;
  #attempts = 1;
  #repeated = 0;
  #failed = 1;
  #failedSeconds: number;

  constructor(settings: FailingBatchSettings) {
    this.#settings = settings;
    this.#records = settings.batchRecords;
    this.#place = settings.poisonPlace;
    const { recordAgeSecondsMax, retentionSeconds, ageSeconds } = settings;
    const oldSeconds = recordAgeSecondsMax < 0 ? retentionSeconds : Math.min(recordAgeSecondsMax, retentionSeconds);
    this.#youngSeconds = Math.max(0, oldSeconds - ageSeconds);
    this.#failedSeconds = settings.attemptSeconds(settings.poisonPlace + 1);
  }

  /** Leaves out the good records in front, which the function has reported as done. */
  leaveOutGood(): void {
    this.#records -= this.#place;
    this.#place = 0;
  }

  /** Tries ever smaller parts; false where the poison record grows too old before it has failed alone. */
  splitUp(): boolean {
    // Where good records were left out, the batch has been split once, and what is left not yet been tried.
    let isTried = this.#records === this.#settings.batchRecords || this.#failIfYoung();
    while (isTried && this.#records > 1 && !this.#isOld()) {
      this.#halve();
      isTried = this.#failIfYoung();
    }
    return isTried && this.#records === 1;
  }

  /** Retries what is left; false where its age ends that before the retries are used up. */
  retry(): boolean {
    const { retryAttempts } = this.#settings;
    for (let retry = 1; retryAttempts < 0 || retry <= retryAttempts; retry += 1) {
      const beforeSeconds = this.#seconds;
      this.#seconds = Math.max(
        beforeSeconds,
        Math.min(beforeSeconds + this.#settings.backoffSeconds(retry), this.#youngSeconds),
      );
      if (!this.#failIfYoung()) return false;
      if (retryAttempts < 0 && this.#seconds <= beforeSeconds) return this.#failUntilOld();
    }
    return true;
  }

  /** Gives up what is left, and has the parts behind it processed. */
  finish(usesUpRetries: boolean): FailingBatchOutcome {
    const { recordAgeSecondsMax, retentionSeconds } = this.#settings;
    for (const records of this.#behind) this.#succeed(records);
    const isAgeSet = recordAgeSecondsMax >= 0 && recordAgeSecondsMax <= retentionSeconds;
    return {
      blockedSeconds: this.#seconds,
      attempts: this.#attempts,
      discardedRecords: this.#records,
      repeatedRecords: this.#repeated,
      failedAttempts: this.#failed,
      failedSeconds: this.#failedSeconds,
      reason: usesUpRetries ? "retries" : isAgeSet ? "record-age" : "expired",
    };
  }

  #isOld(): boolean {
    return this.#seconds >= this.#youngSeconds;
  }

  #halve(): void {
    const first = Math.floor(this.#records / 2);
    if (this.#place < first) {
      this.#behind.push(this.#records - first);
      this.#records = first;
      return;
    }
    // The last attempt went through all of the first half before it failed.
    this.#succeed(first);
    if (this.#isCounted) this.#repeated += first;
    this.#records -= first;
    this.#place -= first;
  }

  #failUntilOld(): false {
    this.#seconds = this.#youngSeconds;
    this.#attempts = Number.POSITIVE_INFINITY;
    this.#failed = Number.POSITIVE_INFINITY;
    if (this.#place > 0) this.#repeated = Number.POSITIVE_INFINITY;
    return false;
  }

  #failIfYoung(): boolean {
    if (this.#isOld()) return false;
    const seconds = this.#settings.attemptSeconds(this.#place + 1);
    this.#seconds += seconds;
    this.#attempts += 1;
    if (!this.#isCounted) return true;
    this.#repeated += this.#place;
    this.#failed += 1;
    this.#failedSeconds += seconds;
    return true;
  }

  get #isCounted(): boolean {
    return this.#seconds <= (this.#settings.countedSeconds ?? Number.POSITIVE_INFINITY);
  }

  #succeed(records: number): void {
    this.#seconds += this.#settings.attemptSeconds(records);
    this.#attempts += 1;
  }
}
