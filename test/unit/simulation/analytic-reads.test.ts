/*
 * Cases whose answer is a line of arithmetic, in every fidelity: processors and shards that are too slow, an outage and the way out of
 * it, and what polling alone makes of age and latency.
 */
import { describe, expect, it } from "vitest";
import { consumerOf, everyFidelity, keepAges, openReads, play, simulateReads } from "./read-side-run.js";

const HOUR = 3_600;
const MIB = 1_048_576;

describe.each(everyFidelity)("in fidelity %s", (fidelity) => {
  /*
   * At 800 a second in and 500 out what is processed at t arrived at t · 500 / 800. Arrivals are random: four standard deviations of
   * those of an hour, 4 · √(800 · 3,600), are 0.25 % of them; a poll interval at the start is 0.1 % of the age.
   */
  it("a processor of 500 records a second behind 800 is 1,350 s behind after an hour", async () => {
    const run = await simulateReads(
      { records: 800, consumers: [{ name: "c", kind: "kcl", timePerRecord: "2 ms" }] },
      { fidelity, seconds: HOUR },
    );
    const { iteratorAgeSeconds, latencySeconds, processedRecords } = consumerOf(run);
    const behind = HOUR * (1 - 500 / 800);
    expect(Math.abs(iteratorAgeSeconds.max / behind - 1)).toBeLessThan(0.015);
    expect(Math.abs(iteratorAgeSeconds.p50 / (behind / 2) - 1)).toBeLessThan(0.015);
    expect(Math.abs(iteratorAgeSeconds.p99 / (0.99 * behind) - 1)).toBeLessThan(0.015);
    // Both grow evenly with time, and as many records are processed in each second.
    expect(Math.abs(latencySeconds.p50 / (behind / 2) - 1)).toBeLessThan(0.015);
    expect(Math.abs(latencySeconds.p99 / (0.99 * behind) - 1)).toBeLessThan(0.015);
    expect(Math.abs(processedRecords / (500 * HOUR) - 1)).toBeLessThan(0.002);
    for (const row of run.timeline.slice(5)) {
      const age = row.consumers[0]?.iteratorAgeSecondsMax ?? 0;
      expect(Math.abs(age - (row.at + row.seconds) * (1 - 500 / 800))).toBeLessThan(0.015 * behind);
    }
  });

  /*
   * Three readers of 0.88 MiB/s ask for 2.64 of 2 MiB/s. Who gets which call of 10 MiB is chance for single readers, so that ages are
   * looked at on average; calls come in lumps of 5 s of the shard's rate.
   */
  it("three shared readers fall behind together as fast as 2 MiB/s demand", async () => {
    const recordSize = 1_024;
    const records = (0.88 * MIB) / recordSize;
    const consumers = ["a", "b", "c"].map((name) => ({ name, kind: "kcl" }));
    const run = await simulateReads({ records, recordSize, consumers }, { fidelity, seconds: HOUR });
    const bytes = run.summary.consumers.reduce((sum, one) => sum + one.processedRecords * recordSize, 0);
    expect(Math.abs(bytes / (2 * MIB * HOUR) - 1)).toBeLessThan(0.01);
    const last = run.timeline.at(-1)?.consumers ?? [];
    const age = last.reduce((sum, one) => sum + one.iteratorAgeSecondsMax, 0) / last.length;
    expect(Math.abs(age / (HOUR * (1 - 2 / (3 * 0.88))) - 1)).toBeLessThan(0.12);
  });

  /*
   * 1,000 a second out and 500 in: ten minutes of arrivals take ten minutes to catch up with. What has arrived in ten minutes varies by
   * √300,000, a fifth of a percent; the age is sampled each second, and the drained moment seen to a poll interval or a chunk.
   */
  it("an outage of ten minutes makes an age of ten minutes, and drains at what is left of the capacity", async () => {
    const simulation = await openReads(
      {
        records: 500,
        consumers: [{ name: "c", kind: "kcl", timePerRecord: "1 ms" }],
        scenario: [{ event: "consumer-down", at: "10m", consumer: "c", lasts: "10m" }],
      },
      { fidelity, seconds: HOUR },
    );
    const [ages = []] = keepAges(simulation);
    const { recorder } = play(simulation);
    const pollSeconds = 1.5;
    expect(Math.max(...ages)).toBeGreaterThanOrEqual(599);
    expect(Math.max(...ages)).toBeLessThanOrEqual(600 + 2 * 1.1 * pollSeconds);
    const drained = ages.findIndex((age, second) => second > 1_200 && age < 2 * pollSeconds);
    expect(Math.abs((drained - 1_200) / ((500 * 600) / (1_000 - 500)) - 1)).toBeLessThan(0.05);
    // The age falls as fast: every second brings 1,000 / 500 seconds of arrivals.
    for (const after of [100, 300, 500])
      expect(Math.abs((ages[1_199 + after] ?? 0) - (600 - after))).toBeLessThan(0.03 * 600);
    // Down is down: nothing is processed meanwhile but what was already fetched.
    for (const row of recorder.rows.slice(11, 20)) expect(row.consumers[0]?.processedRecords).toBe(0);
    expect(ages.slice(660, 1_199).every((age, index) => index === 0 || age > (ages[659 + index] ?? 0))).toBe(true);
  });

  /*
   * A poll brings what has come since the last one. The record that came first waits for the poll, the whole interval P, and is done at
   * once; the one that came last does not, and waits for the others, ρ P. So both ages and latencies lie evenly between ρ P and P, and
   * ten percent beyond either as intervals vary by ten percent; of several shards the oldest counts. The largest load is one at which
   * the longest interval's records are still done before the shortest one's end (1.1 · 0.8 < 0.9).
   */
  it.each([
    { load: 0.1, shards: 1 },
    { load: 0.5, shards: 1 },
    { load: 0.8, shards: 1 },
    { load: 0.3, shards: 4 },
    { load: 0.8, shards: 4 },
  ])("polls make ages and latencies at $load of a processor on $shards shards", async ({ load, shards }) => {
    const pollSeconds = 2;
    const perShard = 800;
    const consumer = { name: "c", kind: "kcl", pollInterval: pollSeconds, timePerRecord: load / perShard };
    const simulation = await openReads(
      { shards, records: perShard * shards, consumers: [consumer] },
      { fidelity, seconds: HOUR / shards },
    );
    const [kept = []] = keepAges(simulation);
    const { fleets } = play(simulation);
    const [low, high] = [load * pollSeconds, pollSeconds];
    // The first poll comes within the first interval: before, ages grow from 0.
    const ages = kept.slice(5).sort((a, b) => a - b);
    const age = (share: number): number => ages[Math.floor(share * ages.length)] ?? Number.NaN;
    const median = low + (high - low) * 0.5 ** (1 / shards);
    expect(Math.abs(age(0.5) / median - 1)).toBeLessThan(0.05);
    // A poll's 1,600 records vary by 2.5 %: a few seconds in a thousand lie that much beyond the ends.
    expect(age(0.002)).toBeGreaterThan(0.9 * low * 0.9);
    expect(age(0.998)).toBeLessThan(1.1 * high);
    const latencies = fleets[0]?.account.latencies;
    const expected = ((1 + load) * pollSeconds) / 2;
    expect(Math.abs((latencies?.percentile(0.5) ?? 0) / expected - 1)).toBeLessThan(0.05);
    expect(latencies?.percentile(0.002)).toBeGreaterThan(0.9 * low * 0.9);
    expect(latencies?.percentile(0.99)).toBeLessThan(1.1 * high);
    expect(latencies?.percentile(0.99)).toBeGreaterThan(0.97 * high - 0.06);
  });

  it("polls make ages at 0.95 of a processor", async () => {
    const run = await simulateReads(
      { records: 800, consumers: [{ name: "c", kind: "kcl", pollInterval: "2 s", timePerRecord: 0.95 / 800 }] },
      { fidelity, seconds: HOUR },
    );
    // By chance some polls' records are not done before the next: a few percent above the even spread's median.
    expect(Math.abs(consumerOf(run).iteratorAgeSeconds.p50 / (0.975 * 2) - 1)).toBeLessThan(0.08);
  });

  /*
   * Fan-out hands records over 70 ms after they came; a processor that is half busy makes them wait half of its time for a record more
   * (M/D/1), which is a thousandth of the 70 ms at 800 a second.
   */
  it.each([0.1, 0.5])("fan-out makes latencies of 70 ms and the processor's time at %d of it", async (load) => {
    const run = await simulateReads(
      { records: 800, consumers: [{ name: "c", kind: "kcl", read: "fan-out", timePerRecord: load / 800 }] },
      { fidelity, seconds: HOUR / 4 },
    );
    const { latencySeconds, iteratorAgeSeconds } = consumerOf(run);
    expect(latencySeconds.p50).toBeGreaterThan(0.069);
    expect(latencySeconds.p50).toBeLessThan(0.072);
    expect(latencySeconds.p99).toBeLessThan(0.075);
    expect(iteratorAgeSeconds.p50).toBeGreaterThan(0.068);
    expect(iteratorAgeSeconds.max).toBeLessThan(0.075);
  });
});
