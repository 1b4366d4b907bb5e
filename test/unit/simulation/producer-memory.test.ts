/* Producers whose memory for records that wait is bounded: what does not fit is lost, and the shard is none the less busy. */
import { describe, expect, it } from "vitest";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import type { TimelineRow } from "../../../src/simulation/timeline.js";
import type { ModelRun } from "./run-model.js";
import { BYTES, LIMIT, runProducer, sum } from "./small-shard.js";

const fidelities: readonly Fidelity[] = ["record", "tick", "fluid"];

async function rowsOf(producer: string, run: ModelRun): Promise<readonly TimelineRow[]> {
  return (await runProducer(producer, run)).timeline;
}

describe("a bounded memory", () => {
  const cases = fidelities.flatMap((fidelity) =>
    ["sdk", "kpl"].flatMap((retry) => [0, 2_000, 20_000].map((buffer) => ({ fidelity, retry, buffer }))),
  );

  it.each(cases)("of $buffer B holds no more than a second's growth beyond in $fidelity, retry $retry", async (one) => {
    const producer = `records: 250/s, retry: ${one.retry}, buffer: ${one.buffer} B`;
    // Rows of a second keep the memory in sight from the start.
    const rows = await rowsOf(producer, { fidelity: one.fidelity, seconds: 180, resolutionSeconds: 1 });
    const held = rows.map(({ bufferedRecords }) => bufferedRecords * BYTES);
    // A second of refusals is 150 records, and four deviations of what is offered in it.
    expect(Math.max(...held)).toBeLessThanOrEqual(one.buffer + (150 + 4 * Math.sqrt(250)) * BYTES);
    const buffered = rows.at(-1)?.bufferedRecords ?? Number.NaN;
    expect(sum(rows, "acceptedRecords") + sum(rows, "lostRecords") + buffered).toBeCloseTo(
      sum(rows, "offeredRecords"),
      6,
    );
    expect(sum(rows, "lostRecords")).toBeGreaterThan(0);
  });

  // A flow takes longer steps where no memory is looked at, so it agrees in sum alone.
  it.each(fidelities)("without an end loses what one that is never full loses in %s", async (fidelity) => {
    const unbounded = await rowsOf("records: 250/s, retry: sdk", { fidelity });
    const bounded = await rowsOf("records: 250/s, retry: sdk, buffer: 1 GB", { fidelity });
    if (fidelity !== "fluid") expect(bounded).toEqual(unbounded);
    expect(sum(bounded, "lostRecords") / sum(unbounded, "lostRecords")).toBeCloseTo(1, 2);
  });

  it.each(fidelities)("leaves the SDK's retries enough to keep the shard busy in %s", async (fidelity) => {
    const rows = await rowsOf("records: 250/s, retry: sdk, buffer: 2 kB", { fidelity });
    expect(Math.abs(sum(rows.slice(1), "acceptedRecords") / 540 - LIMIT)).toBeLessThan(1);
  });

  // What is dropped while it waits for the limiter must not stay on the limiter's account.
  it.each(fidelities)("leaves the KPL's retries enough to keep the shard busy in %s", async (fidelity) => {
    const rows = await rowsOf("records: 250/s, retry: kpl, buffer: 2 kB", { fidelity });
    expect(Math.abs(sum(rows.slice(1), "acceptedRecords") / 540 - LIMIT)).toBeLessThan(1);
  });

  /** What is lost of ten seconds of overload in a minute that is quiet otherwise. */
  async function lostOfBurst(fidelity: Fidelity, resolutionSeconds: number): Promise<number> {
    const traffic =
      "traffic: {timeline: [{at: 0s, records: 300/s}, {at: 10s, records: 10/s}]}, retry: kpl, buffer: 10 kB";
    const rows = await rowsOf(traffic, { fidelity, seconds: 120, resolutionSeconds });
    return sum(rows, "lostRecords");
  }

  it("counts in every second of an overload, by the tick with rows of a second", async () => {
    // 3,000 come, 1,100 are taken meanwhile, 100 fit; four deviations of what comes.
    expect(Math.abs((await lostOfBurst("tick", 1)) - 1_800)).toBeLessThan(4 * Math.sqrt(3_000));
  });

  // A memory may be full and empty again within a minute, in which nothing else asks for a look at every second.
  it.each(["record", "tick"] as const)("counts alike whatever the rows of the timeline in %s", async (fidelity) => {
    const [bySeconds, byMinutes] = [await lostOfBurst(fidelity, 1), await lostOfBurst(fidelity, 60)];
    expect(byMinutes / bySeconds).toBeCloseTo(1, 1);
  });

  /** What waits after each of three seconds with a memory for nothing; overload begins with the second one. */
  async function heldByNothing(fidelity: Fidelity): Promise<readonly number[]> {
    const traffic = "traffic: {timeline: [{at: 0s, records: 0/s}, {at: 1s, records: 500/s}]}, retry: kpl, buffer: 0 B";
    const rows = await rowsOf(traffic, { fidelity, seconds: 3, resolutionSeconds: 1 });
    return rows.map(({ bufferedRecords }) => bufferedRecords);
  }

  it.each(fidelities)("for nothing holds nothing from the first refusal on in %s", async (fidelity) => {
    expect(await heldByNothing(fidelity)).toEqual([0, 0, 0]);
  });
});
