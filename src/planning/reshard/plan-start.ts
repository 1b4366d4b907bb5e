/*
 * When a plan starts by the clock. A timeline starts when its plan does; a daily wave has a time of its own.
 */
import { diagnose, UserError } from "../../diagnostics/diagnostic.js";
import { secondsPerDay, secondsPerWeek } from "../../units/dimension.js";
import { formatTimestamp, parseTimestamp } from "../../workload/parse-timestamp.js";
import type { PlanStart } from "../../workload/saved-plan.js";
import type { Workload } from "../../workload/schema.js";

/** The workload with its daily waves as they run from a time on, which is ISO 8601. */
export function trafficFrom(workload: Workload, startsAt: string): Workload {
  const producers = workload.producers.map((producer) => {
    const { traffic } = producer;
    if (traffic?.daily === undefined) return producer;
    return { ...producer, traffic: { ...traffic, daily: { ...traffic.daily, startsAt } } };
  });
  return { ...workload, producers };
}

/** When the horizon starts: by the workload, where all its daily waves agree, in seconds since 1970. */
export function startOf({ producers }: Workload): number | undefined {
  const starts = dailyWaves(producers).map(({ startsAt }) => startsAt);
  const [first] = starts;
  return first !== undefined && starts.every((start) => start === first) ? parseTimestamp(first) : undefined;
}

/** What the first second of the horizon is where nothing says when that is. */
export function startsOn({ producers }: Workload): PlanStart | undefined {
  const waves = dailyWaves(producers).filter(({ startsAt }) => startsAt === undefined);
  if (waves.length === 0) return undefined;
  return waves.some(({ weekend }) => weekend !== 1) ? "monday" : "day";
}

function dailyWaves(producers: Workload["producers"]) {
  return producers.map(({ traffic }) => traffic?.daily).filter((daily) => daily !== undefined);
}

/** 1970 began on a Thursday. */
const firstMonday = 4 * secondsPerDay;

/** The first time from `now` on that a plan may start at, in seconds since 1970. */
export function nextStart(start: PlanStart, now: number): number {
  const [period, first] = start === "monday" ? [secondsPerWeek, firstMonday] : [secondsPerDay, 0];
  return first + Math.ceil((now - first) / period) * period;
}

/** @throws UserError where a plan starts at the wrong time of day or day of the week */
export function checkStart(start: PlanStart | undefined, startsAt: number): void {
  if (start === undefined || nextStart(start, startsAt) === startsAt) return;
  const day = start === "monday" ? "a Monday" : "a day";
  throw new UserError([
    diagnose(
      "conflicting-keys",
      `the plan's traffic goes by the clock and starts with ${day} in UTC, not at ${formatTimestamp(startsAt)}`,
      `say --start-at ${formatTimestamp(nextStart(start, startsAt))}, or plan with \`reshard --start-at ${formatTimestamp(startsAt)}\``,
    ),
  ]);
}
