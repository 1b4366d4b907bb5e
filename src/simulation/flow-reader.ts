/*
 * One consumer on one shard: polls (or deliveries by fan-out) put records into a bounded buffer, a processor takes them out in order.
 * Polls are simulated one by one; between them records flow as a fluid, so that a chunk costs a few steps a second whatever the rate.
 *
 * Iterator age is sampled at the end of every second: now minus the arrival of the oldest record that is not processed. Latency runs
 * from arrival to the end of processing, taken at a random point of each stretch of processing. Left out: network time.
 */
import type { ArrivalLog } from "./arrival-log.js";
import type { ConsumerModel } from "./consumer-model.js";
import { FlowProgress } from "./flow-progress.js";
import type { RandomStream } from "./kernel/random-stream.js";
import type { ReadAccount } from "./read-account.js";
import type { ReadBucket } from "./read-bucket.js";
import { type ReadRetries, readRetries } from "./read-retries.js";
import type { Reader } from "./shard-parts.js";
import { isSmooth, STEADY_UTILIZATION } from "./smooth-processing.js";
import { workable } from "./workable.js";

/** A leap takes at least this many poll intervals. */
const LEAST_POLLS = 4;
/** A poll brings at least this many records where they are taken as a fluid over many polls. */
const DENSE_RECORDS = 20;
/** Places in a reader's state. */
const NEXT_POLL = 0;
const FAN_OUT_BYTES = 1;
const STATE_LENGTH = 2;

export class FlowReader extends FlowProgress implements Reader {
  readonly #state = new Float64Array(STATE_LENGTH);
  readonly #retries: ReadRetries | undefined;

  /** @param putRecords user records that a PutRecords call brings on average */
  constructor(
    model: ConsumerModel,
    log: ArrivalLog,
    account: ReadAccount,
    random: RandomStream,
    putRecords: number,
    tick: number,
  ) {
    super(model, log, account, random, putRecords, tick);
    this.#retries = readRetries(model, account, random);
    this.#state[NEXT_POLL] = Number.POSITIVE_INFINITY;
    this.#state[FAN_OUT_BYTES] = model.fanOutBytesPerSecond;
  }

  get nextPollSeconds(): number {
    return this.#state[NEXT_POLL] as number;
  }

  /** A poller's first call comes within its first interval. */
  start(tick: number, isAtOnce = false): void {
    this.idleUntil(tick);
    this.#state[FAN_OUT_BYTES] = this.model.fanOutBytesPerSecond;
    const wait = this.model.isFanOut || isAtOnce ? 0 : this.random.nextUniform() * this.model.pollSeconds;
    this.#state[NEXT_POLL] = tick + wait;
  }

  stop(): void {
    this.#state[NEXT_POLL] = Number.POSITIVE_INFINITY;
  }

  get isReading(): boolean {
    return this.nextPollSeconds < Number.POSITIVE_INFINITY;
  }

  demand(toTick: number, bucket: ReadBucket): number {
    const from = this.fromTick;
    const waiting = this.window?.waiting(this.fetched) ?? 0;
    const held = this.held - waiting;
    const first = Math.min(toTick, Math.max(from, this.nextPollSeconds));
    const most = this.model.isFanOut ? this.#deliverable(toTick) : this.#pollable(toTick, bucket);
    const readable = this.isReading && most > 0 ? most : 0;
    const given = this.window?.passable(waiting + readable, first, toTick) ?? readable;
    return workable(held, given, first - from, toTick - from, this.recordsPerSecond);
  }

  /** What the polls up to the end of a chunk may bring. */
  #pollable(toTick: number, bucket: ReadBucket): number {
    const { last, records, bytes } = bucket.mostBefore(toTick, this.nextPollSeconds, this.model.pollSeconds);
    if (!(records > 0)) return 0;
    const arrived = this.log.arrivedBy(last) - this.fetched;
    return Math.min(arrived, records / this.weights.kinesisRecords, bytes / this.weights.bytes);
  }

  /** What fan-out may deliver up to the end of a chunk. */
  #deliverable(toTick: number): number {
    const { deliverySeconds, fanOutBytesPerSecond } = this.model;
    const records = this.log.arrivedLongAgo(toTick - deliverySeconds) - this.fetched;
    return Math.min(records, (fanOutBytesPerSecond * (toTick - this.fromTick)) / this.weights.bytes);
  }

  pollUntil(bucket: ReadBucket, seconds: number): void {
    const { pollSeconds, pollJitterRatio } = this.model;
    const bytesPerRecord = this.weights.bytes;
    const room = this.#room;
    const most = Math.min(bucket.bytesPerCall / bytesPerRecord, bucket.recordsPerCall / this.weights.kinesisRecords);
    const shortest = pollSeconds * (1 - pollJitterRatio);
    const spread = 2 * pollSeconds * pollJitterRatio;
    let now = this.nextPollSeconds;
    let retry: number | undefined;
    for (; now < seconds; now += retry ?? shortest + spread * this.random.nextUniform()) {
      retry = undefined;
      this.advance(now);
      const held = this.held;
      if (held > 0 && held >= room) continue;
      this.account.calls += 1;
      if (!bucket.admits(now)) {
        this.account.readThrottles += 1;
        retry = this.#retries?.refuse();
        continue;
      }
      this.#retries?.succeed();
      let records = this.log.arrivedBy(now) - this.fetched;
      if (records > most) records = most;
      if (!(records > 0)) records = 0;
      this.fetch(records);
      this.lookAtWindow(now);
      bucket.charge(records * bytesPerRecord);
    }
    this.#state[NEXT_POLL] = now;
  }

  /** User records in memory with which it fetches no more; Kinesis records are counted, as they are when they come. */
  get #room(): number {
    const { prefetchRecords, prefetchBytes } = this.model;
    return Math.min(prefetchRecords / this.weights.kinesisRecords, prefetchBytes / this.weights.bytes);
  }

  /** User records per second that arrive in the chunk. */
  #arrivals(toTick: number): number {
    const { log, fromTick } = this;
    return (log.arrivedByTick(toTick) - log.arrivedByTick(fromTick)) / (toTick - fromTick);
  }

  /** Bytes per second that it reads where it keeps up. */
  arrivingBytes(toTick: number): number {
    return this.#arrivals(toTick) * this.weights.bytes;
  }

  /** Whether its processor, as fast as it was last, is so busy with what arrives that chance makes its ages. */
  isBarelyEnough(meanRecordsPerSecond: number, peakRecordsPerSecond: number): boolean {
    const speed = this.recordsPerSecond;
    return peakRecordsPerSecond > STEADY_UTILIZATION * speed && STEADY_UTILIZATION * meanRecordsPerSecond < speed;
  }

  /** The most calls it makes in a second. */
  get callsPerSecond(): number {
    return 1 / (this.model.pollSeconds * (1 - this.model.pollJitterRatio));
  }

  /**
   * What it asks of the shard's bucket while it keeps up: bytes of its largest call. Infinite where it may not be leapt over.
   *
   * @param callRecords user records that the largest PutRecords call brings
   */
  leapBytes(toTick: number, callRecords: number): number {
    const { pollSeconds, pollJitterRatio, prefetchRecords, prefetchBytes } = this.model;
    const from = this.fromTick;
    const arrivals = this.#arrivals(toTick);
    const batch = arrivals * pollSeconds * (1 + pollJitterRatio);
    const isSteady =
      this.isReading &&
      this.isFreeToTheEnd &&
      // There are polls enough in the chunk for their order not to matter.
      LEAST_POLLS * pollSeconds <= toTick - from &&
      arrivals * pollSeconds >= DENSE_RECORDS &&
      arrivals <= STEADY_UTILIZATION * this.recordsPerSecond &&
      isSmooth(this.model, callRecords, this.recordsPerSecond - arrivals) &&
      this.processed >= this.log.arrivedByTick(Math.max(0, from - Math.ceil(2 * pollSeconds) - 1)) &&
      batch * this.weights.bytes < prefetchBytes &&
      batch * this.weights.kinesisRecords < prefetchRecords;
    return isSteady ? batch * this.weights.bytes : Number.POSITIVE_INFINITY;
  }

  /**
   * A chunk in which it keeps up and no call is refused: a record waits for the next poll and then for those before it, which makes
   * ages and latencies lie evenly between the busy part of the poll interval and all of it.
   */
  leap(toTick: number): void {
    const { pollSeconds } = this.model;
    const seconds = toTick - this.fromTick;
    const arrivals = this.#arrivals(toTick);
    const busy = (pollSeconds * arrivals) / this.recordsPerSecond;
    const since = this.random.nextUniform() * pollSeconds;
    const polled = toTick - since;
    this.account.calls += Math.floor(seconds / pollSeconds + this.random.nextUniform());
    this.fetch(Math.max(0, this.log.arrivedBy(polled) - this.fetched));
    const start = this.log.arrivedBy(polled - pollSeconds);
    const before = this.processed;
    const done = since < busy ? start + ((this.fetched - start) * since) / busy : this.fetched;
    this.jumpTo(Math.max(before, done), toTick);
    this.#state[NEXT_POLL] = toTick + pollSeconds - since;
    this.account.steady.add(busy, 0, this.processed - before, arrivals / this.putRecords);
  }

  deliver(fromTick: number, toTick: number): void {
    for (let tick = fromTick + 1; tick <= toTick; tick += 1) {
      this.#deliverTick(tick);
      this.lookAtWindow(tick);
    }
  }

  /** What fan-out delivers in the tick that ends at `tick`, at its end. */
  #deliverTick(tick: number): void {
    const { deliverySeconds, fanOutBytesPerSecond } = this.model;
    // What it may give and does not is saved up, for a second.
    const bytes = (this.#state[FAN_OUT_BYTES] as number) + fanOutBytesPerSecond;
    const most = Math.min(bytes / this.weights.bytes, this.#deliveryRoom(tick));
    let records = this.log.arrivedLongAgo(tick - deliverySeconds) - this.fetched;
    if (records > most) records = most;
    if (!(records > 0)) {
      this.#state[FAN_OUT_BYTES] = Math.min(fanOutBytesPerSecond, bytes);
      this.advance(tick);
      return;
    }
    this.#state[FAN_OUT_BYTES] = Math.min(fanOutBytesPerSecond, bytes - records * this.weights.bytes);
    // In time when the oldest of them arrived within the tick: then the processor takes them as they come.
    const isInTime = tick - this.oldestArrival <= 1 + 2 * deliverySeconds;
    this.fetch(records);
    if (isInTime && this.isFree && records <= this.recordsPerSecond) this.#flowThrough(tick);
    else this.advance(tick);
  }

  /** What its memory takes of a tick's deliveries. Within the tick it takes as much more as the processor does. */
  #deliveryRoom(tick: number): number {
    const room = this.#room;
    if (this.held < room) return Math.max(room, this.recordsPerSecond) - this.held;
    this.advance(tick);
    return Math.max(0, room - this.held);
  }

  /** A tick whose deliveries the processor takes as they come. */
  #flowThrough(tick: number): void {
    const records = this.fetched - this.processed;
    this.jumpTo(this.fetched, tick);
    this.account.latencies.add(this.model.deliverySeconds + this.model.processors / this.recordsPerSecond, records);
    this.sample(tick);
  }
}
