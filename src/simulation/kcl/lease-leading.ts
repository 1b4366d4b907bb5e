/*
 * KCL 3: one worker leads. It scans the lease table every 20 s, gives leases that have no live owner to the workers with the most room,
 * and at every third scan evens out the load. A live owner hands its lease over gracefully; the new one finds it at its next query.
 * Scans that would find nothing are left out: as long as loads lie close together at the end of each minute, none is made to even them out.
 */

import { secondsPerMinute } from "../../units/dimension.js";
import { formatItems } from "../../units/format-quantity.js";
import { sumOf } from "../../units/sum-of.js";
import type { Timer } from "../kernel/engine.js";
import { adopt } from "../lease.js";
import type { LeaseBalancing } from "./kcl-coordinator.js";
import type { KclFleet } from "./kcl-fleet.js";
import { LeaderLock } from "./leader-lock.js";
import type { AssignmentDecider, LeaseLoad, LeaseMove, WorkerLoad } from "./lease-assignment.js";
import { LeaseCountDecider } from "./lease-count-decider.js";
import {
  holderOf,
  isUp,
  type KclWorker,
  type LeaseRow,
  lastSeenChange,
  lastTick,
  NOBODY,
  nextTick,
} from "./lease-table.js";
import { LeaseThroughput } from "./lease-throughput.js";
import { UtilizationDecider } from "./utilization-decider.js";
import { WorkerReports } from "./worker-reports.js";

/** Within this part of what balancing tolerates, loads are even. */
const NEAR = 4 / 5;

export class LeaseLeading implements LeaseBalancing {
  readonly #fleet: KclFleet;
  readonly #lock: LeaderLock;
  readonly #reports: WorkerReports;
  readonly #throughput: LeaseThroughput;
  readonly #timer: Timer;
  /** Whether no scan is needed before a minute's end shows that loads have parted, or something else changes. */
  #isEven = false;
  /** The first scan of the present leader. */
  #firstScanSeconds = 0;
  #lastScanSeconds = Number.NEGATIVE_INFINITY;

  constructor(fleet: KclFleet) {
    this.#fleet = fleet;
    this.#reports = new WorkerReports(fleet.model.metrics, fleet.stage.fleet.model);
    this.#throughput = new LeaseThroughput(fleet.model);
    for (const worker of fleet.workers) this.#reports.join(worker);
    this.#lock = new LeaderLock(fleet, (leader, seconds) => this.#lead(leader, seconds));
    this.#timer = fleet.stage.engine.timer(() => this.#look());
    const { leader } = this.#lock;
    if (leader !== undefined) this.#lead(leader, leader.startSeconds - 1);
  }

  get leader(): KclWorker | undefined {
    return this.#lock.leader;
  }

  /** A worker has become the leader. */
  #lead(leader: KclWorker, seconds: number): void {
    this.#firstScanSeconds = nextTick(leader, this.#fleet.model.assignmentSeconds, seconds);
    this.change();
  }

  change(): void {
    this.#isEven = false;
    this.#setTimer();
  }

  join(worker: KclWorker): void {
    this.#reports.join(worker);
    this.#lock.join(worker);
    this.change();
  }

  leave(worker: KclWorker, how: "crash" | "stop"): void {
    this.#lock.leave(worker, how);
    this.change();
  }

  /** Sets the leader's next scan that may find something. */
  #setTimer(): void {
    const { stage, now, table, workers, model } = this.#fleet;
    stage.engine.cancel(this.#timer);
    const { leader } = this.#lock;
    if (leader === undefined) return;
    // It may be due within the second that ends now.
    const after = Math.max(this.#lastScanSeconds, now - 1);
    let next = Math.max(this.#firstScanSeconds, nextTick(leader, model.assignmentSeconds, after));
    if (table.isSettled) {
      // One worker alone has nobody to share with.
      if (workers.length < 2) return;
      while (!this.#isBalancing(next)) next += model.assignmentSeconds;
      if (this.#isEven) next = (Math.floor(now / secondsPerMinute) + 1) * secondsPerMinute;
    }
    stage.engine.set(this.#timer, Math.max(now, Math.ceil(next)));
  }

  /** Scans, or only looks, at the end of a minute where the run stops anyhow, whether a scan might find something to even out. */
  #look(): void {
    const { table, now } = this.#fleet;
    if (!this.#isEven || !table.isSettled) {
      this.#run();
      return;
    }
    this.#throughput.sample(table.rows, now);
    this.#isEven = this.#hasEvenLoad();
    this.#setTimer();
  }

  /** Whether all workers are so near to the mean that balancing leaves them alone. */
  #hasEvenLoad(): boolean {
    const { now, model } = this.#fleet;
    // Balancing by count does not look at load.
    if (model.strategy === "count") return false;
    const active = this.#reports.active(now);
    if (!this.#reports.areThere) return true;
    const carried = this.#carried;
    const loads = active.map(({ worker, utilization }) => utilization ?? carried.get(worker) ?? 0);
    const mean = sumOf(loads, (load) => load) / Math.max(1, loads.length);
    const band = NEAR * model.assignment.rebalanceRatio * mean;
    return loads.every((load) => Math.abs(load - mean) <= band);
  }

  /** By worker, the KiB a second that its leases carry. */
  get #carried(): Map<number, number> {
    const carried = new Map<number, number>();
    for (const row of this.#fleet.table.rows) {
      if (row.owner === undefined) continue;
      const { index } = row.owner;
      carried.set(index, (carried.get(index) ?? 0) + (this.#throughput.of(row) ?? 0));
    }
    return carried;
  }

  #isBalancing(seconds: number): boolean {
    const { assignmentSeconds, balancingRuns } = this.#fleet.model;
    return Math.round((seconds - this.#firstScanSeconds) / assignmentSeconds) % balancingRuns === 0;
  }

  #run(): void {
    const { leader } = this.#lock;
    if (leader === undefined) return;
    const { model, now, table } = this.#fleet;
    const seconds = lastTick(leader, model.assignmentSeconds, now);
    this.#lastScanSeconds = seconds;
    const active = this.#reports.active(seconds);
    this.#throughput.sample(table.rows, seconds);
    const loads = table.rows.map((row) => this.#loadOf(row, seconds));
    const expired = [...loads.keys()].filter((place) => this.#isExpired(loads[place] as LeaseLoad, seconds));
    const decider = this.#decider(loads, active);
    const moves = decider.assign(expired);
    if (this.#isBalancing(seconds) && this.#reports.areThere) moves.push(...decider.balance());
    this.#apply(moves, new Set(expired), seconds);
    this.#isEven = moves.length === 0 && this.#hasEvenLoad();
    this.#setTimer();
  }

  #decider(loads: readonly LeaseLoad[], active: readonly WorkerLoad[]): AssignmentDecider {
    const { model, random } = this.#fleet;
    const Decider = model.strategy === "count" ? LeaseCountDecider : UtilizationDecider;
    return new Decider(loads, active, model.assignment, random);
  }

  #loadOf(row: LeaseRow, seconds: number): LeaseLoad {
    const { model } = this.#fleet;
    const scan = { firstSeconds: this.#firstScanSeconds, period: model.assignmentSeconds };
    return {
      owner: holderOf(row)?.index ?? NOBODY,
      throughputKBps: this.#throughput.of(row),
      lastSeconds: lastSeenChange(row, model.renewalSeconds, scan, seconds),
      isHandingOff: row.handOff !== undefined,
      isHandOffExpired: row.handOff !== undefined && row.handOff.expiresSeconds <= seconds,
    };
  }

  #isExpired({ owner, lastSeconds }: LeaseLoad, seconds: number): boolean {
    return owner === NOBODY || seconds - lastSeconds > this.#fleet.model.failoverSeconds;
  }

  #apply(moves: readonly LeaseMove[], expired: ReadonlySet<number>, seconds: number): void {
    const { table, stage } = this.#fleet;
    const rows = [...table.rows];
    const last = new Map(moves.map((move) => [move.lease, move.to]));
    const assigned: LeaseRow[] = [];
    let handedOver = 0;
    for (const [place, to] of last) {
      const row = rows[place] as LeaseRow;
      const worker = this.#fleet.workerAt(to);
      if (row.handOff !== undefined && row.handOff.expiresSeconds > seconds) continue;
      if (row.state === "open" && !expired.has(place) && row.owner !== undefined && row.handOff === undefined) {
        this.#handOver(row, row.owner, worker, seconds);
        handedOver += 1;
      } else {
        this.#assign(row, worker, seconds);
        assigned.push(row);
      }
    }
    const { name } = stage.fleet.model;
    if (assigned.length > 0)
      stage.log("lease-moved", name, `the leader of ${name} assigns ${formatItems(assigned.length, "lease")}`, {
        leases: assigned.length,
        orphans: adopt(assigned.filter(({ owner }) => owner !== undefined && isUp(owner)).map(({ lease }) => lease)),
      });
    if (handedOver > 0)
      stage.log(
        "lease-moved",
        name,
        `the leader of ${name} has ${formatItems(handedOver, "lease")} handed over to even out the load`,
        { leases: handedOver, isBalancing: true },
      );
  }

  #assign(row: LeaseRow, worker: KclWorker, seconds: number): void {
    const { owner } = row;
    this.#fleet.own(row, worker, seconds);
    if (owner !== undefined && isUp(owner)) this.#fleet.loseAtRenewal(row, owner, seconds);
    this.#discover(row, seconds);
  }

  /** The new owner finds out at its next query. */
  #discover(row: LeaseRow, seconds: number): void {
    const { owner, attempt } = row;
    if (owner === undefined) return;
    this.#fleet.later(nextTick(owner, this.#fleet.model.discoverySeconds, seconds), (found) => {
      if (row.attempt !== attempt || !isUp(owner) || row.handOff !== undefined) return;
      this.#throughput.seed(row, found);
      this.#fleet.accept(row, found);
    });
  }

  /** The old owner learns at its next renewal that it is to let go, notes how far it is, and lets go. */
  #handOver(row: LeaseRow, from: KclWorker, to: KclWorker, seconds: number): void {
    const { model } = this.#fleet;
    this.#fleet.own(row, to, row.writtenSeconds);
    row.handOff = { from, expiresSeconds: seconds + model.handOffSeconds };
    const { attempt } = row;
    this.#fleet.later(nextTick(from, model.renewalSeconds, seconds), (noticed) => {
      if (row.attempt !== attempt || !isUp(from)) return;
      if (row.lease.worker === from.index) this.#fleet.stage.fleet.release(row.lease, this.#fleet.now);
      row.isEnding = false;
      this.#fleet.later(noticed + this.#fleet.withinLoop, (done) => {
        if (row.attempt !== attempt || !isUp(from)) return;
        row.handOff = undefined;
        row.writtenSeconds = done;
        this.#discover(row, done);
      });
    });
  }
}
