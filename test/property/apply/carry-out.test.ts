import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { carryOut, type Ending } from "../../../src/planning/apply/carry-out.js";
import { beginJournal } from "../../../src/planning/apply/journal.js";
import { formatTimestamp } from "../../../src/workload/parse-timestamp.js";
import type { SavedPlan } from "../../../src/workload/saved-plan.js";
import { Crash, type Fate, ModelStream } from "./model-stream.js";

/** Calls that each double or halve the count, at any distance. */
const plans = fc
  .array(fc.record({ isUp: fc.boolean(), gap: fc.integer({ min: 0, max: 900 }) }), { minLength: 1, maxLength: 5 })
  .map((moves): SavedPlan => {
    let [open, at] = [64, 0];
    const calls = moves.map(({ isUp, gap }) => {
      const from = open;
      open = isUp ? open * 2 : open / 2;
      at += gap;
      return { operation: "update-shard-count", from, to: open, atSeconds: at } as const;
    });
    return {
      stream: { name: "orders", region: "us-east-1" },
      startsAt: undefined,
      startsOn: undefined,
      startShards: 64,
      calls,
    };
  });

/** A lost answer leaves open whether the call was carried out, and it may be a while after the request broke off. */
const fates: fc.Arbitrary<Fate> = fc.oneof(
  fc.constant<Fate>({ isCarriedOut: true, delay: 0, ends: "answered" }),
  fc.constantFrom("busy", "throttled").map((ends): Fate => ({ isCarriedOut: false, delay: 0, ends })),
  fc.record({
    isCarriedOut: fc.boolean(),
    delay: fc.integer({ min: 0, max: 4 }),
    ends: fc.constantFrom("unclear", "crash"),
  }) as fc.Arbitrary<Fate>,
);

const settings = { until: Number.POSITIVE_INFINITY, lateSecondsMax: Number.POSITIVE_INFINITY, account: undefined };

function countsOf(plan: SavedPlan): number[] {
  return plan.calls.map((call) => (call.operation === "update-shard-count" ? call.to : 0));
}

/** Runs the same command until it comes to an end, whatever kills it. */
async function untilItEnds(plan: SavedPlan, model: ModelStream, lives: readonly number[]): Promise<Ending> {
  for (const life of [...lives, Number.POSITIVE_INFINITY]) {
    model.liveFor(life);
    const journal = model.journal ?? beginJournal(plan, formatTimestamp(model.time));
    try {
      return (await carryOut(plan, journal, settings, model)).ending;
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
  }
  return untilItEnds(plan, model, []);
}

const oneCall: SavedPlan = {
  stream: { name: "orders", region: "us-east-1" },
  startsAt: undefined,
  startsOn: undefined,
  startShards: 4,
  calls: [{ operation: "update-shard-count", from: 4, to: 8, atSeconds: 0 }],
};

describe("a plan that is carried out", () => {
  it("has each of its calls made once and in order, whatever fails and whenever the process dies", async () => {
    await fc.assert(
      fc.asyncProperty(
        plans,
        fc.array(fates, { maxLength: 12 }),
        fc.array(fc.nat(40), { maxLength: 12 }),
        fc.constantFrom(0.2, 3, 200),
        async (plan, fated, lives, reshardSeconds) => {
          const model = new ModelStream(plan.startShards, reshardSeconds, fated);
          const { kind } = await untilItEnds(plan, model, lives);
          expect(kind).toBe("finished");
          model.time += 3_600;
          expect(model.openShards).toBe(countsOf(plan).at(-1));
          expect(model.carriedOut).toEqual(countsOf(plan));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("ends where somebody else reshards the stream between its calls", async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.nat(4), fc.boolean(), async (plan, index, isAsPlanned) => {
        const next = plan.calls[Math.min(index, plan.calls.length - 1)] as SavedPlan["calls"][number];
        const made = plan.calls.filter(({ atSeconds }) => atSeconds < next.atSeconds).length;
        const model = new ModelStream(plan.startShards, 1, []);
        const startsAt = model.time;
        const until = startsAt + next.atSeconds;
        const begun = beginJournal(plan, formatTimestamp(startsAt));
        const { journal } = await carryOut(plan, begun, { ...settings, until }, model);
        expect(model.carriedOut.length).toBe(made);
        model.resharded(isAsPlanned ? (countsOf(plan)[made] as number) : model.openShards + 1);
        const { ending } = await carryOut(plan, journal, settings, model);
        expect(ending.kind).toBe("differs");
        expect(model.carriedOut.length).toBe(made);
      }),
    );
  });

  it("ends where the service took a call and did nothing", async () => {
    const model = new ModelStream(4, 1, [{ isCarriedOut: false, delay: 0, ends: "answered" }]);
    const begun = beginJournal(oneCall, formatTimestamp(model.time));
    const { ending, journal } = await carryOut(oneCall, begun, settings, model);
    expect(ending).toMatchObject({
      kind: "differs",
      message: "call 1 was made, and the stream still has 4 open shards",
    });
    expect(journal.calls[0]).toMatchObject({ state: "called", tries: 1 });
  });

  it("looks at the stream before it waits for a call", async () => {
    const [call] = oneCall.calls;
    if (call === undefined) throw new Error("no call");
    const plan: SavedPlan = { ...oneCall, calls: [{ ...call, atSeconds: 36_000 }] };
    const model = new ModelStream(5, 1, []);
    const began = model.time;
    const { ending } = await carryOut(plan, beginJournal(plan, formatTimestamp(began)), settings, model);
    expect(ending.kind).toBe("differs");
    expect(model.time - began).toBeLessThan(60);
    // Before the plan starts somebody may still bring the stream to the count that it starts from.
    const early = new ModelStream(5, 1, []);
    const later = beginJournal(plan, formatTimestamp(early.time + 600));
    const waited = carryOut(plan, later, settings, early);
    early.resharded(4);
    expect((await waited).ending.kind).toBe("finished");
  });

  it("is not made later than allowed", async () => {
    const model = new ModelStream(4, 1, []);
    const begun = beginJournal(oneCall, formatTimestamp(model.time));
    model.time += 3_660;
    const late = await carryOut(oneCall, begun, { ...settings, lateSecondsMax: 3_600 }, model);
    expect(late.ending).toMatchObject({ kind: "late", message: "call 1 was due at 2023-11-14T22:13:20Z, 61m ago" });
    expect(model.carriedOut).toEqual([]);
  });

  it("is given up where the service is out of reach for a quarter of an hour", async () => {
    const lost = (): Fate => ({ isCarriedOut: false, delay: 0, ends: "unclear" });
    const model = new ModelStream(4, 1, Array.from({ length: 1_000 }, lost));
    const begun = beginJournal(oneCall, formatTimestamp(model.time));
    const { ending, journal } = await carryOut(oneCall, begun, settings, model);
    expect(ending).toMatchObject({ kind: "unreachable", message: "unclear, for 15m" });
    expect(journal.calls[0]?.state).toBe("calling");
  });
});
