import type { Fact } from "./fact.js";
import {
  adjustable,
  behaviour,
  DAY,
  GIB,
  HOUR,
  hard,
  MIB,
  ON_DEMAND,
  OWN_CHOICE,
  QUOTAS,
  sdk,
} from "./limits-sources.js";

const ADVANTAGE_GUIDE = `${ON_DEMAND} (On-demand Advantage)`;
const OBSERVED_RESHARD =
  "creation times of the shards in a public capture of one 4 to 8 reshard of September 2019, " +
  "decoded from their sequence numbers with kinesalite's db/index.js";

const ONE_OLD_SAMPLE =
  "It is one sample and seven years old; AWS itself only says that the action takes a few minutes.";
const ACCOUNT_OR_STREAM = "The SDK says per account, the quota page per stream; the stricter reading is taken.";

/**
 * How streams and shard counts change: resharding, on-demand scaling, On-demand Advantage, rates of the control plane.
 * Windows are in seconds, factors are ratios of shard counts or of throughput.
 * The quotas that differ by region are in `regions.ts`.
 * Source: the developer guide and the documentation comments of the AWS SDK.
 */
export const controlPlaneLimitFacts = [
  // UpdateShardCount
  adjustable("updateShardCount.callsPerDay", 10, "calls/day", sdk("UpdateShardCount"), {
    meaning: "A stream's shard count is updated at most this many times in any 24 hours.",
    dispute: "Whether refused calls and calls that change nothing count is not said; only accepted ones are counted.",
  }),
  adjustable("updateShardCount.factorMax", 2, "ratio", sdk("UpdateShardCount"), {
    meaning: "One call raises the number of open shards to at most this multiple.",
  }),
  adjustable("updateShardCount.factorMin", 0.5, "ratio", sdk("UpdateShardCount"), {
    meaning: "One call lowers the number of open shards to no less than this share, rounded up for odd counts.",
    dispute: "AWS states no rounding; rounding up, so that 7 shards go down to 4, follows two public emulators.",
  }),
  adjustable("stream.shardsMax", 10_000, "shards", sdk("UpdateShardCount"), {
    meaning: "UpdateShardCount scales a stream up to at most this many shards.",
  }),
  hard("updateShardCount.callsPerSecond", 10, "calls/s", `${sdk("UpdateShardCount")}; ${QUOTAS}`, {
    meaning: "An account makes at most this many UpdateShardCount calls per second.",
  }),
  behaviour("updateShardCount.advisedStepRatio", 0.25, "ratio", sdk("UpdateShardCount"), {
    meaning:
      "AWS advises targets that differ from the current count by a multiple of this share; others may take longer.",
    quote: "might take longer",
  }),

  // How long a reshard takes
  behaviour("reshard.operationSecondsMin", 5, "seconds", OBSERVED_RESHARD, {
    meaning: "One split of a shard within an UpdateShardCount call was seen to take at least this long.",
    certainty: "second-hand",
    dispute: ONE_OLD_SAMPLE,
  }),
  behaviour("reshard.operationSecondsMax", 30, "seconds", OBSERVED_RESHARD, {
    meaning: "One split of a shard within an UpdateShardCount call was seen to take at most this long.",
    certainty: "second-hand",
    dispute: ONE_OLD_SAMPLE,
  }),
  behaviour("reshard.operationSeconds", 10, "seconds", OWN_CHOICE, {
    meaning: "Splits and merges of one UpdateShardCount call run one after another and take this long each.",
    certainty: "assumption",
    dispute: `It lies within the range seen in one reshard. ${ONE_OLD_SAMPLE}`,
  }),
  behaviour("reshard.startDelaySecondsMax", 30, "seconds", "https://github.com/apache/druid/pull/12255", {
    meaning: "A reshard was seen to begin up to this long after the call that asked for it.",
    certainty: "second-hand",
    dispute: "The figure is an observation of one project, and AWS gives none.",
  }),

  // Other operations on streams and shards
  hard("splitMerge.callsPerSecond", 5, "calls/s", sdk("SplitShard, MergeShards"), {
    meaning: "An account makes at most this many SplitShard calls, and as many MergeShards calls, per second.",
    dispute: ACCOUNT_OR_STREAM,
  }),
  hard("createStream.callsPerSecond", 5, "calls/s", sdk("CreateStream"), {
    meaning: "An account makes at most this many CreateStream calls per second.",
  }),
  hard("createStream.streamsCreatingMax", 5, "streams", sdk("CreateStream"), {
    meaning: "At most this many streams of an account are in creation at a time.",
  }),
  hard("listShards.callsPerSecond", 1_000, "calls/s", sdk("ListShards"), {
    meaning: "A stream serves this many ListShards calls per second.",
  }),
  hard("listShards.shardsPerPage", 1_000, "shards", sdk("ListShards"), {
    meaning: "One ListShards call returns this many shards unless MaxResults says otherwise.",
  }),
  hard("listShards.tokenSeconds", 300, "seconds", sdk("ListShards"), {
    meaning: "The token for the next page of ListShards expires after this long.",
  }),
  hard("describeStream.callsPerSecond", 10, "calls/s", sdk("DescribeStream"), {
    meaning: "An account makes at most this many DescribeStream calls per second.",
  }),
  hard("describeStreamSummary.callsPerSecond", 20, "calls/s", sdk("DescribeStreamSummary"), {
    meaning: "An account makes at most this many DescribeStreamSummary calls per second.",
  }),
  hard("describeLimits.callsPerSecond", 1, "calls/s", sdk("DescribeLimits"), {
    meaning: "An account makes at most this many DescribeLimits calls per second.",
  }),
  hard("listStreams.callsPerSecond", 5, "calls/s", sdk("ListStreams"), {
    meaning: "An account makes at most this many ListStreams calls per second.",
  }),
  hard("encryption.changesPerDay", 25, "calls/day", QUOTAS, {
    meaning: "Server-side encryption is started or stopped at most this many times in any 24 hours.",
  }),

  // On-demand mode
  behaviour("onDemand.initialShards", 4, "shards", ON_DEMAND, {
    meaning: "A new on-demand stream has this many shards.",
  }),
  behaviour("onDemand.initialWriteBytesPerSecond", 4 * MIB, "bytes/s", ON_DEMAND, {
    meaning: "A new on-demand stream takes this many bytes per second, which is what four shards take.",
    dispute: "AWS prints 4 MB/s; the binary reading is taken as for a shard.",
  }),
  behaviour("onDemand.initialWriteRecordsPerSecond", 4_000, "records/s", ON_DEMAND, {
    meaning: "A new on-demand stream takes this many records per second.",
  }),
  behaviour("onDemand.initialReadBytesPerSecond", 8 * MIB, "bytes/s", ON_DEMAND, {
    meaning: "A new on-demand stream serves this many bytes per second to all GetRecords consumers together.",
    dispute: "AWS prints 8 MB/s; the binary reading is taken as for a shard.",
  }),
  behaviour("onDemand.growthFactor", 2, "ratio", ON_DEMAND, {
    meaning: "An on-demand stream grows to hold up to this multiple of the highest write throughput it had.",
    dispute: "AWS does not say how bytes weigh against records, nor over what time the peak is taken.",
  }),
  behaviour("onDemand.peakWindowSeconds", 30 * DAY, "seconds", ON_DEMAND, {
    meaning: "The highest throughput that an on-demand stream is scaled for is that of the last 30 days.",
  }),
  behaviour("onDemand.growthWindowSeconds", 15 * 60, "seconds", ON_DEMAND, {
    meaning:
      "Writes may be throttled when traffic outgrows onDemand.growthFactor times the former peak within this time.",
  }),
  behaviour("onDemand.splitBytesPerSecond", 500_000, "bytes/s", ON_DEMAND, {
    meaning: "On-demand mode splits a shard that takes more bytes per second than this.",
    dispute: "AWS prints 500 KB/s, which is taken as decimal; the binary reading is 2.4 % higher.",
  }),
  behaviour("onDemand.splitWindowSeconds", 15 * 60, "seconds", ON_DEMAND, {
    meaning: "On-demand mode splits an overloaded shard into equal halves within this time.",
  }),
  behaviour("onDemand.scaleDelaySecondsMin", 60, "seconds", OWN_CHOICE, {
    meaning: "On-demand mode begins to split shards at the earliest this long after their load has asked for it.",
    certainty: "assumption",
    dispute: "AWS only says that it happens within 15 minutes.",
  }),
  behaviour("onDemand.scaleDelaySecondsMax", 600, "seconds", OWN_CHOICE, {
    meaning: "On-demand mode begins to split shards at the latest this long after their load has asked for it.",
    certainty: "assumption",
    dispute: "AWS only says that it happens within 15 minutes; the rest of them is left for the splits themselves.",
  }),
  behaviour("onDemand.peakScatterRatio", 0.05, "ratio", OWN_CHOICE, {
    meaning:
      "Where a workload does not state the former peak of its on-demand stream, that lies above the peak of its traffic by this share.",
    certainty: "assumption",
    dispute: "Traffic is stated as a rate; the busiest minutes of 30 days lie above it by chance.",
  }),
  behaviour("onDemand.readToWriteRatio", 2, "ratio", ON_DEMAND, {
    meaning: "An on-demand stream serves at least this multiple of its write throughput to GetRecords consumers.",
  }),
  behaviour("onDemand.sharedConsumersAdvised", 1, "consumers", ON_DEMAND, {
    meaning:
      "AWS advises no more than this many GetRecords applications on an on-demand stream, and fan-out for others.",
  }),
  adjustable("account.onDemandStreams", 50, "streams", QUOTAS, {
    meaning: "An account has at most this many on-demand streams in a region.",
  }),
  hard("mode.switchesPerDay", 2, "calls/day", `${sdk("UpdateStreamMode")}; ${QUOTAS}`, {
    meaning: "A stream changes between provisioned and on-demand mode at most this many times in any 24 hours.",
  }),
  behaviour("mode.switchSeconds", 60, "seconds", OWN_CHOICE, {
    meaning: "A stream whose capacity mode changes is UPDATING for this long, and the new mode is in force after it.",
    certainty: "assumption",
    dispute: "AWS only says that the stream is UPDATING meanwhile.",
  }),

  // On-demand Advantage
  hard(
    "advantage.commitmentBytesPerSecond",
    25 * MIB,
    "bytes/s",
    `${sdk("UpdateAccountSettings")}; ${ADVANTAGE_GUIDE}`,
    {
      meaning:
        "Advantage bills at least this rate of writing and as much of reading, over all on-demand streams of a region.",
      dispute: "Whether a shortfall is counted per second, hour or month is not said; per month is assumed.",
    },
  ),
  hard("advantage.commitmentSecondsMin", DAY, "seconds", sdk("UpdateAccountSettings"), {
    meaning: "Advantage stays on for at least this long (24 hours); an earlier request to end it is scheduled.",
  }),
  hard(
    "advantage.warmBytesPerSecondMax",
    10 * GIB,
    "bytes/s",
    `${sdk("UpdateStreamWarmThroughput")}; ${ADVANTAGE_GUIDE}`,
    {
      meaning: "Warm throughput can be set up to this rate, and not above the on-demand quota of the region.",
    },
  ),
  hard("advantage.warmRecordsPerSecondMax", 10_000_000, "records/s", ADVANTAGE_GUIDE, {
    meaning: "The highest warm throughput stands for this many records per second.",
  }),
  hard("advantage.warmStepBytesPerSecond", MIB, "bytes/s", sdk("UpdateStreamWarmThroughput"), {
    meaning: "Warm throughput is set in whole multiples of this rate.",
  }),
  hard("updateStreamWarmThroughput.callsPerSecond", 5, "calls/s", sdk("UpdateStreamWarmThroughput"), {
    meaning: "An account makes at most this many UpdateStreamWarmThroughput calls per second.",
  }),
  behaviour("advantage.warmReductionWindowSeconds", HOUR, "seconds", ADVANTAGE_GUIDE, {
    meaning: "Lowering warm throughput leaves at least the capacity that the peak of this last period needs.",
  }),
  behaviour("advantage.warmSeconds", 300, "seconds", OWN_CHOICE, {
    meaning: "A change of warm throughput is carried out within this time, whatever its size.",
    certainty: "assumption",
    dispute: "AWS only says that it takes minutes.",
  }),
  behaviour("advantage.warmBytesPerSecondPerShard", MIB, "bytes/s", OWN_CHOICE, {
    meaning: "A stream has at least one shard for each multiple of this rate in its warm throughput.",
    certainty: "assumption",
    dispute: "AWS does not say how many shards stand behind warm throughput; this is what one takes.",
  }),
  behaviour("advantage.advisedBytesPerSecond", 10 * MIB, "bytes/s", ADVANTAGE_GUIDE, {
    meaning: "AWS advises Advantage for accounts whose on-demand streams take at least this rate in total.",
  }),
  behaviour("advantage.advisedFanOutConsumers", 2, "consumers", ADVANTAGE_GUIDE, {
    meaning: "AWS advises Advantage for streams with more than this many fan-out consumers.",
  }),

  // Delivery channels of on-demand streams
  hard("delivery.channelsPerStream", 2, "count", `${sdk("CreateChannel")}; ${ON_DEMAND}`, {
    meaning: "A stream has at most this many delivery channels, one to Amazon S3 and one to a streaming table.",
  }),
  hard("delivery.freshnessSecondsMin", 300, "seconds", sdk("CreateChannel"), {
    meaning: "A delivery channel can be set to deliver data no sooner than at this age.",
  }),
  hard("delivery.freshnessSecondsMax", 900, "seconds", sdk("CreateChannel"), {
    meaning: "A delivery channel can be set to deliver data no later than at this age.",
  }),
  behaviour("delivery.freshnessSecondsDefault", 300, "seconds", sdk("CreateChannel"), {
    meaning: "A delivery channel delivers data at this age unless it is set otherwise.",
  }),
] as const satisfies readonly Fact[];
