import { describe, expect, it } from "vitest";
import type { Fact } from "../../../src/service/fact.js";
import { limitFacts } from "../../../src/service/limits.js";
import { priceFacts, priceNames, regionLocations } from "../../../src/service/prices.js";
import { type Region, regionFacts, regionNames } from "../../../src/service/regions.js";

const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;
const SENTENCE = /^[A-Z0-9].*\.$/;

function factsOf(region: Region): readonly Fact[] {
  return [...limitFacts, ...regionFacts(region), ...priceFacts(region)];
}

function numberOf(facts: readonly Fact[], name: string): number {
  const fact = facts.find((candidate) => candidate.name === name);
  if (fact === undefined) {
    throw new Error(`no fact is named ${name}`);
  }
  return fact.value;
}

function pricesOf(region: Region): Record<string, number> {
  return Object.fromEntries(priceFacts(region).map((fact) => [fact.name.replace("price.", ""), fact.value]));
}

function isDay(text: string): boolean {
  return ISO_DATE.test(text) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
}

describe("every fact", () => {
  it.each(regionNames)("has a name of its own in %s", (region) => {
    const names = factsOf(region).map((fact) => fact.name);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(regionNames)("has a source, a day and a meaning in %s", (region) => {
    for (const fact of factsOf(region)) {
      expect(fact.name).toMatch(/^[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)+$/);
      expect(fact.source, fact.name).not.toBe("");
      expect(isDay(fact.readOn), `${fact.name}: ${fact.readOn}`).toBe(true);
      expect(fact.meaning, fact.name).toMatch(SENTENCE);
      expect(fact.dispute ?? "None.", fact.name).toMatch(SENTENCE);
    }
  });

  it.each(regionNames)("has a finite value above zero, or zero where that is meant, in %s", (region) => {
    const zero = new Set([
      "kcl.noThroughputOvershoot",
      "kcl.veryOldWithinShare",
      "lambda.batchingWindowSecondsDefault",
      "lambda.invocationSeconds",
      "metering.closedShardRatio",
    ]);
    for (const fact of factsOf(region)) {
      expect(Number.isFinite(fact.value), fact.name).toBe(true);
      expect(zero.has(fact.name) ? fact.value === 0 : fact.value > 0, fact.name).toBe(true);
    }
  });

  it("says what speaks against it when it was not read in AWS's own text and stands for a rule", () => {
    const unsure = limitFacts.filter((fact) => fact.certainty === "memory" || fact.certainty === "assumption");
    expect(unsure.filter((fact) => fact.dispute === undefined).map((fact) => fact.name)).toEqual([]);
  });

  it("is in bytes, seconds or counts, and in hours only for the month", () => {
    expect(limitFacts.filter((fact) => fact.unit === "hours").map((fact) => fact.name)).toEqual([
      "metering.hoursPerMonth",
    ]);
  });

  it("says per what, if it is a price", () => {
    const prices: readonly Fact[] = factsOf("us-east-1").filter((fact) => fact.unit === "USD");
    expect(prices.filter((fact) => fact.kind !== "price" || fact.per === undefined)).toEqual([]);
  });
});

describe("limits", () => {
  it.each([
    ["shard.writeBytesPerSecond", 1_048_576],
    ["shard.writeRecordsPerSecond", 1_000],
    ["shard.readBytesPerSecond", 2_097_152],
    ["shard.readCallsPerSecond", 5],
    ["shard.readRecordsPerSecondPrinted", 2_000],
    ["getRecords.bytesPerCall", 10_485_760],
    ["getRecords.recordsPerCall", 10_000],
    ["putRecords.recordsPerCall", 500],
    ["putRecords.bytesPerCall", 10_485_760],
    ["record.bytesMaxDefault", 1_048_576],
    ["record.bytesMaxCeiling", 10_485_760],
    ["partitionKey.charactersMax", 256],
    ["fanOut.consumersPerStream", 20],
    ["fanOut.consumersPerStreamAdvantage", 50],
    ["retention.secondsMin", 86_400],
    ["retention.secondsMax", 31_536_000],
    ["retention.secondsExtended", 604_800],
    ["onDemand.growthWindowSeconds", 900],
    ["advantage.commitmentBytesPerSecond", 26_214_400],
    ["metering.putPayloadUnitBytes", 25_600],
    ["metering.bytesPerGb", 1_073_741_824],
    ["kcl.leaseRenewalSeconds", 3.308],
    ["kpl.aggregationBytesMax", 51_200],
  ])("%s is %d", (name, value) => {
    expect(numberOf(limitFacts, name)).toBe(value);
  });

  it("derives the renewal of KCL leases from its failover time", () => {
    const failoverMillis = numberOf(limitFacts, "kcl.failoverSeconds") * 1_000;
    const epsilonMillis = numberOf(limitFacts, "kcl.leaseEpsilonSeconds") * 1_000;
    expect(numberOf(limitFacts, "kcl.leaseRenewalSeconds") * 1_000).toBe(
      Math.floor(failoverMillis / 3) - epsilonMillis,
    );
  });
});

describe("regions", () => {
  it("are 36, each once and in order", () => {
    expect(regionNames).toHaveLength(36);
    expect([...new Set(regionNames)].sort()).toEqual([...regionNames]);
  });

  it.each([
    [20_000, ["us-east-1", "us-west-2", "eu-west-1"]],
    [
      6_000,
      ["us-east-2", "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "eu-central-1", "eu-west-3"],
    ],
  ])("allow %d shards only in %j", (shards, regions) => {
    const found = regionNames.filter((region) => numberOf(regionFacts(region), "account.shards") === shards);
    expect(found).toEqual([...regions].sort());
  });

  it("allow 1,000 shards everywhere else", () => {
    const found = regionNames.filter((region) => numberOf(regionFacts(region), "account.shards") === 1_000);
    expect(found).toHaveLength(26);
  });

  it.each([
    ["us-east-1", 10e9, 20e9],
    ["us-west-2", 10e9, 20e9],
    ["eu-west-1", 10e9, 20e9],
    ["us-east-2", 200e6, 400e6],
    ["sa-east-1", 200e6, 400e6],
  ] as const)("let an on-demand stream in %s write %d and read %d bytes per second", (region, write, read) => {
    expect(numberOf(regionFacts(region), "onDemand.writeBytesPerSecondMax")).toBe(write);
    expect(numberOf(regionFacts(region), "onDemand.readBytesPerSecondMax")).toBe(read);
  });
});

describe("prices", () => {
  it.each(regionNames)("are 16 in %s, in the order of the price list", (region) => {
    expect(priceFacts(region).map((fact) => fact.name)).toEqual(priceNames.map((name) => `price.${name}`));
    expect(priceNames).toHaveLength(16);
    expect(regionLocations[region]).not.toBe("");
  });

  it("reproduce the floor of On-demand Advantage in us-east-1 for a month", () => {
    const { advInGb, advOutGb } = pricesOf("us-east-1");
    const gb = (25 * 2_628_000) / 1_024;
    expect((gb * ((advInGb ?? 0) + (advOutGb ?? 0))).toFixed(2)).toBe("3079.69");
  });

  it("are those of the feed in us-east-1", () => {
    expect(pricesOf("us-east-1")).toEqual({
      shardHour: 0.015,
      putPayloadUnitPerMillion: 0.014,
      extendedRetentionShardHour: 0.02,
      longTermRetentionGbMonth: 0.023,
      longTermRetrievalGb: 0.021,
      efoConsumerShardHour: 0.015,
      efoGb: 0.013,
      odStreamHour: 0.04,
      odInGb: 0.08,
      odOutGb: 0.04,
      odEfoGb: 0.05,
      odExtendedRetentionGbMonth: 0.1,
      odLongTermRetentionGbMonth: 0.023,
      advInGb: 0.032,
      advOutGb: 0.016,
      advRetentionGbMonth: 0.023,
    });
  });

  it("are those of the feed in eu-central-1", () => {
    expect(pricesOf("eu-central-1")).toEqual({
      shardHour: 0.018,
      putPayloadUnitPerMillion: 0.0175,
      extendedRetentionShardHour: 0.024,
      longTermRetentionGbMonth: 0.0245,
      longTermRetrievalGb: 0.0252,
      efoConsumerShardHour: 0.018,
      efoGb: 0.0156,
      odStreamHour: 0.048,
      odInGb: 0.096,
      odOutGb: 0.048,
      odEfoGb: 0.06,
      odExtendedRetentionGbMonth: 0.119,
      odLongTermRetentionGbMonth: 0.025,
      advInGb: 0.0384,
      advOutGb: 0.0192,
      advRetentionGbMonth: 0.025,
    });
  });

  it("are those of the feed in sa-east-1", () => {
    expect(pricesOf("sa-east-1")).toEqual({
      shardHour: 0.03,
      putPayloadUnitPerMillion: 0.028,
      extendedRetentionShardHour: 0.04,
      longTermRetentionGbMonth: 0.0405,
      longTermRetrievalGb: 0.042,
      efoConsumerShardHour: 0.03,
      efoGb: 0.026,
      odStreamHour: 0.08,
      odInGb: 0.16,
      odOutGb: 0.08,
      odEfoGb: 0.1,
      odExtendedRetentionGbMonth: 0.19,
      odLongTermRetentionGbMonth: 0.041,
      advInGb: 0.064,
      advOutGb: 0.032,
      advRetentionGbMonth: 0.041,
    });
  });

  it("are those of the feed in ap-northeast-1", () => {
    expect(pricesOf("ap-northeast-1")).toEqual({
      shardHour: 0.0195,
      putPayloadUnitPerMillion: 0.0215,
      extendedRetentionShardHour: 0.026,
      longTermRetentionGbMonth: 0.025,
      longTermRetrievalGb: 0.0273,
      efoConsumerShardHour: 0.0195,
      efoGb: 0.0169,
      odStreamHour: 0.052,
      odInGb: 0.104,
      odOutGb: 0.052,
      odEfoGb: 0.065,
      odExtendedRetentionGbMonth: 0.12,
      odLongTermRetentionGbMonth: 0.025,
      advInGb: 0.0416,
      advOutGb: 0.0208,
      advRetentionGbMonth: 0.025,
    });
  });

  it.each([
    ["us-east-1", "shardHour", "2026-09-01", "verified"],
    ["us-east-1", "advInGb", "2026-09-01", "second-hand"],
    ["us-west-2", "odStreamHour", "2026-09-01", "verified"],
    ["us-west-2", "shardHour", "2025-11-03", "verified"],
    ["eu-central-1", "shardHour", "2026-04-01", "verified"],
    ["ap-northeast-1", "putPayloadUnitPerMillion", "2026-09-01", "verified"],
    ["sa-east-1", "advOutGb", "2025-11-03", "inferred"],
  ] as const)("of %s: %s was last seen on %s and is %s", (region, name, readOn, certainty) => {
    const fact = priceFacts(region).find((candidate) => candidate.name === `price.${name}`);
    expect(fact).toMatchObject({ readOn, certainty });
  });
});
