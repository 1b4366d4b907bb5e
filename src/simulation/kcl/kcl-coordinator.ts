/*
 * A Kinesis Client Library application: its lease table, its workers, and the way of its version to give leases to workers.
 */

import type { RandomStream } from "../kernel/random-stream.js";
import { blockedBy, type Lease } from "../lease.js";
import type { FleetStage, LeaseCoordinator } from "../lease-coordinator.js";
import type { Worker } from "../worker.js";
import { KclFleet } from "./kcl-fleet.js";
import type { KclModel } from "./kcl-model.js";
import { LeaseLeading } from "./lease-leading.js";
import { areParentsDone, type KclWorker } from "./lease-table.js";
import { LeaseTableUse } from "./lease-table-use.js";
import { LeaseTaking } from "./lease-taking.js";

/** How workers come to own leases. */
export interface LeaseBalancing {
  /** Something is there to be looked at: a lease without an owner, or one more or less. */
  change(): void;
  join(worker: KclWorker): void;
  leave(worker: KclWorker, how: "crash" | "stop"): void;
  readonly leader: KclWorker | undefined;
}

export class KclCoordinator implements LeaseCoordinator {
  readonly #fleet: KclFleet;
  readonly #balancing: LeaseBalancing;
  readonly #use: LeaseTableUse;

  /** @param parts of which the stream is simulated; what they share is counted once */
  constructor(stage: FleetStage, model: KclModel, random: RandomStream, parts: number) {
    this.#fleet = new KclFleet(stage, model, random);
    this.#use = new LeaseTableUse(this.#fleet, parts);
    this.#balancing = model.version === 2 ? new LeaseTaking(this.#fleet) : new LeaseLeading(this.#fleet);
    this.#fleet.onChange = () => this.#balancing.change();
  }

  get leader(): Worker | undefined {
    return this.#balancing.leader?.worker;
  }

  begin(leases: readonly Lease[]): void {
    this.#fleet.hold(leases);
    this.#balancing.change();
  }

  open(lease: Lease): void {
    this.#fleet.add(lease);
  }

  finish(lease: Lease): void {
    this.#fleet.finish(lease);
  }

  leave(worker: Worker, how: "crash" | "stop"): void {
    const gone = this.#fleet.leave(worker, how);
    if (gone !== undefined) this.#balancing.leave(gone, how);
  }

  join(worker: Worker): void {
    this.#balancing.join(this.#fleet.join(worker));
  }

  countUse(): void {
    this.#use.count();
  }

  get leaseTable(): { readUnits: number; writeUnits: number } {
    const { readUnits, writeUnits } = this.#use;
    return { readUnits, writeUnits };
  }

  assertLeases(): void {
    const { fleet } = this.#fleet.stage;
    for (const lease of fleet.leases) {
      if (lease.worker < 0) continue;
      const row = this.#fleet.table.rowOf(lease);
      const holder = fleet.workers[lease.worker];
      if (holder?.isUp !== true) throw new Error(`shard ${lease.shardNumber} is processed by a worker that is gone`);
      if ((lease.blocks & blockedBy.parent) === 0 && !areParentsDone(row))
        throw new Error(`shard ${lease.shardNumber} is processed before its parents`);
    }
  }
}
