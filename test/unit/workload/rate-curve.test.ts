import { describe, expect, it } from "vitest";
import { type RateCurve, rateCurve } from "../../../src/workload/rate-curve.js";
import type { TraceSeries } from "../../../src/workload/read-trace.js";
import { oneWorkload } from "../../one-workload.js";

const minute = 60;
const hour = 3_600;

const day = 86_400;
const week = 604_800;

async function curveOf(more: string, trace?: TraceSeries, growing = false): Promise<RateCurve> {
  const text = `version: 1\nstream: {name: s}\nproducers:\n  - {name: a, recordSize: 1 B, ${more}}\n`;
  const [producer] = (await oneWorkload(text)).producers;
  if (producer === undefined) throw new Error("no producer");
  return rateCurve(producer, trace, growing);
}

const series = (stepSeconds: number, records: readonly number[]): TraceSeries => ({
  startSeconds: 0,
  stepSeconds,
  records: Float64Array.from(records),
  rows: records.length,
  missingSteps: 0,
  irregularRows: 0,
  repeatedRows: 0,
});
const tracing = "traffic: {trace: {file: t.csv, per: 1m}}";

/** The highest rate of a span, and when it is reached, by looking at every minute. */
function highest(curve: RateCurve, from: number, to: number): { rate: number; seconds: number } {
  let best = { rate: Number.NEGATIVE_INFINITY, seconds: from };
  for (let seconds = from; seconds < to; seconds += minute) {
    const rate = curve.after(seconds);
    if (rate > best.rate) best = { rate, seconds };
  }
  return best;
}

describe("a constant rate", () => {
  it("is the same at all times", async () => {
    const curve = await curveOf("records: 5/s");
    expect([curve.after(0), curve.before(1e6), curve.length, [...curve.bends(week)]]).toEqual([5, 5, 0, []]);
  });
});

describe("a daily wave", () => {
  const wave = (zone: string, weekend = "100%"): string =>
    `traffic: {daily: {low: 100/s, high: 300/s, peakAt: "20:00", timezone: ${zone}, weekend: ${weekend}}}`;

  // In the first week of January no zone of the northern hemisphere has summer time.
  it.each([
    ["UTC", 20 * hour],
    ["Europe/Berlin", 19 * hour],
    ["America/New_York", 25 * hour - day],
    ["Asia/Kolkata", 14.5 * hour],
    ["Asia/Tokyo", 11 * hour],
    ["Pacific/Kiritimati", 6 * hour],
    ["Australia/Adelaide", 9.5 * hour],
  ])("in %s peaks at 20:00 local time", async (zone, peak) => {
    const curve = await curveOf(wave(zone));
    for (const start of [day, 2 * day]) {
      expect(highest(curve, start, start + day)).toEqual({ rate: 300, seconds: start + peak });
      expect(curve.after(start + peak + 12 * hour)).toBeCloseTo(100, 9);
      expect(curve.after(start + peak + 6 * hour)).toBeCloseTo(200, 9);
      expect([...curve.bends(week)]).toContain(start + peak);
    }
  });

  it.each([
    ["UTC", 0],
    ["Europe/Berlin", 1 * hour],
    ["America/New_York", -5 * hour],
    ["Asia/Kolkata", 5.5 * hour],
  ])("in %s has its weekend by local days", async (zone, ahead) => {
    const plain = await curveOf(wave(zone));
    const curve = await curveOf(wave(zone, "50%"));
    const saturday = 5 * day - ahead;
    const monday = 7 * day - ahead;
    for (const at of [saturday + hour, saturday + 1.5 * day, monday - hour])
      expect(curve.after(at)).toBeCloseTo(plain.after(at) / 2, 9);
    for (const at of [saturday - hour, 2 * day, monday + hour]) expect(curve.after(at)).toBeCloseTo(plain.after(at), 9);
    for (const [at, before, after] of [
      [saturday, 1, 0.5],
      [monday, 0.5, 1],
    ] as const) {
      expect(curve.before(at)).toBeCloseTo(plain.before(at) * before, 9);
      expect(curve.after(at)).toBeCloseTo(plain.after(at) * after, 9);
      expect([...curve.bends(2 * week)]).toContain(at);
    }
  });

  it("repeats after a week, and its mean is right", async () => {
    const curve = await curveOf(wave("Asia/Kolkata", "30%"));
    expect(curve.length).toBe(week);
    let sum = 0;
    for (let at = 0; at < week; at += minute) {
      sum += curve.after(at);
      if (at % hour === 0) expect(curve.after(at + 3 * week)).toBeCloseTo(curve.after(at), 6);
    }
    expect(curve.mean).toBeCloseTo((200 * (5 + 2 * 0.3)) / 7, 9);
    expect(sum / (week / minute)).toBeCloseTo(curve.mean ?? 0, 0);
  });
});

describe("a timeline", () => {
  const points = "timeline: [{at: 0h, records: 10/s}, {at: 1h, records: 30/s}, {at: 3h, records: 20/s}]";

  it("in steps holds each rate until the next point, and the last one for good", async () => {
    const curve = await curveOf(`traffic: {${points}}`);
    expect([0, 1_800, hour, 2 * hour, 3 * hour, 9 * day].map((at) => curve.after(at))).toEqual([
      10, 10, 30, 30, 20, 20,
    ]);
    expect([hour, hour + 1, 3 * hour, 3 * hour + 1].map((at) => curve.before(at))).toEqual([10, 30, 30, 20]);
    expect([...curve.bends(2 * hour)]).toEqual([0, hour]);
    expect(curve.length).toBe(3 * hour);
  });

  it("in lines runs from point to point", async () => {
    const curve = await curveOf(`traffic: {${points}, interpolate: linear}`);
    expect([0, 1_800, hour, 2 * hour, 3 * hour, day].map((at) => curve.after(at))).toEqual([10, 20, 30, 25, 20, 20]);
    expect([1_800, hour, 2 * hour, 3 * hour].map((at) => curve.before(at))).toEqual([20, 30, 25, 20]);
  });

  it("that starts late has its first rate before", async () => {
    for (const interpolate of ["step", "linear"]) {
      const curve = await curveOf(
        `traffic: {timeline: [{at: 1h, records: 30/s}, {at: 2h, records: 10/s}], interpolate: ${interpolate}}`,
      );
      expect(curve.after(0)).toBe(30);
      expect(curve.after(1_800)).toBe(30);
    }
  });

  it("repeats after its cycle", async () => {
    const curve = await curveOf(`traffic: {${points}, repeat: 4h}`);
    for (const cycle of [0, 1, 7, 41]) {
      const start = cycle * 4 * hour;
      expect([0, hour, 3 * hour, 4 * hour - 1].map((at) => curve.after(start + at))).toEqual([10, 30, 20, 20]);
      expect(curve.before(start + 4 * hour)).toBe(20);
      expect(curve.before(start + hour)).toBe(10);
    }
    expect([...curve.bends(6 * hour)]).toEqual([0, hour, 3 * hour, 4 * hour, 5 * hour]);
    expect(curve.length).toBe(4 * hour);
  });
});

describe("a trace", () => {
  it.each([minute, 5 * minute, 7 * minute])(
    "of steps of %d s holds each rate for a step, and repeats",
    async (step) => {
      const rates = [10, 50, 20, 30];
      const curve = await curveOf(
        tracing,
        series(
          step,
          rates.map((rate) => rate * step),
        ),
      );
      const period = rates.length * step;
      expect(curve.length).toBe(period);
      expect(curve.mean).toBeCloseTo(27.5, 9);
      for (let cycle = 0; cycle < 300; cycle += 1) {
        for (const [at, rate] of rates.entries()) {
          const start = cycle * period + at * step;
          expect(curve.after(start), `after ${start}`).toBeCloseTo(rate, 9);
          expect(curve.after(start + step / 2)).toBeCloseTo(rate, 9);
          expect(curve.before(start + step), `before ${start + step}`).toBeCloseTo(rate, 9);
        }
      }
      expect([...curve.bends(2 * period)]).toEqual(Array.from({ length: 8 }, (_, at) => at * step));
    },
  );

  it.each([1, 10, 30])("of steps of %d s is averaged into minutes", async (step) => {
    const perMinute = minute / step;
    const curve = await curveOf(
      tracing,
      series(
        step,
        Array.from({ length: 3 * perMinute }, (_, at) => at),
      ),
    );
    const mean = (first: number): number =>
      Array.from({ length: perMinute }, (_, at) => first + at).reduce((sum, one) => sum + one, 0) / minute;
    for (const at of [0, 1, 2]) {
      expect(curve.after(at * minute)).toBeCloseTo(mean(at * perMinute), 9);
      expect(curve.before((at + 1) * minute)).toBeCloseTo(mean(at * perMinute), 9);
    }
    expect(curve.length).toBe(3 * minute);
  });

  it.each([7, 45, 50, 59])("of odd steps of %d s loses no records", async (step) => {
    const records = Array.from({ length: 100 }, (_, at) => (at % 9) + 1);
    const curve = await curveOf(tracing, series(step, records));
    const total = records.reduce((sum, one) => sum + one, 0);
    const mean = total / (records.length * step);
    expect(curve.mean).toBeCloseTo(mean, 9);
    const bends = [...curve.bends(curve.length), curve.length];
    const area = bends.slice(1).reduce((sum, end, at) => sum + curve.before(end) * (end - (bends[at] ?? 0)), 0);
    expect(area).toBeCloseTo(mean * curve.length, 6);
  });

  it("of a part of a minute is not diluted", async () => {
    const curve = await curveOf(
      tracing,
      series(
        1,
        Array.from({ length: 90 }, () => 5),
      ),
    );
    expect(curve.mean).toBeCloseTo(5, 9);
    expect(curve.after(0)).toBeCloseTo(5, 9);
    expect(curve.after(75)).toBeCloseTo(5, 9);
  });
});

describe("bursts", () => {
  it("multiply between their edges, which belong to the side they are asked for", async () => {
    const curve = await curveOf("records: 10/s, bursts: [{at: 1h, factor: 3, lasts: 10m}]");
    expect([hour - 1, hour, hour + 599, hour + 600].map((at) => curve.after(at))).toEqual([10, 30, 30, 10]);
    expect([hour, hour + 1, hour + 600, hour + 601].map((at) => curve.before(at))).toEqual([10, 30, 30, 10]);
    expect([...curve.bends(day)]).toEqual([hour, hour + 600]);
    expect(curve.length).toBe(hour + 600);
  });

  it("that overlap multiply each other, in any order", async () => {
    for (const bursts of [
      "{at: 1h, factor: 3, lasts: 2h}, {at: 2h, factor: 0.5, lasts: 2h}",
      "{at: 2h, factor: 0.5, lasts: 2h}, {at: 1h, factor: 3, lasts: 2h}",
    ]) {
      const curve = await curveOf(`records: 10/s, bursts: [${bursts}]`);
      expect([0, 1, 2, 3, 4].map((at) => curve.after(at * hour))).toEqual([10, 30, 15, 5, 10]);
      expect([1, 2, 3, 4].map((at) => curve.before(at * hour))).toEqual([10, 30, 15, 5]);
    }
  });

  it("that touch leave nothing between them and nothing twice", async () => {
    const curve = await curveOf(
      "records: 10/s, bursts: [{at: 1h, factor: 3, lasts: 1h}, {at: 2h, factor: 2, lasts: 1h}]",
    );
    expect([curve.before(2 * hour), curve.after(2 * hour)]).toEqual([30, 20]);
  });

  it("of factor 0 stop the traffic", async () => {
    expect((await curveOf("records: 10/s, bursts: [{at: 0s, factor: 0, lasts: 1h}]")).after(0)).toBe(0);
  });
});

describe("growth", () => {
  it("compounds where it is asked for, on bursts too", async () => {
    const more = "records: 100/s, growth: 10%/month, bursts: [{at: 730h, factor: 2, lasts: 1h}]";
    const growing = await curveOf(more, undefined, true);
    const month = 730 * hour;
    expect(growing.after(0)).toBe(100);
    expect(growing.after(month)).toBeCloseTo(220, 9);
    expect(growing.before(month)).toBeCloseTo(110, 9);
    expect(growing.after(2 * month)).toBeCloseTo(121, 9);
    const still = await curveOf(more);
    expect(still.after(2 * month)).toBe(100);
  });

  it("may be negative", async () => {
    expect((await curveOf("records: 100/s, growth: -50%/month", undefined, true)).after(730 * hour)).toBeCloseTo(50, 9);
  });
});

describe("a ceiling", () => {
  it.each([
    ["records: 5/s", 5],
    ['traffic: {daily: {low: 100/s, high: 300/s, peakAt: "20:00", weekend: 150%}}', 450],
    [
      "traffic: {interpolate: linear, timeline: [{at: 0s, records: 1/s}, {at: 9m, records: 7/s}, {at: 1h, records: 2/s}]}",
      7,
    ],
    [
      "records: 5/s, bursts: [{at: 1m, factor: 3, lasts: 1m}, {at: 90s, factor: 2, lasts: 1m}, {at: 9m, factor: 4, lasts: 1s}]",
      30,
    ],
    ["records: 5/s, bursts: [{at: 0s, factor: 0.5, lasts: 100s}, {at: 50s, factor: 3, lasts: 200s}]", 15],
  ])("of %s is reached and not passed", async (more, highest) => {
    const curve = await curveOf(more);
    expect(curve.ceiling(week)).toBe(highest);
    let reached = 0;
    for (let seconds = 0; seconds < week; seconds += 0.5 + seconds / 1_000) {
      expect(curve.after(seconds)).toBeLessThanOrEqual(highest);
      expect(curve.before(seconds)).toBeLessThanOrEqual(highest);
      reached = Math.max(reached, curve.after(seconds));
    }
    expect(reached).toBeGreaterThan(0.99 * highest);
  });

  it("of a trace is that of its densest step, and grows with the traffic", async () => {
    const more = `${tracing}, growth: 5%/month`;
    const trace = series(minute, [60, 120, 30]);
    expect((await curveOf(more, trace)).ceiling(week)).toBe(2);
    const growing = await curveOf(more, trace, true);
    expect(growing.ceiling(52 * week)).toBeGreaterThanOrEqual(growing.after(52 * week - 100));
  });
});
