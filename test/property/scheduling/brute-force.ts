/*
 * The cheapest plan by looking at every one that could be it, for tiny problems. What matters of a plan up to a slot is the count that it
 * leads to, what it has cost, and when its latest calls were made; a plan is dropped only where another has led to the same count at no
 * more cost with no call made later.
 */
import type { ScheduledCall, ScheduleProblem } from "../../../src/scheduling/schedule-problem.js";

export interface BestPlan {
  readonly cost: number;
  readonly calls: readonly ScheduledCall[];
}

interface PartialPlan {
  readonly cost: number;
  readonly shards: number;
  /** Slots of the latest calls that still count, latest first; those before the start are negative. */
  readonly recent: readonly number[];
  /** The latest call, and the plan before it. */
  readonly last?: { readonly call: ScheduledCall; readonly before: PartialPlan };
}

/** The cheapest plan; undefined where none keeps to the rules. */
export function bestByForce(problem: ScheduleProblem): BestPlan | undefined {
  const slots = problem.needs.length;
  const plans = Array.from({ length: slots + 1 }, () => new Map<number, PartialPlan[]>());
  const offer = (slot: number, plan: PartialPlan): void => {
    const there = plans[slot]?.get(plan.shards) ?? [];
    if (!Number.isFinite(plan.cost) || there.some((other) => isNoWorse(other, plan))) return;
    plans[slot]?.set(plan.shards, [...there.filter((other) => !isNoWorse(plan, other)), plan]);
  };
  const before = problem.callsBefore.map((ago) => -ago).sort((one, other) => other - one);
  offer(0, { cost: 0, shards: problem.startShards, recent: before.slice(0, problem.callsMax) });
  for (let slot = 0; slot < slots; slot += 1) {
    for (const [shards, there] of plans[slot] ?? []) {
      const stay = problem.slotSeconds * shards + shortfallCost(problem, slot, slot + 1, shards);
      const calls = targetsOf(problem, shards)
        .map((to) => pricedCall(problem, { slot, from: shards, to }))
        .filter(({ until }) => until <= slots);
      for (const plan of there) {
        const recent = plan.recent.filter((start) => start > slot - problem.windowSlots);
        offer(slot + 1, { ...plan, cost: plan.cost + stay, recent });
        if (recent.length >= problem.callsMax) continue;
        const made = [slot, ...recent];
        for (const { call, until, cost } of calls)
          offer(until, { cost: plan.cost + cost, shards: call.to, recent: made, last: { call, before: plan } });
      }
    }
  }
  const [best] = [...(plans[slots]?.values() ?? [])].flat().sort((one, other) => one.cost - other.cost);
  return best && { cost: best.cost, calls: callsOf(best) };
}

function isNoWorse(plan: PartialPlan, other: PartialPlan): boolean {
  if (plan.cost > other.cost || plan.recent.length > other.recent.length) return false;
  for (let index = 0; index < plan.recent.length; index += 1)
    if ((plan.recent[index] as number) > (other.recent[index] as number)) return false;
  return true;
}

function targetsOf({ shardsMin, shardsMax, factorMax, factorMin, openMax }: ScheduleProblem, from: number): number[] {
  const all = Array.from({ length: shardsMax - shardsMin + 1 }, (_, index) => shardsMin + index);
  return all.filter((to) => {
    const open = from + to - largestDivisorOfBoth(from, to);
    return to !== from && to <= from * factorMax && to >= from * factorMin && open <= openMax;
  });
}

function largestDivisorOfBoth(one: number, other: number): number {
  let divisor = Math.min(one, other);
  while (one % divisor !== 0 || other % divisor !== 0) divisor -= 1;
  return divisor;
}

interface PricedCall {
  readonly call: ScheduledCall;
  /** The first slot after it. */
  readonly until: number;
  readonly cost: number;
}

function pricedCall(problem: ScheduleProblem, call: ScheduledCall): PricedCall {
  const { slot, from, to } = call;
  const seconds = problem.secondsOf(from, to);
  const until = slot + Math.ceil(seconds / problem.slotSeconds);
  const paid = seconds * Math.max(from, to) + ((until - slot) * problem.slotSeconds - seconds) * to;
  return { call, until, cost: paid + shortfallCost(problem, slot, until, Math.min(from, to)) };
}

function shortfallCost({ needs, shortfallPrice }: ScheduleProblem, start: number, end: number, shards: number): number {
  const short = needs.subarray(start, end).reduce((sum, need) => sum + Math.max(0, need - shards), 0);
  return short > 0 ? short * shortfallPrice : 0;
}

function callsOf({ last }: PartialPlan): ScheduledCall[] {
  return last === undefined ? [] : [...callsOf(last.before), last.call];
}
