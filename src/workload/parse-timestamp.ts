const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?)?\s*(Z|UTC|([+-])(\d{2}):?(\d{2}))?$/i;
const epoch = /^\d{9,10}(?:\.\d+)?$/;
const epochMilliseconds = /^\d{12,13}$/;

/** Seconds since 1970 of an ISO 8601 time (UTC unless it has an offset), of epoch seconds, or of epoch milliseconds. */
export function parseTimestamp(text: string): number | undefined {
  const match = iso.exec(text);
  if (match === null) {
    if (epoch.test(text)) return Number(text);
    return epochMilliseconds.test(text) ? Number(`${text}e-3`) : undefined;
  }
  const [
    ,
    year,
    month,
    day,
    hour = "0",
    minute = "0",
    second = "0",
    fraction = "0",
    ,
    sign,
    offsetHours = "0",
    offsetMinutes = "0",
  ] = match;
  if (Number(minute) > 59 || Number(second) > 60 || Number(offsetHours) > 23 || Number(offsetMinutes) > 59)
    return undefined;
  const isEndOfDay = Number(hour) === 24 && Number(minute) === 0 && Number(second) === 0;
  if (Number(hour) > 23 && !isEndOfDay) return undefined;
  const midnight = startOfDay(Number(year), Number(month), Number(day));
  if (midnight === undefined) return undefined;
  const local = midnight + (Number(hour) * 60 + Number(minute)) * 60 + Number(second) + Number(fraction);
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60;
  return sign === "-" ? local + offset : local - offset;
}

/** Seconds since 1970 at midnight UTC; undefined for a day that is not in the calendar. */
function startOfDay(year: number, month: number, day: number): number | undefined {
  // biome-ignore lint/style/noRestrictedGlobals: calendar arithmetic, not the clock
  const date = new Date(Date.UTC(year, month - 1, day));
  const isInCalendar = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isInCalendar ? date.getTime() / 1_000 : undefined;
}

/** ISO 8601 in UTC, of seconds since 1970; milliseconds where they are none are left out. */
export function formatTimestamp(seconds: number): string {
  // biome-ignore lint/style/noRestrictedGlobals: calendar arithmetic, not the clock
  return new Date(Math.round(seconds * 1_000)).toISOString().replace(".000Z", "Z");
}
