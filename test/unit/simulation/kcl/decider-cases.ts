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

const defaults: AssignmentSettings = {
  dampeningRatio: 0.6,
  rebalanceRatio: 0.1,
  allowsOvershoot: true,
  throughputMaxKBps: Number.POSITIVE_INFINITY,
  leasesMax: Number.POSITIVE_INFINITY,
  utilizationMax: 100,
};

/** So many leases of one owner, renewed a moment ago. */
export function leasesOf(owner: number, count: number, changed: Partial<LeaseLoad> = {}): LeaseLoad[] {
  const lease: LeaseLoad = {
    owner,
    throughputKBps: 100,
    lastSeconds: owner < 0 ? Number.NEGATIVE_INFINITY : 1000,
    isHandingOff: false,
    isHandOffExpired: false,
  };
  return new Array<LeaseLoad>(count).fill({ ...lease, ...changed });
}

/** Leases that nobody has ever owned. */
export function newLeases(count: number): LeaseLoad[] {
  return leasesOf(-1, count, { throughputKBps: undefined });
}

/** Workers 0, 1, 2 and so on with these utilizations in percent. */
export function workersAt(...utilizations: readonly (number | undefined)[]): WorkerLoad[] {
  return utilizations.map((utilization, worker) => ({ worker, utilization }));
}

/** The places of the leases of an owner. */
export function placesOf(leases: readonly LeaseLoad[], owner: number): number[] {
  return leases.flatMap((lease, place) => (lease.owner === owner ? [place] : []));
}

/** How many leases each of the first workers gets. */
export function gains(moves: readonly LeaseMove[], workers: number): number[] {
  return Array.from({ length: workers }, (_, worker) => moves.filter(({ to }) => to === worker).length);
}

/** How many leases each of the first workers holds after the moves. */
export function countsAfter(leases: readonly LeaseLoad[], moves: readonly LeaseMove[], workers: number): number[] {
  const owners = leases.map(({ owner }) => owner);
  for (const { lease, to } of moves) owners[lease] = to;
  return Array.from({ length: workers }, (_, worker) => owners.filter((owner) => owner === worker).length);
}

export function decide(
  strategy: "utilization" | "lease count",
  leases: readonly LeaseLoad[],
  workers: readonly WorkerLoad[],
  changed: Partial<AssignmentSettings> = {},
  seed = 1,
): AssignmentDecider {
  const Decider = strategy === "utilization" ? UtilizationDecider : LeaseCountDecider;
  return new Decider(leases, workers, { ...defaults, ...changed }, RandomStream.fromSeed(seed));
}
