/*
 * How far one consumer is on one shard, record by record: processors take what is fetched in the order of arrival, each for its own time,
 * skip what has expired, and go back to a checkpoint after a crash. How it is fetched is the reader's.
 */

import { BatchWindow } from "./batch-window.js";
import type { ConsumerModel } from "./consumer-model.js";
import { DUST_RECORDS } from "./dust-records.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { sampleExponential, sampleLognormal } from "./kernel/samplers.js";
import type { ReadAccount } from "./read-account.js";
import { RecordGaps } from "./record-gaps.js";
import type { RecordLog } from "./record-log.js";
import type { RecordRange } from "./record-ranges.js";

const NONE = -1;
/** Less than any record takes that matters. */
const INSTANT_SECONDS = 1e-6;

export class RecordProgress {
  protected readonly model: ConsumerModel;
  protected readonly log: RecordLog;
  protected readonly account: ReadAccount;
  protected readonly random: RandomStream;
  readonly #logVariance: number;
  /** Numbers of the first record that is not fetched, and of the first that no processor has taken. */
  protected fetchedNumber = 0;
  #takenNumber = 0;
  /** When each processor is done with the record it has, and which one that is. */
  readonly #doneAt: Float64Array;
  readonly #record: Float64Array;
  /** Several processors are those of Lambda, whose leases nobody takes: they keep what they hold. */
  readonly #isAlone: boolean;
  #heldBytes = 0;
  fetched = 0;
  processed = 0;
  skipped = 0;
  readonly missed: RecordRange[] = [];
  #expiredUpTo = 0;
  readonly #gaps = new RecordGaps();
  /** Up to where all was processed at the last mark but one, and at the last: the number of the next record, and the user records. */
  #mark = { number: 0, processed: 0 };
  #lastMark = this.#mark;
  /** No processor takes the record of this number, or one behind it. */
  #barrierNumber = Number.POSITIVE_INFINITY;
  recordsPerSecond = 0;
  /** The first tick of the chunk, and of the part of it that is being read. */
  #chunkTick = 0;
  protected fromTick = 0;
  #sampledTick = 0;
  protected readonly window: BatchWindow | undefined;
  /** No processor takes the record of this number, or one behind it, before the batching window lets it through. */
  #passedNumber = Number.POSITIVE_INFINITY;

  constructor(model: ConsumerModel, log: RecordLog, account: ReadAccount, random: RandomStream, tick: number) {
    this.model = model;
    this.log = log;
    this.account = account;
    this.random = random;
    this.#logVariance = Math.log1p(model.timeVariation ** 2);
    this.#doneAt = new Float64Array(model.processors).fill(tick);
    this.#record = new Float64Array(model.processors).fill(NONE);
    this.#isAlone = model.processors === 1;
    this.#sampledTick = tick;
    this.window = model.batchWindow && new BatchWindow(model.batchWindow);
    if (this.window !== undefined) this.#passedNumber = 0;
  }

  /** No processor begins anything before this time. */
  protected idleUntil(seconds: number): void {
    for (let processor = 0; processor < this.#doneAt.length; processor += 1)
      if (this.#record[processor] === NONE)
        this.#doneAt[processor] = Math.max(seconds, this.#doneAt[processor] as number);
  }

  get oldest(): number {
    const hasCheckpoints = this.model.checkpointIntervalSeconds !== undefined;
    return hasCheckpoints ? Math.min(this.#oldestUnprocessed, this.#mark.number) : this.#oldestUnprocessed;
  }

  get #oldestUnprocessed(): number {
    let oldest = this.#takenNumber;
    for (const number of this.#record) if (number !== NONE && number < oldest) oldest = number;
    return oldest;
  }

  get backlog(): number {
    return this.log.records - this.processed - this.#gaps.records;
  }

  get isDrained(): boolean {
    return this.log.records - this.processed <= DUST_RECORDS;
  }

  beginChunk(fromTick: number): void {
    this.#chunkTick = fromTick;
    this.beginStep(fromTick);
  }

  beginStep(fromTick: number): void {
    this.fromTick = fromTick;
    this.idleUntil(fromTick);
  }

  /** Whether its memory takes nothing more. Kinesis records are counted, as they are when they come. */
  protected get isFull(): boolean {
    const { prefetchRecords, prefetchBytes } = this.model;
    const busy = this.#record.reduce((count, number) => (number === NONE ? count : count + 1), 0);
    const held = this.fetchedNumber - this.#takenNumber - this.#gaps.kinesisRecords + busy;
    return held > 0 && (held >= prefetchRecords || this.#heldBytes >= prefetchBytes);
  }

  /** Fetches what had arrived by then, up to so many Kinesis records and bytes, and returns the bytes. */
  protected fetch(seconds: number, recordsMax: number, bytesMax: number): number {
    const { arrivals, sizes, userRecords, firstNumber, endNumber } = this.log;
    const first = this.fetchedNumber - firstNumber;
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
    this.fetchedNumber += at - first;
    this.fetched = fetched;
    this.#heldBytes += bytes;
    return bytes;
  }

  /** Has the batching window look at what is fetched; times may not go back. */
  protected lookAtWindow(seconds: number): void {
    if (this.window === undefined) return;
    this.window.look(seconds, this.fetched, this.processed);
    const { userRecords, firstNumber } = this.log;
    let waiting = this.fetched - this.window.passed;
    let number = this.fetchedNumber;
    for (; waiting > DUST_RECORDS; number -= 1) waiting -= userRecords[number - 1 - firstNumber] as number;
    this.#passedNumber = number;
  }

  /** When a processor that is busy just after a time is done, and takes the next record; never where none is. */
  protected nextDone(seconds: number): number {
    // Who is done just now takes the next.
    this.#process(seconds + INSTANT_SECONDS);
    let done = Number.POSITIVE_INFINITY;
    for (const [processor, number] of this.#record.entries())
      if (number !== NONE) done = Math.min(done, this.#doneAt[processor] as number);
    return Math.max(seconds, done);
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
    const end = Math.min(this.#gaps.first?.from ?? this.fetchedNumber, this.#barrierNumber, this.#passedNumber);
    while (this.#takenNumber < end) {
      const processor = this.#firstFree();
      const from = this.#doneAt[processor] as number;
      if (from >= until) break;
      this.#finish(processor);
      this.#take(processor, from);
    }
  }

  /** The same for one processor. Its numbers stay out of fields, for speed. */
  #processAlone(until: number): void {
    const { arrivals, sizes, userRecords, firstNumber } = this.log;
    const { latencies } = this.account;
    const secondsPerRecord = 1 / this.recordsPerSecond;
    const most = Math.min(this.fetchedNumber, this.#barrierNumber, this.#passedNumber);
    const end = this.recordsPerSecond > 0 ? most : this.#takenNumber;
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
    const log = this.log;
    const at = this.#takenNumber - log.firstNumber;
    const mean = ((log.userRecords[at] as number) * this.model.processors) / this.recordsPerSecond;
    this.#doneAt[processor] = from + mean * this.#variation();
    this.#record[processor] = this.#takenNumber;
    this.#takenNumber += 1;
    if (!this.#isAlone) this.#noteLatency(processor, at);
  }

  #noteLatency(processor: number, at: number): void {
    const { arrivals, userRecords } = this.log;
    this.account.latencies.add(
      (this.#doneAt[processor] as number) - (arrivals[at] as number),
      userRecords[at] as number,
    );
  }

  #variation(): number {
    const { timeVariation } = this.model;
    if (timeVariation === 0) return 1;
    return timeVariation === 1 ? sampleExponential(this.random) : sampleLognormal(this.random, this.#logVariance);
  }

  #finish(processor: number): void {
    const number = this.#record[processor] as number;
    if (number === NONE) return;
    const at = number - this.log.firstNumber;
    if (this.#isAlone) this.#noteLatency(processor, at);
    this.#record[processor] = NONE;
    this.processed += this.log.userRecords[at] as number;
    this.#heldBytes -= this.log.sizes[at] as number;
    if (this.#gaps.length > 0) this.#skipGap();
  }

  /** Notes the age of the oldest record that is not processed. */
  #sample(tick: number): void {
    const oldest = this.#oldestUnprocessed;
    if (oldest >= this.log.endNumber) return;
    const age = tick - (this.log.arrivals[oldest - this.log.firstNumber] as number);
    const index = tick - this.#chunkTick - 1;
    const { ageMax } = this.account;
    if (age > (ageMax[index] as number)) ageMax[index] = age;
  }

  drop(): void {
    if (!this.#isAlone) return;
    if (this.#record[0] !== NONE) this.#takenNumber -= 1;
    this.#record[0] = NONE;
    this.#doneAt[0] = 0;
    this.fetchedNumber = this.#takenNumber;
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
    const { userRecords, firstNumber } = this.log;
    const mark = this.#mark;
    const { processed } = this;
    const to = Math.max(mark.processed + share * (processed - mark.processed), this.#expiredUpTo);
    while (this.#takenNumber > mark.number) {
      const last = userRecords[this.#takenNumber - 1 - firstNumber] as number;
      if (this.processed - last < to - DUST_RECORDS) break;
      this.processed -= last;
      this.#takenNumber -= 1;
    }
    this.fetchedNumber = this.#takenNumber;
    this.fetched = this.processed;
    return processed - this.processed;
  }

  holdAtEnd(): void {
    this.#barrierNumber = this.log.endNumber;
  }

  get isHeld(): boolean {
    return this.#oldestUnprocessed >= this.#barrierNumber && this.fetchedNumber > this.#barrierNumber;
  }

  get hasHeldRecord(): boolean {
    return this.log.endNumber > this.#barrierNumber;
  }

  goOn(records: number): number {
    this.#barrierNumber = Number.POSITIVE_INFINITY;
    const { userRecords, firstNumber, endNumber } = this.log;
    let skipped = 0;
    for (; skipped < records && this.#takenNumber < endNumber; this.#takenNumber += 1)
      skipped += userRecords[this.#takenNumber - firstNumber] as number;
    this.fetchedNumber = Math.max(this.fetchedNumber, this.#takenNumber);
    this.processed += skipped;
    this.fetched = Math.max(this.fetched, this.processed);
    this.skipped += skipped;
    return skipped;
  }

  expire(upTo: number): void {
    this.#expiredUpTo = upTo;
    const log = this.log;
    const from = this.fetchedNumber;
    let records = 0;
    while (this.fetchedNumber < log.endNumber && this.fetched + records < upTo - DUST_RECORDS) {
      records += log.userRecords[this.fetchedNumber - log.firstNumber] as number;
      this.fetchedNumber += 1;
    }
    if (records === 0) return;
    this.missed.push({ from: this.fetched, to: this.fetched + records });
    this.#gaps.add({ at: this.fetched, from, to: this.fetchedNumber, records });
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
