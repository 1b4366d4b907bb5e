/*
 * Backlog and age as identities, not as statistics: what has come and not left is the backlog, the oldest of it makes the age, and the
 * area under the backlog is the sum of all stays (J. D. C. Little, 1961).
 */
import { describe, expect, it } from "vitest";
import { ArrivalLog } from "../../../src/simulation/arrival-log.js";
import type { ConsumerModel } from "../../../src/simulation/consumer-model.js";
import { FlowReader } from "../../../src/simulation/flow-reader.js";
import { FluidLog } from "../../../src/simulation/fluid-log.js";
import { FluidReader, readAsFlow } from "../../../src/simulation/fluid-reader.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import { sampleExponential } from "../../../src/simulation/kernel/samplers.js";
import { ReadBucket } from "../../../src/simulation/read-bucket.js";
import { readByPolls } from "../../../src/simulation/read-by-polls.js";
import { RecordLog } from "../../../src/simulation/record-log.js";
import { RecordReader } from "../../../src/simulation/record-reader.js";
import type { Reader } from "../../../src/simulation/shard-parts.js";
import { accountOf, readerModel, shardModel } from "./lone-reader.js";

const random = RandomStream.fromSeed(20_261_122).child("backlog and age");

/** Instants of arrivals at random, up to a time. */
function arrivalsUpTo(seconds: number, perSecond: number, from: RandomStream): number[] {
  const arrivals: number[] = [];
  for (let now = sampleExponential(from) / perSecond; now < seconds; now += sampleExponential(from) / perSecond)
    arrivals.push(now);
  return arrivals;
}

const readers: readonly { name: string; model: ConsumerModel }[] = [
  { name: "polls, and keeps up", model: readerModel({ recordsPerSecond: 60 }) },
  { name: "polls, and falls behind", model: readerModel({ recordsPerSecond: 40, pollSeconds: 1.5 }) },
  {
    name: "polls, with times that vary and little memory",
    model: readerModel({ recordsPerSecond: 55, timeVariation: 1, prefetchRecords: 60 }),
  },
  { name: "takes no time", model: readerModel({ pollSeconds: 0.2 }) },
  {
    name: "takes four records at a time",
    model: readerModel({ kind: "lambda", recordsPerSecond: 60, processors: 4, timeVariation: 0.8 }),
  },
  {
    name: "is handed records by fan-out",
    model: readerModel({ isFanOut: true, recordsPerSecond: 55, timeVariation: 0.5, deliverySeconds: 0.07 }),
  },
];

/** Lets a reader read up to the end of a chunk, which ends at a tick. */
function readTo(reader: Reader, model: ConsumerModel, bucket: ReadBucket, fromTick: number, toTick: number): void {
  if (model.isFanOut) reader.deliver(fromTick, toTick);
  else readByPolls([reader], bucket, toTick);
}

describe.each(readers)("a reader of single records that $name", ({ name, model }) => {
  const seconds = 300;
  const arrivals = arrivalsUpTo(seconds, 50, random.child("arrivals"));
  const log = new RecordLog();
  const account = accountOf(model);
  const reader = new RecordReader(model, log, account, random.child(name), 0);
  const looks: { tick: number; backlog: number; ages: number[] }[] = [];
  const bucket = new ReadBucket(shardModel, 0);
  const lengths = random.child("chunks");
  reader.start(0);
  reader.recordsPerSecond = model.recordsPerSecond;
  for (let from = 0, next = 0; from < seconds; ) {
    const to = Math.min(seconds, from + 1 + Math.floor(lengths.nextUniform() * 60));
    for (; next < arrivals.length && (arrivals[next] as number) < to; next += 1)
      log.append(arrivals[next] as number, 1_000, 1);
    reader.beginChunk(from);
    readTo(reader, model, bucket, from, to);
    looks.push({ tick: to, backlog: reader.backlog, ages: [...account.ageMax.slice(0, to - from)] });
    account.ageMax.fill(0);
    from = to;
  }
  /** When each record left: records are taken in the order of arrival, and their stays are noted in that order. */
  const left = account.latencies.seconds.map((stay, record) => (arrivals[record] as number) + stay);
  const leftAt = (record: number): number => left[record] ?? Number.POSITIVE_INFINITY;

  it("has those in its backlog who have come and not left", () => {
    for (const { tick, backlog } of looks)
      expect(arrivals.filter((at, record) => at < tick && leftAt(record) > tick).length).toBe(backlog);
    expect(reader.processed + reader.backlog).toBe(log.records);
  });

  it("is as old as the first record that has not left, at every second", () => {
    for (const { tick, ages } of looks)
      for (const [index, age] of ages.entries()) {
        const now = tick - ages.length + 1 + index;
        const oldest = arrivals.findIndex((_, record) => leftAt(record) > now);
        const expected = oldest < 0 ? 0 : Math.max(0, now - (arrivals[oldest] as number));
        expect(age).toBeCloseTo(expected, 9);
      }
  });

  it("lets records leave after they came, and one processor in their order", () => {
    expect(account.latencies.seconds.every((stay) => stay >= model.deliverySeconds)).toBe(true);
    // A stay is a difference of two instants; put back on top of the first it gives the second but for the last digit.
    if (model.processors === 1)
      expect(left.every((at, record) => record === 0 || at >= leftAt(record - 1) - 1e-9)).toBe(true);
  });
});

describe("Little's law record by record", () => {
  it("makes the area under the backlog the sum of all stays", () => {
    const model = readerModel({ recordsPerSecond: 55, timeVariation: 1 });
    const arrivals = arrivalsUpTo(100, 50, random.child("Little"));
    const log = new RecordLog();
    for (const at of arrivals) log.append(at, 1_000, 1);
    const account = accountOf(model);
    const reader = new RecordReader(model, log, account, random.child("Little's reader"), 0);
    const bucket = new ReadBucket(shardModel, 0);
    reader.start(0);
    reader.recordsPerSecond = model.recordsPerSecond;
    reader.beginChunk(0);
    // The backlog is looked at so often that what changes between two looks is nothing beside the whole.
    const step = 1 / 512;
    let area = 0;
    let arrived = 0;
    for (let now = step; now <= 60; now += step) {
      reader.pollUntil(bucket, now);
      reader.advance(now);
      while ((arrivals[arrived] ?? now + 1) <= now) arrived += 1;
      area += (arrived - reader.processed) * step;
    }
    const stays = arrivals.map((at, record) => Math.min(60, at + (account.latencies.seconds[record] ?? 60)) - at);
    const sum = stays.filter((stay) => stay > 0).reduce((total, stay) => total + stay, 0);
    expect(area / sum).toBeCloseTo(1, 3);
  });
});

/** When the record after the first `position` ones came, if each second's came evenly spread over it, at once or after an even wait. */
function arrivalOf(perSecond: readonly number[], position: number, isAtOnce: boolean): number {
  let before = 0;
  for (const [second, records] of perSecond.entries()) {
    const wait = isAtOnce ? 0 : 1 / (1 + records);
    if (before + records > position) return second + (position - before) / records + wait;
    before += records;
  }
  return perSecond.length;
}

describe("a reader of a fluid between polls", () => {
  /*
   * Ages are compared with the seconds' own arrivals. They are exact as far as seconds are kept; beyond, a minute's arrivals are taken
   * as even, and by chance those of half a minute are off by 29 √15 ≈ 110 of 50 a second: 10 s is more than four times that.
   */
  it.each([
    { name: "that keeps up", speed: 60, seconds: 600, tolerance: 1e-9 },
    { name: "that falls two minutes behind", speed: 45, seconds: 900, tolerance: 1e-9 },
    { name: "that falls half an hour behind", speed: 25, seconds: 3_600, tolerance: 10 },
  ])("is as old as the first record that is not processed: one $name", ({ name, speed, seconds, tolerance }) => {
    const model = readerModel({ recordsPerSecond: speed });
    const log = new ArrivalLog(0);
    const account = accountOf(model);
    const reader = new FlowReader(model, log, account, random.child("flow", name), 1, 0);
    const bucket = new ReadBucket(shardModel, 0);
    const rates = random.child("rates");
    const arrivals: number[] = [];
    reader.start(0);
    reader.recordsPerSecond = speed;
    for (let tick = 0; tick < seconds; tick += 1) {
      // So many that the first one's wait is taken as even.
      arrivals.push(25 + Math.floor(50 * rates.nextUniform()));
      log.append(Float64Array.of(arrivals[tick] as number), 1);
      reader.beginChunk(tick);
      readByPolls([reader], bucket, tick + 1);
      if ((tick + 1) % 60 === 0) log.keepHistory(reader);
      const expected = reader.backlog > 1e-6 ? Math.max(0, tick + 1 - arrivalOf(arrivals, reader.processed, false)) : 0;
      expect(Math.abs((account.ageMax[0] as number) - expected)).toBeLessThan(tolerance);
      account.ageMax.fill(0);
    }
    expect(reader.processed + reader.backlog).toBeCloseTo(log.records, 6);
  });
});

describe("a reader as a flow", () => {
  it("is as old as the first record that is not processed, at the end of every minute", () => {
    const model = readerModel({ recordsPerSecond: 40 });
    const log = new FluidLog(0);
    const account = accountOf(model);
    const reader = new FluidReader(model, log, account, 1, 0);
    const read = readAsFlow();
    const rates = random.child("rates");
    const arrivals: number[] = [];
    reader.start(0);
    reader.recordsPerSecond = 40;
    for (let tick = 0; tick < 7_200; tick += 60) {
      const records = 6_000 * rates.nextUniform();
      for (let second = 0; second < 60; second += 1) arrivals.push(records / 60);
      log.kinesisRecords += records;
      log.bytes += 1_000 * records;
      log.append(records, 60);
      reader.beginChunk(tick);
      read([reader], new ReadBucket(shardModel, tick), tick + 60);
      log.keepHistory(reader);
      if (reader.backlog > 100)
        expect(account.ageMax[59]).toBeCloseTo(tick + 60 - arrivalOf(arrivals, reader.processed, true), 6);
      account.ageMax.fill(0);
    }
    expect(reader.backlog).toBeGreaterThan(0);
    expect(reader.processed + reader.backlog).toBeCloseTo(log.records, 6);
  });
});

/*
 * For as long as somebody lags a log knows when what came. Traffic rises and falls once a day here, by two thirds: straight between
 * points that are h apart it is off by h² / 8 · A″ / A′ at most, and A″ / A′ is no more than 1.1e-4 a second.
 */
describe.each(["seconds", "minutes"] as const)("a log of %s", (kind) => {
  const turn = (2 * Math.PI) / 86_400;
  const arrivedBy = (seconds: number): number => 60 * (seconds - (2 / 3 / turn) * Math.sin(turn * seconds));

  /** How far off arrivals are, in seconds, while a reader stands still at the second hour of so many. */
  function worstOf(hours: number): number {
    const log = kind === "seconds" ? new ArrivalLog(0) : new FluidLog(0);
    let worst = 0;
    for (let now = 60; now <= 3_600 * hours; now += 60) {
      const records = arrivedBy(now) - arrivedBy(now - 60);
      if (log instanceof FluidLog) log.append(records, 60);
      else log.appendStraight(records, 60);
      log.keepHistory({ oldest: Math.min(log.records, arrivedBy(7_200)) });
      if (now < 3_600 * (hours - 1)) continue;
      for (let seconds = 7_200; seconds < now; seconds += 1_111) {
        const position = arrivedBy(seconds);
        const at =
          log instanceof FluidLog ? log.arrivalOf(position) : log.arrivalWithin(log.tickOf(position, 0), position);
        const perSecond = (arrivedBy(seconds + 1) - arrivedBy(seconds - 1)) / 2;
        const missing = (log.arrivedLongAgo(seconds) - position) / perSecond;
        worst = Math.max(worst, Math.abs(at - seconds), Math.abs(missing));
      }
    }
    return worst;
  }

  it("remembers for 17 hours by the minute when records came", () => {
    expect(worstOf(18)).toBeLessThan((60 ** 2 / 8) * 1.1e-4);
  });

  // 1,024 points for 70 hours, of which three quarters are left when they are used up: eight minutes apart.
  it("remembers for 70 hours by eight minutes when records came", () => {
    expect(worstOf(70)).toBeLessThan((480 ** 2 / 8) * 1.1e-4);
  });
});
