/*
 * What a shard's buckets refuse in the long run, against formulas and against simulations that share nothing with ours. Losses vary
 * with what happens to be offered; what that accounts for is taken out by a control variate, whose slope is that of the formula.
 */
import { describe, expect, it } from "vitest";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import type { ProducerModel } from "../../../src/simulation/model.js";
import { loadShard, producerOf, recordLimit, type WriteLimits } from "./shard-under-load.js";

/** One process in which calls of so many records come at random. */
interface Arrivals {
  readonly callsPerSecond: number;
  readonly recordsPerCall: number;
}

/**
 * Records lost per second at a bucket that holds `burst`, by reflected Brownian motion: J. M. Harrison, Brownian Motion and Stochastic
 * Flow Systems (1985). An approximation, good where the bucket holds many calls.
 */
function brownianLoss({ callsPerSecond, recordsPerCall }: Arrivals, gain: number, burst: number): number {
  const surplus = gain - callsPerSecond * recordsPerCall;
  const variance = callsPerSecond * recordsPerCall ** 2;
  if (Math.abs(surplus) < 1e-9) return variance / (2 * burst);
  return surplus / Math.expm1((2 * surplus * burst) / variance);
}

interface Load extends Arrivals {
  readonly fidelity: Fidelity;
  readonly gain: number;
  readonly burst: number;
  readonly seconds: number;
  /** The change of the loss with what is offered, both in records per second. */
  readonly slope: number;
}

/** Records lost per second, less what is owed to more or fewer records than usual. */
function measuredLoss(load: Load): number {
  const { fidelity, callsPerSecond, recordsPerCall, gain, burst, seconds, slope } = load;
  const rate = callsPerSecond * recordsPerCall;
  const { producers } = loadShard({
    fidelity,
    producers: [producerOf(rate, { putBatch: recordsPerCall })],
    limits: recordLimit(gain, burst),
    seconds,
    look: (log) => log.keepHistory({ oldest: log.end }),
  });
  const [{ lost, offered } = { lost: Number.NaN, offered: Number.NaN }] = producers;
  return lost / seconds - slope * (offered / seconds - rate);
}

function brownianSlope(arrivals: Arrivals, gain: number, burst: number): number {
  const { callsPerSecond, recordsPerCall } = arrivals;
  const step = callsPerSecond / 1_000;
  const more = brownianLoss({ callsPerSecond: callsPerSecond + step, recordsPerCall }, gain, burst);
  const less = brownianLoss({ callsPerSecond: callsPerSecond - step, recordsPerCall }, gain, burst);
  return (more - less) / (2 * step * recordsPerCall);
}

/**
 * How far a random walk runs past a boundary on average before it is looked at, in standard deviations of a step: −ζ(1/2)/√(2π)
 * (D. Siegmund, Sequential Analysis, 1985). Whoever looks at a bucket once a second sees it this much larger, at either end.
 */
const OVERSHOOT = 0.5826;

describe("a bucket of records under single records that come at random", () => {
  // σ²/(2B) and m/(e^(2mB/σ²) − 1) over λ: 0.25 %, 1.009 % and 9.091 % of what is offered.
  const loads = [
    { rate: 1_000, share: 0.0025 },
    { rate: 1_010, share: 0.01009 },
    { rate: 1_100, share: 0.09091 },
  ];

  it.each(loads)("has the published approximation at $rate/s", ({ rate, share }) => {
    expect(brownianLoss({ callsPerSecond: rate, recordsPerCall: 1 }, 1_000, 200) / rate).toBeCloseTo(share, 4);
  });

  /*
   * The variance of the loss in n records is at most n/3 in all, and n/12 without what is offered (no drift: the loss is half of the
   * sum of both boundaries' local times, of variance n/12, and half of their difference, which is what was offered). Four standard
   * errors of that are allowed, and 1.5 % for the approximation and for the full bucket at the start.
   */
  function tolerance(expected: number, rate: number, seconds: number): number {
    return 4 * Math.sqrt(rate / 12 / seconds) + 0.015 * expected;
  }

  it.each(loads)("loses as much record by record at $rate/s", ({ rate }) => {
    const arrivals = { callsPerSecond: rate, recordsPerCall: 1 };
    const [gain, burst, seconds] = [1_000, 200, rate === 1_000 ? 4_000 : 1_500];
    const slope = brownianSlope(arrivals, gain, burst);
    const expected = brownianLoss(arrivals, gain, burst);
    const loss = measuredLoss({ ...arrivals, fidelity: "record", gain, burst, seconds, slope });
    expect(Math.abs(loss - expected)).toBeLessThan(tolerance(expected, rate, seconds));
  });

  it.each(loads)("loses what a look once a second sees at $rate/s by the tick", ({ rate }) => {
    const arrivals = { callsPerSecond: rate, recordsPerCall: 1 };
    const [gain, burst, seconds] = [1_000, 200 + 2 * OVERSHOOT * Math.sqrt(rate), 300_000];
    const slope = brownianSlope(arrivals, gain, burst);
    const expected = brownianLoss(arrivals, gain, burst);
    const loss = measuredLoss({ ...arrivals, fidelity: "tick", gain, burst: 200, seconds, slope });
    expect(Math.abs(loss - expected)).toBeLessThan(tolerance(expected, rate, seconds));
  });
});

describe("a shard's bucket under PutRecords calls", () => {
  /*
   * References, as a share of what is offered: a simulation of calls alone (a bucket, exponential times between calls) over 2e7 calls
   * gave 1.483 % ± 0.01 and 14.41 % ± 0.01. An earlier one, over a shorter path, gave 1.488 % and 14.62 %.
   *
   * Slopes and standard errors come from regressions over 40 seeds; errors are of the loss's share and for 1,000 s, without what the
   * number of records accounts for.
   */
  const calls = [
    { recordsPerCall: 100, callsPerSecond: 9, share: 0.01483, slope: 0.29, recordError: 0.00203, tickError: 0.0022 },
    { recordsPerCall: 500, callsPerSecond: 1.6, share: 0.1441, slope: 0.37, recordError: 0.0064, tickError: 0.0053 },
  ];

  function lossShare(load: (typeof calls)[number], fidelity: Fidelity, seconds: number): number {
    const loss = measuredLoss({ ...load, fidelity, gain: 1_000, burst: 1_000, seconds });
    return loss / (load.callsPerSecond * load.recordsPerCall);
  }

  it.each(calls)("loses as much record by record: $recordsPerCall × $callsPerSecond/s", (load) => {
    const seconds = 6_000;
    const error = load.recordError / Math.sqrt(seconds / 1_000);
    expect(Math.abs(lossShare(load, "record", seconds) - load.share)).toBeLessThan(4 * error);
  });

  it.each(calls)("loses as much by the tick: $recordsPerCall × $callsPerSecond/s", (load) => {
    const seconds = 80_000;
    const error = load.tickError / Math.sqrt(seconds / 1_000);
    // Four errors are 0.1 and 0.24 percentage points; the calls of a tick are drawn from its records, which may cost a little.
    expect(Math.abs(lossShare(load, "tick", seconds) - load.share)).toBeLessThan(4 * error);
  });
});

/** Records refused up to the end of every step of a flow. */
function lossesOfFlow(
  producer: ProducerModel,
  limits: WriteLimits,
  seconds: number,
  chunkTicks: number,
): Map<number, number> {
  const losses = new Map<number, number>();
  loadShard({
    fidelity: "fluid",
    producers: [producer],
    limits,
    seconds,
    chunkTicks,
    look: (_log, now, [traffic]) => losses.set(now, traffic?.lost ?? Number.NaN),
  });
  return losses;
}

describe("a flow above a shard's rate", () => {
  // Empty at B / (λ − r); from then on λ − r is lost.
  const cases = [
    { name: "records", rate: 1_250, bytes: 100, gain: 1_000, burst: 5_000, perRecord: 1 },
    { name: "bytes", rate: 800, bytes: 1_536, gain: 1_048_576, burst: 3_000_000, perRecord: 1_536 },
  ];

  it.each(cases)("empties the bucket of $name at the exact time", ({ name, rate, bytes, gain, burst, perRecord }) => {
    const limits: WriteLimits = {
      writeRecordsPerSecond: name === "records" ? gain : 1e12,
      writeBurstRecords: name === "records" ? burst : 1e12,
      writeBytesPerSecond: name === "bytes" ? gain : 1e15,
      writeBurstBytes: name === "bytes" ? burst : 1e15,
    };
    const emptyAt = burst / (rate * perRecord - gain);
    for (const step of [1, 7, 60])
      for (const [now, lost] of lossesOfFlow(producerOf(rate, { bytesPerKinesisRecord: bytes }), limits, 420, step)) {
        const expected = Math.max(0, now - emptyAt) * (rate - gain / perRecord);
        expect(Math.abs(lost - expected)).toBeLessThan(1e-9 * rate * now);
      }
  });

  it("loses nothing at the shard's rate", () => {
    expect(lossesOfFlow(producerOf(1_000), recordLimit(1_000, 500), 600, 60).get(600)).toBe(0);
  });

  it("fills the bucket again while less comes", () => {
    // 1,500/s empty 3,000 in 6 s; 10 s at 800/s save up 2,000, which last for 4 s of 1,500/s.
    const rate = (now: number): number => (now >= 10 && now < 20 ? 800 : 1_500);
    const curve = { ...producerOf(0).curve, after: rate, before: (now: number) => rate(now - 1e-9) };
    const losses = lossesOfFlow(producerOf(0, { curve }), recordLimit(1_000, 3_000), 30, 1);
    expect([5, 6, 10, 20, 24, 30].map((now) => losses.get(now))).toEqual([0, 0, 2_000, 2_000, 2_000, 5_000]);
  });
});

describe("a leap", () => {
  /** The share of leaps in what is simulated, and what is lost. */
  function leaps(fidelity: Fidelity, rate: number, putBatch: number, seconds: number): { share: number; lost: number } {
    const producers = [producerOf(rate, { putBatch })];
    const limits = recordLimit(1_000, 1_000);
    const { parts, producers: traffic } = loadShard({ fidelity, producers, limits, seconds });
    return { share: parts.shares().leap ?? 0, lost: traffic[0]?.lost ?? Number.NaN };
  }

  it("is taken only where nothing is refused second by second", () => {
    const rates = Array.from({ length: 26 }, (_, index) => 1_000 - 20 * index);
    const highest = [1, 3, 10, 100].map((putBatch) => {
      const rate = rates.find((one) => leaps("auto", one, putBatch, 120).share > 0) ?? 0;
      expect(leaps("tick", rate, putBatch, 20_000).lost, `${putBatch} × ${rate / putBatch}/s`).toBe(0);
      return rate;
    });
    // Single records are leapt over up to near the limit, large calls hardly ever.
    expect(highest[0]).toBeGreaterThan(900);
    expect(highest).toEqual(highest.toSorted((a, b) => b - a));
    expect(highest.at(-1)).toBe(0);
  });

  it("is never taken near the limit, where the loss is that of every second", () => {
    for (const rate of [1_000, 1_050]) {
      const [auto, tick] = [leaps("auto", rate, 1, 6_000), leaps("tick", rate, 1, 6_000)];
      expect(auto.share).toBe(0);
      expect(auto.lost).toBe(tick.lost);
    }
  });
});
