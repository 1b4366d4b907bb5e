import type { LeaseLoad } from "./lease-assignment.js";

const NOTHING: ReadonlySet<number> = new Set();

/**
 * Who holds which leases in the course of one run of the leader, and what they add up to.
 *
 * A move takes a lease from the owner that it had before the run, as the library does: a lease that is moved a second time is still
 * counted for the worker that it was moved to first.
 */
export class LeaseHoldings {
  /** KiB/s of each lease; the average of the others for one that was never measured, 0 where none was. */
  readonly throughputKBps: readonly number[];
  /** KiB/s that each worker would have if all had the same. */
  readonly throughputTargetKBps: number;
  readonly #leases: readonly LeaseLoad[];
  readonly #heldBy = new Map<number, Set<number>>();
  readonly #throughputOf = new Map<number, number>();
  /** Leases that were found to have expired: nobody is asked to hand them off. */
  readonly #expired = new Set<number>();

  constructor(leases: readonly LeaseLoad[], workers: number) {
    const average = averageThroughputKBps(leases);
    this.#leases = leases;
    this.throughputKBps = leases.map(({ throughputKBps }) => throughputKBps ?? average);
    this.throughputTargetKBps = (average * leases.length) / Math.max(1, workers);
    for (const [place, { owner }] of leases.entries()) this.#give(place, owner);
  }

  leasesOf(worker: number): ReadonlySet<number> {
    return this.#heldBy.get(worker) ?? NOTHING;
  }

  /** KiB/s. */
  throughputOf(worker: number): number {
    return this.#throughputOf.get(worker) ?? 0;
  }

  ownerOf(lease: number): number {
    return (this.#leases[lease] as LeaseLoad).owner;
  }

  /** Notes that leases have expired, and returns them, those first that have not been renewed for longest. */
  expire(leases: readonly number[]): number[] {
    for (const lease of leases) this.#expired.add(lease);
    const lastSeconds = (lease: number) => (this.#leases[lease] as LeaseLoad).lastSeconds;
    // Two that were never owned are equal: their difference would not be a number.
    return [...leases].sort((one, other) =>
      lastSeconds(one) === lastSeconds(other) ? 0 : lastSeconds(one) - lastSeconds(other),
    );
  }

  /** Whether a hand-off has got stuck, since the old owner does not renew the lease and the new one may not have it yet. */
  isStuck(lease: number): boolean {
    return this.#expired.has(lease) && (this.#leases[lease] as LeaseLoad).isHandingOff;
  }

  /** Whether a lease stays where it is, because its owner is about to hand it off. */
  isAwaited(lease: number): boolean {
    const { isHandingOff, isHandOffExpired } = this.#leases[lease] as LeaseLoad;
    return isHandingOff && !isHandOffExpired && !this.#expired.has(lease);
  }

  move(lease: number, to: number): void {
    const from = this.ownerOf(lease);
    this.#heldBy.get(from)?.delete(lease);
    this.#give(lease, to);
    this.#throughputOf.set(from, this.throughputOf(from) - (this.throughputKBps[lease] as number));
  }

  #give(lease: number, to: number): void {
    const held = this.#heldBy.get(to);
    if (held === undefined) this.#heldBy.set(to, new Set([lease]));
    else held.add(lease);
    this.#throughputOf.set(to, this.throughputOf(to) + (this.throughputKBps[lease] as number));
  }
}

function averageThroughputKBps(leases: readonly LeaseLoad[]): number {
  let [total, measured] = [0, 0];
  for (const { throughputKBps } of leases) {
    if (throughputKBps === undefined) continue;
    total += throughputKBps;
    measured += 1;
  }
  return measured === 0 ? 0 : total / measured;
}
