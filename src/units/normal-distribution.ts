/**
 * The upper tail of the normal distribution, and of a nearly normal one with a known skewness.
 *
 * Sums of many small independent loads are nearly normal, but their right-hand tail, the only part that matters for
 * sizing, is heavier than the normal one: at 4.5 standard deviations a skewness of 0.05 doubles it. The normal power
 * approximation takes that in: the (1 - p) quantile lies at z + skewness / 6 · (z² - 1) where the normal one lies at z.
 * Left out: everything beyond the third moment, so the skewness should be well below 1.
 *
 * Sources: J. F. Hart et al., Computer Approximations (1968), in the form of G. West, "Better approximations to
 * cumulative normal functions", Wilmott (2005); R. E. Beard, T. Pentikäinen, E. Pesonen, Risk Theory (1984),
 * for the normal power approximation.
 */

/** From here on the continued fraction is the more accurate of the two forms. */
const FRACTION_FROM = 7.07106781186547;
const SQRT_TWO_PI = 2.5066282746310002;

/** P(Z > z) of the standard normal; good to 1e-8 of its own value down to 1e-12, to 1e-6 beyond. */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const density = Math.exp((-z * z) / 2);
  if (z < FRACTION_FROM) return (density * hartNumerator(z)) / hartDenominator(z);
  const fraction = z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))));
  return density / (fraction * SQRT_TWO_PI);
}

/** P(Y > y) of a nearly normal variable with mean 0, variance 1 and the given skewness. */
export function skewedUpperTail(y: number, skewness: number): number {
  // Solves y = z + skewness / 6 · (z² - 1) for z, in the form that stays accurate as the skewness goes to 0.
  const shifted = y + skewness / 6;
  const discriminant = 1 + ((2 * skewness) / 3) * shifted;
  if (discriminant <= 0) return shifted < 0 ? 1 : 0;
  return upperTail((2 * shifted) / (1 + Math.sqrt(discriminant)));
}

/** Hart's rational function for P(Z > z) · exp(z² / 2), written out because it runs a few thousand times unoptimised. */
function hartNumerator(z: number): number {
  const high = ((3.52624965998911e-2 * z + 0.700383064443688) * z + 6.37396220353165) * z + 33.912866078383;
  return ((high * z + 112.079291497871) * z + 221.213596169931) * z + 220.206867912376;
}

function hartDenominator(z: number): number {
  const high = ((8.83883476483184e-2 * z + 1.75566716318264) * z + 16.064177579207) * z + 86.7807322029461;
  return (((high * z + 296.564248779674) * z + 637.333633378831) * z + 793.826512519948) * z + 440.413735824752;
}
