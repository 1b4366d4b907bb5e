import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { busiestShardConfidence, fewestShards } from "../../src/sizing/busiest-shard.js";
import { evenLoad, joinLoads, type KeyLoads, listedLoads, totalLoad, zipfLoads } from "../../src/sizing/key-loads.js";

/** Some way to spread load over keys, for any limit; `scale` multiplies all loads. */
type Spread = (limit: number, scale: number) => KeyLoads;

const zipfSpread: fc.Arbitrary<Spread> = fc
  .record({
    load: fc.double({ min: 0.5, max: 60, noNaN: true }),
    keyCount: fc.integer({ min: 1, max: 3_000_000 }),
    exponent: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 3, noNaN: true })),
  })
  .map(
    ({ load, keyCount, exponent }) =>
      (limit, scale) =>
        zipfLoads(load * scale, keyCount, exponent, limit),
  );

const listedSpread: fc.Arbitrary<Spread> = fc
  .array(fc.double({ min: 0.001, max: 0.9, noNaN: true }), { minLength: 1, maxLength: 60 })
  .map((weights) => (limit, scale) => {
    const loads = weights.map((weight) => weight * scale);
    return listedLoads(loads, limit);
  });

const joinedSpread: fc.Arbitrary<Spread> = fc
  .tuple(zipfSpread, listedSpread, fc.double({ min: 0, max: 5, noNaN: true }))
  .map(
    ([zipf, listed, even]) =>
      (limit, scale) =>
        joinLoads([zipf(limit, scale), listed(limit, scale), evenLoad(even * scale)], limit),
  );

const spread = fc.oneof(zipfSpread, listedSpread, joinedSpread);
const shardCount = fc.integer({ min: 1, max: 500 });
const wanted = fc.constantFrom(0.5, 0.9, 0.95, 0.99, 0.999);

/** Sums of few keys are told apart to about 2 % of the limit with certainty; risks to a few per cent of themselves. */
const LEAST_FACTOR = 1.02;
function expectAtLeast(confidence: number, reference: number): void {
  expect(1 - confidence).toBeLessThanOrEqual((1 - reference) * 1.1 + 1e-4);
}

describe("busiestShardConfidence", () => {
  it("is a probability that rises with the limit", () => {
    fc.assert(
      fc.property(
        spread,
        shardCount,
        fc.double({ min: 0.1, max: 2, noNaN: true }),
        fc.double({ min: LEAST_FACTOR, max: 3, noNaN: true }),
        (loadsFor, shards, limit, factor) => {
          const low = busiestShardConfidence(loadsFor(limit, 1), shards, limit);
          const high = busiestShardConfidence(loadsFor(limit * factor, 1), shards, limit * factor);
          expect(low).toBeGreaterThanOrEqual(0);
          expect(high).toBeLessThanOrEqual(1);
          expectAtLeast(high, low);
        },
      ),
    );
  });

  it("falls as the load grows", () => {
    fc.assert(
      fc.property(
        spread,
        shardCount,
        fc.double({ min: LEAST_FACTOR, max: 3, noNaN: true }),
        (loadsFor, shards, factor) => {
          const light = busiestShardConfidence(loadsFor(1, 1), shards, 1);
          expectAtLeast(light, busiestShardConfidence(loadsFor(1, factor), shards, 1));
        },
      ),
    );
  });

  it("does not depend on the unit of load", () => {
    fc.assert(
      fc.property(spread, shardCount, fc.integer({ min: -20, max: 20 }), (loadsFor, shards, exponent) => {
        const unit = 2 ** exponent;
        const plain = busiestShardConfidence(loadsFor(1, 1), shards, 1);
        expect(busiestShardConfidence(loadsFor(unit, unit), shards, unit)).toBeCloseTo(plain, 9);
      }),
    );
  });
});

describe("fewestShards", () => {
  it("reaches the confidence, with no fewer shards than the mean load takes", () => {
    fc.assert(
      fc.property(spread, wanted, (loadsFor, confidence) => {
        const loads = loadsFor(1, 1);
        const found = fewestShards(loads, 1, confidence, 5_000);
        if (found === null) return;
        expect(found).toBeGreaterThanOrEqual(Math.ceil(totalLoad(loads) - 1e-6));
        expect(busiestShardConfidence(loads, found, 1)).toBeGreaterThanOrEqual(confidence - 1e-12);
        if (found > 1) expect(busiestShardConfidence(loads, found - 1, 1)).toBeLessThan(confidence);
      }),
    );
  });

  it("gives up only when the ceiling does not reach the confidence", () => {
    fc.assert(
      fc.property(spread, wanted, fc.integer({ min: 1, max: 300 }), (loadsFor, confidence, ceiling) => {
        const loads = loadsFor(1, 1);
        if (fewestShards(loads, 1, confidence, ceiling) !== null) return;
        expect(busiestShardConfidence(loads, ceiling, 1)).toBeLessThan(confidence);
      }),
    );
  });

  it("does not depend on the unit of load", () => {
    fc.assert(
      fc.property(spread, wanted, fc.integer({ min: -20, max: 20 }), (loadsFor, confidence, exponent) => {
        const unit = 2 ** exponent;
        const plain = fewestShards(loadsFor(1, 1), 1, confidence, 2_000);
        expect(fewestShards(loadsFor(unit, unit), unit, confidence, 2_000)).toBe(plain);
      }),
    );
  });
});
