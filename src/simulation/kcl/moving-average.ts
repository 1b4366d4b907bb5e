/** What a worker writes in place of a sample that it failed to take. */
const FAILED = -1;

/**
 * The exponential moving average over a worker's load metrics, as KCL 3 forms it: the first sample counts in full, each later one
 * by `alpha`, and samples that failed (-1) not at all.
 *
 * @param samples oldest first
 * @param alpha above 0, up to 1
 * @returns in the samples' unit; undefined where none is left
 */
export function movingAverage(samples: readonly number[], alpha: number): number | undefined {
  let average: number | undefined;
  for (const sample of samples) {
    if (sample === FAILED) continue;
    average = average === undefined ? sample : alpha * sample + (1 - alpha) * average;
  }
  return average;
}
