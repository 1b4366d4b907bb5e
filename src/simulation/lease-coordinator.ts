/*
 * Who decides which worker processes which lease. A coordinator acts on a fleet; the run tells it what happens to shards and workers,
 * and it uses the run's clock and log.
 */
import type { ConsumerFleet } from "./consumer-fleet.js";
import type { ControlEventDetail, ControlEventName } from "./control-event.js";
import type { Engine } from "./kernel/engine.js";
import type { Lease } from "./lease.js";
import type { Worker } from "./worker.js";

/** What a coordinator acts with. */
export interface FleetStage {
  readonly fleet: ConsumerFleet;
  readonly engine: Engine;
  log(event: ControlEventName, subject: string, message: string, detail?: ControlEventDetail): void;
}

export interface LeaseCoordinator {
  /** Takes the leases of the shards that are open at the start: all are held, and read at once. */
  begin(leases: readonly Lease[]): void;
  /** A shard has opened. Its lease is blocked until its parents are done. */
  open(lease: Lease): void;
  /** All that the lease's shard has accepted is processed, and nothing more will come. The coordinator ends the lease, at once or soon. */
  finish(lease: Lease): void;
  /** A worker is gone: crashed, or stopped after it has noted how far it is. It is not up any more. */
  leave(worker: Worker, how: "crash" | "stop"): void;
  /** A worker is up that was not there before. */
  join(worker: Worker): void;
  /** The worker that leads the others, where one does. */
  readonly leader: Worker | undefined;
  /** Counts what its table has cost since it last did; done once a minute, and at the end. */
  countUse(): void;
  readonly leaseTable: { readonly readUnits: number; readonly writeUnits: number };
  /** @throws Error our mistake: a lease is processed by somebody who may not */
  assertLeases(): void;
}
