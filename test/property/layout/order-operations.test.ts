/* Orders of operations, replayed call by call as the service would take them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseLayout } from "../../../src/scheduling/layout/choose-layout.js";
import {
  type LayoutChange,
  type LayoutOperation,
  orderOperations,
} from "../../../src/scheduling/layout/order-operations.js";
import { lineOf, operationsBetween, type SmallStream, smallStream } from "./small-streams.js";

/** What the open shards were after each call; throws where a call is not one that the service would take. */
function replay({ line, existing }: LayoutChange, operations: readonly LayoutOperation[]): bigint[][] {
  let bounds = [line.start, ...existing, line.end];
  const isOpen = ({ from, to }: { from: bigint; to: bigint }): boolean =>
    bounds.includes(from) && bounds[bounds.indexOf(from) + 1] === to;
  return operations.map((operation) => {
    if (operation.kind === "split") {
      const { shard, at, load } = operation;
      if (!isOpen(shard) || at <= shard.from || at >= shard.to) throw new RangeError(`cannot split at ${at}`);
      expect(load).toBe(line.load(shard.from, shard.to));
      bounds = [...bounds, at].sort((a, b) => Number(a - b));
    } else {
      const { lower, upper, load } = operation;
      if (!(isOpen(lower) && isOpen(upper)) || lower.to !== upper.from) throw new RangeError("cannot merge");
      expect(load).toBe(line.load(lower.from, upper.to));
      bounds = bounds.filter((at) => at !== lower.to);
    }
    return bounds;
  });
}

interface Change extends LayoutChange {
  readonly stream: SmallStream;
}

/** Changes to layouts that are within the limit, with so many shards to spare. */
const changes = (spare: number): fc.Arbitrary<Change> =>
  fc.record({ stream: smallStream, shardValue: fc.integer({ min: 0, max: 6 }) }).map(({ stream, shardValue }) => {
    const line = lineOf(stream.loads);
    const wanted = chooseLayout({ line, ...stream, shardValue, shardsMax: Number.POSITIVE_INFINITY });
    const openMax = Math.max(stream.existing.length, wanted?.length ?? 0) + 1 + spare;
    return { stream, line, existing: stream.existing, wanted: wanted ?? stream.existing, openMax };
  });

describe("the order of operations", () => {
  it.each([2, Number.POSITIVE_INFINITY])("leads to the layout call by call, with %d shards to spare", (spare) => {
    fc.assert(
      fc.property(changes(spare), (change) => {
        const operations = orderOperations(change);
        expect(operations).not.toBeNull();
        const steps = replay(change, operations ?? []);
        expect((steps.at(-1) ?? [change.line.start, ...change.existing, change.line.end]).slice(1, -1)).toEqual(
          change.wanted,
        );
        expect(operations).toHaveLength(operationsBetween(change.existing, change.wanted));
        for (const bounds of steps) expect(bounds.length - 1).toBeLessThanOrEqual(change.openMax);
      }),
      { numRuns: 500 },
    );
  });

  it.each([0, 1])("with %d shards to spare, keeps to it or says that it cannot", (spare) => {
    fc.assert(
      fc.property(changes(spare), (change) => {
        const operations = orderOperations(change);
        if (operations === null) {
          // Only a boundary that moves needs a shard more for a while.
          expect(change.wanted.some((at) => !change.existing.includes(at))).toBe(true);
          expect(change.existing.some((at) => !change.wanted.includes(at))).toBe(true);
          return;
        }
        for (const bounds of replay(change, operations)) expect(bounds.length - 1).toBeLessThanOrEqual(change.openMax);
      }),
      { numRuns: 500 },
    );
  });

  it("never makes a shard more loaded than those of the new layout, and splits hottest first", () => {
    fc.assert(
      fc.property(changes(Number.POSITIVE_INFINITY), (change) => {
        const operations = orderOperations(change) ?? [];
        const merged = operations.filter(({ kind }) => kind === "merge").map(({ load }) => load);
        for (const load of merged) expect(load).toBeLessThanOrEqual(change.stream.limit * (1 + 1e-9));
        const split = operations.filter(({ kind }) => kind === "split").map(({ load }) => load);
        expect(split).toEqual(split.toSorted((a, b) => b - a));
        expect(operations.findIndex(({ kind }) => kind === "merge")).toBe(merged.length > 0 ? split.length : -1);
      }),
      { numRuns: 500 },
    );
  });
});
