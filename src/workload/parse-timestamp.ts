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
  if (Number(month) > 12 || Number(day) > 31 || Number(hour) > 24 || Number(minute) > 59 || Number(second) > 60)
    return undefined;
  const date = [Number(year), Number(month) - 1, Number(day)] as const;
  // biome-ignore lint/style/noRestrictedGlobals: calendar arithmetic, not the clock
  const utc = Date.UTC(...date, Number(hour), Number(minute), Number(second)) / 1_000;
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60 * (sign === "-" ? -1 : 1);
  return utc - offset + Number(fraction);
}
