/*
 * KCL 2: each worker looks at the lease table by its own clock, and takes what nobody renews, or steals from the worker with the most.
 * Looks that would find nothing to do are left out: once every worker has looked at a table in which all is settled, none looks again
 * before something changes.
 */

import { formatItems } from "../../units/format-quantity.js";
import type { Timer } from "../kernel/engine.js";
import { adopt } from "../lease.js";
import type { LeaseBalancing } from "./kcl-coordinator.js";
import type { KclFleet } from "./kcl-fleet.js";
import { isUp, type KclWorker, type LeaseRow, lastSeenChange, NOBODY, nextTick } from "./lease-table.js";
import { decideTake, type ScannedLease } from "./lease-taker.js";

export class LeaseTaking implements LeaseBalancing {
  readonly #fleet: KclFleet;
  readonly #timers = new Map<KclWorker, Timer>();
  /** When each worker looked last. */
  readonly #lookedSeconds = new Map<KclWorker, number>();
  /** When something changed last. */
  #changedSeconds = Number.NEGATIVE_INFINITY;
  readonly leader = undefined;

  constructor(fleet: KclFleet) {
    this.#fleet = fleet;
    for (const worker of fleet.workers) this.#addTimer(worker);
  }

  #addTimer(worker: KclWorker): void {
    this.#timers.set(
      worker,
      this.#fleet.stage.engine.timer(() => this.#look(worker)),
    );
  }

  change(): void {
    this.#changedSeconds = this.#fleet.now;
    for (const worker of this.#fleet.workers) this.#setTimer(worker);
  }

  join(worker: KclWorker): void {
    this.#addTimer(worker);
    this.change();
  }

  leave(worker: KclWorker): void {
    const timer = this.#timers.get(worker);
    if (timer !== undefined) this.#fleet.stage.engine.cancel(timer);
    this.#timers.delete(worker);
    this.#lookedSeconds.delete(worker);
    this.change();
  }

  /** Sets the worker's next look. It may be due within the second that ends now. */
  #setTimer(worker: KclWorker): void {
    const { engine } = this.#fleet.stage;
    const timer = this.#timers.get(worker);
    const looked = this.#lookedSeconds.get(worker) ?? worker.startSeconds - 1;
    const next = nextTick(worker, this.#fleet.model.takerSeconds, Math.max(looked, engine.now - 1));
    if (timer !== undefined) engine.set(timer, Math.max(engine.now, Math.ceil(next)));
  }

  #look(worker: KclWorker): void {
    const { model, table, now, random, stage } = this.#fleet;
    const { rows } = table;
    const period = model.takerSeconds;
    const scan = { firstSeconds: worker.startSeconds, period };
    const seconds = nextTick(worker, period, now - 1);
    this.#lookedSeconds.set(worker, seconds);
    const scanned = rows.map(
      (row): ScannedLease => ({
        owner: row.owner?.index ?? NOBODY,
        lastSeconds: lastSeenChange(row, model.renewalSeconds, scan, seconds),
      }),
    );
    const taken = decideTake(scanned, worker.index, seconds, model.taker, random);
    const from = taken.map((place) => this.#take(rows[place] as LeaseRow, worker, seconds));
    if (taken.length > 0) {
      const { name } = stage.fleet.model;
      const stolen = from.filter((owner) => owner !== undefined && isUp(owner)).length;
      const how = stolen > 0 ? "steals" : "takes";
      stage.log(
        "lease-moved",
        name,
        `worker ${worker.worker.slot} of ${name} ${how} ${formatItems(taken.length, "lease")}`,
        {
          leases: taken.length,
          orphans: adopt(taken.map((place) => (rows[place] as LeaseRow).lease)),
          ...(stolen > 0 && { isBalancing: true }),
        },
      );
      this.change();
    }
    if (!table.isSettled || now < this.#changedSeconds + period + 1) this.#setTimer(worker);
  }

  /** @returns who owned it before */
  #take(row: LeaseRow, worker: KclWorker, seconds: number): KclWorker | undefined {
    const { owner } = row;
    this.#fleet.own(row, worker, seconds);
    if (owner !== undefined && isUp(owner)) this.#fleet.loseAtRenewal(row, owner, seconds);
    this.#fleet.accept(row, seconds);
    return owner;
  }
}
