/*
 * One consumer on one shard as a flow: it processes what arrives as long as that is less than it can, and what it can otherwise. Where
 * it keeps up, its poll interval makes its age and latency: both lie evenly between the part of the interval that processing takes
 * and the whole. Where it lags, its age follows from the curve of arrivals.
 */

import type { ConsumerModel } from "./consumer-model.js";
import { fairLimits } from "./fair-limits.js";
import type { FluidLog } from "./fluid-log.js";
import type { ReadAccount } from "./read-account.js";
import type { ReadBucket } from "./read-bucket.js";
import type { RecordRange } from "./record-ranges.js";
import type { Reader } from "./shard-parts.js";

/** Points at which the latency of a chunk is taken. */
const LATENCY_POINTS = 16;
const NEVER = Number.POSITIVE_INFINITY;
/** A backlog of less time than this is none. */
const KEEPS_UP_SECONDS = 1e-6;

export class FluidReader implements Reader {
  readonly #model: ConsumerModel;
  readonly #log: FluidLog;
  readonly #account: ReadAccount;
  readonly #putRecords: number;
  processed = 0;
  skipped = 0;
  readonly missed: RecordRange[] = [];
  recordsPerSecond = 0;
  nextPollSeconds = NEVER;
  #mark = 0;
  #lastMark = 0;
  #barrier = NEVER;
  #expiredUpTo = 0;
  #fromTick = 0;
  #seconds = 0;
  /** Whether something was left unprocessed at the end of the last step. */
  #isBehind = false;
  /** Bytes and Kinesis records of what it has read, and of an unread user record, over the chunk. */
  #readBytes = 0;
  #readKinesisRecords = 0;
  #bytesPerRecord = 0;
  #kinesisRecordsPerRecord = 0;
  /** User records per second that reading allows, and in one call. */
  #readLimit = NEVER;
  #callRecords = NEVER;

  /** @param putRecords user records that a PutRecords call brings on average */
  constructor(model: ConsumerModel, log: FluidLog, account: ReadAccount, putRecords: number, tick: number) {
    this.#putRecords = putRecords;
    this.#model = model;
    this.#log = log;
    this.#account = account;
    this.#fromTick = tick;
    this.#seconds = tick;
  }

  get fetched(): number {
    return this.processed;
  }

  get oldest(): number {
    return this.#model.checkpointIntervalSeconds === undefined ? this.processed : Math.min(this.processed, this.#mark);
  }

  get backlog(): number {
    return this.#log.records - this.processed;
  }

  get isDrained(): boolean {
    return this.backlog <= 1e-6 * (1 + this.#log.records * 1e-6);
  }

  get isReading(): boolean {
    return this.nextPollSeconds < NEVER;
  }

  start(tick: number): void {
    this.nextPollSeconds = tick;
  }

  stop(): void {
    this.nextPollSeconds = NEVER;
  }

  beginChunk(fromTick: number): void {
    this.#fromTick = fromTick;
    this.#seconds = fromTick;
    const unread = this.backlog;
    this.#bytesPerRecord = unread > 0 ? Math.max(0, this.#log.bytes - this.#readBytes) / unread : 0;
    this.#kinesisRecordsPerRecord =
      unread > 0 ? Math.max(0, this.#log.kinesisRecords - this.#readKinesisRecords) / unread : 0;
  }

  beginStep(): void {
    // It reads a chunk as a whole.
  }

  demand(toTick: number): number {
    // What reading allows is as it was in the last chunk.
    return Math.min(this.wanted(toTick), this.#readLimit);
  }

  /** User records per second that it asks of the shard: what arrives where it keeps up, all it can process otherwise. */
  wanted(toTick: number): number {
    if (!this.isReading) return 0;
    const arrived = this.#log.arrivedLongAgo(toTick) - this.processed;
    return Math.min(this.#callLimit(), this.recordsPerSecond, Math.max(0, arrived) / (toTick - this.#fromTick));
  }

  #callLimit(): number {
    return this.#model.isFanOut ? NEVER : this.#callRecords / this.#model.pollSeconds;
  }

  /** Bytes per second that it asks of the shard. */
  wantedBytes(toTick: number): number {
    return this.wanted(toTick) * this.#bytesPerRecord;
  }

  /** Bounds what one call returns, of records as large as the unread ones. */
  limitCalls({ bytesPerCall, recordsPerCall }: ReadBucket): void {
    this.#callRecords = Math.min(bytesPerCall / this.#bytesPerRecord, recordsPerCall / this.#kinesisRecordsPerRecord);
  }

  /** Bounds what it reads in a second, likewise. */
  limitBytes(bytesPerSecond: number): void {
    this.#readLimit = bytesPerSecond / this.#bytesPerRecord;
  }

  pollUntil(): void {
    // It has no polls of its own.
  }

  deliver(_fromTick: number, toTick: number): void {
    this.limitBytes(this.#model.fanOutBytesPerSecond);
    this.advance(toTick);
  }

  advance(seconds: number): void {
    const from = this.#seconds;
    if (seconds <= from) return;
    this.#seconds = seconds;
    const speed = this.isReading ? Math.min(this.recordsPerSecond, this.#readLimit, this.#callLimit()) : 0;
    const records = Math.min(this.backlog, speed * (seconds - from), this.#barrier - this.processed);
    const before = this.processed;
    const wasBehind = this.#isBehind;
    if (records === this.backlog) this.#readAll();
    else this.#read(records);
    this.#isBehind = this.backlog > speed * KEEPS_UP_SECONDS;
    if (wasBehind || this.#isBehind) this.#lag(from, seconds, before, records);
    else this.#keepUp(records / (seconds - from), records);
  }

  #readAll(): void {
    this.processed = this.#log.records;
    this.#readBytes = this.#log.bytes;
    this.#readKinesisRecords = this.#log.kinesisRecords;
  }

  #read(records: number): void {
    this.processed += records;
    this.#readBytes += records * this.#bytesPerRecord;
    this.#readKinesisRecords += records * this.#kinesisRecordsPerRecord;
  }

  #keepUp(arrivals: number, records: number): void {
    const { isFanOut, deliverySeconds, batchSeconds } = this.#model;
    const { latencies, steady, ageMax } = this.#account;
    if (!(records > 0)) return;
    const service = this.recordsPerSecond > 0 ? this.#model.processors / this.recordsPerSecond : 0;
    if (isFanOut) {
      latencies.add(deliverySeconds + service, records);
      for (let index = 0; index < ageMax.length; index += 1)
        ageMax[index] = Math.max(deliverySeconds, ageMax[index] as number);
      return;
    }
    const busy = batchSeconds * Math.min(1, arrivals / this.recordsPerSecond);
    steady.add(busy, service, records, arrivals / this.#putRecords);
  }

  /** Ages along the chunk, and latencies at a few points of what is processed. */
  #lag(from: number, to: number, before: number, records: number): void {
    const { ageMax, latencies } = this.#account;
    const floor = this.#model.isFanOut ? this.#model.deliverySeconds : this.#model.batchSeconds;
    for (let tick = from + 1; tick <= to; tick += 1) {
      const done = before + Math.min(records, ((tick - from) / (to - from)) * records);
      const age = Math.max(floor, tick - this.#log.arrivalOf(done));
      const index = tick - this.#fromTick - 1;
      if (age > (ageMax[index] as number)) ageMax[index] = age;
    }
    for (let point = 0; point < LATENCY_POINTS; point += 1) {
      const part = (point + 0.5) / LATENCY_POINTS;
      const at = from + part * (to - from);
      latencies.add(Math.max(floor, at - this.#log.arrivalOf(before + part * records)), records / LATENCY_POINTS);
    }
  }

  drop(): void {
    // It processes what it fetches.
  }

  mark(): void {
    this.#mark = this.#lastMark;
    this.#lastMark = this.processed;
  }

  rewind(share: number): number {
    const { processed } = this;
    const to = Math.max(this.#mark + share * (processed - this.#mark), this.#expiredUpTo);
    if (!(to < processed)) return 0;
    this.#readBytes *= to / processed;
    this.#readKinesisRecords *= to / processed;
    this.processed = to;
    this.#isBehind = true;
    return processed - to;
  }

  holdAtEnd(): void {
    this.#barrier = this.#log.records;
  }

  get isHeld(): boolean {
    return this.processed >= this.#barrier && this.hasHeldRecord;
  }

  get hasHeldRecord(): boolean {
    return this.#log.records >= this.#barrier + 1;
  }

  goOn(records: number): number {
    this.#barrier = NEVER;
    const skipped = Math.min(records, this.backlog);
    this.#read(skipped);
    this.skipped += skipped;
    return skipped;
  }

  expire(upTo: number): void {
    this.#expiredUpTo = upTo;
    if (upTo <= this.processed) return;
    const records = upTo - this.processed;
    this.missed.push({ from: this.processed, to: upTo });
    this.skipped += records;
    this.#read(records);
    this.processed = upTo;
  }
}

/** Shared readers divide a shard's bytes fairly. */
export function readAsFlow(): (readers: readonly Reader[], bucket: ReadBucket, toTick: number) => void {
  let readers: FluidReader[] | undefined;
  return (all, bucket, toTick) => {
    // A shard's readers are the same all the time.
    readers ??= all.filter((reader): reader is FluidReader => reader instanceof FluidReader);
    for (const reader of readers) {
      reader.limitCalls(bucket);
      reader.limitBytes(bucket.bytesPerSecond);
    }
    if (readers.length > 1) shareFairly(readers, bucket.bytesPerSecond, toTick);
    for (const reader of readers) reader.advance(toTick);
  };
}

function shareFairly(readers: readonly FluidReader[], bytesPerSecond: number, toTick: number): void {
  let bytes = 0;
  for (const reader of readers) bytes += reader.wantedBytes(toTick);
  if (bytes <= bytesPerSecond) return;
  const wanted = readers.map((reader) => reader.wantedBytes(toTick));
  for (const [index, limit] of fairLimits(wanted, bytesPerSecond).entries())
    (readers[index] as FluidReader).limitBytes(limit);
}
