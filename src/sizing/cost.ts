/*
 * What the stream costs per month of 730 hours in each capacity mode, at its mean traffic, and at which traffic the cheapest mode
 * changes. Prices are AWS's list prices of the region.
 *
 * Provisioned: shard-hours, PUT payload units of each Kinesis record, longer retention by shard-hour up to seven days and by stored
 * GB beyond, fan-out by consumer-shard-hour and GB. On-demand: stream-hours, GB in with each record rounded up, GB out, stored GB.
 * Advantage: lower prices per GB, no stream-hours, and a commitment of the whole account, of which a stream that is alone pays all.
 *
 * Left out: reading data older than seven days, discounts, free tiers, data transfer, shard-level metrics, KMS, DynamoDB.
 */
import type { PriceName } from "../service/prices.js";
import type { ServiceFacts } from "../service/service-facts.js";
import { secondsPerHour } from "../units/dimension.js";
import { ceilDivide, roundToMillionths } from "../units/rounding.js";
import type { CapacityMode, Consumer, Workload } from "../workload/schema.js";
import { storedSeconds } from "../workload/stored-seconds.js";
import type { ConsumerSizing } from "./consumers.js";
import type { Demand } from "./demand.js";
import { countReaders } from "./readers.js";

/** One line of a bill: `quantity` at `usdPerUnit`. `scales` where it grows with the traffic at a fixed shard count. */
export interface CostItem {
  readonly name: string;
  readonly quantity: number;
  readonly unit: string;
  readonly usdPerUnit: number;
  readonly usdPerMonth: number;
  /** The fact that sets `usdPerUnit`; absent where the workload sets it. */
  readonly price?: PriceName;
  readonly scales: boolean;
}

export interface ModeCost {
  readonly usdPerMonth: number;
  readonly items: readonly CostItem[];
}

/** Advantage is billed for the account: `usageUsdPerMonth` is this stream's own, the shortfall is what a stream that is alone adds to it. */
export interface AdvantageCost extends ModeCost {
  readonly usageUsdPerMonth: number;
  readonly commitmentUsdPerMonth: number;
  readonly shortfallUsdPerMonth: number;
}

export interface StreamCosts {
  readonly provisioned: ModeCost;
  readonly onDemand: ModeCost;
  readonly onDemandAdvantage: AdvantageCost;
}

/** What is metered in a month. GB are those of the price list (1024³ bytes). */
interface Usage {
  readonly shardCount: number;
  readonly hours: number;
  readonly kinesisRecords: number;
  readonly payloadUnits: number;
  readonly gb: number;
  /** GB in with every record rounded up, as on-demand meters it. */
  readonly roundedGb: number;
  readonly shared: number;
  readonly fanOut: number;
  /** GB stored at any time between one and seven days old, and older. */
  readonly extendedGb: number;
  readonly longTermGb: number;
  readonly isExtended: boolean;
}

/** The cost in every mode. */
export function estimateCosts(
  workload: Workload,
  demand: Demand,
  shardCount: number,
  facts: ServiceFacts,
): StreamCosts {
  const usage = measureUsage(workload, demand, shardCount, facts);
  return {
    provisioned: provisionedCost(usage, facts),
    onDemand: onDemandCost(usage, facts),
    onDemandAdvantage: advantageCost(usage, facts),
  };
}

/** The cost in the mode that the stream runs in, in USD per month. */
export function estimateOwnCost(workload: Workload, demand: Demand, shardCount: number, facts: ServiceFacts): number {
  const usage = measureUsage(workload, demand, shardCount, facts);
  switch (workload.stream.mode) {
    case "provisioned":
      return provisionedCost(usage, facts).usdPerMonth;
    case "on-demand":
      return onDemandCost(usage, facts).usdPerMonth;
    case "on-demand-advantage":
      return advantageCost(usage, facts).usdPerMonth;
  }
}

function measureUsage({ stream, consumers }: Workload, demand: Demand, shardCount: number, facts: ServiceFacts): Usage {
  const hours = facts.value("metering.hoursPerMonth");
  const seconds = hours * secondsPerHour;
  const bytesPerGb = facts.value("metering.bytesPerGb");
  const stored = storedSeconds(stream.retention, facts);
  const gbPerSecond = demand.mean.bytesPerSecond / bytesPerGb;
  let [payloadUnits, roundedBytes] = [0, 0];
  for (const { mean, bytesPerKinesisRecord } of demand.producers) {
    const records = mean.kinesisRecordsPerSecond * seconds;
    payloadUnits += records * ceilDivide(bytesPerKinesisRecord, facts.value("metering.putPayloadUnitBytes"));
    const step = facts.value("metering.onDemandRoundingBytes");
    roundedBytes += records * ceilDivide(bytesPerKinesisRecord, step) * step;
  }
  return {
    shardCount,
    hours,
    kinesisRecords: demand.mean.kinesisRecordsPerSecond * seconds,
    payloadUnits,
    gb: gbPerSecond * seconds,
    roundedGb: roundedBytes / bytesPerGb,
    ...countReaders(consumers),
    extendedGb: gbPerSecond * stored.extended,
    longTermGb: gbPerSecond * stored.longTerm,
    isExtended: stream.retention > facts.value("retention.secondsIncluded"),
  };
}

function provisionedCost(usage: Usage, facts: ServiceFacts): ModeCost {
  const shardHours = usage.shardCount * usage.hours;
  return bill([
    item("shard-hours", shardHours, "shard-hour", "price.shardHour", facts, false),
    item("put-payload-units", usage.payloadUnits / 1e6, "million units", "price.putPayloadUnitPerMillion", facts, true),
    ...(usage.isExtended
      ? [item("extended-retention", shardHours, "shard-hour", "price.extendedRetentionShardHour", facts, false)]
      : []),
    ...(usage.longTermGb > 0
      ? [item("long-term-retention", usage.longTermGb, "GB-month", "price.longTermRetentionGbMonth", facts, true)]
      : []),
    ...(usage.fanOut > 0
      ? [
          item(
            "fan-out-consumer-hours",
            shardHours * usage.fanOut,
            "consumer-shard-hour",
            "price.efoConsumerShardHour",
            facts,
            false,
          ),
          item("fan-out-data", usage.gb * usage.fanOut, "GB", "price.efoGb", facts, true),
        ]
      : []),
  ]);
}

function onDemandCost(usage: Usage, facts: ServiceFacts): ModeCost {
  return bill([
    item("stream-hours", usage.hours, "stream-hour", "price.odStreamHour", facts, false),
    item("data-in", usage.roundedGb, "GB", "price.odInGb", facts, true),
    ...(usage.shared > 0 ? [item("data-out", usage.gb * usage.shared, "GB", "price.odOutGb", facts, true)] : []),
    ...(usage.fanOut > 0 ? [item("fan-out-data", usage.gb * usage.fanOut, "GB", "price.odEfoGb", facts, true)] : []),
    ...(usage.extendedGb > 0
      ? [item("extended-retention", usage.extendedGb, "GB-month", "price.odExtendedRetentionGbMonth", facts, true)]
      : []),
    ...(usage.longTermGb > 0
      ? [item("long-term-retention", usage.longTermGb, "GB-month", "price.odLongTermRetentionGbMonth", facts, true)]
      : []),
  ]);
}

function advantageCost(usage: Usage, facts: ServiceFacts): AdvantageCost {
  const { dataIn, dataOut } = advantageGb(usage);
  const retained = usage.extendedGb + usage.longTermGb;
  const own = [
    item("data-in", dataIn, "GB", "price.advInGb", facts, true),
    ...(dataOut > 0 ? [item("data-out", dataOut, "GB", "price.advOutGb", facts, true)] : []),
    ...(retained > 0 ? [item("retention", retained, "GB-month", "price.advRetentionGbMonth", facts, true)] : []),
  ];
  const { usdPerMonth } = bill(own);
  const shortfall = commitmentShortfall(dataIn, dataOut, facts);
  return {
    ...bill([...own, ...shortfall]),
    usageUsdPerMonth: usdPerMonth,
    commitmentUsdPerMonth: bill(commitmentShortfall(0, 0, facts)).usdPerMonth,
    shortfallUsdPerMonth: bill(shortfall).usdPerMonth,
  };
}

function advantageGb(usage: Usage): { dataIn: number; dataOut: number } {
  return { dataIn: usage.roundedGb, dataOut: usage.gb * (usage.shared + usage.fanOut) };
}

/** What the account pays for data it committed to and did not move, when `dataIn` and `dataOut` GB a month are all it moves. */
export function commitmentShortfall(dataIn: number, dataOut: number, facts: ServiceFacts): CostItem[] {
  const seconds = facts.value("metering.hoursPerMonth") * secondsPerHour;
  const committed = (facts.value("advantage.commitmentBytesPerSecond") * seconds) / facts.value("metering.bytesPerGb");
  return [
    ...(dataIn < committed
      ? [item("commitment-shortfall-in", committed - dataIn, "GB", "price.advInGb", facts, false)]
      : []),
    ...(dataOut < committed
      ? [item("commitment-shortfall-out", committed - dataOut, "GB", "price.advOutGb", facts, false)]
      : []),
  ];
}

function item(
  name: string,
  quantity: number,
  unit: string,
  price: PriceName,
  facts: ServiceFacts,
  scales: boolean,
): CostItem {
  const usdPerUnit = facts.value(price);
  return {
    name,
    quantity: roundToMillionths(quantity),
    unit,
    usdPerUnit,
    usdPerMonth: roundToMillionths(quantity * usdPerUnit),
    price,
    scales,
  };
}

function bill(items: readonly CostItem[]): ModeCost {
  return { usdPerMonth: roundToMillionths(items.reduce((total, { usdPerMonth }) => total + usdPerMonth, 0)), items };
}

/** The consumers' own instances, spare ones included; undefined for a consumer without a price or a worker count. */
export function workerCost(
  consumer: Consumer,
  { workers, standby }: ConsumerSizing,
  facts: ServiceFacts,
): CostItem | undefined {
  const { price } = consumer.worker;
  if (price === undefined || workers === null) return undefined;
  const hours = (workers + standby) * facts.value("metering.hoursPerMonth");
  return {
    name: consumer.name,
    quantity: hours,
    unit: "worker-hour",
    usdPerUnit: price,
    usdPerMonth: roundToMillionths(hours * price),
    scales: false,
  };
}

export const capacityModes: readonly CapacityMode[] = ["provisioned", "on-demand", "on-demand-advantage"];

export function costOfMode(costs: StreamCosts, mode: CapacityMode): ModeCost {
  switch (mode) {
    case "provisioned":
      return costs.provisioned;
    case "on-demand":
      return costs.onDemand;
    case "on-demand-advantage":
      return costs.onDemandAdvantage;
  }
}

/** The mode that costs least among those that are possible; the first of those that tie. */
export function cheapestMode(costs: StreamCosts, possible: readonly CapacityMode[]): CapacityMode {
  const candidates = possible.length > 0 ? possible : capacityModes;
  return candidates.reduce((best, mode) =>
    costOfMode(costs, mode).usdPerMonth < costOfMode(costs, best).usdPerMonth ? mode : best,
  );
}
