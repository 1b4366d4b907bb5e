/*
 * What happens to the workers of a consumer, or is done with them: crashes, the loss of a zone, rolling restarts, more and fewer of them.
 * A worker that comes back is a new process, which the others do not know as the old one.
 */
import { formatItems } from "../units/format-quantity.js";
import { isRunByAws } from "../workload/run-by-aws.js";
import { AutoScalingGroup, type AutoScalingModel } from "./auto-scaling-group.js";
import { blockedBy } from "./lease.js";
import type { FleetStage, LeaseCoordinator } from "./lease-coordinator.js";
import type { PoisonRecords } from "./poison-records.js";
import { isActive, isSpare, type Worker } from "./worker.js";

export class FleetOperations {
  readonly #stage: FleetStage;
  readonly coordinator: LeaseCoordinator;
  readonly poison: PoisonRecords;
  /** Places of workers that will be back by themselves. */
  readonly #returning = new Set<number>();

  constructor(stage: FleetStage, coordinator: LeaseCoordinator, poison: PoisonRecords) {
    this.#stage = stage;
    this.coordinator = coordinator;
    this.poison = poison;
    const { autoscaling } = stage.fleet.model;
    if (autoscaling !== undefined) this.#scale(autoscaling);
  }

  /** Lets a group decide how many workers there are. */
  #scale(model: AutoScalingModel): void {
    const operations = this;
    new AutoScalingGroup(this.#stage, model, {
      get up(): readonly Worker[] {
        return operations.#upSparesFirst;
      },
      get returning(): number {
        return operations.#returning.size;
      },
      launch: () => this.#launch(),
      stop: (worker) => this.#stop(worker),
    });
  }

  /** Spare workers have their places; those of the KCL are like the others. */
  get #upSparesFirst(): Worker[] {
    const { workers, model } = this.fleet;
    const up = workers.filter(({ isUp }) => isUp);
    if (model.kcl !== undefined) return up;
    return [...up.filter((one) => isSpare(one, model)), ...up.filter((one) => !isSpare(one, model))];
  }

  /** A new worker, in the first place that is free. */
  #launch(): void {
    const up = this.fleet.workers.filter(({ isUp }) => isUp);
    const taken = new Set([...up.map(({ slot }) => slot), ...this.#returning]);
    let slot = 0;
    while (taken.has(slot)) slot += 1;
    this.#stage.log("worker-launched", this.#name, `worker ${slot} of ${this.#name} is launched`);
    this.coordinator.join(this.fleet.addWorker(slot));
  }

  /** The next record of a shard makes its batch fail; that of the first open shard, if none is named. */
  writePoison(shard: number | undefined, lasts: number): void {
    const lease = this.fleet.leases.find((one) => (shard === undefined ? one.isOpen : one.shardNumber === shard));
    if (this.fleet.model.kind === "firehose") this.#ignores("it has no code of yours that could fail");
    else if (lease?.isOpen !== true)
      this.#stage.log("event-ignored", this.#name, `shard ${shard ?? 0} is not open: no record can be written to it`);
    else this.poison.add(lease, lasts);
  }

  get fleet(): FleetStage["fleet"] {
    return this.#stage.fleet;
  }

  get #name(): string {
    return this.fleet.model.name;
  }

  /** When something ends that lasts so long. */
  #endOf(lasts: number): number {
    return this.#stage.engine.now + Math.max(1, Math.ceil(lasts));
  }

  /** The whole fleet stops reading and processing, and goes on where it was, leases kept. */
  takeDown(lasts: number): void {
    const { fleet } = this;
    const { engine, log } = this.#stage;
    fleet.outages += 1;
    for (const lease of fleet.leases) fleet.block(lease, blockedBy.outage);
    log("consumer-down", this.#name, `${this.#name} stops reading`);
    engine.at(this.#endOf(lasts), () => {
      fleet.outages -= 1;
      if (fleet.outages > 0) return;
      for (const lease of fleet.leases) fleet.unblock(lease, blockedBy.outage, engine.now);
      log("consumer-up", this.#name, `${this.#name} reads again`);
    });
  }

  /** Processing takes so many times as long. */
  slowDown(factor: number, lasts: number): void {
    const { fleet } = this;
    const { engine, log } = this.#stage;
    fleet.speeds.slowFactor *= factor;
    log("slow-started", this.#name, `processing in ${this.#name} takes ${factor} times as long`);
    engine.at(this.#endOf(lasts), () => {
      fleet.speeds.slowFactor /= factor;
      log("slow-ended", this.#name, `processing in ${this.#name} is as fast as before`);
    });
  }

  /** Workers that hold leases or may, first those with the most. */
  get #active(): Worker[] {
    return this.fleet.workers.filter(isActive).sort((a, b) => b.leases.length - a.leases.length);
  }

  crash(count: number, lasts: number | undefined): void {
    if (this.#ignores("it has no workers that could crash")) return;
    const victims = this.#active.slice(0, count);
    if (victims.length < count)
      this.#stage.log(
        "event-ignored",
        this.#name,
        `${this.#name} has ${formatItems(victims.length, "worker")} left, ${count} were to crash`,
      );
    for (const victim of victims) this.#fail(victim, lasts);
  }

  /** The worker that leads crashes; where none does, nothing happens. */
  crashLeader(lasts: number | undefined): void {
    const { leader } = this.coordinator;
    if (leader === undefined) {
      this.#stage.log("event-ignored", this.#name, `no worker of ${this.#name} leads the others`);
      return;
    }
    this.#stage.log("leader-failed", this.#name, `worker ${leader.slot}, which leads ${this.#name}, fails`);
    this.#fail(leader, lasts);
  }

  /** A share of the workers goes at once, as with a zone; they come back together. */
  loseZone(share: number, lasts: number): void {
    if (this.#ignores("AWS moves it to other zones")) return;
    const workers = this.#active;
    const victims = workers.slice(0, Math.max(1, Math.round(share * workers.length)));
    if (victims.length === 0) {
      this.#stage.log("event-ignored", this.#name, `${this.#name} has no worker that could be lost with a zone`);
      return;
    }
    this.#stage.log(
      "zone-lost",
      this.#name,
      `${this.#name} loses ${victims.length} of ${formatItems(workers.length, "worker")} with a zone`,
    );
    for (const victim of victims) this.#fail(victim, lasts);
  }

  #ignores(because: string): boolean {
    if (!isRunByAws(this.fleet.model)) return false;
    this.#stage.log("event-ignored", this.#name, `${this.#name} is run by AWS: ${because}`);
    return true;
  }

  #fail(worker: Worker, lasts: number | undefined): void {
    const leases = worker.leases.length;
    worker.isUp = false;
    for (const lease of worker.leases) lease.isOrphaned = true;
    const message = `worker ${worker.slot} of ${this.#name} fails with ${formatItems(leases, "lease")}`;
    this.#stage.log("worker-failed", this.#name, message, { leases, leads: worker === this.coordinator.leader });
    this.coordinator.leave(worker, "crash");
    // A group replaces what is lost.
    if (lasts === undefined || this.fleet.model.autoscaling !== undefined) return;
    this.#returning.add(worker.slot);
    this.#stage.engine.at(this.#endOf(lasts), () => this.#restart(worker.slot));
  }

  #restart(slot: number): void {
    this.#returning.delete(slot);
    this.#stage.log("worker-restarted", this.#name, `worker ${slot} of ${this.#name} is back`);
    this.coordinator.join(this.fleet.addWorker(slot));
  }

  /** A worker stops in good order. */
  #stop(worker: Worker): void {
    worker.isUp = false;
    this.coordinator.leave(worker, "stop");
  }

  /** Workers restart one after another. */
  deploy(): void {
    if (this.#ignores("a new version does not interrupt it")) return;
    const { engine, log } = this.#stage;
    const queue = this.#active;
    log("deploy-started", this.#name, `${this.#name} restarts ${formatItems(queue.length, "worker")}`);
    const restart = (at: number): void => {
      const worker = queue[at];
      if (worker === undefined) {
        log("deploy-finished", this.#name, `${this.#name} runs the new version`);
        return;
      }
      if (!worker.isUp) {
        restart(at + 1);
        return;
      }
      this.#stop(worker);
      this.#returning.add(worker.slot);
      engine.at(engine.now + Math.ceil(this.fleet.model.restartSeconds), () => {
        this.#restart(worker.slot);
        restart(at + 1);
      });
    };
    restart(0);
  }
}
