/*
 * The stretches of a run in which something went wrong, as its minutes show: refused, lost or late, and what was used up.
 */

import type { SimulationRun } from "../../simulation/simulate.js";
import { secondsPerMinute } from "../../units/dimension.js";
import { sumOf } from "../../units/sum-of.js";
import { concurrencyShortages } from "../concurrency-shortage.js";
import { consumerAt } from "../consumer-limit.js";
import {
  behindSeconds,
  isExhausted,
  isRarelyRefused,
  type MinuteSpell,
  minutesOf,
  placeOfMost,
  spellsOf,
} from "../minute-spells.js";
import { holdingRefusals } from "../refused-reads.js";
import type { RunSetting } from "../run-setting.js";

export type SpellKind = "throttled" | "lost" | "behind" | "cpu" | "concurrency" | "reads";

export interface Spell extends MinuteSpell {
  readonly kind: SpellKind;
  /** The consumer's index; undefined where producers are concerned. */
  readonly consumer: number | undefined;
  /** Seconds from the start: of its first minute, and the end of its last. */
  readonly from: number;
  readonly to: number;
}

/** What comes back within so many minutes has not ended: lag is over once it is, refusals come and go. */
const LAG_GAP = 2;
const USE_GAP = 5;
const REFUSAL_GAP = 10;
const LOSS_GAP = 60;

/** By their kind, and in the order of time. */
export function findSpells(run: SimulationRun, setting: RunSetting): Spell[] {
  const { minutes, summary } = run;
  const made = (kind: SpellKind, consumer: number | undefined, spells: readonly MinuteSpell[]): Spell[] =>
    spells.map((one) => ({
      ...one,
      kind,
      consumer,
      from: one.first * secondsPerMinute,
      to: Math.min(summary.seconds, (one.last + 1) * secondsPerMinute),
    }));
  const isSome = (value: number): boolean => value > 0;
  return [
    ...made("throttled", undefined, spellsOf(minutes.throttled, isSome, REFUSAL_GAP)).filter((one) =>
      isWorthAWord(one, run),
    ),
    ...made("lost", undefined, spellsOf(minutes.lost, isSome, LOSS_GAP)),
    ...minutes.consumers.flatMap((consumer, index) => {
      const behind = behindSeconds(consumerAt(setting, index));
      return [
        ...made(
          "behind",
          index,
          spellsOf(consumer.ages, (age) => age >= behind, LAG_GAP),
        ),
        ...made("cpu", index, spellsOf(consumer.cpu, isExhausted, USE_GAP)),
        ...made("concurrency", index, spellsOf(shortOfConcurrency(index, run, setting), isSome, USE_GAP)),
        ...made("reads", index, spellsOf(holdingRefusals(index, run, setting), isSome, REFUSAL_GAP)),
      ];
    }),
  ];
}

function isWorthAWord({ first, last }: MinuteSpell, { minutes, summary }: SimulationRun): boolean {
  const refused = sumBetween(minutes.throttled, first, last);
  const worst = Math.max(...refusedShares(first, last, minutes));
  const isLossy = sumBetween(minutes.lost, first, last) > 0;
  return isLossy || !isRarelyRefused(refused / Math.max(1, summary.attemptedRecords), worst);
}

/** Which part of all attempts was refused, by minute. */
export function refusedShares(first: number, last: number, minutes: SimulationRun["minutes"]): Float64Array {
  return minutes.throttled
    .slice(first, last + 1)
    .map((records, at) => (records > 0 ? records / (minutes.attempted[first + at] ?? records) : 0));
}

export function sumBetween(values: Float64Array, first: number, last: number): number {
  return sumOf(values.slice(first, last + 1), (value) => value);
}

/** The minute of a spell in which a figure was largest. */
export function worstMinute(values: Float64Array, { first, last }: MinuteSpell): number {
  return first + placeOfMost(values.slice(first, last + 1));
}

/** By minute, whether a consumer got fewer invocations than it asked for in some of it. */
function shortOfConcurrency(index: number, run: SimulationRun, setting: RunSetting): Float64Array {
  const shortages = concurrencyShortages(consumerAt(setting, index).name, run);
  return minutesOf(index, run.minutes).ages.map((_, minute) => {
    const at = minute * secondsPerMinute;
    return shortages.some((one) => one.at < at + secondsPerMinute && at < one.at + one.lasts) ? 1 : 0;
  });
}
