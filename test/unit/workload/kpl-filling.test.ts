/*
 * How full the KPL's aggregates get, against a pipeline that is played record by record: a container with the deadline of its first record,
 * sent when its estimated size is reached or its deadline comes; what then is too much for the exact size goes into the next one.
 */
import { describe, expect, it } from "vitest";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import { sampleExponential } from "../../../src/simulation/kernel/samplers.js";
import { aggregateFilling } from "../../../src/workload/kinesis-record.js";
import { aggregateBytes, meanRecordsPerAggregate, recordsPerAggregate } from "../../../src/workload/kpl-aggregation.js";
import { oneWorkload } from "../../one-workload.js";

const BUFFERED_SECONDS = 0.1;
const MAX_SIZE = 51_200;

/** The mean of min(most, 1 + P), term by term. */
function byTerms(further: number, most: number): number {
  let chance = Math.exp(-further);
  let left = 1;
  let sum = 0;
  for (let count = 0; count < most - 1; count += 1) {
    sum += chance * (1 + count);
    left -= chance;
    chance *= further / (count + 1);
  }
  return sum + left * most;
}

/** What the KPL's aggregator estimates a container to weigh, for records under keys of their own. */
function estimatedBytes(count: number, data: number, key: number): number {
  return count * (data + 5 + key + 3);
}

/** User records in each Kinesis record of one process and shard, on average over so many of them. */
function playPipeline(perSecond: number, data: number, key: number, flushes: number, seed: number) {
  const random = RandomStream.fromSeed(seed);
  const shape = { dataBytes: data, keyBytes: key };
  let now = 0;
  let next = sampleExponential(random) / perSecond;
  let container: number[] = [];
  let [sent, alone, bytes] = [0, 0, 0];
  for (let flush = 0; flush < flushes; flush += 1) {
    const isFull = () => estimatedBytes(container.length, data, key) >= MAX_SIZE;
    while (!isFull() && (container.length === 0 || next < (container[0] as number))) {
      now = next;
      container.push(now + BUFFERED_SECONDS);
      next = now + sampleExponential(random) / perSecond;
    }
    const later: number[] = [];
    while (container.length > 1 && aggregateBytes(shape, container.length) > MAX_SIZE)
      later.unshift(container.pop() as number);
    sent += container.length;
    if (container.length === 1) alone += 1;
    bytes += container.length === 1 ? data + key : aggregateBytes(shape, container.length) + 1;
    container = later;
  }
  return { records: sent / flushes, alone: alone / flushes, bytes: bytes / flushes };
}

describe("the mean number of records in an aggregate", () => {
  it.each([
    { further: 0, most: 10, mean: 1 },
    { further: 3, most: 1, mean: 1 },
    { further: 0.5, most: 2, mean: 2 - Math.exp(-0.5) },
    { further: 4, most: 1e6, mean: 5 },
    { further: 1e6, most: 300, mean: 300 },
  ])("is $mean for $further more on average and $most at most", ({ further, most, mean }) => {
    expect(meanRecordsPerAggregate(further, most)).toBeCloseTo(mean, 12);
  });

  it("is the sum over all counts, whichever of time and size is short", () => {
    for (const most of [2, 7, 47, 353])
      for (const further of [0.01, 0.3, 1, 5, 20, 40, 46, 52, 200, 340, 352, 360, 500])
        expect(meanRecordsPerAggregate(further, most) / byTerms(further, most)).toBeCloseTo(1, 7);
  });

  it("grows with the rate and with the room", () => {
    for (let further = 0; further < 500; further += 0.5) {
      const mean = meanRecordsPerAggregate(further, 353);
      expect(meanRecordsPerAggregate(further + 0.5, 353)).toBeGreaterThanOrEqual(mean - 1e-9);
      expect(meanRecordsPerAggregate(further, 354)).toBeGreaterThanOrEqual(mean - 1e-9);
      expect(mean).toBeLessThanOrEqual(Math.min(353, 1 + further) + 1e-9);
    }
  });

  it.each([
    { data: 100, key: 36, rates: [0.5, 5, 50, 500, 2_000, 3_300, 3_500, 4_000, 20_000] },
    { data: 500, key: 36, rates: [5, 300, 900, 1_000, 5_000] },
    { data: 60_000, key: 36, rates: [1, 100] },
  ])("is what the KPL's pipeline makes of records of $data B", ({ data, key, rates }) => {
    const most = recordsPerAggregate({ dataBytes: data, keyBytes: key }, MAX_SIZE);
    for (const rate of rates) {
      const { records, alone } = playPipeline(rate, data, key, 20_000, 7);
      const further = rate * BUFFERED_SECONDS;
      expect(Math.abs(records / meanRecordsPerAggregate(further, most) - 1), `${rate}/s`).toBeLessThan(0.01);
      expect(Math.abs(alone - (most > 1 ? Math.exp(-further) : 1)), `${rate}/s`).toBeLessThan(0.012);
    }
  });
});

describe("the mean bytes of a Kinesis record", () => {
  it.each([0.5, 5, 50, 500, 3_500])("are what the KPL's pipeline makes of %d records a second", async (rate) => {
    const { producers } = await oneWorkload(
      "{version: 1, stream: {name: s}, producers: [{name: p, records: 1/s, recordSize: 136 B, retry: kpl, aggregation: {maxSize: 50 KiB, keySize: 36 B}}]}",
    );
    const facts = new ServiceCatalogue({ everywhere: new Map(), byRegion: new Map() }).forRegion("us-east-1");
    const filling = aggregateFilling(producers[0] as NonNullable<(typeof producers)[number]>, facts);
    const played = playPipeline(rate, 100, 36, 20_000, 3);
    const further = rate * BUFFERED_SECONDS;
    const records = meanRecordsPerAggregate(further, filling?.recordsMax ?? 1);
    expect(Math.abs((filling?.bytes(records, Math.exp(-further)) ?? 0) / played.bytes - 1)).toBeLessThan(0.01);
  });
});
