import fc from "fast-check";
import { expect, test } from "vitest";
import { type Schedule, schedule } from "../../../src/scheduling/schedule.js";
import type { ScheduleProblem } from "../../../src/scheduling/schedule-problem.js";
import { type BestPlan, bestByForce } from "./brute-force.js";
import { checkPlan } from "./check-plan.js";
import { bestByProgramme, loadSolver } from "./milp-oracle.js";
import { randomProblem } from "./random-problem.js";

/** Holds a schedule against the rules, which the checker knows, and against the best plan, which an oracle has found. */
function judge(problem: ScheduleProblem, found: Schedule, best: BestPlan | undefined): void {
  const checked = checkPlan(problem, found.calls);
  expect(checked.violations).toEqual([]);
  expect(found.isFeasible).toBe(best !== undefined);
  expect(Number.isFinite(checked.cost)).toBe(found.isFeasible);
  if (best === undefined) {
    expect(found.isOptimal).toBe(false);
    return;
  }
  const slack = 1e-6 * best.cost;
  expect(Math.abs(found.cost - checked.cost)).toBeLessThanOrEqual(1e-9 * checked.cost);
  expect(found.cost).toBeGreaterThanOrEqual(best.cost - slack);
  expect(found.bound).toBeLessThanOrEqual(best.cost + slack);
  expect(found.bound).toBeLessThanOrEqual(found.cost);
  if (found.isOptimal) {
    expect(found.cost).toBeLessThanOrEqual(best.cost + slack);
    expect(found.bound).toBeGreaterThanOrEqual(found.cost - slack);
  }
  // Within one window all calls share one budget, and the solver promises to be exact.
  if (problem.needs.length <= problem.windowSlots) expect(found.isOptimal).toBe(true);
}

/** How many problems had a plan, and how many of those plans were found to be the best. */
interface Tally {
  feasible: number;
  best: number;
}

function judgeByForce(problems: fc.Arbitrary<ScheduleProblem>, numRuns: number): Tally {
  const tally = { feasible: 0, best: 0 };
  fc.assert(
    fc.property(problems, (problem) => {
      const found = schedule(problem);
      const best = bestByForce(problem);
      judge(problem, found, best);
      if (best === undefined) return;
      tally.feasible += 1;
      if (found.cost <= best.cost * (1 + 1e-9)) tally.best += 1;
    }),
    { numRuns },
  );
  return tally;
}

test("schedules over several windows keep every rule and lie between their bound and the best plan of all", () => {
  const rolling = randomProblem({ slots: [12, 36], shards: [2, 12], windowSlots: [5, 15], callsMax: [0, 4] });
  const { feasible, best } = judgeByForce(rolling, 500);
  expect(feasible).toBeGreaterThan(400);
  expect(best / feasible).toBeGreaterThan(0.9);
});

test("schedules within one window are the best", () => {
  const within = randomProblem({ slots: [6, 16], shards: [2, 12], windowSlots: [16, 20], callsMax: [0, 4] });
  const { feasible, best } = judgeByForce(within, 300);
  expect(feasible).toBeGreaterThan(200);
  expect(best).toBe(feasible);
});

test("schedules with many counts to choose from are judged by the bound over all of them", () => {
  const wide = randomProblem({ slots: [12, 24], shards: [66, 90], windowSlots: [5, 12], callsMax: [1, 2] });
  const { feasible, best } = judgeByForce(wide, 40);
  expect(feasible).toBeGreaterThan(25);
  expect(best / feasible).toBeGreaterThan(0.5);
});

test("schedules that are found by way of long slots keep every rule, too", () => {
  const long = randomProblem({ slots: [512, 600], shards: [2, 5], windowSlots: [12, 36], callsMax: [1, 2] });
  const { feasible, best } = judgeByForce(long, 20);
  expect(feasible).toBeGreaterThan(10);
  expect(best / feasible).toBeGreaterThan(0.2);
});

test("on small problems, too, where integer programming finds the best plan", async () => {
  const highs = await loadSolver();
  const small = randomProblem({ slots: [40, 72], shards: [4, 14], windowSlots: [12, 30], callsMax: [2, 5] });
  const gaps: number[] = [];
  fc.assert(
    fc.property(small, (problem) => {
      const found = schedule(problem);
      const programmed = bestByProgramme(highs, problem);
      judge(problem, found, programmed);
      if (programmed !== undefined) gaps.push(found.cost / programmed.cost - 1);
    }),
    { numRuns: 50 },
  );
  expect(gaps.length).toBeGreaterThan(30);
  expect(gaps.filter((gap) => gap < 0.01).length / gaps.length).toBeGreaterThan(0.8);
});

test("where no plan has enough, the least is missing that a window of calls can bring about", () => {
  const within = randomProblem({ slots: [12, 30], shards: [2, 10], windowSlots: [30, 40], callsMax: [0, 4] });
  let infeasible = 0;
  fc.assert(
    fc.property(within, (problem) => {
      const hard = { ...problem, shortfallPrice: Number.POSITIVE_INFINITY };
      const found = schedule(hard);
      if (found.isFeasible) return;
      infeasible += 1;
      const lenient = { ...problem, shortfallPrice: 1e9 };
      const least = checkPlan(lenient, bestByForce(lenient)?.calls ?? []).missing;
      expect(checkPlan(hard, found.calls).missing).toBeCloseTo(least, 6);
    }),
    { numRuns: 200 },
  );
  expect(infeasible).toBeGreaterThan(20);
});
