/*
 * The queues of refused records under any sequence of ticks: what goes in comes out once, in whole records, and the KPL's queue does
 * what a list of records by age does.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RetryModel } from "../../../src/simulation/model.js";
import { createRetryQueue, type RetryQueue } from "../../../src/simulation/retry-queue.js";

const BYTES = 100;

const sdk: fc.Arbitrary<RetryModel> = fc
  .array(fc.constantFrom(0.25, 0.5, 1, 1.7, 2, 4, 8, 20), { maxLength: 5 })
  .map((backoffSecondsMax) => ({ kind: "sdk", backoffSecondsMax }));

const kpl = fc
  .record({
    ttlSeconds: fc.integer({ min: 1, max: 40 }),
    retrySeconds: fc.constantFrom(0.1, 0.5, 2),
    recordsPerSecond: fc.integer({ min: 1, max: 400 }),
    bytesPerSecond: fc.integer({ min: BYTES, max: 400 * BYTES }),
    burstRecords: fc.integer({ min: 0, max: 300 }),
    burstBytes: fc.integer({ min: 0, max: 300 * BYTES }),
  })
  .map((model) => ({ kind: "kpl", ...model }) as const);

const none = fc.constant<RetryModel>({ kind: "none" });

/** A tick: what comes, the part of what is offered that gets in, and what happens to the rest afterwards. */
const step = fc.record({
  fresh: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 })),
  accepted: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  drop: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.constantFrom(0.3, 0.5, 1)),
  move: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.constantFrom(0.3, 0.5, 1)),
});
const steps = fc.array(step, { minLength: 1, maxLength: 120, size: "max" });

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}

/** Fails on laws that do not hold. They are not expectations one by one, since there are so many of them. */
function insist(laws: Readonly<Record<string, boolean>>): void {
  const broken = Object.entries(laws).filter(([, holds]) => !holds);
  if (broken.length > 0) throw new Error(`does not hold: ${broken.map(([law]) => law).join(", ")}`);
}

/** Plays a tick on a queue, and holds it to what comes in and goes out. */
function playTick(queue: RetryQueue, tick: number, { fresh, accepted }: { fresh: number; accepted: number }) {
  const before = queue.waiting;
  const offered = queue.attempts(tick, fresh, BYTES);
  const taken = Math.round(accepted * offered);
  const settlement = queue.settle(tick, fresh, offered, taken);
  const { lost, furtherAttempts, acceptedLate } = settlement;
  insist({
    "attempts are counts": isCount(offered) && isCount(furtherAttempts),
    "no more is offered than there is": offered <= before + fresh,
    "whole records are lost": isCount(lost),
    "waiting is what came in less what went out": queue.waiting === before + fresh - taken - lost,
    "whole records wait": isCount(queue.waiting),
    "what got in late had waited": isCount(acceptedLate) && acceptedLate <= Math.min(taken, before),
    "what did not is fresh": taken - acceptedLate <= fresh,
  });
  return { ...settlement, offered, taken };
}

function drop(queue: RetryQueue, share: number): number {
  const before = queue.waiting;
  const dropped = queue.drop(share);
  insist({
    "whole records are dropped": isCount(dropped) && queue.waiting === before - dropped,
    "all of them if so asked": share < 1 || queue.waiting === 0,
  });
  return dropped;
}

describe("a queue of refused records", () => {
  it("loses count of nothing, whatever the way to retry", () => {
    fc.assert(
      fc.property(fc.oneof(sdk, kpl, none), steps, (retry, chosen) => {
        const queues = [createRetryQueue(retry), createRetryQueue(retry)] as const;
        for (const [tick, one] of chosen.entries()) {
          playTick(queues[0], tick, one);
          // The other one is offered half as much, and gets all that is refused here.
          playTick(queues[1], tick, { fresh: one.fresh >> 1, accepted: 1 - one.accepted });
          if (one.drop > 0) drop(queues[tick % 2 === 0 ? 0 : 1], one.drop);
          const waiting = queues[0].waiting + queues[1].waiting;
          if (one.move > 0) queues[0].moveTo(queues[1], one.move);
          insist({
            "all moves if so asked": one.move < 1 || queues[0].waiting === 0,
            "whole records move": queues.every((queue) => isCount(queue.waiting)),
            "none is lost on the way": queues[0].waiting + queues[1].waiting === waiting,
          });
        }
      }),
      { numRuns: 150 },
    );
  });

  it("is empty at last when nothing gets in any more, since everything is given up in time", () => {
    fc.assert(
      fc.property(fc.oneof(sdk, kpl), steps, (retry, chosen) => {
        const queue = createRetryQueue(retry);
        for (const [tick, one] of chosen.entries()) playTick(queue, tick, one);
        const longest =
          retry.kind === "sdk"
            ? retry.backoffSecondsMax.reduce((sum, seconds) => sum + Math.ceil(seconds), 0)
            : retry.kind === "kpl"
              ? retry.ttlSeconds
              : 0;
        for (let tick = 0; tick < longest; tick += 1) playTick(queue, chosen.length + tick, { fresh: 0, accepted: 0 });
        expect(queue.waiting).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});

describe("the SDK's queue", () => {
  it("offers a record once after each wait, and all that is fresh at once", () => {
    fc.assert(
      fc.property(sdk, steps, (retry, chosen) => {
        const queue = createRetryQueue(retry);
        const tries = retry.kind === "sdk" ? retry.backoffSecondsMax.length + 1 : 1;
        let [attempts, fresh] = [0, 0];
        for (const [tick, one] of chosen.entries()) {
          const { offered, furtherAttempts } = playTick(queue, tick, one);
          attempts += offered;
          fresh += one.fresh;
          insist({
            "fresh records do not wait": offered >= one.fresh && furtherAttempts === 0,
            "a record is tried so often at most": attempts <= tries * fresh,
          });
        }
      }),
      { numRuns: 150 },
    );
  });

  it("gives up a record that is refused at every attempt, after the last one", () => {
    const queue = createRetryQueue({ kind: "sdk", backoffSecondsMax: [1, 2] });
    const offered: number[] = [];
    const lost: number[] = [];
    for (const [tick, fresh] of [1_000, 0, 0, 0, 0].entries()) {
      const played = playTick(queue, tick, { fresh, accepted: 0 });
      offered.push(played.offered);
      lost.push(played.lost);
    }
    expect(offered).toEqual([1_000, 1_000, 750, 250, 0]);
    expect(lost).toEqual([0, 0, 750, 250, 0]);
  });
});

/** Records by age, oldest first: what the KPL's queue amounts to. */
class AgeList {
  readonly #ttlTicks: number;
  #ages: { tick: number; records: number }[] = [];

  constructor(ttlTicks: number) {
    this.#ttlTicks = ttlTicks;
  }

  /** What gets in of the waiting and the fresh, oldest first, and what is too old then. */
  settle(tick: number, fresh: number, accepted: number): { lost: number; acceptedLate: number } {
    const waiting = this.#ages.reduce((sum, { records }) => sum + records, 0);
    this.#ages.push({ tick, records: fresh });
    this.#take(this.#ages, accepted);
    const expired = this.#ages.filter((one) => one.tick <= tick - this.#ttlTicks);
    this.#ages = this.#ages.filter((one) => !expired.includes(one));
    return {
      lost: expired.reduce((sum, { records }) => sum + records, 0),
      acceptedLate: Math.min(accepted, waiting),
    };
  }

  #take(from: { records: number }[], records: number): void {
    let rest = records;
    for (const one of from) {
      const taken = Math.min(rest, one.records);
      one.records -= taken;
      rest -= taken;
    }
  }

  dropNewest(records: number): void {
    this.#take(this.#ages.toReversed(), records);
  }
}

/** By how much the attempts of any stretch of ticks exceed so many a tick, at most. */
function longestExcess(attempts: readonly number[], perTick: number): number {
  let [most, here] = [Number.NEGATIVE_INFINITY, 0];
  for (const count of attempts) {
    here = Math.max(0, here) + count - perTick;
    most = Math.max(most, here);
  }
  return most;
}

describe("the KPL's queue", () => {
  it("takes the oldest first, gives up what is too old, and drops the newest", () => {
    fc.assert(
      fc.property(kpl, steps, (retry, chosen) => {
        const queue = createRetryQueue(retry);
        const list = new AgeList(retry.ttlSeconds);
        for (const [tick, one] of chosen.entries()) {
          const { taken, lost, acceptedLate } = playTick(queue, tick, one);
          const expected = list.settle(tick, one.fresh, taken);
          insist({
            "the same records are too old": lost === expected.lost,
            "the oldest get in": acceptedLate === expected.acceptedLate,
          });
          if (one.drop > 0) list.dropNewest(drop(queue, one.drop));
        }
      }),
      { numRuns: 150 },
    );
  });

  it("lets no more go than its limiter holds and gains, from any tick to any other", () => {
    fc.assert(
      fc.property(kpl, steps, (retry, chosen) => {
        const queue = createRetryQueue(retry);
        const attempts = chosen.map((one, tick) => {
          const { offered, furtherAttempts } = playTick(queue, tick, one);
          return offered + furtherAttempts;
        });
        insist({
          "no stretch of records is too long": longestExcess(attempts, retry.recordsPerSecond) <= retry.burstRecords,
          "nor one of bytes": longestExcess(attempts, retry.bytesPerSecond / BYTES) <= retry.burstBytes / BYTES + 1e-9,
        });
      }),
      { numRuns: 150 },
    );
  });

  it("puts all that its limiter allows while enough is refused", () => {
    const limiter = { recordsPerSecond: 150, bytesPerSecond: 1e9, burstRecords: 100, burstBytes: 1e9 };
    const queue = createRetryQueue({ kind: "kpl", ttlSeconds: 30, retrySeconds: 0.1, ...limiter });
    let attempts = 0;
    for (let tick = 0; tick < 100; tick += 1) {
      const { offered, furtherAttempts } = playTick(queue, tick, { fresh: 200, accepted: 0.6 });
      attempts += offered + furtherAttempts;
    }
    expect(attempts).toBe(100 + 100 * 150);
  });

  it.each([0.01, 0.25, 1, 40])("spends a record token on each Kinesis record, of which a record takes %d", (cost) => {
    const limiter = { recordsPerSecond: 150, bytesPerSecond: 1e9, burstRecords: 1_000, burstBytes: 1e9 };
    const queue = createRetryQueue({ kind: "kpl", ttlSeconds: 30, retrySeconds: 0.1, ...limiter });
    let kinesisRecords = 0;
    for (let tick = 0; tick < 20; tick += 1) {
      const attempts = queue.attempts(tick, 1e6, BYTES, cost);
      kinesisRecords += (attempts + queue.settle(tick, 1e6, attempts, 0).furtherAttempts) * cost;
    }
    expect(kinesisRecords).toBeLessThanOrEqual(1_000 + 20 * 150);
    expect(kinesisRecords).toBeGreaterThan(1_000 + 20 * 150 - 2 * cost);
  });

  it("lets everything go past its limiter while records go by themselves, and owes nothing for it", () => {
    const limiter = { recordsPerSecond: 10, bytesPerSecond: 1e9, burstRecords: 10, burstBytes: 1e9 };
    const queue = createRetryQueue({ kind: "kpl", ttlSeconds: 30, retrySeconds: 0.1, ...limiter });
    expect(queue.attempts(0, 5_000, BYTES, 1, true)).toBe(5_000);
    // The bucket gave 2,000, half of them saved up: refusals begin after a quarter of the second, and are put again 4 times on average.
    expect(queue.settle(0, 5_000, 5_000, 2_000).furtherAttempts).toBe(Math.floor(3_000 * (3_000 / 8_000) * 9));
    expect(queue.attempts(1, 0, BYTES, 1, true)).toBe(3_000);
    expect(queue.settle(1, 0, 3_000, 1_000).furtherAttempts).toBe(2_000 * 9);
    expect(queue.attempts(2, 0, BYTES)).toBe(20);
  });

  // A queue may be made when the first records are refused, so that nobody has asked it for attempts.
  it("can be emptied after its first tick", () => {
    const limiter = { recordsPerSecond: 150, bytesPerSecond: 1e9, burstRecords: 100, burstBytes: 1e9 };
    const queue = createRetryQueue({ kind: "kpl", ttlSeconds: 30, retrySeconds: 0.1, ...limiter });
    queue.settle(5, 300, 300, 100);
    expect(queue.drop(1)).toBe(200);
  });
});
