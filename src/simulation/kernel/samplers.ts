/*
 * Random variates by exact methods: Poisson by inversion below a mean of 10 and by transformed rejection above (PTRS; Hörmann 1993),
 * normal and exponential by the ziggurat (Marsaglia and Tsang 2000, with the layer taken from a draw of its own, as Doornik 2005
 * asks), binomial by inversion over its own table.
 */
import type { RandomStream } from "./random-stream.js";

/** Poisson means below this one are sampled by inversion. */
const INVERSION_MEAN = 10;
/** Inversion gives up this far out, where the probability is below 1e-30 for every such mean. */
const INVERSION_END = 128;

/** A Poisson count of mean `mean` ≥ 0. */
export function samplePoisson(random: RandomStream, mean: number): number {
  if (mean < INVERSION_MEAN) return mean > 0 ? invertPoisson(random, mean) : 0;
  return transformPoisson(random, mean);
}

/** Fills `counts` with Poisson counts of means `means[i] · scale`, and returns their sum. */
export function fillPoisson(
  random: RandomStream,
  means: Float64Array,
  scale: number,
  counts: Float64Array,
  length: number,
): number {
  let total = 0;
  for (let index = 0; index < length; index += 1) {
    const count = samplePoisson(random, (means[index] as number) * scale);
    counts[index] = count;
    total += count;
  }
  return total;
}

function invertPoisson(random: RandomStream, mean: number): number {
  let count = 0;
  let probability = Math.exp(-mean);
  let rest = random.nextUniform52() - probability;
  while (rest > 0 && count < INVERSION_END) {
    count += 1;
    probability *= mean / count;
    rest -= probability;
  }
  return count;
}

/** The names of the constants are those of Hörmann's algorithm PTRS. */
function transformPoisson(random: RandomStream, mean: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const vr = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random.nextUniform() - 0.5;
    const v = random.nextUniform();
    const us = 0.5 - Math.abs(u);
    const count = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return count;
    if (count < 0 || (us < 0.013 && v > us)) continue;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    const bound = count * Math.log(mean) - mean - logFactorial(count);
    if (Math.log((v * inverseAlpha) / (a / (us * us) + b)) <= bound) return count;
  }
}

const FACTORIAL_TABLE = 128;
const logFactorials: Float64Array = /* @__PURE__ */ tabulateLogFactorials();

function tabulateLogFactorials(): Float64Array {
  const table = new Float64Array(FACTORIAL_TABLE);
  for (let n = 2; n < FACTORIAL_TABLE; n += 1) table[n] = (table[n - 1] as number) + Math.log(n);
  return table;
}

const HALF_LOG_TWO_PI = Math.log(2 * Math.PI) / 2;

/** ln n!, by Stirling's series beyond the table: two terms are exact to 1e-14 there. */
function logFactorial(n: number): number {
  if (n < FACTORIAL_TABLE) return logFactorials[n] as number;
  const inverse = 1 / n;
  return (n + 0.5) * Math.log(n) - n + HALF_LOG_TWO_PI + inverse * (1 / 12 - (inverse * inverse) / 360);
}

/** A ziggurat: layers of equal area under a falling density. */
interface Ziggurat {
  /** The right edge of every layer, widest first. */
  readonly edges: Float64Array;
  /** The density at the edges. */
  readonly heights: Float64Array;
}

/** Layers, the last edge before the tail, and the area of a layer: the published figures for 256 layers. */
const LAYERS = 256;
const EXPONENTIAL_EDGE = 7.697_117_470_131_05;
const EXPONENTIAL_AREA = 3.949659822581572e-3;
const NORMAL_EDGE = 3.6541528853610088;
const NORMAL_AREA = 4.92867323399e-3;

const exponentialDensity = (x: number): number => Math.exp(-x);
const normalDensity = (x: number): number => Math.exp(-0.5 * x * x);

const exponentialLayers: Ziggurat = /* @__PURE__ */ buildZiggurat(
  EXPONENTIAL_EDGE,
  EXPONENTIAL_AREA,
  exponentialDensity,
  (height) => -Math.log(height),
);
const normalLayers: Ziggurat = /* @__PURE__ */ buildZiggurat(NORMAL_EDGE, NORMAL_AREA, normalDensity, (height) =>
  Math.sqrt(-2 * Math.log(height)),
);

function buildZiggurat(
  edge: number,
  area: number,
  density: (x: number) => number,
  inverse: (height: number) => number,
): Ziggurat {
  const edges = new Float64Array(LAYERS + 1);
  const heights = new Float64Array(LAYERS + 1);
  edges[0] = area / density(edge);
  edges[1] = edge;
  for (let layer = 2; layer < LAYERS; layer += 1) {
    const last = edges[layer - 1] as number;
    edges[layer] = inverse(area / last + density(last));
  }
  for (let layer = 0; layer <= LAYERS; layer += 1) heights[layer] = density(edges[layer] as number);
  return { edges, heights };
}

/** An exponential variate of mean 1. */
export function sampleExponential(random: RandomStream): number {
  const { edges, heights } = exponentialLayers;
  for (let base = 0; ; ) {
    const layer = random.nextInt32() & (LAYERS - 1);
    const x = random.nextUniform() * (edges[layer] as number);
    if (x < (edges[layer + 1] as number)) return base + x;
    // Beyond the last edge an exponential starts anew.
    if (layer === 0) base += EXPONENTIAL_EDGE;
    else if (isUnder(random, x, layer, heights, exponentialDensity)) return base + x;
  }
}

/** A standard normal variate. */
export function sampleNormal(random: RandomStream): number {
  const { edges, heights } = normalLayers;
  for (;;) {
    const bits = random.nextInt32();
    const layer = bits & (LAYERS - 1);
    const sign = (bits & LAYERS) === 0 ? 1 : -1;
    const x = random.nextUniform() * (edges[layer] as number);
    if (x < (edges[layer + 1] as number)) return sign * x;
    if (layer === 0) return sign * sampleNormalTail(random);
    if (isUnder(random, x, layer, heights, normalDensity)) return sign * x;
  }
}

/** Whether a point of a layer's right part, at a random height of the layer, lies under the density. */
function isUnder(
  random: RandomStream,
  x: number,
  layer: number,
  heights: Float64Array,
  density: (x: number) => number,
): boolean {
  const bottom = heights[layer] as number;
  const top = heights[layer + 1] as number;
  return bottom + random.nextUniform() * (top - bottom) < density(x);
}

/** A normal variate beyond the last edge (Marsaglia 1964). */
function sampleNormalTail(random: RandomStream): number {
  for (;;) {
    const beyond = sampleExponential(random) / NORMAL_EDGE;
    if (2 * sampleExponential(random) > beyond * beyond) return NORMAL_EDGE + beyond;
  }
}

/** A lognormal variate of mean 1. `logVariance` = ln(1 + coefficient of variation²). */
export function sampleLognormal(random: RandomStream, logVariance: number): number {
  if (logVariance === 0) return 1;
  return Math.exp(Math.sqrt(logVariance) * sampleNormal(random) - logVariance / 2);
}

/** Cumulative probabilities of Binomial(trials, probability), given that it is at least 1: entry k − 1 is P(1 … k). */
export function tabulatePositiveBinomial(trials: number, probability: number): Float64Array {
  const table = new Float64Array(Math.max(1, trials));
  if (probability >= 1) {
    table[trials - 1] = 1;
    return table;
  }
  const odds = probability / (1 - probability);
  // In logarithms, since the chance of none may be too small for a number.
  let logTerm = trials * Math.log1p(-probability);
  const positive = -Math.expm1(logTerm);
  let total = 0;
  for (let count = 1; count <= trials; count += 1) {
    logTerm += Math.log(((trials - count + 1) / count) * odds);
    total += Math.exp(logTerm) / positive;
    table[count - 1] = total;
  }
  return table;
}

/** The index at which a table of cumulative probabilities passes a uniform draw. */
export function sampleTable(random: RandomStream, cumulative: Float64Array): number {
  const last = cumulative.length - 1;
  const drawn = random.nextUniform() * (cumulative[last] as number);
  let index = 0;
  while (index < last && (cumulative[index] as number) < drawn) index += 1;
  return index;
}
