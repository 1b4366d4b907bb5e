import type { Fact } from "./fact.js";

/** The regions in AWS's price list for Kinesis Data Streams, in alphabetical order; it leaves out the China regions. */
export const regionNames = [
  "af-south-1",
  "ap-east-1",
  "ap-east-2",
  "ap-northeast-1",
  "ap-northeast-2",
  "ap-northeast-3",
  "ap-south-1",
  "ap-south-2",
  "ap-southeast-1",
  "ap-southeast-2",
  "ap-southeast-3",
  "ap-southeast-4",
  "ap-southeast-5",
  "ap-southeast-6",
  "ap-southeast-7",
  "ca-central-1",
  "ca-west-1",
  "eu-central-1",
  "eu-central-2",
  "eu-north-1",
  "eu-south-1",
  "eu-south-2",
  "eu-west-1",
  "eu-west-2",
  "eu-west-3",
  "il-central-1",
  "me-central-1",
  "me-south-1",
  "mx-central-1",
  "sa-east-1",
  "us-east-1",
  "us-east-2",
  "us-gov-east-1",
  "us-gov-west-1",
  "us-west-1",
  "us-west-2",
] as const;

export type Region = (typeof regionNames)[number];

const READ_ON = "2026-11-22";
const ENDPOINTS = "https://docs.aws.amazon.com/general/latest/gr/ak.html (quota L-0918CF54)";
const ON_DEMAND =
  "https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html; " +
  "https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html";

const GB = 1_000_000_000;
const MB = 1_000_000;

/** The three regions with the highest default quotas, of shards and of on-demand throughput. */
const largestRegions: ReadonlySet<Region> = new Set(["us-east-1", "us-west-2", "eu-west-1"]);

const largeRegions: ReadonlySet<Region> = new Set([
  "us-east-2",
  "ap-northeast-1",
  "ap-south-1",
  "ap-southeast-1",
  "ap-southeast-2",
  "eu-central-1",
  "eu-west-3",
]);

function defaultShards(region: Region): number {
  if (largestRegions.has(region)) {
    return 20_000;
  }
  return largeRegions.has(region) ? 6_000 : 1_000;
}

/** The names of the facts that `regionFacts` returns. */
export type RegionFactName = "account.shards" | "onDemand.writeBytesPerSecondMax" | "onDemand.readBytesPerSecondMax";

/**
 * The default quotas that depend on the region: shards per account, bytes per second of one on-demand stream.
 * AWS raises all three on request, outside the three largest regions the on-demand ones up to the figures of these.
 * Source: AWS's endpoints and quotas page and the developer guide.
 */
export function regionFacts(region: Region): readonly (Fact & { readonly name: RegionFactName })[] {
  const isLargest = largestRegions.has(region);
  const shared = { kind: "adjustable", certainty: "verified", readOn: READ_ON } as const;
  return [
    {
      ...shared,
      name: "account.shards",
      value: defaultShards(region),
      unit: "shards",
      meaning: `An account has at most this many shards in ${region} until AWS raises the quota.`,
      source: ENDPOINTS,
    },
    {
      ...shared,
      name: "onDemand.writeBytesPerSecondMax",
      value: isLargest ? 10 * GB : 200 * MB,
      unit: "bytes/s",
      meaning: `An on-demand stream in ${region} takes at most this many bytes per second until AWS raises the quota.`,
      source: ON_DEMAND,
      dispute: decimalAsPrinted(isLargest ? "10 GB/s" : "200 MB/s"),
    },
    {
      ...shared,
      name: "onDemand.readBytesPerSecondMax",
      value: isLargest ? 20 * GB : 400 * MB,
      unit: "bytes/s",
      meaning: `An on-demand stream in ${region} serves at most this many bytes per second until AWS raises the quota.`,
      source: ON_DEMAND,
      dispute: decimalAsPrinted(isLargest ? "20 GB/s" : "400 MB/s"),
    },
  ];
}

function decimalAsPrinted(figure: string): string {
  return `AWS prints ${figure}, taken as decimal; a binary reading would be 5 to 7 % higher.`;
}
