/*
 * What holds of a KCL 2 taker's choice, whatever its scan found and however it is set.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideTake, type ScannedLease, type TakerSettings } from "../../../../src/simulation/kcl/lease-taker.js";
import { RandomStream } from "../../../../src/simulation/kernel/random-stream.js";

const NOW = 1000;
const ME = 0;
const FAILOVER = 10;

const lease = fc.record({
  owner: fc.integer({ min: -1, max: 4 }),
  lastSeconds: fc.oneof(
    { weight: 4, arbitrary: fc.constant(NOW) },
    fc.constantFrom(Number.NEGATIVE_INFINITY, NOW - 31, NOW - 30, NOW - 11, NOW - 10),
  ),
});
const renewed = fc.record({ owner: fc.integer({ min: 0, max: 4 }), lastSeconds: fc.constant(NOW) });
const leases = fc.oneof(fc.array(lease, { maxLength: 40 }), fc.array(renewed, { maxLength: 40 }));

const settings: fc.Arbitrary<TakerSettings> = fc.record({
  failoverSeconds: fc.constant(FAILOVER),
  veryOldRatio: fc.constantFrom(1, 3),
  leasesMax: fc.constantFrom(1, 2, 5, Number.POSITIVE_INFINITY),
  stealMax: fc.constantFrom(1, 2, 5),
  prioritizesVeryOld: fc.boolean(),
});

function isHeld({ owner, lastSeconds }: ScannedLease): boolean {
  return owner >= 0 && NOW - lastSeconds <= FAILOVER;
}

function heldBy(found: readonly ScannedLease[], worker: number): number {
  return found.filter((one) => isHeld(one) && one.owner === worker).length;
}

describe("a taker of KCL 2", () => {
  it("takes each lease once, none that it holds, and not more than it may hold", () => {
    fc.assert(
      fc.property(leases, settings, fc.nat(), (found, chosen, seed) => {
        const taken = decideTake(found, ME, NOW, chosen, RandomStream.fromSeed(seed));
        expect(new Set(taken).size).toBe(taken.length);
        const holds = heldBy(found, ME);
        expect(holds + taken.length).toBeLessThanOrEqual(Math.max(holds, chosen.leasesMax));
        for (const place of taken) {
          const one = found[place] as ScannedLease;
          expect(isHeld(one) && one.owner === ME).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("steals only where nothing is available, from a worker that holds most, and no more than is allowed", () => {
    let thefts = 0;
    fc.assert(
      fc.property(leases, settings, fc.nat(), (found, chosen, seed) => {
        const taken = decideTake(found, ME, NOW, chosen, RandomStream.fromSeed(seed));
        const stolen = taken.map((place) => found[place] as ScannedLease).filter(isHeld);
        if (stolen.length === 0) return;
        thefts += 1;
        expect(found.every(isHeld)).toBe(true);
        expect(stolen.length).toBeLessThanOrEqual(chosen.stealMax);
        const most = Math.max(...found.map(({ owner }) => heldBy(found, owner)));
        for (const { owner } of stolen) expect(heldBy(found, owner)).toBe(most);
      }),
      { numRuns: 500 },
    );
    expect(thefts).toBeGreaterThan(20);
  });

  it("chooses the same leases with the same seed", () => {
    fc.assert(
      fc.property(leases, settings, fc.nat(), (found, chosen, seed) => {
        const choices = [1, 2].map(() => decideTake(found, ME, NOW, chosen, RandomStream.fromSeed(seed)));
        expect(choices[0]).toEqual(choices[1]);
      }),
    );
  });
});
