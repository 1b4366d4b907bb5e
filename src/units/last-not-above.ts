/** The index of the last of the first `length` of ascending numbers that is not above `value`; -1 where all are. */
export function lastNotAbove(ascending: ArrayLike<number>, value: number, length = ascending.length): number {
  let low = -1;
  let high = length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) <= value) low = middle;
    else high = middle;
  }
  return low;
}
