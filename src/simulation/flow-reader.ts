/*
 * One consumer on one shard: polls (or deliveries by fan-out) put records into a bounded buffer, a processor takes them out in order.
 * Polls are simulated one by one; between them records flow as a fluid, so that a chunk costs a few steps a second whatever the rate.
 *
 * Iterator age is sampled at the end of every second: now minus the arrival of the oldest record that is not processed. Latency runs
 * from arrival to the end of processing, taken at a random point of each stretch of processing. Left out: network time.
 */
import type { ArrivalLog } from "./arrival-log.js";
import { DUST_RECORDS } from "./dust-records.js";
import type { RandomStream } from "./kernel/random-stream.js";
import type { ConsumerModel } from "./model.js";
import type { ReadAccount } from "./read-account.js";
import type { ReadBucket } from "./read-bucket.js";
import { ReadGaps } from "./read-gaps.js";
import type { RecordRange } from "./record-ranges.js";
import type { Reader } from "./shard-parts.js";
import { isSmooth, STEADY_UTILIZATION } from "./smooth-processing.js";
import { UnreadWeights } from "./unread-weights.js";
import { workable } from "./workable.js";

/** A leap takes at least this many poll intervals. */
const LEAST_POLLS = 4;
/** A poll brings at least this many records where they are taken as a fluid over many polls. */
const DENSE_RECORDS = 20;
/** Of so many calls a second the first comes soon enough for ages between polls. */
const MANY_CALLS = 20;

/** Places in a reader's state. Numbers that change all the time lie side by side in one array. */
const FETCHED = 0;
const PROCESSED = 1;
const NEXT_POLL = 2;
const SPEED = 3;
const SECONDS = 4;
const FAN_OUT_BYTES = 5;
const MARK = 6;
const LAST_MARK = 7;
const STATE_LENGTH = 8;

export class FlowReader implements Reader {
  readonly #state = new Float64Array(STATE_LENGTH);
  readonly #model: ConsumerModel;
  readonly #log: ArrivalLog;
  readonly #account: ReadAccount;
  readonly #random: RandomStream;
  readonly #putRecords: number;
  /** From so many calls in a second on, chance does not show in ages. */
  readonly #manyCalls: number;
  skipped = 0;
  readonly missed: RecordRange[] = [];
  #expiredUpTo = 0;
  readonly #gaps = new ReadGaps();
  /** Where the arrival of the oldest unprocessed record was found last. */
  #arrivalTick = 0;
  /** The first tick of the chunk. */
  #fromTick = 0;
  readonly #weights = new UnreadWeights();

  /** @param putRecords user records that a PutRecords call brings on average */
  constructor(
    model: ConsumerModel,
    log: ArrivalLog,
    account: ReadAccount,
    random: RandomStream,
    putRecords: number,
    tick: number,
  ) {
    this.#model = model;
    this.#putRecords = putRecords;
    this.#manyCalls = model.isFanOut ? Number.POSITIVE_INFINITY : MANY_CALLS;
    this.#log = log;
    this.#account = account;
    this.#random = random;
    this.#state[SECONDS] = tick;
    this.#state[NEXT_POLL] = Number.POSITIVE_INFINITY;
    this.#state[FAN_OUT_BYTES] = model.fanOutBytesPerSecond;
  }

  get fetched(): number {
    return this.#state[FETCHED] as number;
  }

  get processed(): number {
    return this.#state[PROCESSED] as number;
  }

  get nextPollSeconds(): number {
    return this.#state[NEXT_POLL] as number;
  }

  get recordsPerSecond(): number {
    return this.#state[SPEED] as number;
  }

  set recordsPerSecond(speed: number) {
    this.#state[SPEED] = speed;
  }

  /** A poller's first call comes within its first interval. */
  start(tick: number, isAtOnce = false): void {
    this.#state[SECONDS] = tick;
    this.#state[FAN_OUT_BYTES] = this.#model.fanOutBytesPerSecond;
    const wait = this.#model.isFanOut || isAtOnce ? 0 : this.#random.nextUniform() * this.#model.pollSeconds;
    this.#state[NEXT_POLL] = tick + wait;
  }

  stop(): void {
    this.#state[NEXT_POLL] = Number.POSITIVE_INFINITY;
  }

  get isReading(): boolean {
    return this.nextPollSeconds < Number.POSITIVE_INFINITY;
  }

  beginChunk(fromTick: number): void {
    this.#fromTick = fromTick;
    this.#weights.weigh(this.#log, this.fetched);
  }

  demand(toTick: number, bucket: ReadBucket): number {
    const from = this.#fromTick;
    const held = this.#held;
    const first = Math.min(toTick, Math.max(from, this.nextPollSeconds));
    const most = this.#model.isFanOut ? this.#deliverable(toTick) : this.#pollable(toTick, bucket);
    return workable(held, this.isReading && most > 0 ? most : 0, first - from, toTick - from, this.recordsPerSecond);
  }

  /** What the polls up to the end of a chunk may bring. */
  #pollable(toTick: number, bucket: ReadBucket): number {
    const { last, records, bytes } = bucket.mostBefore(toTick, this.nextPollSeconds, this.#model.pollSeconds);
    if (!(records > 0)) return 0;
    const arrived = this.#log.arrivedBy(last) - this.fetched;
    return Math.min(arrived, records / this.#weights.kinesisRecords, bytes / this.#weights.bytes);
  }

  /** What fan-out may deliver up to the end of a chunk. */
  #deliverable(toTick: number): number {
    const { deliverySeconds, fanOutBytesPerSecond } = this.#model;
    const records = this.#log.arrivedLongAgo(toTick - deliverySeconds) - this.fetched;
    return Math.min(records, (fanOutBytesPerSecond * (toTick - this.#fromTick)) / this.#weights.bytes);
  }

  pollUntil(bucket: ReadBucket, seconds: number): void {
    const { pollSeconds, pollJitterRatio } = this.#model;
    const bytesPerRecord = this.#weights.bytes;
    const room = this.#room;
    const most = Math.min(bucket.bytesPerCall / bytesPerRecord, bucket.recordsPerCall / this.#weights.kinesisRecords);
    const shortest = pollSeconds * (1 - pollJitterRatio);
    const spread = 2 * pollSeconds * pollJitterRatio;
    let now = this.nextPollSeconds;
    for (; now < seconds; now += shortest + spread * this.#random.nextUniform()) {
      this.advance(now);
      const held = this.#held;
      if (held > 0 && held >= room) continue;
      this.#account.calls += 1;
      if (!bucket.admits(now)) {
        this.#account.readThrottles += 1;
        continue;
      }
      let records = this.#log.arrivedBy(now) - this.fetched;
      if (records > most) records = most;
      if (!(records > 0)) records = 0;
      this.#fetch(records);
      bucket.charge(records * bytesPerRecord);
    }
    this.#state[NEXT_POLL] = now;
  }

  /** User records in memory. */
  get #held(): number {
    const state = this.#state;
    return (state[FETCHED] as number) - (state[PROCESSED] as number) - this.#gaps.records;
  }

  /** User records in memory with which it fetches no more; Kinesis records are counted, as they are when they come. */
  get #room(): number {
    const { prefetchRecords, prefetchBytes } = this.#model;
    return Math.min(prefetchRecords / this.#weights.kinesisRecords, prefetchBytes / this.#weights.bytes);
  }

  #fetch(records: number): void {
    this.#state[FETCHED] = this.fetched + records;
    this.#weights.fetch(records);
  }

  /** User records per second that arrive in the chunk. */
  #arrivals(toTick: number): number {
    return (this.#log.records - this.#log.arrivedByTick(this.#fromTick)) / (toTick - this.#fromTick);
  }

  /** Bytes per second that it reads where it keeps up. */
  arrivingBytes(toTick: number): number {
    return this.#arrivals(toTick) * this.#weights.bytes;
  }

  /** Whether its processor, as fast as it was last, is so busy with what arrives that chance makes its ages. */
  isBarelyEnough(meanRecordsPerSecond: number, peakRecordsPerSecond: number): boolean {
    const speed = this.#state[SPEED] as number;
    return peakRecordsPerSecond > STEADY_UTILIZATION * speed && STEADY_UTILIZATION * meanRecordsPerSecond < speed;
  }

  /** The most calls it makes in a second. */
  get callsPerSecond(): number {
    return 1 / (this.#model.pollSeconds * (1 - this.#model.pollJitterRatio));
  }

  /**
   * What it asks of the shard's bucket while it keeps up: bytes of its largest call. Infinite where it may not be leapt over.
   *
   * @param callRecords user records that the largest PutRecords call brings
   */
  leapBytes(toTick: number, callRecords: number): number {
    const { pollSeconds, pollJitterRatio, prefetchRecords, prefetchBytes } = this.#model;
    const from = this.#fromTick;
    const arrivals = this.#arrivals(toTick);
    const batch = arrivals * pollSeconds * (1 + pollJitterRatio);
    const isSteady =
      this.isReading &&
      // There are polls enough in the chunk for their order not to matter.
      LEAST_POLLS * pollSeconds <= toTick - from &&
      arrivals * pollSeconds >= DENSE_RECORDS &&
      arrivals <= STEADY_UTILIZATION * this.recordsPerSecond &&
      isSmooth(this.#model, callRecords, this.recordsPerSecond - arrivals) &&
      this.processed >= this.#log.arrivedByTick(Math.max(0, from - Math.ceil(2 * pollSeconds) - 1)) &&
      batch * this.#weights.bytes < prefetchBytes &&
      batch * this.#weights.kinesisRecords < prefetchRecords;
    return isSteady ? batch * this.#weights.bytes : Number.POSITIVE_INFINITY;
  }

  /**
   * A chunk in which it keeps up and no call is refused: a record waits for the next poll and then for those before it, which makes
   * ages and latencies lie evenly between the busy part of the poll interval and all of it.
   */
  leap(toTick: number): void {
    const { pollSeconds } = this.#model;
    const state = this.#state;
    const seconds = toTick - this.#fromTick;
    const arrivals = this.#arrivals(toTick);
    const busy = (pollSeconds * arrivals) / this.recordsPerSecond;
    const since = this.#random.nextUniform() * pollSeconds;
    const polled = toTick - since;
    this.#account.calls += Math.floor(seconds / pollSeconds + this.#random.nextUniform());
    this.#fetch(Math.max(0, this.#log.arrivedBy(polled) - this.fetched));
    const start = this.#log.arrivedBy(polled - pollSeconds);
    const before = this.processed;
    const done = since < busy ? start + ((this.fetched - start) * since) / busy : this.fetched;
    state[PROCESSED] = Math.max(before, done);
    state[SECONDS] = toTick;
    state[NEXT_POLL] = toTick + pollSeconds - since;
    this.#account.steady.add(busy, 0, this.processed - before, arrivals / this.#putRecords);
  }

  deliver(fromTick: number, toTick: number): void {
    for (let tick = fromTick + 1; tick <= toTick; tick += 1) this.#deliverTick(tick);
  }

  /** What fan-out delivers in the tick that ends at `tick`, at its end. */
  #deliverTick(tick: number): void {
    const { deliverySeconds, fanOutBytesPerSecond } = this.#model;
    // What it may give and does not is saved up, for a second.
    const bytes = (this.#state[FAN_OUT_BYTES] as number) + fanOutBytesPerSecond;
    const most = Math.min(bytes / this.#weights.bytes, this.#deliveryRoom(tick));
    let records = this.#log.arrivedLongAgo(tick - deliverySeconds) - this.fetched;
    if (records > most) records = most;
    if (!(records > 0)) {
      this.#state[FAN_OUT_BYTES] = Math.min(fanOutBytesPerSecond, bytes);
      this.advance(tick);
      return;
    }
    this.#state[FAN_OUT_BYTES] = Math.min(fanOutBytesPerSecond, bytes - records * this.#weights.bytes);
    // In time when the oldest of them arrived within the tick: then the processor takes them as they come.
    this.#arrivalTick = this.#log.tickOf(this.processed, this.#arrivalTick);
    const arrival = this.#log.arrivalWithin(this.#arrivalTick, this.processed);
    const isInTime = tick - arrival <= 1 + 2 * deliverySeconds;
    this.#fetch(records);
    if (isInTime && records <= this.recordsPerSecond) this.#flowThrough(tick);
    else this.advance(tick);
  }

  /** What its memory takes of a tick's deliveries. Within the tick it takes as much more as the processor does. */
  #deliveryRoom(tick: number): number {
    const room = this.#room;
    if (this.#held < room) return Math.max(room, this.recordsPerSecond) - this.#held;
    this.advance(tick);
    return Math.max(0, room - this.#held);
  }

  /** A tick whose deliveries the processor takes as they come. */
  #flowThrough(tick: number): void {
    const records = this.fetched - this.processed;
    this.#state[PROCESSED] = this.fetched;
    this.#account.latencies.add(this.#model.deliverySeconds + this.#model.processors / this.recordsPerSecond, records);
    this.#state[SECONDS] = tick;
    this.#sample(tick);
  }

  /** Works out progress up to a time, and samples the age at every second on the way. */
  advance(seconds: number): void {
    let second = Math.floor(this.#state[SECONDS] as number) + 1;
    for (; second <= seconds; second += 1) {
      this.#process(second);
      this.#sample(second);
    }
    this.#process(seconds);
  }

  #process(seconds: number): void {
    const state = this.#state;
    const from = state[SECONDS] as number;
    state[SECONDS] = seconds;
    const processed = state[PROCESSED] as number;
    const end = Math.min(state[FETCHED] as number, this.#gaps.at);
    const held = end - processed;
    if (!(held > 0) || seconds <= from) return;
    const speed = state[SPEED] as number;
    const most = speed * (seconds - from);
    const records = Math.min(held, most);
    if (!(records > 0)) return;
    const part = this.#random.nextUniform() * records;
    const at = from + part / speed;
    this.#arrivalTick = this.#log.tickOf(processed + part, this.#arrivalTick);
    const arrival = this.#log.arrivalWithin(this.#arrivalTick, processed + part);
    this.#account.latencies.add(at > arrival ? at - arrival : 0, records);
    state[PROCESSED] = held <= most ? end : processed + records;
    if (this.#gaps.records === 0 || held > most) return;
    // Behind a gap it goes on at once.
    this.#skipGap();
    state[SECONDS] = Math.min(seconds, from + held / speed);
    this.#process(seconds);
  }

  /** Notes the age at the end of a tick. */
  #sample(tick: number): void {
    if (this.#log.arrivedByTick(tick) - this.processed <= DUST_RECORDS) return;
    this.#arrivalTick = this.#log.tickOf(this.processed, this.#arrivalTick);
    const arrival = this.#log.firstCallWithin(
      this.#arrivalTick,
      this.processed,
      this.#putRecords,
      this.#manyCalls,
      this.#random,
    );
    const age = tick - arrival;
    const index = tick - this.#fromTick - 1;
    const { ageMax } = this.#account;
    if (age > (ageMax[index] as number)) ageMax[index] = age;
  }

  drop(): void {
    this.#goBackTo(this.processed);
    this.#gaps.clear();
    this.expire(this.#expiredUpTo);
  }

  /** Fetches again what lies behind a position. */
  #goBackTo(position: number): void {
    const { fetched } = this;
    this.#state[FETCHED] = position;
    if (fetched > 0) this.#weights.keep(position / fetched);
    this.#weights.weigh(this.#log, position);
  }

  mark(): void {
    this.#state[MARK] = this.#state[LAST_MARK] as number;
    this.#state[LAST_MARK] = this.processed;
  }

  rewind(share: number): number {
    this.drop();
    const state = this.#state;
    const { processed } = this;
    const mark = state[MARK] as number;
    const to = Math.max(mark + share * (processed - mark), this.#expiredUpTo);
    if (!(processed - to > DUST_RECORDS)) return 0;
    state[PROCESSED] = to;
    this.#goBackTo(to);
    this.#arrivalTick = 0;
    return processed - to;
  }

  expire(upTo: number): void {
    this.#expiredUpTo = upTo;
    const records = upTo - this.fetched;
    if (!(records > 0)) return;
    this.missed.push({ from: this.fetched, to: upTo });
    this.#gaps.add(this.fetched, records);
    this.#fetch(records);
    this.#skipGap();
  }

  /** Goes on behind a gap that the processor has reached. */
  #skipGap(): void {
    const { at } = this.#gaps;
    const records = this.#gaps.skip(this.processed);
    if (records === 0) return;
    this.#state[PROCESSED] = at + records;
    this.skipped += records;
  }

  get isDrained(): boolean {
    return this.#log.records - this.processed <= DUST_RECORDS;
  }

  get oldest(): number {
    return Math.min(this.processed, this.#state[MARK] as number);
  }

  get backlog(): number {
    return this.#log.records - this.processed - this.#gaps.records;
  }
}
