/* The error that a run states, against the run itself and the same one record by record. */
import { describe, expect, it } from "vitest";
import { type ImpliedErrors, impliedErrors } from "../../../src/planning/implied-errors.js";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import type { SimulationSummary } from "../../../src/simulation/simulate.js";
import { oneWorkload } from "../../one-workload.js";
import { runModel } from "./run-model.js";

interface Stated {
  readonly summary: SimulationSummary;
  readonly errors: ImpliedErrors;
}

async function state(producer: string, fidelity: Fidelity, shards = 1): Promise<Stated> {
  const yaml = `{version: 1, stream: {name: s, shards: ${shards}}, producers: [{name: p, ${producer}}]}`;
  const run = await runModel(yaml, { fidelity, seconds: 900 });
  return { summary: run.summary, errors: impliedErrors(await oneWorkload(yaml), run) };
}

const retries = ["none", "sdk", "kpl"];
const calls = [
  ...[1, 10, 100, 500].map((putBatch) => ({ putBatch, bytes: 100, limit: 1_000 })),
  ...[100_000, 500_000].map((bytes) => ({ putBatch: 1, bytes, limit: 1_048_576 / bytes })),
];

describe("the error that a flow states", () => {
  const cases = calls.flatMap((one) => retries.map((retry) => ({ ...one, retry })));

  it.each(cases)(
    "covers how far single records are from it, calls of $putBatch of $bytes B, retry $retry",
    async ({ putBatch, bytes, limit, retry }) => {
      for (const ratio of [0.5, 0.9, 1, 1.01, 1.3]) {
        const producer = `records: ${ratio * limit}/s, recordSize: ${bytes} B, putBatch: ${putBatch}, retry: ${retry}`;
        const [flow, reference] = [await state(producer, "fluid"), await state(producer, "record")];
        const lost = ({ summary }: Stated): number => summary.lostRecords / summary.offeredRecords;
        const refused = Math.abs(flow.summary.throttledRatio - reference.summary.throttledRatio);
        expect(refused, `refused at ${ratio}`).toBeLessThanOrEqual(flow.errors.throttledRatio);
        expect(Math.abs(lost(flow) - lost(reference)), `lost at ${ratio}`).toBeLessThanOrEqual(flow.errors.lostRatio);
      }
    },
  );

  it("is that of small calls where large ones are spread over many shards", async () => {
    const producer = "records: 900/s, recordSize: 100 B, retry: none, putBatch: 500";
    expect((await state(producer, "fluid", 1)).errors.lostRatio).toBe(0.49);
    expect((await state(producer, "fluid", 10)).errors.lostRatio).toBe(0.055);
  });
});

describe("the error that seconds state", () => {
  it("holds while something is refused alone", async () => {
    const producer = (rate: number): string => `records: ${rate}/s, recordSize: 100 B, retry: none, putBatch: 1`;
    expect((await state(producer(500), "tick")).errors).toEqual({ throttledRatio: 0, lostRatio: 0 });
    expect((await state(producer(1_300), "tick")).errors).toEqual({ throttledRatio: 0.005, lostRatio: 0.005 });
  });

  it("is none where each record is played on its own", async () => {
    const producer = "records: 24/s, recordSize: 60 KiB, recordSizeVariation: 1, retry: kpl";
    const { errors, summary } = await state(producer, "tick");
    expect(summary.lostRecords).toBeGreaterThan(0);
    expect(errors).toEqual({ throttledRatio: 0, lostRatio: 0 });
  });

  /** Whether what is refused and lost is as near to the reference as a run states. */
  async function expectWithin(producer: string, fidelity: Fidelity): Promise<void> {
    const [found, reference] = [await state(producer, fidelity), await state(producer, "record")];
    const lost = ({ summary }: Stated): number => summary.lostRecords / summary.offeredRecords;
    const refused = Math.abs(found.summary.throttledRatio - reference.summary.throttledRatio);
    expect(refused, "refused").toBeLessThanOrEqual(found.errors.throttledRatio);
    expect(Math.abs(lost(found) - lost(reference)), "lost").toBeLessThanOrEqual(found.errors.lostRatio);
  }

  const small = [1, 2].flatMap((variation) =>
    retries.flatMap((retry) => [1.1, 2].map((ratio) => ({ variation, retry, ratio }))),
  );
  it.each(small)(
    "covers how far single records are from it at $ratio times the limit, 2 KiB ± $variation, retry $retry",
    async ({ variation, retry, ratio }) => {
      const sizes = `recordSize: 2 KiB, recordSizeVariation: ${variation}, putBatch: 1`;
      await expectWithin(`records: ${ratio * 512}/s, ${sizes}, retry: ${retry}`, "tick");
    },
  );

  // An overload between two quiet times: what is leapt over there makes the rest another one.
  it.each(retries)("is what chance makes of single records after a leap, retry %s", async (retry) => {
    const traffic = "{timeline: [{at: 0s, records: 10/s}, {at: 300s, records: 60/s}, {at: 700s, records: 10/s}]}";
    const producer = `traffic: ${traffic}, recordSize: 20 KiB, recordSizeVariation: 0.5, retry: ${retry}`;
    expect((await state(producer, "auto")).errors.throttledRatio).toBeGreaterThan(0);
    await expectWithin(producer, "auto");
  });

  it("is larger where the SDK's retries have a bounded memory", async () => {
    await expectWithin("records: 1600/s, recordSize: 100 B, putBatch: 1, retry: sdk, buffer: 20 kB", "tick");
  });
});
