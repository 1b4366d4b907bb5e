/*
 * The verdict on a shard count: below the minimum it throttles at the peak, between minimum and recommended it has less headroom
 * than planned, above the recommended count it costs more than it needs to.
 */

/** `under`: below the minimum; `over`: above what is recommended; null: there is no count to judge. */
export type Fit = "under" | "right" | "over" | null;

export function judgeShards(count: number | null, minimum: number, recommended: number): Fit {
  if (count === null) return null;
  if (count < minimum) return "under";
  return count > recommended ? "over" : "right";
}
