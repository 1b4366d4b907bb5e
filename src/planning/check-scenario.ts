/*
 * Which events of a scenario cannot happen, as far as that is known before the run: the service's rules on reshards are checked against
 * the shard counts that the events before them lead to; what depends on how long things take is left to the run, which logs refusals.
 */
import { type Diagnostic, diagnoseAt } from "../diagnostics/diagnostic.js";
import type { ServiceFacts } from "../service/service-facts.js";
import { isSwitch, refusedSwitch, refusedWarmth } from "../simulation/capacity-modes.js";
import { type ModelChoices, type ReshardModel, reshardModel } from "../simulation/model.js";
import { warmBytesPerSecondMax } from "../simulation/on-demand-model.js";
import { refusedCount } from "../simulation/resharding.js";
import { formatDuration, formatItems } from "../units/format-quantity.js";
import { isReshard } from "../workload/reshard-event.js";
import { isRunByAws } from "../workload/run-by-aws.js";
import type { CapacityMode, ScenarioEvent, Workload } from "../workload/schema.js";

export interface ScenarioCheck {
  readonly impossible: readonly Diagnostic[];
  readonly hints: readonly Diagnostic[];
}

export function checkScenario(
  { stream, consumers, scenario }: Workload,
  { shardCount, workers }: ModelChoices,
  seconds: number,
  facts: ServiceFacts,
): ScenarioCheck {
  const reshards = followShards(scenario, stream.mode, shardCount, facts);
  return {
    impossible: [
      ...reshards.impossible,
      ...findUnknown(consumers, scenario),
      ...findTooMany(consumers, scenario, workers),
    ],
    hints: [...reshards.hints, ...findLate(scenario, seconds)],
  };
}

function findLate(scenario: Workload["scenario"], seconds: number): Diagnostic[] {
  return scenario.flatMap(({ at, event }, index) =>
    at < seconds
      ? []
      : [
          diagnoseAt(
            "event-after-end",
            ["scenario", index, "at"],
            `${event} at ${formatDuration(at)} comes after the simulation's end at ${formatDuration(seconds)}`,
            "simulate longer with --duration, or remove the event",
          ),
        ],
  );
}

/** The shards that the events so far lead to, where all that are possible happen. */
interface Shards {
  mode: CapacityMode;
  /** When the mode was changed between provisioned and on demand. */
  readonly switches: number[];
  /** Undefined once the service may have changed it. */
  open: number | undefined;
  /** Whether their ranges are equal, as UpdateShardCount leaves them. */
  areEqual: boolean;
  /** Whether they are those of the start, numbered from 0 in the order of their ranges. */
  areFirst: boolean;
}

interface Rules {
  readonly reshard: ReshardModel;
  readonly switchesPerDay: number;
  readonly warmBytesPerSecondMax: number;
}

/** Reshards and changes of mode that would be refused even if all before them are over by then, and those that change nothing. */
function followShards(
  scenario: Workload["scenario"],
  mode: CapacityMode,
  shardCount: number,
  facts: ServiceFacts,
): ScenarioCheck {
  const rules: Rules = {
    reshard: reshardModel(facts),
    switchesPerDay: facts.value("mode.switchesPerDay"),
    warmBytesPerSecondMax: warmBytesPerSecondMax(facts),
  };
  const shards: Shards = { mode, switches: [], open: shardCount, areEqual: true, areFirst: true };
  if (mode !== "provisioned") leaveToTheService(shards);
  const found = [...scenario.entries()]
    .sort(([, a], [, b]) => a.at - b.at)
    .flatMap(([index, event]) => followEvent(shards, event, index, rules));
  return {
    impossible: found.filter(({ severity }) => severity === "error"),
    hints: found.filter(({ severity }) => severity === "hint"),
  };
}

function followEvent(shards: Shards, event: ScenarioEvent, index: number, rules: Rules): Diagnostic[] {
  if (isReshard(event) && shards.mode !== "provisioned") return [isForeign(index, shards.mode)];
  switch (event.event) {
    case "reshard":
      return followReshard(shards, event, index, rules.reshard);
    case "split-shard":
      return followSplit(shards, event, index);
    case "merge-shards":
      return followMerge(shards, event, index);
    case "mode":
      return followMode(shards, event, index, rules);
    case "warm-throughput": {
      const refusal = refusedWarmth(shards.mode, event.throughput, rules);
      const key = shards.mode === "on-demand-advantage" ? "throughput" : "event";
      return refusal === undefined ? [] : [impossibleAt(index, key, refusal, adviceOnWarmth[key])];
    }
    default:
      return [];
  }
}

const adviceOnWarmth = {
  throughput: "lower it, or ask AWS for a higher limit",
  event: "remove the event, or change the mode to on-demand-advantage before it",
};

/** A reshard of a stream that only the service reshards. */
function isForeign(index: number, mode: CapacityMode): Diagnostic {
  const message = `a stream in mode ${mode} is resharded by the service alone`;
  return impossibleAt(index, "event", message, "remove the event, or change the mode to provisioned before it");
}

function leaveToTheService(shards: Shards): void {
  shards.open = undefined;
  shards.areEqual = false;
  shards.areFirst = false;
}

function followMode(
  shards: Shards,
  { at, mode }: Extract<ScenarioEvent, { event: "mode" }>,
  index: number,
  rules: Rules,
): Diagnostic[] {
  if (mode === shards.mode) {
    const message = `the stream is in mode ${mode} at ${formatDuration(at)} already`;
    return [diagnoseAt("event-without-effect", ["scenario", index, "mode"], message, "remove the event")];
  }
  if (isSwitch(shards.mode, mode)) {
    const refusal = refusedSwitch(shards.switches, at, rules);
    if (refusal !== undefined)
      return [impossibleAt(index, "at", refusal, "let 24 hours pass from the first of them, or remove the event")];
    shards.switches.push(at);
  }
  shards.mode = mode;
  if (mode !== "provisioned") leaveToTheService(shards);
  return [];
}

function becomeUneven(shards: Shards, more: number): void {
  shards.open = shards.open && Math.max(1, shards.open + more);
  shards.areEqual = false;
  shards.areFirst = false;
}

/** What numbers shards have later on is left to the run. What is refused changes nothing. */
function followSplit(shards: Shards, { shard }: { readonly shard: number }, index: number): Diagnostic[] {
  if (shards.areFirst && shards.open !== undefined && shard >= shards.open)
    return [hasNoShard(index, "shard", shard, shards.open)];
  becomeUneven(shards, 1);
  return [];
}

function followMerge(
  shards: Shards,
  { shard, adjacent }: { readonly shard: number; readonly adjacent: number },
  index: number,
): Diagnostic[] {
  if (shard === adjacent) return [mergesItself(index, shard)];
  if (shards.areFirst && shards.open !== undefined) {
    if (shard >= shards.open) return [hasNoShard(index, "shard", shard, shards.open)];
    if (adjacent >= shards.open) return [hasNoShard(index, "adjacent", adjacent, shards.open)];
    if (Math.abs(shard - adjacent) > 1) return [areNotAdjacent(index, shard, adjacent)];
  }
  becomeUneven(shards, -1);
  return [];
}

function areNotAdjacent(index: number, shard: number, adjacent: number): Diagnostic {
  const message = `shards ${shard} and ${adjacent} are not adjacent: MergeShards takes two whose hash key ranges lie side by side`;
  return impossibleAt(index, "adjacent", message, `name shard ${shard > 0 ? shard - 1 : shard + 1}`);
}

function hasNoShard(index: number, key: string, shard: number, open: number): Diagnostic {
  const message = `the stream has no shard ${shard} then: it starts with ${formatItems(open, "shard")}, numbered from 0`;
  return impossibleAt(index, key, message, `name one from 0 to ${open - 1}`);
}

/** What the service answers to the count that is open is not settled by what it publishes: a hint says that nothing changes. */
function followReshard(
  shards: Shards,
  event: Extract<ScenarioEvent, { event: "reshard" }>,
  index: number,
  rules: ReshardModel,
): Diagnostic[] {
  const refusal = shards.open === undefined ? undefined : refusedCount(shards.open, event.shards, rules);
  if (refusal !== undefined)
    return [impossibleAt(index, "shards", refusal, "take several steps, each at most double or half")];
  const changes = event.shards !== shards.open || !shards.areEqual;
  shards.areFirst = false;
  shards.open = event.shards;
  shards.areEqual = true;
  return changes ? [] : [changesNothing(index, event)];
}

function impossibleAt(index: number, key: string, message: string, fix: string): Diagnostic {
  return diagnoseAt("scenario-impossible", ["scenario", index, key], message, fix);
}

function mergesItself(index: number, shard: number): Diagnostic {
  const message = `MergeShards takes two shards with adjacent hash key ranges, not shard ${shard} twice`;
  return impossibleAt(index, "adjacent", message, "name the shard whose range lies beside it");
}

function changesNothing(index: number, { at, shards }: { at: number; shards: number }): Diagnostic {
  return diagnoseAt(
    "event-without-effect",
    ["scenario", index, "shards"],
    `the stream has ${formatItems(shards, "shard")} at ${formatDuration(at)} already`,
    "write the count that the stream shall have then, or remove the event",
  );
}

/** A scenario from a file of its own may name consumers that the workload does not have. */
function findUnknown(consumers: Workload["consumers"], scenario: Workload["scenario"]): Diagnostic[] {
  return scenario.flatMap((event, index) => {
    if (!("consumer" in event) || event.consumer === undefined || consumers.some(({ name }) => name === event.consumer))
      return [];
    return [
      diagnoseAt(
        "unknown-name",
        ["scenario", index, "consumer"],
        `no consumer is named ${JSON.stringify(event.consumer)}`,
        "name a consumer of the workload",
      ),
    ];
  });
}

/** Crashes of more workers than there are. */
function findTooMany(
  consumers: Workload["consumers"],
  scenario: Workload["scenario"],
  workers: ModelChoices["workers"],
): Diagnostic[] {
  return scenario.flatMap((event, index) => {
    if (event.event !== "worker-crash") return [];
    const consumer = consumers.find(({ name }) => name === event.consumer);
    // The event is ignored in the run, and logged.
    if (consumer !== undefined && isRunByAws(consumer)) return [];
    const most = Math.max(workers.get(event.consumer) ?? 1, consumer?.autoscaling?.max ?? 1);
    const running = most + (consumer?.standby ?? 0);
    if (event.count <= running) return [];
    return [
      impossibleAt(
        index,
        "count",
        `${event.consumer} has ${formatItems(running, "worker")}, ${event.count} cannot crash`,
        "lower `count`, or state the consumer's `workers`",
      ),
    ];
  });
}
