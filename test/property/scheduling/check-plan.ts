/*
 * An independent checker: it walks a plan slot by slot, in the plainest way, and shares nothing with the solver but the problem.
 */
import type { ScheduledCall, ScheduleProblem } from "../../../src/scheduling/schedule-problem.js";

export interface CheckedPlan {
  readonly violations: readonly string[];
  /** Shard-seconds that are paid, and shards times slots that are missing. */
  readonly paid: number;
  readonly missing: number;
}

/** What a plan costs, and every rule that it breaks. */
export function checkPlan(problem: ScheduleProblem, calls: readonly ScheduledCall[]): CheckedPlan {
  const { slotSeconds, needs, windowSlots, callsMax, callsBefore } = problem;
  const violations: string[] = [];
  const say = (holds: boolean, what: string): void => {
    if (!holds) violations.push(what);
  };
  const paidIn = new Array<number>(needs.length).fill(0);
  const inForce = new Array<number>(needs.length).fill(0);
  let shards = problem.startShards;
  let free = 0;
  for (const [index, { slot, from, to }] of calls.entries()) {
    const seconds = problem.secondsOf(from, to);
    const until = slot + Math.ceil(seconds / slotSeconds);
    say(from === shards, `call ${index} starts from ${from}, the stream has ${shards}`);
    say(slot >= free, `call ${index} at ${slot} while another runs until ${free}`);
    say(until <= needs.length, `call ${index} ends after the horizon`);
    say(to <= from * problem.factorMax && to >= from * problem.factorMin, `call ${index}: ${from} to ${to} is too far`);
    say(to >= problem.shardsMin && to <= problem.shardsMax, `call ${index}: ${to} is out of range`);
    say(to !== from, `call ${index} changes nothing`);
    say(openMost(from, to) <= problem.openMax, `call ${index}: ${openMost(from, to)} shards are open on the way`);
    for (let at = free; at < slot; at += 1) [paidIn[at], inForce[at]] = [shards * slotSeconds, shards];
    for (let at = slot; at < until; at += 1) {
      const left = Math.max(0, Math.min(slotSeconds, seconds - (at - slot) * slotSeconds));
      paidIn[at] = left * Math.max(from, to) + (slotSeconds - left) * to;
      inForce[at] = Math.min(from, to);
    }
    shards = to;
    free = until;
  }
  for (let at = free; at < needs.length; at += 1) [paidIn[at], inForce[at]] = [shards * slotSeconds, shards];
  const starts = [...callsBefore.map((ago) => -ago), ...calls.map(({ slot }) => slot)];
  for (let first = -windowSlots; first < needs.length; first += 1) {
    const inside = starts.filter((slot) => slot >= first && slot < first + windowSlots);
    if (inside.some((slot) => slot >= 0))
      say(inside.length <= callsMax, `${inside.length} calls from slot ${first} on`);
  }
  const missing = inForce.reduce((sum, count, at) => sum + Math.max(0, (needs[at] as number) - count), 0);
  return { violations, paid: paidIn.reduce((sum, one) => sum + one, 0), missing };
}

/** All new boundaries drawn before the old ones go. */
function openMost(from: number, to: number): number {
  let common = 0;
  for (let divisor = 1; divisor <= from; divisor += 1) if (from % divisor === 0 && to % divisor === 0) common = divisor;
  return from + to - common;
}
