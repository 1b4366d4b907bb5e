/* Layouts against every layout there is, on hash spaces of a few keys. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseLayout } from "../../../src/scheduling/layout/choose-layout.js";
import { cutEvenly, fewestParts, mostLoaded } from "../../../src/scheduling/layout/cut-evenly.js";
import { allLayouts, lineOf, loadBetween, operationsBetween, smallStream } from "./small-streams.js";

const runs = { numRuns: 700 };
const unlimited = Number.POSITIVE_INFINITY;

describe("a load line", () => {
  it("adds up the keys of a range, and reaches as far as a limit allows", () => {
    fc.assert(
      fc.property(smallStream, fc.nat(), ({ loads, limit }, seed) => {
        const line = lineOf(loads);
        const from = BigInt(seed) % line.end;
        let farthest = from;
        for (let to = from; to <= line.end; to += 1n) {
          expect(line.load(from, to)).toBeCloseTo(loadBetween(loads, from, to), 9);
          if (loadBetween(loads, from, to) <= limit) farthest = to;
        }
        expect(line.reach(from, limit * (1 + 1e-9))).toBe(farthest);
        const heaviest = Math.max(...loads.flat());
        expect(line.heaviestKey().load).toBeCloseTo(heaviest, 9);
      }),
      runs,
    );
  });
});

describe("the best layout", () => {
  it("takes as few operations as any, for any worth of a shard and any number of shards that are allowed", () => {
    fc.assert(
      fc.property(
        smallStream,
        fc.integer({ min: 0, max: 6 }),
        fc.oneof(fc.constant(unlimited), fc.integer({ min: 1, max: 11 })),
        (stream, shardValue, shardsMax) => {
          const line = lineOf(stream.loads);
          const found = chooseLayout({ line, ...stream, shardValue, shardsMax });
          const allowed = allLayouts(stream).filter(
            ({ boundaries, most }) => most <= stream.limit && boundaries.length < shardsMax,
          );
          const costOf = (operations: number, boundaries: readonly bigint[]): number =>
            operations + shardValue * (boundaries.length + 1);
          const least = Math.min(...allowed.map(({ operations, boundaries }) => costOf(operations, boundaries)));
          if (found === null) {
            expect(allowed).toEqual([]);
            return;
          }
          expect(found.length).toBeLessThan(shardsMax);
          expect(mostLoaded(line, [0n, ...found, line.end])).toBeLessThanOrEqual(stream.limit * (1 + 1e-9));
          expect(costOf(operationsBetween(stream.existing, found), found)).toBe(least);
        },
      ),
      runs,
    );
  });
});

describe("cuts regardless of shards", () => {
  it("are as few as a limit allows", () => {
    fc.assert(
      fc.property(smallStream, (stream) => {
        const within = allLayouts(stream).filter(({ most }) => most <= stream.limit);
        const fewest = within.length === 0 ? null : Math.min(...within.map(({ boundaries }) => boundaries.length + 1));
        expect(fewestParts(lineOf(stream.loads), stream.limit, unlimited)).toBe(fewest);
      }),
      runs,
    );
  });

  it("leave the most loaded of so many parts as little as can be", () => {
    fc.assert(
      fc.property(smallStream, fc.integer({ min: 1, max: 11 }), (stream, parts) => {
        const line = lineOf(stream.loads);
        const cuts = cutEvenly(line, 0n, line.end, parts);
        expect(cuts.length).toBeLessThan(parts);
        const least = Math.min(
          ...allLayouts(stream)
            .filter(({ boundaries }) => boundaries.length < parts)
            .map(({ most }) => most),
        );
        expect(mostLoaded(line, [0n, ...cuts, line.end])).toBeCloseTo(least, 6);
      }),
      runs,
    );
  });
});
