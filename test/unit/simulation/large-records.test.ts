/* Records that are large for their shard, or differ in size: what the byte bucket makes of them, fidelity by fidelity. */
import { describe, expect, it } from "vitest";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import type { RetryModel } from "../../../src/simulation/model.js";
import type { SimulationSummary } from "../../../src/simulation/simulate.js";
import { runModel } from "./run-model.js";
import { loadShard, noLimits, producerOf, takenRecords } from "./shard-under-load.js";

const MIB = 1_048_576;

const fidelities: readonly Fidelity[] = ["record", "tick", "fluid", "auto"];

async function summaryOf(producer: string, fidelity: Fidelity, seconds = 3_600): Promise<SimulationSummary> {
  const yaml = `{version: 1, stream: {name: s, shards: 1}, producers: [{name: p, ${producer}}]}`;
  return (await runModel(yaml, { fidelity, seconds })).summary;
}

/** The mean of lognormal sizes of which none is above a MiB: what that cuts off is the difference between two normal tails. */
function cutMean(bytes: number, logVariance: number): number {
  const deviation = Math.sqrt(logVariance);
  const edge = Math.log(MIB / bytes) / deviation;
  return bytes * phi(edge - deviation / 2) + MIB * (1 - phi(edge + deviation / 2));
}

describe("record by record", () => {
  it("sizes have their mean and their variation, up to the largest record", () => {
    for (const [variation, bytes] of [
      [0.5, 1_000],
      [1, 1_000],
      [1, 400_000],
    ] as const) {
      const logVariance = Math.log1p(variation ** 2);
      const { log } = loadShard({
        fidelity: "record",
        producers: [producerOf(200, { bytesPerKinesisRecord: bytes, logVariance })],
        limits: noLimits,
        seconds: 500,
      });
      const { sizes } = takenRecords(log);
      expect(sizes.every((size) => size > 0 && size <= MIB)).toBe(true);
      const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
      expect(Math.abs(mean - cutMean(bytes, logVariance))).toBeLessThan(
        (4 * variation * bytes) / Math.sqrt(sizes.length),
      );
    }
  });

  it("a record of 10 MiB takes the tank of a stream that allows it, and ten seconds to fill it again", () => {
    const { log } = loadShard({
      fidelity: "record",
      producers: [producerOf(5, { bytesPerKinesisRecord: 10 * MIB, bytesMax: 10 * MIB })],
      limits: { ...noLimits, writeBytesPerSecond: MIB, writeBurstBytes: 10 * MIB },
      seconds: 600,
    });
    const { arrivals } = takenRecords(log);
    const gaps = arrivals.slice(1).map((at, index) => at - (arrivals[index] as number));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10);
    // The next one is there within a fifth of a second on average, and after two at the latest but for once in 22,000 times.
    expect(Math.max(...gaps)).toBeLessThan(12);
  });
});

const kpl: RetryModel = {
  kind: "kpl",
  ttlSeconds: 30,
  retrySeconds: 0.1,
  recordsPerSecond: 1_500,
  bytesPerSecond: 1.5 * MIB,
  burstRecords: 1_000,
  burstBytes: MIB,
};
const retries: readonly RetryModel[] = [{ kind: "none" }, { kind: "sdk", backoffSecondsMax: [1, 2] }, kpl];

describe.each(fidelities)("records that are larger than the bucket, in %s", (fidelity) => {
  it.each(retries)("never get in, and leave the bucket to others, retry $kind", (retry) => {
    const { producers } = loadShard({
      fidelity,
      producers: [producerOf(5, { bytesPerKinesisRecord: MIB + 1, retry }), producerOf(50, { name: "small" })],
      limits: { ...noLimits, writeBytesPerSecond: MIB, writeBurstBytes: MIB },
      seconds: 60,
    });
    const [large, small] = producers;
    expect(large?.accepted).toBe(0);
    expect((large?.lost ?? 0) + (large?.waiting ?? 0)).toBe(large?.offered);
    expect(small?.accepted).toBe(small?.offered);
  });

  // So many that their order no longer matters.
  it("never get in where far more is offered than taken", () => {
    const { producers } = loadShard({
      fidelity,
      producers: [producerOf(100, { bytesPerKinesisRecord: MIB + 1 }), producerOf(2_000, { name: "small" })],
      limits: { ...noLimits, writeBytesPerSecond: MIB / 16, writeBurstBytes: MIB },
      seconds: 60,
    });
    const [large, small] = producers;
    expect(large?.accepted).toBe(0);
    // Of the small ones, 195 kB/s, the shard takes what it holds and gains, 80 kB/s; four errors of the count, and what a call is cut to.
    expect(Math.abs((small?.accepted ?? 0) * 100 - (MIB + (60 * MIB) / 16))).toBeLessThan(0.01 * MIB);
  });
});

/** The normal distribution (Abramowitz and Stegun 26.2.17, to 7.5e-8). */
function phi(score: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(score));
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp(-(score ** 2) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
  return score >= 0 ? 1 - tail : tail;
}

describe("sizes that vary", () => {
  // Sums of few sizes as normal variates would fall below 0, and what weighs less than nothing fits into no bucket.
  it.each(fidelities)("are no reason to refuse what is far below the limit in %s", async (fidelity) => {
    const producer = "records: 3/s, recordSize: 100 B, recordSizeVariation: 2";
    expect((await summaryOf(producer, fidelity, 21_600)).throttledRecords).toBe(0);
  });

  it.each(fidelities)("leave no record out of account in %s", async (fidelity) => {
    const producer = "records: 5/s, recordSize: 400 kB, recordSizeVariation: 50%, retry: kpl";
    expect((await summaryOf(producer, fidelity)).acceptedRecords).toBeGreaterThan(8_000);
  });

  /** How far the mean size of what was accepted is from 100 bytes, in standard errors. */
  async function meanScore(fidelity: Fidelity, rate: number, variation: number): Promise<number> {
    const producer = `records: ${rate}/s, recordSize: 100 B, recordSizeVariation: ${variation}, putBatch: 1`;
    const yaml = `{version: 1, stream: {name: s, shards: 1}, producers: [{name: p, ${producer}}]}`;
    const { timeline, summary } = await runModel(yaml, { fidelity, seconds: 7_200 });
    const bytes = timeline.reduce((total, row) => total + row.acceptedBytes, 0);
    return (bytes / summary.acceptedRecords - 100) / ((100 * variation) / Math.sqrt(summary.acceptedRecords));
  }

  it.each(fidelities)("have the mean that the workload states in %s", async (fidelity) => {
    for (const [rate, variation] of [
      [3, 0.2],
      [30, 0.5],
      [300, 2],
    ] as const)
      expect(Math.abs(await meanScore(fidelity, rate, variation))).toBeLessThan(4);
  });

  // A normal sum of few sizes would need a bound below, which makes it larger on average.
  it("have the mean that the workload states by the tick, where few of them vary much", async () => {
    expect(Math.abs(await meanScore("tick", 3, 2))).toBeLessThan(4);
  });

  it.each(["tick", "auto", "fluid"] as const)(
    "have the mean that the largest record leaves of it in %s",
    (fidelity) => {
      const logVariance = Math.log1p(1);
      const { log, producers } = loadShard({
        fidelity,
        producers: [producerOf(200, { bytesPerKinesisRecord: 400_000, logVariance })],
        limits: noLimits,
        seconds: 500,
      });
      const accepted = producers[0]?.accepted ?? Number.NaN;
      const apart = log.bytes / accepted - cutMean(400_000, logVariance);
      expect(Math.abs(apart)).toBeLessThan((4 * 400_000) / Math.sqrt(accepted));
    },
  );

  it("cost as much by the tick as record by record where records are small", async () => {
    const producer = "records: 1060/s, recordSize: 1 kB, recordSizeVariation: 1, putBatch: 1, retry: none";
    const [byRecord, byTick] = await Promise.all(
      (["record", "tick"] as const).map((one) => summaryOf(producer, one, 1_200)),
    );
    const share = (summary?: SimulationSummary): number =>
      (summary?.lostRecords ?? Number.NaN) / (summary?.offeredRecords ?? Number.NaN);
    // The loss is what exceeds the limit. Offered bytes have deviation √(2/n) of their mean, with n = 1,272,000: four of the difference.
    expect(Math.abs(share(byRecord) - share(byTick))).toBeLessThan(4 * Math.sqrt((2 * 2) / 1_272_000));
  });
});

describe("records of a large part of the bucket", () => {
  const producer = "records: 2.1/s, recordSize: 400 kB, putBatch: 1, retry: none";

  it("are refused as often as a bucket of two records is empty, record by record", async () => {
    const { lostRecords, offeredRecords } = await summaryOf(producer, "record", 36_000);
    expect(lostRecords / offeredRecords).toBeGreaterThan(0.12);
    expect(lostRecords / offeredRecords).toBeLessThan(0.15);
  });

  // A bucket that gave what it holds and what it gains in a second would give twice as much as it holds at any time.
  it.each(["tick", "auto"] as const)("are refused as often in %s", async (fidelity) => {
    const { lostRecords, offeredRecords } = await summaryOf(producer, fidelity, 36_000);
    expect(lostRecords / offeredRecords).toBeGreaterThan(0.12);
  });

  it.each(["tick", "auto"] as const)("let the smaller ones in where sizes vary, in %s", async (fidelity) => {
    const uneven = "records: 13/s, recordSize: 100 kB, recordSizeVariation: 50%, putBatch: 1, retry: none";
    const [byRecord, found] = await Promise.all(
      (["record", fidelity] as const).map(async (one) => {
        const { lostRecords, offeredRecords } = await summaryOf(uneven, one, 36_000);
        return lostRecords / offeredRecords;
      }),
    );
    // Alike whatever their size, 19 % would be refused. Four standard errors of the difference are a point.
    expect(byRecord).toBeLessThan(0.15);
    expect(Math.abs((found ?? Number.NaN) - (byRecord ?? Number.NaN))).toBeLessThan(0.01);
  });

  it.each(["record", "tick"] as const)("pass the KPL's limiter of bytes in %s", async (fidelity) => {
    const { attemptedRecords } = await summaryOf("records: 3/s, recordSize: 900 kB, putBatch: 1, retry: kpl", fidelity);
    // 1.5 MiB/s, and a first burst of 10 MiB.
    expect(attemptedRecords).toBeLessThanOrEqual((3_600 * 1.5 * MIB + 10 * MIB) / 900_000 + 1);
    expect(attemptedRecords).toBeGreaterThan(0.95 * 3_600 * 1.5 * (MIB / 900_000));
  });

  it("pass the KPL's limiter of bytes as a flow", async () => {
    const { attemptedRecords } = await summaryOf("records: 3/s, recordSize: 900 kB, putBatch: 1, retry: kpl", "fluid");
    expect(attemptedRecords).toBeLessThanOrEqual((3_600 * 1.5 * MIB + 10 * MIB) / 900_000 + 1);
  });
});

/** Figures of what producers and shards make of each other, without the readers'. */
function writesOf({ consumers: _, usd: __, ...writes }: SimulationSummary): object {
  return writes;
}

/*
 * A refused record keeps its size: large ones are refused more often, and what waits is larger than what is fresh. With few records a
 * second, by the tick as record by record, each is played on its own.
 */
describe("what is refused of sizes that vary", () => {
  async function summaryAt(producer: string, fidelity: Fidelity): Promise<SimulationSummary> {
    const yaml = `{version: 1, stream: {name: s, shards: 2}, producers: [{name: p, recordSizeVariation: 1, ${producer}}]}`;
    return (await runModel(yaml, { fidelity, seconds: 1_800 })).summary;
  }

  it.each([
    { retry: "kpl", lost: 0.051 },
    { retry: "sdk", lost: 0.042 },
    { retry: "kpl, buffer: 1 MiB", lost: 0.138 },
    { retry: "none", lost: 0.06 },
  ])("is lost as record by record, retry $retry", async ({ retry, lost }) => {
    const producer = `records: 40/s, recordSize: 60 KiB, retry: ${retry}`;
    const reference = await summaryAt(producer, "record");
    expect(Math.abs(reference.lostRecords / reference.offeredRecords - lost)).toBeLessThan(0.005);
    // From the same streams of random numbers; no chunk of theirs may be leapt over.
    for (const fidelity of ["tick", "auto"] as const)
      expect(writesOf(await summaryAt(producer, fidelity))).toEqual(writesOf(reference));
  });

  it("is so from the size on at which few of them make up what a shard takes", async () => {
    const sizes = { 4096: true, 4000: false };
    for (const [bytes, isAlike] of Object.entries(sizes)) {
      const producer = `records: ${(1.2 * 2 * MIB) / Number(bytes)}/s, recordSize: ${bytes} B, retry: sdk`;
      const [byTick, byRecord] = [await summaryAt(producer, "tick"), await summaryAt(producer, "record")];
      expect(byTick.throttledRecords === byRecord.throttledRecords).toBe(isAlike);
    }
  });

  it("is handed over to the shards that come after", async () => {
    const yaml = `{version: 1, stream: {name: s, shards: 1}, producers: [{name: p, records: 40/s, recordSize: 60 KiB,
      recordSizeVariation: 1, retry: kpl}], scenario: [{event: split-shard, at: 60s, shard: 0}]}`;
    const [byTick, byRecord] = await Promise.all(
      (["tick", "record"] as const).map(async (fidelity) => (await runModel(yaml, { fidelity, seconds: 300 })).summary),
    );
    if (byTick === undefined || byRecord === undefined) throw new Error("a run is missing");
    expect(writesOf(byTick)).toEqual(writesOf(byRecord));
    expect(byTick.delayedRecords).toBeGreaterThan(100);
  });

  // A burst above the limit that gets in at last: every byte of it, whatever waited for how long.
  it.each([
    { fidelity: "record", bytes: 100 },
    { fidelity: "tick", bytes: 100 },
    { fidelity: "tick", bytes: 4_000 },
  ] as const)("keeps its bytes until it gets in, $bytes B in $fidelity", ({ fidelity, bytes }) => {
    const limit = 100_000;
    const curve = { ...producerOf(0).curve, after: burst, before: burst, ceiling: () => burst(0) };
    function burst(now: number): number {
      return now <= 20 ? (1.3 * limit) / bytes : 0;
    }
    const retry = { ...kpl, bytesPerSecond: 1.5 * limit, burstBytes: limit };
    const producer = producerOf(0, { curve, retry, bytesPerKinesisRecord: bytes, logVariance: Math.log1p(1) });
    const limits = { ...noLimits, writeBytesPerSecond: limit, writeBurstBytes: limit };
    for (let seed = 1; seed <= 20; seed += 1) {
      const load = { producers: [producer], seconds: 60, seed };
      const offered = loadShard({ ...load, limits: noLimits, fidelity: bytes > 1_000 ? "record" : fidelity });
      const { log, producers } = loadShard({ ...load, limits, fidelity });
      const [traffic] = producers;
      expect(traffic?.throttled).toBeGreaterThan(0);
      expect([traffic?.lost, traffic?.waiting]).toEqual([0, 0]);
      expect(log.bytes / offered.log.bytes).toBeCloseTo(1, 9);
    }
  });
});

describe("records one by one", () => {
  const shares = async (yaml: string): Promise<boolean> =>
    (await runModel(`{version: 1, stream: {name: s, shards: 2}, producers: [${yaml}]}`, { seconds: 60 })).writesSingly;
  const coarse = "name: c, recordSize: 8 KiB, recordSizeVariation: 1";

  it("are not played for what brings next to nothing, nor where more would wait than there is room for", async () => {
    expect(await shares(`{${coarse}, records: 300/s}`)).toBe(true);
    expect(await shares(`{${coarse}, records: 0.01/s}, {name: p, recordSize: 100 B, records: 1000/s}`)).toBe(false);
    expect(await shares(`{${coarse}, records: 3000/s, retry: kpl}`)).toBe(true);
    expect(await shares(`{${coarse}, records: 30000/s, retry: kpl}`)).toBe(false);
  });
});
