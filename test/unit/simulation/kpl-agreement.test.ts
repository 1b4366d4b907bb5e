/*
 * A KPL producer whose aggregates fill, in the coarser fidelities against the one that takes every Kinesis record on its own: short of
 * bytes with full aggregates, short of records with many processes, and while its shard map is refreshed. The bounds are those of
 * docs/model.md.
 */
import { describe, expect, it } from "vitest";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import { type ModelRun, runModel } from "./run-model.js";

const SECONDS = 240;
const SEEDS = [1, 2, 3];
const coarse: readonly Fidelity[] = ["tick", "auto", "fluid"];

interface Point {
  readonly load: number;
  readonly instances: number;
  /** User records a second on the only shard. */
  readonly records: number;
  readonly limits: NonNullable<ModelRun["limits"]>;
}

/** A shard that takes a tenth of the usual records, so that record by record is quick too. */
const fewRecords = {
  "shard.writeRecordsPerSecond": 100,
  "shard.writeBurstRecords": 100,
  "kpl.limiterBurstRecords": 100,
} as const;

const points: readonly Point[] = [0.7, 0.97, 1.03, 1.3].flatMap((load) => [
  // Aggregates of 353 records of 145 B each fill a shard's 1 MiB/s.
  { load, instances: 1, records: (load * 2 ** 20) / 144.9, limits: {} },
  // Aggregates of 1 + r/400 records, of which r/(1 + r/400) come: as many as such a shard takes.
  { load, instances: 40, records: (100 * load) / (1 - (100 * load) / 400), limits: fewRecords },
]);

async function figures({ records, instances, limits }: Point, fidelity: Fidelity) {
  const yaml = `{version: 1, stream: {name: s, shards: 1}, producers: [{name: p, records: ${records}/s, recordSize: 136 B, retry: kpl, instances: ${instances}, aggregation: {maxSize: 50 KiB, keySize: 36 B}}]}`;
  const sums = { throttledRatio: 0, lost: 0, perKinesisRecord: 0 };
  for (const seed of SEEDS) {
    const { summary } = await runModel(yaml, { fidelity, seconds: SECONDS, seed, limits });
    sums.throttledRatio += summary.throttledRatio / SEEDS.length;
    sums.lost += summary.lostRecords / summary.offeredRecords / SEEDS.length;
    sums.perKinesisRecord += (summary.producers[0]?.recordsPerKinesisRecord ?? 0) / SEEDS.length;
  }
  return sums;
}

describe("aggregates that fill", () => {
  it.each(points)("are refused and lost alike at $load of the limit with $instances processes", async (point) => {
    const reference = await figures(point, "record");
    for (const fidelity of coarse) {
      const found = await figures(point, fidelity);
      // A flow knows no chance, and refuses nothing below the limit.
      const isBlind = fidelity === "fluid" && point.load < 1;
      if (!isBlind) expect(Math.abs(found.throttledRatio - reference.throttledRatio), fidelity).toBeLessThan(0.13);
      expect(Math.abs(found.lost - reference.lost), fidelity).toBeLessThan(0.02 + 25 / SECONDS);
      expect(found.perKinesisRecord / reference.perKinesisRecord, fidelity).toBeGreaterThan(0.98);
      expect(found.perKinesisRecord / reference.perKinesisRecord, fidelity).toBeLessThan(1.02);
    }
  });
});

describe("a refresh of the shard map", () => {
  it.each(["{recordsPerBatch: 100, keySize: 36 B}", "{maxSize: 50 KiB, keySize: 36 B}"])(
    "costs about as many refusals, with aggregates %s",
    async (aggregation) => {
      const yaml = `{version: 1, stream: {name: s, shards: 8}, producers: [{name: p, records: 24000/s, recordSize: 136 B, retry: kpl, aggregation: ${aggregation}}], scenario: [{event: reshard, at: 60s, shards: 12}]}`;
      const refused = async (fidelity: Fidelity): Promise<number> => {
        let sum = 0;
        for (const seed of SEEDS) {
          const { summary } = await runModel(yaml, { fidelity, seconds: SECONDS, seed });
          expect(summary.delayedRecords).toBeGreaterThan(30_000);
          expect(summary.lostRecords).toBe(0);
          sum += summary.throttledRecords;
        }
        return sum;
      };
      const reference = await refused("record");
      // Aggregates come by chance, of which a flow knows nothing: it refuses half as much or less.
      for (const [fidelity, least] of [
        ["tick", 0.75],
        ["auto", 0.75],
        ["fluid", 0.4],
      ] as const) {
        const ratio = (await refused(fidelity)) / reference;
        expect(ratio, fidelity).toBeGreaterThan(least);
        expect(ratio, fidelity).toBeLessThan(1.25);
      }
    },
  );
});
