/*
 * What a shard has accepted, as a curve of user records over time: how many had arrived at any instant, and when the n-th arrived.
 * The last two minutes are known by the second; before that, for as long as a reader lags, by the minute, and by fewer points where
 * the lag is very long. Between points the curve is straight.
 */
import { lastNotAbove } from "../units/last-not-above.js";
import type { RandomStream } from "./kernel/random-stream.js";
import type { ShardLog } from "./shard-parts.js";
import { thinCurve } from "./thin-curve.js";

/** Ticks (seconds) that are known one by one: a power of two above two minutes. */
const RECENT_TICKS = 128;
const RECENT_MASK = RECENT_TICKS - 1;
/** How far back a reader may be and still find its place among the recent ticks, whatever chunk is being simulated. */
const NEAR_TICKS = 60;
/** Points of a lag's history. */
const HISTORY_POINTS = 2 ** 10;
/** From one to the next, as long as there is room. */
const NOTE_TICKS = 60;

/** Stands for a tick that is no longer known. */
const LONG_AGO = -1;

export class ArrivalLog implements ShardLog {
  /** User records accepted up to the start of a tick. */
  readonly #recent = new Float64Array(RECENT_TICKS);
  #historySeconds: Float64Array | undefined;
  #historyRecords: Float64Array | undefined;
  #historyLength = 0;

  /** Totals at the end of what has been written. */
  records = 0;
  kinesisRecords = 0;
  bytes = 0;
  /** The tick at whose start `records` holds. */
  endTick = 0;

  constructor(startTick: number) {
    this.endTick = startTick;
  }

  /** What the next ticks have accepted, tick by tick. */
  append(records: Float64Array, ticks: number): void {
    const recent = this.#recent;
    const next = this.endTick + 1;
    let total = this.records;
    for (let index = 0; index < ticks; index += 1) {
      total += records[index] as number;
      recent[(next + index) & RECENT_MASK] = total;
    }
    this.records = total;
    this.endTick += ticks;
  }

  get end(): number {
    return this.records;
  }

  pass(ticks: number): void {
    this.appendStraight(0, ticks);
  }

  /** What a number of ticks have accepted, evenly. */
  appendStraight(records: number, ticks: number): void {
    const recent = this.#recent;
    const { records: start, endTick } = this;
    const step = records / ticks;
    this.records = start + records;
    this.endTick = endTick + ticks;
    for (let index = 1; index < ticks; index += 1) recent[(endTick + index) & RECENT_MASK] = start + step * index;
    recent[this.endTick & RECENT_MASK] = this.records;
  }

  /** User records that had arrived by then; not for times before the recent ticks. */
  arrivedBy(seconds: number): number {
    const tick = Math.floor(seconds);
    if (tick >= this.endTick) return this.records;
    const start = this.#recent[tick & RECENT_MASK] as number;
    return start + ((this.#recent[(tick + 1) & RECENT_MASK] as number) - start) * (seconds - tick);
  }

  /** User records that had arrived by the start of a recent tick. */
  arrivedByTick(tick: number): number {
    return this.#recent[tick & RECENT_MASK] as number;
  }

  /**
   * The tick in which the record after the first `position` ones arrived; `LONG_AGO` where it is no recent one.
   *
   * @param nearTick a tick at or before which to look, if it is recent; what the last call gave serves well
   */
  tickOf(position: number, nearTick: number): number {
    const recent = this.#recent;
    let tick = Math.max(nearTick, this.endTick - RECENT_MASK, 0);
    if ((recent[tick & RECENT_MASK] as number) > position) return LONG_AGO;
    while (tick < this.endTick && (recent[(tick + 1) & RECENT_MASK] as number) <= position) tick += 1;
    return tick;
  }

  /** When that record arrived, given its tick. */
  arrivalWithin(tick: number, position: number): number {
    if (tick === LONG_AGO) return this.#arrivalLongAgo(position);
    if (tick >= this.endTick) return this.endTick;
    const start = this.#recent[tick & RECENT_MASK] as number;
    const end = this.#recent[(tick + 1) & RECENT_MASK] as number;
    return end > start ? tick + (position - start) / (end - start) : tick + 1;
  }

  /**
   * The same, if records come in calls of so many: the first of them comes a while into its tick. Of `many` calls and more it comes as it
   * does on average.
   */
  firstCallWithin(tick: number, position: number, callRecords: number, many: number, random: RandomStream): number {
    if (tick === LONG_AGO) return this.#arrivalLongAgo(position);
    if (tick >= this.endTick) return this.endTick;
    const start = this.#recent[tick & RECENT_MASK] as number;
    const records = (this.#recent[(tick + 1) & RECENT_MASK] as number) - start;
    if (!(records > 0)) return tick + 1;
    const calls = records / callRecords;
    const wait = calls >= many ? 1 / (1 + calls) : 1 - random.nextUniform() ** (1 / calls);
    return tick + (position - start) / records + wait;
  }

  #arrivalLongAgo(position: number): number {
    const seconds = this.#historySeconds;
    const records = this.#historyRecords;
    if (seconds === undefined || records === undefined || this.#historyLength === 0) return this.#oldestSeconds();
    const index = lastNotAbove(records, position, this.#historyLength);
    if (index < 0) return seconds[0] as number;
    const from = seconds[index] as number;
    const start = records[index] as number;
    const isLast = index + 1 >= this.#historyLength;
    const to = isLast ? this.#oldestSeconds() : (seconds[index + 1] as number);
    const end = isLast ? this.arrivedByTick(to) : (records[index + 1] as number);
    return end > start ? from + ((to - from) * (position - start)) / (end - start) : to;
  }

  #oldestSeconds(): number {
    return Math.max(0, this.endTick - RECENT_MASK);
  }

  keepHistory({ oldest }: { readonly oldest: number }): void {
    const isNear = oldest >= this.arrivedByTick(Math.max(0, this.endTick - NEAR_TICKS)) || this.endTick < NEAR_TICKS;
    if (isNear) {
      this.#historyLength = 0;
      return;
    }
    if (this.#historyLength === 0) {
      this.#note(Math.max(0, this.endTick - 2 * NEAR_TICKS), oldest);
      this.#note(this.endTick - NEAR_TICKS, oldest);
    }
    this.#note(this.endTick, oldest);
  }

  /** Notes a tick; what lies before the lowest position that is needed makes room for it, and every so many points of the rest. */
  #note(tick: number, lowest: number): void {
    this.#historySeconds ??= new Float64Array(HISTORY_POINTS);
    this.#historyRecords ??= new Float64Array(HISTORY_POINTS);
    if (this.#historyLength === HISTORY_POINTS) {
      const passed = Math.max(0, lastNotAbove(this.#historyRecords, lowest));
      this.#historyLength = thinCurve(this.#historySeconds, this.#historyRecords, passed, NOTE_TICKS);
    }
    this.#historySeconds[this.#historyLength] = tick;
    this.#historyRecords[this.#historyLength] = this.arrivedByTick(tick);
    this.#historyLength += 1;
  }

  arrivedLongAgo(seconds: number): number {
    if (seconds >= this.#oldestSeconds()) return this.arrivedBy(seconds);
    const times = this.#historySeconds;
    const records = this.#historyRecords;
    if (times === undefined || records === undefined) return 0;
    const index = lastNotAbove(times, seconds, this.#historyLength);
    if (index < 0) return 0;
    const isLast = index + 1 >= this.#historyLength;
    const from = times[index] as number;
    const start = records[index] as number;
    const to = isLast ? this.#oldestSeconds() : (times[index + 1] as number);
    const end = isLast ? this.arrivedByTick(to) : (records[index + 1] as number);
    return to > from ? start + ((end - start) * (seconds - from)) / (to - from) : start;
  }
}
