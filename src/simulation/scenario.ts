/*
 * What goes wrong, or is done, during a run: each event of the scenario at its time, and what follows from it. Times are rounded up to
 * whole seconds.
 */
import { formatItems, formatNumber } from "../units/format-quantity.js";
import { isRunByAws } from "../workload/run-by-aws.js";
import type { ScenarioEvent } from "../workload/schema.js";
import type { CapacityModes } from "./capacity-modes.js";
import { blockedBy, type ConsumerFleet, isActive, type Lease, type Worker } from "./consumer-fleet.js";
import type { ControlEventName } from "./control-event.js";
import type { Engine } from "./kernel/engine.js";
import type { ProducerTraffic } from "./producer-traffic.js";
import type { Resharding } from "./resharding.js";

/** What a scenario acts on. */
export interface Stage {
  readonly engine: Engine;
  readonly producers: readonly ProducerTraffic[];
  readonly fleets: readonly ConsumerFleet[];
  readonly resharding: Resharding;
  /** There where the scenario asks for it. */
  readonly modes: CapacityModes | undefined;
  /** Changes of the traffic that last. */
  readonly trafficFactors: { readonly factor: number }[];
  log(event: ControlEventName, subject: string, message: string): void;
}

/** Sets a timer for every event, in the order of time also within a second. */
export function scheduleScenario(stage: Stage, scenario: readonly ScenarioEvent[]): void {
  for (const event of scenario.toSorted((a, b) => a.at - b.at))
    stage.engine.at(Math.ceil(event.at), () => play(stage, event));
}

function play(stage: Stage, event: ScenarioEvent): void {
  switch (event.event) {
    case "consumer-down":
      takeDown(stage, fleetOf(stage, event.consumer), event.lasts);
      break;
    case "worker-crash":
      crash(stage, fleetOf(stage, event.consumer), event.count, event.lasts);
      break;
    case "reshard":
      stage.resharding.updateShardCount(event.shards);
      break;
    case "split-shard":
      stage.resharding.splitShard(event.shard, event.share);
      break;
    case "merge-shards":
      stage.resharding.mergeShards(event.shard, event.adjacent);
      break;
    case "mode":
      stage.modes?.changeTo(event.mode);
      break;
    case "warm-throughput":
      stage.modes?.setWarmThroughput(event.throughput);
      break;
    case "traffic":
      changeTraffic(stage, event.factor, event.lasts);
      break;
    case "deploy":
      deploy(stage, fleetOf(stage, event.consumer));
      break;
    case "slow":
      slowDown(stage, fleetOf(stage, event.consumer), event.factor, event.lasts);
      break;
  }
}

function fleetOf({ fleets }: Stage, name: string): ConsumerFleet {
  const fleet = fleets.find(({ model }) => model.name === name);
  if (fleet === undefined) throw new Error(`no consumer is named ${name}`);
  return fleet;
}

/** When something ends that lasts so long. */
function endOf({ engine }: Stage, lasts: number): number {
  return engine.now + Math.max(1, Math.ceil(lasts));
}

/** The whole fleet stops reading and processing, and goes on where it was, leases kept. */
function takeDown(stage: Stage, fleet: ConsumerFleet, lasts: number): void {
  const { name } = fleet.model;
  fleet.outages += 1;
  for (const lease of fleet.leases) fleet.block(lease, blockedBy.outage);
  stage.log("consumer-down", name, `${name} stops reading`);
  stage.engine.at(endOf(stage, lasts), () => {
    fleet.outages -= 1;
    if (fleet.outages > 0) return;
    for (const lease of fleet.leases) fleet.unblock(lease, blockedBy.outage, stage.engine.now);
    stage.log("consumer-up", name, `${name} reads again`);
  });
}

function crash(stage: Stage, fleet: ConsumerFleet, count: number, lasts: number | undefined): void {
  const { name, takeover } = fleet.model;
  if (isRunByAws(fleet.model)) {
    stage.log("event-ignored", name, `${name} is run by AWS: it has no workers that could crash`);
    return;
  }
  const victims = workersUp(fleet).slice(0, count);
  if (victims.length < count)
    stage.log(
      "event-ignored",
      name,
      `${name} has ${formatItems(victims.length, "worker")} left, ${count} were to crash`,
    );
  for (const victim of victims) {
    const worker = fleet.workers[victim];
    if (worker === undefined) continue;
    worker.isUp = false;
    const orphans = fleet.orphan(victim);
    stage.log("worker-failed", name, `worker ${victim} of ${name} fails with ${leases(orphans)}`);
    handOn(stage, fleet, orphans, fleet.drawDelay(takeover));
    if (lasts !== undefined) stage.engine.at(endOf(stage, lasts), () => bringBack(stage, fleet, worker, victim));
  }
}

/** A worker is there again: it takes what nobody holds, what standby workers held meanwhile, and its part of what others hold. */
function bringBack(stage: Stage, fleet: ConsumerFleet, worker: Worker, index: number): void {
  worker.isUp = true;
  stage.log("worker-restarted", fleet.model.name, `worker ${index} of ${fleet.model.name} is back`);
  handOn(stage, fleet, fleet.orphans(), fleet.drawDelay(fleet.model.handOff));
  spreadOut(stage, fleet);
}

/** Moves the leases of standby workers that are not needed any more, and those of workers with more than their part. */
function spreadOut(stage: Stage, fleet: ConsumerFleet): void {
  const released = [...fleet.dismissStandby(), ...fleet.releaseSurplus()];
  handOn(stage, fleet, released, fleet.drawDelay(fleet.model.handOff));
}

/** Workers that hold leases or may, first those with the most. */
function workersUp(fleet: ConsumerFleet): number[] {
  return [...fleet.workers.entries()]
    .filter(([, worker]) => isActive(worker))
    .sort(([, a], [, b]) => b.leases.length - a.leases.length)
    .map(([index]) => index);
}

/** Leases are taken by others after a while. */
function handOn(stage: Stage, fleet: ConsumerFleet, orphans: readonly Lease[], delay: number): void {
  if (orphans.length === 0) return;
  const { name } = fleet.model;
  for (const lease of orphans) lease.isMoving = true;
  stage.engine.at(stage.engine.now + delay, () => {
    fleet.takeOver(orphans, stage.engine.now);
    const moved = orphans.filter(({ worker }) => worker >= 0);
    const left = orphans.filter((lease) => lease.worker < 0 && fleet.leases.includes(lease));
    if (moved.length > 0) stage.log("lease-moved", name, `${leases(moved)} of ${name} taken over`);
    if (left.length > 0) stage.log("event-ignored", name, `nobody of ${name} is left to take ${leases(left)}`);
  });
}

function leases({ length }: readonly unknown[]): string {
  return formatItems(length, "lease");
}

/** Workers restart one after another; each hands its leases on, and in the end they are spread evenly again. */
function deploy(stage: Stage, fleet: ConsumerFleet): void {
  const { name, handOff, restartSeconds } = fleet.model;
  if (isRunByAws(fleet.model)) {
    stage.log("event-ignored", name, `${name} is run by AWS: a new version does not interrupt it`);
    return;
  }
  const queue = workersUp(fleet);
  stage.log("deploy-started", name, `${name} restarts ${formatItems(queue.length, "worker")}`);
  const restart = (at: number): void => {
    const index = queue[at];
    const worker = index === undefined ? undefined : fleet.workers[index];
    if (index === undefined || worker === undefined) {
      finishDeploy(stage, fleet);
      return;
    }
    if (!worker.isUp) {
      restart(at + 1);
      return;
    }
    worker.isUp = false;
    handOn(stage, fleet, fleet.orphan(index), fleet.drawDelay(handOff));
    stage.engine.at(stage.engine.now + Math.ceil(restartSeconds), () => {
      worker.isUp = true;
      stage.log("worker-restarted", name, `worker ${index} of ${name} is back`);
      handOn(stage, fleet, fleet.orphans(), fleet.drawDelay(handOff));
      restart(at + 1);
    });
  };
  restart(0);
}

function finishDeploy(stage: Stage, fleet: ConsumerFleet): void {
  spreadOut(stage, fleet);
  stage.log("deploy-finished", fleet.model.name, `${fleet.model.name} runs the new version`);
}

function slowDown(stage: Stage, fleet: ConsumerFleet, factor: number, lasts: number): void {
  const { name } = fleet.model;
  fleet.slowFactor *= factor;
  stage.log("slow-started", name, `processing in ${name} takes ${factor} times as long`);
  stage.engine.at(endOf(stage, lasts), () => {
    fleet.slowFactor /= factor;
    stage.log("slow-ended", name, `processing in ${name} is as fast as before`);
  });
}

function changeTraffic(stage: Stage, factor: number, lasts: number): void {
  const change = { factor };
  stage.trafficFactors.push(change);
  applyTraffic(stage);
  const product = factorOf(stage);
  const also = product === factor ? "" : `, ${formatNumber(product)} times with what else goes on`;
  stage.log("traffic-changed", "", `traffic is ${factor} times the plan${also}`);
  stage.engine.at(endOf(stage, lasts), () => {
    stage.trafficFactors.splice(stage.trafficFactors.indexOf(change), 1);
    applyTraffic(stage);
    stage.log(
      "traffic-restored",
      "",
      stage.trafficFactors.length === 0 ? "traffic is as planned" : `traffic is no longer ${factor} times as much`,
    );
  });
}

function applyTraffic(stage: Stage): void {
  const product = factorOf(stage);
  for (const producer of stage.producers) producer.factor = product;
}

/** Changes that overlap multiply. */
function factorOf({ trafficFactors }: Stage): number {
  return trafficFactors.reduce((all, { factor }) => all * factor, 1);
}
