/*
 * Random scheduling problems that are small enough for an oracle, and of every kind: traffic of several shapes, a start above and below
 * what is needed, calls of equal, of natural and of arbitrary lengths, and rules that bind.
 */
import fc from "fast-check";
import type { ScheduleProblem } from "../../../src/scheduling/schedule-problem.js";

export interface ProblemSize {
  readonly slots: readonly [min: number, max: number];
  readonly shards: readonly [min: number, max: number];
  readonly windowSlots: readonly [min: number, max: number];
  readonly callsMax: readonly [min: number, max: number];
}

/** From 0 to 1. Doubles would not do: they are drawn evenly by their bits, and so are almost always next to 0. */
const share = fc.integer({ min: 0, max: 1_000 }).map((thousandths) => thousandths / 1_000);

/** How high demand is in each slot, as a share of its highest: noise, steps, waves or spikes. */
function demandShares(slots: number): fc.Arbitrary<number[]> {
  const draws = fc.array(share, { minLength: slots, maxLength: slots });
  const period = fc.integer({ min: 5, max: 18 });
  return fc.oneof(
    fc.tuple(draws, share).map(([all, calm]) => all.map((draw) => draw ** (1 + 3 * calm))),
    fc.tuple(draws, period).map(([all, length]) => all.map((_, slot) => (all[slot - (slot % length)] as number) ** 2)),
    fc
      .tuple(draws, period, share)
      .map(([all, length, phase]) =>
        all.map((draw, slot) => 0.5 + 0.45 * Math.sin(2 * Math.PI * (slot / length + phase)) + 0.05 * draw),
      ),
    fc.tuple(draws, share).map(([all, base]) => all.map((draw) => (draw > 0.9 ? draw : 0.4 * base + 0.1 * draw))),
  );
}

/** How long calls take, in slots: all as long, by their splits and merges, or at random. */
const durations: fc.Arbitrary<(from: number, to: number) => number> = fc.oneof(
  someSlots(2).map((slots) => () => slots),
  fc.record({ start: someSlots(0.8), each: someSlots(0.2) }).map(
    ({ start, each }) =>
      (from: number, to: number) =>
        start + each * boundariesMoved(from, to),
  ),
  fc
    .array(someSlots(2.5), { minLength: 29, maxLength: 29 })
    .map((table) => (from: number, to: number) => table[(from * 13 + to * 7) % table.length] as number),
);

function someSlots(max: number): fc.Arbitrary<number> {
  return share.map((part) => 0.05 + part * (max - 0.05));
}

/** Cuts of a range into equal parts that only one of two counts has. */
function boundariesMoved(one: number, other: number): number {
  let moved = 0;
  for (let cut = 1; cut < one; cut += 1) if ((cut * other) % one !== 0) moved += 1;
  for (let cut = 1; cut < other; cut += 1) if ((cut * one) % other !== 0) moved += 1;
  return moved;
}

function oneIn(chances: number): fc.Arbitrary<boolean> {
  return fc.integer({ min: 1, max: chances }).map((drawn) => drawn === chances);
}

const common = {
  start: share,
  isStartEnough: oneIn(4).map((isRare) => !isRare),
  slotSeconds: fc.constantFrom(1, 7, 60, 300),
  fewest: fc.tuple(oneIn(4), fc.integer({ min: 2, max: 3 })).map(([isRare, more]) => (isRare ? more : 1)),
  factors: oneIn(8).map((isRare) => (isRare ? [1.5, 0.75] : [2, 0.5]) as readonly [number, number]),
  openSlack: fc.tuple(oneIn(3), fc.integer({ min: 0, max: 8 })).map(([isRare, slack]) => (isRare ? slack : undefined)),
  before: fc
    .tuple(oneIn(2), fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 3 }))
    .map(([isAny, ago]) => (isAny ? ago : [])),
  secondsAtLeast: fc.boolean(),
  /** Cost of a missing shard, as a multiple of that of a shard. */
  price: fc
    .tuple(fc.boolean(), share)
    .map(([isHard, part]) => (isHard ? Number.POSITIVE_INFINITY : 0.2 + 12 * part ** 2)),
  isFractional: fc.boolean(),
};

/** Problems of a size; some of them without any plan. */
export function randomProblem(size: ProblemSize): fc.Arbitrary<ScheduleProblem> {
  const between = ([min, max]: readonly [number, number]): fc.Arbitrary<number> => fc.integer({ min, max });
  return fc
    .record({
      ...common,
      demand: between(size.slots).chain(demandShares),
      duration: durations,
      most: between(size.shards),
      windowSlots: between(size.windowSlots),
      callsMax: between(size.callsMax),
    })
    .map(({ demand, duration, most, ...drawn }): ScheduleProblem => {
      const mayBeFraction = drawn.isFractional && Number.isFinite(drawn.price);
      const needs = Float64Array.from(demand, (height) => (mayBeFraction ? height * most : Math.ceil(height * most)));
      const leastStart = drawn.isStartEnough ? Math.max(1, Math.ceil(Math.max(...needs.subarray(0, 3)))) : 1;
      const [factorMax, factorMin] = drawn.factors;
      const shardsMin = Math.min(drawn.fewest, most);
      return {
        slotSeconds: drawn.slotSeconds,
        needs,
        startShards: leastStart + Math.round(drawn.start * (most + 2 - leastStart)),
        shardsMin,
        shardsMax: most,
        factorMax,
        factorMin,
        openMax: drawn.openSlack === undefined ? 10 * most : most + drawn.openSlack,
        callsMax: drawn.callsMax,
        windowSlots: drawn.windowSlots,
        callsBefore: drawn.before,
        secondsOf: (from, to) => Math.max(1, Math.round(duration(from, to) * drawn.slotSeconds)),
        ...(drawn.secondsAtLeast && { secondsAtLeast: () => 1 }),
        shortfallPrice: drawn.price * drawn.slotSeconds,
      };
    });
}
