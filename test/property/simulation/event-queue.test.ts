import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventQueue } from "../../../src/simulation/kernel/event-queue.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";

/** Fixed, so that a run can be repeated: one seed, and three more. */
const seeds = [20_261_122, 1, 77, 4_242];

/** The same queue as a list in the order of setting, which is looked through from end to end. */
class ListQueue {
  #pending: { readonly slot: number; readonly tick: number }[] = [];

  set(slot: number, tick: number): void {
    this.cancel(slot);
    this.#pending.push({ slot, tick });
  }

  cancel(slot: number): void {
    this.#pending = this.#pending.filter((one) => one.slot !== slot);
  }

  first(): { readonly slot: number; readonly tick: number } | undefined {
    let best = this.#pending[0];
    for (const one of this.#pending) if (best !== undefined && one.tick < best.tick) best = one;
    return best;
  }

  isSet(slot: number): boolean {
    return this.#pending.some((one) => one.slot === slot);
  }
}

type Step =
  | { readonly do: "set"; readonly slot: number; readonly ahead: number }
  | { readonly do: "cancel"; readonly slot: number }
  | { readonly do: "pop" }
  | { readonly do: "look" };

/**
 * Plays the steps on both queues, and compares every answer. Times count from the last one that left, as in a simulation. The list says
 * which timer leaves, so that one mistake does not lead to more.
 */
function play(queue: EventQueue, steps: readonly Step[]): void {
  const list = new ListQueue();
  const found: number[] = [];
  const expected: number[] = [];
  let now = 0;
  const leave = (): void => {
    const first = list.first();
    expected.push(first?.slot ?? -1);
    found.push(queue.first());
    if (first === undefined) return;
    expected.push(first.tick);
    found.push(queue.dueTick(first.slot));
    queue.cancel(first.slot);
    list.cancel(first.slot);
    now = first.tick;
  };
  for (const step of steps) {
    if (step.do === "set") {
      queue.set(step.slot, now + step.ahead);
      list.set(step.slot, now + step.ahead);
    } else if (step.do === "cancel") {
      queue.cancel(step.slot);
      list.cancel(step.slot);
    } else if (step.do === "pop") leave();
    else {
      expected.push(list.first()?.slot ?? -1);
      found.push(queue.first());
    }
    if (!("slot" in step)) continue;
    expected.push(Number(list.isSet(step.slot)));
    found.push(Number(queue.isSet(step.slot)));
  }
  while (list.first() !== undefined) leave();
  leave();
  expect(found).toEqual(expected);
}

const slot = fc.integer({ min: 0, max: 39 });
/** Small steps make equal times; the others lie about and beyond what 32 bits hold. */
const ahead = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 3 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 10_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 2 ** 31 - 4, max: 2 ** 31 + 4 }) },
  { weight: 1, arbitrary: fc.integer({ min: 2 ** 30, max: 2 ** 34 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 ** 44 }) },
);
const set = fc.record({ do: fc.constant("set" as const), slot, ahead });
const cancel = fc.record({ do: fc.constant("cancel" as const), slot });
const pop = fc.record({ do: fc.constant("pop" as const) });
const look = fc.record({ do: fc.constant("look" as const) });

function agrees(steps: fc.Arbitrary<Step[]>, seed: number): void {
  const room = fc.integer({ min: 1, max: 16 });
  fc.assert(
    fc.property(room, steps, (slots, chosen) => play(new EventQueue(slots), chosen)),
    { numRuns: 150, seed },
  );
}

function sequence(...kinds: readonly { weight: number; arbitrary: fc.Arbitrary<Step> }[]): fc.Arbitrary<Step[]> {
  return fc.array(fc.oneof(...kinds), { maxLength: 200, size: "max" });
}

describe("EventQueue", () => {
  it.each(seeds)("lets timers go as a sorted list does, at seed %d", (seed) => {
    agrees(
      sequence({ weight: 6, arbitrary: set }, { weight: 2, arbitrary: cancel }, { weight: 3, arbitrary: pop }),
      seed,
    );
  });

  it.each(seeds)("may be asked for its first timer at any time, at seed %d", (seed) => {
    agrees(
      sequence(
        { weight: 5, arbitrary: set },
        { weight: 2, arbitrary: cancel },
        { weight: 2, arbitrary: pop },
        { weight: 3, arbitrary: look },
      ),
      seed,
    );
  });

  it.each(seeds)("keeps to the list over a long run that passes 2^31 ticks many times, at seed %d", (seed) => {
    const random = RandomStream.fromSeed(seed);
    const below = (end: number): number => Math.floor(random.nextUniform() * end);
    const spans = [2, 1_000, 2 ** 29, 2 ** 33];
    const steps = Array.from({ length: 20_000 }, (): Step => {
      const kind = below(8);
      if (kind < 4) return { do: "set", slot: below(300), ahead: below(spans[kind] as number) };
      return kind < 7 ? { do: "pop" } : { do: "cancel", slot: below(300) };
    });
    play(new EventQueue(), steps);
  });

  it("lets timers of one tick go in the order in which they were set, wherever their slots are", () => {
    const queue = new EventQueue(2);
    const order = [9, 3, 70, 0, 41, 8, 1];
    for (const one of order) queue.set(one, 5);
    // A timer that is moved, even to where it was, counts as set anew.
    queue.set(3, 5);
    const left: number[] = [];
    for (let first = queue.first(); first >= 0; first = queue.first()) {
      left.push(first);
      queue.cancel(first);
    }
    expect(left).toEqual([9, 70, 0, 41, 8, 1, 3]);
  });

  it("keeps the order of setting among timers that wait beyond 2^31 ticks", () => {
    const queue = new EventQueue(4);
    for (const one of [5, 2, 7]) queue.set(one, 2 ** 40);
    queue.set(1, 2 ** 40 - 1);
    queue.set(6, 2 ** 40 + 2 ** 32);
    const left: number[] = [];
    for (let first = queue.first(); first >= 0; first = queue.first()) {
      left.push(first);
      queue.cancel(first);
    }
    expect(left).toEqual([1, 5, 2, 7, 6]);
  });

  it("lets a timer be set before a far one that has been looked at", () => {
    const queue = new EventQueue();
    queue.set(0, 5_000_000_000);
    expect(queue.first()).toBe(0);
    queue.set(1, 100);
    expect(queue.first()).toBe(1);
    queue.cancel(1);
    expect(queue.first()).toBe(0);
  });

  it("lets a timer be set after a far one was looked at and cancelled", () => {
    const queue = new EventQueue();
    queue.set(0, 5_000_000_000);
    expect(queue.first()).toBe(0);
    queue.cancel(0);
    queue.set(1, 100);
    expect(queue.first()).toBe(1);
  });

  it("is empty at first, and does not mind the cancelling of what is not set", () => {
    const queue = new EventQueue(1);
    expect(queue.first()).toBe(-1);
    queue.cancel(0);
    queue.cancel(1_000);
    expect([queue.first(), queue.isSet(0), queue.isSet(1_000)]).toEqual([-1, false, false]);
  });

  it("keeps what is set when it grows", () => {
    const queue = new EventQueue(2);
    for (let one = 0; one < 1_000; one += 1) queue.set(one, (one * 7_919) % 1_000);
    const left: number[] = [];
    for (let first = queue.first(); first >= 0; first = queue.first()) {
      left.push(queue.dueTick(first));
      queue.cancel(first);
    }
    expect(left).toEqual(Array.from({ length: 1_000 }, (_, tick) => tick));
  });
});
