/*
 * What goes wrong, or is done, during a run: each event of the scenario at its time, and what follows from it. Times are rounded up to
 * whole seconds.
 */
import { formatNumber } from "../units/format-quantity.js";
import type { ScenarioEvent } from "../workload/schema.js";
import type { CapacityModes } from "./capacity-modes.js";
import type { ControlEventName } from "./control-event.js";
import type { FleetOperations } from "./fleet-operations.js";
import type { Engine } from "./kernel/engine.js";
import type { ProducerTraffic } from "./producer-traffic.js";
import type { Resharding } from "./resharding.js";

/** What a scenario acts on. */
export interface Stage {
  readonly engine: Engine;
  readonly producers: readonly ProducerTraffic[];
  readonly fleets: readonly FleetOperations[];
  readonly resharding: Resharding;
  /** There where the scenario asks for it. */
  readonly modes: CapacityModes | undefined;
  /** Changes of the traffic that last. */
  readonly trafficFactors: { readonly factor: number }[];
  log(event: ControlEventName, subject: string, message: string): void;
}

/** Sets a timer for every event, in the order of time also within a second. What ends in a second has ended before. */
export function scheduleScenario(stage: Stage, scenario: readonly ScenarioEvent[]): void {
  const { engine } = stage;
  for (const event of scenario.toSorted((a, b) => a.at - b.at))
    engine.at(Math.ceil(event.at), () => engine.at(engine.now, () => play(stage, event)));
}

function play(stage: Stage, event: ScenarioEvent): void {
  switch (event.event) {
    case "consumer-down":
      fleetOf(stage, event.consumer).takeDown(event.lasts);
      break;
    case "worker-crash":
      fleetOf(stage, event.consumer).crash(event.count, event.lasts);
      break;
    case "leader-crash":
      fleetOf(stage, event.consumer).crashLeader(event.lasts);
      break;
    case "zone-outage":
      for (const fleet of stage.fleets)
        if (event.consumer === undefined || fleet.fleet.model.name === event.consumer)
          fleet.loseZone(event.share, event.lasts);
      break;
    case "poison-record":
      fleetOf(stage, event.consumer).writePoison(event.shard, event.lasts ?? Number.POSITIVE_INFINITY);
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
      fleetOf(stage, event.consumer).deploy();
      break;
    case "slow":
      fleetOf(stage, event.consumer).slowDown(event.factor, event.lasts);
      break;
  }
}

function fleetOf({ fleets }: Stage, name: string): FleetOperations {
  const fleet = fleets.find(({ fleet: { model } }) => model.name === name);
  if (fleet === undefined) throw new Error(`no consumer is named ${name}`);
  return fleet;
}

/** When something ends that lasts so long. */
function endOf({ engine }: Stage, lasts: number): number {
  return engine.now + Math.max(1, Math.ceil(lasts));
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
