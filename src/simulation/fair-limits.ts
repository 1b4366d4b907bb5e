/**
 * Max-min fairness: what each may take of `capacity` at most, given what each wants. Whoever wants less than an equal part leaves the
 * rest to the others, who get equal parts of it.
 */
export function fairLimits(wanted: readonly number[], capacity: number): number[] {
  const limits = new Array<number>(wanted.length);
  const order = wanted.map((_, index) => index).sort((a, b) => (wanted[a] as number) - (wanted[b] as number));
  let rest = capacity;
  for (const [taken, index] of order.entries()) {
    const limit = rest / (order.length - taken);
    limits[index] = limit;
    rest -= Math.min(wanted[index] as number, limit);
  }
  return limits;
}
