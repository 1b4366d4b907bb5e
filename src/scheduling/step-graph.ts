/*
 * The counts that a plan may hold and the calls between them, in arrays that the inner loops run over.
 *
 * A plan keeps to all counts where they are few, and to a grid of them elsewhere. The lower bound of its cost comes from a graph whose
 * states are ranges of counts: what a call between two ranges takes and costs is the least between any two of their counts, or within the
 * same range.
 */
import { isAllowedStep, type Range, type ScheduleProblem, slotsOf, stepCost } from "./schedule-problem.js";

/** States in ascending order, and for each the calls that leave it, those to lower states first. */
export interface StepGraph {
  /** What a state pays for. */
  readonly paid: Int32Array;
  /** What a state can carry. */
  readonly capacity: Int32Array;
  /**
   * The calls of state i are those from `firstArc[i]` to `firstArc[i + 1]`, from `firstUp[i]` on the upward ones and that of a range to
   * itself, shortest first.
   */
  readonly firstArc: Int32Array;
  readonly firstUp: Int32Array;
  readonly target: Int32Array;
  readonly slots: Int32Array;
  /** How far ahead in a table by slot and state a call leads from the start of its slot's row: `slots * states + target`. */
  readonly ahead: Int32Array;
  /** In shard-seconds, without shortfall. */
  readonly cost: Float64Array;
}

/** The graph of plans that keep to `counts`, which ascend. */
export function planGraph(problem: ScheduleProblem, counts: Int32Array): StepGraph {
  return buildGraph(counts, counts, (from, to) => arcBetween(problem, counts[from] as number, counts[to] as number));
}

function arcBetween(problem: ScheduleProblem, from: number, to: number): Arc | undefined {
  if (!isAllowedStep(problem, from, to)) return undefined;
  return { slots: slotsOf(problem, from, to), cost: stepCost(problem, from, to) };
}

/**
 * The graph of ranges of counts, each of which ends with one of `ends`, ascending; together they hold every count up to the last.
 */
export function rangeGraph(problem: ScheduleProblem, ends: Int32Array): StepGraph {
  const { slotSeconds, factorMax, factorMin, openMax } = problem;
  const lows = Int32Array.from(ends, (_, at) => (at === 0 ? (ends[0] as number) : (ends[at - 1] as number) + 1));
  const rangeAt = (index: number): Range => ({ low: lows[index] as number, high: ends[index] as number });
  return buildGraph(lows, ends, (from, to) => {
    const [source, target] = [rangeAt(from), rangeAt(to)];
    if (source.low === source.high && target.low === target.high) return arcBetween(problem, source.low, target.low);
    if (target.low > source.high * factorMax || target.high < source.low * factorMin) return undefined;
    if (Math.max(source.low, target.low) > openMax) return undefined;
    const seconds = problem.secondsAtLeast?.(source, target) ?? 1;
    const slots = Math.ceil(seconds / slotSeconds);
    return { slots, cost: seconds * Math.max(source.low, target.low) + (slots * slotSeconds - seconds) * target.low };
  });
}

interface Arc {
  readonly slots: number;
  readonly cost: number;
}

function buildGraph(
  paid: Int32Array,
  capacity: Int32Array,
  arcOf: (from: number, to: number) => Arc | undefined,
): StepGraph {
  const firstArc = new Int32Array(paid.length + 1);
  const firstUp = new Int32Array(paid.length);
  const target: number[] = [];
  const slots: number[] = [];
  const cost: number[] = [];
  for (let from = 0; from < paid.length; from += 1) {
    const arcs: (Arc & { readonly to: number })[] = [];
    for (let to = 0; to < paid.length; to += 1) {
      const arc = arcOf(from, to);
      if (arc !== undefined) arcs.push({ ...arc, to });
    }
    const downward = arcs.filter(({ to }) => to < from);
    const upward = arcs.filter(({ to }) => to >= from).sort((a, b) => a.slots - b.slots);
    firstUp[from] = target.length + downward.length;
    for (const arc of [...downward, ...upward]) {
      target.push(arc.to);
      slots.push(arc.slots);
      cost.push(arc.cost);
    }
    firstArc[from + 1] = target.length;
  }
  return {
    ahead: Int32Array.from(target, (to, arc) => (slots[arc] as number) * paid.length + to),
    paid,
    capacity,
    firstArc,
    firstUp,
    target: Int32Array.from(target),
    slots: Int32Array.from(slots),
    cost: Float64Array.from(cost),
  };
}
