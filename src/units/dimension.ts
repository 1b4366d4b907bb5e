/**
 * The dimensions that a workload value can have. Each has one base unit, in which the program computes:
 * bytes, bytes per second, records per second, seconds, ratio (0..1), USD, USD per hour; and for growth the logarithm of the
 * factor per second, so that traffic at t is the traffic at 0 times e^(growth · t).
 */
export type DimensionName =
  | "bytes"
  | "bytesPerSecond"
  | "recordsPerSecond"
  | "seconds"
  | "ratio"
  | "usd"
  | "usdPerHour"
  | "growth";

/**
 * A number that knows its dimension at compile time, so that a records rate where bytes belong is a type error. The property
 * exists for the compiler alone.
 */
export type Quantity<D extends DimensionName> = number & { readonly dimensionOf: D };

export type Bytes = Quantity<"bytes">;

/** How a unit turns a mantissa into the base unit: first a shift of the decimal point, then a factor and a divisor. */
export interface Scale {
  readonly shift?: number;
  readonly times?: number;
  readonly per?: number;
}

export const secondsPerMinute = 60;
export const secondsPerHour = 3_600;
export const secondsPerDay = 86_400;
export const secondsPerWeek = 604_800;

/** A month in rates and growth is 730 h, as in AWS's price examples. */
export const secondsPerMonth: number = 730 * secondsPerHour;

const kibi = 1_024;

export const byteUnits: Readonly<Record<string, Scale>> = {
  B: {},
  kB: { shift: 3 },
  KB: { shift: 3 },
  MB: { shift: 6 },
  GB: { shift: 9 },
  TB: { shift: 12 },
  KiB: { times: kibi },
  MiB: { times: kibi ** 2 },
  GiB: { times: kibi ** 3 },
  TiB: { times: kibi ** 4 },
};

export const durationUnits: Readonly<Record<string, Scale>> = {
  us: { shift: -6 },
  µs: { shift: -6 },
  μs: { shift: -6 },
  ms: { shift: -3 },
  s: {},
  sec: {},
  second: {},
  seconds: {},
  m: { times: secondsPerMinute },
  min: { times: secondsPerMinute },
  minute: { times: secondsPerMinute },
  minutes: { times: secondsPerMinute },
  h: { times: secondsPerHour },
  hour: { times: secondsPerHour },
  hours: { times: secondsPerHour },
  d: { times: secondsPerDay },
  day: { times: secondsPerDay },
  days: { times: secondsPerDay },
  w: { times: secondsPerWeek },
  week: { times: secondsPerWeek },
  weeks: { times: secondsPerWeek },
};

/** What may follow the slash of a rate. */
export const periodUnits: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  second: 1,
  m: secondsPerMinute,
  min: secondsPerMinute,
  minute: secondsPerMinute,
  h: secondsPerHour,
  hour: secondsPerHour,
  d: secondsPerDay,
  day: secondsPerDay,
  w: secondsPerWeek,
  week: secondsPerWeek,
  mo: secondsPerMonth,
  month: secondsPerMonth,
  year: 12 * secondsPerMonth,
};

export const countUnits: Readonly<Record<string, Scale>> = {
  "": {},
  k: { shift: 3 },
  K: { shift: 3 },
  M: { shift: 6 },
  G: { shift: 9 },
};

/** What a dimension looks like in a workload file: for messages, docs and the JSON Schema. */
export interface DimensionText {
  readonly noun: string;
  readonly base: string;
  readonly examples: readonly string[];
}

export const dimensionTexts: Readonly<Record<DimensionName, DimensionText>> = {
  bytes: { noun: "a size", base: "bytes", examples: ["850 B", "1.2 KiB", "50 KB"] },
  bytesPerSecond: { noun: "a byte rate", base: "bytes per second", examples: ["5 MiB/s", "30 TB/year"] },
  recordsPerSecond: { noun: "a rate", base: "records per second", examples: ["12000/s", "5M/day"] },
  seconds: { noun: "a duration", base: "seconds", examples: ["24h", "90s", "1500 ms"] },
  ratio: { noun: "a ratio", base: "ratio", examples: ["80%", "0.8"] },
  usd: { noun: "an amount", base: "USD", examples: ["$900", "49.50"] },
  usdPerHour: { noun: "a price per time", base: "USD per hour", examples: ["$0.0832/h", "$60/month"] },
  growth: { noun: "a growth rate", base: "ratio per month", examples: ["5%/month", "80%/year"] },
};
