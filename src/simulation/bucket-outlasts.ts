/**
 * Whether a bucket of `tokens` outlasts any run of arrivals but one in e^needed. `utilization` is what arrives over what the bucket
 * gains, `lump` what arrives at once. Lundberg's exponent x solves (e^x − 1)/x = 1/utilization, per lump; it is large enough where the
 * left side, which grows with x, is still below the right one at the exponent that is needed.
 */
export function bucketOutlasts(utilization: number, lump: number, tokens: number, needed: number): boolean {
  const exponent = (needed * lump) / tokens;
  return utilization === 0 || Math.expm1(exponent) * utilization < exponent;
}
