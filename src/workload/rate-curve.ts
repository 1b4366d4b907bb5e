/*
 * The rate of one producer over time: a daily wave, a timeline or a trace, times its bursts, times its growth. Rates are user
 * records per second; time is seconds from the start of the horizon, which is a Monday 00:00 UTC where the day of the week matters.
 */
import { secondsPerDay, secondsPerHour, secondsPerMinute, secondsPerWeek } from "../units/dimension.js";
import type { TraceSeries } from "./read-trace.js";
import type { Producer, Traffic } from "./schema.js";

/** A rate that may jump. Between its bends it is constant or changes smoothly. */
export interface RateCurve {
  /** Rate just after `seconds`. */
  after(seconds: number): number;
  /** Rate just before `seconds`. */
  before(seconds: number): number;
  /** Where the rate jumps or turns, ascending, below `horizon`. */
  bends(horizon: number): number[];
  /** How long it takes to show all it has: the length of a timeline or trace, a week for a daily wave, 0 when constant. */
  readonly length: number;
  /** The time after which it repeats itself exactly; undefined when it never does. */
  readonly period?: number;
}

/** The curve of a producer, with or without its growth. `trace` is needed where its traffic is a trace. */
export function rateCurve(producer: Producer, trace: TraceSeries | undefined, growing: boolean): RateCurve {
  const curve = withBursts(baseCurve(producer, trace), producer.bursts);
  return growing ? withGrowth(curve, producer.growth) : curve;
}

function baseCurve({ records, traffic }: Producer, trace: TraceSeries | undefined): RateCurve {
  if (traffic === undefined) return constantCurve(records ?? 0);
  if (traffic.daily !== undefined) return dailyCurve(traffic.daily);
  if (traffic.timeline !== undefined) return timelineCurve(traffic.timeline, traffic.interpolate, traffic.repeat);
  if (trace === undefined) throw new Error(`the trace ${traffic.trace?.file} was not read`);
  return traceCurve(trace);
}

function constantCurve(rate: number): RateCurve {
  return { after: () => rate, before: () => rate, bends: () => [], length: 0, period: secondsPerMinute };
}

// 2026-01-05 is a Monday.
const referenceMonday = 1_767_571_200;

function dailyCurve(daily: NonNullable<Traffic["daily"]>): RateCurve {
  const [hours = 0, minutes = 0] = daily.peakAt.split(":").map(Number);
  const peakAt = hours * secondsPerHour + minutes * secondsPerMinute;
  const offset = zoneOffset(daily.timezone);
  const rate = (seconds: number, sideways: number): number => {
    const local = seconds + offset;
    const day = Math.floor((local + sideways) / secondsPerDay);
    const phase = (2 * Math.PI * (local - peakAt)) / secondsPerDay;
    const wave = daily.low + ((daily.high - daily.low) * (1 + Math.cos(phase))) / 2;
    return isWeekend(day) ? wave * daily.weekend : wave;
  };
  const edge = secondsPerMinute / 2;
  return {
    after: (seconds) => rate(seconds, edge),
    before: (seconds) => rate(seconds, -edge),
    bends: (horizon) =>
      everyDay(horizon, peakAt - offset)
        .concat(everyDay(horizon, -offset))
        .sort((a, b) => a - b),
    length: secondsPerWeek,
    period: secondsPerWeek,
  };
}

function isWeekend(daysFromMonday: number): boolean {
  return ((daysFromMonday % 7) + 7) % 7 >= 5;
}

/** How far a zone's clocks are ahead of UTC in the reference week, in seconds. */
function zoneOffset(timeZone: string): number {
  if (timeZone === "UTC") return 0;
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, timeZoneName: "longOffset" });
  const name = format.formatToParts(referenceMonday * 1_000).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours = "0", minutes = "0"] = /GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  return (Number(hours) * secondsPerHour + Number(minutes) * secondsPerMinute) * (sign === "-" ? -1 : 1);
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
  const index = (seconds: number): number => lastNotAbove(points, seconds);
  const value = (seconds: number, at: number): number => {
    const from = points[Math.max(0, at)];
    const to = points[Math.max(0, at) + 1];
    if (from === undefined) return 0;
    if (to === undefined || interpolate === "step" || seconds < from.at) return from.records;
    return from.records + ((to.records - from.records) * (seconds - from.at)) / (to.at - from.at);
  };
  const once: Omit<RateCurve, "bends" | "period"> = {
    after: (seconds) => value(seconds, index(seconds)),
    before: (seconds) => {
      const at = index(seconds);
      return value(seconds, points[at]?.at === seconds ? at - 1 : at);
    },
    length,
  };
  const times = points.map(({ at }) => at);
  if (repeat === undefined) return { ...once, bends: (horizon) => times.filter((at) => at < horizon) };
  return repeated(once, times, repeat);
}

function lastNotAbove(points: readonly { readonly at: number }[], seconds: number): number {
  let low = -1;
  let high = points.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((points[middle]?.at ?? 0) <= seconds) low = middle;
    else high = middle;
  }
  return low;
}

/** Steps shorter than a minute are averaged into minutes: sizing looks at the largest minute. */
function traceCurve(trace: TraceSeries): RateCurve {
  const { records, stepSeconds } = trace.stepSeconds < secondsPerMinute ? coarsened(trace) : trace;
  const length = records.length * stepSeconds;
  const rate = (step: number): number => (records[Math.min(records.length - 1, Math.max(0, step))] ?? 0) / stepSeconds;
  const once = {
    after: (seconds: number) => rate(Math.floor(seconds / stepSeconds + 1e-9)),
    before: (seconds: number) => rate(Math.ceil(seconds / stepSeconds - 1e-9) - 1),
    length,
  };
  const isOnMinutes = stepSeconds % secondsPerMinute === 0;
  return repeated(once, isOnMinutes ? [] : Array.from(records, (_, step) => step * stepSeconds), length);
}

function coarsened({ records, stepSeconds }: TraceSeries): { records: Float64Array; stepSeconds: number } {
  const perStep = Math.max(1, Math.round(secondsPerMinute / stepSeconds));
  const coarse = new Float64Array(Math.ceil(records.length / perStep));
  for (const [step, count] of records.entries()) {
    const at = Math.floor(step / perStep);
    coarse[at] = (coarse[at] ?? 0) + count;
  }
  return { records: coarse, stepSeconds: perStep * stepSeconds };
}

function repeated(once: Omit<RateCurve, "bends" | "period">, times: readonly number[], period: number): RateCurve {
  const inside = (seconds: number): number => seconds - Math.floor(seconds / period + 1e-12) * period;
  return {
    after: (seconds) => once.after(Math.max(0, inside(seconds))),
    before: (seconds) => {
      const at = inside(seconds);
      return once.before(at <= 1e-9 ? period : at);
    },
    bends: (horizon) => {
      const bends: number[] = [];
      for (let start = 0; start < horizon; start += period)
        for (const at of times) if (start + at < horizon) bends.push(start + at);
      return bends;
    },
    length: once.length,
    period,
  };
}

function withBursts(curve: RateCurve, bursts: Producer["bursts"]): RateCurve {
  if (bursts.length === 0) return curve;
  const factor = (seconds: number, isBefore: boolean): number => {
    let product = 1;
    for (const { at, lasts, factor: times } of bursts) {
      if (isBefore ? seconds > at && seconds <= at + lasts : seconds >= at && seconds < at + lasts) product *= times;
    }
    return product;
  };
  const edges = bursts.flatMap(({ at, lasts }) => [at, at + lasts]);
  const lastEdge = edges.reduce((latest, edge) => Math.max(latest, edge), 0);
  return {
    after: (seconds) => curve.after(seconds) * factor(seconds, false),
    before: (seconds) => curve.before(seconds) * factor(seconds, true),
    bends: (horizon) => [...curve.bends(horizon), ...edges.filter((edge) => edge < horizon)].sort((a, b) => a - b),
    length: Math.max(curve.length, lastEdge),
  };
}

function withGrowth(curve: RateCurve, growth: number): RateCurve {
  if (growth === 0) return curve;
  return {
    after: (seconds) => curve.after(seconds) * Math.exp(growth * seconds),
    before: (seconds) => curve.before(seconds) * Math.exp(growth * seconds),
    bends: (horizon) => curve.bends(horizon),
    length: curve.length,
  };
}
