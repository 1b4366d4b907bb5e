import { describe, expect, it } from "vitest";
import { Engine, EventBudgetError } from "../../../src/simulation/kernel/engine.js";

/** An engine, and the list of what happened when. */
function watched(budget?: number): { engine: Engine; log: string[]; note: (name: string) => () => void } {
  const engine = new Engine(budget);
  const log: string[] = [];
  return { engine, log, note: (name) => () => void log.push(`${name}@${engine.now}`) };
}

describe("Engine", () => {
  it("starts at 0 with nothing due", () => {
    const engine = new Engine();
    expect([engine.now, engine.eventCount, engine.nextTick()]).toEqual([0, 0, Number.POSITIVE_INFINITY]);
  });

  it("lets events happen in the order of time, and of setting within a tick", () => {
    const { engine, log, note } = watched();
    engine.at(7, note("late"));
    engine.at(3, note("first"));
    engine.at(3, note("second"));
    engine.at(0, note("now"));
    engine.runTo(10);
    expect(log).toEqual(["now@0", "first@3", "second@3", "late@7"]);
    expect([engine.now, engine.eventCount]).toEqual([10, 4]);
  });

  it("stops at the tick, included, and goes on from there", () => {
    const { engine, log, note } = watched();
    for (const tick of [4, 5, 6]) engine.at(tick, note("event"));
    engine.runTo(5);
    expect(log).toEqual(["event@4", "event@5"]);
    expect([engine.now, engine.nextTick()]).toEqual([5, 6]);
    engine.runTo(6);
    expect(log).toHaveLength(3);
  });

  it("does what an event sets for its own tick after all that was set before", () => {
    const { engine, log, note } = watched();
    engine.at(2, () => {
      note("a")();
      engine.at(engine.now, note("child of a"));
    });
    engine.at(2, note("b"));
    engine.runTo(2);
    expect(log).toEqual(["a@2", "b@2", "child of a@2"]);
  });

  it("runs up to an infinite tick until nothing is due", () => {
    const { engine, log, note } = watched();
    engine.at(2 ** 40, note("far"));
    engine.at(3, note("near"));
    engine.runTo(Number.POSITIVE_INFINITY);
    expect(log).toEqual(["near@3", `far@${2 ** 40}`]);
  });

  it("lets an event be set before a far one, after it has run up to some tick", () => {
    const { engine, log, note } = watched();
    engine.at(5_000_000_000, note("far"));
    engine.runTo(10);
    engine.at(100, note("near"));
    expect(engine.nextTick()).toBe(100);
    engine.runTo(6_000_000_000);
    expect(log).toEqual(["near@100", "far@5000000000"]);
  });
});

describe("a tick that is no whole number", () => {
  it.each([Number.POSITIVE_INFINITY, Number.NaN, 10.5])("is refused: %d", (tick) => {
    const { engine, note } = watched();
    expect(() => engine.at(tick, note("never"))).toThrow(RangeError);
  });
});

describe("the clock", () => {
  it("does not go back", () => {
    const { engine } = watched();
    engine.runTo(10);
    expect(() => engine.runTo(5)).toThrow(RangeError);
  });
});

describe("a timer of an Engine", () => {
  it("can be set again and again, by its own action too", () => {
    const { engine, log, note } = watched();
    const tick = note("tick");
    const timer = engine.timer(() => {
      tick();
      if (engine.now < 6) engine.set(timer, engine.now + 2);
    });
    engine.set(timer, 2);
    engine.runTo(100);
    engine.set(timer, 101);
    engine.runTo(200);
    expect(log).toEqual(["tick@2", "tick@4", "tick@6", "tick@101"]);
  });

  it("moves when it is set while it waits, either way, and happens once", () => {
    const { engine, log, note } = watched();
    const timer = engine.timer(note("moved"));
    engine.set(timer, 5);
    engine.set(timer, 9);
    engine.runTo(5);
    expect([log.length, engine.nextTick()]).toEqual([0, 9]);
    engine.set(timer, 6);
    engine.runTo(20);
    expect(log).toEqual(["moved@6"]);
  });

  it("does not happen once it is cancelled, and can be set after that", () => {
    const { engine, log, note } = watched();
    const timer = engine.timer(note("timer"));
    engine.cancel(timer);
    engine.set(timer, 5);
    engine.cancel(timer);
    expect(engine.nextTick()).toBe(Number.POSITIVE_INFINITY);
    engine.runTo(10);
    engine.set(timer, 11);
    engine.runTo(12);
    engine.cancel(timer);
    expect(log).toEqual(["timer@11"]);
    expect(engine.eventCount).toBe(1);
  });

  it("can cancel another that is due at the same tick", () => {
    const { engine, log, note } = watched();
    const victim = engine.timer(note("victim"));
    engine.at(3, () => engine.cancel(victim));
    engine.set(victim, 3);
    engine.runTo(3);
    expect(log).toEqual([]);
  });

  it("is not set to the past, nor to no time at all", () => {
    const { engine, log, note } = watched();
    const timer = engine.timer(note("timer"));
    engine.runTo(10);
    expect(() => engine.set(timer, 9)).toThrow(new RangeError("a timer was set to 9 at 10"));
    expect(() => engine.set(timer, Number.NaN)).toThrow(RangeError);
    expect(() => engine.at(-1, note("event"))).toThrow(RangeError);
    engine.at(20, () => expect(() => engine.set(timer, 19)).toThrow(RangeError));
    engine.runTo(30);
    expect([log, engine.eventCount]).toEqual([[], 1]);
    engine.set(timer, 30);
    engine.runTo(30);
    expect(log).toEqual(["timer@30"]);
  });
});

describe("Engine.at", () => {
  it("lends its timers out again without mixing up actions", () => {
    const { engine, log, note } = watched();
    const standing = engine.timer(note("standing"));
    engine.set(standing, 50);
    // Every event sets two more, one of them in the place that it has just left.
    const branch = (name: string, depth: number) => (): void => {
      note(name)();
      if (depth === 0) return;
      engine.at(engine.now + 1, branch(`${name}0`, depth - 1));
      engine.at(engine.now + 1, branch(`${name}1`, depth - 1));
    };
    engine.at(1, branch("e", 4));
    engine.runTo(100);
    const level = (depth: number): string[] =>
      Array.from({ length: 2 ** depth }, (_, index) => {
        const path = depth === 0 ? "" : index.toString(2).padStart(depth, "0");
        return `e${path}@${depth + 1}`;
      });
    expect(log).toEqual([...[0, 1, 2, 3, 4].flatMap(level), "standing@50"]);
  });
});

describe("the timers that Engine.at lends out", () => {
  it("are not more than wait at a time", () => {
    const engine = new Engine();
    const again = (): void => {
      if (engine.now < 1_000) engine.at(engine.now + 1, again);
    };
    engine.at(1, again);
    engine.runTo(2_000);
    // A timer is the number of its place.
    expect(engine.timer(again)).toBeLessThan(2);
  });
});

describe("the budget of an Engine", () => {
  it("ends a model that feeds itself, before the event that is too many", () => {
    const { engine, log, note } = watched(3);
    const timer = engine.timer(() => {
      note("again")();
      engine.set(timer, engine.now);
    });
    engine.set(timer, 1);
    expect(() => engine.runTo(2)).toThrow(new EventBudgetError(3));
    expect(log).toEqual(["again@1", "again@1", "again@1"]);
  });

  it("lets as many events happen as it says", () => {
    const { engine, log, note } = watched(3);
    for (const tick of [1, 2, 3]) engine.at(tick, note("event"));
    engine.runTo(10);
    expect([log.length, engine.now]).toEqual([3, 10]);
  });

  it("says how many events they were", () => {
    const error = new EventBudgetError(1_000);
    expect([error.name, error.message]).toEqual(["EventBudgetError", "the simulation took more than 1000 events"]);
    expect(error).toBeInstanceOf(Error);
  });
});

describe("the check after every event", () => {
  it("sees the state that each event leaves, at its tick", () => {
    const seen: [number, number][] = [];
    let state = 0;
    const engine: Engine = new Engine(100, () => void seen.push([engine.now, state]));
    for (const tick of [2, 2, 5])
      engine.at(tick, () => {
        state += 1;
      });
    engine.runTo(9);
    expect(seen).toEqual([
      [2, 1],
      [2, 2],
      [5, 3],
    ]);
  });

  it("ends the run if it throws", () => {
    const engine = new Engine(100, () => {
      throw new Error("broken");
    });
    engine.at(4, () => {});
    expect(() => engine.runTo(9)).toThrow("broken");
    expect(engine.now).toBe(4);
  });
});
