/*
 * One consumer on one shard, record by record: each is fetched by a poll (or delivered by fan-out), waits for a free processor in the
 * order of arrival, and takes its own time. Several processors of one shard (Lambda's parallelization factor) serve one queue.
 */

import type { ConsumerModel } from "./consumer-model.js";
import { FanOutCredit } from "./fan-out-credit.js";
import type { RandomStream } from "./kernel/random-stream.js";
import type { ReadAccount } from "./read-account.js";
import type { ReadBucket } from "./read-bucket.js";
import { type ReadRetries, readRetries } from "./read-retries.js";
import type { RecordLog } from "./record-log.js";
import { RecordProgress } from "./record-progress.js";
import type { Reader } from "./shard-parts.js";
import { workable } from "./workable.js";

export class RecordReader extends RecordProgress implements Reader {
  readonly #fanOut: FanOutCredit;
  readonly #retries: ReadRetries | undefined;
  nextPollSeconds = Number.POSITIVE_INFINITY;

  constructor(model: ConsumerModel, log: RecordLog, account: ReadAccount, random: RandomStream, tick: number) {
    super(model, log, account, random, tick);
    this.#retries = readRetries(model, account, random);
    this.#fanOut = new FanOutCredit(model.fanOutBytesPerSecond, tick);
  }

  start(tick: number, isAtOnce = false): void {
    const wait = this.model.isFanOut || isAtOnce ? 0 : this.random.nextUniform() * this.model.pollSeconds;
    this.nextPollSeconds = tick + wait;
    // Fan-out hands over nothing before reading begins; what it may give meanwhile is saved up.
    this.#fanOut.idleUntil(tick);
    this.idleUntil(tick);
  }

  stop(): void {
    this.nextPollSeconds = Number.POSITIVE_INFINITY;
  }

  get isReading(): boolean {
    return this.nextPollSeconds < Number.POSITIVE_INFINITY;
  }

  demand(toTick: number, bucket: ReadBucket): number {
    const from = this.fromTick;
    const waiting = this.window?.waiting(this.fetched) ?? 0;
    const held = this.backlog - (this.log.records - this.fetched) - waiting;
    const first = Math.min(toTick, Math.max(from, this.nextPollSeconds));
    const most = this.recordsPerSecond * (toTick - from);
    const readable = this.isReading && held < most ? this.#readable(toTick, bucket, most - held) : 0;
    const given = this.window?.passable(waiting + readable, first, toTick) ?? readable;
    return workable(held, given, first - from, toTick - from, this.recordsPerSecond);
  }

  /** What polls or fan-out may bring up to the end of a chunk; no more than so many user records are of interest. */
  #readable(toTick: number, bucket: ReadBucket, most: number): number {
    const { isFanOut, pollSeconds, deliverySeconds, fanOutBytesPerSecond } = this.model;
    if (isFanOut)
      return this.#countUnread(
        toTick - deliverySeconds,
        most,
        Number.POSITIVE_INFINITY,
        fanOutBytesPerSecond * (toTick - this.fromTick),
      );
    const { last, records, bytes } = bucket.mostBefore(toTick, this.nextPollSeconds, pollSeconds);
    return this.#countUnread(last, most, records, bytes);
  }

  /** User records that are not fetched, as far as they had arrived by a time and all the limits go. */
  #countUnread(seconds: number, most: number, recordsMax: number, bytesMax: number): number {
    const log = this.log;
    const end = Math.min(log.endNumber, this.fetchedNumber + recordsMax) - log.firstNumber;
    let count = 0;
    let bytes = 0;
    for (let at = this.fetchedNumber - log.firstNumber; at < end && count < most; at += 1) {
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
    const { pollSeconds, pollJitterRatio } = this.model;
    this.nextPollSeconds = now + pollSeconds * (1 + pollJitterRatio * (2 * this.random.nextUniform() - 1));
    if (this.isFull) return;
    this.account.calls += 1;
    if (!bucket.admits(now)) {
      this.account.readThrottles += 1;
      const retry = this.#retries?.refuse();
      if (retry !== undefined) this.nextPollSeconds = now + retry;
      return;
    }
    this.#retries?.succeed();
    bucket.charge(this.fetch(now, bucket.recordsPerCall, bucket.bytesPerCall));
    this.lookAtWindow(now);
    this.idleUntil(now);
  }

  deliver(_fromTick: number, toTick: number): void {
    const { deliverySeconds } = this.model;
    const log = this.log;
    while (this.fetchedNumber < log.endNumber) {
      const at = this.fetchedNumber - log.firstNumber;
      const bytes = log.sizes[at] as number;
      let arrived = Math.max((log.arrivals[at] as number) + deliverySeconds, this.#fanOut.seconds);
      if (arrived <= toTick && this.isFull) arrived = this.#advanceToRoom(arrived, toTick);
      const now = this.#fanOut.handedOverAt(arrived, bytes);
      if (now > toTick) break;
      this.advance(now);
      this.#fanOut.handOver(arrived, bytes);
      this.fetch(now, 1, Number.POSITIVE_INFINITY);
      this.lookAtWindow(now);
      this.idleUntil(now);
    }
    this.advance(toTick);
    this.lookAtWindow(toTick);
  }

  /** When its memory takes more, at a time or after it; that is never where it does not up to a tick. */
  #advanceToRoom(seconds: number, toTick: number): number {
    let now = seconds;
    this.advance(now);
    while (this.isFull) {
      now = this.nextDone(now);
      if (now > toTick) return Number.POSITIVE_INFINITY;
      this.advance(now);
    }
    return now;
  }
}
