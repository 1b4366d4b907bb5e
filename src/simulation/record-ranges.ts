/** Positions in a shard's log, in user records. */
export interface RecordRange {
  readonly from: number;
  readonly to: number;
}

/** User records of a shard that were missed, each counted once however often it is named. */
export class MissedRecords {
  readonly #ranges: RecordRange[] = [];
  count = 0;

  add(range: RecordRange): void {
    this.count += addRange(this.#ranges, range);
  }

  /** Forgets where those before a position are, though not that they were missed: none of them will be named again. */
  forget(before: number): void {
    while (this.#ranges.length > 0 && (this.#ranges[0] as RecordRange).to <= before) this.#ranges.shift();
  }
}

/**
 * Adds a range to others, which lie apart and in order and stay so.
 *
 * @returns how much of it was in none of them
 */
export function addRange(ranges: RecordRange[], { from, to }: RecordRange): number {
  const first = ranges.findIndex((one) => one.to >= from);
  const at = first < 0 ? ranges.length : first;
  let end = at;
  let added = to - from;
  for (; end < ranges.length && (ranges[end] as RecordRange).from <= to; end += 1) {
    const one = ranges[end] as RecordRange;
    added -= Math.min(one.to, to) - Math.max(one.from, from);
  }
  const touched = ranges.slice(at, end);
  ranges.splice(at, end - at, {
    from: Math.min(from, touched[0]?.from ?? from),
    to: Math.max(to, touched.at(-1)?.to ?? to),
  });
  return added;
}
