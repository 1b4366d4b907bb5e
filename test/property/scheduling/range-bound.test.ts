import fc from "fast-check";
import { expect, test } from "vitest";
import { everyCount, gridCounts } from "../../../src/scheduling/counts.js";
import { overCounts, overRanges } from "../../../src/scheduling/path-finder.js";
import { operationCount, operationsAtLeast, type ScheduleProblem } from "../../../src/scheduling/schedule-problem.js";
import { randomProblem } from "./random-problem.js";

/** Problems in which calls take as long as their splits and merges, so that ranges of counts have something to relax. */
const bySize = fc
  .record({
    problem: randomProblem({ slots: [12, 40], shards: [8, 60], windowSlots: [6, 12], callsMax: [1, 4] }),
    fixed: fc.integer({ min: 1, max: 3 }),
    each: fc.integer({ min: 0, max: 20 }),
  })
  .map(({ problem, fixed, each }): ScheduleProblem => {
    const seconds = (operations: number): number =>
      Math.ceil(problem.slotSeconds * (fixed / 2 + (each * operations) / 100));
    return {
      ...problem,
      secondsOf: (from, to) => seconds(operationCount(from, to)),
      secondsAtLeast: (from, to) => seconds(operationsAtLeast(from, to)),
    };
  });
const prices = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 40, maxLength: 40 });

test("ways over ranges of counts cost no more than any plan at the same prices, and as much where each range is one count", () => {
  let relaxed = 0;
  fc.assert(
    fc.property(bySize, prices, fc.integer({ min: 2, max: 8 }), (problem, drawn, steps) => {
      const ofCalls = Float64Array.from(problem.needs, (_, slot) => (drawn[slot] as number) * problem.slotSeconds);
      const counts = everyCount(problem);
      const { value } = overCounts(problem, counts)(ofCalls);
      const slack = 1e-9 * value;
      const bound = overRanges(problem, gridCounts(problem, steps))(ofCalls).value;
      if (value === Number.POSITIVE_INFINITY) return;
      expect(bound).toBeLessThanOrEqual(value + slack);
      if (bound < value - slack) relaxed += 1;
      const single = overRanges(problem, counts)(ofCalls);
      // The start may lie far from the counts that calls lead to, with others between them.
      if (counts.length === (counts.at(-1) as number) - (counts[0] as number) + 1)
        expect(Math.abs(single.value - value)).toBeLessThanOrEqual(slack);
    }),
    { numRuns: 400 },
  );
  expect(relaxed).toBeGreaterThan(50);
});
