/*
 * What `--shard-loads` reads: loads by shard in a form of our own, or the answers of `aws kinesis list-shards` and of
 * `aws cloudwatch get-metric-data` as they are. The latter may hold more than is asked for here.
 */
import * as v from "valibot";
import { bounds } from "./bounds.js";
import { hashKey, issueText, list, mapping, quantity, text } from "./field.js";

/** Shards of one file; the largest streams have 20,000 of them open. */
const shardsMax = 2 ** 17;
const resultsMax = 2 ** 19;

const bigHashKey = (description: string) =>
  v.pipe(
    hashKey(description),
    v.transform((digits) => BigInt(digits)),
  );

export const OwnLoadsSchema = mapping({
  shards: list(
    mapping({
      shardId: text("The shard's name."),
      hashKeyRange: mapping({
        start: bigHashKey("First hash key of the shard, in decimal digits."),
        end: bigHashKey("Last hash key of the shard, in decimal digits."),
      }),
      bytesPerSecond: quantity("bytesPerSecond", { min: 0, max: bounds.bytes }, "Bytes written to it per second."),
      recordsPerSecond: quantity(
        "recordsPerSecond",
        { min: 0, max: bounds.recordsPerSecond },
        "Kinesis records written to it per second.",
      ),
    }),
    { min: 1, max: shardsMax },
    "The open shards.",
  ),
});

export const ListShardsSchema = v.object({
  Shards: list(
    v.object({
      ShardId: text("The shard's name."),
      HashKeyRange: v.object({
        StartingHashKey: bigHashKey("First hash key of the shard."),
        EndingHashKey: bigHashKey("Last hash key of the shard."),
      }),
      SequenceNumberRange: v.optional(v.object({ EndingSequenceNumber: v.nullish(v.string()) })),
    }),
    { min: 1, max: shardsMax },
    "Shards, open or closed.",
  ),
  NextToken: v.nullish(v.string()),
});

const numbers = v.pipe(
  v.array(v.unknown()),
  v.check(
    (values) => values.every((value) => typeof value === "number" && Number.isFinite(value) && value >= 0),
    issueText("wrong-value", "a value is not a number from 0 upwards", "take the statistic Sum of the metric"),
  ),
  v.transform((values) => values as readonly number[]),
);

const timestamps = v.pipe(
  v.array(v.unknown()),
  v.check(
    (values) => values.every((value) => typeof value === "number" || typeof value === "string"),
    issueText("wrong-value", "a timestamp is neither text nor a number", "write it as ISO 8601 or epoch seconds"),
  ),
  v.transform((values) => values as readonly (string | number)[]),
);

export const MetricDataSchema = v.object({
  MetricDataResults: list(
    v.object({
      Id: v.optional(v.string(), ""),
      Label: text("The metric and its shard."),
      Timestamps: timestamps,
      Values: numbers,
      StatusCode: v.optional(v.string(), "Complete"),
    }),
    { max: resultsMax },
    "Metrics of single shards.",
  ),
  NextToken: v.nullish(v.string()),
});

export type MetricData = v.InferOutput<typeof MetricDataSchema>;
