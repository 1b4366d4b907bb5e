/*
 * What is offered is accepted, lost or with the producer, whatever a stream, its producers and its scenario are, in every fidelity. The
 * simulation checks its own invariants after every control event here too.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import type { StreamSimulation } from "../../../src/simulation/stream-simulation.js";
import { type ModelRun, replay } from "../../unit/simulation/run-model.js";

const limits = {
  "shard.writeRecordsPerSecond": 100,
  "shard.writeBurstRecords": 100,
  "shard.writeBytesPerSecond": 100_000,
  "shard.writeBurstBytes": 100_000,
  "kpl.limiterBurstRecords": 100,
  "account.shards": 8,
} as const;

const SECONDS = 240;

const keys = fc.oneof(
  fc.constant(undefined),
  fc.record({ hottest: fc.constantFrom(0.01, 0.3, 1) }),
  fc.record({ count: fc.constantFrom(1, 7, 1_000, 1_000_000), distribution: fc.constantFrom("even", "zipf") }),
);

const producer = fc.record({
  records: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400 })),
  recordSize: fc.constantFrom(50, 900, 5_000, 60_000),
  recordSizeVariation: fc.constantFrom(undefined, undefined, 0.1, 0.5, 2),
  putBatch: fc.constantFrom(undefined, 1, 3, 40),
  burstiness: fc.constantFrom(undefined, 0.5, 2),
  retry: fc.constantFrom("none", "sdk", "kpl"),
  instances: fc.constantFrom(undefined, 3),
  buffer: fc.constantFrom(undefined, undefined, 0, 100_000, 5_000_000),
  aggregation: fc.constantFrom(
    undefined,
    undefined,
    { recordsPerBatch: 3.5 },
    { maxSize: 51_200 },
    { maxSize: 400, distinctKeys: 2 },
  ),
  keys,
});

const at = fc.integer({ min: 0, max: SECONDS });
const event = fc.oneof(
  fc.record({ event: fc.constant("reshard"), at, shards: fc.integer({ min: 1, max: 8 }) }),
  fc.record({
    event: fc.constant("split-shard"),
    at,
    shard: fc.integer({ min: 0, max: 8 }),
    share: fc.constantFrom(0.1, 0.5),
  }),
  fc.record({
    event: fc.constant("merge-shards"),
    at,
    shard: fc.integer({ min: 0, max: 8 }),
    adjacent: fc.integer({ min: 0, max: 8 }),
  }),
  fc.record({
    event: fc.constant("traffic"),
    at,
    factor: fc.constantFrom(0.1, 2, 5),
    lasts: fc.integer({ min: 1, max: 90 }),
  }),
  fc.record({
    event: fc.constant("consumer-down"),
    at,
    consumer: fc.constant("c0"),
    lasts: fc.integer({ min: 1, max: 90 }),
  }),
);

const consumer = fc.record({
  kind: fc.constantFrom("kcl", "lambda"),
  read: fc.constantFrom("shared", "fan-out"),
  timePerRecord: fc.constantFrom("0.1 ms", "8 ms"),
});

/** A workload as text. JSON is YAML; keys without a value are left out. */
const workload = fc
  .record({
    shards: fc.integer({ min: 1, max: 4 }),
    producers: fc.array(producer, { minLength: 1, maxLength: 3 }),
    others: fc.array(consumer, { maxLength: 1 }),
    first: consumer,
    scenario: fc.array(event, { maxLength: 6 }),
  })
  .map(({ shards, producers, first, others, scenario }) =>
    JSON.stringify({
      version: 1,
      stream: { name: "s", shards },
      producers: producers.map((one, index) => ({ name: `p${index}`, ...one })),
      consumers: [first, ...others].map((one, index) => ({ name: `c${index}`, ...one })),
      scenario,
    }),
  );

/** What has to hold of a simulation at any time. */
function balance({ producers, bufferedRecords }: StreamSimulation, fidelity: Fidelity): void {
  let waiting = 0;
  for (const { model, kpl, offered, accepted, lost, attempts, throttled, acceptedLate, misdirected } of producers) {
    const scale = 1e-9 * (1 + offered);
    const figures = [offered, accepted, lost, throttled, acceptedLate, attempts - throttled];
    if (!figures.every((figure) => figure >= 0)) throw new Error(`negative: ${figures.join(", ")}`);
    if (kpl === undefined && misdirected > 0) throw new Error(`${misdirected} misdirected without aggregates`);
    // What the KPL makes of records is not what is counted.
    if (kpl === undefined && Math.abs(attempts - throttled - accepted) > scale)
      throw new Error(`${attempts} attempts, ${throttled} in vain, ${accepted} accepted`);
    if (acceptedLate > accepted + scale) throw new Error("more were late than accepted");
    const rest = offered - accepted - lost;
    if (rest < -scale) throw new Error(`${offered} offered, ${accepted} accepted, ${lost} lost`);
    if (model.retry.kind === "none" && Math.abs(rest) > scale) throw new Error("waits without a retry");
    const tries = model.retry.kind === "sdk" ? model.retry.backoffSecondsMax.length + 1 : 1;
    // As a flow what waits counts as not tried yet; see the unit tests of retries.
    if (fidelity !== "fluid" && model.retry.kind !== "kpl" && attempts > tries * offered)
      throw new Error(`${attempts} attempts for ${offered} records`);
    waiting += rest * model.recordsPerKinesisRecord;
  }
  if (Math.abs(waiting - bufferedRecords) > 1e-6 * (1 + waiting))
    throw new Error(`${bufferedRecords} wait, ${waiting} are left`);
}

/** Runs a workload, and holds every row and the timeline as a whole to the account. */
async function balancedRun(yaml: string, run: ModelRun & { readonly fidelity: Fidelity }): Promise<void> {
  const options = { limits, seconds: SECONDS, ...run };
  const { producers, recorder } = await replay(yaml, options, (simulation) => balance(simulation, run.fidelity));
  const offered = producers.reduce((total, one) => total + one.offered * one.model.recordsPerKinesisRecord, 0);
  const sum = (name: "offeredRecords" | "acceptedRecords" | "lostRecords"): number =>
    recorder.rows.reduce((total, row) => total + row[name], 0);
  const buffered = recorder.rows.at(-1)?.bufferedRecords ?? 0;
  expect(sum("offeredRecords")).toBeCloseTo(offered, 3);
  expect(sum("acceptedRecords") + sum("lostRecords") + buffered).toBeCloseTo(offered, 3);
}

const runs: readonly { fidelity: Fidelity; count: number }[] = [
  { fidelity: "record", count: 15 },
  { fidelity: "tick", count: 50 },
  { fidelity: "auto", count: 40 },
  { fidelity: "fluid", count: 40 },
];

describe("the account of every producer", () => {
  it.each(runs)("is balanced at the end of every row in fidelity $fidelity", async ({ fidelity, count }) => {
    await fc.assert(
      fc.asyncProperty(
        workload,
        fc.integer({ min: 0, max: 2 ** 30 }),
        fc.constantFrom(1, 17, 60),
        (yaml, seed, resolutionSeconds) => balancedRun(yaml, { fidelity, seed, resolutionSeconds }),
      ),
      { numRuns: count },
    );
  });

  const seeds = Array.from({ length: 10 }, (_, seed) => seed);
  const uneven = JSON.stringify({
    version: 1,
    stream: { name: "s", shards: 1 },
    producers: [
      {
        name: "p",
        records: 22,
        recordSize: 60_000,
        recordSizeVariation: 0.1,
        burstiness: 2,
        retry: "kpl",
        keys: { hottest: 0.01 },
      },
    ],
  });

  // Far more comes than a limiter of bytes lets go: what is offered is not what has just come.
  it.each(["record", "tick", "fluid"] as const)(
    "is balanced where sizes vary and a limiter holds back, in %s",
    async (fidelity) => {
      for (const seed of seeds) await balancedRun(uneven, { fidelity, seed });
    },
  );
});
