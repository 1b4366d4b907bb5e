/*
 * One consumer on one shard, record by record: each is fetched by a poll (or delivered by fan-out), waits for a free processor in the
 * order of arrival, and takes its own time. Several processors of one shard (Lambda's parallelization factor) serve one queue.
 */

import { DUST_RECORDS } from "./dust-records.js";
import { FanOutCredit } from "./fan-out-credit.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { sampleExponential, sampleLognormal } from "./kernel/samplers.js";
import type { ConsumerModel } from "./model.js";
import type { ReadAccount } from "./read-account.js";
import type { ReadBucket } from "./read-bucket.js";
import { RecordGaps } from "./record-gaps.js";
import type { RecordLog } from "./record-log.js";
import type { RecordRange } from "./record-ranges.js";
import type { Reader } from "./shard-parts.js";
import { workable } from "./workable.js";

const NONE = -1;
/** Less than any record takes that matters. */
const INSTANT_SECONDS = 1e-6;

export class RecordReader implements Reader {
  readonly #model: ConsumerModel;
  readonly #log: RecordLog;
  readonly #account: ReadAccount;
  readonly #random: RandomStream;
  readonly #logVariance: number;
  /** Numbers of the first record that is not fetched, and of the first that no processor has taken. */
  #fetchedNumber = 0;
  #takenNumber = 0;
  /** When each processor is done with the record it has, and which one that is. */
  readonly #doneAt: Float64Array;
  readonly #record: Float64Array;
  /** Several processors are those of Lambda, whose leases nobody takes: they keep what they hold. */
  readonly #isAlone: boolean;
  #heldBytes = 0;
  readonly #fanOut: FanOutCredit;
  fetched = 0;
  processed = 0;
  skipped = 0;
  readonly missed: RecordRange[] = [];
  #expiredUpTo = 0;
  readonly #gaps = new RecordGaps();
  /** Up to where all was processed at the last mark but one, and at the last: the number of the next record, and the user records. */
  #mark = { number: 0, processed: 0 };
  #lastMark = this.#mark;
  nextPollSeconds = Number.POSITIVE_INFINITY;
  recordsPerSecond = 0;
  #fromTick = 0;
  #sampledTick = 0;

  constructor(model: ConsumerModel, log: RecordLog, account: ReadAccount, random: RandomStream, tick: number) {
    this.#model = model;
    this.#log = log;
    this.#account = account;
    this.#random = random;
    this.#logVariance = Math.log1p(model.timeVariation ** 2);
    this.#doneAt = new Float64Array(model.processors).fill(tick);
    this.#record = new Float64Array(model.processors).fill(NONE);
    this.#isAlone = model.processors === 1;
    this.#fanOut = new FanOutCredit(model.fanOutBytesPerSecond, tick);
    this.#sampledTick = tick;
  }

  start(tick: number, isAtOnce = false): void {
    const wait = this.#model.isFanOut || isAtOnce ? 0 : this.#random.nextUniform() * this.#model.pollSeconds;
    this.nextPollSeconds = tick + wait;
    // Fan-out hands over nothing before reading begins; what it may give meanwhile is saved up.
    this.#fanOut.idleUntil(tick);
    this.#idleUntil(tick);
  }

  /** No processor begins anything before this time. */
  #idleUntil(seconds: number): void {
    for (let processor = 0; processor < this.#doneAt.length; processor += 1)
      if (this.#record[processor] === NONE)
        this.#doneAt[processor] = Math.max(seconds, this.#doneAt[processor] as number);
  }

  stop(): void {
    this.nextPollSeconds = Number.POSITIVE_INFINITY;
  }

  get isReading(): boolean {
    return this.nextPollSeconds < Number.POSITIVE_INFINITY;
  }

  get oldest(): number {
    return Math.min(this.#oldestUnprocessed, this.#mark.number);
  }

  get #oldestUnprocessed(): number {
    let oldest = this.#takenNumber;
    for (const number of this.#record) if (number !== NONE && number < oldest) oldest = number;
    return oldest;
  }

  get backlog(): number {
    return this.#log.records - this.processed - this.#gaps.records;
  }

  get isDrained(): boolean {
    return this.#log.records - this.processed <= DUST_RECORDS;
  }

  beginChunk(fromTick: number): void {
    this.#fromTick = fromTick;
    this.#idleUntil(fromTick);
  }

  demand(toTick: number, bucket: ReadBucket): number {
    const from = this.#fromTick;
    const held = this.backlog - (this.#log.records - this.fetched);
    const first = Math.min(toTick, Math.max(from, this.nextPollSeconds));
    const most = this.recordsPerSecond * (toTick - from);
    const given = this.isReading && held < most ? this.#readable(toTick, bucket, most - held) : 0;
    return workable(held, given, first - from, toTick - from, this.recordsPerSecond);
  }

  /** What polls or fan-out may bring up to the end of a chunk; no more than so many user records are of interest. */
  #readable(toTick: number, bucket: ReadBucket, most: number): number {
    const { isFanOut, pollSeconds, deliverySeconds, fanOutBytesPerSecond } = this.#model;
    if (isFanOut)
      return this.#countUnread(
        toTick - deliverySeconds,
        most,
        Number.POSITIVE_INFINITY,
        fanOutBytesPerSecond * (toTick - this.#fromTick),
      );
    const { last, records, bytes } = bucket.mostBefore(toTick, this.nextPollSeconds, pollSeconds);
    return this.#countUnread(last, most, records, bytes);
  }

  /** User records that are not fetched, as far as they had arrived by a time and all the limits go. */
  #countUnread(seconds: number, most: number, recordsMax: number, bytesMax: number): number {
    const log = this.#log;
    const end = Math.min(log.endNumber, this.#fetchedNumber + recordsMax) - log.firstNumber;
    let count = 0;
    let bytes = 0;
    for (let at = this.#fetchedNumber - log.firstNumber; at < end && count < most; at += 1) {
      bytes += log.sizes[at] as number;
      if ((log.arrivals[at] as number) > seconds || bytes > bytesMax) break;
      count += log.userRecords[at] as number;
    }
    return count;
  }

  pollUntil(bucket: ReadBucket, seconds: number): void {
    while (this.nextPollSeconds < seconds) this.#poll(bucket);
  }

  #poll(bucket: ReadBucket): void {
    const now = this.nextPollSeconds;
    this.advance(now);
    const { pollSeconds, pollJitterRatio } = this.#model;
    this.nextPollSeconds = now + pollSeconds * (1 + pollJitterRatio * (2 * this.#random.nextUniform() - 1));
    if (this.#isFull) return;
    this.#account.calls += 1;
    if (!bucket.admits(now)) {
      this.#account.readThrottles += 1;
      return;
    }
    bucket.charge(this.#fetch(now, bucket.recordsPerCall, bucket.bytesPerCall));
    this.#idleUntil(now);
  }

  /** Whether its memory takes nothing more. Kinesis records are counted, as they are when they come. */
  get #isFull(): boolean {
    const { prefetchRecords, prefetchBytes } = this.#model;
    const busy = this.#record.reduce((count, number) => (number === NONE ? count : count + 1), 0);
    const held = this.#fetchedNumber - this.#takenNumber - this.#gaps.kinesisRecords + busy;
    return held > 0 && (held >= prefetchRecords || this.#heldBytes >= prefetchBytes);
  }

  /** Fetches what had arrived by then, up to so many Kinesis records and bytes, and returns the bytes. */
  #fetch(seconds: number, recordsMax: number, bytesMax: number): number {
    const { arrivals, sizes, userRecords, firstNumber, endNumber } = this.#log;
    const first = this.#fetchedNumber - firstNumber;
    const end = Math.min(endNumber - firstNumber, first + recordsMax);
    let at = first;
    let bytes = 0;
    // Added up one by one, as in the log, so that rounding does not set the two apart.
    let { fetched } = this;
    for (; at < end; at += 1) {
      const size = sizes[at] as number;
      if (bytes + size > bytesMax || (arrivals[at] as number) > seconds) break;
      bytes += size;
      fetched += userRecords[at] as number;
    }
    this.#fetchedNumber += at - first;
    this.fetched = fetched;
    this.#heldBytes += bytes;
    return bytes;
  }

  deliver(_fromTick: number, toTick: number): void {
    const { deliverySeconds } = this.#model;
    const log = this.#log;
    while (this.#fetchedNumber < log.endNumber) {
      const at = this.#fetchedNumber - log.firstNumber;
      const bytes = log.sizes[at] as number;
      let arrived = Math.max((log.arrivals[at] as number) + deliverySeconds, this.#fanOut.seconds);
      if (arrived <= toTick && this.#isFull) arrived = this.#advanceToRoom(arrived, toTick);
      const now = this.#fanOut.handedOverAt(arrived, bytes);
      if (now > toTick) break;
      this.advance(now);
      this.#fanOut.handOver(arrived, bytes);
      this.#fetch(now, 1, Number.POSITIVE_INFINITY);
      this.#idleUntil(now);
    }
    this.advance(toTick);
  }

  /** When its memory takes more, at a time or after it; that is never where it does not up to a tick. */
  #advanceToRoom(seconds: number, toTick: number): number {
    let now = seconds;
    this.advance(now);
    while (this.#isFull) {
      // Who is done just now takes the next.
      this.#process(now + INSTANT_SECONDS);
      let done = Number.POSITIVE_INFINITY;
      for (const [processor, number] of this.#record.entries())
        if (number !== NONE) done = Math.min(done, this.#doneAt[processor] as number);
      now = Math.max(now, done);
      if (now > toTick) return Number.POSITIVE_INFINITY;
      this.advance(now);
    }
    return now;
  }

  advance(seconds: number): void {
    while (this.#sampledTick + 1 <= seconds) {
      this.#sampledTick += 1;
      this.#process(this.#sampledTick);
      this.#sample(this.#sampledTick);
    }
    this.#process(seconds);
  }

  /** Lets processors take records until none is free before a time, behind a gap too, and counts those they are done with. */
  #process(until: number): void {
    if (this.#doneAt.length === 1 && this.#gaps.length === 0) {
      this.#processAlone(until);
      return;
    }
    if (this.recordsPerSecond > 0) this.#takeUntil(until);
    const gaps = this.#gaps.length;
    for (let processor = 0; processor < this.#doneAt.length; processor += 1)
      if ((this.#doneAt[processor] as number) <= until) this.#finish(processor);
    if (this.#gaps.length < gaps) this.#process(until);
  }

  #takeUntil(until: number): void {
    while (this.#takenNumber < (this.#gaps.first?.from ?? this.#fetchedNumber)) {
      const processor = this.#firstFree();
      const from = this.#doneAt[processor] as number;
      if (from >= until) break;
      this.#finish(processor);
      this.#take(processor, from);
    }
  }

  /** The same for one processor. Its numbers stay out of fields, for speed. */
  #processAlone(until: number): void {
    const { arrivals, sizes, userRecords, firstNumber } = this.#log;
    const { latencies } = this.#account;
    const secondsPerRecord = 1 / this.recordsPerSecond;
    const end = this.recordsPerSecond > 0 ? this.#fetchedNumber : this.#takenNumber;
    let taken = this.#takenNumber;
    let isBusy = this.#record[0] !== NONE;
    let doneAt = this.#doneAt[0] as number;
    let { processed } = this;
    let heldBytes = this.#heldBytes;
    for (;;) {
      if (isBusy) {
        if (doneAt > until) break;
        isBusy = false;
        const done = userRecords[taken - 1 - firstNumber] as number;
        latencies.add(doneAt - (arrivals[taken - 1 - firstNumber] as number), done);
        processed += done;
        heldBytes -= sizes[taken - 1 - firstNumber] as number;
      }
      if (taken >= end || doneAt >= until) break;
      isBusy = true;
      doneAt += (userRecords[taken - firstNumber] as number) * secondsPerRecord * this.#variation();
      taken += 1;
    }
    this.#takenNumber = taken;
    this.#record[0] = isBusy ? taken - 1 : NONE;
    this.#doneAt[0] = doneAt;
    this.processed = processed;
    this.#heldBytes = heldBytes;
  }

  #firstFree(): number {
    return this.#doneAt.indexOf(Math.min(...this.#doneAt));
  }

  #take(processor: number, from: number): void {
    const log = this.#log;
    const at = this.#takenNumber - log.firstNumber;
    const mean = ((log.userRecords[at] as number) * this.#model.processors) / this.recordsPerSecond;
    this.#doneAt[processor] = from + mean * this.#variation();
    this.#record[processor] = this.#takenNumber;
    this.#takenNumber += 1;
    if (!this.#isAlone) this.#noteLatency(processor, at);
  }

  #noteLatency(processor: number, at: number): void {
    const { arrivals, userRecords } = this.#log;
    this.#account.latencies.add(
      (this.#doneAt[processor] as number) - (arrivals[at] as number),
      userRecords[at] as number,
    );
  }

  #variation(): number {
    const { timeVariation } = this.#model;
    if (timeVariation === 0) return 1;
    return timeVariation === 1 ? sampleExponential(this.#random) : sampleLognormal(this.#random, this.#logVariance);
  }

  #finish(processor: number): void {
    const number = this.#record[processor] as number;
    if (number === NONE) return;
    const at = number - this.#log.firstNumber;
    if (this.#isAlone) this.#noteLatency(processor, at);
    this.#record[processor] = NONE;
    this.processed += this.#log.userRecords[at] as number;
    this.#heldBytes -= this.#log.sizes[at] as number;
    if (this.#gaps.length > 0) this.#skipGap();
  }

  /** Notes the age of the oldest record that is not processed. */
  #sample(tick: number): void {
    const oldest = this.#oldestUnprocessed;
    if (oldest >= this.#log.endNumber) return;
    const age = tick - (this.#log.arrivals[oldest - this.#log.firstNumber] as number);
    const index = tick - this.#fromTick - 1;
    const { ageMax } = this.#account;
    if (age > (ageMax[index] as number)) ageMax[index] = age;
  }

  drop(): void {
    if (!this.#isAlone) return;
    if (this.#record[0] !== NONE) this.#takenNumber -= 1;
    this.#record[0] = NONE;
    this.#doneAt[0] = 0;
    this.#fetchedNumber = this.#takenNumber;
    this.fetched = this.processed;
    this.#heldBytes = 0;
    this.#gaps.clear();
    this.expire(this.#expiredUpTo);
  }

  mark(): void {
    this.#mark = this.#lastMark;
    this.#lastMark = { number: this.#oldestUnprocessed, processed: this.processed };
  }

  rewind(share: number): number {
    if (!this.#isAlone) return 0;
    this.drop();
    const [mark, processed] = [this.#mark, this.processed];
    const to = Math.max(mark.processed + share * (processed - mark.processed), this.#expiredUpTo);
    while (this.#takenNumber > mark.number) {
      const last = this.#log.userRecords[this.#takenNumber - 1 - this.#log.firstNumber] as number;
      if (this.processed - last < to - DUST_RECORDS) break;
      this.processed -= last;
      this.#takenNumber -= 1;
    }
    this.#fetchedNumber = this.#takenNumber;
    this.fetched = this.processed;
    return processed - this.processed;
  }

  expire(upTo: number): void {
    this.#expiredUpTo = upTo;
    const log = this.#log;
    const from = this.#fetchedNumber;
    let records = 0;
    while (this.#fetchedNumber < log.endNumber && this.fetched + records < upTo - DUST_RECORDS) {
      records += log.userRecords[this.#fetchedNumber - log.firstNumber] as number;
      this.#fetchedNumber += 1;
    }
    if (records === 0) return;
    this.missed.push({ from: this.fetched, to: this.fetched + records });
    this.#gaps.add({ at: this.fetched, from, to: this.#fetchedNumber, records });
    this.fetched += records;
    this.#skipGap();
  }

  /** Goes on behind a gap when all before it is processed. */
  #skipGap(): void {
    const gap = this.#gaps.first;
    if (gap === undefined || this.processed < gap.at - DUST_RECORDS) return;
    this.#gaps.shift();
    this.#takenNumber = gap.to;
    this.processed += gap.records;
    this.skipped += gap.records;
  }
}
