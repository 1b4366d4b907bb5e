import type { Fact, FactKind, FactUnit } from "./fact.js";

/** The day on which the documents below were read. */
export const READ_ON = "2026-11-22";

export const KIB = 1_024;
export const MIB = 1_048_576;
export const GIB = 1_073_741_824;
export const HOUR = 3_600;
export const DAY = 86_400;

const GUIDE = "https://docs.aws.amazon.com/streams/latest/dev";

export const QUOTAS = `${GUIDE}/service-sizes-and-limits.html`;
export const ON_DEMAND = `${GUIDE}/how-do-i-size-a-stream.html`;
export const LARGE_RECORDS = `${GUIDE}/large-records.html and the AWS Big Data blog of 2025-10-28 on 10 MiB records`;
export const PRODUCER_TROUBLES = `${GUIDE}/troubleshooting-producers.html`;
export const LOW_LATENCY = `${GUIDE}/kinesis-low-latency.html`;
export const ENHANCED_CONSUMERS = `${GUIDE}/enhanced-consumers.html`;
export const KPL_RATE_LIMIT = `${GUIDE}/kinesis-producer-adv-retries-rate-limiting.html`;
export const METRICS = `${GUIDE}/monitoring-with-cloudwatch.html`;
export const PRICING_PAGE = "https://aws.amazon.com/kinesis/data-streams/pricing/";
export const FIREHOSE = "https://docs.aws.amazon.com/firehose/latest/dev/limits.html";
export const LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html";
export const LAMBDA_POLLING = "https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html";
export const AUTO_SCALING = "https://docs.aws.amazon.com/autoscaling/ec2/userguide";
export const LAMBDA_WINDOWS = "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html";

/** For modelling choices: no document stands behind them. */
export const OWN_CHOICE = "kinesis-plan's own choice";

/** The documentation comments of the AWS SDK for JavaScript, at the operation or structure named. */
export function sdk(operation: string): string {
  return `npm @aws-sdk/client-kinesis@3.1143.0 (2026-09-29), ${operation}`;
}

/** What a fact says in words, and what sets it apart from a verified figure read on `READ_ON`. */
type Text = Pick<Fact, "meaning"> & Partial<Pick<Fact, "certainty" | "per" | "quote" | "readOn" | "dispute">>;

/**
 * Returns the constructor of facts of one kind. The name keeps its literal type, and the certainty is `verified`
 * unless `text` says otherwise.
 */
function factsOf(kind: FactKind) {
  return <Name extends string>(
    name: Name,
    value: number,
    unit: FactUnit,
    source: string,
    text: Text,
  ): Fact & { readonly name: Name } => ({
    name,
    value,
    unit,
    kind,
    certainty: "verified",
    source,
    readOn: READ_ON,
    ...text,
  });
}

export const hard = factsOf("hard");
export const adjustable = factsOf("adjustable");
export const behaviour = factsOf("behaviour");
export const metering = factsOf("metering");
export const price = factsOf("price");
export const client = factsOf("client");
