/*
 * A KPL producer whose stream is resharded: until it knows the new shards it sends every record by itself, to all shards and past its
 * limiter, and it puts again what was under way to the closed one. Each figure is worked out from the rates, in every fidelity.
 */
import { describe, expect, it } from "vitest";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import type { SimulationRun } from "../../../src/simulation/simulate.js";
import type { TimelineRow } from "../../../src/simulation/timeline.js";
import { type ModelRun, runModel } from "./run-model.js";

const fidelities: readonly Fidelity[] = ["record", "tick", "auto", "fluid"];

const SHARDS = 4;
/** User records a second of the stream. */
const RATE = 12_000;
const SECONDS = 240;
/** A record of 100 B under a key of 36 B. */
const RECORD_BYTES = 136;
const stated = "{recordsPerBatch: 100, keySize: 36 B}";
const filled = "{maxSize: 50 KiB, keySize: 36 B}";

function yamlOf(producer: string, scenario: string): string {
  return `{version: 1, stream: {name: s, shards: ${SHARDS}}, producers: [{name: p, recordSize: ${RECORD_BYTES} B, ${producer}}], scenario: [${scenario}]}`;
}

const split = "{event: split-shard, at: 60s, shard: 1}";

function run(producer: string, scenario: string, more: ModelRun): Promise<SimulationRun> {
  return runModel(yamlOf(producer, scenario), { seconds: SECONDS, resolutionSeconds: 1, ...more });
}

function busy(aggregation: string, more: ModelRun, scenario = split): Promise<SimulationRun> {
  return run(`records: ${RATE}/s, retry: kpl, aggregation: ${aggregation}`, scenario, more);
}

/** The rows from an operation on, up to so many seconds later. */
function rowsAfter({ events, timeline }: SimulationRun, seconds: number): readonly TimelineRow[] {
  const { at } = events.find(({ event }) => event === "shard-split") as { at: number };
  return timeline.slice(at, at + seconds);
}

function sum(
  rows: readonly TimelineRow[],
  name: "throttledRecords" | "attemptedRecords" | "wrongShardRecords",
): number {
  return rows.reduce((total, row) => total + row[name], 0);
}

/** The mean of some figure over a few seeds. */
async function meanOver(seeds: number, figure: (seed: number) => Promise<number>): Promise<number> {
  let total = 0;
  for (let seed = 1; seed <= seeds; seed += 1) total += await figure(seed);
  return total / seeds;
}

describe.each(fidelities)("a split under a KPL producer in fidelity %s", (fidelity) => {
  it.each([stated, filled])("lets every record go by itself for a second, with aggregates %s", async (aggregation) => {
    const result = await busy(aggregation, { fidelity });
    const [refresh, ...later] = rowsAfter(result, 8);
    // All user records are put by themselves; a sixtieth of that is usual.
    expect(refresh?.attemptedRecords).toBeGreaterThan(0.8 * RATE);
    // What was refused gets in within seconds, in aggregates again.
    expect(sum(later.slice(2), "throttledRecords")).toBe(0);
    for (const row of later.slice(2)) expect(row.attemptedRecords).toBeLessThan(RATE / 40);
  });

  it("takes as long as the refresh does", async () => {
    for (const refreshSeconds of [1, 3.4]) {
      const limits = { "kpl.shardMapRefreshSeconds": refreshSeconds };
      const rows = rowsAfter(await busy(stated, { fidelity, limits }), 10);
      const alone = rows.filter(({ attemptedRecords }) => attemptedRecords > RATE / 2);
      expect(alone).toHaveLength(Math.ceil(refreshSeconds));
    }
  });

  it("is not noticed if a refresh takes no time", async () => {
    const limits = { "kpl.shardMapRefreshSeconds": 0 };
    const { summary } = await busy(stated, { fidelity, limits });
    expect(summary.throttledRecords).toBe(0);
    expect(summary.wrongShardRecords).toBe(0);
  });

  it("makes shards refuse what exceeds their records, saved up ones included", async () => {
    // Three shards of 3,000/s that take 2,000 in that second, and two of 1,500/s; refusals begin after half of it, ten attempts a second.
    const rate = RATE / SHARDS;
    const refusedOnce = (SHARDS - 1) * (rate - 2_000);
    const attempts = refusedOnce * (1 + 9 * ((rate - 2_000) / rate) * (rate / (2 * (rate - 1_000))));
    const found = await meanOver(12, async (seed) =>
      sum(rowsAfter(await busy(stated, { fidelity, seed }), 3), "throttledRecords"),
    );
    // Aggregates come by chance, so that more is refused than on average.
    expect(found).toBeGreaterThan(0.6 * attempts);
    expect(found).toBeLessThan(1.8 * attempts);
  });

  it("counts a user record once, and puts again what was under way", async () => {
    const { summary, events } = await busy(stated, { fidelity });
    const splits = events.filter(({ event }) => event === "shard-split").length;
    expect(splits).toBe(1);
    // One aggregate tells it; those of 3,000/s are 50 ms under way and wait 16.5 ms on average, half of the 33 ms that 100 take.
    const underWay = (RATE / SHARDS) * (0.05 + 99 / (2 * (RATE / SHARDS)));
    expect(summary.wrongShardRecords / (100 + underWay)).toBeGreaterThan(0.95);
    expect(summary.wrongShardRecords / (100 + underWay)).toBeLessThan(1.05);
    expect(summary.offeredRecords).toBe(summary.acceptedRecords + summary.lostRecords + summary.bufferedRecords);
    expect(summary.producers[0]?.wrongShardRecords).toBe(summary.wrongShardRecords);
    expect(Math.abs(summary.acceptedRecords / (RATE * SECONDS) - 1)).toBeLessThan(0.02);
  });

  it("is a matter of each operation, and of merges too", async () => {
    const scenario = `${split}, {event: merge-shards, at: 120s, shard: 2, adjacent: 3}`;
    const { timeline } = await busy(stated, { fidelity }, scenario);
    expect(timeline.filter(({ wrongShardRecords }) => wrongShardRecords > 0)).toHaveLength(2);
    expect(timeline.filter(({ attemptedRecords }) => attemptedRecords > RATE / 2)).toHaveLength(2);
  });

  it.each([
    { what: "records that are not aggregated", producer: `records: 2000/s, retry: kpl` },
    { what: "aggregates of another library", producer: `records: ${RATE}/s, retry: sdk, aggregation: ${stated}` },
    { what: "aggregates that are not put again", producer: `records: ${RATE}/s, retry: none, aggregation: ${filled}` },
  ])("changes nothing for $what", async ({ producer }) => {
    const { summary, timeline } = await run(producer, split, { fidelity });
    expect(summary.wrongShardRecords).toBe(0);
    expect(summary.throttledRecords).toBe(0);
    const [least, most] = [Math.min, Math.max].map((of) =>
      of(...timeline.map(({ attemptedRecords }) => attemptedRecords)),
    );
    expect(most).toBeLessThan(2.5 * (least as number) + 120);
  });
});

describe("a shard map", () => {
  it("is found stale when one aggregate of each process has been put there", async () => {
    // Shard 1 gets 0.25 aggregates a second of 100 processes together.
    const producer = `records: 100/s, retry: kpl, instances: 100, aggregation: {recordsPerBatch: 100}`;
    const late = await run(producer, split, { fidelity: "fluid", seconds: 900, resolutionSeconds: 1 });
    const split1 = late.events.find(({ event }) => event === "shard-split")?.at ?? 0;
    const found = late.timeline.find(({ wrongShardRecords }) => wrongShardRecords > 0)?.at ?? 0;
    expect(found - split1).toBeGreaterThan(395);
    expect(found - split1).toBeLessThan(405);
  });

  it("waits its turn where more processes list the shards than the service answers", async () => {
    const limits = { "listShards.callsPerSecond": 1 };
    const producer = `records: ${RATE}/s, retry: kpl, instances: 4, aggregation: ${stated}`;
    const { timeline } = await run(producer, split, { fidelity: "tick", limits });
    // They wait 0, 1, 2.5 and 4.75 s, 2.0625 on average, and then need a second.
    expect(timeline.filter(({ attemptedRecords }) => attemptedRecords > RATE / 2)).toHaveLength(4);
  });
});

describe("aggregates of a run", () => {
  it.each(fidelities)("hold as many records as come in their time, by %s", async (fidelity) => {
    for (const { records, instances, mean } of [
      { records: 40, instances: 1, mean: 1 + 40 / SHARDS / 10 },
      { records: 4_000, instances: 1, mean: 1 + 4_000 / SHARDS / 10 },
      { records: 4_000, instances: 20, mean: 1 + 4_000 / SHARDS / 10 / 20 },
      { records: 24_000, instances: 1, mean: 353 },
    ]) {
      const producer = `records: ${records}/s, retry: kpl, instances: ${instances}, aggregation: ${filled}`;
      const { summary } = await run(producer, "", { fidelity });
      expect(Math.abs((summary.producers[0]?.recordsPerKinesisRecord ?? 0) / mean - 1)).toBeLessThan(0.02);
    }
  });

  it.each(fidelities)(
    "make more Kinesis records of the same traffic the more processes there are, by %s",
    async (fidelity) => {
      const attempts = [1, 10, 100].map(async (instances) => {
        const producer = `records: 2000/s, retry: kpl, instances: ${instances}, aggregation: ${filled}`;
        return (await run(producer, "", { fidelity })).summary.attemptedRecords;
      });
      const [few = 0, more = 0, many = 0] = await Promise.all(attempts);
      expect(more).toBeGreaterThan(5 * few);
      expect(many).toBeGreaterThan(1.5 * more);
    },
  );

  it("fill the same however time is cut into rows", async () => {
    const producer = `traffic: {timeline: [{at: 0s, records: 100/s}, {at: 240s, records: 9000/s}]}, retry: kpl, aggregation: ${filled}`;
    const [fine, coarse] = await Promise.all(
      [1, 60].map(
        async (resolutionSeconds) => (await run(producer, split, { fidelity: "tick", resolutionSeconds })).summary,
      ),
    );
    expect(fine).toEqual(coarse);
  });
});
