/** A quotient this little above an integer counts as that integer, so that 0.8 · 1.25 does not cost a shard. */
export const ceilTolerance = 1e-9;

/** The least integer that is not below `value`, up to `ceilTolerance`; never below 0. */
export function ceilTolerant(value: number): number {
  return Math.max(0, Math.ceil(value - ceilTolerance));
}

/** `dividend / divisor`, rounded up to an integer; a quotient within `ceilTolerance` above one counts as that one. */
export function ceilDivide(dividend: number, divisor: number): number {
  return ceilTolerant(dividend / divisor);
}

/** Rounds to `digits` decimals, halves away from zero, without the binary dust of `value * 10 ** digits`. */
export function roundTo(value: number, digits: number): number {
  const shifted = shiftPoint(Math.abs(value), digits);
  if (!(shifted < Number.MAX_SAFE_INTEGER)) return value;
  const rounded = shiftPoint(Math.round(shifted), -digits);
  return value < 0 && rounded > 0 ? -rounded : rounded;
}

/** Moves the decimal point of the number's shortest text. */
function shiftPoint(value: number, places: number): number {
  const [mantissa = "", exponent = "0"] = String(value).split("e");
  return Number(`${mantissa}e${Number(exponent) + places}`);
}

/** Rounds to millionths: amounts of money, and times in seconds, keep no binary dust beyond that. */
export function roundToMillionths(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
