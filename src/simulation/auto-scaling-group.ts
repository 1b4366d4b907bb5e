/*
 * The group of a consumer's workers: it follows their CPU by target tracking, replaces those that are lost, and launches no more of them
 * than there are shards to read, spare ones aside. The newest worker is the first to go.
 */
import { formatItems, formatRatio } from "../units/format-quantity.js";
import type { ScalingCause } from "./control-event.js";
import type { FleetStage } from "./lease-coordinator.js";
import { TargetTracking, type TargetTrackingSettings } from "./target-tracking.js";
import { takeUtilization, type Worker } from "./worker.js";

export type AutoScalingModel = TargetTrackingSettings & { readonly launchSeconds: number };

/** What a group does with workers. */
export interface GroupMembers {
  /** Workers that are up, the last to go first; and how many are on their way back by themselves. */
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
  /** Spare workers of the KCL share the work, and are tracked with the others; those of other readers come on top. */
  readonly #tracked: number;
  readonly #spare: number;
  /** How many workers there should be that are tracked. */
  #desired: number;
  #launching = 0;

  constructor(stage: FleetStage, model: AutoScalingModel, members: GroupMembers) {
    this.#stage = stage;
    this.#model = model;
    this.#members = members;
    const { kcl, standby, workers } = stage.fleet.model;
    [this.#tracked, this.#spare] = kcl === undefined ? [0, standby] : [standby, 0];
    this.#tracking = new TargetTracking({ ...model, min: model.min + this.#tracked, max: model.max + this.#tracked });
    this.#desired = workers + this.#tracked;
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
    this.#scaleTo(wanted, fleet.leasesToRead + this.#tracked);
    this.#reconcile();
  }

  /** @param most more than that would have nothing to read */
  #scaleTo(wanted: number, most: number): void {
    const before = this.#desired;
    const desired = Math.min(wanted, most);
    if (desired === before) return;
    const { log, fleet } = this.#stage;
    const { name } = fleet.model;
    const scaledBy = this.#causeOf(before, wanted, desired);
    const shards = `there are ${formatItems(fleet.leasesToRead, "shard")} to read`;
    const why = scaledBy === "shards" ? shards : `${this.#say(scaledBy)}${desired < wanted ? `, and ${shards}` : ""}`;
    log(
      desired > before ? "scaled-out" : "scaled-in",
      name,
      `${name} goes from ${before} to ${formatItems(desired, "worker")}: ${why}`,
      { scaledBy },
    );
    this.#desired = desired;
    fleet.desiredWorkers = desired - this.#tracked;
  }

  #causeOf(before: number, wanted: number, desired: number): ScalingCause {
    if (desired < before && wanted >= before) return "shards";
    const { min, max } = this.#model;
    return before < min + this.#tracked || before > max + this.#tracked ? "bounds" : "cpu";
  }

  #say(cause: Exclude<ScalingCause, "shards">): string {
    const { min, max, targetRatio } = this.#model;
    if (cause === "bounds") return `it has ${min} at least and ${max} at most`;
    const seen = this.#tracking.seenUtilization(this.#stage.engine.now) ?? 0;
    return `it used ${formatRatio(seen)} of the CPU, for ${formatRatio(targetRatio)} wanted`;
  }

  /** Launches what is missing, and stops what is too much. */
  #reconcile(): void {
    const { engine } = this.#stage;
    const { up } = this.#members;
    for (let missing = this.#missing - this.#launching; missing > 0; missing -= 1) {
      this.#launching += 1;
      engine.at(engine.now + Math.ceil(this.#model.launchSeconds), () => {
        this.#launching -= 1;
        // It may have been called off.
        if (this.#missing > 0) this.#members.launch();
      });
    }
    if (this.#missing < 0) for (const worker of up.slice(this.#missing)) this.#members.stop(worker);
  }

  /** How many workers there are too few; below 0, too many. */
  get #missing(): number {
    const { up, returning } = this.#members;
    return this.#desired + this.#spare - up.length - returning;
  }
}
