import { closest, distance } from "fastest-levenshtein";

/** The known name that `name` most likely was meant to be, or undefined when none is near: at most a third of its letters differ. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || name.length > 100) return undefined;
  const folded = name.toLowerCase();
  const exact = known.find((candidate) => candidate.toLowerCase() === folded);
  if (exact !== undefined) return exact;
  const nearest = closest(name, known);
  return distance(name, nearest) <= Math.max(1, Math.floor(nearest.length / 3)) ? nearest : undefined;
}
