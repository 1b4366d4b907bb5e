/*
 * The events of a scenario: what goes wrong, or is done, during a simulation. Part of the workload format.
 */
import * as v from "valibot";
import { bounds } from "./bounds.js";
import { integer, list, mapping, oneOf, quantity, real, text } from "./field.js";
import { capacityModeNames } from "./stream-schema.js";

const at = quantity("seconds", { min: 0 }, "Time from the start of the simulation.");
const lasts = quantity("seconds", { above: 0 }, "Duration.");
const consumer = text("Name of the consumer.");

const ScenarioEventSchema = v.variant("event", [
  mapping({ event: v.literal("consumer-down"), at, consumer, lasts }),
  mapping({
    event: v.literal("worker-crash"),
    at,
    consumer,
    count: v.optional(integer({ min: 1 }, "How many workers crash."), 1),
    lasts: v.optional(quantity("seconds", { above: 0 }, "How long until they are back. Default never.")),
  }),
  mapping({
    event: v.literal("leader-crash"),
    at,
    consumer,
    lasts: v.optional(quantity("seconds", { above: 0 }, "How long until the worker is back. Default never.")),
  }),
  mapping({
    event: v.literal("zone-outage"),
    at,
    consumer: v.optional(text("Name of the consumer. Default all.")),
    share: v.optional(
      quantity("ratio", { above: 0, max: 1 }, "Share of the workers that are lost. Default a third."),
      1 / 3,
    ),
    lasts,
  }),
  mapping({
    event: v.literal("poison-record"),
    at,
    consumer,
    shard: v.optional(
      integer({ min: 0 }, "Number of the shard that the record is written to; the first open one by default."),
    ),
    lasts: v.optional(
      quantity("seconds", { above: 0 }, "How long until the consumer's code can take the record. Default never."),
    ),
  }),
  mapping({ event: v.literal("reshard"), at, shards: integer({ min: 1 }, "Target of UpdateShardCount.") }),
  mapping({
    event: v.literal("split-shard"),
    at,
    shard: integer({ min: 0 }, "Number of the shard that SplitShard divides; the first shard is 0."),
    share: v.optional(
      quantity("ratio", { above: 0, below: 1 }, "Where in its hash key range it is divided. Default the middle."),
      0.5,
    ),
  }),
  mapping({
    event: v.literal("merge-shards"),
    at,
    shard: integer({ min: 0 }, "Number of the shard that MergeShards merges."),
    adjacent: integer({ min: 0 }, "Number of the shard it is merged with."),
  }),
  mapping({
    event: v.literal("warm-throughput"),
    at,
    throughput: quantity(
      "bytesPerSecond",
      { min: 0, max: bounds.bytes },
      "Writes per second that an on-demand Advantage stream is to be ready for; less than before lets it shrink.",
    ),
  }),
  mapping({ event: v.literal("mode"), at, mode: oneOf(capacityModeNames, "Capacity mode to change to.") }),
  mapping({ event: v.literal("traffic"), at, factor: real({ min: 0 }, "Multiplies the traffic."), lasts }),
  mapping({ event: v.literal("deploy"), at, consumer }),
  mapping({
    event: v.literal("slow"),
    at,
    consumer,
    factor: real({ above: 0 }, "Multiplies the processing time."),
    lasts,
  }),
]);

export const ScenarioSchema = list(
  ScenarioEventSchema,
  { max: 10_000 },
  "What goes wrong, or is done, during a simulation.",
);
