import {
  byteUnits,
  countUnits,
  type DimensionName,
  dimensionTexts,
  durationUnits,
  periodUnits,
  type Scale,
  secondsPerHour,
  secondsPerMonth,
} from "./dimension.js";

/** A value in the base unit of its dimension, or what is wrong with the text and how to mend it. */
export type ParsedQuantity =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly reason: string; readonly fix: string };

/** Longer texts are refused unread, and shown in part; no quantity needs more. */
const lengthMax = 256;
const shownLength = 40;

const decimal = String.raw`(?:\d+(?:\.\d*)?|\.\d+)`;
const exponent = String.raw`(?:[eE]([+-]?\d+))?`;
const bareNumber = new RegExp(`^[+-]?${decimal}${exponent}$`);
const wholeQuantity = new RegExp(
  String.raw`^(\$)?\s*([+-]?${decimal})${exponent}\s*([^\d\s/.,_+-][^\s/]*)?(?:\s*/\s*([^\s/]+))?$`,
);
/** A sign stands before the first part only, and holds for the sum. */
const durationSign = /^[+-]/;
const durationPart = new RegExp(String.raw`(${decimal})${exponent}\s*([a-z\u00b5\u03bc]+)\s*`, "y");

interface Parts {
  readonly dollar: boolean;
  readonly mantissa: string;
  readonly exponent: number;
  readonly unit: string;
  readonly period: string | undefined;
}

/**
 * Reads one value of a workload file in the base unit of its dimension. A bare number already is in that unit.
 * Decimal prefixes move the decimal point of the text, so `0.4 ms` is the same double as `0.0004`.
 */
export function parseQuantity(input: string | number, dimension: DimensionName): ParsedQuantity {
  const text = Object.is(input, -0) ? "-0" : String(input).trim();
  if (typeof input === "number" && !Number.isFinite(input)) return finite(input, dimension, text);
  if (text.length > lengthMax) return refuse(`${text.slice(0, shownLength)}…`, dimension);
  if (dimension === "seconds") return parseDuration(text);
  const parts = split(text);
  if (parts === undefined) return refuse(text, dimension);
  const value = convert(parts, dimension);
  return value === undefined ? refuse(text, dimension) : finite(value, dimension, text);
}

function split(text: string): Parts | undefined {
  const match = wholeQuantity.exec(text);
  if (match === null) return undefined;
  const [, dollar, mantissa = "", exponent = "0", unit = "", period] = match;
  return { dollar: dollar !== undefined, mantissa, exponent: Number(exponent), unit, period };
}

function convert(parts: Parts, dimension: DimensionName): number | undefined {
  const isMoney = dimension === "usd" || dimension === "usdPerHour";
  if (parts.dollar && !isMoney) return undefined;
  switch (dimension) {
    case "bytes":
      return parts.period === undefined ? scaled(parts, unitOf(byteUnits, parts.unit || "B")) : undefined;
    case "bytesPerSecond":
      return perSecond(parts, unitOf(byteUnits, parts.unit || "B"));
    case "recordsPerSecond":
      return perSecond(parts, unitOf(countUnits, parts.unit));
    case "seconds":
      return undefined;
    case "ratio":
      return parts.period === undefined ? scaled(parts, ratioScale(parts.unit)) : undefined;
    case "usd":
      return parts.period === undefined ? scaled(parts, unitOf(countUnits, parts.unit)) : undefined;
    case "usdPerHour":
      return usdPerHour(parts);
    case "growth":
      return growthPerSecond(parts);
  }
}

/** The unit of that name; not what every object inherits, such as `constructor`. */
function unitOf<T>(units: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(units, name) ? units[name] : undefined;
}

function scaled(parts: Parts, scale: Scale | undefined): number | undefined {
  if (scale === undefined) return undefined;
  const shifted = Number(`${parts.mantissa}e${parts.exponent + (scale.shift ?? 0)}`);
  return (shifted * (scale.times ?? 1)) / (scale.per ?? 1);
}

function perSecond(parts: Parts, scale: Scale | undefined): number | undefined {
  if (parts.period === undefined) return parts.unit === "" ? scaled(parts, scale) : undefined;
  const period = unitOf(periodUnits, parts.period);
  return period === undefined || scale === undefined ? undefined : scaled(parts, { ...scale, per: period });
}

function ratioScale(unit: string): Scale | undefined {
  if (unit === "%") return { shift: -2 };
  return unit === "" ? {} : undefined;
}

function usdPerHour(parts: Parts): number | undefined {
  if (parts.unit !== "") return undefined;
  if (parts.period === undefined) return scaled(parts, {});
  const period = unitOf(periodUnits, parts.period);
  if (period === undefined) return undefined;
  return period === secondsPerHour ? scaled(parts, {}) : scaled(parts, { times: secondsPerHour, per: period });
}

/** Traffic cannot shrink by all of itself or more. */
function growthPerSecond(parts: Parts): number | undefined {
  const ratio = scaled(parts, ratioScale(parts.unit));
  if (ratio !== undefined && ratio <= -1) return undefined;
  const period = parts.period === undefined ? secondsPerMonth : unitOf(periodUnits, parts.period);
  if (ratio === undefined || period === undefined) return undefined;
  return Math.log1p(ratio) / period;
}

/** Reads `90s`, `1500 ms` and sums such as `1h30m`. */
function parseDuration(text: string): ParsedQuantity {
  if (bareNumber.test(text)) return finite(Number(text), "seconds", text);
  let total = 0;
  durationPart.lastIndex = durationSign.test(text) ? 1 : 0;
  do {
    const match = durationPart.exec(text);
    const scale = match === null ? undefined : unitOf(durationUnits, match[3] ?? "");
    if (match === null || scale === undefined) return refuse(text, "seconds");
    const [, mantissa = "", shift = "0"] = match;
    total += scaled({ dollar: false, mantissa, exponent: Number(shift), unit: "", period: undefined }, scale) ?? 0;
  } while (durationPart.lastIndex < text.length);
  return finite(text.startsWith("-") ? -total : total, "seconds", text);
}

function finite(value: number, dimension: DimensionName, text: string): ParsedQuantity {
  if (Object.is(value, -0)) return { ok: false, reason: `${text} is zero with a sign`, fix: "write 0" };
  if (Number.isFinite(value)) return { ok: true, value };
  return { ok: false, reason: `${text} is not a finite number`, fix: suggestion(dimension) };
}

function refuse(text: string, dimension: DimensionName): ParsedQuantity {
  const { noun } = dimensionTexts[dimension];
  const grouped = /^\s*\$?[+-]?\d{1,3}([_,]\d{3})+/.test(text);
  const fix = grouped ? `write digits without ${text.includes("_") ? "underscores" : "commas"}` : suggestion(dimension);
  return { ok: false, reason: `${JSON.stringify(text)} is not ${noun}`, fix };
}

function suggestion(dimension: DimensionName): string {
  const { noun, base, examples } = dimensionTexts[dimension];
  return `write ${noun} such as ${examples.join(" or ")}; a bare number is taken as ${base}`;
}
