/*
 * How the leader of a KCL 3 application assigns leases by how many each worker holds (LEASE_COUNT_BASED, since v3.4.3). Expired leases
 * go to the workers that hold fewest, each filled up to an equal share in turn; balancing moves leases from those above the share to
 * those below it, as many as it takes. Neither load nor throughput counts.
 *
 * Ported with what may surprise: a worker's turn always comes with one lease, even where it has its share. So each gets one where the
 * leases of a dead worker that is still on the list fill the shares. It may be the worker that owns the lease already.
 *
 * Left out here: owners that are not active. The library's counts include them, which this model takes for an oversight, so that they
 * could be given leases; here only active workers are.
 * Source: awslabs/amazon-kinesis-client v3.5.1, coordinator/assignment/LeaseCountBasedLeaseAssignmentDecider.java.
 */

import type { RandomStream } from "../kernel/random-stream.js";
import { drawPlaces } from "./draw-places.js";
import type { AssignmentDecider, AssignmentSettings, LeaseLoad, LeaseMove, WorkerLoad } from "./lease-assignment.js";
import { LeaseHoldings } from "./lease-holdings.js";
import { leaseTarget } from "./lease-target.js";

interface Holder {
  readonly worker: number;
  leases: number;
}

export class LeaseCountDecider implements AssignmentDecider {
  readonly #holdings: LeaseHoldings;
  readonly #workers: readonly WorkerLoad[];
  readonly #random: RandomStream;
  /** Leases that a worker should hold. */
  readonly #target: number;

  /**
   * @param leases all of the application, those of finished shards included
   * @param workers the active ones; of equal ones, the first is served first
   */
  constructor(
    leases: readonly LeaseLoad[],
    workers: readonly WorkerLoad[],
    settings: AssignmentSettings,
    random: RandomStream,
  ) {
    this.#holdings = new LeaseHoldings(leases, workers.length);
    this.#workers = workers;
    this.#random = random;
    this.#target = leaseTarget(leases.length, workers.length, settings.leasesMax);
  }

  assign(expired: readonly number[]): LeaseMove[] {
    const moves: LeaseMove[] = [];
    const holders = this.#holdersAscending();
    let turn = 0;
    for (const lease of this.#holdings.expire(expired)) {
      const holder = holders[turn];
      if (holder === undefined) break;
      this.#move(lease, holder.worker, moves);
      holder.leases += 1;
      if (holder.leases >= this.#target) turn += 1;
    }
    return moves;
  }

  balance(): LeaseMove[] {
    const moves: LeaseMove[] = [];
    const holders = this.#holdersAscending();
    const movable = new Map<number, number[]>();
    let [low, high] = [0, holders.length - 1];
    while (low < high) {
      const receiver = holders[low] as Holder;
      const donor = holders[high] as Holder;
      if (receiver.leases >= this.#target) {
        low += 1;
        continue;
      }
      const lease = donor.leases > this.#target ? this.#takeFrom(donor.worker, movable) : undefined;
      if (lease === undefined) {
        high -= 1;
        continue;
      }
      this.#move(lease, receiver.worker, moves);
      receiver.leases += 1;
      donor.leases -= 1;
    }
    return moves;
  }

  #holdersAscending(): Holder[] {
    const holders = this.#workers.map(({ worker }) => ({ worker, leases: this.#holdings.leasesOf(worker).size }));
    return holders.sort((one, other) => one.leases - other.leases);
  }

  #move(lease: number, to: number, moves: LeaseMove[]): void {
    moves.push({ lease, from: this.#holdings.ownerOf(lease), to });
    this.#holdings.move(lease, to);
  }

  /** The next of a worker's leases that may be moved, in an order drawn once. */
  #takeFrom(worker: number, movable: Map<number, number[]>): number | undefined {
    const known = movable.get(worker);
    if (known !== undefined) return known.pop();
    const places = [...this.#holdings.leasesOf(worker)].filter((lease) => !this.#holdings.isAwaited(lease));
    const shuffled = drawPlaces(places, places.length, this.#random);
    movable.set(worker, shuffled);
    return shuffled.pop();
  }
}
