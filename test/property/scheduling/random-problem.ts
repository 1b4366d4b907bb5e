import fc from "fast-check";
import type { ScheduleProblem } from "../../../src/scheduling/schedule-problem.js";

const shapes = ["noise", "steps", "wave", "spikes"] as const;

/** How many shards each slot needs, of one of several shapes, from 1 to `most`. */
function needsOf(shape: (typeof shapes)[number], draws: readonly number[], most: number): Float64Array {
  return Float64Array.from(draws, (draw, slot) => {
    const level = {
      noise: draw,
      steps: draws[Math.floor(slot / 5) * 5] ?? draw,
      wave: 0.5 + 0.4 * Math.sin(slot / 2) + 0.1 * draw,
      spikes: draw > 0.85 ? 1 : 0.2 + 0.2 * draw,
    }[shape];
    return Math.min(most, Math.max(1, Math.ceil(level * most)));
  });
}

/** Small problems: a dozen counts, a few dozen slots, windows of a quarter to more than all of them. */
export const randomProblem: fc.Arbitrary<ScheduleProblem> = fc
  .record({
    shape: fc.constantFrom(...shapes),
    draws: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 10, maxLength: 30 }),
    most: fc.integer({ min: 2, max: 12 }),
    start: fc.double({ min: 0, max: 1, noNaN: true }),
    slotSeconds: fc.constantFrom(1, 7, 60),
    windowSlots: fc.integer({ min: 5, max: 34 }),
    callsMax: fc.integer({ min: 1, max: 4 }),
    before: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 2 }),
    fixed: fc.integer({ min: 1, max: 90 }),
    perOperation: fc.constantFrom(0, 3, 15),
    isSoft: fc.boolean(),
    price: fc.double({ min: 0.2, max: 8, noNaN: true }),
    openSlack: fc.integer({ min: 0, max: 12 }),
  })
  .map((drawn) => {
    const needs = needsOf(drawn.shape, drawn.draws, drawn.most);
    return {
      slotSeconds: drawn.slotSeconds,
      needs,
      startShards: Math.max(1, Math.min(drawn.most, Math.max(needs[0] ?? 1, Math.ceil(drawn.start * drawn.most)))),
      shardsMin: 1,
      shardsMax: drawn.most,
      factorMax: 2,
      factorMin: 0.5,
      openMax: drawn.most + drawn.openSlack,
      callsMax: drawn.callsMax,
      windowSlots: drawn.windowSlots,
      callsBefore: drawn.before.slice(0, drawn.callsMax),
      secondsOf: (from, to) =>
        drawn.fixed +
        drawn.perOperation * (Math.max(from, to) % Math.min(from, to) === 0 ? Math.abs(from - to) : from + to - 2),
      shortfallPrice: drawn.isSoft ? drawn.price * drawn.slotSeconds : Number.POSITIVE_INFINITY,
    };
  });
