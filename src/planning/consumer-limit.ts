/*
 * What held a consumer back while it was behind: each thing that can be used up is compared with what the consumer got, in the middle
 * one of the rows in which it was behind and at work, and the fullest one counts. A timeline has means over shards: where none is
 * near its end, one shard or worker alone is taken to be full.
 */
import type { SimulationRun } from "../simulation/simulate.js";
import type { TimelineConsumer, TimelineRow } from "../simulation/timeline.js";
import { parallelBatches, processingTime, readBytesPerSecond } from "../sizing/constraints.js";
import { pollsPerSecond, readCallsPerSecond } from "../sizing/consumers.js";
import { sumOf } from "../units/sum-of.js";
import type { Consumer } from "../workload/schema.js";
import { concurrencyShortages } from "./concurrency-shortage.js";
import type { RunSetting } from "./run-setting.js";

const limits = ["concurrency", "cpu", "processing", "read-calls", "read-bytes", "polls"] as const;

/**
 * `one-worker`: one has no CPU left while others have; `parents`: shards wait for their parents to be processed; `one-shard`: one has
 * more to do than the others.
 */
export type ConsumerLimit = (typeof limits)[number] | "one-worker" | "parents" | "one-shard";

/** Rows in which a consumer was behind and at work, without a gap, and how long it was at work in each. */
export interface LateRow {
  readonly row: TimelineRow;
  readonly activeSeconds: number;
}

/** From here on something counts as used up. */
const FULL = 0.8;
/** Refused reads hold a consumer back from this share of its calls on. */
const REFUSED = 1 / 16;

export function consumerLimit(
  index: number,
  rows: readonly LateRow[],
  run: SimulationRun,
  setting: RunSetting,
): ConsumerLimit {
  const uses = rows.map((one) => useOf(index, one, run, setting));
  const middle = limits.map((limit) => ({ limit, use: upperMedian(uses.map((use) => use[limit])) }));
  const fullest = middle.reduce((most, one) => (one.use > most.use ? one : most));
  if (fullest.limit === "cpu" && fullest.use >= FULL)
    return cpuLimit(
      index,
      rows.map(({ row }) => row),
    );
  if (fullest.use >= FULL) return fullest.limit;
  const shards = rows.map(({ row }) => row.openShards);
  return Math.max(...shards) > Math.min(...shards) ? "parents" : "one-shard";
}

/** Workers are evenly busy where their mean is at least this part of the busiest one's CPU. */
const EVEN = 0.8;

/** Whose CPU is used up: that of all workers, or of one of them. */
export function cpuLimit(index: number, rows: readonly TimelineRow[]): "cpu" | "one-worker" {
  const shares = rows.map((row) => {
    const { cpuUtilization } = consumerIn(row, index);
    return cpuUtilization === null ? 1 : cpuUtilization.mean / cpuUtilization.max;
  });
  return upperMedian(shares) < EVEN ? "one-worker" : "cpu";
}

/** Which part of each limit was used in a row; 1 is all of it. */
function useOf(
  index: number,
  { row, activeSeconds }: LateRow,
  run: SimulationRun,
  setting: RunSetting,
): Record<(typeof limits)[number], number> {
  const consumer = consumerAt(setting, index);
  const { cpuUtilization, processedRecords } = consumerIn(row, index);
  const perShard = processedRecords / activeSeconds / row.openShards;
  const short = sumOf(concurrencyShortages(consumer.name, run), (shortage) => overlap(shortage, row));
  return {
    concurrency: 2 * short > row.seconds ? 1 : 0,
    cpu: cpuUtilization?.max ?? 0,
    processing: (perShard * slowFactor(consumer, row, setting)) / recordsPerProcessor(consumer),
    ...useOfReads(index, row, perShard, run, setting),
  };
}

function useOfReads(
  index: number,
  row: TimelineRow,
  perShard: number,
  run: SimulationRun,
  { workload: { consumers }, facts }: RunSetting,
): Record<"read-calls" | "read-bytes" | "polls", number> {
  const consumer = consumers[index] as Consumer;
  const { bytes, records } = sizesOf(run);
  const ownBytes = (perShard * bytes) / readBytesPerSecond(consumer, facts);
  if (consumer.read === "fan-out") return { "read-calls": 0, "read-bytes": ownBytes, polls: 0 };
  const polls = pollsPerSecond(consumer, facts);
  const refusedRatio = consumerIn(row, index).readThrottles / (row.seconds * row.openShards * polls);
  const isRefused = refusedRatio >= REFUSED;
  const tooManyCalls = readCallsPerSecond(consumers, facts) > facts.value("shard.readCallsPerSecond");
  const shared = sumOf(row.consumers.entries(), ([at, { processedRecords }]) =>
    consumers[at]?.read === "shared" ? processedRecords : 0,
  );
  const sharedBytes = (shared * bytes) / row.seconds / row.openShards / readBytesPerSecond(consumer, facts);
  const perCall = Math.min(
    facts.value("getRecords.recordsPerCall") * records,
    facts.value("getRecords.bytesPerCall") / bytes,
  );
  return {
    "read-calls": isRefused && tooManyCalls ? 1 : 0,
    "read-bytes": isRefused && !tooManyCalls ? 1 : Math.max(ownBytes, sharedBytes),
    polls: perShard / (polls * perCall),
  };
}

/** Bytes of a user record as accepted, and user records in a Kinesis record, in the mean of a run. */
function sizesOf({ summary, timeline }: SimulationRun): { bytes: number; records: number } {
  const accepted = Math.max(1, summary.acceptedRecords);
  const put = Math.max(1, summary.attemptedRecords - summary.throttledRecords);
  return { bytes: sumOf(timeline, ({ acceptedBytes }) => acceptedBytes) / accepted, records: accepted / put };
}

/** User records that one shard's processors take in a second; infinite where processing takes no time. */
export function recordsPerProcessor(consumer: Consumer): number {
  const time = processingTime(consumer) ?? 0;
  return time > 0 ? parallelBatches(consumer) / time : Number.POSITIVE_INFINITY;
}

/** How much longer processing takes in a row by what the scenario slows down. */
function slowFactor({ name }: Consumer, row: TimelineRow, { workload: { scenario } }: RunSetting): number {
  return scenario
    .filter((event) => event.event === "slow" && event.consumer === name && overlap(event, row) > row.seconds / 2)
    .reduce((all, event) => all * (event.event === "slow" ? event.factor : 1), 1);
}

/** Seconds of a row in which an event lasts. */
export function overlap(event: { readonly at: number; readonly lasts: number }, { at, seconds }: TimelineRow): number {
  return Math.max(0, Math.min(event.at + event.lasts, at + seconds) - Math.max(event.at, at));
}

export function consumerAt({ workload: { consumers } }: RunSetting, index: number): Consumer {
  const consumer = consumers[index];
  if (consumer === undefined) throw new RangeError(`no consumer ${index}`);
  return consumer;
}

export function consumerIn(row: TimelineRow, index: number): TimelineConsumer {
  const consumer = row.consumers[index];
  if (consumer === undefined) throw new RangeError(`no consumer ${index}`);
  return consumer;
}

/** The middle of some values, or the larger of the two in the middle. */
function upperMedian(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
