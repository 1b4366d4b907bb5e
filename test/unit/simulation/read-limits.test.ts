/*
 * What a shard gives to its readers: bytes and calls per second to all shared ones together, so much per call, and to each fan-out
 * reader a rate of its own. AWS: GetRecords returns up to 10 MiB and 10,000 records, at most five times a second a shard, and after
 * 10 MiB the calls of the next 5 s are refused.
 */
import { describe, expect, it } from "vitest";
import { ArrivalLog } from "../../../src/simulation/arrival-log.js";
import type { ConsumerModel } from "../../../src/simulation/consumer-model.js";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import { FlowReader } from "../../../src/simulation/flow-reader.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import { readByPolls } from "../../../src/simulation/read-by-polls.js";
import { RecordLog } from "../../../src/simulation/record-log.js";
import { RecordReader } from "../../../src/simulation/record-reader.js";
import type { Reader } from "../../../src/simulation/shard-parts.js";
import { accountOf, type Call, MIB, readerModel, shardModel, WatchedBucket } from "./lone-reader.js";
import { consumerOf, everyFidelity, openReads, play, simulateReads } from "./read-side-run.js";

const random = RandomStream.fromSeed(20_261_122).child("read limits");
const HOUR = 3_600;

describe("a shard's bucket for shared readers", () => {
  function drained(): WatchedBucket {
    const bucket = new WatchedBucket(shardModel, 0);
    bucket.admits(0);
    bucket.charge(shardModel.readBurstBytes);
    return bucket;
  }

  it("refuses calls for 5 s after 10 MiB when nothing was saved up", () => {
    const bucket = drained();
    expect(bucket.admits(0)).toBe(true);
    bucket.charge(10 * MIB);
    for (const seconds of [0.001, 1, 2, 3, 4, 4.999]) expect(bucket.admits(seconds)).toBe(false);
    expect(bucket.admits(5)).toBe(true);
  });

  it("refuses them for a second less per 2 MiB that were saved up", () => {
    const bucket = new WatchedBucket(shardModel, 0);
    bucket.admits(0);
    bucket.charge(10 * MIB);
    expect(bucket.admits(3.999)).toBe(false);
    expect(bucket.admits(4)).toBe(true);
  });

  it("saves up no more than a second's worth, however long nobody reads", () => {
    const bucket = drained();
    bucket.admits(1_000_000);
    bucket.charge(4 * MIB);
    expect(bucket.admits(1_000_000.999)).toBe(false);
    expect(bucket.admits(1_000_001)).toBe(true);
  });

  it("lets five calls through at once and then one every 200 ms, empty ones too", () => {
    const bucket = new WatchedBucket(shardModel, 0);
    for (let call = 0; call < 20; call += 1) if (bucket.admits(0)) bucket.charge(0);
    expect(bucket.admitted.length).toBe(5);
    for (let tick = 1; tick <= 1_000; tick += 1) if (bucket.admits(tick / 100)) bucket.charge(0);
    // Tenths and hundredths of a second add up to a hair less or more: the last call may be let through a look later.
    expect(Math.abs(bucket.admitted.length - (5 + 10 * 5))).toBeLessThanOrEqual(1);
  });

  it("does not charge for a call that it refuses", () => {
    const bucket = drained();
    bucket.charge(2 * MIB);
    for (let call = 0; call < 1_000; call += 1) expect(bucket.admits(call / 1_000)).toBe(false);
    expect(bucket.admits(1)).toBe(true);
  });
});

const kinds = ["record", "flow"] as const;

/** Readers of a shard that has long accepted a lot, in records of one size. */
function readersOf(
  kind: (typeof kinds)[number],
  models: readonly ConsumerModel[],
  records: number,
  bytes: number,
  userRecords = 1,
) {
  const recordLog = new RecordLog();
  const flowLog = new ArrivalLog(0);
  if (kind === "record") for (let record = 0; record < records; record += 1) recordLog.append(0, bytes, userRecords);
  else {
    flowLog.kinesisRecords = records;
    flowLog.bytes = records * bytes;
    flowLog.append(Float64Array.of(records * userRecords), 1);
  }
  return models.map((model, index) => {
    const account = accountOf(model);
    const stream = random.child(kind, index);
    const reader: Reader =
      kind === "record"
        ? new RecordReader(model, recordLog, account, stream, 1)
        : new FlowReader(model, flowLog, account, stream, 1, 1);
    reader.recordsPerSecond = model.recordsPerSecond;
    reader.start(1);
    return { reader, account };
  });
}

/** Reads up to a time, minute by minute. */
function readFor(readers: readonly { reader: Reader; account: { ageMax: Float64Array } }[], seconds: number) {
  const bucket = new WatchedBucket(shardModel, 1);
  for (let from = 1; from < seconds + 1; from += 60) {
    const to = Math.min(seconds + 1, from + 60);
    for (const { reader } of readers) reader.beginChunk(from);
    readByPolls(
      readers.map(({ reader }) => reader),
      bucket,
      to,
    );
  }
  return bucket;
}

function bytesOf(calls: readonly Call[]): number {
  return calls.reduce((sum, { bytes }) => sum + bytes, 0);
}

describe.each(kinds)("GetRecords of a %s reader", (kind) => {
  it("returns 10 MiB of large records at most, and as much while there is more", () => {
    const readers = readersOf(kind, [readerModel()], 4_000, 100 * 1_024);
    const { admitted } = readFor(readers, 120);
    const bytes = admitted.slice(0, 5).map((call) => call.bytes);
    for (const one of bytes) expect(one).toBeLessThanOrEqual(10 * MIB);
    for (const one of bytes) expect(one).toBeGreaterThan(10 * MIB - 100 * 1_024);
  });

  it("returns 10,000 small records at most, and as many while there are more", () => {
    const readers = readersOf(kind, [readerModel()], 205_000, 100);
    const { admitted } = readFor(readers, 60);
    const records = admitted.slice(0, 22).map((call) => Math.round(call.bytes / 100));
    expect(records).toEqual([...Array.from({ length: 20 }, () => 10_000), 5_000, 0]);
  });

  it.each([0.2, 1, 1.5])("comes every %d s, ten percent more or less", (pollSeconds) => {
    const readers = readersOf(kind, [readerModel({ pollSeconds })], 10, 100);
    const { calls } = readFor(readers, 1_200);
    const gaps = calls.slice(1).map(({ seconds }, index) => seconds - (calls[index]?.seconds ?? Number.NaN));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0.9 * pollSeconds);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1.1 * pollSeconds + 1e-9);
    // Both ends are come near to, and the mean is the interval: gaps are even between 0.9 and 1.1 of it.
    expect(Math.min(...gaps)).toBeLessThan(0.905 * pollSeconds);
    expect(Math.max(...gaps)).toBeGreaterThan(1.095 * pollSeconds);
    const deviation = (0.2 * pollSeconds) / Math.sqrt(12 * gaps.length);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    expect(Math.abs(mean - pollSeconds)).toBeLessThan(4 * deviation);
    expect(calls[0]?.seconds).toBeLessThanOrEqual(1 + pollSeconds);
  });

  it("comes five times a second and shard at most, however many readers there are", () => {
    const readers = readersOf(
      kind,
      Array.from({ length: 8 }, () => readerModel()),
      10,
      100,
    );
    const { calls, admitted } = readFor(readers, HOUR);
    expect(calls.length / HOUR).toBeGreaterThan(7.9);
    expect(admitted.length).toBeLessThanOrEqual(5 * HOUR + 5);
    expect(admitted.length).toBeGreaterThan(0.995 * 5 * HOUR);
    // In no stretch of time more than its part, and the five that may have been saved up.
    for (const ahead of [5, 10, 25, 100]) {
      const spans = admitted.slice(ahead).map(({ seconds }, index) => seconds - (admitted[index]?.seconds ?? 0));
      expect(5 * Math.min(...spans) + 5).toBeGreaterThanOrEqual(ahead + 1 - 1e-6);
    }
    const throttles = readers.reduce((sum, { account }) => sum + account.readThrottles, 0);
    expect(throttles).toBe(calls.length - admitted.length);
    expect(readers.reduce((sum, { account }) => sum + account.calls, 0)).toBe(calls.length);
  });

  /*
   * One call of 10 MiB more or less is 0.14 % of an hour, the second that is saved up at the start 0.03 %. A reader that calls once in
   * a while alone is another matter: what its bucket gains above a second's worth before it calls again is lost (see below).
   */
  it.each([
    { readers: 1, pollSeconds: 0.2 },
    { readers: 1, pollSeconds: 1 },
    { readers: 2, pollSeconds: 1.5 },
    { readers: 3, pollSeconds: 1.5 },
    { readers: 5, pollSeconds: 1 },
  ])("takes 2 MiB/s in all with $readers readers that are far behind and poll every $pollSeconds s", (setting) => {
    const model = readerModel({ pollSeconds: setting.pollSeconds });
    const models = Array.from({ length: setting.readers }, () => model);
    const bucket = readFor(readersOf(kind, models, 160_000, 50 * 1_024), HOUR);
    expect(Math.abs(bytesOf(bucket.calls) / HOUR / (2 * MIB) - 1)).toBeLessThan(0.005);
  });

  it("takes 2 % less with one reader alone that polls every 1.5 s", () => {
    const bucket = readFor(readersOf(kind, [readerModel({ pollSeconds: 1.5 })], 160_000, 50 * 1_024), HOUR);
    const share = bytesOf(bucket.calls) / HOUR / (2 * MIB);
    expect(share).toBeGreaterThan(0.97);
    expect(share).toBeLessThan(0.99);
  });

  it("gives readers that are alike the same in the long run", () => {
    const readers = readersOf(
      kind,
      Array.from({ length: 3 }, () => readerModel()),
      800_000,
      50 * 1_024,
    );
    readFor(readers, 5 * HOUR);
    // Each call of 10 MiB goes to whoever polls first: 3,600 calls are shared out by chance, √(3,600 · 2/9) ≈ 28 either way.
    const fetched = readers.map(({ reader }) => (reader.fetched * 50 * 1_024) / (10 * MIB));
    for (const calls of fetched) expect(Math.abs(calls - 1_200)).toBeLessThan(4 * 28 + 10);
  });

  it("brings nothing more while the reader's memory is full", () => {
    const model = readerModel({ recordsPerSecond: 50, prefetchRecords: 1_000 });
    const [one] = readersOf(kind, [model], 20_000, 100);
    const bucket = new WatchedBucket({ ...shardModel, recordsPerCall: 400 }, 1);
    for (let tick = 1; tick < 121; tick += 1) {
      one?.reader.beginChunk(tick);
      readByPolls(one === undefined ? [] : [one.reader], bucket, tick + 1);
      const held = (one?.reader.fetched ?? 0) - (one?.reader.processed ?? 0);
      // Memory is looked at before the call, as in the KCL: one call may come on top.
      expect(held).toBeLessThan(1_000 + 400);
      if (tick > 10) expect(held).toBeGreaterThan(1_000 - 3 * 50);
    }
    expect(one?.reader.processed).toBeGreaterThan(50 * 117);
  });
});

describe.each(kinds)("the memory of a %s reader", (kind) => {
  it.each([
    { prefetchRecords: 1_000, limit: 1_000 },
    { prefetchBytes: 100_000, limit: 1_000 },
  ])("takes no more from fan-out than $limit records", ({ limit, ...memory }) => {
    const model = readerModel({ isFanOut: true, recordsPerSecond: 50, ...memory });
    const [one] = readersOf(kind, [model], 20_000, 100);
    for (let tick = 1; tick < 121; tick += 1) {
      one?.reader.beginChunk(tick);
      one?.reader.deliver(tick, tick + 1);
      const held = (one?.reader.fetched ?? 0) - (one?.reader.processed ?? 0);
      expect(held).toBeLessThanOrEqual(limit + 1);
      expect(held).toBeGreaterThan(limit - 51);
    }
    // The first comes when reading begins, and from then on the processor is never idle.
    expect(Math.abs((one?.reader.processed ?? 0) - 50 * 120)).toBeLessThan(2);
  });

  it("lets a processor be as fast as fan-out that takes more in a second than it holds", () => {
    const model = readerModel({ isFanOut: true, recordsPerSecond: 500, prefetchRecords: 10 });
    const [one] = readersOf(kind, [model], 100_000, 100);
    one?.reader.beginChunk(1);
    one?.reader.deliver(1, 61);
    expect(Math.abs((one?.reader.processed ?? 0) - 500 * 60)).toBeLessThan(12);
  });

  it("counts Kinesis records, as they come", () => {
    const model = readerModel({ recordsPerSecond: 50, prefetchRecords: 1_000 });
    const [one] = readersOf(kind, [model], 4_000, 100, 10);
    const bucket = new WatchedBucket({ ...shardModel, recordsPerCall: 400 }, 1);
    one?.reader.beginChunk(1);
    readByPolls(one === undefined ? [] : [one.reader], bucket, 21);
    expect(one?.reader.fetched).toBe(3 * 400 * 10);
  });

  it("does not keep what has expired between records in it", () => {
    const model = readerModel({ recordsPerSecond: 50, prefetchRecords: 1_000 });
    const [one] = readersOf(kind, [model], 20_000, 100);
    const bucket = new WatchedBucket({ ...shardModel, recordsPerCall: 400 }, 1);
    one?.reader.beginChunk(1);
    // Polls of 400 come until 1,000 are held, a few of which are processed.
    readByPolls(one === undefined ? [] : [one.reader], bucket, 7);
    const before = one?.reader.processed ?? Number.NaN;
    one?.reader.expire(10_000);
    for (let tick = 7; tick < 200; tick += 1) {
      one?.reader.beginChunk(tick);
      readByPolls(one === undefined ? [] : [one.reader], bucket, tick + 1);
      // Long before the processor is there it fetches what comes behind the gap.
      if (tick === 18) expect([one?.reader.skipped, (one?.reader.fetched ?? 0) > 10_000]).toEqual([0, true]);
    }
    const held = (one?.reader.fetched ?? 0) - (one?.reader.processed ?? 0);
    expect(held).toBeGreaterThan(1_000 - 3 * 50);
    // Its processor loses no time at the gap.
    const done = (one?.reader.processed ?? 0) - (one?.reader.skipped ?? 0) - before;
    expect(Math.abs(done - 50 * 193)).toBeLessThan(1.5);
  });
});

describe.each(kinds)("fan-out to %s readers that are far behind", (kind) => {
  it("gives each of them a second's worth more at first, which is saved up", () => {
    const [one] = readersOf(kind, [readerModel({ isFanOut: true })], 1_000, 32 * 1_024);
    one?.reader.beginChunk(1);
    one?.reader.deliver(1, 2);
    expect(Math.round(one?.reader.fetched ?? 0)).toBe(128);
    one?.reader.deliver(2, 6);
    expect(Math.round(one?.reader.fetched ?? 0)).toBe(128 + 4 * 64);
  });

  it("gives each of them 2 MiB/s", () => {
    const models = Array.from({ length: 3 }, () => readerModel({ isFanOut: true, deliverySeconds: 0.07 }));
    const readers = readersOf(kind, models, 160_000, 50 * 1_024);
    for (let from = 1; from < HOUR + 1; from += 60)
      for (const { reader } of readers) {
        reader.beginChunk(from);
        reader.deliver(from, from + 60);
      }
    // A second's worth may have been saved up at the start.
    for (const { reader } of readers)
      expect(Math.abs((reader.fetched * 50 * 1_024) / HOUR / (2 * MIB) - 1)).toBeLessThan(0.001);
  });
});

describe.each(everyFidelity)("a stream in fidelity %s", (fidelity) => {
  const recordSize = 8_192;
  const records = 120;
  /** Bytes per second in the second hour, after an hour without readers, and the calls of that hour. */
  async function catchUp(names: readonly string[], read: string): Promise<readonly number[]> {
    const simulation = await openReads(
      {
        records,
        recordSize,
        consumers: names.map((name) => ({ name, kind: "sdk", read })),
        scenario: names.map((consumer) => ({ event: "consumer-down", at: 0, consumer, lasts: "1h" })),
      },
      { fidelity, seconds: 1.5 * HOUR, resolutionSeconds: HOUR / 2 },
    );
    const { recorder } = play(simulation);
    return (recorder.rows[2]?.consumers ?? []).map((one) => (one.processedRecords * recordSize) / (HOUR / 2));
  }

  // In half an hour a call of 10 MiB is 0.28 %.
  it("gives 2 MiB/s to all its shared readers together while they catch up", async () => {
    const rates = await catchUp(["a", "b", "c"], "shared");
    expect(rates.reduce((sum, rate) => sum + rate, 0) / (2 * MIB)).toBeCloseTo(1, 2);
  });

  it("gives 2 MiB/s to each reader by fan-out while they catch up", async () => {
    const rates = await catchUp(["a", "b"], "fan-out");
    for (const rate of rates) expect(Math.abs(rate / (2 * MIB) - 1)).toBeLessThan(0.002);
  });
});

/*
 * Many small records, then few large ones. What limits reading is the size of what is unread, not the mean of all that ever was: three
 * consumers ask for 2.7 of 2.1 MB/s, or a fan-out reader for 2.7, and fall behind by 0.22 s in a second.
 */
describe("records that become larger, after hours of small ones", () => {
  const producer = (small: number, large: number, from: number) => ({
    records: undefined,
    traffic: {
      timeline: [
        { at: 0, records: small },
        { at: "2h", records: from },
      ],
    },
    ...(large > 0 && { recordSize: large }),
  });
  const readings = [
    { read: "shared", names: ["a", "b", "c"], records: 90, recordSize: 10_000 },
    { read: "fan-out", names: ["a"], records: 90, recordSize: 30_000 },
  ];

  async function ages(fidelity: Fidelity, { read, names, records, recordSize }: (typeof readings)[number]) {
    const run = await simulateReads(
      {
        records: 900,
        producer: producer(900, 0, 0),
        moreProducers: [{ name: "large", putBatch: 1, ...producer(0, recordSize, records) }],
        consumers: names.map((name) => ({ name, kind: "kcl", read })),
      },
      {
        fidelity,
        seconds: 3 * HOUR,
        limits: { "shard.writeBytesPerSecond": 4 * MIB, "shard.writeBurstBytes": 4 * MIB },
      },
    );
    return names.map((_, index) => consumerOf(run, index).iteratorAgeSeconds.max);
  }

  it.each(readings)("put $read readers behind as a flow too", async (reading) => {
    const [byTick, asFlow] = [await ages("tick", reading), await ages("fluid", reading)];
    // Which of the readers a call of 10 MiB goes to is chance, by the tick.
    const mean = (all: readonly number[]): number => all.reduce((sum, age) => sum + age, 0) / all.length;
    expect(Math.abs(mean(asFlow) / mean(byTick) - 1)).toBeLessThan(0.1);
    expect(Math.min(...asFlow)).toBeGreaterThan(700);
  });
});
