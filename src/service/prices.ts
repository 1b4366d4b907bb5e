import type { Fact } from "./fact.js";
import type { Region } from "./regions.js";

/** The items of the price list, in the order of the columns of `priceTable`. */
export const priceNames = [
  "shardHour",
  "extendedRetentionShardHour",
  "longTermRetentionGbMonth",
  "longTermRetrievalGb",
  "efoConsumerShardHour",
  "efoGb",
  "odStreamHour",
  "odInGb",
  "odOutGb",
  "odEfoGb",
  "odExtendedRetentionGbMonth",
  "odLongTermRetentionGbMonth",
  "putPayloadUnitPerMillion",
  "advInGb",
  "advOutGb",
  "advRetentionGbMonth",
] as const;

export type PriceKey = (typeof priceNames)[number];

/** The names of the facts that `priceFacts` returns. */
export type PriceName = `price.${PriceKey}`;

type NumberForEach<Columns extends readonly unknown[]> = { readonly [Column in keyof Columns]: number };

/** One price for each of `priceNames`, in its order. */
type PriceRow = NumberForEach<typeof priceNames>;

/**
 * USD per unit of each item, one region a line, in the order of `priceNames`.
 * Source: the data feed of AWS's pricing page, as published on 2025-11-03.
 */
// biome-ignore format: a table, one region a line
const priceTable: Readonly<Record<Region, PriceRow>> = {
  //                shardH   extShH   ltGbMo   ltRead    efoShH   efoGb     odStrH   odIn     odOut    odEfo    odExtGbMo  odLtGbMo  put/M   advIn   advOut  advGbMo
  "af-south-1":     [0.024,   0.032,   0.0274,  0.0336,   0.024,   0.0208,   0.064,   0.128,   0.064,   0.08,    0.131,     0.027,    0.0224, 0.0512, 0.0256, 0.027],
  "ap-east-1":      [0.0202,  0.028,   0.025,   0.0283,   0.0202,  0.0175,   0.054,   0.108,   0.054,   0.067,   0.132,     0.025,    0.0215, 0.0432, 0.0216, 0.025],
  "ap-east-2":      [0.01755, 0.0234,  0.0225,  0.02457,  0.01755, 0.01521,  0.0468,  0.0936,  0.0468,  0.0585,  0.108,     0.0225,   0.0193, 0.0374, 0.0187, 0.0225],
  "ap-northeast-1": [0.0195,  0.026,   0.025,   0.0273,   0.0195,  0.0169,   0.052,   0.104,   0.052,   0.065,   0.12,      0.025,    0.0215, 0.0416, 0.0208, 0.025],
  "ap-northeast-2": [0.0185,  0.0247,  0.025,   0.0258,   0.0185,  0.016,    0.049,   0.099,   0.049,   0.062,   0.114,     0.025,    0.0204, 0.0396, 0.0196, 0.025],
  "ap-northeast-3": [0.0195,  0.026,   0.025,   0.0273,   0.0195,  0.0169,   0.068,   0.135,   0.068,   0.085,   0.12,      0.025,    0.0215, 0.054,  0.0272, 0.025],
  "ap-south-1":     [0.0175,  0.0238,  0.025,   0.0246,   0.0175,  0.0152,   0.0517,  0.1023,  0.0517,  0.0638,  0.114,     0.025,    0.0185, 0.0409, 0.0207, 0.025],
  "ap-south-2":     [0.0175,  0.0238,  0.025,   0.0246,   0.0175,  0.0152,   0.0517,  0.1023,  0.0517,  0.0638,  0.114,     0.025,    0.0185, 0.0409, 0.0207, 0.025],
  "ap-southeast-1": [0.0184,  0.025,   0.025,   0.0257,   0.0184,  0.0159,   0.049,   0.098,   0.049,   0.061,   0.12,      0.025,    0.0195, 0.0392, 0.0196, 0.025],
  "ap-southeast-2": [0.0184,  0.025,   0.025,   0.0257,   0.0184,  0.0159,   0.049,   0.098,   0.049,   0.061,   0.12,      0.025,    0.0195, 0.0392, 0.0196, 0.025],
  "ap-southeast-3": [0.0184,  0.025,   0.025,   0.0257,   0.0184,  0.0159,   0.049,   0.098,   0.049,   0.061,   0.12,      0.025,    0.0195, 0.0392, 0.0196, 0.025],
  "ap-southeast-4": [0.0184,  0.025,   0.025,   0.0257,   0.0184,  0.0159,   0.049,   0.098,   0.049,   0.061,   0.12,      0.025,    0.0195, 0.0392, 0.0196, 0.025],
  "ap-southeast-5": [0.0166,  0.0225,  0.0225,  0.0231,   0.0166,  0.0143,   0.0441,  0.0882,  0.0441,  0.0549,  0.108,     0.0225,   0.0176, 0.0353, 0.0176, 0.0225],
  "ap-southeast-6": [0.01932, 0.02625, 0.02625, 0.026985, 0.01932, 0.016695, 0.05145, 0.1029,  0.05145, 0.06405, 0.126,     0.02625,  0.0205, 0.0412, 0.0206, 0.0262],
  "ap-southeast-7": [0.0166,  0.0225,  0.0225,  0.0231,   0.0166,  0.0143,   0.0441,  0.0882,  0.0441,  0.0549,  0.108,     0.0225,   0.0176, 0.0353, 0.0176, 0.0225],
  "ca-central-1":   [0.0165,  0.022,   0.025,   0.0231,   0.0165,  0.0143,   0.048,   0.097,   0.048,   0.061,   0.11,      0.025,    0.0154, 0.0388, 0.0192, 0.025],
  "ca-west-1":      [0.0165,  0.022,   0.025,   0.0231,   0.0165,  0.0143,   0.048,   0.097,   0.048,   0.061,   0.11,      0.025,    0.0154, 0.0388, 0.0192, 0.025],
  "eu-central-1":   [0.018,   0.024,   0.0245,  0.0252,   0.018,   0.0156,   0.048,   0.096,   0.048,   0.06,    0.119,     0.025,    0.0175, 0.0384, 0.0192, 0.025],
  "eu-central-2":   [0.0198,  0.0264,  0.02695, 0.02772,  0.0198,  0.01716,  0.0528,  0.1056,  0.0528,  0.066,   0.1309,    0.0275,   0.0193, 0.0422, 0.0211, 0.0275],
  "eu-north-1":     [0.0162,  0.0219,  0.023,   0.0226,   0.0162,  0.014,    0.043,   0.086,   0.043,   0.054,   0.105,     0.023,    0.0157, 0.0344, 0.0172, 0.023],
  "eu-south-1":     [0.02655, 0.0354,  0.024,   0.0372,   0.02655, 0.02301,  0.071,   0.142,   0.071,   0.089,   0.116,     0.024,    0.0248, 0.0568, 0.0284, 0.024],
  "eu-south-2":     [0.017,   0.023,   0.023,   0.0237,   0.017,   0.0147,   0.045,   0.091,   0.045,   0.057,   0.11,      0.023,    0.0165, 0.0364, 0.018,  0.023],
  "eu-west-1":      [0.017,   0.023,   0.023,   0.0237,   0.017,   0.0147,   0.045,   0.091,   0.045,   0.057,   0.11,      0.023,    0.0165, 0.0364, 0.018,  0.023],
  "eu-west-2":      [0.0179,  0.0242,  0.024,   0.025,    0.0179,  0.0155,   0.048,   0.095,   0.048,   0.06,    0.116,     0.024,    0.0173, 0.038,  0.0192, 0.024],
  "eu-west-3":      [0.0179,  0.0242,  0.024,   0.025,    0.0179,  0.0155,   0.048,   0.095,   0.048,   0.06,    0.116,     0.024,    0.0173, 0.038,  0.0192, 0.024],
  "il-central-1":   [0.01785, 0.02415, 0.02415, 0.024885, 0.01785, 0.015435, 0.04725, 0.09555, 0.04725, 0.05985, 0.1155,    0.02415,  0.0173, 0.0382, 0.0189, 0.0242],
  "me-central-1":   [0.0187,  0.0253,  0.0253,  0.02607,  0.0187,  0.01617,  0.0495,  0.1001,  0.0495,  0.0627,  0.121,     0.0253,   0.0182, 0.04,   0.0198, 0.0253],
  "me-south-1":     [0.0187,  0.0253,  0.025,   0.0262,   0.0187,  0.0162,   0.05,    0.1,     0.05,    0.062,   0.121,     0.025,    0.0182, 0.04,   0.02,   0.025],
  "mx-central-1":   [0.01575, 0.021,   0.02415, 0.02205,  0.01575, 0.01365,  0.042,   0.084,   0.042,   0.0525,  0.105,     0.02415,  0.0147, 0.0336, 0.0168, 0.0242],
  "sa-east-1":      [0.03,    0.04,    0.0405,  0.042,    0.03,    0.026,    0.08,    0.16,    0.08,    0.1,     0.19,      0.041,    0.028,  0.064,  0.032,  0.041],
  "us-east-1":      [0.015,   0.02,    0.023,   0.021,    0.015,   0.013,    0.04,    0.08,    0.04,    0.05,    0.1,       0.023,    0.014,  0.032,  0.016,  0.023],
  "us-east-2":      [0.015,   0.02,    0.023,   0.021,    0.015,   0.013,    0.04,    0.08,    0.04,    0.05,    0.1,       0.023,    0.014,  0.032,  0.016,  0.023],
  "us-gov-east-1":  [0.018,   0.024,   0.039,   0.0252,   0.018,   0.0156,   0.048,   0.096,   0.048,   0.06,    0.12,      0.039,    0.017,  0.0384, 0.0192, 0.039],
  "us-gov-west-1":  [0.018,   0.024,   0.039,   0.0252,   0.018,   0.0156,   0.048,   0.096,   0.048,   0.06,    0.12,      0.039,    0.017,  0.0384, 0.0192, 0.039],
  "us-west-1":      [0.0182,  0.025,   0.026,   0.0255,   0.0182,  0.0158,   0.049,   0.097,   0.049,   0.061,   0.12,      0.026,    0.0185, 0.0388, 0.0196, 0.026],
  "us-west-2":      [0.015,   0.02,    0.023,   0.021,    0.015,   0.013,    0.04,    0.08,    0.04,    0.05,    0.1,       0.023,    0.014,  0.032,  0.016,  0.023],
};

/** The name by which AWS's price list calls each region. */
export const regionLocations: Readonly<Record<Region, string>> = {
  "af-south-1": "Africa (Cape Town)",
  "ap-east-1": "Asia Pacific (Hong Kong)",
  "ap-east-2": "Asia Pacific (Taipei)",
  "ap-northeast-1": "Asia Pacific (Tokyo)",
  "ap-northeast-2": "Asia Pacific (Seoul)",
  "ap-northeast-3": "Asia Pacific (Osaka)",
  "ap-south-1": "Asia Pacific (Mumbai)",
  "ap-south-2": "Asia Pacific (Hyderabad)",
  "ap-southeast-1": "Asia Pacific (Singapore)",
  "ap-southeast-2": "Asia Pacific (Sydney)",
  "ap-southeast-3": "Asia Pacific (Jakarta)",
  "ap-southeast-4": "Asia Pacific (Melbourne)",
  "ap-southeast-5": "Asia Pacific (Malaysia)",
  "ap-southeast-6": "Asia Pacific (New Zealand)",
  "ap-southeast-7": "Asia Pacific (Thailand)",
  "ca-central-1": "Canada (Central)",
  "ca-west-1": "Canada West (Calgary)",
  "eu-central-1": "EU (Frankfurt)",
  "eu-central-2": "EU (Zurich)",
  "eu-north-1": "EU (Stockholm)",
  "eu-south-1": "EU (Milan)",
  "eu-south-2": "EU (Spain)",
  "eu-west-1": "EU (Ireland)",
  "eu-west-2": "EU (London)",
  "eu-west-3": "EU (Paris)",
  "il-central-1": "Israel (Tel Aviv)",
  "me-central-1": "Middle East (UAE)",
  "me-south-1": "Middle East (Bahrain)",
  "mx-central-1": "Mexico (Central)",
  "sa-east-1": "South America (Sao Paulo)",
  "us-east-1": "US East (N. Virginia)",
  "us-east-2": "US East (Ohio)",
  "us-gov-east-1": "AWS GovCloud (US-East)",
  "us-gov-west-1": "AWS GovCloud (US)",
  "us-west-1": "US West (N. California)",
  "us-west-2": "US West (Oregon)",
};

const FEED_DATE = "2025-11-03";
const FEED =
  "AWS pricing-page feed b0.p.awsstatic.com/pricing/2.0/meteredUnitMaps/kinesis/USD/current/kinesis.json, " +
  "published 2025-11-03T22:26:48Z";

interface PriceText {
  readonly per: string;
  readonly meaning: string;
}

const priceTexts: Readonly<Record<PriceKey, PriceText>> = {
  shardHour: { per: "shard-hour", meaning: "An open shard of a provisioned stream costs this much." },
  extendedRetentionShardHour: {
    per: "shard-hour",
    meaning: "A shard of a provisioned stream that retains records for more than 24 hours costs this much on top.",
  },
  longTermRetentionGbMonth: {
    per: "GB-month",
    meaning: "Records that a provisioned stream retains beyond 7 days cost this much.",
  },
  longTermRetrievalGb: {
    per: "GB",
    meaning: "Reading records older than 7 days from a provisioned stream with GetRecords costs this much.",
  },
  efoConsumerShardHour: {
    per: "consumer-shard-hour",
    meaning: "Each registered consumer of a provisioned stream costs this much for each shard.",
  },
  efoGb: { per: "GB", meaning: "Data that a provisioned stream sends to registered consumers costs this much." },
  odStreamHour: { per: "stream-hour", meaning: "A stream in On-demand Standard mode costs this much." },
  odInGb: { per: "GB", meaning: "Data written to an On-demand Standard stream costs this much." },
  odOutGb: { per: "GB", meaning: "Data read from an On-demand Standard stream with GetRecords costs this much." },
  odEfoGb: {
    per: "GB",
    meaning: "Data that an On-demand Standard stream sends to registered consumers costs this much.",
  },
  odExtendedRetentionGbMonth: {
    per: "GB-month",
    meaning: "Records that an On-demand Standard stream retains from 24 hours to 7 days cost this much.",
  },
  odLongTermRetentionGbMonth: {
    per: "GB-month",
    meaning: "Records that an On-demand Standard stream retains beyond 7 days cost this much.",
  },
  putPayloadUnitPerMillion: {
    per: "million units",
    meaning: "PUT payload units of a provisioned stream cost this much.",
  },
  advInGb: { per: "GB", meaning: "Data written to On-demand Advantage streams costs this much." },
  advOutGb: {
    per: "GB",
    meaning: "Data read from On-demand Advantage streams costs this much, registered consumers included.",
  },
  advRetentionGbMonth: {
    per: "GB-month",
    meaning: "Records that an On-demand Advantage stream retains beyond 24 hours cost this much.",
  },
};

const advantageNames: ReadonlySet<PriceKey> = new Set(["advInGb", "advOutGb", "advRetentionGbMonth"]);

/** A later sighting of prices that the feed had. It confirms them and changes none. */
interface Confirmation {
  readonly readOn: string;
  readonly source: string;
  readonly prices: readonly PriceKey[];
}

const confirmations: Readonly<Partial<Record<Region, Confirmation>>> = {
  "us-east-1": { readOn: "2026-09-01", source: "the AWS price list of September 2026", prices: priceNames },
  "us-west-2": { readOn: "2026-09-01", source: "a bill of September 2026", prices: ["odStreamHour"] },
  "eu-central-1": { readOn: "2026-04-01", source: "a public capture of April 2026", prices: ["shardHour"] },
  "ap-northeast-1": {
    readOn: "2026-09-01",
    source: "a public capture of September 2026",
    prices: ["shardHour", "putPayloadUnitPerMillion"],
  },
};

/**
 * The prices of one region as facts, USD per the unit in `per`. `readOn` is the day of the feed, or the first day of
 * the month in which another source last showed the same price.
 */
export function priceFacts(region: Region): readonly (Fact & { readonly name: PriceName; readonly per: string })[] {
  return priceNames.map((name, column) => priceFact(region, name, priceTable[region][column] as number));
}

function priceFact(region: Region, name: PriceKey, value: number) {
  const confirmation = confirmationOf(region, name);
  return {
    name: `price.${name}`,
    value,
    unit: "USD",
    kind: "price",
    ...priceTexts[name],
    certainty: certaintyOf(region, name),
    source: confirmation === undefined ? FEED : `${FEED}; seen again second-hand in ${confirmation.source}`,
    readOn: confirmation?.readOn ?? FEED_DATE,
    ...disputeOf(region, name),
  } as const;
}

function confirmationOf(region: Region, name: PriceKey): Confirmation | undefined {
  const confirmation = confirmations[region];
  return confirmation?.prices.includes(name) === true ? confirmation : undefined;
}

/** The feed does not name the Advantage items, so only other sources settle which price is whose. */
function certaintyOf(region: Region, name: PriceKey): "verified" | "second-hand" | "inferred" {
  if (!advantageNames.has(name)) {
    return "verified";
  }
  return region === "us-east-1" ? "second-hand" : "inferred";
}

function disputeOf(region: Region, name: PriceKey): { readonly dispute?: string } {
  if (advantageNames.has(name)) {
    return {
      dispute:
        region === "us-east-1"
          ? "AWS's feed gives the price without naming its item; other sources name it for this region."
          : "AWS's feed gives the price without naming its item; it was matched by its value, which nothing confirms.",
    };
  }
  if (name === "odEfoGb" && region === "us-east-1") {
    return { dispute: "One source gives 0.04, which contradicts AWS's own feed." };
  }
  return {};
}
