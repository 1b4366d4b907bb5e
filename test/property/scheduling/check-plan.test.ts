import { describe, expect, it } from "vitest";
import type { ScheduleProblem } from "../../../src/scheduling/schedule-problem.js";
import { checkPlan, checkReshard, type ReshardAnswer, type ReshardRules } from "./check-plan.js";

const problem: ScheduleProblem = {
  slotSeconds: 10,
  needs: Float64Array.of(2, 2, 2, 4, 4, 4, 2, 2, 2, 2),
  startShards: 2,
  shardsMin: 1,
  shardsMax: 6,
  factorMax: 2,
  factorMin: 0.5,
  openMax: 8,
  callsMax: 2,
  windowSlots: 6,
  callsBefore: [],
  secondsOf: () => 15,
  shortfallPrice: Number.POSITIVE_INFINITY,
};

/** Up just before it is needed, down as soon as it is not: 10 s of 2, 50 s of 4, 15 s down, 5 s and 20 s of 2. */
const calls = [
  { slot: 1, from: 2, to: 4 },
  { slot: 6, from: 4, to: 2 },
];
const cost = 10 * 2 + 50 * 4 + 15 * 4 + 25 * 2;

describe("the checker of plans", () => {
  it("finds nothing in a plan that keeps to the rules, and its cost", () => {
    expect(checkPlan(problem, calls)).toEqual({ violations: [], cost, missing: 0 });
  });

  it("prices what is missing, infinitely where nothing may be", () => {
    const needs = Float64Array.of(2, 2.5, 2, 4, 5, 4, 2, 2, 2, 2);
    expect(checkPlan({ ...problem, needs }, calls)).toEqual({
      violations: [],
      cost: Number.POSITIVE_INFINITY,
      missing: 1.5,
    });
    expect(checkPlan({ ...problem, needs, shortfallPrice: 30 }, calls).cost).toBe(cost + 45);
  });

  it("counts the smaller of both counts while a call runs", () => {
    expect(checkPlan(problem, [{ slot: 2, from: 2, to: 4 }]).missing).toBe(2);
    expect(
      checkPlan(problem, [
        { slot: 1, from: 2, to: 4 },
        { slot: 5, from: 4, to: 2 },
      ]).missing,
    ).toBe(2);
  });

  it("lets windows be that calls before the start alone crowd", () => {
    expect(checkPlan({ ...problem, callsBefore: [5, 5, 5] }, calls).violations).toEqual([]);
    expect(checkPlan({ ...problem, callsBefore: [4, 5, 5] }, calls).violations).toEqual([]);
    expect(checkPlan({ ...problem, callsMax: 1, windowSlots: 5, callsBefore: [4, 5] }, calls).violations).toEqual([]);
  });

  it.each([
    ["4 to 9: more than 2 times as many", { shardsMax: 10, openMax: 20 }, [calls[0], { slot: 3, from: 4, to: 9 }]],
    ["4 to 1: less than 0.5 times as many", {}, [calls[0], { slot: 6, from: 4, to: 1 }]],
    ["2 to 2: nothing changes", {}, [{ slot: 1, from: 2, to: 2 }]],
    ["4 to 2: fewer than 3 shards", { shardsMin: 3 }, calls],
    ["2 to 4: more than 3 shards", { shardsMax: 3 }, calls],
    ["2 to 3: 4 shards open on the way, more than 3", { openMax: 3 }, [{ slot: 1, from: 2, to: 3 }]],
    ["2 to 3.5: not a whole number of shards", {}, [{ slot: 1, from: 2, to: 3.5 }]],
    ["the call at 60 s is from 3, not 4", {}, [calls[0], { slot: 6, from: 3, to: 2 }]],
    ["the call at 20 s starts while another runs", {}, [calls[0], { slot: 2, from: 4, to: 2 }]],
    [
      "the call at 10 s comes after a later one",
      {},
      [
        { slot: 3, from: 2, to: 4 },
        { slot: 1, from: 4, to: 2 },
      ],
    ],
    ["the call at 90 s ends after the horizon", {}, [{ slot: 9, from: 2, to: 4 }]],
    ["the call at 100 s starts after the horizon", {}, [{ slot: 10, from: 2, to: 4 }]],
    ["slot 1.5 is no whole number", {}, [{ slot: 1.5, from: 2, to: 4 }]],
    ["2 calls in the window that ends with the one at 6", { callsMax: 1 }, calls],
    ["3 calls in the window that ends with the one at 1", { callsBefore: [1, 4] }, calls],
  ] as const)("says: %s", (violation, rules, broken) => {
    const { violations } = checkPlan({ ...problem, ...rules }, broken as typeof calls);
    expect(violations).toContain(violation);
  });
});

const answer: ReshardAnswer = {
  horizonSeconds: 3_600,
  plan: {
    startShards: 2,
    steps: [
      { atSeconds: 600, durationSeconds: 90, from: 2, to: 4 },
      { atSeconds: 1_800, durationSeconds: 150, from: 4, to: 2 },
    ],
    shardHours: (600 * 2 + 1_350 * 4 + 1_650 * 2) / 3_600,
  },
};
const rules: ReshardRules = {
  needsByMinute: Array.from({ length: 60 }, (_, minute) => (minute >= 12 && minute < 30 ? 4 : 2)),
  callsMax: 3,
  callsBefore: [86_400 - 601],
  shardsMin: 2,
  shardsMax: 4,
  openMax: 4,
};

describe("the checker of answers", () => {
  it("finds nothing in an answer that keeps to the rules", () => {
    expect(checkReshard(answer, rules)).toEqual([]);
  });

  it.each([
    ["minute 11 needs 4 shards and has 2", { needsByMinute: rules.needsByMinute.with(11, 4) }],
    ["minute 30 needs 3 shards and has 2", { needsByMinute: rules.needsByMinute.with(30, 3) }],
    ["minute 59 needs Infinity shards and has 2", { needsByMinute: rules.needsByMinute.slice(0, 59) }],
    ["2 calls in the window that ends with the one at 600", { callsMax: 1 }],
    ["3 calls in the window that ends with the one at 1800", { callsMax: 2, callsBefore: [86_400 - 1_801] }],
    ["4 to 2: fewer than 3 shards", { shardsMin: 3 }],
    ["2 to 4: more than 3 shards", { shardsMax: 3 }],
    ["2 to 4: 4 shards open on the way, more than 3", { openMax: 3 }],
  ])("says: %s", (violation, changed) => {
    expect(checkReshard(answer, { ...rules, ...changed })).toContain(violation);
  });

  it("counts no call that was made 24 hours before", () => {
    expect(checkReshard(answer, { ...rules, callsMax: 2, callsBefore: [86_400 - 600] })).toEqual([]);
  });

  it("says where the shard-hours are not those of the steps", () => {
    const { plan } = answer;
    expect(checkReshard({ ...answer, plan: { ...plan, shardHours: plan.shardHours + 0.001 } }, rules)).toEqual([
      "the plan takes 2.75 shard-hours and says 2.751",
    ]);
  });
});
