/*
 * From when on a figure of a minute counts as something gone wrong, and the stretches of a run in which it did.
 */
import type { ConsumerMinutes } from "../simulation/minute-series.js";
import type { SimulationRun } from "../simulation/simulate.js";
import type { TimelineRow } from "../simulation/timeline.js";
import { secondsPerMinute } from "../units/dimension.js";
import type { Consumer } from "../workload/schema.js";

/** A consumer is behind when its oldest record waits longer than this many seconds, and than this many poll intervals. */
const BEHIND_SECONDS = 30;
const BEHIND_POLLS = 3;
/** Refused attempts are worth a word from this share of the run's, or of some minute's, on. */
const THROTTLED_OF_RUN = 1e-4;
const THROTTLED_OF_MINUTE = 0.01;
/** A worker that uses this part of its CPU in a minute, or more, has none left. */
const EXHAUSTED = 0.99;

/** The age of the oldest record from which on a consumer is behind: one that it lets wait for a batch to be filled is not. */
export function behindSeconds({ pollInterval, batchWindow }: Consumer): number {
  return Math.max(BEHIND_SECONDS, BEHIND_POLLS * (pollInterval ?? 0)) + (batchWindow ?? 0);
}

/** @param part of what there is that is used, 0 to 1 */
export function isExhausted(part: number): boolean {
  return part >= EXHAUSTED;
}

/** Whether what was refused is not worth a word: its share of all attempts, and of those of the worst minute. */
export function isRarelyRefused(ofAll: number, ofWorstMinute: number): boolean {
  return ofAll < THROTTLED_OF_RUN && ofWorstMinute < THROTTLED_OF_MINUTE;
}

/** Minutes of a run, counted from 0, both included. */
export interface MinuteSpell {
  readonly first: number;
  readonly last: number;
}

/**
 * The stretches in which something was so.
 *
 * @param gapMinutes stretches that are no further apart than this are one
 */
export function spellsOf(
  values: Float64Array,
  isSo: (value: number, minute: number) => boolean,
  gapMinutes: number,
): MinuteSpell[] {
  const spells: { first: number; last: number }[] = [];
  for (const [minute, value] of values.entries()) {
    if (!isSo(value, minute)) continue;
    const current = spells.at(-1);
    if (current !== undefined && minute - current.last <= gapMinutes + 1) current.last = minute;
    else spells.push({ first: minute, last: minute });
  }
  return spells;
}

export function minutesOf(index: number, { consumers }: SimulationRun["minutes"]): ConsumerMinutes {
  const consumer = consumers[index];
  if (consumer === undefined) throw new RangeError(`no consumer ${index}`);
  return consumer;
}

/** Where the largest of some values is, none of them negative. */
export function placeOfMost(values: Float64Array): number {
  return values.reduce((best, value, at) => (value > (values[best] as number) ? at : best), 0);
}

/** The rows that have a part of some minutes, from the first to the last. */
export function rowsOf(first: number, last: number, timeline: readonly TimelineRow[]): TimelineRow[] {
  const [from, to] = [first * secondsPerMinute, (last + 1) * secondsPerMinute];
  return timeline.filter(({ at, seconds }) => at < to && at + seconds > from);
}
