/*
 * What the workers of a KCL application do with the leases they own, whatever gave them: begin to read once the parents are done, note the
 * end of a shard and create the leases of its children, clean up, and lose what another worker has taken.
 */

import type { RandomStream } from "../kernel/random-stream.js";
import { blockedBy, type Lease } from "../lease.js";
import type { FleetStage } from "../lease-coordinator.js";
import type { Worker } from "../worker.js";
import type { KclModel } from "./kcl-model.js";
import { areParentsDone, isUp, type KclWorker, type LeaseRow, LeaseTable, nextTick } from "./lease-table.js";

/** Workers that are up at the start have been for as long as this, or up to twice as long: their timers are anywhere. */
const UP_BEFORE_SECONDS = 2 ** 12;

export class KclFleet {
  readonly stage: FleetStage;
  readonly model: KclModel;
  readonly random: RandomStream;
  readonly table = new LeaseTable();
  /** Those that are up. */
  readonly workers: KclWorker[];
  /** All that there have been, by index. */
  readonly #everyWorker: KclWorker[];
  /** Told whenever a lease has no owner any more, or has one row more or less. */
  onChange: () => void = () => undefined;
  #isCleaning = false;

  constructor(stage: FleetStage, model: KclModel, random: RandomStream) {
    this.stage = stage;
    this.model = model;
    this.random = random;
    this.workers = stage.fleet.workers.map((worker, index) => ({
      index,
      worker,
      startSeconds: -UP_BEFORE_SECONDS * (1 + random.nextUniform()),
      endSeconds: Number.POSITIVE_INFINITY,
    }));
    this.#everyWorker = [...this.workers];
  }

  /** A worker by its index, also one that is gone. */
  workerAt(index: number): KclWorker {
    const worker = this.#everyWorker[index];
    if (worker === undefined) throw new RangeError(`no worker ${index}`);
    return worker;
  }

  get now(): number {
    return this.stage.engine.now;
  }

  /** Does something at a time, at the end of its second. */
  later(seconds: number, action: (seconds: number) => void): void {
    this.stage.engine.at(Math.max(this.now, Math.ceil(seconds)), () => action(seconds));
  }

  /** A time within the scheduler's loop. */
  get withinLoop(): number {
    return this.random.nextUniform() * this.model.start.loopSeconds;
  }

  /** Leases that are held and read from the start on, spread evenly. */
  hold(leases: readonly Lease[]): void {
    for (const [index, lease] of leases.entries()) {
      const row = this.table.add(lease);
      this.table.create(row);
      const holder = this.workers[index % Math.max(1, this.workers.length)];
      if (holder === undefined) continue;
      this.own(row, holder, 0);
      row.isAccepted = true;
      row.isBegun = true;
      this.stage.fleet.assign(lease, holder.index);
      this.stage.fleet.unblock(lease, blockedBy.parent | blockedBy.lease, this.now);
    }
  }

  add(lease: Lease): void {
    this.table.add(lease);
  }

  join(worker: Worker): KclWorker {
    const one: KclWorker = {
      index: this.stage.fleet.workers.indexOf(worker),
      worker,
      startSeconds: this.now,
      endSeconds: Number.POSITIVE_INFINITY,
    };
    this.workers.push(one);
    this.#everyWorker[one.index] = one;
    return one;
  }

  /** A worker is gone. The table does not know: it keeps its leases until somebody finds them expired. */
  leave(worker: Worker, how: "crash" | "stop"): KclWorker | undefined {
    const at = this.workers.findIndex((one) => one.worker === worker);
    const [one] = at < 0 ? [] : this.workers.splice(at, 1);
    if (one !== undefined) one.endSeconds = this.now;
    const { fleet } = this.stage;
    for (const lease of [...worker.leases]) {
      this.table.rowOf(lease).isEnding = false;
      if (how === "crash") fleet.releaseAtCheckpoint(lease, this.now);
      else fleet.release(lease, this.now);
    }
    return one;
  }

  /** Writes a new owner into a row. */
  own(row: LeaseRow, worker: KclWorker, seconds: number): void {
    row.owner = worker;
    row.writtenSeconds = seconds;
    row.isAccepted = false;
    row.handOff = undefined;
    row.attempt += 1;
  }

  /** The owner of a row has learnt that it is, and begins. */
  accept(row: LeaseRow, seconds: number): void {
    row.isAccepted = true;
    if (row.state !== "open" || row.owner === undefined) return;
    this.#tryToBegin(row, row.owner, row.attempt, seconds + this.withinLoop);
  }

  /** Begins to read when the parents are done, and looks again later where they are not. */
  #tryToBegin(row: LeaseRow, worker: KclWorker, attempt: number, seconds: number): void {
    const { start } = this.model;
    this.later(seconds, () => {
      if (!isCurrent(row, worker, attempt)) return;
      if (!areParentsDone(row)) {
        this.#tryToBegin(row, worker, attempt, seconds + start.parentPollSeconds + this.withinLoop);
        return;
      }
      this.later(seconds + start.loopSeconds, (read) => {
        if (isCurrent(row, worker, attempt)) this.#readCheckpoint(row, worker, read);
      });
      this.later(seconds + start.seconds, () => {
        if (isCurrent(row, worker, attempt)) this.#begin(row, worker);
      });
    });
  }

  /** From here on, what a former owner still does is done twice. */
  #readCheckpoint({ lease }: LeaseRow, worker: KclWorker, seconds: number): void {
    if (lease.worker >= 0 && lease.worker !== worker.index) lease.checkpointReadSeconds = seconds;
  }

  #begin(row: LeaseRow, { index }: KclWorker): void {
    const { lease } = row;
    const { fleet } = this.stage;
    if (row.state !== "open") return;
    // The former owner has not noticed yet.
    if (lease.worker >= 0) fleet.releaseAtCheckpoint(lease, this.now);
    row.isBegun = true;
    fleet.begin(lease, index, this.now);
    fleet.unblock(lease, blockedBy.parent | blockedBy.lease, this.now, true);
  }

  /** Another worker has taken a lease from this one, which notices when it next renews. */
  loseAtRenewal({ lease }: LeaseRow, worker: KclWorker, seconds: number): void {
    this.later(nextTick(worker, this.model.renewalSeconds, seconds), () => {
      if (lease.worker === worker.index) this.stage.fleet.releaseAtCheckpoint(lease, this.now);
    });
  }

  /** The shard is processed to its end: within a loop the worker notes it, and creates the leases of the children. */
  finish(lease: Lease): void {
    const row = this.table.rowOf(lease);
    if (row.isEnding || row.state !== "open") return;
    row.isEnding = true;
    const worker = lease.worker;
    this.later(this.now + this.withinLoop, () => {
      if (row.isEnding && lease.worker === worker && lease.reader.isDrained) this.#end(row);
      else row.isEnding = false;
    });
  }

  #end(row: LeaseRow): void {
    row.state = "ended";
    row.lease.isEnded = true;
    this.stage.fleet.release(row.lease, this.now);
    for (const child of row.children) if (child.state === "absent") this.#create(child);
    this.onChange();
    this.#cleanUpLater();
  }

  /** The lease of a child is there once those of all its parents are. */
  #create(row: LeaseRow): void {
    if (row.parents.some(({ state }) => state === "absent")) return;
    this.table.create(row);
    // One that waits for it may have been ready for a while.
    for (const child of row.children)
      if (child.state === "absent" && child.parents.some(({ state }) => state === "ended")) this.#create(child);
  }

  /** Rows of ended shards go once their children are read, and their parents' rows are gone. */
  #cleanUpLater(): void {
    if (this.#isCleaning) return;
    this.#isCleaning = true;
    this.later(this.now + this.model.cleanupSeconds * (1 + this.random.nextUniform()), () => {
      this.#isCleaning = false;
      const ended = this.table.rows.filter(({ state }) => state === "ended");
      const done = ended.filter(
        ({ parents, children }) =>
          parents.every(({ state }) => state === "gone") && children.every(({ isBegun }) => isBegun),
      );
      for (const row of done) this.table.delete(row);
      if (done.length > 0) this.onChange();
      if (done.length < ended.length) this.#cleanUpLater();
    });
  }
}

function isCurrent(row: LeaseRow, worker: KclWorker, attempt: number): boolean {
  return row.attempt === attempt && row.owner === worker && isUp(worker);
}
