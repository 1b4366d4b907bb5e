/*
 * The cheapest plan as a mixed-integer programme for HiGHS: one unit flows through the network of slots and counts, by arcs that stay and
 * arcs that call, with a row for each window of slots that calls may crowd. It knows nothing of plans, labels or prices.
 */
import loadHighs, { type Highs } from "highs";
import type { ScheduledCall, ScheduleProblem } from "../../../src/scheduling/schedule-problem.js";
import type { BestPlan } from "./brute-force.js";

interface Arc {
  readonly slot: number;
  readonly until: number;
  readonly from: number;
  readonly to: number;
  readonly cost: number;
}

/** To the very optimum. Presolving takes longer here than it saves: what leads nowhere is left out already. */
const options = { mip_rel_gap: 0, mip_abs_gap: 1e-7, presolve: "off" } as const;

/** HiGHS, to be loaded once and handed to each call of `bestByProgramme`. */
export function loadSolver(): Promise<Highs> {
  // The package's types are those of a CommonJS module, while Node loads its ES module, whose default export is the loader itself.
  const load = loadHighs as unknown as typeof loadHighs.default;
  return load();
}

/** The cheapest plan; undefined where none keeps to the rules. */
export function bestByProgramme(highs: Highs, problem: ScheduleProblem): BestPlan | undefined {
  const arcs = usefulArcs(problem);
  if (arcs.length === 0) return undefined;
  const { Status, Columns } = highs.solve(programmeOf(problem, arcs), options);
  if (Status === "Infeasible") return undefined;
  if (Status !== "Optimal") throw new Error(`HiGHS ends with: ${Status}`);
  const chosen = arcs.filter((_, index) => (Columns[`x${index}`] as { readonly Primal: number }).Primal > 0.5);
  return {
    cost: chosen.reduce((sum, { cost }) => sum + cost, 0),
    calls: chosen
      .filter(isCall)
      .map(({ slot, from, to }): ScheduledCall => ({ slot, from, to }))
      .sort((one, other) => one.slot - other.slot),
  };
}

function isCall({ from, to }: Arc): boolean {
  return from !== to;
}

/** The arcs that lie on a way from the start to the end of the horizon, budgets aside. */
function usefulArcs(problem: ScheduleProblem): Arc[] {
  const slots = problem.needs.length;
  const reached = Array.from({ length: slots + 1 }, () => new Set<number>());
  reached[0]?.add(problem.startShards);
  const arcs: Arc[] = [];
  for (let slot = 0; slot < slots; slot += 1) {
    for (const count of reached[slot] ?? []) {
      const leaving = arcsFrom(problem, slot, count);
      arcs.push(...leaving);
      for (const { until, to } of leaving) reached[until]?.add(to);
    }
  }
  const leadsToEnd = Array.from({ length: slots }, () => new Set<number>());
  const isUseful = ({ until, to }: Arc): boolean => until === slots || leadsToEnd[until]?.has(to) === true;
  // Arcs stand in the order of their slots, so that backwards all that follow one have been seen before it.
  for (const arc of arcs.toReversed()) if (isUseful(arc)) leadsToEnd[arc.slot]?.add(arc.from);
  return arcs.filter(isUseful);
}

/** Every way on from a count: to stay, or a call to any other. Arcs that end after the horizon or cost without limit are left out. */
function arcsFrom(problem: ScheduleProblem, slot: number, from: number): Arc[] {
  const { slotSeconds, needs, shortfallPrice } = problem;
  const arcTo = (to: number): Arc => {
    const seconds = to === from ? slotSeconds : problem.secondsOf(from, to);
    const until = slot + Math.ceil(seconds / slotSeconds);
    let cost = 0;
    for (let at = slot; at < until; at += 1) {
      const larger = Math.min(slotSeconds, seconds - (at - slot) * slotSeconds);
      cost += larger * Math.max(from, to) + (slotSeconds - larger) * to;
      const short = (needs[at] as number) - Math.min(from, to);
      if (short > 0) cost += short * shortfallPrice;
    }
    return { slot, until, from, to, cost };
  };
  const arcs = [arcTo(from)];
  for (let to = problem.shardsMin; to <= problem.shardsMax; to += 1) {
    if (to !== from && isWithinFactors(problem, from, to) && isWithinQuota(problem, from, to)) arcs.push(arcTo(to));
  }
  return arcs.filter(({ until, cost }) => until <= needs.length && Number.isFinite(cost));
}

function isWithinFactors({ factorMax, factorMin }: ScheduleProblem, from: number, to: number): boolean {
  return from * factorMin <= to && to <= from * factorMax;
}

/** Whether the shards that one call opens, and those that it closes, fit the quota together, for they may be open at once. */
function isWithinQuota({ openMax }: ScheduleProblem, from: number, to: number): boolean {
  // Boundaries i/from and j/to agree where i * to is a multiple of from: those shards neither open nor close.
  const kept = Array.from({ length: from }, (_, index) => index * to).filter((point) => point % from === 0).length;
  return from + to - kept <= openMax;
}

/** The programme in the LP format: least cost, one unit from the start to the end, no window with too many calls. */
function programmeOf(problem: ScheduleProblem, arcs: readonly Arc[]): string {
  const leaving = new Map<string, string[]>();
  const entering = new Map<string, string[]>();
  for (const [index, { slot, from, until, to }] of arcs.entries()) {
    append(leaving, `${slot} ${from}`, `+ x${index}`);
    append(entering, `${until} ${to}`, `- x${index}`);
  }
  const flows = [...leaving].map(([node, out]) => {
    const into = entering.get(node) ?? [];
    return `${lines([...out, ...into])} = ${node === `0 ${problem.startShards}` ? 1 : 0}`;
  });
  const calls = [...arcs.keys()].filter((index) => isCall(arcs[index] as Arc));
  return [
    "Minimize",
    lines(arcs.map(({ cost }, index) => `+ ${cost} x${index}`)),
    "Subject To",
    ...flows,
    ...windowRows(problem, calls, arcs),
    "Bounds",
    ...arcs.map((_, index) => `0 <= x${index} <= 1`),
    // Where all calls are whole, so is the rest of the flow.
    ...(calls.length > 0 ? ["Binary", lines(calls.map((index) => `x${index}`))] : []),
    "End",
  ].join("\n");
}

/**
 * One row for each window that starts with a slot: calls in it, with those before the start, are as many as allowed at most. The calls of
 * each slot are counted once, as `c`, which keeps the rows short.
 */
function windowRows(
  { windowSlots, callsMax, callsBefore, needs }: ScheduleProblem,
  calls: readonly number[],
  arcs: readonly Arc[],
): string[] {
  const bySlot = new Map<number, string[]>();
  for (const index of calls) append(bySlot, (arcs[index] as Arc).slot, `- x${index}`);
  const rows = [...bySlot].map(([slot, terms]) => `${lines([`c${slot}`, ...terms])} = 0`);
  for (let first = 1 - windowSlots; first < needs.length; first += 1) {
    const isInside = (slot: number): boolean => slot >= first && slot < first + windowSlots;
    const inside = [...bySlot.keys()].filter(isInside);
    const left = Math.max(0, callsMax - callsBefore.filter((ago) => isInside(-ago)).length);
    if (inside.length > 0) rows.push(`${lines(inside.map((slot) => `+ c${slot}`))} <= ${left}`);
  }
  return rows;
}

function append<Key>(lists: Map<Key, string[]>, key: Key, item: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

const termsPerLine = 16;

/** Terms on several lines, as readers of the format allow no long ones. */
function lines(terms: readonly string[]): string {
  const starts = Array.from({ length: Math.ceil(terms.length / termsPerLine) }, (_, line) => line * termsPerLine);
  return starts.map((start) => terms.slice(start, start + termsPerLine).join(" ")).join("\n");
}
