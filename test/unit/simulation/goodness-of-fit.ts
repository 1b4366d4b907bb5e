/*
 * How well random numbers fit what they should be, as scores that are standard normal if they do. All of them are held to the same rule,
 * since a score beyond 4 comes up once in 16,000 times by chance, and every seed is fixed.
 */

/** The seed of the first look, and of three more: what holds at one seed only would be an accident. */
export const seeds: readonly number[] = [20_261_122, 1, 77, 9_007_199_254_740_991];

/** Scores beyond this one do not happen. */
export const SCORE_LIMIT = 4;

/** The limit of √n · D of Kolmogorov and Smirnov that chance passes as rarely as a score of 4: √(ln(2 / p) / 2) at p = 6.3e-5. */
export const KOLMOGOROV_LIMIT = 2.276;

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index] as number;
  return sum / values.length;
}

/** The unbiased variance. */
export function varianceOf(values: ArrayLike<number>): number {
  const mean = meanOf(values);
  let squares = 0;
  for (let index = 0; index < values.length; index += 1) squares += ((values[index] as number) - mean) ** 2;
  return squares / (values.length - 1);
}

/** How many standard errors the mean of independent values is above what it should be. */
export function meanScore(values: ArrayLike<number>, expected: number): number {
  return (meanOf(values) - expected) / Math.sqrt(varianceOf(values) / values.length);
}

/** The central moments that a distribution should have. */
interface CentralMoments {
  readonly mean: number;
  readonly variance: number;
  readonly fourth: number;
}

/** The scores of the mean and the variance of a large sample, by the moments that they should have. */
export function momentScores(values: ArrayLike<number>, { mean, variance, fourth }: CentralMoments): [number, number] {
  const count = values.length;
  return [
    (meanOf(values) - mean) / Math.sqrt(variance / count),
    (varianceOf(values) - variance) / Math.sqrt((fourth - variance ** 2) / count),
  ];
}

/** The score of a number of hits out of independent trials. */
export function hitScore(hits: number, trials: number, probability: number): number {
  return (hits - trials * probability) / Math.sqrt(trials * probability * (1 - probability));
}

/** The correlation of each value with the one `lag` places later, times √n: normal if they are independent. */
export function serialScore(values: ArrayLike<number>, lag: number): number {
  const mean = meanOf(values);
  let products = 0;
  for (let index = lag; index < values.length; index += 1)
    products += ((values[index] as number) - mean) * ((values[index - lag] as number) - mean);
  return (products / (varianceOf(values) * values.length)) * Math.sqrt(values.length);
}

/**
 * The score of χ², by Wilson and Hilferty's cube root. Neighbouring cells are pooled until five are expected in each; what is left
 * joins the last.
 *
 * @param probabilities They add up to 1 but for a tail, which has been counted in no cell and is expected in the last one.
 */
export function chiSquareScore(observed: ArrayLike<number>, probabilities: ArrayLike<number>, count: number): number {
  const cells: { seen: number; expected: number }[] = [];
  let seen = 0;
  let expected = 0;
  let allSeen = 0;
  let allExpected = 0;
  for (let index = 0; index < probabilities.length; index += 1) {
    seen += observed[index] ?? 0;
    expected += count * (probabilities[index] as number);
    if (expected < 5) continue;
    cells.push({ seen, expected });
    allSeen += seen;
    allExpected += expected;
    seen = 0;
    expected = 0;
  }
  const last = cells.at(-1);
  if (last === undefined || cells.length < 2) throw new RangeError("χ² needs two cells");
  last.seen += count - allSeen;
  last.expected += count - allExpected;
  const chiSquare = cells.reduce((sum, cell) => sum + (cell.seen - cell.expected) ** 2 / cell.expected, 0);
  const spread = 2 / (9 * (cells.length - 1));
  return (Math.cbrt(chiSquare / (cells.length - 1)) - (1 - spread)) / Math.sqrt(spread);
}

/** The χ² score of values that should be uniform on (0, 1), over equal cells. */
export function uniformScore(values: ArrayLike<number>, cells = 256): number {
  const observed = new Float64Array(cells);
  for (let index = 0; index < values.length; index += 1) {
    const cell = Math.min(cells - 1, Math.floor((values[index] as number) * cells));
    observed[cell] = (observed[cell] as number) + 1;
  }
  return chiSquareScore(observed, new Float64Array(cells).fill(1 / cells), values.length);
}

/** √n · D of values that should be uniform on (0, 1): to be compared with `KOLMOGOROV_LIMIT`. */
export function kolmogorovDistance(values: Float64Array): number {
  const sorted = values.toSorted();
  const count = sorted.length;
  let distance = 0;
  for (let index = 0; index < count; index += 1) {
    const value = sorted[index] as number;
    distance = Math.max(distance, (index + 1) / count - value, value - index / count);
  }
  return distance * Math.sqrt(count);
}

/** The standard normal distribution function, by its Taylor series about 0 (Marsaglia 2004): good to 1e-15 out to 8. */
export function normalCdf(x: number): number {
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-x * x * 0.5 - Math.log(2 * Math.PI) / 2);
}
