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
  if (!Number.isFinite(value) || Math.abs(value) >= 1e21) return value;
  const shifted = Math.round(Number(`${Math.abs(value)}e${digits}`));
  const rounded = Number.isFinite(shifted) ? Number(`${shifted}e-${digits}`) : Math.abs(value);
  return value < 0 ? -rounded : rounded;
}
