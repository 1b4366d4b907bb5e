/**
 * Whether a bucket of `tokens` outlasts any run of arrivals but one in e^needed. `utilization` is what arrives over what the bucket
 * gains, `lump` what arrives at once. Lundberg's exponent solves (e^x − 1)/x = 1/utilization, per lump.
 */
export function bucketOutlasts(utilization: number, lump: number, tokens: number, needed: number): boolean {
  if (utilization >= 1) return false;
  const gain = 1 / Math.max(utilization, 1e-6);
  // Newton's steps from above stay above; six of them leave an error in the last digits.
  let exponent = 2 * Math.log(gain);
  for (let step = 0; step < 6; step += 1) {
    const growth = Math.exp(exponent);
    exponent -= (growth - 1 - gain * exponent) / (growth - gain);
  }
  return exponent * tokens > needed * lump;
}
