/*
 * The write side of one shard, record by record: PutRecords calls arrive as a Poisson process, each brings its part of the call's
 * records to this shard, two buckets take or refuse every record at its instant, refusals come back by the producer's rules.
 *
 * `sdk`: the records of a call that were refused are put again together. `kpl`: records pass a limiter in order, go out, and come back
 * a fixed time after a refusal until they are too old.
 */

import { sumOf } from "../units/sum-of.js";
import { EventQueue } from "./kernel/event-queue.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { sampleExponential, sampleTable, tabulatePositiveBinomial } from "./kernel/samplers.js";
import { KplLimiter } from "./kpl-limiter.js";
import type { ShardModel } from "./model.js";
import { heirsOf, type ProducerLane } from "./producer-lane.js";
import type { ProducerTraffic } from "./producer-traffic.js";
import { drawSize } from "./record-sizes.js";
import type { Writer } from "./shard-parts.js";
import type { WriteTokens } from "./write-tokens.js";

/** Ticks of the queue of retries. */
const TICKS_PER_SECOND = 1e6;

/** What takes note of the records that get in, one by one in the order of time. */
export interface RecordSink {
  append(seconds: number, bytes: number, userRecords: number): void;
}

/** Records that one producer puts to this shard at once. */
interface Group {
  readonly lane: Lane;
  sizes: readonly number[];
  readonly createdSeconds: number;
  /** Attempts so far. */
  attempts: number;
  /** Whether the limiter has let it go. */
  isReleased: boolean;
  /** Whether it only waits to be too old. */
  isDoomed: boolean;
}

interface Lane extends ProducerLane {
  /** Of chance there is when calls come, what their records weigh, and how long they wait to be put again. */
  readonly calls: RandomStream;
  readonly sizes: RandomStream;
  readonly backOff: RandomStream;
  /** How many records of a call come here, given that some do: cumulative probabilities. */
  readonly parts: Float64Array;
  /** Whether calls bring one record each and pass no limiter. */
  readonly isPlain: boolean;
  /** Calls with records for this shard, for each Kinesis record that is expected on the stream. */
  readonly callsPerRecord: number;
  /** What is left of the exponential time to the next call, in expected calls. */
  untilCall: number;
  nextCallSeconds: number;
  waiting: number;
  limiter: KplLimiter | undefined;
}

export class RecordWriter implements Writer {
  readonly #model: ShardModel;
  readonly #log: RecordSink;
  readonly #random: RandomStream;
  readonly #lanes: Lane[] = [];
  #recordTokens = 0;
  #byteTokens = 0;
  #tokenSeconds = 0;
  readonly #retries = new EventQueue();
  readonly #groups: (Group | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  /** How often something had to wait. */
  #waits = 0;

  constructor(model: ShardModel, log: RecordSink, random: RandomStream, tick: number) {
    this.#model = model;
    this.#log = log;
    this.#random = random;
    this.#recordTokens = model.writeBurstRecords;
    this.#byteTokens = model.writeBurstBytes;
    this.#tokenSeconds = tick;
  }

  addLane(traffic: ProducerTraffic, share: number): void {
    if (share <= 0) return;
    const { putBatch, retry, name } = traffic.model;
    const random = this.#random.child(name);
    const calls = random.child("calls");
    const reaches = -Math.expm1(putBatch * Math.log1p(-Math.min(share, 1 - 1e-15)));
    this.#lanes.push({
      traffic,
      share,
      calls,
      sizes: random.child("sizes"),
      backOff: random.child("backOff"),
      parts: tabulatePositiveBinomial(putBatch, share),
      isPlain: putBatch === 1 && retry.kind !== "kpl",
      callsPerRecord: reaches / putBatch,
      untilCall: sampleExponential(calls),
      nextCallSeconds: Number.POSITIVE_INFINITY,
      waiting: 0,
      limiter: retry.kind === "kpl" ? new KplLimiter(retry) : undefined,
    });
  }

  write(fromTick: number, toTick: number): void {
    for (let tick = fromTick; tick < toTick; tick += 1) this.#writeTick(tick, tick - fromTick);
  }

  /** Plays calls and retries in the order of time; the rate is constant within a tick. */
  #writeTick(tick: number, index: number): void {
    for (const lane of this.#lanes) findCall(lane, tick, tick, index);
    for (;;) {
      const lane = this.#firstLane();
      const retryAt = this.#firstRetry();
      const callAt = lane?.nextCallSeconds ?? Number.POSITIVE_INFINITY;
      const now = Math.min(callAt, retryAt);
      if (now >= tick + 1) return;
      if (retryAt <= callAt || lane === undefined) this.#retry(retryAt);
      else this.#callUntil(lane, Math.min(retryAt, this.#nextCall(lane)), tick, index);
    }
  }

  #firstLane(): Lane | undefined {
    let first = this.#lanes[0];
    for (const lane of this.#lanes)
      if (lane.nextCallSeconds < (first?.nextCallSeconds ?? Number.POSITIVE_INFINITY)) first = lane;
    return first;
  }

  /** When another lane than this one calls next. */
  #nextCall(except: Lane): number {
    let next = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes) if (lane !== except && lane.nextCallSeconds < next) next = lane.nextCallSeconds;
    return next;
  }

  /** Plays a lane's calls, one at least, up to a time at which something else is due, or until one has to be put again. */
  #callUntil(lane: Lane, until: number, tick: number, index: number): void {
    const waits = this.#waits;
    do {
      if (lane.isPlain) this.#admitRun(lane, until, tick, index);
      else {
        const callAt = lane.nextCallSeconds;
        this.#call(lane, callAt);
        lane.untilCall = sampleExponential(lane.calls);
        findCall(lane, callAt, tick, index);
      }
    } while (lane.nextCallSeconds < until && this.#waits === waits);
  }

  /** Calls of one record each, up to a time or to the first that is refused. Their numbers stay out of fields, for speed. */
  #admitRun(lane: Lane, until: number, tick: number, index: number): void {
    const { writeRecordsPerSecond, writeBytesPerSecond, writeBurstRecords, writeBurstBytes } = this.#model;
    const { traffic, calls, sizes, callsPerRecord } = lane;
    const { recordsPerKinesisRecord } = traffic.model;
    const log = this.#log;
    const secondsPerCall = 1 / ((traffic.kinesisRecords[index] as number) * callsPerRecord);
    const end = Math.min(until, tick + 1);
    let now = lane.nextCallSeconds;
    let seconds = this.#tokenSeconds;
    let recordTokens = this.#recordTokens;
    let byteTokens = this.#byteTokens;
    let accepted = 0;
    let bytes = 0;
    let isRefused = false;
    do {
      bytes = drawSize(traffic.model, sizes);
      const passed = now - seconds;
      seconds = now;
      recordTokens += passed * writeRecordsPerSecond;
      if (recordTokens > writeBurstRecords) recordTokens = writeBurstRecords;
      byteTokens += passed * writeBytesPerSecond;
      if (byteTokens > writeBurstBytes) byteTokens = writeBurstBytes;
      isRefused = recordTokens < 1 || byteTokens < bytes;
      if (!isRefused) {
        recordTokens -= 1;
        byteTokens -= bytes;
        accepted += 1;
        log.append(now, bytes, recordsPerKinesisRecord);
      }
      now += sampleExponential(calls) * secondsPerCall;
    } while (now < end && !isRefused);
    this.#tokenSeconds = seconds;
    this.#recordTokens = recordTokens;
    this.#byteTokens = byteTokens;
    const refused = isRefused ? 1 : 0;
    traffic.accepted += accepted;
    traffic.throttled += refused;
    traffic.offered += accepted + refused;
    traffic.attempts += accepted + refused;
    lane.untilCall = (now - tick - 1) / secondsPerCall;
    lane.nextCallSeconds = now < tick + 1 ? now : Number.POSITIVE_INFINITY;
    if (isRefused) this.#refuse(freshGroup(lane, [bytes], seconds, 1), seconds);
  }

  #firstRetry(): number {
    const slot = this.#retries.first();
    return slot < 0 ? Number.POSITIVE_INFINITY : this.#retries.dueTick(slot) / TICKS_PER_SECOND;
  }

  #call(lane: Lane, now: number): void {
    const { traffic } = lane;
    const count = lane.parts.length === 1 ? 1 : sampleTable(lane.calls, lane.parts) + 1;
    traffic.offered += count;
    let refused: number[] | undefined;
    for (let record = 0; record < count; record += 1) {
      const bytes = drawSize(traffic.model, lane.sizes);
      if (lane.limiter !== undefined) this.#put(freshGroup(lane, [bytes], now, 0), now);
      else if (!this.#admit(traffic, bytes, now)) {
        refused ??= [];
        refused.push(bytes);
      }
    }
    if (refused !== undefined) this.#refuse(freshGroup(lane, refused, now, 1), now);
  }

  /** One attempt of one record. */
  #admit(traffic: ProducerTraffic, bytes: number, now: number): boolean {
    const { writeRecordsPerSecond, writeBytesPerSecond, writeBurstRecords, writeBurstBytes } = this.#model;
    const passed = now - this.#tokenSeconds;
    if (passed > 0) {
      this.#tokenSeconds = now;
      this.#recordTokens = Math.min(writeBurstRecords, this.#recordTokens + passed * writeRecordsPerSecond);
      this.#byteTokens = Math.min(writeBurstBytes, this.#byteTokens + passed * writeBytesPerSecond);
    }
    traffic.attempts += 1;
    if (this.#recordTokens < 1 || this.#byteTokens < bytes) {
      traffic.throttled += 1;
      return false;
    }
    this.#recordTokens -= 1;
    this.#byteTokens -= bytes;
    traffic.accepted += 1;
    this.#log.append(now, bytes, traffic.model.recordsPerKinesisRecord);
    return true;
  }

  /** Puts a group, after the limiter where there is one. */
  #put(group: Group, now: number): void {
    const { lane } = group;
    if (!this.#isLetGo(group, now)) return;
    group.attempts += 1;
    const refused = this.#admitAll(group, now);
    if (group.attempts > 1 || now > group.createdSeconds)
      lane.traffic.acceptedLate += group.sizes.length - refused.length;
    if (refused.length === 0) return;
    group.sizes = refused;
    this.#refuse(group, now);
  }

  /** One attempt of each record of a group: the sizes of those that are refused. */
  #admitAll({ lane: { traffic }, sizes }: Group, now: number): readonly number[] {
    // Most are alone: they need no list of their own.
    if (sizes.length === 1) return this.#admit(traffic, sizes[0] as number, now) ? [] : sizes;
    return sizes.filter((bytes) => !this.#admit(traffic, bytes, now));
  }

  /** Asks the limiter where there is one; a group that it holds back waits, or is too old by then. */
  #isLetGo(group: Group, now: number): boolean {
    const { lane } = group;
    const { retry } = lane.traffic.model;
    if (lane.limiter === undefined || retry.kind !== "kpl" || group.isReleased) return true;
    const left = group.createdSeconds + retry.ttlSeconds - now;
    const wait = lane.limiter.reserve(now, group.sizes[0] ?? 0, left);
    if (wait === 0) return true;
    group.isDoomed = wait > left;
    group.isReleased = !group.isDoomed;
    this.#wait(group, now + Math.min(wait, left), now);
    return false;
  }

  #refuse(group: Group, now: number): void {
    const { retry } = group.lane.traffic.model;
    if (retry.kind === "kpl") {
      const end = group.createdSeconds + retry.ttlSeconds;
      group.isReleased = false;
      group.isDoomed = now + retry.retrySeconds > end;
      this.#wait(group, Math.min(end, now + retry.retrySeconds), now);
      return;
    }
    const longest = retry.kind === "sdk" ? retry.backoffSecondsMax[group.attempts - 1] : undefined;
    if (longest === undefined) group.lane.traffic.lost += group.sizes.length;
    else this.#wait(group, now + longest * group.lane.backOff.nextUniform(), now);
  }

  #wait(group: Group, until: number, now: number): void {
    const { lane } = group;
    const slot = this.#freeSlots.pop() ?? this.#groups.length;
    this.#groups[slot] = group;
    this.#waits += 1;
    lane.waiting += group.sizes.length;
    lane.traffic.waiting += group.sizes.length;
    this.#retries.set(slot, Math.ceil(Math.max(until, now) * TICKS_PER_SECOND));
  }

  #retry(now: number): void {
    const group = this.#release(this.#retries.first());
    if (group.isDoomed) group.lane.traffic.lost += group.sizes.length;
    else this.#put(group, now);
  }

  /** Ends a group's wait. */
  #release(slot: number): Group {
    const group = this.#groups[slot] as Group;
    this.#retries.cancel(slot);
    this.#groups[slot] = undefined;
    this.#freeSlots.push(slot);
    group.lane.waiting -= group.sizes.length;
    group.lane.traffic.waiting -= group.sizes.length;
    return group;
  }

  /** Whether any record waits for another attempt. */
  get isWaiting(): boolean {
    return this.#groups.length > this.#freeSlots.length;
  }

  /** What the buckets hold at a time that is not before the last attempt. */
  tokensAt(seconds: number): WriteTokens {
    const { writeRecordsPerSecond, writeBytesPerSecond, writeBurstRecords, writeBurstBytes } = this.#model;
    const passed = seconds - this.#tokenSeconds;
    return {
      records: Math.min(writeBurstRecords, this.#recordTokens + passed * writeRecordsPerSecond),
      bytes: Math.min(writeBurstBytes, this.#byteTokens + passed * writeBytesPerSecond),
    };
  }

  laneOf(traffic: ProducerTraffic): Lane | undefined {
    return this.#lanes.find((lane) => lane.traffic === traffic);
  }

  waitingOf(traffic: ProducerTraffic): number {
    return this.laneOf(traffic)?.waiting ?? 0;
  }

  waitingBytesOf(traffic: ProducerTraffic): number {
    return sumOf(this.#groups, (group) => (group?.lane.traffic === traffic ? sumOf(group.sizes, (bytes) => bytes) : 0));
  }

  drop(traffic: ProducerTraffic, share: number): void {
    let rest = Math.round(this.waitingOf(traffic) * share);
    if (rest === 0) return;
    const waiting: number[] = [];
    for (const [slot, group] of this.#groups.entries()) if (group?.lane.traffic === traffic) waiting.push(slot);
    const created = (slot: number): number => (this.#groups[slot] as Group).createdSeconds;
    // The newest first.
    waiting.sort((a, b) => created(b) - created(a));
    for (const slot of waiting) {
      const group = this.#groups[slot] as Group;
      if (group.sizes.length > rest) break;
      rest -= group.sizes.length;
      traffic.lost += group.sizes.length;
      if (group.isReleased) group.lane.limiter?.refund(group.sizes[0] ?? 0);
      this.#release(slot);
    }
  }

  handOver(heirs: readonly Writer[]): void {
    for (const [slot, group] of this.#groups.entries()) {
      if (group === undefined) continue;
      const due = this.#retries.dueTick(slot) / TICKS_PER_SECOND;
      const found = heirsOf(heirs, RecordWriter, group.lane.traffic);
      const heir = found.find(({ part }) => this.#random.nextUniform() < part);
      this.#release(slot);
      if (heir !== undefined) heir.writer.#wait({ ...group, lane: heir.lane }, due, due);
    }
  }
}

function freshGroup(lane: Lane, sizes: readonly number[], createdSeconds: number, attempts: number): Group {
  return { lane, sizes, createdSeconds, attempts, isReleased: attempts > 0, isDoomed: false };
}

/** Finds a lane's next call from a time on, within the tick; what is left of the wait is kept otherwise. */
function findCall(lane: Lane, from: number, tick: number, index: number): void {
  const rate = (lane.traffic.kinesisRecords[index] as number) * lane.callsPerRecord;
  const wait = lane.untilCall / rate;
  if (rate > 0 && from + wait < tick + 1) {
    lane.nextCallSeconds = from + wait;
    return;
  }
  lane.nextCallSeconds = Number.POSITIVE_INFINITY;
  lane.untilCall -= rate * (tick + 1 - from);
}
