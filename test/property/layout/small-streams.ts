/* Streams on a hash space of a few keys, on which every layout can be looked at. */
import fc from "fast-check";
import { LoadLine } from "../../../src/scheduling/layout/load-line.js";

/** The load of each hash key, by kind. */
export type KeyLoads = readonly (readonly number[])[];

export interface SmallStream {
  readonly loads: KeyLoads;
  readonly existing: readonly bigint[];
  readonly limit: number;
}

const kindsOf = (keys: number): fc.Arbitrary<KeyLoads> =>
  fc.integer({ min: 1, max: 2 }).chain((kinds) =>
    fc.array(
      fc.array(fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 6 }) }, fc.constant(12)), {
        minLength: keys,
        maxLength: keys,
      }),
      { minLength: kinds, maxLength: kinds },
    ),
  );

export const smallStream: fc.Arbitrary<SmallStream> = fc.integer({ min: 1, max: 11 }).chain((keys) =>
  fc.record({
    loads: kindsOf(keys),
    existing: fc.subarray(innerBoundaries(keys)),
    limit: fc.integer({ min: 4, max: 24 }),
  }),
);

function innerBoundaries(keys: number): bigint[] {
  return Array.from({ length: keys - 1 }, (_, index) => BigInt(index + 1));
}

/** The same load with a knot for each key, and with knots only where the load changes: even between. */
export function lineOf(loads: KeyLoads): LoadLine {
  const keys = loads[0]?.length ?? 0;
  const changes = Array.from({ length: keys }, (_, key) => key).filter(
    (key) => key === 0 || loads.some((of) => of[key] !== of[key - 1]),
  );
  return new LoadLine({
    knots: changes.map(BigInt),
    end: BigInt(keys),
    kinds: loads.map((of) => {
      const sumBelow = (key: number): number => of.slice(0, key).reduce((sum, load) => sum + load, 0);
      const below = Float64Array.from([...changes, keys], sumBelow);
      return { below, upTo: below.slice(0, -1) };
    }),
  });
}

export function loadBetween(loads: KeyLoads, from: bigint, to: bigint): number {
  return Math.max(...loads.map((of) => of.slice(Number(from), Number(to)).reduce((sum, load) => sum + load, 0)));
}

export interface Layout {
  readonly boundaries: readonly bigint[];
  readonly operations: number;
  readonly most: number;
}

/** Every layout there is. */
export function allLayouts({ loads, existing }: SmallStream): Layout[] {
  const keys = loads[0]?.length ?? 0;
  const inner = innerBoundaries(keys);
  return Array.from({ length: 2 ** inner.length }, (_, chosen) => {
    const boundaries = inner.filter((_at, index) => (chosen >> index) & 1);
    const ends = [0n, ...boundaries, BigInt(keys)];
    const parts = ends.slice(1).map((to, index) => loadBetween(loads, ends[index] as bigint, to));
    return { boundaries, operations: operationsBetween(existing, boundaries), most: Math.max(...parts) };
  });
}

export function operationsBetween(existing: readonly bigint[], boundaries: readonly bigint[]): number {
  const added = boundaries.filter((at) => !existing.includes(at)).length;
  return added + existing.filter((at) => !boundaries.includes(at)).length;
}
