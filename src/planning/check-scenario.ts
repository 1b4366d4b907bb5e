/*
 * Which events of a scenario cannot happen, as far as that is known before the run: the service's rules on reshards are checked against
 * the shard counts that the events before them lead to; what depends on how long things take is left to the run, which logs refusals.
 */
import { type Diagnostic, diagnoseAt } from "../diagnostics/diagnostic.js";
import type { ServiceFacts } from "../service/service-facts.js";
import { type ModelChoices, reshardModel } from "../simulation/model.js";
import { refusedCount } from "../simulation/resharding.js";
import { formatDuration, formatItems } from "../units/format-quantity.js";
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
  return {
    impossible: [
      ...(stream.mode === "provisioned"
        ? findRefused(scenario, shardCount, facts)
        : findForeign(scenario, stream.mode)),
      ...findUnknown(consumers, scenario),
      ...findTooMany(consumers, scenario, workers),
    ],
    hints: findLate(scenario, seconds),
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
          diagnoseAt(
            "scenario-impossible",
            ["scenario", index, "event"],
            `a stream in mode ${mode} is resharded by the service alone`,
            "remove the event, or set `stream.mode` to provisioned",
          ),
        ]
      : [],
  );
}

/** Reshards that would be refused even if all before them are over by then. */
function findRefused(scenario: Workload["scenario"], shardCount: number, facts: ServiceFacts): Diagnostic[] {
  const refused: Diagnostic[] = [];
  const rules = reshardModel(facts);
  let open = shardCount;
  for (const [index, event] of [...scenario.entries()].sort(([, a], [, b]) => a.at - b.at)) {
    if (event.event === "split-shard") open += 1;
    else if (event.event === "merge-shards") open -= 1;
    if (event.event !== "reshard") continue;
    const refusal = refusedCount(open, event.shards, rules);
    if (refusal === undefined) open = event.shards;
    else
      refused.push(
        diagnoseAt(
          "scenario-impossible",
          ["scenario", index, "shards"],
          refusal,
          "take several steps, each at most double or half",
        ),
      );
  }
  return refused;
}

function isReshard({ event }: ScenarioEvent): boolean {
  return event === "reshard" || event === "split-shard" || event === "merge-shards";
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
    const { standby = 0, kind } = consumers.find(({ name }) => name === event.consumer) ?? {};
    // What AWS runs has no workers: the event is ignored in the run, and logged.
    if (kind === "lambda" || kind === "firehose") return [];
    const running = (workers.get(event.consumer) ?? 1) + standby;
    if (event.count <= running) return [];
    return [
      diagnoseAt(
        "scenario-impossible",
        ["scenario", index, "count"],
        `${event.consumer} has ${formatItems(running, "worker")}, ${event.count} cannot crash`,
        "lower `count`, or state the consumer's `workers`",
      ),
    ];
  });
}
