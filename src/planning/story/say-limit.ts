/*
 * Which limit held a consumer back, in a sentence with its figure and its name.
 */
import { parallelBatches, readBytesPerSecond } from "../../sizing/constraints.js";
import { readCallsPerSecond } from "../../sizing/consumers.js";
import { countReaders } from "../../sizing/readers.js";
import { formatItems, formatNumber, formatRecordRate } from "../../units/format-quantity.js";
import { type ConsumerLimit, consumerAt, recordsPerProcessor } from "../consumer-limit.js";
import type { RunSetting } from "../run-setting.js";
import { cite, citeKey } from "./cite.js";

export function sayLimit(limit: ConsumerLimit, index: number, setting: RunSetting): string {
  const consumer = consumerAt(setting, index);
  switch (limit) {
    case "cpu":
      return `the workers of ${consumer.name} have no CPU left (\`vcpus\` ${formatNumber(consumer.worker.vcpus)}, \`cpuPerRecord\`)`;
    case "one-worker":
      return `one worker of ${consumer.name} has no CPU left while others have (\`vcpus\` ${formatNumber(consumer.worker.vcpus)}, \`cpuPerRecord\`)`;
    case "concurrency":
      return sayConcurrency(index, setting);
    case "processing":
      return sayProcessing(index, setting);
    case "read-calls":
    case "read-bytes":
      return sayReading(index, setting);
    case "polls":
      return sayPolls(index, setting);
    case "parents":
      return sayParents(index, setting);
    case "one-shard":
      return "in the mean no limit is reached: one shard or worker has more to do than the others";
  }
}

function sayProcessing(index: number, setting: RunSetting): string {
  const consumer = consumerAt(setting, index);
  const rate = formatRecordRate(recordsPerProcessor(consumer));
  const most = `a shard of ${consumer.name} is processed at ${rate} at most`;
  if (consumer.kind !== "lambda") return `${most}, one record after another (\`timePerRecord\` or \`cpuPerRecord\`)`;
  const batches = `${parallelBatches(consumer)} ${parallelBatches(consumer) === 1 ? "batch" : "batches"} at a time`;
  const key = consumer.parallelization === undefined ? "lambda.parallelizationDefault" : "`parallelization`";
  return `${most}, ${batches} (${key})`;
}

/** Reads that a shard refuses, or gives in full. */
export function sayReading(index: number, setting: RunSetting): string {
  const { facts, workload } = setting;
  const consumer = consumerAt(setting, index);
  if (consumer.read === "fan-out")
    return `a shard gives a fan-out consumer at most ${cite(facts, "fanOut.readBytesPerSecond", readBytesPerSecond(consumer, facts))}`;
  const calls = readCallsPerSecond(workload.consumers, facts);
  if (calls > facts.value("shard.readCallsPerSecond"))
    return `a shard answers ${cite(facts, "shard.readCallsPerSecond")}, and its shared consumers make ${formatNumber(calls)}`;
  const { shared } = countReaders(workload.consumers);
  const who = shared === 1 ? "its shared consumer" : `its ${shared} shared consumers together`;
  return `a shard gives ${who} at most ${cite(facts, "shard.readBytesPerSecond")}, after ${cite(facts, "getRecords.burstBytes")} at once`;
}

function sayPolls(index: number, setting: RunSetting): string {
  const { facts } = setting;
  const consumer = consumerAt(setting, index);
  const interval = citeKey(facts, "pollInterval", consumer.pollInterval, `${consumer.kind}.pollIntervalSeconds`);
  return `a call brings at most ${cite(facts, "getRecords.recordsPerCall")} or ${cite(facts, "getRecords.bytesPerCall")}, and each shard is called once in ${interval}`;
}

/** Why children wait. */
export function sayParents(index: number, setting: RunSetting): string {
  const { kind, name } = consumerAt(setting, index);
  const rule = "a shard is read once those it comes from are processed to their ends";
  if (kind !== "kcl") return rule;
  return `${rule}, and a worker of ${name} that waits for them looks every ${cite(setting.facts, "kcl.parentPollSeconds")}`;
}

/** What an account gives a Lambda consumer at a time, or the consumer has reserved. */
export function sayConcurrency(index: number, setting: RunSetting): string {
  const { concurrency, name } = consumerAt(setting, index);
  return concurrency === undefined
    ? `the account runs at most ${cite(setting.facts, "lambda.accountConcurrency")} at a time`
    : `${name} has ${formatItems(concurrency, "invocation")} at a time for itself (\`concurrency\`)`;
}
