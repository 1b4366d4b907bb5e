import { secondsPerWeek } from "../units/dimension.js";
import { parseTimestamp } from "./parse-timestamp.js";

// 2026-01-05 00:00 UTC, the Monday that horizons start on unless told otherwise.
const referenceMonday = 1_767_571_200;

const known = new Map<string, number | undefined>([["UTC", 0]]);

/** How far a zone's clocks are ahead of UTC in the first week of 2026, in seconds; undefined for what is not an IANA zone. */
export function zoneOffset(timeZone: string): number | undefined {
  if (!known.has(timeZone)) known.set(timeZone, readOffset(timeZone, referenceMonday));
  return known.get(timeZone);
}

/**
 * What a zone's clocks show at a time, in seconds from a Monday 00:00.
 *
 * @param time in seconds since 1970; undefined for the Monday that horizons start on
 */
export function secondsFromMonday(timeZone: string, time: number | undefined): number {
  if (time === undefined) return zoneOffset(timeZone) ?? 0;
  return (time + (readOffset(timeZone, time) ?? 0) - referenceMonday) % secondsPerWeek;
}

function readOffset(timeZone: string, time: number): number | undefined {
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    });
    const parts = format.formatToParts(time * 1_000);
    const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? "";
    const local = `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}:${part("second")}Z`;
    const shown = parseTimestamp(local);
    return shown === undefined ? undefined : shown - Math.floor(time);
  } catch {
    return undefined;
  }
}
