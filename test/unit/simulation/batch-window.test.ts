/*
 * Lambda's batching window: a batch goes out once it is full, and what is there once the window has passed since its first record.
 */
import { describe, expect, it } from "vitest";
import { BatchWindow } from "../../../src/simulation/batch-window.js";
import type { SimulationRun } from "../../../src/simulation/simulate.js";
import { consumerOf, simulateReads } from "./read-side-run.js";

describe("a window of 30 s and 100 records", () => {
  const open = (): BatchWindow => new BatchWindow({ seconds: 30, records: 100 });

  it("lets full batches through at once", () => {
    const window = open();
    window.look(1, 99, 0);
    expect(window.passed).toBe(0);
    window.look(2, 250, 0);
    expect(window.passed).toBe(200);
  });

  it("lets through what has waited since the first record of the batch", () => {
    const window = open();
    window.look(1, 10, 0);
    window.look(30.9, 20, 0);
    expect(window.passed).toBe(0);
    window.look(31, 30, 0);
    expect(window.passed).toBe(30);
  });

  it("opens anew for what a full batch leaves, and for the first record after an empty one", () => {
    const window = open();
    window.look(1, 10, 0);
    window.look(20, 110, 0);
    window.look(31, 110, 100);
    expect(window.passed).toBe(100);
    window.look(50, 110, 100);
    expect(window.passed).toBe(110);
    window.look(60, 110, 110);
    window.look(100, 120, 110);
    window.look(129, 120, 110);
    expect(window.passed).toBe(110);
  });

  it("does not hold what is skipped", () => {
    const window = open();
    window.look(1, 10, 0);
    window.look(2, 80, 80);
    expect(window.passed).toBe(80);
  });

  it("says what may come through until a time", () => {
    const window = open();
    window.look(1, 10, 0);
    expect(window.passable(150, 5, 20)).toBe(100);
    expect(window.passable(150, 5, 31)).toBe(150);
    expect(open().passable(90, 5, 34)).toBe(0);
    expect(open().passable(90, 5, 35)).toBe(90);
  });
});

interface Batching {
  readonly fidelity: "record" | "tick" | "auto";
  readonly read: "shared" | "fan-out";
  readonly records: number;
  readonly timePerRecord?: string;
}

const SECONDS = 3_600;

function run({ fidelity, read, records, timePerRecord = "1 us" }: Batching): Promise<SimulationRun> {
  const consumer = { name: "c", kind: "lambda", read, timePerRecord, batchSize: 1_000, batchWindow: "30 s" };
  return simulateReads({ records, consumers: [consumer] }, { fidelity, seconds: SECONDS });
}

const reads = (["record", "tick", "auto"] as const).flatMap((fidelity) =>
  (["shared", "fan-out"] as const).map((read) => ({ fidelity, read })),
);

describe.each(reads)("a function with a window, by $fidelity and $read reads", (how) => {
  it("waits until batches are full", async () => {
    // They fill in 10 s, and a poll is up to a second late.
    const { iteratorAgeSeconds, lambda } = consumerOf(await run({ ...how, records: 100 }));
    expect(iteratorAgeSeconds.max).toBeGreaterThan(9.5);
    expect(iteratorAgeSeconds.max).toBeLessThan(13);
    expect(iteratorAgeSeconds.p50).toBeGreaterThan(4);
    expect(iteratorAgeSeconds.p50).toBeLessThan(7);
    expect(lambda?.invocations).toBeGreaterThan(SECONDS / 11.5);
    expect(lambda?.invocations).toBeLessThan(SECONDS / 9.5);
  });

  it("waits for as long as the window where they do not fill", async () => {
    const { iteratorAgeSeconds, lambda } = consumerOf(await run({ ...how, records: 5 }));
    expect(iteratorAgeSeconds.max).toBeGreaterThan(29);
    expect(iteratorAgeSeconds.max).toBeLessThan(33);
    expect(lambda?.invocations).toBeGreaterThan(SECONDS / 34);
    expect(lambda?.invocations).toBeLessThan(SECONDS / 28);
  });

  it("keeps up with as much as its invocations take", async () => {
    // Each batch takes 10 s, of the 10.5 s in which it fills.
    const { iteratorAgeSeconds, backlogRecords, readThrottles } = consumerOf(
      await run({ ...how, records: 95, timePerRecord: "9.9 ms" }),
    );
    expect(iteratorAgeSeconds.max).toBeLessThan(60);
    expect(backlogRecords).toBeLessThan(4_000);
    expect(readThrottles).toBe(0);
  });
});

describe("more than the mean rate", () => {
  it("fills batches sooner, and is read at once", async () => {
    const consumers = [{ name: "c", kind: "lambda", timePerRecord: "0.5 ms", batchSize: 10_000, batchWindow: "5 min" }];
    const scenario = [{ at: "30 min", event: "traffic", factor: 60, lasts: "20 min" }];
    const { timeline } = await simulateReads(
      { records: 15, consumers, scenario },
      { fidelity: "auto", seconds: SECONDS },
    );
    // 900 a second fill one in 11 s, which takes 5 s.
    const busy = timeline.filter(({ at }) => at >= 32 * 60 && at < 50 * 60);
    const ages = busy.map(({ consumers: [one] }) => one?.iteratorAgeSecondsMax ?? Number.NaN);
    expect(busy.length).toBe(18);
    expect(Math.max(...ages)).toBeLessThan(20);
  });
});
