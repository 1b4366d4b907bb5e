/*
 * What could be cheaper or is not what it looks like, at no risk to the stream: advice that may be ignored.
 */
import { type Diagnostic, diagnoseAt } from "../diagnostics/diagnostic.js";
import { formatDuration, formatItems, formatNumber, formatRecordRate, formatUsd } from "../units/format-quantity.js";
import type { Consumer, Producer } from "../workload/schema.js";
import { aggregationAlternative, type ConsumerAlternatives, type WorkerAlternative } from "./alternatives.js";
import type { Basis } from "./basis.js";
import { bindingConstraint, type Constraint, recommendedShards } from "./constraints.js";

/** @param alternatives of each consumer, in the workload's order */
export function findHints(basis: Basis, alternatives: readonly ConsumerAlternatives[]): Diagnostic[] {
  const { workload, constraints } = basis;
  return [
    ...workload.producers.flatMap(({ name }, index) => traceRepeats(basis, name, index)),
    ...workload.producers.flatMap((producer, index) => timelineHolds(basis, producer, index)),
    ...workload.producers.flatMap((producer, index) => growthAhead(basis, producer, index)),
    ...savingByAggregation(basis, bindingConstraint(constraints)),
    ...savingByFanOut(basis, bindingConstraint(constraints), alternatives),
    ...workload.consumers.flatMap((consumer, index) =>
      savingByLargerWorkers(consumer, index, alternatives[index]?.biggerWorker),
    ),
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

function growthAhead({ horizonSeconds }: Basis, { name, growth }: Producer, index: number): Diagnostic[] {
  if (growth === 0 || horizonSeconds !== undefined) return [];
  const message = `the growth of \`${name}\` is not in this answer, which is for today`;
  return [diagnoseAt("growth-ahead", ["producers", index, "growth"], message, "add `--horizon 90d` to look ahead")];
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

function savingByAggregation(basis: Basis, binding: Constraint): Diagnostic[] {
  if (!isAboutRecords(basis, binding)) return [];
  const shards = aggregationAlternative(basis);
  if (shards === undefined) return [];
  return [
    diagnoseAt(
      "aggregation-saves-shards",
      ["producers"],
      `the limit on records decides; with KPL aggregation the recommendation falls to ${formatNumber(shards)}`,
      "add `aggregation: {maxSize: 50 KiB}` to producers of small records",
    ),
  ];
}

/** The records limit asks for most, or makes the busiest shard do so. */
function isAboutRecords({ constraints }: Basis, { kind }: Constraint): boolean {
  const asked = (name: string): number => constraints.find((one) => one.name === name)?.need ?? 0;
  return kind === "write-records" || (kind === "hot-shard" && asked("write-records") > asked("write-bytes"));
}

function savingByFanOut(
  basis: Basis,
  binding: Constraint,
  alternatives: readonly ConsumerAlternatives[],
): Diagnostic[] {
  if (binding.kind !== "read-bytes") return [];
  const at = basis.workload.consumers.findIndex(({ read }) => read === "shared");
  const alternative = alternatives[at]?.fanOut;
  if (alternative === undefined || alternative.shardsRecommended >= recommendedShards(basis.constraints)) return [];
  const { name } = basis.workload.consumers[at] as Consumer;
  const message = `shared reads bind; with \`${name}\` on fan-out the recommendation falls to ${formatNumber(alternative.shardsRecommended)}, for ${formatUsd(alternative.usdPerMonthDelta)} a month more`;
  return [diagnoseAt("fan-out-saves-shards", ["consumers", at, "read"], message, "set `read: fan-out`")];
}

function savingByLargerWorkers({ name }: Consumer, index: number, larger: WorkerAlternative | undefined): Diagnostic[] {
  if (larger === undefined) return [];
  const message = `the workers of \`${name}\` ask for more shards than anything else; with ${formatItems(larger.vcpus, "vCPU")} each, ${formatItems(larger.workersForCpu, "worker")} and ${formatItems(larger.shardsRecommended, "shard")} would do`;
  return [
    diagnoseAt(
      "bigger-workers",
      ["consumers", index, "worker"],
      message,
      `set \`worker.vcpus\` to ${formatNumber(larger.vcpus)}`,
    ),
  ];
}
