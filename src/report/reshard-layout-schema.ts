/*
 * The JSON of `reshard` where it plans splits and merges, as a schema; what is not listed here does not occur.
 */
import * as v from "valibot";
import { count, described, diagnostics, hashKey, hashKeyRange, number, plannedStream, text } from "./result-parts.js";

const call = {
  atSeconds: described(number, "When the call is made, from the start; the one before it has ended by then."),
  durationSeconds: described(number, "How long the stream is UPDATING, as planned."),
  reason: text,
};

const operation = v.variant("operation", [
  v.strictObject({
    operation: v.literal("split-shard"),
    hashKeyRange,
    newStartingHashKey: described(hashKey, "First hash key of the upper part, as SplitShard takes it."),
    ...call,
  }),
  v.strictObject({ operation: v.literal("merge-shards"), lower: hashKeyRange, upper: hashKeyRange, ...call }),
]);

const load = described(number, "The larger part of what a shard accepts, of bytes or of records, as a ratio.");

const shard = v.strictObject({
  shardId: v.optional(described(text, "Its name, where the loads come with one.")),
  hashKeyRange,
  bytesPerSecond: number,
  recordsPerSecond: described(number, "Kinesis records per second."),
  load,
});

const nullableCount = v.nullable(count);

export const ReshardLayoutSchema = v.strictObject({
  schemaVersion: v.literal(1),
  command: v.literal("reshard"),
  kind: v.literal("layout"),
  status: described(
    v.picklist(["ok", "infeasible"]),
    "Infeasible where no layout keeps every shard within the target.",
  ),
  stream: plannedStream,
  source: described(
    v.picklist(["shards", "listed-keys", "drawn-keys"]),
    "Loads of measured shards, keys of a file, or keys whose places are drawn.",
  ),
  periodSeconds: described(v.nullable(number), "The period of the metrics that loads come from, where they do."),
  targetLoad: described(number, "The load that no shard may exceed, as a ratio of what it accepts."),
  margin: described(number, "More than the load that the plan provides for, as a ratio."),
  shardValue: described(count, "How many operations one shard less is worth."),
  shardsMax: described(nullableCount, "Most shards at the end, where it was asked for."),
  plan: v.strictObject({
    startShards: count,
    endShards: count,
    openShardsMax: described(count, "Most shards that are open at once on the way."),
    maxLoadBefore: load,
    maxLoadAfter: load,
    durationSeconds: number,
    operations: described(v.array(operation), "In their order, each once the one before it has ended."),
  }),
  fewest: described(
    v.strictObject({ shards: nullableCount, maxLoad: v.nullable(number), operations: nullableCount }),
    "The fewest shards of any widths that keep within the target, and the fewest operations that lead to them.",
  ),
  uniform: described(
    v.strictObject({
      shards: nullableCount,
      maxLoad: v.nullable(number),
      calls: nullableCount,
      operations: nullableCount,
      durationSeconds: v.nullable(number),
    }),
    "The first count for UpdateShardCount that keeps within the target; nulls where none up to the quotas does.",
  ),
  before: described(v.array(shard), "The open shards, lowest hash keys first."),
  after: described(v.array(shard), "The shards after the plan."),
  diagnostics,
});
