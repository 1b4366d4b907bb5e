/*
 * Takers of a KCL 2 fleet, round by round. Where leases are drawn at random only counts are asserted, over several seeds. The counts are
 * those that the library's own class came to.
 */
import { describe, expect, it } from "vitest";
import { decideTake, type ScannedLease, type TakerSettings } from "../../../../src/simulation/kcl/lease-taker.js";
import { RandomStream } from "../../../../src/simulation/kernel/random-stream.js";

const settings: TakerSettings = {
  failoverSeconds: 10,
  veryOldRatio: 3,
  leasesMax: Number.POSITIVE_INFINITY,
  stealMax: 1,
  prioritizesVeryOld: true,
};
const ROUND_SECONDS = 20.05;
const seeds = [1, 2, 3, 4, 5];

/** A lease table whose owners renew all the time while they live, and the takers that scan it. */
class Fleet {
  readonly owners: number[];
  readonly #alive: boolean[];
  /** For each worker, when its scans last saw the counter of each lease change. */
  readonly #lastSeconds: number[][];
  readonly #settings: TakerSettings;
  readonly #random: RandomStream;

  constructor(workers: number, owners: readonly number[], seed: number, changed: Partial<TakerSettings> = {}) {
    this.owners = [...owners];
    this.#alive = new Array<boolean>(workers).fill(true);
    this.#lastSeconds = Array.from({ length: workers }, () => []);
    this.#settings = { ...settings, ...changed };
    this.#random = RandomStream.fromSeed(seed);
  }

  kill(worker: number): void {
    this.#alive[worker] = false;
  }

  /** Lets the taker of a worker tick, and returns how many leases it took. */
  tick(me: number, nowSeconds: number): number {
    const seen = this.#lastSeconds[me] as number[];
    const scanned = this.owners.map((owner, place): ScannedLease => {
      const isRenewed = owner >= 0 && this.#alive[owner] === true;
      const known = seen[place];
      if (isRenewed) seen[place] = nowSeconds;
      else if (known === undefined) seen[place] = owner < 0 ? Number.NEGATIVE_INFINITY : nowSeconds;
      return { owner, lastSeconds: seen[place] as number };
    });
    const taken = decideTake(scanned, me, nowSeconds, this.#settings, this.#random);
    for (const place of taken) this.owners[place] = me;
    return taken.length;
  }

  /** Lets takers tick one after the other, a second apart. */
  round(order: readonly number[], number: number): number[] {
    for (const [place, worker] of order.entries()) this.tick(worker, number * ROUND_SECONDS + place);
    return this.counts;
  }

  get counts(): number[] {
    return this.#alive.map((_, worker) => this.owners.filter((owner) => owner === worker).length);
  }
}

function owned(...counts: readonly number[]): number[] {
  return counts.flatMap((count, worker) => new Array<number>(count).fill(worker));
}

function unowned(count: number): number[] {
  return new Array<number>(count).fill(-1);
}

describe.each(seeds)("takers of KCL 2 with seed %d", (seed) => {
  it("let the first take all new leases, and then steal back one a round", () => {
    const fleet = new Fleet(3, unowned(12), seed);
    expect(fleet.tick(0, 0)).toBe(12);
    fleet.tick(1, 1);
    fleet.tick(2, 2);
    const rounds = [fleet.counts];
    for (const round of [1, 2, 3, 4]) rounds.push(fleet.round([0, 1, 2], round));
    expect(rounds).toEqual([
      [10, 1, 1],
      [8, 2, 2],
      [6, 3, 3],
      [4, 4, 4],
      [4, 4, 4],
    ]);
  });

  it("let the first to look take all children of a reshard", () => {
    const fleet = new Fleet(3, owned(4, 4, 4), seed);
    fleet.round([0, 1, 2], 0);
    fleet.owners.push(...unowned(24));
    expect(fleet.tick(1, ROUND_SECONDS)).toBe(24);
    expect(fleet.counts).toEqual([4, 28, 4]);
  });

  it("share the children of a reshard when very old leases have no priority", () => {
    const fleet = new Fleet(3, owned(4, 4, 4), seed, { prioritizesVeryOld: false });
    fleet.round([0, 1, 2], 0);
    fleet.owners.push(...unowned(24));
    const ticks = [1, 2, 0].map((worker) => fleet.tick(worker, ROUND_SECONDS));
    expect(ticks).toEqual([8, 8, 8]);
    expect(fleet.counts).toEqual([12, 12, 12]);
  });

  it("find a worker dead at the second look, and leave what is above their share until it is very old", () => {
    const fleet = new Fleet(3, owned(4, 4, 5), seed);
    fleet.round([0, 1, 2], 0);
    fleet.kill(2);
    // Nobody has seen the counters stand still for longer than 10 s yet: the last change was seen at the tick of round 0.
    expect(fleet.tick(0, 9)).toBe(0);
    // Then 13 leases are shared by the two workers that are seen, so worker 0 takes 3 of 5.
    expect(fleet.tick(0, 11)).toBe(3);
    expect(fleet.counts).toEqual([7, 4, 2]);
    // Worker 1 saw them last at 1 s, which is very long ago at 32 s.
    expect(fleet.tick(1, 32)).toBe(2);
    expect(fleet.counts).toEqual([7, 6, 0]);
  });
});

describe("a taker of KCL 2", () => {
  const random = RandomStream.fromSeed(7);
  const held = (owner: number): ScannedLease => ({ owner, lastSeconds: 100 });
  const expired = (owner: number): ScannedLease => ({ owner, lastSeconds: 85 });
  const veryOld = (owner: number): ScannedLease => ({ owner, lastSeconds: 60 });
  const take = (leases: readonly ScannedLease[], me: number, changed: Partial<TakerSettings> = {}) =>
    decideTake(leases, me, 100, { ...settings, ...changed }, random);

  it("takes nothing from an empty table", () => {
    expect(take([], 0)).toEqual([]);
  });

  it("takes one lease where there are fewer leases than workers", () => {
    expect(take([held(0), held(1), expired(2)], 3)).toEqual([2]);
  });

  it("does not take a lease that was renewed exactly the failover time ago, or treat one as very old after three times that", () => {
    expect(take([{ owner: 1, lastSeconds: 90 }, held(0)], 0)).toEqual([]);
    // Three expired leases, one of which would be taken alone if it was very old.
    expect(take([{ owner: 1, lastSeconds: 70 }, expired(1), expired(1)], 0)).toHaveLength(3);
    expect(take([{ owner: 1, lastSeconds: 69.9 }, expired(1), expired(1)], 0)).toEqual([0]);
  });

  it("takes very old leases beyond its share, but not beyond what it may hold", () => {
    const leases = [held(0), held(0), held(0), held(1), veryOld(-1), veryOld(2), veryOld(2)];
    expect(take(leases, 0).sort()).toEqual([4, 5, 6]);
    expect(take(leases, 0, { leasesMax: 4 })).toHaveLength(1);
    expect(take(leases, 0, { leasesMax: 2 })).toEqual([]);
  });

  it("takes expired leases only up to its share, and to what it may hold", () => {
    const leases = [held(0), held(1), held(1), expired(2), expired(2), expired(2)];
    expect(take(leases, 0)).toHaveLength(2);
    expect(take(leases, 0, { leasesMax: 2 })).toHaveLength(1);
  });

  it("takes back its own leases that have expired", () => {
    expect(take([expired(0), held(1)], 0)).toEqual([0]);
  });

  it("steals one from a worker that has just its share if it needs several itself", () => {
    const leases = [0, 0, 0, 1, 1, 1].map(held);
    // Six leases for three workers: two each, and none has more than that.
    expect(take([held(0), held(0), held(1), held(1)], 2)).toHaveLength(1);
    expect(take(leases, 2)).toHaveLength(1);
    expect(take(leases, 2, { stealMax: 2 })).toHaveLength(1);
    expect(take([...leases, held(0)], 2, { stealMax: 2 })).toHaveLength(1);
    expect(take([...leases, held(0), held(0)], 2, { stealMax: 2 })).toHaveLength(2);
  });

  it("does not steal for one lease below its share", () => {
    expect(take([held(0), held(0), held(1)], 1)).toEqual([]);
    expect(take([held(0), held(0), held(1), held(1), held(2)], 2)).toEqual([]);
  });

  it("steals from the worker that holds most, the lower number of two", () => {
    const owners = [0, 1, 1, 1, 1, 2, 2, 2, 2];
    const stolen = take(owners.map(held), 3);
    expect(stolen.map((place) => owners[place])).toEqual([1]);
  });
});
