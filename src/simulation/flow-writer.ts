/*
 * The write side of one shard, in ticks of a second: arrivals are drawn, a record bucket and a byte bucket admit them, refusals go back
 * to their producers. A chunk is simulated in small passes over plain arrays, since the machine then guesses its branches right.
 *
 * Within a tick a bucket gives what it holds and what it gains, whatever the order of arrival; where arrivals come in calls so large,
 * in records or bytes, that the order matters, the tick is played call by call. Where sizes vary and a shard is short of bytes with few
 * records, small ones find room where large ones wait: all of a stream's are played one by one, as the reference plays them.
 *
 * A chunk in which the buckets cannot run dry (the chance, by Lundberg's bound on the overshoot of a random walk, is below 1e-12) is
 * taken in one leap: its total is drawn, nothing is refused.
 */
import type { ArrivalLog } from "./arrival-log.js";
import { bucketOutlasts, isLumpy } from "./bucket-outlasts.js";
import { playCalls } from "./calls-in-order.js";
import {
  bytesThatWait,
  composeTicks,
  createFlowLane,
  drawArrivals,
  drawBytes,
  drawChunk,
  dropWaiting,
  type FlowLane,
  handWaitingOver,
  prepareAttempts,
  settle,
  takeComposition,
} from "./flow-lane.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { playLoneLane, type TickTotals } from "./lone-lane.js";
import type { ShardModel } from "./model.js";
import { heirsOf } from "./producer-lane.js";
import { CHUNK_TICKS, type ProducerTraffic } from "./producer-traffic.js";
import { type RecordSink, RecordWriter } from "./record-writer.js";
import { roundDown } from "./round-down.js";
import type { Writer } from "./shard-parts.js";
import type { WriteTokens } from "./write-tokens.js";

/** −ln of the chance at which a leap may overlook a refusal. */
const LEAP_CAUTION = -Math.log(1e-12);

/** Calls that bring this many records make bursts that the mean of a tick would smooth away. */
const LUMPY_CALL = 4;

/** From this multiple of what the buckets give on, the order of calls no longer matters ... */
const OVERRUN = 3 / 2;
/** ... as long as there are so many that the buckets never fill up between two of them. */
const MANY_CALLS = 32;

const tickRecords = new Float64Array(CHUNK_TICKS);
const tickKinesisRecords = new Float64Array(CHUNK_TICKS);
const tickBytes = new Float64Array(CHUNK_TICKS);
const totals: TickTotals = { records: tickRecords, kinesisRecords: tickKinesisRecords, bytes: tickBytes };

/** Whether many ticks may be taken at one go that bring so many user records per second, on average and at most. */
type MayLeap = (mean: number, peak: number) => boolean;

/** Counts single records in the tick of the chunk in which they get in. */
const singleRecords = {
  fromTick: 0,
  append(seconds: number, bytes: number, userRecords: number): void {
    const index = Math.floor(seconds) - this.fromTick;
    tickRecords[index] = (tickRecords[index] as number) + userRecords;
    tickKinesisRecords[index] = (tickKinesisRecords[index] as number) + 1;
    tickBytes[index] = (tickBytes[index] as number) + bytes;
  },
} satisfies RecordSink & { fromTick: number };

export class FlowWriter implements Writer {
  readonly #model: ShardModel;
  readonly #log: ArrivalLog;
  /** Of chance there is in which order calls come. */
  readonly #random: RandomStream;
  readonly #mayLeap: MayLeap;
  readonly #lanes: FlowLane[] = [];
  readonly #openedTick: number;
  /** Plays the ticks record by record, where that is needed. */
  readonly #single: RecordWriter | undefined;
  /** What the buckets hold at the start of a tick. */
  #tokens: WriteTokens;
  #isWaiting = false;
  /** Whether calls are so large that their order within a tick matters. */
  #isLumpy = false;
  /** Whether the last chunk was taken in one leap. */
  hasLeapt = false;
  /** Chunks by how they were simulated, weighted by their ticks. */
  leapTicks = 0;
  tickTicks = 0;

  /** @param isSingle whether records are played one by one, on all shards of the stream or on none */
  constructor(model: ShardModel, log: ArrivalLog, random: RandomStream, isSingle: boolean, mayLeap: MayLeap) {
    this.#model = model;
    this.#log = log;
    this.#random = random;
    this.#mayLeap = mayLeap;
    this.#openedTick = log.endTick;
    this.#tokens = { records: model.writeBurstRecords, bytes: model.writeBurstBytes };
    if (isSingle) this.#single = new RecordWriter(model, singleRecords, random, log.endTick);
  }

  addLane(traffic: ProducerTraffic, share: number): void {
    if (share <= 0) return;
    this.#single?.addLane(traffic, share);
    // Single records and leaps are drawn from streams apart, so that none depends on how often the other is.
    const random = this.#single === undefined ? this.#random : this.#random.child("leaps");
    const lane = createFlowLane(traffic, share, this.#model, random);
    this.#lanes.push(lane);
    this.#isLumpy ||= this.#bringsLumps(lane);
  }

  #bringsLumps({ callRecords, callBytes }: FlowLane): boolean {
    const { writeBytesPerSecond, writeBurstBytes } = this.#model;
    return callRecords >= LUMPY_CALL || isLumpy(callBytes, writeBurstBytes, writeBytesPerSecond);
  }

  write(fromTick: number, toTick: number): void {
    const ticks = toTick - fromTick;
    this.hasLeapt = ticks > 1 && this.#canLeap(fromTick, ticks);
    if (this.hasLeapt) {
      this.leapTicks += ticks;
      this.#leap(ticks);
      return;
    }
    this.tickTicks += ticks;
    tickRecords.fill(0, 0, ticks);
    tickKinesisRecords.fill(0, 0, ticks);
    tickBytes.fill(0, 0, ticks);
    if (this.#single === undefined) this.#admit(fromTick, ticks);
    else this.#playSingly(this.#single, fromTick, toTick);
    this.#append(ticks);
  }

  /** Plays the ticks record by record. */
  #playSingly(single: RecordWriter, fromTick: number, toTick: number): void {
    singleRecords.fromTick = fromTick;
    single.write(fromTick, toTick);
    this.#isWaiting = single.isWaiting;
    this.#tokens = single.tokensAt(toTick);
  }

  /** Draws what arrives and admits it, tick by tick. */
  #admit(fromTick: number, ticks: number): void {
    let from = 0;
    for (const lane of this.#lanes) {
      composeTicks(lane, fromTick, ticks);
      drawArrivals(lane, ticks);
      addArrivals(lane, ticks);
    }
    // Aggregates grow and shrink with the rate.
    if (this.#lanes.some(({ traffic }) => traffic.kpl?.isFilling))
      this.#isLumpy = this.#lanes.some((lane) => this.#bringsLumps(lane));
    for (const lane of this.#lanes) {
      const found = (lane.traffic.kpl?.foundAt(this.#openedTick) ?? Number.POSITIVE_INFINITY) - fromTick;
      if (!(found >= 0 && found < ticks)) continue;
      from = this.#admitUpTo(fromTick, from, Math.max(from, found));
      chargeMisdirected(lane, found, this.#tokens);
    }
    this.#admitUpTo(fromTick, from, ticks);
  }

  /** Admits the ticks of a chunk from one on up to another, and says which that is. */
  #admitUpTo(fromTick: number, from: number, ticks: number): number {
    let next = from;
    while (next < ticks) {
      next = this.#admitPlain(next, ticks);
      if (next < ticks) next = this.#admitScarce(fromTick, next, ticks);
    }
    return next;
  }

  /** Notes what the ticks have accepted. */
  #append(ticks: number): void {
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
    let recordTokens = this.#tokens.records;
    let byteTokens = this.#tokens.bytes;
    let index = from;
    for (; index < ticks; index += 1) {
      const recordsLeft = recordTokens + writeRecordsPerSecond - (tickKinesisRecords[index] as number);
      const bytesLeft = byteTokens + writeBytesPerSecond - (tickBytes[index] as number);
      if (recordsLeft < 0 || bytesLeft < 0) break;
      recordTokens = Math.min(recordsLeft, writeBurstRecords);
      byteTokens = Math.min(bytesLeft, writeBurstBytes);
    }
    this.#tokens.records = recordTokens;
    this.#tokens.bytes = byteTokens;
    return index;
  }

  /** Ticks in which records wait, or more are offered than the buckets give, or the order of arrival matters: up to which it was. */
  #admitScarce(fromTick: number, from: number, ticks: number): number {
    const [lane] = this.#lanes;
    if (lane === undefined || this.#lanes.length > 1 || this.#isLumpy || lane.isComposed) {
      this.#admitTick(fromTick + from, from);
      return from + 1;
    }
    const to = playLoneLane(lane, this.#tokens, this.#model, totals, fromTick, from, ticks);
    this.#isWaiting = (lane.queue?.waiting ?? 0) > 0;
    return to;
  }

  #admitTick(tick: number, index: number): void {
    let attempts = 0;
    let bytes = 0;
    let calls = 0;
    for (const lane of this.#lanes) {
      prepareAttempts(lane, tick, index);
      if (!lane.fits) continue;
      attempts += lane.attempts * lane.cost;
      bytes += lane.attempts * lane.size;
      calls += lane.attempts / lane.callUnits;
    }
    tickBytes[index] =
      this.#isLumpy && (calls < MANY_CALLS || !this.#isOverrun(attempts, bytes))
        ? playCalls(this.#lanes, this.#tokens, this.#model, this.#random)
        : this.#takeShares(attempts, bytes);
    this.#settle(tick, index);
  }

  /** Notes what became of a tick's attempts, of all lanes. */
  #settle(tick: number, index: number): void {
    let records = 0;
    let kinesisRecords = 0;
    this.#isWaiting = false;
    for (const lane of this.#lanes) {
      settle(lane, tick, index);
      if (lane.queue !== undefined && lane.queue.waiting > 0) this.#isWaiting = true;
      records += lane.taken * lane.traffic.model.recordsPerKinesisRecord;
      kinesisRecords += lane.taken * lane.cost;
    }
    tickRecords[index] = records;
    tickKinesisRecords[index] = kinesisRecords;
  }

  /** Whether so much more is offered than the buckets give that they are empty all the time, whatever the order. */
  #isOverrun(records: number, bytes: number): boolean {
    const { writeRecordsPerSecond, writeBytesPerSecond } = this.#model;
    return (
      records > OVERRUN * (this.#tokens.records + writeRecordsPerSecond) ||
      bytes > OVERRUN * (this.#tokens.bytes + writeBytesPerSecond)
    );
  }

  /** Takes the same share of each lane's attempts, whatever the order, and says how many bytes that is. */
  #takeShares(attempts: number, bytes: number): number {
    const { writeRecordsPerSecond, writeBytesPerSecond, writeBurstRecords, writeBurstBytes } = this.#model;
    const recordTokens = this.#tokens.records + writeRecordsPerSecond;
    const byteTokens = this.#tokens.bytes + writeBytesPerSecond;
    const bytesPerRecord = attempts > 0 ? bytes / attempts : 0;
    const most = Math.max(0, Math.min(recordTokens, byteTokens / bytesPerRecord));
    const share = attempts > most ? most / attempts : 1;
    let offered = 0;
    let accepted = 0;
    let spent = 0;
    let taken = 0;
    for (const lane of this.#lanes) {
      lane.taken = 0;
      if (!lane.fits) continue;
      offered += lane.attempts;
      lane.taken = Math.min(lane.attempts, roundDown(offered * share) - accepted);
      accepted += lane.taken;
      spent += lane.taken * lane.cost;
      taken += lane.taken * lane.size;
    }
    this.#tokens.records = Math.min(writeBurstRecords, recordTokens - spent);
    this.#tokens.bytes = Math.min(writeBurstBytes, byteTokens - taken);
    return taken;
  }

  #canLeap(fromTick: number, ticks: number): boolean {
    if (this.#isWaiting) return false;
    if (this.#lanes.some(({ traffic }) => traffic.kpl?.refreshesWithin(fromTick, fromTick + ticks) === true))
      return false;
    let rate = 0;
    let meanRate = 0;
    let peakRate = 0;
    let calls = 0;
    let recordsPerCall = 1;
    let bytesPerSecond = 0;
    let bytesPerCall = 0;
    for (const lane of this.#lanes) {
      const { traffic, share, callRecords } = lane;
      if (traffic.kpl !== undefined) takeComposition(lane, traffic.kpl.at(traffic.peak * share));
      const records = traffic.peak * share * lane.cost;
      rate += records;
      const userShare = share * traffic.model.recordsPerKinesisRecord;
      meanRate += (traffic.expected / ticks) * userShare;
      peakRate += traffic.peak * userShare;
      calls += records / callRecords;
      // The larger the lumps, the sooner a bucket runs dry: as if all calls were as large as the largest.
      recordsPerCall = Math.max(recordsPerCall, callRecords);
      bytesPerSecond += traffic.peak * share * lane.ratio * traffic.sizes.meanBytes;
      bytesPerCall = Math.max(bytesPerCall, lane.callBytes);
    }
    if (!this.#mayLeap(meanRate, peakRate)) return false;
    const { writeRecordsPerSecond, writeBytesPerSecond } = this.#model;
    const needed = Math.log1p(calls * ticks) + LEAP_CAUTION;
    return (
      bucketOutlasts(rate / writeRecordsPerSecond, recordsPerCall, this.#tokens.records, needed) &&
      bucketOutlasts(bytesPerSecond / writeBytesPerSecond, bytesPerCall, this.#tokens.bytes, needed)
    );
  }

  #leap(ticks: number): void {
    const log = this.#log;
    let records = 0;
    for (const lane of this.#lanes) {
      const { traffic, share } = lane;
      if (traffic.kpl !== undefined) takeComposition(lane, traffic.kpl.at((traffic.expected / ticks) * share));
      const count = drawChunk(lane);
      records += count * traffic.model.recordsPerKinesisRecord;
      log.kinesisRecords += count * lane.cost;
      log.bytes += drawBytes(lane, count) * lane.ratio;
    }
    log.appendStraight(records, ticks);
    this.#tokens.records = this.#model.writeBurstRecords;
    this.#tokens.bytes = this.#model.writeBurstBytes;
  }

  laneOf(traffic: ProducerTraffic): FlowLane | undefined {
    return this.#lanes.find((lane) => lane.traffic === traffic);
  }

  waitingOf(traffic: ProducerTraffic): number {
    return this.#single?.waitingOf(traffic) ?? this.laneOf(traffic)?.queue?.waiting ?? 0;
  }

  waitingBytesOf(traffic: ProducerTraffic): number {
    if (this.#single !== undefined) return this.#single.waitingBytesOf(traffic);
    const lane = this.laneOf(traffic);
    return lane === undefined ? 0 : bytesThatWait(lane);
  }

  drop(traffic: ProducerTraffic, share: number): void {
    this.#single?.drop(traffic, share);
    const lane = this.laneOf(traffic);
    const dropped = lane === undefined ? 0 : dropWaiting(lane, share);
    traffic.lost += dropped;
    traffic.waiting -= dropped;
  }

  handOver(heirs: readonly Writer[]): void {
    const writers = heirs.filter((heir): heir is FlowWriter => heir instanceof FlowWriter);
    if (this.#isWaiting) for (const writer of writers) writer.#isWaiting = true;
    this.#single?.handOver(writers.flatMap((writer) => writer.#single ?? []));
    for (const from of this.#lanes)
      for (const { lane, part } of heirsOf(heirs, FlowWriter, from.traffic)) handWaitingOver(from, lane, part);
  }
}

/** Adds what a producer brings to what all bring. */
function addArrivals({ traffic, isComposed }: FlowLane, ticks: number): void {
  const { model, counts, bytes, kpl } = traffic;
  const { recordsPerKinesisRecord } = model;
  for (let index = 0; index < ticks; index += 1) {
    const count = counts[index] as number;
    tickKinesisRecords[index] = (tickKinesisRecords[index] as number) + count;
    tickRecords[index] = (tickRecords[index] as number) + count * recordsPerKinesisRecord;
    tickBytes[index] = (tickBytes[index] as number) + (bytes[index] as number);
  }
  if (!isComposed || kpl === undefined) return;
  for (let index = 0; index < ticks; index += 1) {
    const count = counts[index] as number;
    tickKinesisRecords[index] = (tickKinesisRecords[index] as number) + count * ((kpl.costs[index] as number) - 1);
    tickBytes[index] = (tickBytes[index] as number) + (bytes[index] as number) * ((kpl.ratios[index] as number) - 1);
  }
}

/** Takes from the buckets what has come for a shard that its producer did not know, as far as they hold it, in a tick of the chunk. */
function chargeMisdirected({ traffic, share, fits }: FlowLane, index: number, tokens: WriteTokens): void {
  if (traffic.kpl === undefined || !fits) return;
  const rate = (traffic.kinesisRecords[index] as number) * share;
  const { records, kinesisRecords, bytes } = traffic.kpl.misdirected(rate, share, traffic.sizes.meanBytes, tokens);
  tokens.records -= kinesisRecords;
  tokens.bytes -= bytes;
  traffic.attempts += kinesisRecords;
  traffic.misdirected += records;
}
