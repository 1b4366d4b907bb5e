/*
 * The cheapest plan by looking at all of them: a state is a slot, a count, and when the calls of the last window were made.
 */
import type { ScheduleProblem } from "../../../src/scheduling/schedule-problem.js";

/** The cost of the cheapest plan; infinite where there is none. */
export function cheapestByForce(problem: ScheduleProblem): number {
  const { needs, slotSeconds, windowSlots, callsMax, shortfallPrice, shardsMin, shardsMax, startShards } = problem;
  const known = new Map<string, number>();
  const missing = (slot: number, count: number): number => {
    const short = Math.max(0, (needs[slot] as number) - count);
    return short > 0 ? short * shortfallPrice : 0;
  };
  const divides = (from: number, to: number): number => {
    let common = 1;
    for (let divisor = 2; divisor <= Math.min(from, to); divisor += 1)
      if (from % divisor === 0 && to % divisor === 0) common = divisor;
    return common;
  };
  const best = (slot: number, count: number, made: readonly number[]): number => {
    if (slot === needs.length) return 0;
    const recent = made.filter((at) => at > slot - windowSlots);
    const key = `${slot} ${count} ${recent.join()}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    let cheapest = count * slotSeconds + missing(slot, count) + best(slot + 1, count, recent);
    for (let to = shardsMin; to <= shardsMax && recent.length < callsMax; to += 1) {
      if (to === count || to > count * problem.factorMax || to < count * problem.factorMin) continue;
      if (count + to - divides(count, to) > problem.openMax) continue;
      const seconds = problem.secondsOf(count, to);
      const until = slot + Math.ceil(seconds / slotSeconds);
      if (until > needs.length) continue;
      let cost = seconds * Math.max(count, to) + ((until - slot) * slotSeconds - seconds) * to;
      for (let at = slot; at < until; at += 1) cost += missing(at, Math.min(count, to));
      if (Number.isFinite(cost)) cheapest = Math.min(cheapest, cost + best(until, to, [...recent, slot]));
    }
    known.set(key, cheapest);
    return cheapest;
  };
  return best(
    0,
    startShards,
    [...problem.callsBefore].sort((a, b) => b - a).map((ago) => -ago),
  );
}
