/*
 * Zipf's law gives the key of rank i a load proportional to i^-exponent. Sums over ranks are not looped over but taken
 * from the Euler–Maclaurin formula: the integral, plus half of both ends, plus corrections by the first and third
 * derivative at both ends. Source: NIST Digital Library of Mathematical Functions, 2.10(i).
 */

/** Ranks below this one are added up one by one; from here on the Euler–Maclaurin remainder is below 1e-7. */
const FIRST_SMOOTH_RANK = 32;

/** Σ rank^-exponent for rank = first … last. */
export function powerSum(first: number, last: number, exponent: number): number {
  let total = 0;
  const smooth = Math.max(first, FIRST_SMOOTH_RANK);
  const lastSingle = Math.min(last, smooth - 1);
  for (let rank = first; rank <= lastSingle; rank++) total += rank ** -exponent;
  return smooth <= last ? total + smoothPowerSum(smooth, last, exponent) : total;
}

/** The Euler–Maclaurin formula up to the third derivative. */
function smoothPowerSum(first: number, last: number, exponent: number): number {
  const halfEnds = (first ** -exponent + last ** -exponent) / 2;
  const firstDerivative = (rank: number) => -exponent * rank ** (-exponent - 1);
  const thirdDerivative = (rank: number) => -exponent * (exponent + 1) * (exponent + 2) * rank ** (-exponent - 3);
  return (
    powerIntegral(first, last, exponent) +
    halfEnds +
    (firstDerivative(last) - firstDerivative(first)) / 12 -
    (thirdDerivative(last) - thirdDerivative(first)) / 720
  );
}

/** ∫ rank^-exponent from first to last, without cancellation where the exponent is near 1. */
function powerIntegral(first: number, last: number, exponent: number): number {
  const logRatio = Math.log(last / first);
  const power = 1 - exponent;
  if (power === 0) return logRatio;
  return (first ** power * Math.expm1(power * logRatio)) / power;
}
