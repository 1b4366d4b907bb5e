/*
 * Leases without a protocol of their own, as of plain SDK readers and Flink, and of what AWS runs: spread evenly, taken over at once, and
 * read as soon as their parents are done. Spare workers hold none until another one is gone.
 */
import { formatItems } from "../units/format-quantity.js";
import { adopt, blockedBy, type Lease } from "./lease.js";
import type { FleetStage, LeaseCoordinator } from "./lease-coordinator.js";
import { isActive, isSpare, type Worker } from "./worker.js";

export class EvenSpread implements LeaseCoordinator {
  readonly #stage: FleetStage;
  readonly leader = undefined;
  readonly leaseTable = { readUnits: 0, writeUnits: 0 };

  constructor(stage: FleetStage) {
    this.#stage = stage;
  }

  begin(leases: readonly Lease[]): void {
    for (const lease of leases) this.open(lease);
  }

  open(lease: Lease): void {
    this.#stage.fleet.assign(lease, this.#stage.fleet.leastLoaded());
    if (lease.worker >= 0) this.#unblock(lease, blockedBy.lease);
    this.#begin(lease);
  }

  /** Lets a lease be read once its parents are done. */
  #begin(lease: Lease): void {
    if (lease.parents.every(({ isEnded }) => isEnded)) this.#unblock(lease, blockedBy.parent);
  }

  #unblock(lease: Lease, why: number): void {
    this.#stage.fleet.unblock(lease, why, this.#stage.engine.now);
  }

  finish(lease: Lease): void {
    lease.isEnded = true;
    this.#stage.fleet.release(lease, this.#stage.engine.now);
    for (const child of this.#stage.fleet.leases) if (child.parents.includes(lease)) this.#begin(child);
  }

  leave(worker: Worker, how: "crash" | "stop"): void {
    const { fleet, engine } = this.#stage;
    const orphans = [...worker.leases];
    for (const lease of orphans) {
      if (how === "crash") fleet.releaseAtCheckpoint(lease, engine.now);
      else fleet.release(lease, engine.now);
    }
    this.#callStandby();
    this.#handOn(orphans, false);
  }

  join(): void {
    const { fleet } = this.#stage;
    this.#handOn(
      fleet.leases.filter(({ worker, isEnded }) => worker < 0 && !isEnded),
      false,
    );
    this.#handOn([...this.#dismissStandby(), ...this.#releaseSurplus()], true);
  }

  /** Gives leases to the workers that hold the fewest. */
  #handOn(leases: readonly Lease[], isBalancing: boolean): void {
    const { fleet, log } = this.#stage;
    if (leases.length === 0) return;
    for (const lease of leases) {
      fleet.assign(lease, fleet.leastLoaded());
      if (lease.worker >= 0) this.#unblock(lease, blockedBy.lease);
    }
    const taken = leases.filter(({ worker }) => worker >= 0);
    const moved = taken.length;
    const { name } = fleet.model;
    if (moved > 0)
      log("lease-moved", name, `${formatItems(moved, "lease")} of ${name} taken over`, {
        leases: moved,
        orphans: adopt(taken),
        ...(isBalancing && { isBalancing }),
      });
    if (moved < leases.length)
      log("event-ignored", name, `nobody of ${name} is left to take ${formatItems(leases.length - moved, "lease")}`);
  }

  /** Takes leases from the fullest workers, so that in the end all hold the same or one more. */
  #releaseSurplus(): Lease[] {
    const { fleet } = this.#stage;
    const active = fleet.workers.filter(isActive).sort((one, other) => other.leases.length - one.leases.length);
    const held = fleet.leasesToRead;
    const fair = Math.floor(held / Math.max(1, active.length));
    const rest = held - fair * active.length;
    return active.flatMap(({ leases }, place) => {
      const surplus = leases.length - (place < rest ? fair + 1 : fair);
      return surplus > 0 ? this.#release(leases.slice(-surplus)) : [];
    });
  }

  #release(leases: readonly Lease[]): readonly Lease[] {
    const { fleet, engine } = this.#stage;
    for (const lease of leases) fleet.release(lease, engine.now);
    return leases;
  }

  /** Spare workers that came in, and how many of the others are missing. */
  get #helpers(): { readonly helping: readonly Worker[]; readonly missing: number } {
    const { workers, model, desiredWorkers } = this.#stage.fleet;
    return {
      helping: workers.filter((worker) => isSpare(worker, model) && isActive(worker)),
      missing: Math.max(0, desiredWorkers - workers.filter((one) => !isSpare(one, model) && one.isUp).length),
    };
  }

  #callStandby(): void {
    const { helping, missing } = this.#helpers;
    const spare = this.#stage.fleet.workers.filter(({ isUp, isStandby }) => isUp && isStandby);
    for (const worker of spare.slice(0, Math.max(0, missing - helping.length))) worker.isStandby = false;
  }

  /** Makes workers spare again that are not needed any more: their leases, which stand still until somebody takes them. */
  #dismissStandby(): Lease[] {
    const { helping, missing } = this.#helpers;
    return helping.slice(missing).flatMap((worker) => {
      worker.isStandby = true;
      return this.#release([...worker.leases]);
    });
  }

  countUse(): void {
    // It has no table.
  }

  assertLeases(): void {
    const { fleet } = this.#stage;
    for (const { worker, shardNumber } of fleet.leases)
      if (worker >= 0 && !isActive(fleet.workers[worker] as Worker))
        throw new Error(`shard ${shardNumber} is processed by a worker of ${fleet.model.name} that is not there`);
  }
}
