/*
 * When a weighted sum of rate curves is highest. Rates are looked at where any of them jumps or turns, from both sides, and on every
 * minute too where that is not enough. Left out: what a daily wave does between two minutes, less than 0.001 %.
 */
import { secondsPerMinute } from "../units/dimension.js";
import type { CurveShape, RateCurve } from "../workload/rate-curve.js";

/** The highest value of a sum, when it is reached, and whether just before or just after that instant. */
export interface Peak {
  readonly height: number;
  readonly seconds: number;
  readonly isBefore: boolean;
}

/** Rates of several curves at the instants that matter, sampled once and asked as often as wanted. */
export class PeakFinder {
  readonly #times: Float64Array;
  readonly #after: readonly Float64Array[];
  readonly #before: readonly Float64Array[];

  constructor(curves: readonly RateCurve[], horizon: number) {
    this.#times = listInstants(curves, horizon);
    const sampled = curves.map((curve) => sample(curve, this.#times, horizon));
    this.#after = sampled.map(({ after }) => after);
    this.#before = sampled.map(({ before }) => before);
  }

  /** The peak of Σ weight · rate; the earliest of those that tie. */
  highest(weights: readonly number[]): Peak {
    const late = highestSum(this.#times, this.#before, weights, true);
    const early = highestSum(this.#times, this.#after, weights, false);
    return late.height > early.height ? late : early;
  }
}

/** The rate just after and just before every instant, which differ at bends alone; a constant takes one number. */
function sample(curve: RateCurve, times: Float64Array, horizon: number): { after: Float64Array; before: Float64Array } {
  if (isConstant(curve)) return { after: Float64Array.of(curve.after(0)), before: Float64Array.of(curve.after(0)) };
  const after = times.map((seconds) => curve.after(seconds));
  const before = after.slice();
  let at = 0;
  for (const bend of curve.bends(horizon)) {
    while ((times[at] ?? bend) < bend) at += 1;
    before[at] = curve.before(bend);
  }
  before[times.length - 1] = curve.before(horizon);
  return { after, before };
}

/** The last instant is the end of the horizon: what comes after it does not count, nor what comes before the first. */
function highestSum(
  times: Float64Array,
  rates: readonly Float64Array[],
  weights: readonly number[],
  isBefore: boolean,
): Peak {
  const first = isBefore ? 1 : 0;
  const end = isBefore ? times.length : Math.max(1, times.length - 1);
  let height = Number.NEGATIVE_INFINITY;
  let highestAt = 0;
  for (let at = first; at < end; at += 1) {
    let sum = 0;
    for (let index = 0; index < rates.length; index += 1) {
      const series = rates[index] as Float64Array;
      sum += (weights[index] as number) * (series[series.length === 1 ? 0 : at] as number);
    }
    if (sum > height) {
      height = sum;
      highestAt = at;
    }
  }
  return { height, seconds: times[highestAt] ?? 0, isBefore };
}

/** The start, the end, and every instant at which a rate jumps or turns, ascending; every minute too where that is not enough. */
function listInstants(curves: readonly RateCurve[], horizon: number): Float64Array {
  const varying = curves.filter((curve) => !isConstant(curve));
  if (varying.length === 0) return Float64Array.of(0);
  const bends = varying.flatMap((curve) => [...curve.bends(horizon)]);
  if (!areHighestAtBends(varying)) return joinedWithMinutes(bends, 0, horizon);
  return Float64Array.from(new Set([0, ...bends, horizon])).sort();
}

/** Sums of steps, of lines, or of one wave and steps are highest where something bends; other sums may be so anywhere. */
function areHighestAtBends(curves: readonly RateCurve[]): boolean {
  const count = (shape: CurveShape): number => curves.filter((curve) => curve.shape === shape).length;
  const waves = count("wave");
  return count("any") === 0 && (waves === 0 || (waves === 1 && count("lines") === 0));
}

export function joinedWithMinutes(bends: readonly number[], from: number, to: number): Float64Array {
  const between = bends.filter((at) => (at - from) % secondsPerMinute !== 0);
  const minutes = Math.ceil((to - from) / secondsPerMinute);
  const times = new Float64Array(minutes + 1 + between.length);
  for (let minute = 0; minute < minutes; minute += 1) times[minute] = from + minute * secondsPerMinute;
  times[minutes] = to;
  times.set(between, minutes + 1);
  return between.length === 0 ? times : times.sort();
}

export function isConstant(curve: RateCurve): boolean {
  return curve.length === 0 && curve.mean !== undefined;
}
