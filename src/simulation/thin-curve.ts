/*
 * Forgetting points of a curve that is straight between its points, evenly: whatever is left lies as far apart in old times as in new
 * ones, so that no part of a long lag is known worse than another.
 */

/** What is left has this part of the room at most. */
const KEPT_RATIO = 3 / 4;

/**
 * Thins out a curve that has used up its room.
 *
 * @param times ascending; kept at least so far apart that they fit, a power of two times `step` where they come every `step`
 * @param from the first point that is still needed
 * @returns how many points are left; they lie at the start, and the first and the last of all are among them
 */
export function thinCurve(times: Float64Array, values: Float64Array, from: number, step: number): number {
  const last = times.length - 1;
  const span = (times[last] as number) - (times[from] as number);
  const apart = step * 2 ** Math.ceil(Math.log2(span / step / (KEPT_RATIO * times.length)));
  let length = 0;
  let before = Number.NEGATIVE_INFINITY;
  for (let index = from; index <= last; index += 1) {
    const time = times[index] as number;
    if (index < last && time < before + apart) continue;
    times[length] = time;
    values[length] = values[index] as number;
    length += 1;
    before = time;
  }
  return length;
}
