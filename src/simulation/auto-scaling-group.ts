/*
 * The group of a consumer's workers: it follows their CPU by target tracking, replaces those that are lost, and launches no more of them
 * than there are shards to read, spare ones aside. The newest worker is the first to go.
 */
import { formatItems, formatRatio } from "../units/format-quantity.js";
import type { FleetStage } from "./lease-coordinator.js";
import { TargetTracking, type TargetTrackingSettings } from "./target-tracking.js";
import { takeUtilization, type Worker } from "./worker.js";

export type AutoScalingModel = TargetTrackingSettings & { readonly launchSeconds: number };

/** What a group does with workers. */
export interface GroupMembers {
  /** Workers that are up, and those that are on their way back by themselves. */
  readonly up: readonly Worker[];
  readonly returning: number;
  launch(): void;
  stop(worker: Worker): void;
}

export class AutoScalingGroup {
  readonly #stage: FleetStage;
  readonly #model: AutoScalingModel;
  readonly #members: GroupMembers;
  readonly #tracking: TargetTracking;
  readonly #standby: number;
  #desired: number;
  #launching = 0;

  constructor(stage: FleetStage, model: AutoScalingModel, members: GroupMembers) {
    this.#stage = stage;
    this.#model = model;
    this.#members = members;
    // Spare workers of the KCL share the work.
    this.#standby = stage.fleet.model.kcl === undefined ? 0 : stage.fleet.model.standby;
    this.#tracking = new TargetTracking({ ...model, min: model.min + this.#standby, max: model.max + this.#standby });
    this.#desired = stage.fleet.model.workers + this.#standby;
    this.#lookLater();
  }

  #lookLater(): void {
    const { engine } = this.#stage;
    engine.at(engine.now + Math.ceil(this.#model.periodSeconds), () => {
      this.#look();
      this.#lookLater();
    });
  }

  #look(): void {
    const { engine, fleet } = this.#stage;
    const accounts = fleet.workers.map(({ scalingCpu }) => scalingCpu);
    const utilization = takeUtilization(accounts, fleet.model.vcpus);
    const wanted = this.#tracking.observe(engine.now, utilization, this.#desired);
    const most = fleet.leasesToRead + this.#standby;
    this.#scaleTo(Math.max(this.#model.min + this.#standby, Math.min(wanted, most)), utilization);
    this.#reconcile();
  }

  #scaleTo(desired: number, utilization: number | undefined): void {
    if (desired === this.#desired) return;
    const { log, fleet } = this.#stage;
    const { name } = fleet.model;
    const direction = desired > this.#desired ? "scaled-out" : "scaled-in";
    const cpu = utilization === undefined ? "no CPU" : `${formatRatio(utilization)} of the CPU`;
    log(
      direction,
      name,
      `${name} goes from ${this.#desired} to ${formatItems(desired, "worker")}: it uses ${cpu}, for ${formatRatio(this.#model.targetRatio)} wanted`,
    );
    this.#desired = desired;
    fleet.desiredWorkers = desired - this.#standby;
  }

  /** Launches what is missing, and stops what is too much. */
  #reconcile(): void {
    const { engine } = this.#stage;
    const { up, returning } = this.#members;
    const missing = this.#desired - up.length - returning - this.#launching;
    for (let count = 0; count < missing; count += 1) {
      this.#launching += 1;
      engine.at(engine.now + Math.ceil(this.#model.launchSeconds), () => {
        this.#launching -= 1;
        this.#members.launch();
      });
    }
    for (const worker of up.slice(Math.max(0, this.#desired - returning))) this.#members.stop(worker);
  }
}
