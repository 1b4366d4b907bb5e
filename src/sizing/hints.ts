/*
 * What could be cheaper or is not what it looks like, at no risk to the stream: advice that may be ignored.
 */
import { type Diagnostic, diagnoseAt } from "../diagnostics/diagnostic.js";
import { formatItems, formatNumber, formatUsd } from "../units/format-quantity.js";
import type { Consumer, Producer } from "../workload/schema.js";
import { aggregationAlternative, type ConsumerAlternatives, type WorkerAlternative } from "./alternatives.js";
import type { Basis } from "./basis.js";
import { bindingConstraint, type Constraint, recommendedShards } from "./constraints.js";
import { findTrafficHints } from "./traffic-hints.js";

/** @param alternatives of each consumer, in the workload's order */
export function findHints(basis: Basis, alternatives: readonly ConsumerAlternatives[]): Diagnostic[] {
  const { workload, constraints } = basis;
  return [
    ...findTrafficHints(workload.producers, basis.attachments.traces, basis.demand.horizonSeconds),
    ...workload.producers.flatMap((producer, index) => growthAhead(basis, producer, index)),
    ...savingByAggregation(basis, bindingConstraint(constraints)),
    ...savingByFanOut(basis, bindingConstraint(constraints), alternatives),
    ...workload.consumers.flatMap((consumer, index) =>
      savingByLargerWorkers(consumer, index, alternatives[index]?.biggerWorker),
    ),
  ];
}

function growthAhead({ horizonSeconds }: Basis, { name, growth }: Producer, index: number): Diagnostic[] {
  if (growth === 0 || horizonSeconds !== undefined) return [];
  const message = `the growth of \`${name}\` is not in this answer, which is for today`;
  return [diagnoseAt("growth-ahead", ["producers", index, "growth"], message, "add `--horizon 90d` to look ahead")];
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
