/*
 * What becomes of records when shards close: writes go to the children at once, reads first finish the parents. That keeps the order of
 * every key, since a shard is read in the order of arrival.
 */
import { describe, expect, it } from "vitest";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import type { StreamShard } from "../../../src/simulation/stream-shard.js";
import type { StreamSimulation } from "../../../src/simulation/stream-simulation.js";
import { type ModelRun, replay } from "./run-model.js";

const fidelities: readonly Fidelity[] = ["record", "tick", "fluid", "auto"];

/** Shards that are split and merged under a fast reader and one that lags, whose parents take a while to finish. */
const yaml = `
version: 1
stream: {name: s, shards: 2}
producers: [{name: p, records: 120/s, recordSize: 500 B, putBatch: 1}]
consumers:
  - {name: fast, kind: sdk, timePerRecord: 0.1 ms}
  - {name: slow, kind: kcl, timePerRecord: 15 ms}
  - {name: pushed, kind: kcl, read: fan-out, timePerRecord: 2 ms}
scenario:
  - {event: consumer-down, at: 20s, consumer: slow, lasts: 60s}
  - {event: reshard, at: 60s, shards: 4}
  - {event: reshard, at: 300s, shards: 3}
  - {event: traffic, at: 400s, factor: 0, lasts: 200s}
`;

const run: ModelRun = { seconds: 600, resolutionSeconds: 1, seed: 3 };

/** A shard's parents, theirs, and so on. */
function ancestorsOf({ parents }: StreamShard): StreamShard[] {
  return parents.flatMap((parent) => [parent, ...ancestorsOf(parent)]);
}

/** Names of the consumers that have got something of a shard although they are not done with those before it. */
function impatientReaders({ shards, fleets }: StreamSimulation): string[] {
  return shards.flatMap((shard) =>
    shard.leases.flatMap(({ reader }, consumer) => {
      const waitsFor = ancestorsOf(shard).filter((parent) => parent.leases[consumer]?.reader.isDrained !== true);
      return reader.fetched > 0 && waitsFor.length > 0 ? [fleets[consumer]?.model.name ?? ""] : [];
    }),
  );
}

describe.each(fidelities)("children of a shard in fidelity %s", (fidelity) => {
  it("wait for what came before a parent that is empty itself", async () => {
    // Shard 0 has 3 minutes of work left when its child, which nobody wrote to, is split again.
    const quiet = `
version: 1
stream: {name: s, shards: 1}
producers: [{name: p, records: 800/s, recordSize: 100 B}]
consumers: [{name: c, kind: kcl, timePerRecord: 2 ms}]
scenario:
  - {event: traffic, at: 10m, factor: 0, lasts: 3m}
  - {event: split-shard, at: 10m, shard: 0}
  - {event: split-shard, at: 11m, shard: 1}
`;
    const simulation = await replay(quiet, { seconds: 1_800, fidelity }, (state) => {
      expect(impatientReaders(state)).toEqual([]);
    });
    expect(simulation.shards).toHaveLength(5);
    expect(simulation.shards[4]?.leases[0]?.reader.processed).toBeGreaterThan(0);
  });

  it("are read after their parents, by each consumer for itself", async () => {
    const firstReads = new Map<string, number>();
    const drains = new Map<string, number>();
    const note = (times: Map<string, number>, name: string, now: number): void => {
      if (!times.has(name)) times.set(name, now);
    };
    const simulation = await replay(yaml, { ...run, fidelity }, (state, now) => {
      expect(impatientReaders(state)).toEqual([]);
      for (const { number, isOpen, leases } of state.shards)
        for (const [consumer, { reader }] of leases.entries()) {
          if (reader.fetched > 0) note(firstReads, `${number}/${consumer}`, now);
          if (!isOpen && reader.isDrained) note(drains, `${number}/${consumer}`, now);
        }
    });
    expect(simulation.shards.length).toBeGreaterThan(6);
    // A KCL worker takes at least 3 s until it reads a child; what was seen at the end of a second may have happened within it.
    for (const { number, parents } of simulation.shards)
      for (const parent of parents) {
        const [read = Number.NaN, drained = Number.NaN] = [
          firstReads.get(`${number}/1`),
          drains.get(`${parent.number}/1`),
        ];
        expect(read - drained).toBeGreaterThanOrEqual(2);
      }
    // The slow consumer is done with a parent later than the fast one, so that it is later with the children.
    expect(firstReads.get("2/1")).toBeGreaterThan(firstReads.get("2/0") ?? Number.NaN);
  });

  it("take the writes at once, and their parents take none", async () => {
    const closed = new Map<number, number>();
    const { producers, shards } = await replay(yaml, { ...run, fidelity }, ({ shards: all }, now) => {
      for (const { number, closedTick, log } of all) {
        if (closedTick === undefined || closedTick > now) continue;
        if (!closed.has(number)) closed.set(number, log.records);
        expect(log.records).toBe(closed.get(number));
      }
    });
    expect(producers[0]).toMatchObject({ throttled: 0, lost: 0 });
    expect(closed.size).toBeGreaterThan(4);
    const stored = shards.reduce((sum, { log }) => sum + log.records, 0);
    expect(stored).toBeCloseTo(producers[0]?.offered ?? Number.NaN, 6);
    // Every shard opens when its parents close.
    for (const { openedTick, parents } of shards)
      expect(parents.every(({ closedTick }) => closedTick === openedTick)).toBe(true);
  });

  it("outlive their parents, which are drained once the last consumer is done", async () => {
    const { shards, events, fleets } = await replay(yaml, { ...run, fidelity });
    for (const { number, isOpen, closedTick, drainedTick, leases } of shards) {
      if (isOpen) continue;
      expect(drainedTick).toBeGreaterThanOrEqual(closedTick ?? Number.NaN);
      expect(leases.every(({ reader }) => reader.isDrained)).toBe(true);
      expect(events.find(({ event, subject }) => event === "shard-drained" && subject === `shard ${number}`)?.at).toBe(
        drainedTick,
      );
    }
    // Every consumer has processed all records once, as traffic has stopped in time.
    const stored = shards.reduce((sum, { log }) => sum + log.records, 0);
    for (const { account, backlog } of fleets) {
      expect(account.processed + backlog).toBeCloseTo(stored, 3);
      expect(backlog).toBeCloseTo(0, 3);
    }
  });
});

describe.each(["record", "tick", "fluid"] as const)(
  "records that wait when their shard closes in fidelity %s",
  (fidelity) => {
    const limits = {
      "shard.writeRecordsPerSecond": 100,
      "shard.writeBurstRecords": 100,
      "reshard.startDelaySecondsMax": 0,
    };

    it.each(["sdk", "kpl"])("are put to the children, retry %s", async (retry) => {
      const text = `
version: 1
stream: {name: s, shards: 1}
producers: [{name: p, records: 130/s, recordSize: 100 B, putBatch: 1, retry: ${retry}}]
scenario: [{event: reshard, at: 20s, shards: 2}]
`;
      let waitedAtSplit = 0;
      const simulation = await replay(text, { fidelity, limits, seconds: 240, resolutionSeconds: 1 }, (state) => {
        if (state.openShards.length === 1) waitedAtSplit = state.bufferedRecords;
        state.assertInvariants();
      });
      // 90/s on each child is below its limit: what waits is worked off, and no more is lost than before the split.
      expect(waitedAtSplit).toBeGreaterThan(50);
      expect(simulation.bufferedRecords).toBeLessThan(20);
      const late = simulation.recorder.rows.slice(120);
      expect(late.reduce((sum, row) => sum + row.lostRecords, 0)).toBe(0);
      expect(simulation.producers[0]?.acceptedLate).toBeGreaterThan(waitedAtSplit * 0.9);
    });
  },
);

describe.each(fidelities)("what waits with a producer in fidelity %s", (fidelity) => {
  const limits = {
    "shard.writeRecordsPerSecond": 50,
    "shard.writeBurstRecords": 50,
    "kpl.recordTtlSeconds": 20,
    "reshard.startDelaySecondsMax": 0,
  };

  // Calls of many records, records that expire, a memory that is full at times, a split and a merge.
  it.each(["sdk", "kpl", "kpl, buffer: 60 kB"])("is what waits for its shards, retry %s", async (retry) => {
    const text = `
version: 1
stream: {name: s, shards: 2}
producers:
  - {name: p, records: 150/s, recordSize: 100 B, putBatch: 20, retry: ${retry}}
  - {name: q, records: 20/s, recordSize: 1 kB, putBatch: 1, retry: sdk}
scenario:
  - {event: reshard, at: 60s, shards: 4}
  - {event: reshard, at: 150s, shards: 2}
`;
    let most = 0;
    await replay(text, { fidelity, limits, seconds: 240, resolutionSeconds: 1 }, ({ producers, openShards }) => {
      for (const producer of producers) {
        const waiting = openShards.reduce((sum, { writer }) => sum + writer.waitingOf(producer), 0);
        expect(Math.abs(producer.waiting - waiting)).toBeLessThan(fidelity === "fluid" ? 1e-6 : 1e-12);
        most = Math.max(most, waiting);
      }
    });
    expect(most).toBeGreaterThan(5);
  });
});
