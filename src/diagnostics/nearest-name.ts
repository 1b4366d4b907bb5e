import { closest, distance } from "fastest-levenshtein";

/** The known name that `name` most likely was meant to be, or undefined when none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || name.length > 100) return undefined;
  const folded = name.toLowerCase();
  const exact = known.find((candidate) => candidate.toLowerCase() === folded);
  if (exact !== undefined) return exact;
  const nearest = closest(name, known);
  return distance(name, nearest) <= allowedDistance(nearest.length) ? nearest : undefined;
}

/** Names of one or two letters are like every other; two letters swapped count as two. */
function allowedDistance(length: number): number {
  if (length <= 2) return 0;
  return length <= 4 ? 1 : Math.max(2, Math.floor(length / 3));
}
