/*
 * One consumer on one shard: polls (or deliveries by fan-out) put records into a bounded buffer, a processor takes them out in order.
 * Polls are simulated one by one; between them records flow as a fluid, so that a chunk costs a few steps a second whatever the rate.
 *
 * Iterator age is sampled at the end of every second: now minus the arrival of the oldest record that is not processed. Latency runs
 * from arrival to the end of processing, taken at a random point of each stretch of processing. Left out: network time.
 */
import type { ArrivalLog } from "./arrival-log.js";
import type { RandomStream } from "./kernel/random-stream.js";
import type { ConsumerModel } from "./model.js";
import type { ReadAccount } from "./read-account.js";
import type { ReadBucket } from "./read-bucket.js";
import type { Reader } from "./shard-parts.js";

/** What is left of a sum of fractions when nothing is left. */
const DUST_RECORDS = 1e-6;

export class FlowReader implements Reader {
  readonly #model: ConsumerModel;
  readonly #log: ArrivalLog;
  readonly #account: ReadAccount;
  readonly #random: RandomStream;
  fetched = 0;
  processed = 0;
  nextPollSeconds = Number.POSITIVE_INFINITY;
  recordsPerSecond = 0;
  /** Of what was fetched. */
  #fetchedKinesisRecords = 0;
  #fetchedBytes = 0;
  /** Up to when progress is worked out. */
  #seconds: number;
  /** Where the arrival of the oldest unprocessed record was found last. */
  #arrivalTick = 0;
  #fanOutBytes: number;
  /** The first tick of the chunk. */
  #fromTick = 0;
  /** Bytes and Kinesis records of an unread user record, over the chunk, and how many of those one call returns. */
  #bytesPerRecord = 0;
  #kinesisRecordsPerRecord = 0;

  constructor(model: ConsumerModel, log: ArrivalLog, account: ReadAccount, random: RandomStream, tick: number) {
    this.#model = model;
    this.#log = log;
    this.#account = account;
    this.#random = random;
    this.#seconds = tick;
    this.#fanOutBytes = model.fanOutBytesPerSecond;
  }

  /** A poller's first call comes within its first interval. */
  start(tick: number): void {
    this.#seconds = tick;
    this.nextPollSeconds = this.#model.isFanOut ? tick : tick + this.#random.nextUniform() * this.#model.pollSeconds;
  }

  stop(): void {
    this.nextPollSeconds = Number.POSITIVE_INFINITY;
  }

  get isReading(): boolean {
    return this.nextPollSeconds < Number.POSITIVE_INFINITY;
  }

  beginChunk(fromTick: number): void {
    this.#fromTick = fromTick;
    const unread = this.#log.records - this.fetched;
    this.#bytesPerRecord = unread > 0 ? (this.#log.bytes - this.#fetchedBytes) / unread : 0;
    this.#kinesisRecordsPerRecord = unread > 0 ? (this.#log.kinesisRecords - this.#fetchedKinesisRecords) / unread : 0;
  }

  pollUntil(bucket: ReadBucket, seconds: number): void {
    const { pollSeconds, pollJitterRatio, prefetchRecords, prefetchBytes } = this.#model;
    const bytesPerRecord = this.#bytesPerRecord;
    const room = Math.min(prefetchRecords, prefetchBytes / bytesPerRecord);
    const most = Math.min(bucket.bytesPerCall / bytesPerRecord, bucket.recordsPerCall / this.#kinesisRecordsPerRecord);
    const shortest = pollSeconds * (1 - pollJitterRatio);
    const spread = 2 * pollSeconds * pollJitterRatio;
    let now = this.nextPollSeconds;
    for (; now < seconds; now += shortest + spread * this.#random.nextUniform()) {
      this.advance(now);
      const held = this.fetched - this.processed;
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
    this.nextPollSeconds = now;
  }

  #fetch(records: number): void {
    this.fetched += records;
    this.#fetchedBytes += records * this.#bytesPerRecord;
    this.#fetchedKinesisRecords += records * this.#kinesisRecordsPerRecord;
  }

  deliver(fromTick: number, toTick: number): void {
    for (let tick = fromTick + 1; tick <= toTick; tick += 1) this.#deliverTick(tick);
  }

  /** What fan-out delivers in the tick that ends at `tick`, at its end. */
  #deliverTick(tick: number): void {
    const { deliverySeconds, fanOutBytesPerSecond } = this.#model;
    this.#fanOutBytes = Math.min(fanOutBytesPerSecond, this.#fanOutBytes + fanOutBytesPerSecond);
    const most = this.#fanOutBytes / this.#bytesPerRecord;
    let records = this.#log.arrivedLongAgo(tick - deliverySeconds) - this.fetched;
    if (records > most) records = most;
    if (!(records > 0)) {
      this.advance(tick);
      return;
    }
    this.#fanOutBytes -= records * this.#bytesPerRecord;
    // In time when the oldest of them arrived within the tick: then the processor takes them as they come.
    this.#arrivalTick = this.#log.tickOf(this.processed, this.#arrivalTick);
    const arrival = this.#log.arrivalWithin(this.#arrivalTick, this.processed);
    const isInTime = tick - arrival <= 1 + 2 * deliverySeconds;
    this.#fetch(records);
    if (isInTime && records <= this.recordsPerSecond) this.#flowThrough(tick);
    else this.advance(tick);
  }

  /** A tick whose deliveries the processor takes as they come. */
  #flowThrough(tick: number): void {
    const records = this.fetched - this.processed;
    this.processed = this.fetched;
    this.#account.processed += records;
    this.#account.latencies.add(this.#model.deliverySeconds + this.#model.processors / this.recordsPerSecond, records);
    this.#seconds = tick;
    this.#sample(tick);
  }

  /** Works out progress up to a time, and samples the age at every second on the way. */
  advance(seconds: number): void {
    let second = Math.floor(this.#seconds) + 1;
    for (; second <= seconds; second += 1) {
      this.#process(second);
      this.#sample(second);
    }
    this.#process(seconds);
  }

  #process(seconds: number): void {
    const from = this.#seconds;
    this.#seconds = seconds;
    const held = this.fetched - this.processed;
    if (!(held > 0) || seconds <= from) return;
    const speed = this.recordsPerSecond;
    const most = speed * (seconds - from);
    const records = Math.min(held, most);
    if (!(records > 0)) return;
    const part = this.#random.nextUniform() * records;
    const at = from + part / speed;
    this.#arrivalTick = this.#log.tickOf(this.processed + part, this.#arrivalTick);
    const arrival = this.#log.arrivalWithin(this.#arrivalTick, this.processed + part);
    this.#account.latencies.add(at > arrival ? at - arrival : 0, records);
    this.processed = held <= most ? this.fetched : this.processed + records;
    this.#account.processed += records;
  }

  /** Notes the age at the end of a tick. */
  #sample(tick: number): void {
    if (this.#log.arrivedByTick(tick) - this.processed <= DUST_RECORDS) return;
    this.#arrivalTick = this.#log.tickOf(this.processed, this.#arrivalTick);
    const age = tick - this.#log.arrivalWithin(this.#arrivalTick, this.processed);
    const index = tick - this.#fromTick - 1;
    const { ageMax } = this.#account;
    if (age > (ageMax[index] as number)) ageMax[index] = age;
  }

  expire(upTo: number): void {
    const skipped = upTo - this.fetched;
    if (!(skipped > 0)) return;
    this.#account.processed += this.fetched - this.processed;
    this.#fetch(skipped);
    this.processed = this.fetched;
  }

  get isDrained(): boolean {
    return this.#log.records - this.processed <= DUST_RECORDS;
  }

  get backlog(): number {
    return this.#log.records - this.processed;
  }
}
