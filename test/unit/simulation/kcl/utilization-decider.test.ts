/*
 * The assignment by load against what the library's own classes decided in the same cases, and against what can be worked out by hand.
 */
import { describe, expect, it } from "vitest";
import type { LeaseLoad, WorkerLoad } from "../../../../src/simulation/kcl/lease-assignment.js";
import { countsAfter, decide, gains, leasesOf, newLeases, placesOf, workersAt } from "./decider-cases.js";

const seeds = [1, 2, 3, 4, 5];

function balance(leases: readonly LeaseLoad[], workers: readonly WorkerLoad[], seed = 1) {
  return decide("utilization", leases, workers, {}, seed).balance();
}

describe.each(seeds)("balancing by load with seed %d", (seed) => {
  it("moves one of ten leases from a worker at 70 % to one at 40 %", () => {
    const leases = [...leasesOf(0, 10), ...leasesOf(1, 10)];
    const moves = balance(leases, workersAt(70, 40), seed);
    expect(moves).toEqual([{ lease: expect.any(Number), from: 0, to: 1 }]);
    expect(countsAfter(leases, moves, 2)).toEqual([9, 11]);
  });

  it.each([0, 5])("moves one lease from each of two workers at 60 %% to a new one at %d %%", (utilization) => {
    const leases = [...leasesOf(0, 10), ...leasesOf(1, 10)];
    const moves = balance(leases, workersAt(60, 60, utilization), seed);
    expect(countsAfter(leases, moves, 3)).toEqual([9, 9, 2]);
  });

  it("moves nothing between workers at 54 % and 46 %", () => {
    expect(balance([...leasesOf(0, 10), ...leasesOf(1, 10)], workersAt(54, 46), seed)).toEqual([]);
  });

  it("moves the small lease where the large one is more than is to be taken", () => {
    const leases = [...leasesOf(0, 1, { throughputKBps: 900 }), ...leasesOf(0, 1), ...leasesOf(1, 5)];
    expect(balance(leases, workersAt(80, 40), seed)).toEqual([{ lease: 1, from: 0, to: 1 }]);
  });

  it("moves nothing where the only lease would lift the receiver above the average", () => {
    const leases = [...leasesOf(0, 1, { throughputKBps: 1000 }), ...leasesOf(1, 5)];
    expect(balance(leases, workersAt(80, 40), seed)).toEqual([]);
  });
});

describe("assigning by load", () => {
  it.each([
    [
      [1, 2, 3],
      [6, 4, 2],
    ],
    [
      [5, 5, 5],
      [4, 4, 4],
    ],
    [
      [0, 0, 0],
      [6, 0, 6],
    ],
    [
      [undefined, undefined, undefined],
      [6, 0, 6],
    ],
  ])("gives 12 new leases to workers at %j percent as %j", (utilizations, expected) => {
    const leases = newLeases(12);
    const decider = decide("utilization", leases, workersAt(...utilizations));
    expect(gains(decider.assign(placesOf(leases, -1)), 3)).toEqual(expected);
  });

  it("gives 8 children of a reshard to workers at 50 and 40 percent as 3 and 5, and then balances nothing", () => {
    const leases = [...leasesOf(0, 4), ...leasesOf(1, 4), ...newLeases(8)];
    const decider = decide("utilization", leases, workersAt(50, 40));
    expect(gains(decider.assign(placesOf(leases, -1)), 2)).toEqual([3, 5]);
    expect(decider.balance()).toEqual([]);
  });

  it("leaves all leases with a dead worker that is still listed and least loaded", () => {
    const leases = [0, 1, 2].flatMap((worker) => leasesOf(worker, 6));
    const decider = decide("utilization", leases, workersAt(30, 40, 50));
    expect(decider.assign(placesOf(leases, 0))).toEqual([]);
  });

  it("moves half the leases of a dead worker that is still listed and most loaded", () => {
    const leases = [0, 1, 2].flatMap((worker) => leasesOf(worker, 6));
    const decider = decide("utilization", leases, workersAt(50, 40, 45));
    const moves = decider.assign(placesOf(leases, 0));
    expect(gains(moves, 3)).toEqual([0, 2, 1]);
    expect(moves.every(({ from }) => from === 0)).toBe(true);
  });

  it("moves all leases of a dead worker that is listed no more", () => {
    const leases = [0, 1, 2].flatMap((worker) => leasesOf(worker, 6));
    const decider = decide("utilization", leases, workersAt(30, 40, 50).slice(1));
    expect(gains(decider.assign(placesOf(leases, 0)), 3)).toEqual([0, 4, 2]);
  });

  it("takes the leases first that have not been renewed for longest, those without an owner before all", () => {
    const ages = [30, 10, Number.NEGATIVE_INFINITY, 20, Number.NEGATIVE_INFINITY];
    const leases = ages.flatMap((lastSeconds) => leasesOf(lastSeconds < 0 ? -1 : 9, 1, { lastSeconds }));
    const moves = decide("utilization", leases, workersAt(5)).assign([0, 1, 2, 3, 4]);
    expect(moves.map(({ lease, from }) => [lease, from])).toEqual([
      [2, -1],
      [4, -1],
      [1, 9],
      [3, 9],
      [0, 9],
    ]);
  });

  it("takes an idle worker to have as much room as one at half the average, so a busier one may come first", () => {
    const leases = newLeases(1);
    const receiver = (utilization: number) => {
      const workers = workersAt(0, utilization, 120 - utilization);
      return decide("utilization", leases, workers)
        .assign([0])
        .map(({ to }) => to);
    };
    expect([16, 19, 21].map(receiver)).toEqual([[1], [1], [0]]);
  });

  it("prefers a worker without a metric to all others while no throughput is known", () => {
    const decider = decide("utilization", newLeases(4), workersAt(1, 99, undefined));
    expect(gains(decider.assign([0, 1, 2, 3]), 3)).toEqual([0, 0, 4]);
  });

  it("gives nothing where there are no workers", () => {
    const decider = decide("utilization", newLeases(3), []);
    expect([decider.assign([0, 1, 2]), decider.balance()]).toEqual([[], []]);
  });

  it("gives no worker more leases than it may hold, and leaves the rest", () => {
    const leases = [...leasesOf(0, 3), ...newLeases(8)];
    const decider = decide("utilization", leases, workersAt(1, 50), { leasesMax: 4 });
    expect(countsAfter(leases, decider.assign(placesOf(leases, -1)), 2)).toEqual([4, 4]);
  });

  it("gives no more leases to a worker above its throughput, though it lets the last one overshoot", () => {
    const leases = [...leasesOf(0, 3), ...leasesOf(-1, 8)];
    const decider = decide("utilization", leases, workersAt(1, 50), { throughputMaxKBps: 300 });
    expect(countsAfter(leases, decider.assign(placesOf(leases, -1)), 2)).toEqual([4, 4]);
  });
});

describe("workers without a metric", () => {
  it("are balanced by throughput", () => {
    // 14 and 6 leases are 140 % and 60 % of an equal share: 60 % of 400 KiB/s come to two leases, since the third would not be less.
    const leases = [...leasesOf(0, 14), ...leasesOf(1, 6)];
    const moves = balance(leases, workersAt(undefined, undefined));
    expect(countsAfter(leases, moves, 2)).toEqual([12, 8]);
  });

  it("are compared among themselves, and the metric with more to take is the one that counts", () => {
    const leases = [0, 1].flatMap((worker) => leasesOf(worker, 10)).concat(leasesOf(2, 18), leasesOf(3, 2));
    const donors = balance(leases, workersAt(60, 40, undefined, undefined)).map(({ from }) => from);
    expect(new Set(donors)).toEqual(new Set([2]));
  });
});

describe("a run that assigns and balances", () => {
  it("counts what it assigned when it balances", () => {
    const workers = workersAt(44, 56);
    const leases = [...leasesOf(0, 10), ...leasesOf(1, 10)];
    const more = [...leases, ...leasesOf(-1, 2)];
    expect(balance(leases, workers)).toHaveLength(1);
    const decider = decide("utilization", more, workers);
    expect(gains(decider.assign([20, 21]), 2)).toEqual([2, 0]);
    // Worker 0 is at 53 % by then, too near the average of 50 % for another lease.
    expect(decider.balance()).toEqual([]);
  });

  it("does not offer a worker another lease that was found too loaded for one", () => {
    // The large lease comes first, since more is to be taken from worker 0; worker 2 is refused then, and gets no small one either.
    const leases = [...leasesOf(0, 1, { throughputKBps: 3000 }), ...leasesOf(1, 10), ...leasesOf(2, 10)];
    expect(balance(leases, workersAt(70, 70, 40))).toEqual([]);
    // It does where the large lease is not to be taken.
    expect(balance(leases, workersAt(60, 70, 40)).map(({ from, to }) => [from, to])).toEqual([[1, 2]]);
  });
});

describe("balancing by load", () => {
  it("takes one lease where a loaded worker has leases without throughput", () => {
    const leases = [...leasesOf(0, 5, { throughputKBps: 0 }), ...leasesOf(1, 5)];
    expect(gains(balance(leases, workersAt(90, 10)), 2)).toEqual([0, 1]);
  });

  it("takes nothing where all leases are too large and overshooting is not allowed", () => {
    const leases = [...leasesOf(0, 2, { throughputKBps: 200 }), ...leasesOf(1, 20)];
    expect(decide("utilization", leases, workersAt(70, 40), { allowsOvershoot: true }).balance()).toHaveLength(1);
    expect(decide("utilization", leases, workersAt(70, 40), { allowsOvershoot: false }).balance()).toEqual([]);
  });

  it("takes less than the excess, not as much", () => {
    // A quarter of 800 KiB/s is to be taken, which two leases come to.
    const leases = [...leasesOf(0, 8), ...leasesOf(1, 8)];
    expect(decide("utilization", leases, workersAt(64, 32), { dampeningRatio: 1 }).balance()).toHaveLength(1);
    expect(decide("utilization", leases, workersAt(64, 32), { dampeningRatio: 1.01 }).balance()).toHaveLength(2);
  });

  it("relieves workers above the maximum even where they are near the average", () => {
    const leases = [0, 1, 2].flatMap((worker) => leasesOf(worker, 100, { throughputKBps: 10 }));
    const donors = (utilizations: readonly number[], utilizationMax: number) => {
      const moves = decide("utilization", leases, workersAt(...utilizations), { utilizationMax }).balance();
      return [...new Set(moves.map(({ from }) => from))];
    };
    expect(donors([54, 50, 46], 100)).toEqual([]);
    expect(donors([54, 50, 46], 52)).toEqual([0]);
    expect(donors([54, 53, 43], 100)).toEqual([0]);
    expect(donors([54, 53, 43], 52)).toEqual([0, 1]);
  });

  it("does not lift a worker above the maximum where the average is above it", () => {
    const leases = [...leasesOf(0, 10), ...leasesOf(1, 10)];
    const moved = (utilizationMax: number) =>
      decide("utilization", leases, workersAt(70, 40), { utilizationMax }).balance().length;
    expect([45, 46].map(moved)).toEqual([0, 1]);
  });

  it("takes from the most loaded worker where one is idle and none is much above the average", () => {
    const leases = [0, 1, 2, 3].flatMap((worker) => leasesOf(worker, 40));
    const moves = balance(leases, workersAt(52, 53, 52, 40));
    expect(new Set(moves.map(({ from, to }) => `${from} to ${to}`))).toEqual(new Set(["1 to 3"]));
  });

  it("does not move a lease that is being handed off, until the leader has waited long enough", () => {
    const workers = workersAt(90, 10);
    const leases = (changed: Partial<LeaseLoad>) => [...leasesOf(0, 10, changed), ...leasesOf(1, 10)];
    expect(balance(leases({ isHandingOff: true }), workers)).toEqual([]);
    expect(balance(leases({ isHandingOff: true, isHandOffExpired: true }), workers).length).toBeGreaterThan(0);
  });
});

describe("an expired lease that is being handed off", () => {
  it("is given to another worker at once", () => {
    const leases = [...leasesOf(0, 1, { isHandingOff: true, lastSeconds: 5 }), ...leasesOf(1, 1)];
    expect(decide("utilization", leases, workersAt(90, 10)).assign([0])).toEqual([{ lease: 0, from: 0, to: 1 }]);
  });

  it("is given back to its worker where that has most room, unlike one that is not", () => {
    const leases = (isHandingOff: boolean) => [...leasesOf(0, 1, { isHandingOff, lastSeconds: 5 }), ...leasesOf(1, 1)];
    const workers = workersAt(10, 90);
    expect(decide("utilization", leases(true), workers).assign([0])).toEqual([{ lease: 0, from: 0, to: 0 }]);
    expect(decide("utilization", leases(false), workers).assign([0])).toEqual([]);
  });
});
