/*
 * What the lease table of a quiet fleet costs in an hour, against sums of the library's timers.
 */
import { describe, expect, it } from "vitest";
import { consumerOf, simulateReads } from "../read-side-run.js";

const HOUR = 3_600;
const RENEWAL = 10 / 3 - 0.025;
const TAKER = 2 * (10 + 0.025);
const DISCOVERY = 10 - 0.025;
const ITEM_BYTES = 400;

interface Fleet {
  readonly version: 2 | 3;
  readonly shards: number;
  readonly workers: number;
  readonly records?: number;
  readonly checkpointInterval?: string;
}

async function unitsOf({ version, shards, workers, records = 50 * shards, checkpointInterval }: Fleet) {
  const consumer = { name: "c", kind: "kcl", kclVersion: version, workers, checkpointInterval };
  const run = await simulateReads({ shards, records, consumers: [consumer] }, { fidelity: "auto", seconds: HOUR });
  const { leaseTable } = consumerOf(run);
  if (leaseTable === null) throw new Error("there is no lease table");
  return leaseTable;
}

/** A scan reads all items without consistency: half a unit for each 4 KiB. */
function scanOf(shards: number): number {
  return Math.ceil((shards * ITEM_BYTES) / 4_096) / 2;
}

function near(value: number, expected: number): void {
  expect(Math.abs(value / expected - 1)).toBeLessThan(0.01);
}

describe("the lease table of an hour", () => {
  it.each([
    { shards: 10, workers: 4 },
    { shards: 100, workers: 20 },
  ])("of KCL 2, $shards shards and $workers workers", async ({ shards, workers }) => {
    const { readUnits, writeUnits } = await unitsOf({ version: 2, shards, workers });
    // A checkpoint after each batch, once in 1.5 s.
    near(writeUnits, HOUR * shards * (1 / RENEWAL + 1 / 1.5));
    near(readUnits, (HOUR * workers * scanOf(shards)) / TAKER);
  });

  it.each([
    { shards: 10, workers: 4 },
    { shards: 100, workers: 20 },
  ])("of KCL 3, $shards shards and $workers workers", async ({ shards, workers }) => {
    const { readUnits, writeUnits } = await unitsOf({ version: 3, shards, workers });
    // Reports of each worker and the leader's heartbeat, every 30 s.
    near(writeUnits, HOUR * (shards * (1 / RENEWAL + 1 / 1.5) + (workers + 1) / 30));
    const queries = (workers / DISCOVERY + (workers - 1) / 31) / 2;
    near(readUnits, HOUR * (scanOf(shards) / 20 + queries));
  });

  it("counts checkpoints as seldom as they are made", async () => {
    const { writeUnits } = await unitsOf({ version: 2, shards: 10, workers: 2, checkpointInterval: "1 min" });
    near(writeUnits, HOUR * 10 * (1 / RENEWAL + 1 / 60));
  });

  it("has no checkpoint where a call brings no record", async () => {
    // 6 records an hour and shard.
    const { writeUnits } = await unitsOf({ version: 2, shards: 100, workers: 2, records: 1 / 6 });
    near(writeUnits, HOUR * 100 * (1 / RENEWAL) + 600);
  });
});
