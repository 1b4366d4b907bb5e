import fc from "fast-check";
import { expect, test } from "vitest";
import { bestByForce } from "./brute-force.js";
import { checkPlan } from "./check-plan.js";
import { bestByProgramme, loadSolver } from "./milp-oracle.js";
import { randomProblem } from "./random-problem.js";

const tiny = randomProblem({ slots: [12, 36], shards: [2, 12], windowSlots: [6, 15], callsMax: [1, 4] });

test("brute force and integer programming find plans of equal cost, which the checker finds faultless", async () => {
  const highs = await loadSolver();
  let [withoutPlan, withCalls] = [0, 0];
  fc.assert(
    fc.property(tiny, (problem) => {
      const forced = bestByForce(problem);
      const programmed = bestByProgramme(highs, problem);
      expect(programmed === undefined).toBe(forced === undefined);
      if (forced === undefined || programmed === undefined) {
        withoutPlan += 1;
        return;
      }
      expect(Math.abs(programmed.cost - forced.cost)).toBeLessThanOrEqual(1e-6 * forced.cost);
      for (const { cost, calls } of [forced, programmed]) {
        const checked = checkPlan(problem, calls);
        expect(checked.violations).toEqual([]);
        expect(Math.abs(checked.cost - cost)).toBeLessThanOrEqual(1e-9 * cost);
      }
      if (forced.calls.length > 1) withCalls += 1;
    }),
    { numRuns: 300 },
  );
  // Agreement on problems that anyone could solve would say little.
  expect(withCalls).toBeGreaterThan(150);
  expect(withoutPlan).toBeGreaterThan(5);
});
