import { secondsPerDay, secondsPerHour, secondsPerMinute } from "./dimension.js";
import { roundTo } from "./rounding.js";

/*
 * Numbers for people: at most four significant digits, thousands apart, units spelled as the workload file spells them.
 * Nothing here depends on the machine's locale.
 */

const kibi = 1_024;
const binarySteps = ["B", "KiB", "MiB", "GiB", "TiB"] as const;
const significantDigits = 4;

/** `12000` → `12,000`; decimals as they come. */
export function groupThousands(text: string): string {
  const [whole = "", fraction] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** A count with every digit: `12345` → `12,345`. */
export function formatCount(value: number): string {
  return groupThousands(String(value));
}

/** A count with its noun: `1 shard`, `12,345 shards`. */
export function formatItems(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A plain number with at most four significant digits, and every digit of the whole part: `12,345`, `1.234`, `0.001234`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  const digits = Math.max(0, significantDigits - 1 - magnitude);
  const rounded = roundTo(value, digits);
  return /e/.test(String(rounded)) ? rounded.toExponential(2) : groupThousands(String(rounded));
}

export function formatBytes(value: number): string {
  let scaled = value;
  let step = 0;
  // As it will be shown: 1,023.99 KiB rounds to 1 MiB.
  while (roundTo(Math.abs(scaled), 1) >= kibi && step < binarySteps.length - 1) {
    scaled /= kibi;
    step += 1;
  }
  return `${formatNumber(scaled)} ${binarySteps[step]}`;
}

export function formatByteRate(value: number): string {
  return `${formatBytes(value)}/s`;
}

export function formatRecordRate(value: number): string {
  return `${formatNumber(value)}/s`;
}

const usdShown = 0.0001;

/** Cents below 1,000 USD, whole dollars above, four decimals for less than a cent, and a bound for what they cannot show. */
export function formatUsd(value: number): string {
  if (value !== 0 && Math.abs(value) < usdShown / 2) return `under $${usdShown}`;
  const digits = Math.abs(value) >= 1_000 ? 0 : 2;
  const tiny = value !== 0 && Math.abs(value) < 0.01;
  const amount = tiny ? roundTo(Math.abs(value), 4).toFixed(4) : roundTo(Math.abs(value), digits).toFixed(digits);
  return `${value < 0 ? "-" : ""}$${groupThousands(amount)}`;
}

export function formatRatio(value: number): string {
  return `${formatNumber(value * 100)}%`;
}

/** The largest unit in which the number reads well: `24h`, `90s`, `1.5s`, `400ms`, `7d`. */
export function formatDuration(seconds: number): string {
  if (seconds === 0) return "0s";
  if (seconds < 1) return `${formatNumber(seconds * 1_000)}ms`;
  if (seconds < 2 * secondsPerMinute && seconds !== secondsPerMinute) return `${formatNumber(seconds)}s`;
  if (seconds < 2 * secondsPerHour && seconds !== secondsPerHour) return `${formatNumber(seconds / secondsPerMinute)}m`;
  if (seconds <= 2 * secondsPerDay) return `${formatNumber(seconds / secondsPerHour)}h`;
  return `${formatNumber(seconds / secondsPerDay)}d`;
}

/** A duration that is not known to the second, rounded up to minutes. */
export function formatMinutes(seconds: number): string {
  return formatDuration(Math.ceil(seconds / secondsPerMinute) * secondsPerMinute);
}

/** A time of a run: `08:51`, `24:00`, after the first day `2d 08:51`, with seconds where there are some. */
export function formatClock(seconds: number): string {
  if (seconds === secondsPerDay) return "24:00";
  const days = Math.floor(seconds / secondsPerDay);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const minutes = (seconds % secondsPerHour) / secondsPerMinute;
  const rest = seconds % secondsPerMinute;
  const time = `${two((seconds % secondsPerDay) / secondsPerHour)}:${two(minutes)}${rest === 0 ? "" : `:${two(rest)}`}`;
  return days === 0 ? time : `${days}d ${time}`;
}
