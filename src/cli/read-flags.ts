/*
 * Flags that several commands share, from their text.
 */
import { parseQuantity } from "../units/parse-quantity.js";
import { bounds } from "../workload/bounds.js";
import { parseTimestamp } from "../workload/parse-timestamp.js";
import { usage } from "./output.js";

const seedDigitsMax = 15;
const replicationsMax = 9_999;
/** The largest numbers that flags take: far beyond any stream. */
export const shardsAsked = 2 ** 20;
export const operationsAsked = 2 ** 20;

/** `--seed` */
export function readSeed(text: string): number {
  if (!/^\d+$/.test(text))
    throw usage(`--seed ${JSON.stringify(text)} is not a whole number`, "write a number such as 1");
  if (text.length > seedDigitsMax)
    throw usage(`--seed ${text} is out of range`, `write a whole number of at most ${seedDigitsMax} digits`);
  return Number(text);
}

/** `--replications` */
export function readReplications(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text) || Number(text) > replicationsMax)
    throw usage(
      `--replications ${JSON.stringify(text)} is not a number of runs`,
      `write a whole number from 1 to ${replicationsMax}`,
    );
  return Number(text);
}

/** A whole number from a flag, within bounds. */
export function readInteger(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw usage(`${flag} ${JSON.stringify(text)} is out of range`, `write a whole number from ${min} to ${max}`);
  return value;
}

/** A duration in whole seconds. */
export function readSeconds(flag: string, text: string, min: number): number {
  const parsed = parseQuantity(text, "seconds");
  if (!parsed.ok) throw usage(`${flag}: ${parsed.reason}`, parsed.fix);
  if (parsed.value < min || parsed.value > bounds.horizonSeconds)
    throw usage(`${flag} ${text} is out of range`, `write a duration from ${min}s to 1500d, such as 24h`);
  if (!Number.isInteger(parsed.value)) throw usage(`${flag} ${text} is not a number of whole seconds`, "round it");
  return parsed.value;
}

/** A time, in seconds since 1970. */
export function readTime(flag: string, text: string): number {
  const time = parseTimestamp(text);
  if (time !== undefined) return time;
  throw usage(`${flag} ${JSON.stringify(text)} is no time`, "write ISO 8601, such as 2026-12-01T06:00:00Z");
}

/** A part or a multiple, from nothing to `max`. */
export function readRatio(flag: string, text: string, max: number): number {
  const parsed = parseQuantity(text, "ratio");
  if (!parsed.ok) throw usage(`${flag}: ${parsed.reason}`, parsed.fix);
  if (parsed.value < 0 || parsed.value > max)
    throw usage(`${flag} ${text} is out of range`, `write a part from 0% to ${max * 100}%`);
  return parsed.value;
}
