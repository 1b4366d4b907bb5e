/*
 * Whatever happens to consumers, their workers and their shards: positions only grow, or go back by what is processed again; all that
 * came is processed or waits, every lease has one worker that is up or nobody, and when all is calm again everything is read.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConsumerFleet } from "../../../src/simulation/consumer-fleet.js";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import type { StreamSimulation } from "../../../src/simulation/stream-simulation.js";
import { MIB, shardModel, WatchedBucket } from "../../unit/simulation/lone-reader.js";
import { keepAges, openReads, play, type ReadStream } from "../../unit/simulation/read-side-run.js";

/**
 * Events end before `CALM`, and what follows from them before the end: three restarts, which take three minutes, and what a KCL fleet
 * needs to find a leader and give all leases to workers.
 */
const CALM = 300;
const SECONDS = CALM + 180 + 600;
const RATE = 60;

const at = fc.integer({ min: 0, max: CALM });
const lasts = fc.integer({ min: 1, max: 100 });
const name = fc.constantFrom("c0", "c1");

const event = fc.oneof(
  fc.record({ event: fc.constant("consumer-down"), at, consumer: name, lasts }),
  fc.record({ event: fc.constant("worker-crash"), at, consumer: name, count: fc.integer({ min: 1, max: 3 }), lasts }),
  fc.record({ event: fc.constant("deploy"), at, consumer: name }),
  fc.record({ event: fc.constant("slow"), at, consumer: name, factor: fc.constantFrom(0.5, 3, 100), lasts }),
  fc.record({ event: fc.constant("traffic"), at, factor: fc.constantFrom(0.01, 0.3, 2), lasts }),
  fc.record({ event: fc.constant("reshard"), at, shards: fc.integer({ min: 1, max: 6 }) }),
);

const consumer = fc.record({
  kind: fc.constantFrom("kcl", "kcl", "lambda", "firehose", "flink", "sdk"),
  read: fc.constantFrom("shared", "shared", "fan-out"),
  // Not so often that calls are refused, and up to two seconds: longer intervals are looked at below.
  pollInterval: fc.constantFrom(0.5, 1, 1.5, 2),
  cpuPerRecord: fc.constantFrom(undefined, 0.0001, 0.0004),
  timePerRecord: fc.constantFrom(0.0002, 0.0005),
  timeVariation: fc.constantFrom(0, 0.5, 1),
  workers: fc.constantFrom(1, 2, 3),
  standby: fc.constantFrom(0, 0, 1),
  parallelization: fc.constantFrom(undefined, 3),
  kclVersion: fc.constantFrom(2, 3),
});

const streams: fc.Arbitrary<ReadStream> = fc
  .record({
    shards: fc.integer({ min: 1, max: 5 }),
    putBatch: fc.constantFrom(1, 8),
    aggregation: fc.constantFrom(undefined, { recordsPerBatch: 3.5 }),
    consumers: fc.tuple(consumer, consumer),
    scenario: fc.array(event, { maxLength: 7 }),
  })
  .map(({ shards, putBatch, aggregation, consumers, scenario }) => ({
    shards,
    records: RATE * shards,
    producer: { putBatch, ...(aggregation !== undefined && { aggregation }) },
    consumers: consumers.map((one, index) => ({ name: `c${index}`, ...one })),
    scenario,
  }));

/** Looked at thousands of times a run, so that no matcher is made for it. */
function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** Who holds what: lists of both sides agree, and only workers that are up and not spare hold leases. */
function checkLeases({ leases, workers }: ConsumerFleet): void {
  const held = new Set(workers.flatMap((worker) => worker.leases));
  const owned = leases.filter(({ worker }) => worker >= 0);
  check(
    owned.every((lease) => workers[lease.worker]?.leases.includes(lease) === true),
    "a worker does not know its lease",
  );
  check(held.size === owned.length, `${held.size} leases are held, ${owned.length} have a worker`);
  for (const { isUp, isStandby, leases: own } of workers)
    check((isUp && !isStandby) || own.length === 0, "a worker holds leases that cannot");
}

function checkRow(simulation: StreamSimulation, before: Map<object, number>): void {
  const accepted = simulation.shards.reduce((sum, { log }) => sum + log.records, 0);
  for (const fleet of simulation.fleets) {
    const { account } = fleet;
    const rest = accepted - (account.processed - account.repeated) - fleet.backlog;
    check(Math.abs(rest) < 1e-6 * (1 + accepted), `${rest} records of ${accepted} are unaccounted for`);
    checkLeases(fleet);
    let back = 0;
    for (const { reader } of fleet.leases) {
      check(reader.backlog > -1e-6, `a backlog of ${reader.backlog}`);
      check(reader.fetched > reader.processed - 1e-6, "processed before it was fetched");
      back += Math.max(0, (before.get(reader) ?? 0) - reader.processed);
      before.set(reader, reader.processed);
    }
    const repeated = account.repeated - (before.get(fleet) ?? 0);
    check(back <= repeated + 1e-6, `readers go back by ${back} records, of which ${repeated} are said to be repeated`);
    before.set(fleet, account.repeated);
  }
  for (const { seconds, consumers } of simulation.recorder.rows.slice(-1))
    for (const { iteratorAgeSecondsMax: age, cpuUtilization } of consumers) {
      // Readers that keep up may be said to do so from the start: an interval at most.
      check(age >= 0 && age <= simulation.engine.now + 2.2, `an age of ${age} s after ${simulation.engine.now} s`);
      // Records of the second before, one for each shard, may be done in this one.
      check((cpuUtilization?.mean ?? 0) < 1 + 3 / seconds, `${cpuUtilization?.mean} of the CPU`);
    }
}

/** Nothing is left behind after a while without events. */
function checkCalm({ fleets, liveShards, openShards }: StreamSimulation): void {
  expect(liveShards.length).toBe(openShards.length);
  for (const { leases, backlog } of fleets) {
    expect(leases.every(({ blocks, reader }) => blocks === 0 && reader.isReading)).toBe(true);
    // What two polls bring of the whole stream, by chance and in calls of several records a little more.
    expect(backlog).toBeLessThan(5 * RATE * 5);
  }
  // Logs forget what everybody has read: what is kept is of the last minute or two, of all producers on what may be one shard.
  for (const shard of openShards) expect(shard.log.end - shard.oldest).toBeLessThan(2 * 60 * 5 * RATE);
}

const runs: readonly { fidelity: Fidelity; count: number }[] = [
  { fidelity: "record", count: 60 },
  { fidelity: "tick", count: 120 },
  { fidelity: "auto", count: 120 },
  { fidelity: "fluid", count: 120 },
];

describe.each(runs)("consumers in fidelity $fidelity", ({ fidelity, count }) => {
  it("account for every record, and have read all when it is calm again", async () => {
    await fc.assert(
      fc.asyncProperty(
        streams,
        fc.integer({ min: 0, max: 2 ** 30 }),
        fc.constantFrom(1, 13, 60),
        async (one, seed, resolutionSeconds) => {
          const simulation = await openReads(one, { fidelity, seconds: SECONDS, seed, resolutionSeconds });
          const before = new Map<object, number>();
          play(simulation, () => checkRow(simulation, before));
          checkCalm(simulation);
        },
      ),
      { numRuns: count },
    );
  });
});

describe("a shard's bucket for shared readers", () => {
  it("gives no more in any time than its rate, what it saved up, and one call", () => {
    const call = fc.record({
      wait: fc.double({ min: 0, max: 3, noNaN: true }),
      bytes: fc.integer({ min: 0, max: 10 * MIB }),
    });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 60 }), (wishes) => {
        const bucket = new WatchedBucket(shardModel, 0);
        let seconds = 0;
        for (const { wait, bytes } of wishes) {
          seconds += wait;
          if (bucket.admits(seconds)) bucket.charge(bytes);
        }
        const { admitted } = bucket;
        for (const [from, first] of admitted.entries()) {
          let [bytes, largest] = [0, 0];
          for (const [ahead, one] of admitted.slice(from).entries()) {
            const span = one.seconds - first.seconds;
            bytes += one.bytes;
            largest = Math.max(largest, one.bytes);
            check(bytes <= 2 * MIB * (1 + span) + largest + 1e-3, `${bytes} bytes in ${span} s`);
            check(ahead + 1 <= 5 * (1 + span) + 1e-6, `${ahead + 1} calls in ${span} s`);
          }
        }
      }),
    );
  });
});

// Longer than a chunk, which ends at every row of the timeline and at every event: it may have no poll in it, or one that found nothing.
describe.each(["tick", "auto"] as const)(
  "a reader that polls less often than once a chunk in fidelity %s",
  (fidelity) => {
    it.each([10, 30, 120])("every %d s, never goes back", async (pollInterval) => {
      const consumers = [{ name: "c0", kind: "sdk", pollInterval, timePerRecord: 0.01 }];
      const simulation = await openReads(
        { records: 20, consumers },
        { fidelity, seconds: 3_600, resolutionSeconds: 7 },
      );
      const before = new Map<object, number>();
      const [kept = []] = keepAges(simulation);
      play(simulation, () => checkRow(simulation, before));
      const ages = kept.toSorted((a, b) => a - b);
      // Evenly between a fifth of the interval, which processing takes, and the interval.
      expect(Math.abs((ages[1_800] ?? 0) / (0.6 * pollInterval) - 1)).toBeLessThan(0.1);
    });
  },
);

/*
 * Records of processors that work side by side end in another order than they began: what is done is not what came first, and nothing
 * may be forgotten before its turn.
 */
describe("a reader of single records with several processors", () => {
  it("counts all that is done", async () => {
    const consumers = [{ name: "c0", kind: "lambda", timePerRecord: "20 ms", timeVariation: 1, parallelization: 3 }];
    const simulation = await openReads({ records: 100, consumers }, { fidelity: "record", seconds: 600 });
    const before = new Map<object, number>();
    play(simulation, () => checkRow(simulation, before));
  });
});
