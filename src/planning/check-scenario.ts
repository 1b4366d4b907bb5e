/*
 * Which events of a scenario cannot happen, as far as that is known before the run: the service's rules on reshards are checked against
 * the shard counts that the events before them lead to; what depends on how long things take is left to the run, which logs refusals.
 */
import { type Diagnostic, diagnoseAt } from "../diagnostics/diagnostic.js";
import type { ServiceFacts } from "../service/service-facts.js";
import { type ModelChoices, type ReshardModel, reshardModel } from "../simulation/model.js";
import { refusedCount } from "../simulation/resharding.js";
import { formatDuration, formatItems } from "../units/format-quantity.js";
import { isReshard } from "../workload/reshard-event.js";
import { isRunByAws } from "../workload/run-by-aws.js";
import type { ScenarioEvent, Workload } from "../workload/schema.js";

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
  const reshards =
    stream.mode === "provisioned"
      ? followShards(scenario, shardCount, facts)
      : { impossible: findForeign(scenario, stream.mode), hints: [] };
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

/** Reshards of a stream that only the service reshards. */
function findForeign(scenario: Workload["scenario"], mode: Workload["stream"]["mode"]): Diagnostic[] {
  return scenario.flatMap((event, index) =>
    isReshard(event)
      ? [
          impossibleAt(
            index,
            "event",
            `a stream in mode ${mode} is resharded by the service alone`,
            "remove the event, or set `stream.mode` to provisioned",
          ),
        ]
      : [],
  );
}

/** The shards that the events so far lead to, where all that are possible happen. */
interface Shards {
  open: number;
  /** Whether their ranges are equal, as UpdateShardCount leaves them. */
  areEqual: boolean;
  /** Whether they are those of the start, numbered from 0 in the order of their ranges. */
  areFirst: boolean;
}

/** Reshards that would be refused even if all before them are over by then, and those that change nothing. */
function followShards(scenario: Workload["scenario"], shardCount: number, facts: ServiceFacts): ScenarioCheck {
  const rules = reshardModel(facts);
  const shards: Shards = { open: shardCount, areEqual: true, areFirst: true };
  const found = [...scenario.entries()]
    .sort(([, a], [, b]) => a.at - b.at)
    .flatMap(([index, event]) => {
      if (event.event === "reshard") return followReshard(shards, event, index, rules);
      if (event.event === "split-shard") return followSplit(shards, event, index);
      return event.event === "merge-shards" ? followMerge(shards, event, index) : [];
    });
  return {
    impossible: found.filter(({ severity }) => severity === "error"),
    hints: found.filter(({ severity }) => severity === "hint"),
  };
}

function becomeUneven(shards: Shards, more: number): void {
  shards.open = Math.max(1, shards.open + more);
  shards.areEqual = false;
  shards.areFirst = false;
}

/** What numbers shards have later on is left to the run. What is refused changes nothing. */
function followSplit(shards: Shards, { shard }: { readonly shard: number }, index: number): Diagnostic[] {
  if (shards.areFirst && shard >= shards.open) return [hasNoShard(index, "shard", shard, shards.open)];
  becomeUneven(shards, 1);
  return [];
}

function followMerge(
  shards: Shards,
  { shard, adjacent }: { readonly shard: number; readonly adjacent: number },
  index: number,
): Diagnostic[] {
  if (shard === adjacent) return [mergesItself(index, shard)];
  if (shards.areFirst) {
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
  const refusal = refusedCount(shards.open, event.shards, rules);
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
    if (!("consumer" in event) || consumers.some(({ name }) => name === event.consumer)) return [];
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
    const running = (workers.get(event.consumer) ?? 1) + (consumer?.standby ?? 0);
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
