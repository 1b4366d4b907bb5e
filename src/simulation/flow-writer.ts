/*
 * The write side of one shard, in ticks of a second: arrivals are drawn, a record bucket and a byte bucket admit them, refusals go back
 * to their producers. A chunk is simulated in small passes over plain arrays, since the machine then guesses its branches right.
 *
 * Within a tick a bucket gives what it holds and what it gains, whatever the order of arrival; where arrivals come in calls so large
 * that the order matters, the tick is played call by call. A chunk in which the buckets cannot run dry (the chance, by Lundberg's
 * bound on the overshoot of a random walk, is below 1e-12) is taken in one leap: its total is drawn, nothing is refused.
 */
import type { ArrivalLog } from "./arrival-log.js";
import { bucketOutlasts } from "./bucket-outlasts.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { fillPoisson, sampleNormal, samplePoisson } from "./kernel/samplers.js";
import type { ShardModel } from "./model.js";
import { CHUNK_TICKS, type ProducerTraffic } from "./producer-traffic.js";
import { ProportionalRounding } from "./proportional-rounding.js";
import { createRetryQueue, type RetryQueue } from "./retry-queue.js";
import type { Writer } from "./shard-parts.js";

/** −ln of the chance at which a leap may overlook a refusal. */
const LEAP_CAUTION = -Math.log(1e-12);

/** Calls that bring this many records make bursts that the mean of a tick would smooth away. */
const LUMPY_CALL = 4;

/** No tick's records are lighter than this part of their mean. */
const LEAST_SIZE = 1 / 16;

/** From this multiple of what the buckets give on, the order of calls no longer matters. */
const OVERRUN = 3 / 2;

/** One producer's records on one shard. */
interface Lane {
  readonly traffic: ProducerTraffic;
  readonly random: RandomStream;
  /** The shard's share of the producer's records. */
  readonly share: number;
  /** Records that a PutRecords call brings to this shard, as a record sees it: larger calls count more. */
  readonly callRecords: number;
  readonly bytesDeviation: number;
  readonly counts: Float64Array;
  queue: RetryQueue | undefined;
  /** What the lane attempts in the tick that is simulated, and what of it gets in. */
  attempts: number;
  taken: number;
}

const tickRecords = new Float64Array(CHUNK_TICKS);
const tickKinesisRecords = new Float64Array(CHUNK_TICKS);
const tickBytes = new Float64Array(CHUNK_TICKS);

export class FlowWriter implements Writer {
  readonly #model: ShardModel;
  readonly #log: ArrivalLog;
  readonly #random: RandomStream;
  readonly #mayLeap: boolean;
  readonly #lanes: Lane[] = [];
  /** What the buckets hold at the start of a tick. */
  #recordTokens = 0;
  #byteTokens = 0;
  #isWaiting = false;
  /** Whether calls are so large that their order within a tick matters. */
  #isLumpy = false;
  /** Whether the last chunk was taken in one leap. */
  hasLeapt = false;
  /** Chunks by how they were simulated, weighted by their ticks. */
  leapTicks = 0;
  tickTicks = 0;

  /** @param mayLeap allows to take many ticks at one go */
  constructor(model: ShardModel, log: ArrivalLog, random: RandomStream, mayLeap: boolean) {
    this.#model = model;
    this.#log = log;
    this.#random = random;
    this.#mayLeap = mayLeap;
    this.#recordTokens = model.writeBurstRecords;
    this.#byteTokens = model.writeBurstBytes;
  }

  addLane(traffic: ProducerTraffic, share: number): void {
    if (share <= 0) return;
    const { putBatch, bytesPerKinesisRecord, logVariance } = traffic.model;
    const callRecords = 1 + (putBatch - 1) * share;
    if (callRecords >= LUMPY_CALL) this.#isLumpy = true;
    this.#lanes.push({
      traffic,
      random: this.#random.child(traffic.model.name),
      share,
      callRecords,
      bytesDeviation: bytesPerKinesisRecord * Math.sqrt(Math.expm1(logVariance)),
      counts: new Float64Array(CHUNK_TICKS),
      queue: undefined,
      attempts: 0,
      taken: 0,
    });
  }

  write(fromTick: number, toTick: number): void {
    const ticks = toTick - fromTick;
    this.hasLeapt = this.#mayLeap && ticks > 1 && this.#canLeap(ticks);
    if (this.hasLeapt) {
      this.leapTicks += ticks;
      this.#leap(ticks);
      return;
    }
    this.tickTicks += ticks;
    tickRecords.fill(0, 0, ticks);
    tickKinesisRecords.fill(0, 0, ticks);
    tickBytes.fill(0, 0, ticks);
    for (const lane of this.#lanes) {
      drawArrivals(lane, ticks);
      addLane(lane, ticks);
    }
    this.#admit(fromTick, ticks);
  }

  /** Admits what was drawn, tick by tick. */
  #admit(fromTick: number, ticks: number): void {
    let from = 0;
    while (from < ticks) {
      from = this.#admitPlain(from, ticks);
      if (from < ticks) {
        this.#admitScarce(fromTick + from, from);
        from += 1;
      }
    }
    let kinesisRecords = 0;
    let bytes = 0;
    for (let index = 0; index < ticks; index += 1) {
      kinesisRecords += tickKinesisRecords[index] as number;
      bytes += tickBytes[index] as number;
    }
    this.#log.kinesisRecords += kinesisRecords;
    this.#log.bytes += bytes;
    this.#log.append(tickRecords, ticks);
  }

  /** Admits all, tick by tick, up to the first tick that is not plain: which that is. */
  #admitPlain(from: number, ticks: number): number {
    if (this.#isWaiting || this.#isLumpy) return from;
    const { writeRecordsPerSecond, writeBytesPerSecond, writeBurstRecords, writeBurstBytes } = this.#model;
    let recordTokens = this.#recordTokens;
    let byteTokens = this.#byteTokens;
    let index = from;
    for (; index < ticks; index += 1) {
      const recordsLeft = recordTokens + writeRecordsPerSecond - (tickKinesisRecords[index] as number);
      const bytesLeft = byteTokens + writeBytesPerSecond - (tickBytes[index] as number);
      if (recordsLeft < 0 || bytesLeft < 0) break;
      recordTokens = Math.min(recordsLeft, writeBurstRecords);
      byteTokens = Math.min(bytesLeft, writeBurstBytes);
    }
    this.#recordTokens = recordTokens;
    this.#byteTokens = byteTokens;
    return index;
  }

  /** A tick in which records wait, or more are offered than the buckets give, or the order of arrival matters. */
  #admitScarce(tick: number, index: number): void {
    let attempted = 0;
    let bytes = 0;
    let freshBytes = 0;
    for (const lane of this.#lanes) {
      const { retry, bytesPerKinesisRecord } = lane.traffic.model;
      const fresh = lane.counts[index] as number;
      // The KPL's limiter holds back from the first record on.
      if (retry.kind === "kpl") lane.queue ??= createRetryQueue(retry);
      lane.attempts = lane.queue === undefined ? fresh : lane.queue.attempts(tick, fresh, bytesPerKinesisRecord);
      attempted += lane.attempts;
      bytes += lane.attempts * bytesPerKinesisRecord;
      freshBytes += fresh * bytesPerKinesisRecord;
    }
    // All that is offered weighs as much more or less than its mean as what is fresh.
    if (freshBytes > 0) bytes *= (tickBytes[index] as number) / freshBytes;
    const bytesPerRecord = bytes / Math.max(1, attempted);
    if (this.#isLumpy && !this.#isOverrun(attempted, bytes)) this.#takeInOrder(bytesPerRecord);
    else this.#takeShares(attempted, bytesPerRecord);
    this.#settle(tick, index, bytesPerRecord);
  }

  /** Notes what became of a tick's attempts, of all lanes. */
  #settle(tick: number, index: number, bytesPerRecord: number): void {
    let records = 0;
    let kinesisRecords = 0;
    this.#isWaiting = false;
    for (const lane of this.#lanes) {
      settle(lane, tick, lane.counts[index] as number);
      if (lane.queue !== undefined && lane.queue.waiting > 0) this.#isWaiting = true;
      records += lane.taken * lane.traffic.model.recordsPerKinesisRecord;
      kinesisRecords += lane.taken;
    }
    tickRecords[index] = records;
    tickKinesisRecords[index] = kinesisRecords;
    tickBytes[index] = kinesisRecords * bytesPerRecord;
  }

  /** Whether so much more is offered than the buckets give that they are empty all the time, whatever the order. */
  #isOverrun(records: number, bytes: number): boolean {
    const { writeRecordsPerSecond, writeBytesPerSecond } = this.#model;
    return (
      records > OVERRUN * (this.#recordTokens + writeRecordsPerSecond) ||
      bytes > OVERRUN * (this.#byteTokens + writeBytesPerSecond)
    );
  }

  /** What a tick takes of each lane's attempts: the same share of all, whatever the order. */
  #takeShares(attempted: number, bytesPerRecord: number): void {
    const { writeRecordsPerSecond, writeBytesPerSecond, writeBurstRecords, writeBurstBytes } = this.#model;
    const recordTokens = this.#recordTokens + writeRecordsPerSecond;
    const byteTokens = this.#byteTokens + writeBytesPerSecond;
    const most = Math.min(recordTokens, byteTokens / bytesPerRecord);
    const rounding = new ProportionalRounding(attempted > most ? most / attempted : 1);
    let accepted = 0;
    for (const lane of this.#lanes) {
      lane.taken = rounding.part(lane.attempts);
      accepted += lane.taken;
    }
    this.#recordTokens = Math.min(writeBurstRecords, recordTokens - accepted);
    this.#byteTokens = Math.min(writeBurstBytes, byteTokens - accepted * bytesPerRecord);
  }

  /** What a tick takes of each lane's attempts, call by call: calls come at random times, and fill what the buckets then hold. */
  #takeInOrder(bytesPerRecord: number): void {
    const { writeRecordsPerSecond, writeBytesPerSecond, writeBurstRecords, writeBurstBytes } = this.#model;
    const calls = this.#lanes.flatMap(drawCalls);
    calls.sort((a, b) => a.at - b.at);
    for (const lane of this.#lanes) lane.taken = 0;
    let [now, records, bytes] = [0, this.#recordTokens, this.#byteTokens];
    for (const { at, lane, size } of calls) {
      records = Math.min(writeBurstRecords, records + (at - now) * writeRecordsPerSecond);
      bytes = Math.min(writeBurstBytes, bytes + (at - now) * writeBytesPerSecond);
      now = at;
      const accepted = Math.max(0, Math.min(size, Math.floor(records), Math.floor(bytes / bytesPerRecord)));
      records -= accepted;
      bytes -= accepted * bytesPerRecord;
      lane.taken += accepted;
    }
    this.#recordTokens = Math.min(writeBurstRecords, records + (1 - now) * writeRecordsPerSecond);
    this.#byteTokens = Math.min(writeBurstBytes, bytes + (1 - now) * writeBytesPerSecond);
  }

  #canLeap(ticks: number): boolean {
    if (this.#isWaiting) return false;
    let rate = 0;
    let calls = 0;
    let bytesPerSecond = 0;
    let bytesPerCall = 0;
    for (const { traffic, share, callRecords, bytesDeviation } of this.#lanes) {
      const records = traffic.peak * share;
      const { bytesPerKinesisRecord } = traffic.model;
      rate += records;
      calls += records / callRecords;
      bytesPerSecond += records * bytesPerKinesisRecord;
      // As a byte sees it, its call is larger where sizes vary.
      bytesPerCall = Math.max(
        bytesPerCall,
        callRecords * bytesPerKinesisRecord + bytesDeviation ** 2 / bytesPerKinesisRecord,
      );
    }
    const { writeRecordsPerSecond, writeBytesPerSecond } = this.#model;
    const needed = Math.log1p(calls * ticks) + LEAP_CAUTION;
    const callRecords = calls > 0 ? rate / calls : 1;
    return (
      bucketOutlasts(rate / writeRecordsPerSecond, callRecords, this.#recordTokens, needed) &&
      bucketOutlasts(bytesPerSecond / writeBytesPerSecond, bytesPerCall, this.#byteTokens, needed)
    );
  }

  #leap(ticks: number): void {
    const log = this.#log;
    let records = 0;
    for (const lane of this.#lanes) {
      const { traffic, share, bytesDeviation } = lane;
      const count = drawCount(lane, traffic.expected * share);
      traffic.offered += count;
      traffic.accepted += count;
      traffic.attempts += count;
      records += count * traffic.model.recordsPerKinesisRecord;
      log.kinesisRecords += count;
      log.bytes += count * traffic.model.bytesPerKinesisRecord;
      if (bytesDeviation > 0) log.bytes += drawDeviation(lane, count);
    }
    log.appendStraight(records, ticks);
    this.#recordTokens = this.#model.writeBurstRecords;
    this.#byteTokens = this.#model.writeBurstBytes;
  }

  waitingOf(traffic: ProducerTraffic): number {
    return this.#lanes.find((lane) => lane.traffic === traffic)?.queue?.waiting ?? 0;
  }

  drop(traffic: ProducerTraffic, share: number): void {
    const dropped = this.#lanes.find((lane) => lane.traffic === traffic)?.queue?.drop(share) ?? 0;
    traffic.lost += dropped;
  }

  handOver(heirs: readonly Writer[]): void {
    const writers = heirs.filter((heir): heir is FlowWriter => heir instanceof FlowWriter);
    for (const lane of this.#lanes) {
      if (lane.queue === undefined || lane.queue.waiting === 0) continue;
      const targets = writers.flatMap((heir) => heir.#lanes.filter(({ traffic }) => traffic === lane.traffic));
      let left = targets.reduce((total, { share }) => total + share, 0);
      for (const [index, target] of targets.entries()) {
        target.queue ??= createRetryQueue(lane.traffic.model.retry);
        lane.queue.moveTo(target.queue, index === targets.length - 1 ? 1 : target.share / left);
        left -= target.share;
      }
      for (const heir of writers) heir.#isWaiting = true;
    }
  }
}

/** A call's instant within its tick, its lane, and its records. */
interface Call {
  readonly at: number;
  readonly lane: Lane;
  readonly size: number;
}

/** A lane's attempts of a tick as calls. */
function drawCalls(lane: Lane): Call[] {
  const { callRecords, random, attempts } = lane;
  const calls: Call[] = [];
  for (let rest = attempts; rest > 0; ) {
    const size = Math.min(rest, Math.max(1, Math.floor(callRecords + random.nextUniform())));
    calls.push({ at: random.nextUniform(), lane, size });
    rest -= size;
  }
  return calls;
}

/** Notes what became of a tick's attempts. */
function settle(lane: Lane, tick: number, fresh: number): void {
  const { traffic, attempts, taken } = lane;
  if (taken < attempts || attempts < fresh) lane.queue ??= createRetryQueue(traffic.model.retry);
  const extra = attempts - fresh;
  traffic.accepted += taken - fresh;
  traffic.attempts += extra;
  traffic.throttled += attempts - taken;
  if (lane.queue === undefined) return;
  const { lost, furtherAttempts, acceptedLate } = lane.queue.settle(tick, fresh, attempts, taken);
  traffic.attempts += furtherAttempts;
  traffic.throttled += furtherAttempts;
  traffic.lost += lost;
  traffic.acceptedLate += acceptedLate;
}

/** Draws what arrives in each tick. What is drawn counts as accepted until it is refused. */
function drawArrivals(lane: Lane, ticks: number): void {
  const { traffic, share, counts, random } = lane;
  const means = traffic.kinesisRecords;
  let total = 0;
  if (lane.callRecords === 1) total = fillPoisson(random, means, share, counts, ticks);
  else
    for (let index = 0; index < ticks; index += 1)
      total += counts[index] = drawCount(lane, (means[index] as number) * share);
  traffic.offered += total;
  traffic.accepted += total;
  traffic.attempts += total;
}

/** Calls come at random; each brings as many records as a record finds in its call, which keeps mean and variance. */
function drawCount({ callRecords, random }: Lane, mean: number): number {
  const records = samplePoisson(random, mean / callRecords) * callRecords;
  return Number.isInteger(records) ? records : Math.floor(records + random.nextUniform());
}

function addLane(lane: Lane, ticks: number): void {
  const { traffic, counts, bytesDeviation } = lane;
  const { recordsPerKinesisRecord, bytesPerKinesisRecord } = traffic.model;
  for (let index = 0; index < ticks; index += 1) {
    const count = counts[index] as number;
    tickKinesisRecords[index] = (tickKinesisRecords[index] as number) + count;
    tickRecords[index] = (tickRecords[index] as number) + count * recordsPerKinesisRecord;
    tickBytes[index] = (tickBytes[index] as number) + count * bytesPerKinesisRecord;
  }
  if (bytesDeviation === 0) return;
  for (let index = 0; index < ticks; index += 1)
    tickBytes[index] = (tickBytes[index] as number) + drawDeviation(lane, counts[index] as number);
}

/** How far the bytes of so many records are from their mean. A normal sum of few sizes may fall below any size there is. */
function drawDeviation({ traffic, random, bytesDeviation }: Lane, count: number): number {
  const deviation = Math.sqrt(count) * bytesDeviation * sampleNormal(random);
  return Math.max(deviation, (LEAST_SIZE - 1) * count * traffic.model.bytesPerKinesisRecord);
}
