/*
 * What gives a consumer more of what it lacks.
 */

import type { TimelineRow } from "../simulation/timeline.js";
import { parallelBatches, readBytesPerSecond } from "../sizing/constraints.js";
import { pollsPerSecond, readCallsPerSecond } from "../sizing/consumers.js";
import { countReaders } from "../sizing/readers.js";
import {
  formatByteRate,
  formatBytes,
  formatCount,
  formatDuration,
  formatItems,
  formatNumber,
  formatRecordRate,
} from "../units/format-quantity.js";
import { sumOf } from "../units/sum-of.js";
import { type ConsumerLimit, consumerAt, consumerIn, recordsPerProcessor } from "./consumer-limit.js";
import type { RunSetting } from "./run-setting.js";

/** @param rows in which the limit was felt, at least one */
export function remedyFor(
  limit: ConsumerLimit,
  index: number,
  rows: readonly TimelineRow[],
  setting: RunSetting,
): string {
  switch (limit) {
    case "concurrency":
      return concurrencyRemedy(index, rows, setting);
    case "cpu":
      return cpuRemedy(index, rows, setting);
    case "one-worker":
      return oneWorkerRemedy(index, setting);
    case "processing":
      return processingRemedy(index, setting);
    case "read-calls":
    case "read-bytes":
      return readRemedy(index, setting);
    case "polls":
      return pollRemedy(index, setting);
    case "parents":
      return "reshard before the consumer is behind: shards are read once those they come from are processed";
    case "one-shard":
      return spreadLoad;
  }
}

const spreadLoad =
  "spread the load evenly, by keys or by shards of equal width: one shard or worker has more to do than the others";

/** One worker is full and others are not: that of the KCL balances its load by itself, in its own time. */
function oneWorkerRemedy(index: number, setting: RunSetting): string {
  const { facts } = setting;
  const consumer = consumerAt(setting, index);
  if (consumer.kind !== "kcl") return spreadLoad;
  const headroom = "give each worker the vCPUs for more than its part";
  if (consumer.kclVersion === 2)
    return `use KCL 3, or ${headroom}: with KCL 2 one worker takes all leases that are new or long expired, and the others steal back ${formatNumber(facts.value("kcl.leasesToStealMax"))} each in ${formatDuration(facts.value("kcl.leaseTakerSeconds"))}`;
  const balancing = facts.value("kcl.leaseAssignmentSeconds") * facts.value("kcl.varianceBalancingRuns");
  return `${headroom}, or spread the load evenly by keys: the leader moves leases off the fullest worker only once in ${formatDuration(balancing)}`;
}

function cpuRemedy(index: number, rows: readonly TimelineRow[], setting: RunSetting): string {
  const { openShards } = rows.at(-1) as TimelineRow;
  const workers = Math.max(...rows.map((row) => consumerIn(row, index).workers));
  if (workers >= openShards)
    return "give the workers more vCPUs, or add shards and workers: a worker without a shard is idle";
  return `${moreWorkers(index, workers, openShards, setting)} or give each more vCPUs`;
}

/** A group has as many as it decides, within its bounds. */
function moreWorkers(index: number, workers: number, openShards: number, setting: RunSetting): string {
  const { autoscaling, standby } = consumerAt(setting, index);
  const forShards = `(${workers} for ${formatItems(openShards, "shard")})`;
  if (autoscaling === undefined) return `add workers ${forShards}`;
  const { min, max } = autoscaling;
  if (workers >= max + standby) return `raise \`autoscaling.max\` of ${max} ${forShards}`;
  return `raise \`autoscaling.min\` of ${min} or lower its \`targetCpu\`, as the group grows to ${workers} only after the load,`;
}

function processingRemedy(index: number, setting: RunSetting): string {
  const consumer = consumerAt(setting, index);
  const canGoParallel =
    consumer.kind === "lambda" && parallelBatches(consumer) < setting.facts.value("lambda.parallelizationMax");
  const ways = canGoParallel
    ? "add shards, raise `parallelization`, or process faster"
    : "add shards, or process faster";
  return `${ways}: one shard is processed at ${formatRecordRate(recordsPerProcessor(consumer))} at most`;
}

/** Reads are refused, or use up what shards give. */
export function readRemedy(index: number, setting: RunSetting): string {
  const { facts, workload } = setting;
  const consumer = consumerAt(setting, index);
  const rate = formatByteRate(readBytesPerSecond(consumer, facts));
  if (consumer.read === "fan-out") return `add shards: each gives a fan-out consumer at most ${rate}`;
  const calls = readCallsPerSecond(workload.consumers, facts);
  const callsMax = facts.value("shard.readCallsPerSecond");
  if (calls > callsMax)
    return `raise \`pollInterval\`, or read by fan-out: shared consumers call each shard ${formatNumber(calls)} times a second, and it answers ${callsMax}`;
  const { shared } = countReaders(workload.consumers);
  return shared > 1
    ? `read by fan-out, with fewer consumers or from more shards: ${shared} share the ${rate} of each`
    : `add shards: each gives its shared consumers at most ${rate}`;
}

function pollRemedy(index: number, setting: RunSetting): string {
  const { facts } = setting;
  const most = `${formatItems(facts.value("getRecords.recordsPerCall"), "record")} or ${formatBytes(facts.value("getRecords.bytesPerCall"))}`;
  const interval = formatDuration(1 / pollsPerSecond(consumerAt(setting, index), facts));
  return `lower \`pollInterval\`: a call brings at most ${most}, and each shard is called once in ${interval}`;
}

/** An invocation's own time is worth saving from this part of a batch's on. */
const WORTH_SAVING = 1 / 10;

/** @param rows in which it was felt, at least one */
function concurrencyRemedy(index: number, rows: readonly TimelineRow[], setting: RunSetting): string {
  const { workload, facts } = setting;
  const consumer = consumerAt(setting, index);
  const batchSeconds = consumer.batchSize * (consumer.timePerRecord ?? consumer.cpuPerRecord ?? 0);
  const larger = facts.value("lambda.invocationSeconds") > WORTH_SAVING * batchSeconds ? ", take larger batches" : "";
  if (consumer.concurrency !== undefined)
    return `raise its reserved \`concurrency\` of ${formatNumber(consumer.concurrency)}${larger} or process faster`;
  const used = workload.consumers.map((one, at) =>
    one.kind === "lambda" && one.concurrency === undefined
      ? sumOf(rows, (row) => (consumerIn(row, at).concurrency ?? 0) * row.seconds)
      : 0,
  );
  const most = used.indexOf(Math.max(...used));
  const quota = `have the account's quota of ${formatCount(facts.value("lambda.accountConcurrency"))} concurrent invocations raised`;
  if (most === index) return `${quota}${larger} or process faster`;
  const largest = workload.consumers[most];
  const lower = (largest?.parallelization ?? 1) > 1 ? `, lower the \`parallelization\` of ${largest?.name}` : "";
  return `reserve \`concurrency\` for it${lower} or ${quota}: ${largest?.name} takes most`;
}
