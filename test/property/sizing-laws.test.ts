import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reverseSize, ServiceCatalogue, type SizeOptions, type Sizing, size, type Workload } from "../../src/index.js";
import { oneWorkload } from "../one-workload.js";
import { as, binary, type Draft, draft, toText } from "./random-workload.js";

/** Fixed, so that a run can be repeated; the environment can ask for another. */
const seed = Number(process.env["SEED"] ?? 20_261_122);

function optionsFor({ stream }: Workload): SizeOptions {
  return { facts: new ServiceCatalogue().forRegion(stream.region) };
}

function answer(workload: Workload): Sizing {
  return size(workload, optionsFor(workload));
}

type Law = (workload: Workload, from: Draft) => void;

/** Holds a law against random workloads. */
async function holds(law: Law, numRuns = 100): Promise<void> {
  await fc.assert(
    fc.asyncProperty(draft, async (from) => {
      law(await oneWorkload(toText(from)), from);
    }),
    { numRuns, seed },
  );
}

/** The same, with a number beside the workload. */
async function holdsWith<T>(beside: fc.Arbitrary<T>, law: (workload: Workload, value: T) => void): Promise<void> {
  await fc.assert(
    fc.asyncProperty(draft, beside, async (from, value) => {
      law(await oneWorkload(toText(from)), value);
    }),
    { numRuns: 100, seed },
  );
}

type Constraint = Sizing["shards"]["constraints"][number];

/** Pairs of what a constraint asks for before and after a change. */
function paired(before: Sizing, after: Sizing): { was: Constraint; is: Constraint }[] {
  return before.shards.constraints.map((was) => {
    const is = after.shards.constraints.find(({ name }) => name === was.name);
    if (is === undefined) throw new Error(`${was.name} is gone`);
    return { was, is };
  });
}

/**
 * No constraint asks for less, and neither does the answer, unless the hot shard has become hopeless (null) and drops out.
 * Nothing but the hot shard may.
 */
function expectNotLess(before: Sizing, after: Sizing): void {
  for (const level of ["minimum", "recommended"] as const) {
    const pairs = paired(before, after).map(({ was, is }) => ({ name: is.name, was: was[level], is: is[level] }));
    const hopeless = pairs.filter(({ is }) => is === null);
    expect(hopeless.every(({ name }) => name === "hot-shard")).toBe(true);
    const dropsOut = hopeless.some(({ was }) => was !== null);
    for (const { name, was, is } of pairs) expect(is ?? Infinity, name).toBeGreaterThanOrEqual(was ?? 0);
    if (!dropsOut) expect(after.shards[level]).toBeGreaterThanOrEqual(before.shards[level]);
    // What is beyond help stays so.
    for (const { was, is } of pairs) if (was === null) expect(is).toBeNull();
  }
}

const growth = fc.double({ min: 1, max: 50, noNaN: true });

function withRates(workload: Workload, factorOf: (index: number) => number): Workload {
  return {
    ...workload,
    producers: workload.producers.map((one, index) => ({
      ...one,
      records: ((one.records ?? 0) * factorOf(index)) as NonNullable<typeof one.records>,
    })),
  };
}

describe("size", () => {
  it("gives the same text the same answer", async () => {
    await fc.assert(
      fc.asyncProperty(draft, async (from) => {
        const [first, second] = [await oneWorkload(toText(from)), await oneWorkload(toText(from))];
        expect(JSON.stringify(answer(second))).toBe(JSON.stringify(answer(first)));
      }),
      { numRuns: 50, seed },
    );
  });

  it("does not ask for less when a producer sends more", async () => {
    await holdsWith(fc.tuple(fc.nat(), growth), (workload, [pick, factor]) => {
      const raised = pick % workload.producers.length;
      const after = withRates(workload, (index) => (index === raised ? factor : 1));
      expectNotLess(answer(workload), answer(after));
    });
  });

  it("does not ask for less when records are larger", async () => {
    await holdsWith(fc.tuple(fc.nat(), growth), (workload, [pick, factor]) => {
      const raised = pick % workload.producers.length;
      // Aggregates of a given size hold fewer larger records, and one record alone has no envelope.
      fc.pre(workload.producers[raised]?.aggregation?.maxSize === undefined);
      const producers = workload.producers.map((one, index) =>
        index === raised ? { ...one, recordSize: (one.recordSize * factor) as typeof one.recordSize } : one,
      );
      expectNotLess(answer(workload), answer({ ...workload, producers }));
    });
  });

  it("does not ask for less when a shared consumer joins", async () => {
    const [joining] = (
      await oneWorkload(
        "version: 1\nstream: {name: s}\nproducers: [{name: p, records: 1, recordSize: 1}]\nconsumers: [{name: joining, kind: sdk}]\n",
      )
    ).consumers;
    if (joining === undefined) throw new Error("the consumer was not read");
    await holds((workload) => {
      expectNotLess(answer(workload), answer({ ...workload, consumers: [...workload.consumers, joining] }));
    });
  });

  it("is the largest of its constraints, and the first of the largest binds", async () => {
    await holds((workload) => {
      const { shards } = answer(workload);
      const asked = (level: "minimum" | "recommended"): number[] => shards.constraints.map((one) => one[level] ?? 0);
      expect(shards.minimum).toBe(Math.max(1, ...asked("minimum")));
      expect(shards.recommended).toBe(Math.max(1, ...asked("recommended"), ...asked("minimum")));
      const wanted = shards.constraints.map(({ minimum, recommended }) => recommended ?? minimum ?? 0);
      expect(shards.binding).toBe(shards.constraints[wanted.indexOf(Math.max(...wanted))]?.name);
      for (const { minimum, recommended } of shards.constraints)
        if (recommended !== null) expect(recommended).toBeGreaterThanOrEqual(minimum ?? Infinity);
    });
  });

  it("recommends at least the minimum", async () => {
    await holds((workload) => {
      const { shards } = answer(workload);
      expect(shards.recommended).toBeGreaterThanOrEqual(shards.minimum);
    });
  });

  it("needs in proportion to the traffic", async () => {
    await holdsWith(fc.double({ min: 0.01, max: 100, noNaN: true }), (workload, factor) => {
      const [before, after] = [answer(workload), answer(withRates(workload, () => factor))];
      let proportional = 0;
      for (const { was, is } of paired(before, after)) {
        expect(is.need === null).toBe(was.need === null);
        if (was.need === null || is.need === null) continue;
        expect(Math.abs(is.need - factor * was.need)).toBeLessThanOrEqual(1e-9 * factor * was.need);
        proportional += 1;
      }
      expect(proportional).toBeGreaterThanOrEqual(3);
    });
  });

  it("runs no more workers than there are shards", async () => {
    await holds((workload, { judged }) => {
      const options = optionsFor(workload);
      const { shards, consumers } = size(workload, judged === undefined ? options : { ...options, shards: judged });
      for (const { workers, workersForCpu, capped } of consumers) {
        expect(workers ?? 0).toBeLessThanOrEqual(shards.count);
        expect(capped).toBe(workers !== workersForCpu);
        if (judged === undefined) expect(capped).toBe(false);
      }
    });
  });
});

describe("reverseSize", () => {
  it("carries the workload at the recommended count, and not with a shard less", async () => {
    let lesser = 0;
    await holds((workload) => {
      const { shards } = answer(workload);
      fc.pre(shards.constraints.every(({ recommended }) => recommended !== null));
      const factorAt = (count: number): number =>
        reverseSize(workload, count, optionsFor(workload)).carries.recommended.factor ?? Infinity;
      expect(factorAt(shards.recommended)).toBeGreaterThanOrEqual(1);
      if (shards.recommended === 1 || shards.binding === "hot-shard") return;
      expect(factorAt(shards.recommended - 1)).toBeLessThan(1);
      lesser += 1;
    });
    expect(lesser).toBeGreaterThan(20);
  });

  it("names a factor at which the count is recommended", async () => {
    await holdsWith(fc.integer({ min: 2, max: 300 }), (workload, count) => {
      fc.pre(workload.producers.some(({ records }) => records !== 0));
      const { carries } = reverseSize(workload, count, optionsFor(workload));
      const { factor } = carries.recommended;
      fc.pre(factor !== null && factor > 0);
      const scaled = answer(withRates(workload, () => factor * (1 - 1e-12)));
      expect(scaled.shards.recommended).toBeLessThanOrEqual(count);
      const beyond = answer(withRates(workload, () => factor * (1 + 1e-6)));
      const binding = beyond.shards.constraints.find(({ name }) => name === carries.binding);
      expect(binding?.recommended ?? Infinity).toBeGreaterThan(count);
    });
  });
});

/** Two spellings of one value; the conversion between them is exact. */
type Pair = readonly [string, string];

const rates = fc
  .tuple(fc.integer({ min: 1, max: 100_000 }), fc.constantFrom(60, 3_600, 86_400, 604_800))
  .map(([rate, period]): Pair => {
    const names = { 60: "min", 3600: "h", 86400: "day", 604800: "week" };
    return [`${rate}/s`, `${rate * period} /${names[period]}`];
  });
const sizes = fc
  .tuple(
    fc.integer({ min: 36, max: 1_000_000 }).map(BigInt),
    fc.constantFrom(as(" B"), as(" KB", { moved: 3 }), as("MB", { moved: 6 }), binary(" KiB", 10), binary("MiB", 20)),
  )
  .map(([size, spell]): Pair => [String(size), spell(size, 0)]);
const durations = fc
  .tuple(fc.integer({ min: 1, max: 20_000 }).map(BigInt), fc.constantFrom("us", "ms", "s"))
  .map(([count, unit]): Pair => [`${count}e-6`, as(unit)(count, { us: 0, ms: 3, s: 6 }[unit])]);
const percentages = fc.integer({ min: 1, max: 100 }).map((count): Pair => [String(count / 100), `${count}%`]);
const hours = fc.integer({ min: 24, max: 8_760 }).map((count): Pair => {
  return [String(count * 3_600), `${Math.floor(count / 24)}d ${count % 24}h`];
});

describe("spelling", () => {
  it("does not matter", async () => {
    const values = fc.record({
      rate: rates,
      size: sizes,
      time: durations,
      utilization: percentages,
      target: percentages,
      retention: hours,
    });
    await fc.assert(
      fc.asyncProperty(values, async ({ rate, size: bytes, time, utilization, target, retention }) => {
        const [first, second] = await Promise.all(
          ([0, 1] as const).map((at) =>
            oneWorkload(`version: 1
stream: {name: s, utilization: ${utilization[at]}, retention: ${retention[at]}}
producers:
  - {name: p, records: ${rate[at]}, recordSize: ${bytes[at]}, aggregation: {maxSize: 50 KiB}, keys: {hottest: 1%}}
consumers:
  - {name: c, kind: kcl, cpuPerRecord: ${time[at]}, worker: {targetCpu: ${target[at]}}}
`),
          ),
        );
        if (first === undefined || second === undefined) throw new Error("two workloads were read");
        expect(JSON.stringify(answer(second))).toBe(JSON.stringify(answer(first)));
      }),
      { numRuns: 200, seed },
    );
  });
});

describe("hot shard", () => {
  const MIB = 1_048_576;

  it("is the fewest shards that keep one hot key and the even rest within both limits", async () => {
    const values = fc.record({
      rate: fc.integer({ min: 1, max: 30_000 }),
      bytes: fc.integer({ min: 1, max: 3_000 }),
      share: fc.integer({ min: 1, max: 1_000 }),
      used: fc.integer({ min: 10, max: 100 }),
    });
    await fc.assert(
      fc.asyncProperty(values, async ({ rate, bytes, share, used }) => {
        const workload = await oneWorkload(
          `version: 1\nstream: {name: s, utilization: ${used}%}\nproducers: [{name: p, records: ${rate}, recordSize: ${bytes}, keys: {hottest: ${share / 1_000}}}]\n`,
        );
        const hot = share / 1_000;
        /** The largest part of a shard's limits that is in use on the shard with the hot key. */
        const fullness = (shards: number): number => {
          const part = rate * (hot + (1 - hot) / shards);
          return Math.max(part / 1_000, (part * bytes) / MIB);
        };
        const { constraints } = answer(workload).shards;
        const row = constraints.find(({ name }) => name === "hot-shard");
        const levels = [
          { asks: row?.minimum, room: 1 },
          { asks: row?.recommended, room: used / 100 },
        ];
        for (const { asks, room } of levels) {
          if (asks === null || asks === undefined) {
            expect(row).toBeDefined();
            expect(fullness(1e12)).toBeGreaterThan(room * (1 - 1e-9));
            continue;
          }
          expect(fullness(asks)).toBeLessThanOrEqual(room * (1 + 1e-9));
          if (asks > 1) expect(fullness(asks - 1)).toBeGreaterThan(room * (1 - 1e-9));
        }
      }),
      { numRuns: 300, seed },
    );
  });

  it("of many keys never takes fewer shards than an even spread", async () => {
    const values = fc.record({
      rate: fc.integer({ min: 100, max: 40_000 }),
      bytes: fc.integer({ min: 20, max: 3_000 }),
      keys: fc.integer({ min: 1, max: 200_000 }),
      exponent: fc.integer({ min: 0, max: 15 }),
    });
    let counted = 0;
    await fc.assert(
      fc.asyncProperty(values, async ({ rate, bytes, keys, exponent }) => {
        const workload = await oneWorkload(
          `version: 1\nstream: {name: s}\nproducers: [{name: p, records: ${rate}, recordSize: ${bytes}, keys: {count: ${keys}, distribution: zipf, exponent: ${exponent / 10}}}]\n`,
        );
        const { constraints } = answer(workload).shards;
        const row = constraints.find(({ name }) => name === "hot-shard");
        const even = constraints.filter(({ name }) => name.startsWith("write-"));
        expect(row).toBeDefined();
        for (const { minimum, recommended } of even) {
          expect(row?.minimum ?? Infinity).toBeGreaterThanOrEqual(minimum ?? Infinity);
          expect(row?.recommended ?? Infinity).toBeGreaterThanOrEqual(recommended ?? Infinity);
        }
        expect(row?.recommended ?? Infinity).toBeGreaterThanOrEqual(row?.minimum ?? Infinity);
        if (row?.recommended !== null) counted += 1;
      }),
      { numRuns: 60, seed },
    );
    expect(counted).toBeGreaterThan(5);
  });
});
