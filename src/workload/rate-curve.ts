/*
 * The rate of one producer over time: a daily wave, a timeline or a trace, times its bursts, times its growth. Rates are user
 * records per second; time is seconds from the start of the horizon, which is a Monday 00:00 UTC where the time matters and nothing else is said.
 */
import { type Diagnostic, diagnose, UserError } from "../diagnostics/diagnostic.js";
import { secondsPerDay, secondsPerHour, secondsPerMinute, secondsPerWeek } from "../units/dimension.js";
import { formatDuration } from "../units/format-quantity.js";
import { lastNotAbove } from "../units/last-not-above.js";
import { bounds } from "./bounds.js";
import { parseTimestamp } from "./parse-timestamp.js";
import type { TraceSeries } from "./read-trace.js";
import type { Producer, Traffic } from "./schema.js";
import { secondsFromMonday } from "./zone-offset.js";

/** How a rate runs between its bends: constant; straight; as a wave, which is highest at the ends; or in any way. */
export type CurveShape = "steps" | "lines" | "wave" | "any";

/** A rate that may jump, at its bends alone. */
export interface RateCurve {
  readonly shape: CurveShape;
  /** Rate just after `seconds`. */
  after(seconds: number): number;
  /** Rate just before `seconds`. */
  before(seconds: number): number;
  /** Where the rate jumps or turns, ascending, below `horizon`. */
  bends(horizon: number): Float64Array;
  /** Whether all its bends lie on whole seconds. */
  readonly isWhole: boolean;
  /** A rate that it stays below, or reaches, before `horizon`. */
  ceiling(horizon: number): number;
  /** How long it takes to show all it has: the length of a timeline or trace, a week for a daily wave, 0 when constant. */
  readonly length: number;
  /** Its mean over all time, where that has a closed form. */
  readonly mean?: number;
  /** What it differs from, and when; absent where it differs from nothing. */
  readonly changes?: { readonly base: RateCurve; readonly windows: readonly Window[] };
}

/** A span of time in seconds, its start included. */
interface Window {
  readonly from: number;
  readonly to: number;
}

/** How finely a trace is looked at: sizing judges minutes, the simulation replays every step. */
export type TraceDetail = "minutes" | "steps";

/** The curve of a producer, with or without its growth. `trace` is needed where its traffic is a trace. */
export function rateCurve(
  producer: Producer,
  trace: TraceSeries | undefined,
  growing: boolean,
  detail: TraceDetail = "minutes",
): RateCurve {
  const curve = withBursts(baseCurve(producer, trace, detail), producer.bursts);
  return growing ? withGrowth(curve, producer.growth) : curve;
}

function baseCurve({ records, traffic }: Producer, trace: TraceSeries | undefined, detail: TraceDetail): RateCurve {
  if (traffic === undefined) return constantCurve(records ?? 0);
  if (traffic.daily !== undefined) return dailyCurve(traffic.daily);
  if (traffic.timeline !== undefined) return timelineCurve(traffic.timeline, traffic.interpolate, traffic.repeat);
  if (trace === undefined) throw new Error(`the trace ${traffic.trace?.file} was not read`);
  return traceCurve(trace, detail);
}

/** The same rate at all times, in user records per second. */
export function constantCurve(rate: number): RateCurve {
  return {
    shape: "steps",
    after: () => rate,
    before: () => rate,
    bends: () => new Float64Array(),
    isWhole: true,
    ceiling: () => rate,
    length: 0,
    mean: rate,
  };
}

function dailyCurve(daily: NonNullable<Traffic["daily"]>): RateCurve {
  const [hours = 0, minutes = 0] = daily.peakAt.split(":").map(Number);
  const peakAt = hours * secondsPerHour + minutes * secondsPerMinute;
  const startsAt = daily.startsAt === undefined ? undefined : parseTimestamp(daily.startsAt);
  const offset = secondsFromMonday(daily.timezone, startsAt);
  const rate = (seconds: number, sideways: number): number => {
    const local = seconds + offset;
    const day = Math.floor((local + sideways) / secondsPerDay);
    const phase = (2 * Math.PI * (local - peakAt)) / secondsPerDay;
    const wave = daily.low + ((daily.high - daily.low) * (1 + Math.cos(phase))) / 2;
    return isWeekend(day) ? wave * daily.weekend : wave;
  };
  const edge = secondsPerMinute / 2;
  return {
    shape: "wave",
    after: (seconds) => rate(seconds, edge),
    before: (seconds) => rate(seconds, -edge),
    bends: (horizon) =>
      Float64Array.from([...everyDay(horizon, peakAt - offset), ...everyDay(horizon, -offset)]).sort(),
    isWhole: true,
    ceiling: () => Math.max(daily.low, daily.high) * Math.max(1, daily.weekend),
    length: secondsPerWeek,
    mean: (((daily.low + daily.high) / 2) * (5 + 2 * daily.weekend)) / 7,
  };
}

function isWeekend(daysFromMonday: number): boolean {
  return ((daysFromMonday % 7) + 7) % 7 >= 5;
}

function everyDay(horizon: number, first: number): number[] {
  const times: number[] = [];
  const start = ((first % secondsPerDay) + secondsPerDay) % secondsPerDay;
  for (let at = start; at < horizon; at += secondsPerDay) times.push(at);
  return times;
}

function timelineCurve(
  points: NonNullable<Traffic["timeline"]>,
  interpolate: "step" | "linear",
  repeat: number | undefined,
): RateCurve {
  const length = repeat ?? points.at(-1)?.at ?? 0;
  const times = Float64Array.from(points, ({ at }) => at);
  const index = (seconds: number): number => lastNotAbove(times, seconds);
  const value = (seconds: number, at: number): number => {
    const from = points[Math.max(0, at)];
    const to = points[Math.max(0, at) + 1];
    if (from === undefined) return 0;
    if (to === undefined || interpolate === "step" || seconds < from.at) return from.records;
    return from.records + ((to.records - from.records) * (seconds - from.at)) / (to.at - from.at);
  };
  const once: Omit<RateCurve, "bends"> = {
    shape: interpolate === "step" ? "steps" : "lines",
    after: (seconds) => value(seconds, index(seconds)),
    before: (seconds) => {
      const at = index(seconds);
      return value(seconds, points[at]?.at === seconds ? at - 1 : at);
    },
    isWhole: [length, ...times].every(Number.isInteger),
    ceiling: () => points.reduce((most, { records }) => Math.max(most, records), 0),
    length,
  };
  if (repeat === undefined) return { ...once, bends: (horizon) => times.filter((at) => at < horizon) };
  return repeated({ ...once, mean: straightArea(once, [0, ...times, repeat]) / repeat }, times, repeat);
}

/** The area under a curve between the first and the last of ascending times, straight from each to the next. */
export function straightArea(curve: Pick<RateCurve, "after" | "before">, times: Iterable<number>): number {
  let area = 0;
  let from = Number.POSITIVE_INFINITY;
  for (const to of times) {
    if (to > from) area += ((curve.after(from) + curve.before(to)) / 2) * (to - from);
    from = to;
  }
  return area;
}

/** Steps shorter than a minute are averaged into minutes where only those count. */
function traceCurve(trace: TraceSeries, detail: TraceDetail): RateCurve {
  const length = trace.records.length * trace.stepSeconds;
  const { records, stepSeconds } =
    detail === "minutes" && trace.stepSeconds < secondsPerMinute ? coarsened(trace) : trace;
  const rate = (step: number): number => {
    const at = Math.min(records.length - 1, Math.max(0, step));
    return (records[at] ?? 0) / Math.min(stepSeconds, length - at * stepSeconds);
  };
  const once: Omit<RateCurve, "bends"> = {
    shape: "steps",
    after: (seconds) => rate(Math.floor(seconds / stepSeconds + 1e-9)),
    before: (seconds) => rate(Math.ceil(seconds / stepSeconds - 1e-9) - 1),
    isWhole: Number.isInteger(stepSeconds),
    ceiling: () => records.reduce((most, _, step) => Math.max(most, rate(step)), 0),
    length,
    mean: records.reduce((total, count) => total + count, 0) / length,
  };
  const times = records.map((_, step) => step * stepSeconds);
  return repeated(once, times, length);
}

/** Records by the minute; a step that lies in two is shared between them. The last minute may be a part of one. */
function coarsened({ records, stepSeconds }: TraceSeries): { records: Float64Array; stepSeconds: number } {
  const minutes = new Float64Array(Math.ceil((records.length * stepSeconds) / secondsPerMinute - 1e-9));
  for (const [step, count] of records.entries()) {
    const start = step * stepSeconds;
    const minute = Math.floor(start / secondsPerMinute + 1e-9);
    const later = Math.max(0, start + stepSeconds - (minute + 1) * secondsPerMinute) / stepSeconds;
    minutes[minute] = (minutes[minute] ?? 0) + count * (1 - later);
    if (minute + 1 < minutes.length) minutes[minute + 1] = (minutes[minute + 1] ?? 0) + count * later;
  }
  return { records: minutes, stepSeconds: secondsPerMinute };
}

function repeated(once: Omit<RateCurve, "bends">, times: Float64Array, period: number): RateCurve {
  const inside = (seconds: number): number => seconds - Math.floor(seconds / period + 1e-12) * period;
  return {
    shape: once.shape,
    after: (seconds) => once.after(Math.max(0, inside(seconds))),
    before: (seconds) => {
      const at = inside(seconds);
      return once.before(at <= 1e-9 ? period : at);
    },
    bends: (horizon) => {
      const cycles = Math.ceil(horizon / period);
      if (cycles * times.length > bounds.bends) throw new UserError([repeatsTooOften(period)]);
      const bends = new Float64Array(cycles * times.length);
      for (let cycle = 0; cycle < cycles; cycle += 1)
        bends.set(
          times.map((at) => cycle * period + at),
          cycle * times.length,
        );
      return bends.filter((at) => at < horizon);
    },
    isWhole: once.isWhole,
    ceiling: once.ceiling,
    length: once.length,
    ...(once.mean !== undefined && { mean: once.mean }),
  };
}

function repeatsTooOften(period: number): Diagnostic {
  const message = `traffic that repeats every ${formatDuration(period)} has more than ${bounds.bends} turns in the time that is looked at`;
  return diagnose("out-of-range", message, "give fewer points, a longer cycle or a shorter horizon");
}

function withBursts(curve: RateCurve, bursts: Producer["bursts"]): RateCurve {
  if (bursts.length === 0) return curve;
  const windows = bursts.map(({ at, lasts, factor }) => ({ from: at, to: at + lasts, factor }));
  const before = (seconds: number): number =>
    windows.reduce(
      (rate, { from, to, factor }) => (seconds > from && seconds <= to ? rate * factor : rate),
      curve.before(seconds),
    );
  const edges = Float64Array.from(windows.flatMap(({ from, to }) => [from, to]));
  return {
    shape: curve.shape,
    after: (seconds) => curve.after(seconds) * factorAfter(windows, seconds),
    before,
    bends: (horizon) => Float64Array.from([...curve.bends(horizon), ...edges.filter((edge) => edge < horizon)]).sort(),
    isWhole: curve.isWhole && edges.every(Number.isInteger),
    ceiling: (horizon) => curve.ceiling(horizon) * highestFactor(windows),
    length: edges.reduce((latest, edge) => Math.max(latest, edge), curve.length),
    changes: { base: curve, windows: union(windows) },
  };
}

/** A span of time in which a rate is multiplied. */
type FactorWindow = Window & { readonly factor: number };

/** What a rate is multiplied with just after a time; windows that overlap multiply. */
function factorAfter(windows: readonly FactorWindow[], seconds: number): number {
  return windows.reduce((all, { from, to, factor }) => (seconds >= from && seconds < to ? all * factor : all), 1);
}

/** The most that a rate is multiplied with at any time, 1 at least. It changes where windows begin and where they end. */
export function highestFactor(windows: readonly FactorWindow[]): number {
  const edges = windows.flatMap(({ from, to }) => [from, to]);
  return edges.reduce((most, edge) => Math.max(most, factorAfter(windows, edge)), 1);
}

/** Windows that overlap, joined. */
function union(windows: readonly Window[]): Window[] {
  const joined: { from: number; to: number }[] = [];
  for (const { from, to } of windows.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}

function withGrowth(curve: RateCurve, growth: number): RateCurve {
  if (growth === 0) return curve;
  return {
    shape: "any",
    after: (seconds) => curve.after(seconds) * Math.exp(growth * seconds),
    before: (seconds) => curve.before(seconds) * Math.exp(growth * seconds),
    bends: (horizon) => curve.bends(horizon),
    isWhole: curve.isWhole,
    ceiling: (horizon) => curve.ceiling(horizon) * Math.max(1, Math.exp(growth * horizon)),
    length: curve.length,
  };
}
