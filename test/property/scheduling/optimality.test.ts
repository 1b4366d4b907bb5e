import fc from "fast-check";
import { expect, test } from "vitest";
import { schedule } from "../../../src/scheduling/schedule.js";
import { cheapestByForce } from "./brute-force.js";
import { checkPlan } from "./check-plan.js";
import { randomProblem } from "./random-problem.js";

test("plans keep every rule, cost what they say, and lie between their bound and the optimum", () => {
  fc.assert(
    fc.property(randomProblem, (problem) => {
      const found = schedule(problem);
      const optimum = cheapestByForce(problem);
      const checked = checkPlan(problem, found.calls);
      expect(checked.violations).toEqual([]);
      if (!Number.isFinite(optimum)) {
        expect(found.isFeasible).toBe(false);
        expect(checked.missing).toBeGreaterThan(0);
        return;
      }
      const isSoft = Number.isFinite(problem.shortfallPrice);
      if (!found.isFeasible) return;
      expect(found.cost).toBeCloseTo(checked.paid + (isSoft ? checked.missing * problem.shortfallPrice : 0), 4);
      expect(found.cost).toBeGreaterThanOrEqual(optimum * (1 - 1e-9));
      expect(found.bound).toBeLessThanOrEqual(optimum * (1 + 1e-9));
      if (found.isOptimal) expect(found.cost).toBeCloseTo(optimum, 4);
      if (problem.needs.length <= problem.windowSlots) expect(found.isOptimal).toBe(true);
    }),
    { numRuns: 600 },
  );
});

test("a plan is found wherever there is one, mostly the best", () => {
  let [feasible, found, best] = [0, 0, 0];
  fc.assert(
    fc.property(randomProblem, (problem) => {
      const optimum = cheapestByForce(problem);
      if (!Number.isFinite(optimum)) return;
      const plan = schedule(problem);
      feasible += 1;
      if (plan.isFeasible) found += 1;
      if (plan.isFeasible && plan.cost <= optimum * (1 + 1e-9)) best += 1;
    }),
    { numRuns: 600, seed: 1 },
  );
  expect(found).toBe(feasible);
  expect(best / feasible).toBeGreaterThan(0.85);
});
