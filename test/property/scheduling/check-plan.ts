/*
 * Checkers of plans, written from the rules in words and not from the solver: they walk second by second and share nothing with it but
 * the shape of a problem. Slow and plain on purpose.
 */
import type { ScheduledCall, ScheduleProblem } from "../../../src/scheduling/schedule-problem.js";

export interface CheckedPlan {
  /** Every rule that is broken, in words. Shards that are missing break none: see `missing`. */
  readonly violations: readonly string[];
  /** Shard-seconds, with what shortfall costs; infinite where shards are missing that must not be. */
  readonly cost: number;
  /** Missing shards, summed over slots. */
  readonly missing: number;
}

/** A call in seconds. */
interface TimedCall {
  readonly start: number;
  /** Until then the larger count is paid. */
  readonly paidUntil: number;
  /** Until then nothing else may be called, and the smaller count is in force. */
  readonly until: number;
  readonly from: number;
  readonly to: number;
}

interface Walk {
  readonly violations: readonly string[];
  /** The smaller of both counts while a call runs, by second. */
  readonly inForce: Int32Array;
  readonly shardSeconds: number;
}

/** What a plan costs, and every rule that it breaks. */
export function checkPlan(problem: ScheduleProblem, calls: readonly ScheduledCall[]): CheckedPlan {
  const { slotSeconds, needs, windowSlots, callsMax, callsBefore, shortfallPrice } = problem;
  const timed = calls.map(({ slot, from, to }): TimedCall => {
    const start = slot * slotSeconds;
    const paidUntil = start + problem.secondsOf(from, to);
    return { start, paidUntil, until: Math.ceil(paidUntil / slotSeconds) * slotSeconds, from, to };
  });
  const walk = walkSeconds(problem.startShards, timed, needs.length * slotSeconds);
  const starts = calls.map(({ slot }) => slot);
  const violations = [
    ...calls.filter(({ slot }) => !Number.isInteger(slot)).map(({ slot }) => `slot ${slot} is no whole number`),
    ...calls.flatMap((call) => brokenSteps(call, problem)),
    ...walk.violations,
    ...crowdedWindows(
      starts,
      callsBefore.map((ago) => -ago),
      windowSlots,
      callsMax,
    ),
  ];
  let missing = 0;
  for (let slot = 0; slot < needs.length; slot += 1) {
    const seconds = walk.inForce.subarray(slot * slotSeconds, (slot + 1) * slotSeconds);
    missing += Math.max(0, (needs[slot] as number) - Math.min(...seconds));
  }
  return { violations, cost: walk.shardSeconds + (missing > 0 ? missing * shortfallPrice : 0), missing };
}

/** What `kinesis-plan reshard --format json` says, as far as it is checked. */
export interface ReshardAnswer {
  readonly horizonSeconds: number;
  readonly plan: {
    readonly startShards: number;
    readonly steps: readonly {
      readonly atSeconds: number;
      readonly durationSeconds: number;
      readonly from: number;
      readonly to: number;
    }[];
    readonly shardHours: number;
  };
}

export interface ReshardRules {
  /** Shards that each minute of the horizon needs. */
  readonly needsByMinute: readonly number[];
  /** Calls in any 24 hours: 10, less those in reserve. */
  readonly callsMax: number;
  /** Calls made before the start, in seconds before it. */
  readonly callsBefore: readonly number[];
  /** Fewest and most shards that a call may lead to. */
  readonly shardsMin: number;
  readonly shardsMax: number;
  /** Shards that the account may have open at a time. */
  readonly openMax: number;
}

const daySeconds = 86_400;

/** Every rule that an answer of `kinesis-plan reshard` breaks, in words; a plan that is short of shards breaks one a minute. */
export function checkReshard({ plan, horizonSeconds }: ReshardAnswer, rules: ReshardRules): string[] {
  const calls = plan.steps.map(({ atSeconds, durationSeconds, from, to }): TimedCall => {
    const until = atSeconds + durationSeconds;
    return { start: atSeconds, paidUntil: until, until, from, to };
  });
  const { violations, inForce, shardSeconds } = walkSeconds(plan.startShards, calls, horizonSeconds);
  const broken = [
    ...calls.flatMap((call) => brokenSteps(call, { ...rules, factorMax: 2, factorMin: 0.5 })),
    ...violations,
    ...crowdedWindows(
      calls.map(({ start }) => start),
      rules.callsBefore.map((ago) => -ago),
      daySeconds,
      rules.callsMax,
    ),
  ];
  for (let minute = 0; minute * 60 < horizonSeconds; minute += 1) {
    const least = Math.min(...inForce.subarray(minute * 60, (minute + 1) * 60));
    const need = rules.needsByMinute[minute] ?? Number.POSITIVE_INFINITY;
    if (least < need) broken.push(`minute ${minute} needs ${need} shards and has ${least}`);
  }
  const shardHours = shardSeconds / 3_600;
  if (Math.abs(plan.shardHours - shardHours) > 1e-6 * Math.max(1, shardHours))
    broken.push(`the plan takes ${shardHours} shard-hours and says ${plan.shardHours}`);
  return broken;
}

type StepRules = Pick<ScheduleProblem, "shardsMin" | "shardsMax" | "factorMax" | "factorMin" | "openMax">;

function brokenSteps({ from, to }: Pick<ScheduledCall, "from" | "to">, rules: StepRules): string[] {
  const name = `${from} to ${to}`;
  const broken: string[] = [];
  if (!Number.isInteger(to)) broken.push(`${name}: not a whole number of shards`);
  if (to === from) broken.push(`${name}: nothing changes`);
  if (to < rules.shardsMin) broken.push(`${name}: fewer than ${rules.shardsMin} shards`);
  if (to > rules.shardsMax) broken.push(`${name}: more than ${rules.shardsMax} shards`);
  if (to / from > rules.factorMax) broken.push(`${name}: more than ${rules.factorMax} times as many`);
  if (to / from < rules.factorMin) broken.push(`${name}: less than ${rules.factorMin} times as many`);
  const open = boundariesOfBoth(from, to);
  if (open > rules.openMax) broken.push(`${name}: ${open} shards open on the way, more than ${rules.openMax}`);
  return broken;
}

/** Shards between the boundaries of both counts of equal shards, where none of the old has gone and all of the new are drawn. */
function boundariesOfBoth(from: number, to: number): number {
  const boundaries = new Set<number>();
  for (let index = 0; index < from; index += 1) boundaries.add(index * to);
  for (let index = 0; index < to; index += 1) boundaries.add(index * from);
  return boundaries.size;
}

/** Goes through the seconds of a horizon. Calls that are out of turn are reported, and take over from the one that runs. */
function walkSeconds(startShards: number, calls: readonly TimedCall[], horizon: number): Walk {
  const violations: string[] = [];
  const inForce = new Int32Array(horizon);
  let [shards, shardSeconds, next] = [startShards, 0, 0];
  let running: TimedCall | undefined;
  for (let second = 0; second < horizon; second += 1) {
    if (running !== undefined && second >= running.until) running = undefined;
    for (let call = calls[next]; call !== undefined && call.start <= second; call = calls[next]) {
      if (call.start < second) violations.push(`the call at ${call.start} s comes after a later one`);
      if (running !== undefined) violations.push(`the call at ${call.start} s starts while another runs`);
      if (call.from !== shards) violations.push(`the call at ${call.start} s is from ${call.from}, not ${shards}`);
      shards = call.to;
      running = call;
      next += 1;
    }
    const { from, to } = running ?? { from: shards, to: shards };
    inForce[second] = Math.min(from, to);
    shardSeconds += running !== undefined && second < running.paidUntil ? Math.max(from, to) : to;
  }
  for (const call of calls) {
    if (call.start >= horizon) violations.push(`the call at ${call.start} s starts after the horizon`);
    if (call.until > horizon) violations.push(`the call at ${call.start} s ends after the horizon`);
  }
  return { violations, inForce, shardSeconds };
}

/** Windows with too many calls in them. Those with none of the plan's are not the plan's doing. */
function crowdedWindows(
  starts: readonly number[],
  before: readonly number[],
  length: number,
  callsMax: number,
): string[] {
  return starts.flatMap((last) => {
    const inWindow = [...before, ...starts].filter((start) => start > last - length && start <= last).length;
    return inWindow > callsMax ? [`${inWindow} calls in the window that ends with the one at ${last}`] : [];
  });
}
