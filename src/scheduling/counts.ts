/*
 * Which shard counts a plan may hold: all of them, or a selection where all would be too many to search through.
 */
import type { Span } from "./cheapest-path.js";
import type { ScheduledCall, ScheduleProblem } from "./schedule-problem.js";

type CountRules = Pick<ScheduleProblem, "startShards" | "shardsMin" | "shardsMax">;

/** Every count that calls may lead to, and the one at the start. */
export function everyCount(rules: CountRules): Int32Array {
  const { shardsMin, shardsMax } = rules;
  return selectCounts(
    rules,
    Array.from({ length: shardsMax - shardsMin + 1 }, (_, at) => shardsMin + at),
  );
}

/**
 * Counts that doubling and halving lead to each other: every count up to `steps`, and from each doubling to the next as many again, at equal
 * distances.
 */
export function gridCounts(rules: CountRules, steps: number): Int32Array {
  const { shardsMin, shardsMax } = rules;
  const counts = [shardsMin, shardsMax];
  for (let count = 1; count < steps; count += 1) counts.push(count);
  for (let distance = 1; distance * steps <= shardsMax; distance *= 2)
    for (let at = steps; at < 2 * steps; at += 1) counts.push(at * distance);
  return selectCounts(rules, counts);
}

/** Parts of a span whose highest needs are worth a count of their own. */
const parts = 16;

/**
 * Counts for planning a span anew: a grid, what the plan holds now, and the highest needs of the span's parts, whole and halved.
 */
export function countsAround(
  problem: ScheduleProblem,
  calls: readonly ScheduledCall[],
  { start, end }: Span,
  grid: Int32Array,
): Int32Array {
  const counts = [...grid];
  for (const { from, to } of calls) counts.push(from, to);
  for (let part = 0; part < parts; part += 1) {
    const first = start + Math.floor((part * (end - start)) / parts);
    const until = start + Math.floor(((part + 1) * (end - start)) / parts);
    const need = Math.ceil(problem.needs.subarray(first, until).reduce((most, one) => Math.max(most, one), 0));
    counts.push(need, Math.ceil(need / 2));
  }
  return selectCounts(problem, counts);
}

/** Those in reach, ascending, each once, with the one at the start. */
function selectCounts({ startShards, shardsMin, shardsMax }: CountRules, counts: readonly number[]): Int32Array {
  const allowed = counts.filter((count) => count >= shardsMin && count <= shardsMax);
  return Int32Array.from(new Set([startShards, ...allowed])).sort();
}
