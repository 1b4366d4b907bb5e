/*
 * A shard with one producer is played by a loop of its own: it has to come to what the loop for many comes to where all the others are
 * silent.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProducerModel, RetryModel } from "../../../src/simulation/model.js";
import { loadShard, producerOf, type WriteLimits } from "../../unit/simulation/shard-under-load.js";

const SECONDS = 300;

const retry = fc.oneof(
  fc.constant<RetryModel>({ kind: "none" }),
  fc
    .array(fc.constantFrom(0.5, 1, 2, 20), { maxLength: 3 })
    .map<RetryModel>((backoffSecondsMax) => ({ kind: "sdk", backoffSecondsMax })),
  fc
    .record({ recordsPerSecond: fc.integer({ min: 100, max: 2_000 }), ttlSeconds: fc.integer({ min: 2, max: 30 }) })
    .map<RetryModel>(({ recordsPerSecond, ttlSeconds }) => ({
      kind: "kpl",
      ttlSeconds,
      retrySeconds: 0.1,
      recordsPerSecond,
      bytesPerSecond: 500 * recordsPerSecond,
      burstRecords: recordsPerSecond,
      burstBytes: 500 * recordsPerSecond,
    })),
);

const load = fc.record({
  retry,
  seed: fc.integer({ min: 0, max: 2 ** 30 }),
  recordsPerSecond: fc.double({ min: 500, max: 2_000, noNaN: true }),
  burstiness: fc.constantFrom(0, 0.5),
  logVariance: fc.constantFrom(0, 0.2, 1),
  // Which of the two limits binds.
  bytesPerKinesisRecord: fc.constantFrom(100, 800),
  recordsPerKinesisRecord: fc.constantFrom(1, 5),
});

const limits: WriteLimits = {
  writeRecordsPerSecond: 1_000,
  writeBytesPerSecond: 500_000,
  writeBurstRecords: 1_000,
  writeBurstBytes: 500_000,
};

const silent: ProducerModel = producerOf(0, { name: "silent" });

describe("a shard with one producer", () => {
  it("comes to what it would if others were silent", () => {
    fc.assert(
      fc.property(load, ({ seed, recordsPerSecond, ...changes }) => {
        const rate = recordsPerSecond * changes.recordsPerKinesisRecord;
        const played = [[], [silent]].map((others) => {
          const producers = [producerOf(rate, changes), ...others];
          const { log, producers: accounts } = loadShard({
            fidelity: "tick",
            producers,
            limits,
            seconds: SECONDS,
            seed,
          });
          const { offered, accepted, lost, attempts, throttled, acceptedLate, waiting } = accounts[0] as NonNullable<
            (typeof accounts)[number]
          >;
          return {
            counts: [offered, accepted, lost, attempts, throttled, acceptedLate, waiting, log.records],
            bytes: log.bytes,
          };
        });
        expect(played[0]?.counts).toEqual(played[1]?.counts);
        expect(Math.abs((played[0]?.bytes ?? 0) / (played[1]?.bytes ?? 1) - 1)).toBeLessThan(1e-12);
      }),
      { numRuns: 150 },
    );
  });
});
