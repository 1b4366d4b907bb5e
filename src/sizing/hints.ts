/*
 * What could be cheaper or is not what it looks like, at no risk to the stream: advice that may be ignored.
 */
import { type Diagnostic, diagnoseAt } from "../diagnostics/diagnostic.js";
import type { ServiceFacts } from "../service/service-facts.js";
import { formatDuration, formatNumber, formatRecordRate, formatUsd } from "../units/format-quantity.js";
import type { Consumer, Producer } from "../workload/schema.js";
import { aggregationAlternative, fanOutAlternative, workerAlternative } from "./alternatives.js";
import type { Basis } from "./basis.js";
import { bindingConstraint, type Constraint, recommendedShards } from "./constraints.js";

export function findHints(basis: Basis): Diagnostic[] {
  const { workload, constraints } = basis;
  return [
    ...workload.producers.flatMap(({ name }, index) => traceRepeats(basis, name, index)),
    ...workload.producers.flatMap((producer, index) => timelineHolds(basis, producer, index)),
    ...workload.consumers.flatMap((consumer, index) => keysWithoutEffect(consumer, index, basis.facts)),
    ...savingByAggregation(basis, bindingConstraint(constraints)),
    ...savingByFanOut(basis, bindingConstraint(constraints)),
    ...workload.consumers.flatMap((consumer, index) => savingByLargerWorkers(basis, consumer, index)),
  ];
}

function traceRepeats({ attachments, demand }: Basis, name: string, index: number): Diagnostic[] {
  const trace = attachments.traces.get(name);
  const length = trace === undefined ? Number.POSITIVE_INFINITY : trace.records.length * trace.stepSeconds;
  if (length >= demand.horizonSeconds) return [];
  const message = `the trace of \`${name}\` is ${formatDuration(length)} long and repeats over the ${formatDuration(demand.horizonSeconds)} that are looked at`;
  return [
    diagnoseAt(
      "trace-repeats",
      ["producers", index, "traffic", "trace"],
      message,
      "give a longer trace if what it holds does not recur",
    ),
  ];
}

function timelineHolds({ demand }: Basis, { name, traffic }: Producer, index: number): Diagnostic[] {
  const last = traffic?.timeline?.at(-1);
  if (last === undefined || last.at === 0 || traffic?.repeat !== undefined || last.at >= demand.horizonSeconds)
    return [];
  const message = `the timeline of \`${name}\` holds ${formatRecordRate(last.records)} from ${formatDuration(last.at)} to the end of the ${formatDuration(demand.horizonSeconds)} that are looked at`;
  return [
    diagnoseAt(
      "timeline-holds",
      ["producers", index, "traffic", "timeline"],
      message,
      "add `repeat` if it is a cycle, such as `repeat: 24h`",
    ),
  ];
}

function keysWithoutEffect(consumer: Consumer, index: number, facts: ServiceFacts): Diagnostic[] {
  const isLambda = consumer.kind === "lambda";
  const idle: readonly (readonly [string, boolean])[] = [
    ["parallelization", !isLambda && consumer.parallelization !== undefined],
    ["batchSize", !isLambda && consumer.batchSize !== facts.value("lambda.batchSizeDefault")],
    ["kclVersion", consumer.kind !== "kcl" && consumer.kclVersion !== 3],
    ["workers", isLambda && consumer.workers !== undefined],
    ["standby", isLambda && consumer.standby > 0],
    ["worker", isLambda && (consumer.worker.price !== undefined || consumer.worker.vcpus !== 1)],
    ["pollInterval", consumer.read === "fan-out" && consumer.pollInterval !== undefined],
  ];
  return idle
    .filter(([, isIdle]) => isIdle)
    .map(([key]) =>
      diagnoseAt(
        "key-without-effect",
        ["consumers", index, key],
        `\`${key}\` has no effect on \`${consumer.name}\` (kind ${consumer.kind}, read ${consumer.read})`,
        "remove it, or keep it for a change of kind",
      ),
    );
}

function savingByAggregation(basis: Basis, binding: Constraint): Diagnostic[] {
  if (binding.kind !== "write-records") return [];
  const shards = aggregationAlternative(basis);
  if (shards === undefined) return [];
  return [
    diagnoseAt(
      "aggregation-saves-shards",
      ["producers"],
      `the records limit binds; with KPL aggregation the recommendation falls to ${formatNumber(shards)}`,
      "add `aggregation: {maxSize: 50 KiB}` to producers of small records",
    ),
  ];
}

function savingByFanOut(basis: Basis, binding: Constraint): Diagnostic[] {
  if (binding.kind !== "read-bytes") return [];
  const at = basis.workload.consumers.findIndex(({ read }) => read === "shared");
  const alternative = fanOutAlternative(basis, at);
  if (alternative === undefined || alternative.shardsRecommended >= recommendedShards(basis.constraints)) return [];
  const { name } = basis.workload.consumers[at] as Consumer;
  const message = `shared reads bind; with \`${name}\` on fan-out the recommendation falls to ${formatNumber(alternative.shardsRecommended)}, for ${formatUsd(alternative.usdPerMonthDelta)} a month more`;
  return [diagnoseAt("fan-out-saves-shards", ["consumers", at, "read"], message, "set `read: fan-out`")];
}

function savingByLargerWorkers(basis: Basis, { name }: Consumer, index: number): Diagnostic[] {
  const larger = workerAlternative(basis, index);
  if (larger === undefined) return [];
  const message = `the workers of \`${name}\` ask for more shards than anything else; with ${formatNumber(larger.vcpus)} vCPUs each, ${larger.workersForCpu} workers and ${larger.shardsRecommended} shards would do`;
  return [
    diagnoseAt(
      "bigger-workers",
      ["consumers", index, "worker"],
      message,
      `set \`worker.vcpus\` to ${formatNumber(larger.vcpus)}`,
    ),
  ];
}
