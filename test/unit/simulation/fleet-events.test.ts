/*
 * What happens to a consumer's workers and leases: crashes, returns, standby workers, deployments, outages. Readers without a protocol of
 * their own (sdk) take over at once, and who holds what in the end is even. How long the KCL takes is in kcl/timelines.test.ts.
 */
import { describe, expect, it } from "vitest";
import type { ControlEvent } from "../../../src/simulation/control-event.js";
import type { StreamSimulation } from "../../../src/simulation/stream-simulation.js";
import { everyFidelity, openReads, play, type ReadRun, type ReadStream } from "./read-side-run.js";

type Keys = Readonly<Record<string, unknown>>;

/** A fleet that has more than enough CPU. */
interface Fleet {
  readonly shards: number;
  readonly workers: number;
  readonly standby?: number;
  /** Plain SDK readers by default. */
  readonly kclVersion?: number;
}

function streamOf({ shards, workers, standby = 0, kclVersion }: Fleet, scenario: readonly Keys[]): ReadStream {
  const kind = kclVersion === undefined ? "sdk" : "kcl";
  return {
    shards,
    records: 20 * shards,
    consumers: [{ name: "c", kind, cpuPerRecord: "1 ms", pollInterval: 1.5, workers, standby, kclVersion }],
    scenario: scenario.map((event) => ({ consumer: "c", ...event })),
  };
}

function open(fleet: Fleet, scenario: readonly Keys[], run: Partial<ReadRun> = {}): Promise<StreamSimulation> {
  return openReads(streamOf(fleet, scenario), { fidelity: "tick", seconds: 1_200, ...run });
}

/** Leases by the worker's place, whoever is in it now. */
function leasesOf({ fleets }: StreamSimulation): number[] {
  const counts: number[] = [];
  for (const { slot, leases } of fleets[0]?.workers ?? []) counts[slot] = (counts[slot] ?? 0) + leases.length;
  return counts;
}

/** The same of workers that are up and not spare. */
function activeLeasesOf({ fleets }: StreamSimulation): number[] {
  return (fleets[0]?.workers ?? [])
    .filter(({ isUp, isStandby }) => isUp && !isStandby)
    .map(({ leases }) => leases.length);
}

function spreadOf(simulation: StreamSimulation): number {
  const counts = activeLeasesOf(simulation);
  return Math.max(...counts) - Math.min(...counts);
}

function timesOf(events: readonly ControlEvent[], name: string): number[] {
  return events.filter(({ event }) => event === name).map(({ at }) => at);
}

/** By lease, at which seconds of a run it was not processed though there was something to read. */
function standstills(simulation: StreamSimulation, look: (seconds: number) => void = () => {}): number[][] {
  const leases = simulation.shards.map(({ leases: [lease] }) => lease);
  const stills: number[][] = leases.map(() => []);
  let before = leases.map(() => 0);
  play(simulation, (seconds) => {
    const processed = leases.map((lease) => lease?.reader.processed ?? Number.NaN);
    for (const [index, count] of processed.entries()) if (count <= (before[index] ?? 0)) stills[index]?.push(seconds);
    before = processed;
    look(seconds);
  });
  return stills;
}

describe("a worker that crashes", () => {
  it.each(everyFidelity)(
    "has its leases taken at once where there is no protocol, in fidelity %s",
    async (fidelity) => {
      const simulation = await open({ shards: 6, workers: 3 }, [{ event: "worker-crash", at: 60, count: 2 }], {
        fidelity,
        seconds: 180,
        resolutionSeconds: 1,
      });
      for (const stills of standstills(simulation)) expect(longestRun(stills)).toBeLessThanOrEqual(4);
      expect(timesOf(simulation.events, "worker-failed")).toEqual([60, 60]);
      expect(timesOf(simulation.events, "lease-moved")).toEqual([60, 60]);
    },
  );

  it.each(everyFidelity)(
    "leaves its shards standing still until they have another KCL worker, and no others, in fidelity %s",
    async (fidelity) => {
      const fleet = { shards: 6, workers: 3, kclVersion: 3 };
      const run = { fidelity, seconds: 300, resolutionSeconds: 1 };
      const simulation = await open(fleet, [{ event: "worker-crash", at: 100 }], run);
      const leases = simulation.shards.map(({ leases: [lease] }) => lease);
      const without: number[][] = leases.map(() => []);
      const stills = standstills(simulation, (seconds) => {
        for (const [index, lease] of leases.entries()) if ((lease?.worker ?? -1) < 0) without[index]?.push(seconds);
      });
      // Leases of workers that are up may be handed over, to even out the load.
      const victims = without.filter(([from]) => from === 100);
      expect(victims.length).toBe(2);
      for (const seconds of victims) expect(longestRun(seconds)).toBeGreaterThanOrEqual(20 + 3);
      // A poll brings 30 records, which take 30 ms: a shard that is read is processed every 1.65 s or sooner.
      for (const [number, seconds] of stills.entries()) {
        const longest = longestRun(without[number] ?? []);
        expect(longestRun(seconds)).toBeGreaterThanOrEqual(longest - 1);
        expect(longestRun(seconds)).toBeLessThanOrEqual(longest + 2);
      }
      const backlog = simulation.fleets[0]?.backlog ?? Number.NaN;
      expect(backlog).toBeLessThan(6 * 20 * 4);
    },
  );

  function longestRun(seconds: readonly number[]): number {
    let longest = 0;
    let run = 0;
    for (const [index, second] of seconds.entries()) {
      run = index > 0 && seconds[index - 1] === second - 1 ? run + 1 : 1;
      longest = Math.max(longest, run);
    }
    return longest;
  }

  it.each([
    { shards: 9, workers: 3, count: 1 },
    { shards: 9, workers: 3, count: 2 },
    { shards: 7, workers: 4, count: 1 },
    { shards: 10, workers: 6, count: 3 },
    { shards: 3, workers: 8, count: 5 },
  ])("leaves $workers - $count workers with an even part each of $shards leases", async ({ count, ...fleet }) => {
    const simulation = play(await open(fleet, [{ event: "worker-crash", at: 60, count }], { seconds: 180 }));
    expect(leasesOf(simulation).reduce((sum, one) => sum + one, 0)).toBe(fleet.shards);
    expect(activeLeasesOf(simulation).length).toBe(fleet.workers - count);
    expect(spreadOf(simulation)).toBeLessThanOrEqual(1);
    expect(simulation.fleets[0]?.leases.every(({ blocks }) => blocks === 0)).toBe(true);
    expect(simulation.recorder.rows.at(-1)?.consumers[0]?.workers).toBe(fleet.workers - count);
  });

  it("is replaced by a standby worker, if there is one", async () => {
    const fleet = { shards: 8, workers: 4, standby: 1 };
    const simulation = await open(fleet, [{ event: "worker-crash", at: 60, count: 2 }], {
      seconds: 300,
      resolutionSeconds: 10,
    });
    expect(leasesOf(simulation)).toEqual([2, 2, 2, 2, 0]);
    play(simulation);
    expect(leasesOf(simulation).slice(0, 2)).toEqual([0, 0]);
    expect(activeLeasesOf(simulation).length).toBe(3);
    expect(spreadOf(simulation)).toBeLessThanOrEqual(1);
    const workers = simulation.recorder.rows.map(({ consumers: [one] }) => one?.workers);
    // A row counts the workers at its end, after what happens at that instant.
    expect(workers).toEqual([4, 4, 4, 4, 4, ...Array.from({ length: 25 }, () => 3)]);
  });

  it("lets the standby worker go when it is back", async () => {
    const fleet = { shards: 8, workers: 4, standby: 2 };
    const simulation = play(await open(fleet, [{ event: "worker-crash", at: 60, lasts: "5m" }], { seconds: 600 }));
    expect(leasesOf(simulation)).toEqual([2, 2, 2, 2, 0, 0]);
    const workers = simulation.recorder.rows.map(({ consumers: [one] }) => one?.workers);
    expect(workers).toEqual(Array.from({ length: 10 }, () => 4));
    expect(simulation.fleets[0]?.leases.every(({ blocks }) => blocks === 0)).toBe(true);
  });

  it("keeps as many standby workers as others are down", async () => {
    const scenario = [
      { event: "worker-crash", at: 60, lasts: "5m" },
      { event: "worker-crash", at: 120, count: 1 },
    ];
    const simulation = play(await open({ shards: 8, workers: 4, standby: 2 }, scenario, { seconds: 600 }));
    expect(activeLeasesOf(simulation)).toEqual([2, 2, 2, 2]);
  });

  it.each(["lambda", "firehose"])("is nobody of %s, which AWS runs", async (kind) => {
    const scenario = [{ event: "worker-crash", at: 60, consumer: "c" }];
    const stream: ReadStream = { shards: 2, records: 40, consumers: [{ name: "c", kind }], scenario };
    const simulation = play(await openReads(stream, { fidelity: "tick", seconds: 300 }));
    expect(simulation.events.map(({ event }) => event)).toEqual(["event-ignored"]);
    expect(simulation.fleets[0]?.backlog).toBeLessThan(2 * 20 * 4);
  });

  it("is missed by nobody who could take its leases where it was the only one", async () => {
    const scenario = [{ event: "worker-crash", at: 60, lasts: "5m" }];
    const simulation = play(await open({ shards: 3, workers: 1 }, scenario, { seconds: 900 }));
    const rows = simulation.recorder.rows.map(({ consumers: [one] }) => one?.processedRecords);
    expect(rows.slice(2, 6)).toEqual([0, 0, 0, 0]);
    expect(timesOf(simulation.events, "event-ignored").length).toBe(1);
    expect(timesOf(simulation.events, "worker-restarted")).toEqual([360]);
    expect(timesOf(simulation.events, "lease-moved")).toEqual([360]);
    expect(leasesOf(simulation)).toEqual([3]);
    expect(simulation.fleets[0]?.backlog).toBeLessThan(3 * 20 * 4);
  });

  it("crashes no more often than there are workers", async () => {
    const scenario = [
      { event: "worker-crash", at: 60, count: 2 },
      { event: "worker-crash", at: 120, count: 5 },
    ];
    const simulation = play(await open({ shards: 4, workers: 4 }, scenario, { seconds: 300 }));
    expect(timesOf(simulation.events, "worker-failed")).toEqual([60, 60, 120, 120]);
    expect(timesOf(simulation.events, "event-ignored")).toContain(120);
    expect(simulation.recorder.rows.at(-1)?.consumers[0]?.workers).toBe(0);
  });

  it.each([
    { shards: 9, workers: 3, count: 1 },
    { shards: 8, workers: 4, count: 1 },
    { shards: 40, workers: 4, count: 1 },
    { shards: 2, workers: 2, count: 1 },
    { shards: 6, workers: 4, count: 1 },
    // Two that come back at the same second.
    { shards: 12, workers: 3, count: 2 },
    { shards: 11, workers: 5, count: 3 },
  ])("takes its part again when it is back: $count of $workers, $shards shards", async ({ count, ...fleet }) => {
    const simulation = play(await open(fleet, [{ event: "worker-crash", at: 60, count, lasts: "5m" }]));
    expect(activeLeasesOf(simulation).length).toBe(fleet.workers);
    expect(spreadOf(simulation)).toBeLessThanOrEqual(1);
    expect(new Set(timesOf(simulation.events, "lease-moved"))).toEqual(new Set([60, 360]));
  });
});

/*
 * A batch of a poll is noted as soon as it is processed: of the 1.5 s between two notes, half is done again on average. However long the
 * chunks are that the simulation takes.
 */
describe.each(everyFidelity)("a KCL worker that crashes in fidelity %s", (fidelity) => {
  it.each([1, 60])(
    "leaves what it has done since its last checkpoint to be done again, in rows of %d s",
    async (rows) => {
      let repeated = 0;
      for (let seed = 1; seed <= 40; seed += 1) {
        const fleet = { shards: 4, workers: 2, kclVersion: 2 };
        const scenario = [{ event: "worker-crash", at: 100 + seed }];
        const run = { fidelity, seconds: 200, seed, resolutionSeconds: rows };
        repeated += play(await open(fleet, scenario, run)).fleets[0]?.account.repeated ?? Number.NaN;
      }
      // Of two leases each. Records come in polls, so that the spread is that of whole polls.
      expect(Math.abs(repeated / 40 / (2 * 20 * 0.75) - 1)).toBeLessThan(0.35);
    },
  );
});

describe("a deployment", () => {
  const scenario = [{ event: "deploy", at: 60 }];

  it.each([
    { shards: 9, workers: 3 },
    { shards: 12, workers: 2 },
    { shards: 3, workers: 1 },
    { shards: 35, workers: 7 },
  ])("restarts each of $workers workers once, one after another, and spreads $shards leases", async (fleet) => {
    const simulation = play(await open(fleet, scenario));
    const restarted = simulation.events.filter(({ event }) => event === "worker-restarted");
    expect(restarted.map(({ at }) => at)).toEqual(
      Array.from({ length: fleet.workers }, (_, index) => 120 + 60 * index),
    );
    expect(new Set(restarted.map(({ message }) => message)).size).toBe(fleet.workers);
    expect(timesOf(simulation.events, "deploy-started")).toEqual([60]);
    expect(timesOf(simulation.events, "deploy-finished")).toEqual([60 + 60 * fleet.workers]);
    expect(spreadOf(simulation)).toBeLessThanOrEqual(1);
    expect(leasesOf(simulation).reduce((sum, one) => sum + one, 0)).toBe(fleet.shards);
    expect(simulation.fleets[0]?.leases.every(({ blocks }) => blocks === 0)).toBe(true);
    expect(simulation.fleets[0]?.backlog).toBeLessThan(fleet.shards * 20 * 4);
  });

  it.each([
    { shards: 4, workers: 4 },
    { shards: 10, workers: 3 },
    { shards: 30, workers: 7 },
  ])("spreads $shards leases over $workers workers evenly, whatever their numbers", async (fleet) => {
    expect(spreadOf(play(await open(fleet, scenario)))).toBeLessThanOrEqual(1);
  });

  it("leaves every fleet even, and its standby workers idle", async () => {
    const uneven: string[] = [];
    for (let shards = 1; shards <= 12; shards += 1)
      for (let workers = 1; workers <= 8; workers += 1)
        for (const standby of [0, 1]) {
          const run = { seconds: 120 + 60 * workers, resolutionSeconds: 3_600 };
          const simulation = play(await open({ shards, workers, standby }, scenario, run));
          const isEven = spreadOf(simulation) <= 1 && activeLeasesOf(simulation).length === workers;
          if (!isEven) uneven.push(`${shards} shards, ${workers} workers: ${leasesOf(simulation)}`);
        }
    expect(uneven).toEqual([]);
  });

  it.each([2, 3])("leaves every lease with a worker some minutes later with KCL %d", async (kclVersion) => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const fleet = { shards: 8, workers: 3, kclVersion };
      const simulation = play(await open(fleet, scenario, { seed, seconds: 60 + 3 * 60 + 300 }));
      expect(timesOf(simulation.events, "worker-restarted")).toEqual([120, 180, 240]);
      expect(leasesOf(simulation).reduce((sum, one) => sum + one, 0)).toBe(8);
      expect(simulation.fleets[0]?.leases.every(({ blocks }) => blocks === 0)).toBe(true);
      expect(simulation.fleets[0]?.backlog).toBeLessThan(8 * 20 * 4);
      // Every worker that stops notes how far it is. Only a lease that is stolen, by KCL 2, repeats what was done meanwhile.
      if (kclVersion === 3) expect(simulation.fleets[0]?.account.repeated).toBe(0);
    }
  });

  it("never has more than one worker down", async () => {
    const simulation = await open({ shards: 8, workers: 4 }, scenario, { seconds: 420, resolutionSeconds: 1 });
    const down: number[] = [];
    play(simulation, () => down.push(4 - activeLeasesOf(simulation).length));
    expect(Math.max(...down)).toBe(1);
    expect(down.filter((count) => count === 1).length).toBe(4 * 60);
  });

  it.each(["lambda", "firehose"])("does not interrupt %s, which AWS runs", async (kind) => {
    const stream = streamOf({ shards: 2, workers: 1 }, scenario);
    const consumers = [{ name: "c", kind }];
    const simulation = play(await openReads({ ...stream, consumers }, { fidelity: "tick", seconds: 300 }));
    expect(simulation.events.map(({ event }) => event)).toEqual(["event-ignored"]);
  });
});

describe.each(everyFidelity)("an outage in fidelity %s", (fidelity) => {
  /** The end of every second in which something was processed. */
  async function processingSeconds(scenario: readonly Keys[]): Promise<{ seconds: number[]; run: StreamSimulation }> {
    const run = await open({ shards: 4, workers: 2 }, scenario, { fidelity, seconds: 400, resolutionSeconds: 1 });
    play(run);
    const seconds = run.recorder.rows.filter(({ consumers: [one] }) => (one?.processedRecords ?? 0) > 0);
    return { seconds: seconds.map(({ at }) => at), run };
  }

  it("stops reading and processing, and goes on with the leases of before", async () => {
    const scenario = [{ event: "consumer-down", at: 100, lasts: 120 }];
    const { seconds, run } = await processingSeconds(scenario);
    // A record that is being processed at the start of the outage is done in it.
    expect(seconds.filter((at) => at > 100 && at < 220)).toEqual([]);
    expect(seconds.filter((at) => at >= 220 && at < 223).length).toBeGreaterThan(0);
    expect(leasesOf(run)).toEqual([2, 2]);
    expect(run.events.map(({ at, event }) => `${at} ${event}`)).toEqual(["100 consumer-down", "220 consumer-up"]);
    expect(run.fleets[0]?.account.processed).toBeGreaterThan(0.98 * run.acceptedByProducer.reduce((a, b) => a + b, 0));
  });

  it("lasts as long as the last of two that overlap", async () => {
    const scenario = [
      { event: "consumer-down", at: 100, lasts: 60 },
      { event: "consumer-down", at: 130, lasts: 100 },
    ];
    const { seconds, run } = await processingSeconds(scenario);
    expect(seconds.filter((at) => at > 100 && at < 230)).toEqual([]);
    expect(seconds.filter((at) => at >= 230 && at < 233).length).toBeGreaterThan(0);
    expect(timesOf(run.events, "consumer-up")).toEqual([230]);
  });

  it("outlasts leases that are taken over meanwhile", async () => {
    const scenario = [
      { event: "consumer-down", at: 100, lasts: 150 },
      { event: "worker-crash", at: 110 },
    ];
    const { seconds, run } = await processingSeconds(scenario);
    expect(timesOf(run.events, "lease-moved")).toEqual([110]);
    expect(seconds.filter((at) => at > 100 && at < 250)).toEqual([]);
    expect(seconds.filter((at) => at >= 250 && at < 253).length).toBeGreaterThan(0);
    expect(activeLeasesOf(run)).toEqual([4]);
    expect(run.fleets[0]?.backlog).toBeLessThan(4 * 20 * 4);
  });

  it("is no business of other consumers", async () => {
    const stream = streamOf({ shards: 2, workers: 1 }, [{ event: "consumer-down", at: 100, lasts: 150 }]);
    const consumers = [...stream.consumers, { name: "other", kind: "kcl" }];
    const simulation = await openReads({ ...stream, consumers }, { fidelity, seconds: 400, resolutionSeconds: 10 });
    const rows = play(simulation).recorder.rows.map(({ consumers: [, other] }) => other);
    expect(rows.every((one) => (one?.processedRecords ?? 0) > 0)).toBe(true);
    expect(Math.max(...rows.map((one) => one?.iteratorAgeSecondsMax ?? Number.NaN))).toBeLessThan(1.1 * 1.5 + 0.1);
  });
});
