/*
 * At most so many calls in any window of time that rolls: whether a plan keeps to it, and what calls that stay leave for those that are
 * planned anew.
 */
import type { Span } from "./cheapest-path.js";
import type { ScheduleProblem } from "./schedule-problem.js";

type BudgetRules = Pick<ScheduleProblem, "callsMax" | "windowSlots" | "callsBefore">;

/** The most calls that may be made inside a span, by where they lie. */
export interface CallLimits {
  /** From the start of the span up to its slot i, that included. */
  readonly upTo: Int32Array;
  /** From its slot i to its end. */
  readonly from: Int32Array;
  readonly inAll: number;
}

/** Whether calls at these slots, ascending, and those before the start keep to the budget. */
export function keepsBudget({ callsMax, windowSlots, callsBefore }: BudgetRules, slots: readonly number[]): boolean {
  const all = [...callsBefore.map((ago) => -ago).sort((a, b) => a - b), ...slots];
  return all.every((slot, at) => at < callsMax || slot < 0 || slot - (all[at - callsMax] as number) >= windowSlots);
}

/**
 * What other calls leave for a span, which is no longer than a window. A window that rolls over it meets the beginning of the span, or
 * its end, or all of it.
 *
 * @param others the slots of the calls outside the span, ascending
 */
export function limitsInside(rules: BudgetRules, others: readonly number[], { start, end }: Span): CallLimits {
  const { callsMax, windowSlots, callsBefore } = rules;
  const firstSlot = start - windowSlots;
  const counted = countsBefore([...callsBefore.map((ago) => -ago), ...others], firstSlot, end + windowSlots);
  /** Other calls in the window that ends with a slot. */
  const othersUntil = (last: number): number =>
    (counted[last + 1 - firstSlot] as number) - (counted[Math.max(0, last + 1 - windowSlots - firstSlot)] as number);
  const length = end - start;
  const upTo = Int32Array.from({ length }, (_, at) => callsMax - othersUntil(start + at));
  // A window that begins with a slot of the span, or with its start, and ends after the span.
  const from = Int32Array.from({ length }, (_, at) => callsMax - othersUntil(start + at + windowSlots - 1));
  let inAll = callsMax;
  for (let last = end - 1; last < start + windowSlots; last += 1) inAll = Math.min(inAll, callsMax - othersUntil(last));
  return { upTo, from, inAll };
}

/** How many of the slots lie from `first` up to each slot, that not included. */
function countsBefore(slots: readonly number[], first: number, end: number): Int32Array {
  const counted = new Int32Array(end - first + 1);
  for (const slot of slots)
    if (slot >= first && slot < end) counted[slot - first + 1] = (counted[slot - first + 1] as number) + 1;
  for (let at = 1; at < counted.length; at += 1) counted[at] = (counted[at] as number) + (counted[at - 1] as number);
  return counted;
}
