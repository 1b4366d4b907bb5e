/*
 * The write side of one shard, record by record: PutRecords calls arrive as a Poisson process, each brings its part of the call's
 * records to this shard, two buckets take or refuse every record at its instant, refusals come back by the producer's rules.
 *
 * `sdk`: the records of a call that were refused are put again together. `kpl`: records pass a limiter in order, go out, and come back
 * a fixed time after a refusal until they are too old. An aggregate holds as many user records as come while it is open; while its
 * producer refreshes its shard map they go out one by one, and what is refused of them is an aggregate again afterwards.
 */

import { sumOf } from "../units/sum-of.js";
import { EventQueue } from "./kernel/event-queue.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { sampleExponential, sampleTable } from "./kernel/samplers.js";
import type { ShardModel } from "./model.js";
import { heirsOf } from "./producer-lane.js";
import type { ProducerTraffic } from "./producer-traffic.js";
import {
  bytesOfUnits,
  compose,
  createRecordLane,
  drawBytes,
  drawUnits,
  findCall,
  freshGroup,
  leave,
  type RecordGroup,
  type RecordLane,
} from "./record-lane.js";
import { drawSize } from "./record-sizes.js";
import type { Writer } from "./shard-parts.js";
import type { WriteTokens } from "./write-tokens.js";

/** Ticks of the queue of retries. */
const TICKS_PER_SECOND = 1e6;

/** What takes note of the records that get in, one by one in the order of time. */
export interface RecordSink {
  append(seconds: number, bytes: number, userRecords: number): void;
}

export class RecordWriter implements Writer {
  readonly #model: ShardModel;
  readonly #log: RecordSink;
  readonly #random: RandomStream;
  readonly #lanes: RecordLane[] = [];
  #recordTokens = 0;
  #byteTokens = 0;
  #tokenSeconds = 0;
  readonly #openedTick: number;
  readonly #retries = new EventQueue();
  readonly #groups: (RecordGroup | undefined)[] = [];
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
    this.#openedTick = tick;
  }

  addLane(traffic: ProducerTraffic, share: number): void {
    if (share > 0) this.#lanes.push(createRecordLane(traffic, share, this.#random));
  }

  write(fromTick: number, toTick: number): void {
    for (let tick = fromTick; tick < toTick; tick += 1) this.#writeTick(tick, tick - fromTick);
  }

  /** Plays calls and retries in the order of time; the rate is constant within a tick. */
  #writeTick(tick: number, index: number): void {
    for (const lane of this.#lanes) {
      compose(lane, index);
      if (lane.traffic.kpl?.foundAt(this.#openedTick) === tick) this.#chargeMisdirected(lane, tick, index);
      findCall(lane, tick, tick, index);
    }
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

  /** Takes from the buckets what has come by a tick for a shard that its producer did not know. */
  #chargeMisdirected({ traffic, share }: RecordLane, tick: number, index: number): void {
    if (traffic.kpl === undefined) return;
    this.#refill(tick);
    const tokens = { records: this.#recordTokens, bytes: this.#byteTokens };
    const rate = (traffic.kinesisRecords[index] as number) * share;
    const { records, kinesisRecords, bytes } = traffic.kpl.misdirected(rate, share, traffic.sizes.meanBytes, tokens);
    this.#recordTokens -= kinesisRecords;
    this.#byteTokens -= bytes;
    traffic.attempts += kinesisRecords;
    traffic.misdirected += records;
  }

  #firstLane(): RecordLane | undefined {
    let first = this.#lanes[0];
    for (const lane of this.#lanes)
      if (lane.nextCallSeconds < (first?.nextCallSeconds ?? Number.POSITIVE_INFINITY)) first = lane;
    return first;
  }

  /** When another lane than this one calls next. */
  #nextCall(except: RecordLane): number {
    let next = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes) if (lane !== except && lane.nextCallSeconds < next) next = lane.nextCallSeconds;
    return next;
  }

  /** Plays a lane's calls, one at least, up to a time at which something else is due, or until one has to be put again. */
  #callUntil(lane: RecordLane, until: number, tick: number, index: number): void {
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
  #admitRun(lane: RecordLane, until: number, tick: number, index: number): void {
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
    if (isRefused) this.#refuse(freshGroup(lane, [bytes], 1, seconds, 1), seconds);
  }

  #firstRetry(): number {
    const slot = this.#retries.first();
    return slot < 0 ? Number.POSITIVE_INFINITY : this.#retries.dueTick(slot) / TICKS_PER_SECOND;
  }

  #call(lane: RecordLane, now: number): void {
    const { traffic } = lane;
    const count = lane.parts.length === 1 ? 1 : sampleTable(lane.calls, lane.parts) + 1;
    let refused: number[] | undefined;
    for (let record = 0; record < count; record += 1) {
      const units = drawUnits(lane);
      traffic.offered += units;
      const bytes = drawBytes(lane, units);
      if (lane.limiter !== undefined) this.#put(freshGroup(lane, [bytes], units, now, 0), now);
      else if (!this.#admit(traffic, bytes, 1, now)) {
        refused ??= [];
        refused.push(bytes);
      }
    }
    if (refused !== undefined) this.#refuse(freshGroup(lane, refused, refused.length, now, 1), now);
  }

  #refill(now: number): void {
    const { writeRecordsPerSecond, writeBytesPerSecond, writeBurstRecords, writeBurstBytes } = this.#model;
    const passed = now - this.#tokenSeconds;
    if (!(passed > 0)) return;
    this.#tokenSeconds = now;
    this.#recordTokens = Math.min(writeBurstRecords, this.#recordTokens + passed * writeRecordsPerSecond);
    this.#byteTokens = Math.min(writeBurstBytes, this.#byteTokens + passed * writeBytesPerSecond);
  }

  /**
   * One attempt of one Kinesis record.
   *
   * @param units what it is in what is counted
   */
  #admit(traffic: ProducerTraffic, bytes: number, units: number, now: number): boolean {
    this.#refill(now);
    traffic.attempts += 1;
    if (this.#recordTokens < 1 || this.#byteTokens < bytes) {
      traffic.throttled += 1;
      return false;
    }
    this.#recordTokens -= 1;
    this.#byteTokens -= bytes;
    traffic.accepted += units;
    this.#log.append(now, bytes, units * traffic.model.recordsPerKinesisRecord);
    return true;
  }

  /** Puts a group, after the limiter where there is one. */
  #put(group: RecordGroup, now: number): void {
    const { lane } = group;
    if (!this.#isLetGo(group, now)) return;
    group.attempts += 1;
    const { units } = group;
    if (lane.traffic.kpl?.isRefreshing(Math.floor(now)) === true) this.#admitAlone(group, now);
    else this.#admitAll(group, now);
    if (group.attempts > 1 || now > group.createdSeconds) lane.traffic.acceptedLate += units - group.units;
    if (group.sizes.length > 0) this.#refuse(group, now);
  }

  /** One attempt of each record of a group, which is left with those that are refused. */
  #admitAll(group: RecordGroup, now: number): void {
    const { lane, sizes } = group;
    // Most are alone: they need no list of their own, and may hold several of what is counted.
    if (sizes.length === 1) {
      if (this.#admit(lane.traffic, sizes[0] as number, group.units, now)) leave(group, [], 0);
      return;
    }
    const refused = sizes.filter((bytes) => !this.#admit(lane.traffic, bytes, 1, now));
    leave(group, refused, refused.length);
  }

  /** One attempt of each user record of an aggregate by itself, all of one size. The group is left with those that are refused. */
  #admitAlone(group: RecordGroup, now: number): void {
    const { lane, units, sizes } = group;
    const { traffic } = lane;
    const usual = bytesOfUnits(lane, units);
    const count = Math.max(1, Math.round(units * traffic.model.recordsPerKinesisRecord));
    const aloneBytes = (traffic.model.aggregation?.aloneBytes ?? 0) * ((sizes[0] as number) / usual);
    let refused = 0;
    for (let record = 0; record < count; record += 1)
      if (!this.#admit(traffic, aloneBytes, units / count, now)) refused += 1;
    leave(group, refused > 0 ? [((sizes[0] as number) / count) * refused] : [], (units / count) * refused);
  }

  /** Asks the limiter where there is one; a group that it holds back waits, or is too old by then. */
  #isLetGo(group: RecordGroup, now: number): boolean {
    const { lane } = group;
    const { retry } = lane.traffic.model;
    if (lane.limiter === undefined || retry.kind !== "kpl" || group.isReleased) return true;
    // What goes out by itself passes by.
    if (lane.traffic.kpl?.isRefreshing(Math.floor(now)) === true) return true;
    const left = group.createdSeconds + retry.ttlSeconds - now;
    const wait = lane.limiter.reserve(now, group.sizes[0] ?? 0, left);
    if (wait === 0) return true;
    group.isDoomed = wait > left;
    group.isReleased = !group.isDoomed;
    this.#wait(group, now + Math.min(wait, left), now);
    return false;
  }

  #refuse(group: RecordGroup, now: number): void {
    const { retry } = group.lane.traffic.model;
    if (retry.kind === "kpl") {
      const end = group.createdSeconds + retry.ttlSeconds;
      group.isReleased = false;
      group.isDoomed = now + retry.retrySeconds > end;
      this.#wait(group, Math.min(end, now + retry.retrySeconds), now);
      return;
    }
    const longest = retry.kind === "sdk" ? retry.backoffSecondsMax[group.attempts - 1] : undefined;
    if (longest === undefined) group.lane.traffic.lost += group.units;
    else this.#wait(group, now + longest * group.lane.backOff.nextUniform(), now);
  }

  #wait(group: RecordGroup, until: number, now: number): void {
    const { lane } = group;
    const slot = this.#freeSlots.pop() ?? this.#groups.length;
    this.#groups[slot] = group;
    this.#waits += 1;
    lane.waiting += group.units;
    lane.traffic.waiting += group.units;
    this.#retries.set(slot, Math.ceil(Math.max(until, now) * TICKS_PER_SECOND));
  }

  #retry(now: number): void {
    const group = this.#release(this.#retries.first());
    if (group.isDoomed) group.lane.traffic.lost += group.units;
    else this.#put(group, now);
  }

  /** Ends a group's wait. */
  #release(slot: number): RecordGroup {
    const group = this.#groups[slot] as RecordGroup;
    this.#retries.cancel(slot);
    this.#groups[slot] = undefined;
    this.#freeSlots.push(slot);
    group.lane.waiting -= group.units;
    group.lane.traffic.waiting -= group.units;
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

  laneOf(traffic: ProducerTraffic): RecordLane | undefined {
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
    const created = (slot: number): number => (this.#groups[slot] as RecordGroup).createdSeconds;
    // The newest first.
    waiting.sort((a, b) => created(b) - created(a));
    for (const slot of waiting) {
      const group = this.#groups[slot] as RecordGroup;
      if (group.units > rest) break;
      rest -= group.units;
      traffic.lost += group.units;
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
