/*
 * Laws of a shard's buckets that hold on every path, whatever chance brings. A shard without limits shows what is offered, since nothing
 * that is drawn depends on what is refused as long as nobody retries; what a shard with limits takes is held against that.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProducerModel, RetryModel } from "../../../src/simulation/model.js";
import type { ShardLog } from "../../../src/simulation/shard-parts.js";
import {
  loadShard,
  noLimits,
  producerOf,
  recordLimit,
  type ShardLoad,
  type TakenRecords,
  takenRecords,
  type WriteLimits,
} from "../../unit/simulation/shard-under-load.js";

/** A few seconds of one or two producers on a shard whose buckets are near what is offered, so that some records are refused. */
const scarceLoad: fc.Arbitrary<Omit<ShardLoad, "fidelity">> = fc
  .record({
    rates: fc.array(fc.integer({ min: 5, max: 60 }), { minLength: 1, maxLength: 2 }),
    batches: fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 5 })),
    sizes: fc.tuple(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 1, max: 900 })),
    variation: fc.constantFrom(0, 0, 0.5, 2),
    burstiness: fc.constantFrom(0, 0.8),
    share: fc.constantFrom(1, 1, 0.3),
    records: fc.record({
      perSecond: fc.double({ min: 5, max: 60, noNaN: true }),
      burst: fc.integer({ min: 1, max: 80 }),
    }),
    bytes: fc.record({
      factor: fc.double({ min: 0.5, max: 3, noNaN: true }),
      burst: fc.double({ min: 1, max: 40, noNaN: true }),
    }),
    seed: fc.integer({ min: 0, max: 2 ** 30 }),
  })
  .map(({ rates, batches, sizes, variation, burstiness, share, records, bytes, seed }) => ({
    producers: rates.map((rate, index) =>
      producerOf(rate, {
        name: `producer ${index}`,
        putBatch: batches[index] as number,
        bytesPerKinesisRecord: sizes[index] as number,
        logVariance: Math.log1p(variation ** 2),
        burstiness,
      }),
    ),
    limits: {
      writeRecordsPerSecond: records.perSecond,
      writeBurstRecords: records.burst,
      writeBytesPerSecond: bytes.factor * (rates[0] as number) * sizes[0],
      writeBurstBytes: bytes.burst * sizes[0],
    },
    share,
    seconds: 20,
    seed,
  }));

/**
 * The most by which any stretch of time, from just before one record to just after another, goes beyond a bucket of `burst` that gains
 * `perSecond`; not above 0 where the bucket was kept to.
 */
function excess(arrivals: Float64Array, weights: Float64Array, perSecond: number, burst: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let from = 0; from < arrivals.length; from += 1) {
    let sum = 0;
    for (let to = from; to < arrivals.length; to += 1) {
      sum += weights[to] as number;
      most = Math.max(most, sum - burst - perSecond * ((arrivals[to] as number) - (arrivals[from] as number)));
    }
  }
  return most;
}

/** The records that a shard has to take: each one that breaks the bound of no stretch of time that ends with it. */
function greedy({ arrivals, sizes }: TakenRecords, limits: WriteLimits): TakenRecords {
  const [times, bytes]: [number[], number[]] = [[], []];
  for (const [index, at] of arrivals.entries()) {
    const size = sizes[index] as number;
    let fits = limits.writeBurstRecords >= 1 && limits.writeBurstBytes >= size;
    let [count, sum] = [1, size];
    for (let from = times.length - 1; from >= 0 && fits; from -= 1) {
      count += 1;
      sum += bytes[from] as number;
      const passed = at - (times[from] as number);
      fits =
        count <= limits.writeBurstRecords + limits.writeRecordsPerSecond * passed &&
        sum <= limits.writeBurstBytes + limits.writeBytesPerSecond * passed;
    }
    if (!fits) continue;
    times.push(at);
    bytes.push(size);
  }
  return { arrivals: Float64Array.from(times), sizes: Float64Array.from(bytes) };
}

describe("a shard, record by record", () => {
  it("takes no more in any stretch of time than its buckets hold and gain in it", () => {
    fc.assert(
      fc.property(scarceLoad, (load) => {
        const { arrivals, sizes } = takenRecords(loadShard({ ...load, fidelity: "record" }).log);
        const { writeRecordsPerSecond, writeBurstRecords, writeBytesPerSecond, writeBurstBytes } = load.limits;
        const ones = new Float64Array(arrivals.length).fill(1);
        expect(excess(arrivals, ones, writeRecordsPerSecond, writeBurstRecords)).toBeLessThan(1e-9);
        expect(excess(arrivals, sizes, writeBytesPerSecond, writeBurstBytes)).toBeLessThan(1e-6);
      }),
      { numRuns: 60 },
    );
  });

  it("takes every record that breaks no such bound", () => {
    let refused = 0;
    fc.assert(
      fc.property(scarceLoad, (load) => {
        const offered = takenRecords(loadShard({ ...load, limits: noLimits, fidelity: "record" }).log);
        const { log, producers } = loadShard({ ...load, fidelity: "record" });
        const lost = producers.reduce((sum, producer) => sum + producer.lost, 0);
        expect(takenRecords(log)).toEqual(greedy(offered, load.limits));
        expect(lost).toBe(offered.arrivals.length - takenRecords(log).arrivals.length);
        refused += lost;
      }),
      { numRuns: 60 },
    );
    expect(refused).toBeGreaterThan(1_000);
  });
});

/** Records by the step of time in which they came. */
function binned(arrivals: Float64Array, step: number, seconds: number): Float64Array {
  const counts = new Float64Array(Math.round(seconds / step));
  for (const at of arrivals) {
    const bin = Math.min(counts.length - 1, Math.floor(at / step));
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}

/** What is lost when a bucket, filled up first, lets the records of a step share it. The last number: steps with losses. */
function lossOfSteps(counts: Float64Array, gain: number, burst: number, isFilledFirst: boolean): [number, number] {
  let [tokens, lost, steps] = [burst, 0, 0];
  for (const count of counts) {
    const most = isFilledFirst ? Math.min(burst, tokens + gain) : tokens + gain;
    const taken = Math.min(count, most);
    tokens = Math.min(burst, most - taken);
    lost += count - taken;
    if (taken < count) steps += 1;
  }
  return [lost, steps];
}

describe("the loss on a shard with a bucket of records", () => {
  const bucketLoad = fc.record({
    rate: fc.integer({ min: 20, max: 200 }),
    utilization: fc.double({ min: 0.8, max: 1.3, noNaN: true }),
    burstSeconds: fc.double({ min: 1, max: 4, noNaN: true }),
    putBatch: fc.constantFrom(1, 1, 4, 50),
    seed: fc.integer({ min: 0, max: 2 ** 30 }),
  });

  /*
   * With records binned by steps of time: what a step's end gains serves the step in the lower bound; in the upper bound a bucket that
   * is smaller by a step's gain is full before the step begins. Only whole records are taken, which costs one a step.
   */
  it("lies between the bounds of a look once in a while, record by record", () => {
    fc.assert(
      fc.property(bucketLoad, ({ rate, utilization, burstSeconds, putBatch, seed }) => {
        const gain = rate / utilization;
        const [seconds, burst] = [60, gain * burstSeconds];
        const load = { producers: [producerOf(rate, { putBatch })], seconds, seed, fidelity: "record" as const };
        const offered = takenRecords(loadShard({ ...load, limits: noLimits }).log).arrivals;
        const { producers } = loadShard({ ...load, limits: recordLimit(gain, burst) });
        for (const step of [0.05, 0.2, 1]) {
          const counts = binned(offered, step, seconds);
          const [least] = lossOfSteps(counts, gain * step, burst, false);
          const [most, steps] = lossOfSteps(counts, gain * step, burst - gain * step, true);
          const lost = producers[0]?.lost ?? Number.NaN;
          expect(lost).toBeGreaterThan(least - 1e-6);
          expect(lost).toBeLessThan(most + steps + 1);
        }
      }),
      { numRuns: 80 },
    );
  });

  it("lies between them by the tick too, whatever the order of calls within a tick", () => {
    fc.assert(
      fc.property(bucketLoad, ({ rate, utilization, burstSeconds, putBatch, seed }) => {
        const gain = rate / utilization;
        const burst = gain * burstSeconds;
        const [lost, counts] = tickLosses([producerOf(rate, { putBatch })], recordLimit(gain, burst), seed);
        const [least] = lossOfSteps(counts, gain, burst, false);
        const [most, steps] = lossOfSteps(counts, gain, burst - gain, true);
        expect(lost).toBeGreaterThan(least - 1e-3);
        // A call is cut to whole records: one more may be lost for every call of a step with losses.
        expect(lost).toBeLessThan(most + steps * (1 + (4 * rate) / putBatch) + 1);
      }),
      { numRuns: 80 },
    );
  });

  it("is that of a bucket that is looked at once a second, for records one by one", () => {
    fc.assert(
      fc.property(bucketLoad, fc.integer({ min: 20, max: 200 }), fc.boolean(), ({ rate, seed }, gain, byBytes) => {
        const [size, burst] = [100, 2 * gain];
        const limits = byBytes
          ? { ...noLimits, writeBytesPerSecond: gain * size, writeBurstBytes: burst * size }
          : recordLimit(gain, burst);
        const [lost, counts] = tickLosses([producerOf(rate, { bytesPerKinesisRecord: size })], limits, seed);
        expect(lost).toBe(lossOfSteps(counts, gain, burst, false)[0]);
      }),
      { numRuns: 80 },
    );
  });
});

describe("a shard that is looked at by the second", () => {
  const load = fc.record({
    rate: fc.integer({ min: 10, max: 150 }),
    burst: fc.integer({ min: 0, max: 300 }),
    putBatch: fc.constantFrom(1, 10),
    retry: fc.constantFrom<RetryModel>(
      { kind: "none" },
      { kind: "sdk", backoffSecondsMax: [20, 20] },
      {
        kind: "kpl",
        ttlSeconds: 30,
        retrySeconds: 0.1,
        recordsPerSecond: 150,
        bytesPerSecond: 1e9,
        burstRecords: 100,
        burstBytes: 1e9,
      },
    ),
    seed: fc.integer({ min: 0, max: 2 ** 30 }),
  });

  it.each([
    { fidelity: "tick" as const, chunkTicks: 60 },
    { fidelity: "tick" as const, chunkTicks: 7 },
    { fidelity: "fluid" as const, chunkTicks: 1 },
  ])("takes no more in any seconds than its bucket holds and gains in them: $fidelity, $chunkTicks", (steps) => {
    fc.assert(
      fc.property(load, ({ rate, burst, putBatch, retry, seed }) => {
        // So uneven that quiet seconds, in which the bucket is full, lie between those in which records wait.
        const producers = [producerOf(rate, { putBatch, retry, burstiness: 3 })];
        const [taken, seconds] = [new Float64Array(180), 180];
        const look = (log: ShardLog, now: number): void => {
          for (let tick = now - steps.chunkTicks; tick < now; tick += 1)
            if (tick >= 0) taken[tick] = log.arrivedLongAgo(tick + 1) - log.arrivedLongAgo(tick);
        };
        loadShard({ ...steps, producers, limits: recordLimit(100, burst), seconds, seed, look });
        expect(
          excess(
            Float64Array.from(taken, (_, tick) => tick),
            taken,
            100,
            burst + 100,
          ),
        ).toBeLessThan(1e-6);
      }),
      { numRuns: 60 },
    );
  });
});

/** What producers lose in a minute by the tick, and what they offered in each tick. All of it is drawn at one go. */
function tickLosses(producers: readonly ProducerModel[], limits: WriteLimits, seed: number): [number, Float64Array] {
  const load = { producers, seconds: 60, seed, fidelity: "tick" as const };
  const { log } = loadShard({ ...load, limits: noLimits });
  const counts = Float64Array.from({ length: load.seconds }, (_, tick) =>
    Math.round(log.arrivedLongAgo(tick + 1) - log.arrivedLongAgo(tick)),
  );
  const { producers: traffic } = loadShard({ ...load, limits });
  return [traffic.reduce((sum, { lost }) => sum + lost, 0), counts];
}
