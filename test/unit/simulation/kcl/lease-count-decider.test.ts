import { describe, expect, it } from "vitest";
import { countsAfter, decide, gains, leasesOf, newLeases, placesOf, workersAt } from "./decider-cases.js";

const idle = workersAt(0, 0, 0);

describe("balancing by lease count", () => {
  it.each([1, 2, 3, 4, 5])("spreads 10, 1 and 0 leases as 4, 3 and 4 with seed %d", (seed) => {
    const leases = [...leasesOf(0, 10), ...leasesOf(1, 1)];
    const moves = decide("lease count", leases, idle, {}, seed).balance();
    expect(countsAfter(leases, moves, 3)).toEqual([4, 3, 4]);
    expect(new Set(moves.map(({ from }) => from))).toEqual(new Set([0]));
    expect(new Set(moves.map(({ lease }) => lease)).size).toBe(moves.length);
  });

  it("moves nothing where all have their share, or one less", () => {
    const leases = [...leasesOf(0, 4), ...leasesOf(1, 3), ...leasesOf(2, 4)];
    expect(decide("lease count", leases, idle).balance()).toEqual([]);
  });

  it("moves no lease that is being handed off, until the leader has waited long enough", () => {
    const handingOff = { isHandingOff: true };
    const leases = [...leasesOf(0, 4, handingOff), ...leasesOf(0, 2)];
    const moves = decide("lease count", leases, idle).balance();
    expect(moves.map(({ lease }) => lease).sort()).toEqual([4, 5]);
    const expired = leasesOf(0, 6, { ...handingOff, isHandOffExpired: true });
    expect(countsAfter(expired, decide("lease count", expired, idle).balance(), 3)).toEqual([2, 2, 2]);
  });

  it("goes on with the next worker where the fullest has nothing to give", () => {
    const leases = [...leasesOf(0, 6, { isHandingOff: true }), ...leasesOf(1, 5)];
    expect(countsAfter(leases, decide("lease count", leases, idle).balance(), 3)).toEqual([6, 4, 1]);
  });

  it("leaves the leases of workers that are not listed alone", () => {
    const leases = [...leasesOf(0, 6), ...leasesOf(9, 6)];
    const moves = decide("lease count", leases, workersAt(0, 0)).balance();
    expect(moves).toEqual([]);
  });

  it("gives no worker more than it may hold", () => {
    const leases = leasesOf(0, 10);
    const moves = decide("lease count", leases, idle, { leasesMax: 2 }).balance();
    expect(countsAfter(leases, moves, 3)).toEqual([6, 2, 2]);
  });
});

describe("assigning by lease count", () => {
  it("fills the workers with fewest leases first, each up to its share", () => {
    const leases = [...leasesOf(0, 3), ...leasesOf(1, 1), ...newLeases(5)];
    const moves = decide("lease count", leases, idle).assign(placesOf(leases, -1));
    expect(gains(moves, 3)).toEqual([0, 2, 3]);
    expect(moves.map(({ to }) => to)).toEqual([2, 2, 2, 1, 1]);
  });

  it("spreads new leases evenly, unlike the assignment by load", () => {
    const leases = newLeases(12);
    expect(gains(decide("lease count", leases, idle).assign(placesOf(leases, -1)), 3)).toEqual([4, 4, 4]);
  });

  it("gives each worker one lease where a dead one that is still listed fills the shares, itself included", () => {
    const leases = [0, 1, 2].flatMap((worker) => leasesOf(worker, 4));
    const moves = decide("lease count", leases, idle).assign(placesOf(leases, 0));
    expect(moves.map(({ from, to }) => [from, to])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
  });

  it("gives nothing where there are no workers", () => {
    const decider = decide("lease count", newLeases(3), []);
    expect([decider.assign([0, 1, 2]), decider.balance()]).toEqual([[], []]);
  });

  it("is counted by the balance of the same run", () => {
    const leases = [...leasesOf(0, 5), ...newLeases(5)];
    const decider = decide("lease count", leases, workersAt(0, 0));
    expect(gains(decider.assign(placesOf(leases, -1)), 2)).toEqual([0, 5]);
    expect(decider.balance()).toEqual([]);
  });
});
