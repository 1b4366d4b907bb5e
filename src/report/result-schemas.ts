/*
 * The JSON of each answer, as a schema. Answers are closed: what is not listed here does not occur, and a test holds every
 * answer of the test suite against it.
 */
import * as v from "valibot";
import { count, described, diagnostics, mode, nullable, number, stream, text } from "./result-parts.js";

const demand = v.strictObject({
  recordsPerSecondPeak: described(number, "User records per second in the largest minute."),
  kinesisRecordsPerSecondPeak: described(
    number,
    "Kinesis records per second (after aggregation) in the largest minute.",
  ),
  bytesPerSecondPeak: described(number, "Bytes per second that count towards the limit, in the largest minute."),
  recordsPerSecondMean: number,
  kinesisRecordsPerSecondMean: number,
  bytesPerSecondMean: number,
  peakAtSeconds: described(number, "When the bytes are at their peak, from the start of the horizon."),
  horizonSeconds: number,
});

const constraint = v.strictObject({
  name: text,
  minimum: described(nullable(count), "Shards without headroom; null where no count is enough."),
  recommended: described(nullable(count), "Shards with the planned headroom; null where no count keeps it."),
  need: described(nullable(number), "Shards before rounding, without headroom; null where found by search."),
});

const fit = nullable(v.picklist(["under", "right", "over"]));

const costItem = v.strictObject({
  name: text,
  quantity: number,
  unit: text,
  usdPerUnit: number,
  usdPerMonth: number,
  price: v.optional(described(text, "The price's name in `limits`.")),
  scales: described(v.boolean(), "Whether it grows with traffic at a fixed shard count."),
});
const modeCost = { usdPerMonth: number, items: v.array(costItem) };

const cost = v.strictObject({
  usdPerMonth: described(number, "The stream in its own mode, at the judged count and mean traffic, for 730 hours."),
  provisioned: v.strictObject(modeCost),
  onDemand: v.strictObject(modeCost),
  onDemandAdvantage: v.strictObject({
    ...modeCost,
    usageUsdPerMonth: described(number, "This stream's own use."),
    commitmentUsdPerMonth: described(number, "What the account commits to in the region."),
    shortfallUsdPerMonth: described(number, "What is paid for unused commitment if this stream is alone."),
  }),
  cheapest: mode,
  breakEven: v.array(
    v.strictObject({
      cheaperBelow: mode,
      cheaperAbove: mode,
      recordsPerSecondMean: number,
      bytesPerSecondMean: number,
      utilization: number,
    }),
  ),
  workers: v.strictObject(modeCost),
  pricesReadOn: text,
});

const consumer = v.strictObject({
  name: text,
  kind: text,
  read: v.picklist(["shared", "fan-out"]),
  workersForCpu: nullable(count),
  workers: nullable(count),
  standby: count,
  capped: v.boolean(),
  pollsPerSecond: number,
  concurrency: v.optional(v.strictObject({ needed: nullable(count), limit: count })),
  leaseWritesPerSecond: v.optional(number),
  fanOut: v.optional(v.strictObject({ shardsRecommended: count, usdPerMonthDelta: number })),
  biggerWorker: v.optional(v.strictObject({ vcpus: number, workersForCpu: count, shardsRecommended: count })),
});

const explanation = v.strictObject({
  constraint: text,
  formula: text,
  substitution: text,
  need: nullable(number),
  minimum: nullable(count),
  recommended: nullable(count),
  facts: v.array(
    v.strictObject({ name: text, value: number, unit: text, certainty: text, source: text, readOn: text }),
  ),
});

const head = { schemaVersion: v.literal(1), command: v.literal("size"), status: v.picklist(["ok", "infeasible"]) };

export const SizingSchema = v.strictObject({
  ...head,
  stream,
  demand,
  shards: v.strictObject({
    minimum: count,
    recommended: count,
    binding: text,
    fit,
    judged: described(nullable(count), "The count that `fit` is about."),
    count,
    current: nullable(count),
    constraints: v.array(constraint),
  }),
  reads: v.strictObject({ shared: count, fanOut: count, callsPerSecond: number, callsPerSecondLimit: number }),
  consumers: v.array(consumer),
  cost,
  uncertainties: v.array(v.strictObject({ name: text, value: number, certainty: text, why: text })),
  diagnostics,
  explanations: v.optional(v.array(explanation)),
});

export const FleetSchema = v.strictObject({
  ...head,
  workloads: v.array(SizingSchema),
  totals: v.strictObject({
    workloads: count,
    infeasible: count,
    shards: v.strictObject({ minimum: count, recommended: count, count }),
    workers: count,
    cost: v.strictObject({
      usdPerMonth: number,
      provisioned: number,
      onDemand: number,
      onDemandAdvantage: number,
      cheapest: mode,
      cheapestPerStream: number,
      workers: number,
    }),
    regions: v.array(
      v.strictObject({
        region: text,
        shards: count,
        shardQuota: number,
        onDemandStreams: count,
        onDemandStreamQuota: number,
      }),
    ),
  }),
  diagnostics,
});

const carried = v.strictObject({
  factor: nullable(number),
  recordsPerSecond: nullable(number),
  kinesisRecordsPerSecond: nullable(number),
  bytesPerSecond: nullable(number),
});

export const ReverseSchema = v.strictObject({
  ...head,
  reverse: v.literal(true),
  stream,
  demand,
  shards: v.strictObject({ count, fit }),
  carries: v.strictObject({ minimum: carried, recommended: carried, binding: text }),
  constraints: v.array(v.strictObject({ name: text, minimum: carried, recommended: carried })),
  diagnostics,
});

export const LimitsSchema = v.strictObject({
  schemaVersion: v.literal(1),
  command: v.literal("limits"),
  region: text,
  limits: v.record(
    text,
    v.strictObject({
      value: number,
      unit: text,
      per: v.optional(text),
      kind: v.picklist(["hard", "adjustable", "behaviour", "price", "metering", "client"]),
      certainty: v.picklist(["verified", "second-hand", "inferred", "memory", "assumption", "override"]),
      meaning: text,
      source: text,
      quote: v.optional(text),
      readOn: text,
      dispute: v.optional(text),
    }),
  ),
});
