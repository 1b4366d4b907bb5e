/*
 * What `--shard-loads` reads: loads by shard in a form of our own, or the answers of `aws kinesis list-shards` and of
 * `aws cloudwatch get-metric-data` as they are. The latter may hold more than is asked for here.
 */
import * as v from "valibot";
import { HASH_KEYS } from "../service/hash-range.js";
import { bounds } from "./bounds.js";
import { issueText, list, mapping, quantity, text } from "./field.js";

/** Shards of one file; the largest streams have 20,000 of them open. */
const shardsMax = 2 ** 17;
const resultsMax = 2 ** 19;

/** A hash key in decimal digits. JSON numbers cannot hold it. */
const hashKey = (description: string) =>
  v.pipe(
    v.string(),
    v.check(
      (digits) => /^\d{1,39}$/.test(digits) && BigInt(digits) < HASH_KEYS,
      issueText("wrong-value", "the text is not a hash key", "write a whole number from 0 to 2^128 - 1, in quotes"),
    ),
    v.transform((digits) => BigInt(digits)),
    v.description(description),
  );

export const OwnLoadsSchema = mapping({
  shards: list(
    mapping({
      shardId: text("The shard's name."),
      hashKeyRange: mapping({
        start: hashKey("First hash key of the shard, in decimal digits."),
        end: hashKey("Last hash key of the shard, in decimal digits."),
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
        StartingHashKey: hashKey("First hash key of the shard."),
        EndingHashKey: hashKey("Last hash key of the shard."),
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
