/*
 * What holds of both ways in which the leader of a KCL 3 application assigns leases, whatever the fleet.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type {
  AssignmentDecider,
  AssignmentSettings,
  LeaseLoad,
  LeaseMove,
  WorkerLoad,
} from "../../../../src/simulation/kcl/lease-assignment.js";
import { LeaseCountDecider } from "../../../../src/simulation/kcl/lease-count-decider.js";
import { UtilizationDecider } from "../../../../src/simulation/kcl/utilization-decider.js";
import { RandomStream } from "../../../../src/simulation/kernel/random-stream.js";

const NOW = 1000;
const FAILOVER = 10;
const WORKERS = 6;

const lease: fc.Arbitrary<LeaseLoad> = fc
  .record({
    owner: fc.integer({ min: -1, max: WORKERS - 1 }),
    throughputKBps: fc.option(fc.oneof(fc.constantFrom(0, 100), fc.double({ min: 0, max: 2000, noNaN: true })), {
      nil: undefined,
    }),
    isExpired: fc.boolean(),
    handOff: fc.constantFrom("none", "none", "awaited", "timed out"),
  })
  .map(({ owner, throughputKBps, isExpired, handOff }) => ({
    owner,
    throughputKBps,
    lastSeconds: owner < 0 ? Number.NEGATIVE_INFINITY : isExpired ? NOW - 2 * FAILOVER : NOW,
    isHandingOff: owner >= 0 && handOff !== "none",
    isHandOffExpired: owner >= 0 && handOff === "timed out",
  }));

const utilization = fc.oneof(fc.constantFrom(0, 40, 60), fc.double({ min: 0, max: 120, noNaN: true }));

/** Some of the workers, in any order. */
function workersWith(load: fc.Arbitrary<number | undefined>): fc.Arbitrary<WorkerLoad[]> {
  return fc.uniqueArray(fc.record({ worker: fc.nat(WORKERS - 1), utilization: load }), {
    selector: ({ worker }) => worker,
    maxLength: WORKERS,
  });
}

const settings: fc.Arbitrary<AssignmentSettings> = fc.record({
  dampeningRatio: fc.constantFrom(0.3, 0.6, 1),
  rebalanceRatio: fc.constantFrom(0, 0.1, 0.5),
  allowsOvershoot: fc.boolean(),
  throughputMaxKBps: fc.constantFrom(1000, Number.POSITIVE_INFINITY),
  leasesMax: fc.constantFrom(1, 4, Number.POSITIVE_INFINITY),
  utilizationMax: fc.constantFrom(50, 100),
});

const fleet = fc.record({
  leases: fc.array(lease, { maxLength: 60, size: "max" }),
  workers: workersWith(fc.option(utilization, { nil: undefined })),
  settings,
  seed: fc.nat(),
});
type Fleet = typeof fleet extends fc.Arbitrary<infer Value> ? Value : never;

const deciders = { "by load": UtilizationDecider, "by lease count": LeaseCountDecider };
const names = ["by load", "by lease count"] as const;

function create(name: keyof typeof deciders, { leases, workers, settings: chosen, seed }: Fleet): AssignmentDecider {
  return new deciders[name](leases, workers, chosen, RandomStream.fromSeed(seed));
}

function isExpired({ owner, lastSeconds }: LeaseLoad): boolean {
  return owner < 0 || NOW - lastSeconds > FAILOVER;
}

function expiredPlaces(leases: readonly LeaseLoad[]): number[] {
  return leases.flatMap((one, place) => (isExpired(one) ? [place] : []));
}

function run(name: keyof typeof deciders, chosen: Fleet): { assigned: LeaseMove[]; balanced: LeaseMove[] } {
  const decider = create(name, chosen);
  const assigned = decider.assign(expiredPlaces(chosen.leases));
  return { assigned, balanced: decider.balance() };
}

function countsAfter({ leases }: Fleet, moves: readonly LeaseMove[]): number[] {
  const owners = leases.map(({ owner }) => owner);
  for (const { lease: place, to } of moves) owners[place] = to;
  return Array.from({ length: WORKERS }, (_, worker) => owners.filter((owner) => owner === worker).length);
}

describe.each(names)("an assignment of leases %s", (name) => {
  it("moves leases to active workers alone, and from where they are", () => {
    fc.assert(
      fc.property(fleet, (chosen) => {
        const active = new Set(chosen.workers.map(({ worker }) => worker));
        const { assigned, balanced } = run(name, chosen);
        for (const { lease: place, from, to } of [...assigned, ...balanced]) {
          expect(active.has(to)).toBe(true);
          expect(from).toBe((chosen.leases[place] as LeaseLoad).owner);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("moves no lease that is being handed off, unless that has timed out or the lease has expired", () => {
    fc.assert(
      fc.property(fleet, (chosen) => {
        const { assigned, balanced } = run(name, chosen);
        for (const { lease: place } of [...assigned, ...balanced]) {
          const moved = chosen.leases[place] as LeaseLoad;
          expect(moved.isHandingOff && !moved.isHandOffExpired && !isExpired(moved)).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("assigns expired leases alone, each once, and all that inactive workers own while there is room", () => {
    fc.assert(
      fc.property(fleet, (drawn) => {
        const chosen = { ...drawn, settings: { ...drawn.settings, leasesMax: Infinity, throughputMaxKBps: Infinity } };
        const active = new Set(chosen.workers.map(({ worker }) => worker));
        const assigned = run(name, chosen).assigned.map((move) => move.lease);
        const expired = expiredPlaces(chosen.leases);
        expect(new Set(assigned).size).toBe(assigned.length);
        expect(assigned.filter((place) => !expired.includes(place))).toEqual([]);
        if (name === "by lease count" || active.size === 0) return;
        const homeless = expired.filter((place) => !active.has((chosen.leases[place] as LeaseLoad).owner));
        expect(homeless.filter((place) => !assigned.includes(place))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("decides the same with the same seed", () => {
    fc.assert(
      fc.property(fleet, (chosen) => {
        expect(run(name, chosen)).toEqual(run(name, chosen));
      }),
    );
  });
});

describe("an assignment of leases by load", () => {
  it("balances without lifting a worker above the average or the maximum", () => {
    let receivers = 0;
    fc.assert(
      fc.property(fleet, workersWith(utilization), (drawn, workers) => {
        const chosen = { ...drawn, workers };
        const { leases } = chosen;
        const measured = leases.flatMap(({ throughputKBps }) => (throughputKBps === undefined ? [] : [throughputKBps]));
        const mean = measured.length === 0 ? 0 : measured.reduce((sum, one) => sum + one, 0) / measured.length;
        const average = workers.reduce((sum, one) => sum + (one.utilization as number), 0) / workers.length;
        const target = (mean * leases.length) / Math.max(1, workers.length);
        const perWorker = Math.max(1, Math.floor(leases.length / Math.max(1, workers.length)));
        const moves = create("by load", chosen).balance();
        for (const { worker, utilization: before } of workers) {
          const gained = moves.filter(({ to }) => to === worker);
          if (gained.length === 0) continue;
          receivers += 1;
          const load = gained.reduce((sum, { lease: place }) => {
            const throughput = (leases[place] as LeaseLoad).throughputKBps ?? mean;
            return sum + (target > 0 ? (throughput * average) / target : average / perWorker);
          }, before as number);
          expect(load).toBeLessThanOrEqual(Math.min(average, chosen.settings.utilizationMax) + 1e-9);
        }
      }),
      { numRuns: 1000 },
    );
    expect(receivers).toBeGreaterThan(50);
  });

  it("assigns no worker more leases than it may hold", () => {
    fc.assert(
      fc.property(fleet, (chosen) => {
        const before = countsAfter(chosen, []);
        const after = countsAfter(chosen, run("by load", chosen).assigned);
        for (const [worker, count] of after.entries())
          expect(count).toBeLessThanOrEqual(Math.max(before[worker] as number, chosen.settings.leasesMax));
      }),
      { numRuns: 500 },
    );
  });
});

describe("an assignment of leases by lease count", () => {
  it("balances until nobody above the share can give to anybody below it", () => {
    fc.assert(
      fc.property(fleet, (drawn) => {
        const chosen = { ...drawn, leases: drawn.leases.map((one) => ({ ...one, isHandingOff: false })) };
        const share = Math.min(
          Math.max(1, Math.ceil(chosen.leases.length / Math.max(1, chosen.workers.length))),
          chosen.settings.leasesMax,
        );
        const after = countsAfter(chosen, create("by lease count", chosen).balance());
        const counts = chosen.workers.map(({ worker }) => after[worker] as number);
        const hasDonor = counts.some((count) => count > share);
        const hasReceiver = counts.some((count) => count < share);
        expect(hasDonor && hasReceiver).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
