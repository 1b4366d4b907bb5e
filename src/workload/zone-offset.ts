import { secondsPerDay, secondsPerHour, secondsPerMinute } from "../units/dimension.js";

// 2026-01-05 00:00 UTC, the Monday that horizons start on.
const referenceMonday = 1_767_571_200;
const referenceDay = 5;

const known = new Map<string, number | undefined>([["UTC", 0]]);

/** How far a zone's clocks are ahead of UTC in the first week of 2026, in seconds; undefined for what is not an IANA zone. */
export function zoneOffset(timeZone: string): number | undefined {
  if (!known.has(timeZone)) known.set(timeZone, readOffset(timeZone));
  return known.get(timeZone);
}

function readOffset(timeZone: string): number | undefined {
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      hourCycle: "h23",
    });
    const parts = format.formatToParts(referenceMonday * 1_000);
    const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
    return (
      (part("day") - referenceDay) * secondsPerDay + part("hour") * secondsPerHour + part("minute") * secondsPerMinute
    );
  } catch {
    return undefined;
  }
}
