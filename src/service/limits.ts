import type { Fact } from "./fact.js";
import { autoScalingFacts } from "./limits-autoscaling.js";
import { clientLimitFacts } from "./limits-clients.js";
import { controlPlaneLimitFacts } from "./limits-control-plane.js";
import { kclFacts } from "./limits-kcl.js";
import { lambdaFacts } from "./limits-lambda.js";
import { simulationFacts } from "./limits-simulation.js";
import { GIB, HOUR, KIB, METRICS, metering, PRICING_PAGE, price } from "./limits-sources.js";
import { streamLimitFacts } from "./limits-stream.js";

const CALCULATOR = "a public capture of the AWS Pricing Calculator";
const CHANNEL_CAPTURE = "a public capture of the price list of us-east-1";
const CHANNEL_DISPUTE = "Only the price of us-east-1 was found, and not in a text of AWS's own.";
const CLOUDWATCH_FEED = "AWS pricing-page feed for Amazon CloudWatch, 2025-09-23";

/**
 * How usage turns into billed units. Sizes are in bytes; a billed quantity is rounded up to a multiple of the size.
 * Prices here are USD of us-east-1; the prices of the streams themselves are in `prices.ts`.
 * Source: the pricing page, and captures of AWS's calculator where that page is silent.
 */
const meteringFacts = [
  // Units
  metering("metering.putPayloadUnitBytes", 25 * KIB, "bytes", PRICING_PAGE, {
    meaning:
      "Each record written to a provisioned stream counts one PUT payload unit for every started chunk of this size.",
    certainty: "assumption",
    dispute: "AWS says 25 KB and the KB is taken as 1,024 bytes; 1 MiB is then 41 units, while AWS counts 40 for 1 MB.",
  }),
  metering("metering.onDemandRoundingBytes", KIB, "bytes", PRICING_PAGE, {
    meaning: "Each record written to an on-demand stream is billed rounded up to a multiple of this size.",
    dispute: "Whether the partition key counts is not said.",
  }),
  metering(
    "metering.onDemandReadRoundingBytes",
    1,
    "bytes",
    "trek10's blog on the billing modes of Kinesis Data Streams",
    {
      meaning: "Data read from an on-demand stream is billed by the byte, without rounding.",
      certainty: "second-hand",
    },
  ),
  metering("metering.bytesPerGb", GIB, "bytes", CALCULATOR, {
    meaning: "A billed GB has this many bytes.",
    certainty: "second-hand",
  }),
  metering("metering.hoursPerMonth", 730, "hours", CALCULATOR, {
    meaning: "A month of continuous use is billed as this many hours.",
    certainty: "second-hand",
  }),
  metering("metering.incrementSeconds", HOUR, "seconds", "from memory", {
    meaning: "A started shard-hour, stream-hour or consumer-hour is billed in full.",
    certainty: "memory",
    dispute: "No text of AWS's was found that says so.",
  }),
  metering("metering.closedShardRatio", 0, "ratio", "from memory", {
    meaning: "A closed shard is billed at this share of an open one.",
    certainty: "memory",
    dispute: "No text of AWS's was found that says that only open shards are billed.",
  }),

  // Delivery channels, per GB delivered
  price("delivery.s3Standard", 0.0275, "USD", CHANNEL_CAPTURE, {
    per: "GB",
    meaning: "Delivery to Amazon S3 from an On-demand Standard stream in us-east-1 costs this much.",
    certainty: "second-hand",
    dispute: CHANNEL_DISPUTE,
  }),
  price("delivery.s3Advantage", 0.011, "USD", CHANNEL_CAPTURE, {
    per: "GB",
    meaning: "Delivery to Amazon S3 from an On-demand Advantage stream in us-east-1 costs this much.",
    certainty: "second-hand",
    dispute: CHANNEL_DISPUTE,
  }),
  price("delivery.tableStandard", 0.035, "USD", CHANNEL_CAPTURE, {
    per: "GB",
    meaning: "Delivery to a streaming table from an On-demand Standard stream in us-east-1 costs this much.",
    certainty: "second-hand",
    dispute: CHANNEL_DISPUTE,
  }),
  price("delivery.tableAdvantage", 0.014, "USD", CHANNEL_CAPTURE, {
    per: "GB",
    meaning: "Delivery to a streaming table from an On-demand Advantage stream in us-east-1 costs this much.",
    certainty: "second-hand",
    dispute: CHANNEL_DISPUTE,
  }),

  // Shard-level metrics
  metering("cloudWatch.metricsPerShard", 7, "count", METRICS, {
    meaning: "Enhanced monitoring of a stream publishes this many metrics for each shard, billed as custom metrics.",
  }),
  metering("cloudWatch.firstTierMetrics", 10_000, "count", CLOUDWATCH_FEED, {
    meaning: "This many custom metrics of an account are billed at the first, highest price.",
    readOn: "2025-09-23",
  }),
  price("cloudWatch.metricMonth", 0.3, "USD", CLOUDWATCH_FEED, {
    per: "metric-month",
    meaning: "A custom metric of the first tier in us-east-1 costs this much.",
    readOn: "2025-09-23",
  }),
] as const satisfies readonly Fact[];

/**
 * Every figure that is the same in all regions: limits, quotas, behaviour, client defaults and metering rules.
 * Each is in the base unit it names, and each says where it comes from. Region-dependent figures are in `regions.ts`
 * and `prices.ts`.
 */
export const limitFacts = [
  ...streamLimitFacts,
  ...controlPlaneLimitFacts,
  ...clientLimitFacts,
  ...kclFacts,
  ...lambdaFacts,
  ...autoScalingFacts,
  ...simulationFacts,
  ...meteringFacts,
] as const satisfies readonly Fact[];
