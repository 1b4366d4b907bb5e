/*
 * What a shard has accepted, as a curve that is straight within every chunk. Points that every reader has passed are forgotten; where
 * a lag is very long, points lie further apart.
 */
import { lastNotAbove } from "../units/last-not-above.js";
import { doubled } from "./doubled.js";
import { CHUNK_TICKS } from "./producer-traffic.js";
import type { ShardLog } from "./shard-parts.js";
import { thinCurve } from "./thin-curve.js";

const POINTS = 2 ** 10;
/** A curve that nobody lags behind needs few points. */
const POINTS_AT_FIRST = 2 ** 4;

export class FluidLog implements ShardLog {
  records = 0;
  kinesisRecords = 0;
  bytes = 0;
  endTick = 0;
  #seconds = new Float64Array(POINTS_AT_FIRST);
  #records = new Float64Array(POINTS_AT_FIRST);
  #length = 1;

  constructor(startTick: number) {
    this.endTick = startTick;
    this.#seconds[0] = startTick;
  }

  /** What a number of ticks have accepted, evenly. */
  append(records: number, ticks: number): void {
    this.records += records;
    this.endTick += ticks;
    if (this.#length === this.#seconds.length) this.#makeRoom();
    this.#seconds[this.#length] = this.endTick;
    this.#records[this.#length] = this.records;
    this.#length += 1;
  }

  #makeRoom(): void {
    if (this.#length < POINTS) {
      this.#seconds = doubled(this.#seconds);
      this.#records = doubled(this.#records);
      return;
    }
    this.#length = thinCurve(this.#seconds, this.#records, 0, CHUNK_TICKS);
  }

  get end(): number {
    return this.records;
  }

  pass(ticks: number): void {
    this.append(0, ticks);
  }

  keepHistory(needed: { readonly oldest: number }): void {
    if (this.#length < this.#seconds.length) return;
    const passed = this.#lastBelow(this.#records, needed.oldest);
    if (passed <= 0) return;
    this.#length -= passed;
    for (let index = 0; index < this.#length; index += 1) {
      this.#seconds[index] = this.#seconds[index + passed] as number;
      this.#records[index] = this.#records[index + passed] as number;
    }
  }

  #lastBelow(values: Float64Array, value: number): number {
    // Who keeps up asks for the end.
    const last = this.#length - 1;
    return value >= (values[last] as number) ? last : lastNotAbove(values, value, last);
  }

  /** When the record after the first `position` ones arrived. */
  arrivalOf(position: number): number {
    return interpolate(this.#records, this.#seconds, this.#lastBelow(this.#records, position), this.#length, position);
  }

  arrivedLongAgo(seconds: number): number {
    if (seconds < (this.#seconds[0] as number)) return 0;
    return interpolate(this.#seconds, this.#records, this.#lastBelow(this.#seconds, seconds), this.#length, seconds);
  }
}

/** `ys` at `x`, straight between the points, of which the one at `index` is the last not above `x`. */
function interpolate(xs: Float64Array, ys: Float64Array, index: number, length: number, x: number): number {
  if (index < 0) return ys[0] as number;
  if (index + 1 >= length) return ys[length - 1] as number;
  const from = xs[index] as number;
  const part = (x - from) / ((xs[index + 1] as number) - from);
  return (ys[index] as number) + part * ((ys[index + 1] as number) - (ys[index] as number));
}
