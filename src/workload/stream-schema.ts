/*
 * What a workload says of its stream; a part of the workload format, which schema.ts puts together.
 */
import * as v from "valibot";
import { regionNames } from "../service/regions.js";
import { limitValue } from "../service/service-facts.js";
import { bounds } from "./bounds.js";
import { account, integer, mapping, oneOf, quantity, text } from "./field.js";

export const capacityModeNames = ["provisioned", "on-demand", "on-demand-advantage"] as const;

export const StreamSchema = mapping({
  name: text("The stream's name; results, totals and live commands refer to it."),
  region: v.optional(oneOf(regionNames, "The AWS region: it sets prices and quotas."), "us-east-1"),
  account: v.optional(account("The account that the stream belongs to; `apply` carries no plan out on another's.")),
  mode: v.optional(
    oneOf(capacityModeNames, "The capacity mode the stream runs in; `cost.usdPerMonth` is the cost in this mode."),
    "provisioned",
  ),
  shards: v.optional(integer({ min: 1 }, "Open shards today. `fit` judges this count.")),
  retention: v.optional(
    quantity(
      "seconds",
      {
        min: limitValue("retention.secondsMin"),
        max: limitValue("retention.secondsMax"),
        published: true,
      },
      "How long records are kept.",
    ),
    "24h",
  ),
  utilization: v.optional(
    quantity(
      "ratio",
      { above: 0, max: 1 },
      "How full a shard may be planned. `recommended` keeps this headroom, `minimum` has none.",
    ),
    "80%",
  ),
  maxRecordSize: v.optional(
    quantity(
      "bytes",
      {
        min: limitValue("record.bytesMaxDefault"),
        max: limitValue("record.bytesMaxCeiling"),
        published: true,
      },
      "The largest record the stream accepts, data and partition key. Default 1 MiB.",
    ),
  ),
  previousPeak: v.optional(
    quantity(
      "bytesPerSecond",
      { min: 0, max: bounds.bytes },
      "Simulation on demand: peak write of the 30 days before. Default the workload's own peak, or half of what `shards` take.",
    ),
  ),
  warmThroughput: v.optional(
    quantity(
      "bytesPerSecond",
      {
        min: limitValue("advantage.warmStepBytesPerSecond"),
        max: limitValue("advantage.warmBytesPerSecondMax"),
        published: true,
      },
      "Simulation of on-demand Advantage: writes per second that the stream is kept ready for.",
    ),
  ),
});
