/**
 * How likely the busiest of n equal shards stays within a limit when partition keys fall on shards by their MD5 hash,
 * and the fewest shards for which that is likely enough.
 *
 * Every key lands on a given shard with probability q = 1/n, independently of the other keys, so the load S of one
 * shard is Σ load · Bernoulli(q) + even / n. By Boole's inequality P(busiest > limit) ≤ n · P(S > limit); one minus
 * that is the confidence given here, a lower bound. As shard loads are negatively associated (Joag-Dev and Proschan,
 * Annals of Statistics 11, 1983), (1 - P(S > limit))^n bounds it from above; from 0.95 on the two are within 0.002.
 *
 * The distribution of S: heavy keys go on a grid of equal load steps, a key between two steps as two parts of a key
 * that keep the mean. All other keys together are a nearly normal variable of the right mean, variance and skewness.
 * For h(c) keys of c steps each, the probability f(s) of s steps follows by De Pril's recursion (ASTIN Bulletin 16,
 * 1986): s · f(s) = Σ_j a(j) · f(s - j), where a(j) = Σ_c c · h(c) · (-1)^(k+1) · (q / (1 - q))^k over all c that
 * divide j = k · c. Its cost does not depend on the number of keys. On two or three shards, where parts of a key do not
 * pass for a key, the few heavy keys there can be are convolved one by one instead.
 *
 * Accuracy: n · P is good to about 1 % of itself, and exact where all keys lie on the grid, as equal keys do. With only
 * a few keys, their sums are told apart to 0.4 % of the limit. P below 1e-10 is noise.
 * Left out: explicit hash keys, uneven hash ranges, and all variation in time; loads are long-run averages.
 */

import { skewedUpperTail } from "../units/normal-distribution.js";
import { type KeyLoads, totalLoad } from "./key-loads.js";

/** Grid steps within the limit: for the result, and for a quick look at where to search for it. */
const FINE_STEPS = 512;
const COARSE_STEPS = 128;

/** How close, relative to the result, the quick look has to come. */
const COARSE_TOLERANCE = 0.01;

/** The first step of a search, relative to where it starts. */
const FIRST_STEP = 0.01;

/** Logarithms of risk ratios are cut off here, so that they can be interpolated. */
const MAX_LOG_RATIO = 30;

/** From this number of shards on De Pril's recursion is used. */
const RECURSION_FROM_SHARDS = 4;

/** Terms of De Pril's recursion below this change nothing. */
const NEGLIGIBLE = 1e-14;

/** The tail keys stay within this many standard deviations: below their mean, and above it where skewness adds. */
const DEVIATIONS_BELOW = 8;
const DEVIATIONS_ABOVE = 16;

/** The skewness up to which the normal power approximation may be trusted. */
const MAX_SKEWNESS = 1;

/** Loads this close, relative to the limit, are the same load. */
const ROUNDING = 1e-9;

/** A lower bound of P(busiest shard ≤ limit), in [0, 1]; exactly 0 or 1 where nothing is left to chance. */
export function busiestShardConfidence(loads: KeyLoads, shardCount: number, limit: number): number {
  return Math.max(0, 1 - riskOf(modelOf(loads, limit, FINE_STEPS), shardCount));
}

/**
 * The least number of shards that reaches the confidence: null when one key alone exceeds the limit, or when more than
 * `ceiling` shards would be needed.
 */
export function fewestShards(loads: KeyLoads, limit: number, confidence: number, ceiling: number): number | null {
  if (exceeds(hottestLoad(loads), limit)) return null;
  const least = Math.max(1, Math.ceil((totalLoad(loads) / limit) * (1 - ROUNDING)));
  const excessOnGrid = (steps: number) => {
    const model = modelOf(loads, limit, steps);
    return (shardCount: number) => logRatio(riskOf(model, shardCount), 1 - confidence);
  };
  const quickLook = { start: least, least, ceiling, tolerance: COARSE_TOLERANCE };
  const guess = leastWithoutExcess(excessOnGrid(COARSE_STEPS), quickLook);
  const search = { start: Math.min(guess, ceiling), least, ceiling, tolerance: 0 };
  const found = leastWithoutExcess(excessOnGrid(FINE_STEPS), search);
  return found <= ceiling ? found : null;
}

/** log(risk / allowed), kept finite. */
function logRatio(risk: number, allowed: number): number {
  if (risk === 0) return -MAX_LOG_RATIO;
  return Math.max(-MAX_LOG_RATIO, Math.min(Math.log(risk / allowed), MAX_LOG_RATIO));
}

interface SearchRange {
  readonly start: number;
  readonly least: number;
  readonly ceiling: number;
  /** How far above the least number the result may be, relative to itself. */
  readonly tolerance: number;
}

interface Trial {
  readonly at: number;
  readonly excess: number;
}

/**
 * The least number in least … ceiling with an excess of at most 0, or ceiling + 1; the excess falls as numbers rise.
 * Growing steps away from `start` until there is a number on both sides, then interpolation and bisection in turn.
 */
function leastWithoutExcess(excessAt: (candidate: number) => number, range: SearchRange): number {
  const { start, least, ceiling, tolerance } = range;
  let failing: Trial = { at: least - 1, excess: MAX_LOG_RATIO };
  let passing: Trial = { at: ceiling + 1, excess: -MAX_LOG_RATIO };
  let candidate = start;
  let step = Math.ceil(start * FIRST_STEP);
  for (let turn = 0; passing.at - failing.at > Math.max(1, tolerance * passing.at); turn++) {
    const trial = { at: candidate, excess: excessAt(candidate) };
    if (trial.excess <= 0) passing = trial;
    else failing = trial;
    if (failing.at < least) candidate = Math.max(passing.at - step, least);
    else if (passing.at > ceiling) candidate = Math.min(failing.at + step, ceiling);
    else candidate = turn % 3 === 0 ? bisect(failing, passing) : interpolate(failing, passing);
    step *= 2;
  }
  return passing.at;
}

function bisect(failing: Trial, passing: Trial): number {
  return Math.floor((failing.at + passing.at) / 2);
}

/** Where the excess would be 0 if it were linear in the logarithm of the number; strictly between the two trials. */
function interpolate(failing: Trial, passing: Trial): number {
  const part = failing.excess / (failing.excess - passing.excess);
  const crossing = Math.ceil(failing.at * (passing.at / failing.at) ** part);
  return Math.max(failing.at + 1, Math.min(crossing, passing.at - 1));
}

/** All that does not depend on the number of shards. */
interface Model {
  readonly loads: KeyLoads;
  readonly total: number;
  readonly limit: number;
  readonly grid: Grid;
}

/** The heavy keys on a grid of equal load steps. */
interface Grid {
  readonly step: number;
  /** The last step that is within the limit. */
  readonly lastStep: number;
  /** How many keys, or parts of keys, have a load of 0, 1, 2, … steps. */
  readonly keys: Float64Array;
  /** By how much the parting of keys between two steps has raised Σ load² and Σ load³; 0 when there are none. */
  readonly addedSquareSum: number;
  readonly addedCubeSum: number;
}

function modelOf(loads: KeyLoads, limit: number, steps: number): Model {
  return { loads, total: totalLoad(loads), limit, grid: gridOf(loads, limit, steps) };
}

function gridOf(loads: KeyLoads, limit: number, steps: number): Grid {
  const step = stepSize(loads, limit, steps);
  const lastStep = Math.floor((limit / step) * (1 + ROUNDING));
  const keys = new Float64Array(lastStep + 2);
  let addedSquares = 0;
  let addedCubes = 0;
  for (let index = 0; index < loads.heavy.length; index++) {
    const position = (loads.heavy[index] as number) / step;
    if (position > lastStep + 1) continue;
    const count = loads.heavyCounts[index] as number;
    const below = Math.floor(position + ROUNDING);
    const partAbove = Math.max(0, position - below);
    keys[below] = (keys[below] as number) + count * (1 - partAbove);
    keys[below + 1] = (keys[below + 1] as number) + count * partAbove;
    const added = count * partAbove * (1 - partAbove);
    addedSquares += added;
    addedCubes += added * (3 * below + 1 + partAbove);
  }
  return { step, lastStep, keys, addedSquareSum: addedSquares * step ** 2, addedCubeSum: addedCubes * step ** 3 };
}

/** A step of which the load that most keys share is a multiple: its sums show as jumps, which must lie exactly. */
function stepSize(loads: KeyLoads, limit: number, steps: number): number {
  const mostKeys = loads.heavyCounts.reduce((most, count) => Math.max(most, count), 0);
  if (mostKeys === 0) return limit;
  const commonest = loads.heavy[loads.heavyCounts.indexOf(mostKeys)] as number;
  return commonest / Math.ceil((commonest * steps) / limit);
}

/** n · P(S > limit), which bounds P(busiest > limit) from above; 0 or Infinity where nothing is left to chance. */
function riskOf(model: Model, shardCount: number): number {
  const { loads, total, limit } = model;
  if (!exceeds(total, limit)) return 0;
  if (exceeds(total / shardCount, limit)) return Number.POSITIVE_INFINITY;
  if (exceeds(hottestLoad(loads) + loads.even / shardCount, limit)) return Number.POSITIVE_INFINITY;
  const hasKeys = loads.heavy.length > 0 || loads.tailSum > 0;
  return hasKeys ? shardCount * exceedance(model, shardCount) : 0;
}

function exceeds(load: number, limit: number): boolean {
  return load > limit * (1 + ROUNDING);
}

function hottestLoad(loads: KeyLoads): number {
  return loads.heavy[0] ?? 0;
}

/** P(S > limit), S being the load of one shard. */
function exceedance(model: Model, shardCount: number): number {
  const { loads, limit, grid } = model;
  const share = 1 / shardCount;
  const room = limit - (loads.even + loads.tailSum) * share;
  // Heavy keys that need more than this exceed the limit, whatever the tail does.
  const reach = room + DEVIATIONS_BELOW * Math.sqrt(loads.tailSquareSum * share) + ROUNDING * limit;
  const lastStep = Math.max(0, Math.min(grid.lastStep, Math.floor(reach / grid.step)));
  const probabilities =
    shardCount < RECURSION_FROM_SHARDS
      ? convolveKeys(loads, grid.step, share, lastStep)
      : recurse(grid.keys, share, lastStep);
  const tailExceeds = tailBeyond(model, share);
  let within = 0;
  let beyond = 0;
  for (let step = 0; step <= lastStep; step++) {
    const probability = probabilities[step] as number;
    within += probability;
    beyond += probability * tailExceeds(room - step * grid.step);
  }
  return Math.max(0, beyond) + Math.max(0, 1 - within);
}

/** P(load of the tail keys on one shard > its mean + margin), as a function of the margin. */
function tailBeyond(model: Model, share: number): (margin: number) => number {
  const { loads, limit, grid } = model;
  const spread = share * (1 - share);
  // The parting of keys has made the heavy loads too wide. The tail gives that up, so that the sum is right again.
  const variance = (loads.tailSquareSum - grid.addedSquareSum) * spread;
  const third = (loads.tailCubeSum - grid.addedCubeSum) * spread * (1 - 2 * share);
  if (variance <= 0) return (margin) => (margin < -ROUNDING * limit ? 1 : 0);
  const deviation = Math.sqrt(variance);
  const skewness = Math.max(-MAX_SKEWNESS, Math.min(third / deviation ** 3, MAX_SKEWNESS));
  const certain = DEVIATIONS_ABOVE * deviation;
  return (margin) => (margin > certain ? 0 : skewedUpperTail(margin / deviation, skewness));
}

/** P(heavy keys put s steps of load on a shard) for s = 0 … lastStep, by De Pril's recursion. */
function recurse(keys: Float64Array, share: number, lastStep: number): Float64Array {
  const factors = recursionFactors(keys, share, lastStep);
  const probabilities = new Float64Array(lastStep + 1);
  probabilities[0] = emptyShardProbability(keys, share);
  for (let step = 1; step <= lastStep; step++) {
    probabilities[step] = convolutionAt(step, factors, probabilities) / step;
  }
  return probabilities;
}

/** Σ a(j) · f(s - j) for j = 1 … s. A function of its own, so that it is compiled early: unoptimised, it takes longest. */
function convolutionAt(step: number, factors: Float64Array, probabilities: Float64Array): number {
  let sum = 0;
  for (let part = 1; part <= step; part++) {
    sum += (factors[part] as number) * (probabilities[step - part] as number);
  }
  return sum;
}

/** a(j) for j = 0 … lastStep. */
function recursionFactors(keys: Float64Array, share: number, lastStep: number): Float64Array {
  const factors = new Float64Array(lastStep + 1);
  const odds = share / (1 - share);
  for (let size = 1; size <= lastStep; size++) {
    let term = size * (keys[size] as number) * odds;
    for (let multiple = size; multiple <= lastStep && Math.abs(term) > NEGLIGIBLE; multiple += size) {
      factors[multiple] = (factors[multiple] as number) + term;
      term *= -odds;
    }
  }
  return factors;
}

function emptyShardProbability(keys: Float64Array, share: number): number {
  let keyCount = 0;
  for (let size = 1; size < keys.length; size++) keyCount += keys[size] as number;
  return Math.exp(keyCount * Math.log1p(-share));
}

/** P(heavy keys put s steps of load on a shard) for s = 0 … lastStep, one key after the other. */
function convolveKeys(loads: KeyLoads, step: number, share: number, lastStep: number): Float64Array {
  const probabilities = new Float64Array(lastStep + 1);
  probabilities[0] = 1;
  for (let index = 0; index < loads.heavy.length; index++) {
    const position = (loads.heavy[index] as number) / step;
    const count = loads.heavyCounts[index] as number;
    for (let key = 0; key < count; key++) convolveKey(probabilities, position, share);
  }
  return probabilities;
}

/** Adds one key; it takes the step below or the step above its position, so that the mean is right. */
function convolveKey(probabilities: Float64Array, position: number, share: number): void {
  const below = Math.floor(position + ROUNDING);
  const shareAbove = share * Math.max(0, position - below);
  const shareBelow = share - shareAbove;
  // From the top down, so that every entry read is still the one without this key.
  for (let step = probabilities.length - 1; step >= 0; step--) {
    let probability = (1 - share) * (probabilities[step] as number);
    if (step >= below) probability += shareBelow * (probabilities[step - below] as number);
    if (step > below) probability += shareAbove * (probabilities[step - below - 1] as number);
    probabilities[step] = probability;
  }
}
