/*
 * Output analysis: how far a simulated average may be off, and which part of a run is still warming up.
 *
 * Replications: independent runs give mean ± t · s / √R, where t is Student's quantile with R - 1 degrees of freedom. Batch means: one
 * long run is cut into equal batches, whose means are nearly independent if a batch is much longer than the run's memory. Paired runs:
 * two systems fed the same random numbers are compared by the interval of their differences. MSER-5: of the means of five observations
 * each, drop the first d for which the sum of squares of the others about their mean, over the square of their number, is least.
 *
 * Left out: a test that batches are long enough (positive correlation between them makes the interval too narrow), intervals of
 * quantiles, and control over several intervals at once (ten intervals of 95 % hold together less often than 95 % of the time).
 *
 * Sources: A. M. Law, Simulation Modeling and Analysis (2015), for replications and pairs; P. W. Glynn, E. Lim, "Asymptotic validity of
 * batch means steady-state confidence intervals" (2009); K. P. White, M. A. Minnox, "Minimizing initialization bias in simulation output
 * using a simple heuristic" (1994) and S. C. Spratt's thesis (University of Virginia, 1998) for MSER-5. For Student's distribution: the
 * continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8, DLMF 8.17.22), evaluated as in W. J. Lentz (1976),
 * and the ratio of Gamma functions of F. G. Tricomi, A. Erdélyi (1951).
 */

/** A mean and the confidence interval around it, in the unit of the observations. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** How many values the interval rests on: replications, batches or pairs. */
  readonly count: number;
}

/** The mean difference of two systems under common random numbers. */
export interface PairedInterval extends Interval {
  /**
   * (var a + var b) / var(a - b): how many times the runs that independent random numbers would need. It is 1 if nothing varies, and
   * Infinity if all differences are equal.
   */
  readonly varianceReduction: number;
}

/** Observations in the order in which the run made them. */
type Series = Float64Array | readonly number[];

/**
 * The interval of the mean of independent replications; a single value is its own interval.
 *
 * @param values One or more finite numbers, one from each replication.
 * @param level The confidence, between 0 and 1.
 * @throws RangeError if there is no value, one that is not finite, or no such level.
 */
export function replicationInterval(values: readonly number[], level = 0.95): Interval {
  return intervalOf(momentsOf(values), level);
}

/**
 * The interval of the mean of one long run, from the means of its batches. What does not fill a batch is dropped at the start, where the
 * run is most biased.
 *
 * @param values Finite numbers, two or more for each batch.
 * @param batches How many batches, 2 or more; it becomes the count of the interval.
 * @param level The confidence, between 0 and 1.
 * @throws RangeError if the run is too short, a value is not finite, or there is no such number of batches or level.
 */
export function batchMeans(values: Series, batches = 20, level = 0.95): Interval {
  if (!Number.isInteger(batches) || batches < 2) throw new RangeError(`${batches} is not a number of batches`);
  const size = Math.floor(values.length / batches);
  if (size < 2) throw new RangeError(`${values.length} values do not give ${batches} batches of two or more`);
  return replicationInterval(blockMeans(values, values.length - size * batches, size, batches), level);
}

/**
 * The interval of the mean of a - b, where a[i] and b[i] come from the same random numbers.
 *
 * @param a One or more finite numbers, one from each replication of the first system.
 * @param b As many from the second system, in the same order.
 * @param level The confidence, between 0 and 1.
 * @throws RangeError if the lengths differ or are 0, a value is not finite, or there is no such level.
 */
export function pairedInterval(a: readonly number[], b: readonly number[], level = 0.95): PairedInterval {
  if (a.length !== b.length) throw new RangeError(`${a.length} and ${b.length} values do not make pairs`);
  const differences = momentsOf(a.map((value, index) => value - (b[index] ?? Number.NaN)));
  const apart = momentsOf(a).variance + momentsOf(b).variance;
  return { ...intervalOf(differences, level), varianceReduction: apart === 0 ? 1 : apart / differences.variance };
}

/** How many observations MSER-5 takes together: enough to even out the noise of single ones. */
const blockSize = 5;

/**
 * Where the warm-up of a run ends, by MSER-5. A minimum at the middle of the run, the last place that is looked at, means that the true
 * one may lie beyond: the run is too short to tell.
 *
 * @param values Finite numbers; up to four at the end, which do not fill a block of five, are not looked at.
 * @returns The index of the first observation to keep, a multiple of five below half the length.
 * @throws RangeError if a value is not finite.
 */
export function warmUp(values: Series): { readonly cut: number } | "too short" {
  const means = blockMeans(values, 0, blockSize, Math.floor(values.length / blockSize));
  const middle = Math.floor(means.length / 2);
  const kept = new Moments();
  let best = middle;
  let least = Number.POSITIVE_INFINITY;
  for (const mean of means.toReversed()) {
    kept.add(mean);
    const dropped = means.length - kept.count;
    const error = kept.squares / kept.count ** 2;
    // Of equal minima the earliest wins, so that a constant run is kept whole.
    if (dropped <= middle && error <= least) {
      best = dropped;
      least = error;
    }
  }
  return best === middle ? "too short" : { cut: best * blockSize };
}

/** The count, mean and squares of the values so far, by Welford's updates, which do not cancel however large the mean is. */
class Moments {
  count = 0;
  mean = 0;
  /** The sum of the squared distances from the mean. */
  squares = 0;

  add(value: number): void {
    this.count++;
    const distance = value - this.mean;
    this.mean += distance / this.count;
    this.squares += distance * (value - this.mean);
  }

  /** The unbiased variance; 0 for a single value. */
  get variance(): number {
    return this.count > 1 ? this.squares / (this.count - 1) : 0;
  }
}

function momentsOf(values: Iterable<number>): Moments {
  const moments = new Moments();
  for (const value of values) moments.add(value);
  // One value that is not finite leaves none of the later means finite.
  if (!Number.isFinite(moments.mean)) throw new RangeError("not every value is a finite number");
  return moments;
}

function blockMeans(values: Series, from: number, size: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, block) => {
    const start = from + block * size;
    return momentsOf(values.slice(start, start + size)).mean;
  });
}

function intervalOf({ count, mean, variance }: Moments, level: number): Interval {
  if (count === 0) throw new RangeError("no value has no mean");
  if (!(level > 0 && level < 1)) throw new RangeError(`${level} is not a confidence between 0 and 1`);
  const half = count === 1 ? 0 : studentQuantile((1 + level) / 2, count - 1) * Math.sqrt(variance / count);
  return { mean, low: mean - half, high: mean + half, count };
}

/**
 * The value below which Student's t lies with this probability. It is good to 1e-12 up to ten thousand degrees and to
 * 1e-10 up to a million, absolute below 1 and relative above.
 *
 * @param probability Between 0 and 1, both excluded.
 * @param degrees The degrees of freedom, 1 or more; they need not be whole.
 * @throws RangeError outside these bounds.
 */
export function studentQuantile(probability: number, degrees: number): number {
  if (!(probability > 0 && probability < 1)) throw new RangeError(`${probability} is not between 0 and 1`);
  if (!(degrees >= 1 && Number.isFinite(degrees))) throw new RangeError(`${degrees} is no number of degrees`);
  if (probability < 0.5) return -upperQuantile(probability, degrees);
  return probability === 0.5 ? 0 : upperQuantile(1 - probability, degrees);
}

/** Enough halvings to use up the digits of a double. */
const halvings = 60;

/** The t above 0 whose upper tail is this one, found by doubling and halving: it is not worth a faster search, which could fail. */
function upperQuantile(tail: number, degrees: number): number {
  const scale = gammaRatio(degrees / 2) / Math.sqrt(Math.PI);
  let high = 1;
  while (studentTail(high, degrees, scale) > tail) high *= 2;
  let low = high === 1 ? 0 : high / 2;
  for (let halving = 0; halving < halvings; halving++) {
    const middle = (low + high) / 2;
    if (studentTail(middle, degrees, scale) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * P(T > t) for t > 0: half the incomplete beta function of a = degrees / 2 and b = 1/2 at x = degrees / (degrees + t²). The scale is
 * 1 / B(a, b).
 */
function studentTail(t: number, degrees: number, scale: number): number {
  const a = degrees / 2;
  const root = Math.sqrt(degrees);
  const length = Math.hypot(t, root);
  const x = (root / length) ** 2;
  const front = scale * Math.exp(-a * Math.log1p((t / root) ** 2)) * (t / length);
  // Each of the two fractions converges fast on its own side of this point, near the mean of the beta distribution.
  if (x < (a + 1) / (a + 2.5)) return front / (2 * a * betaFraction(a, 0.5, x));
  return 0.5 - front / betaFraction(0.5, a, (t / length) ** 2);
}

/** Γ(a + 1/2) / Γ(a): from 50 on three terms of the asymptotic series give every digit, and the recurrence leads there. */
function gammaRatio(a: number): number {
  let factor = 1;
  let shifted = a;
  for (; shifted < 50; shifted++) factor *= shifted / (shifted + 0.5);
  const centre = shifted - 1 / 4;
  const inverse = 1 / (64 * centre * centre);
  return factor * Math.sqrt(centre) * (1 + inverse * (1 - inverse * (9.5 - 315.5 * inverse)));
}

/** Where rounding hides further steps, and a bound on them: fewer than 100 were needed up to 1e9 degrees of freedom. */
const fractionTolerance = 1e-15;
const fractionSteps = 1_000;

/** The continued fraction 1 + c₁ / (1 + c₂ / (1 + …)) that divides x^a (1 - x)^b / (a B(a, b)) in the incomplete beta function. */
function betaFraction(a: number, b: number, x: number): number {
  let value = 1;
  let upper = 1;
  let lower = 0;
  for (let step = 1; step <= fractionSteps; step++) {
    const coefficient = betaCoefficient(step, a, b) * x;
    lower = 1 / (1 + coefficient * lower);
    upper = 1 + coefficient / upper;
    value *= upper * lower;
    if (Math.abs(upper * lower - 1) < fractionTolerance) break;
  }
  return value;
}

function betaCoefficient(step: number, a: number, b: number): number {
  const half = Math.floor(step / 2);
  const sum = a + step;
  const product = step % 2 === 0 ? half * (b - half) : -(a + half) * (a + b + half);
  return product / (sum * (sum - 1));
}
