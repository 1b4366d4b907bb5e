/**
 * Whether a bucket of `tokens` outlasts any run of arrivals but one in e^needed. `utilization` is what arrives over what the bucket
 * gains, `lump` what arrives at once. Lundberg's exponent x solves (e^x − 1)/x = 1/utilization, per lump; it is large enough where the
 * left side, which grows with x, is still below the right one at the exponent that is needed. A bucket may owe what it gave in excess.
 */
export function bucketOutlasts(utilization: number, lump: number, tokens: number, needed: number): boolean {
  const exponent = (needed * lump) / tokens;
  return utilization === 0 || (tokens > 0 && Math.expm1(exponent) * utilization < exponent);
}

/**
 * How far a random walk runs past a boundary on average before it is looked at, in standard deviations of a step: −ζ(1/2)/√(2π)
 * (D. Siegmund, Sequential Analysis, 1985).
 */
const OVERSHOOT = 0.5826;
/** The part of what is offered that a look once a second may overlook. */
const OVERLOOKED = 2e-3;

/**
 * Whether arrivals of `lump` tokens at once come in an order that matters for a bucket of `tokens` that gains so many per second. At the
 * limit a share of lump/(2·tokens) is lost (reflected Brownian motion); a bucket that is looked at once a second seems larger by the
 * overshoot at both of its ends, and loses so much less.
 */
export function isLumpy(lump: number, tokens: number, perSecond: number): boolean {
  return (lump / tokens) * OVERSHOOT * (Math.sqrt(lump * perSecond) / tokens) > OVERLOOKED;
}
