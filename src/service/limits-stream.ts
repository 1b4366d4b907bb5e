import type { Fact } from "./fact.js";
import {
  adjustable,
  behaviour,
  DAY,
  ENHANCED_CONSUMERS,
  hard,
  KIB,
  LARGE_RECORDS,
  LOW_LATENCY,
  MIB,
  ON_DEMAND,
  OWN_CHOICE,
  PRICING_PAGE,
  PRODUCER_TROUBLES,
  QUOTAS,
  sdk,
} from "./limits-sources.js";

const MB_OR_MIB =
  "AWS writes both MB and MiB for this limit; the binary reading is taken, the decimal one is 4.6 % lower.";

/**
 * What one shard, one record and one stream bear: writing, reading, retention.
 * Rates are per second and per shard unless the meaning says otherwise, sizes are in bytes.
 * Source: the developer guide and the documentation comments of the AWS SDK.
 */
export const streamLimitFacts = [
  // Writing: what a shard and a partition key take
  hard("shard.writeBytesPerSecond", MIB, "bytes/s", `${sdk("CreateStream, GetRecords")}; ${QUOTAS}`, {
    meaning: "One shard takes this many bytes per second for long, data and partition keys together, in every mode.",
    quote: "the average throughput for your stream cannot exceed 1 MiB per second",
    dispute: `${MB_OR_MIB} PutRecords prints 1 MB, GetRecords 1 MiB; what is enforced is undocumented.`,
  }),
  hard("shard.writeRecordsPerSecond", 1_000, "records/s", `${sdk("PutRecords")}; ${QUOTAS}`, {
    meaning: "One shard takes this many records per second, in every mode.",
  }),
  hard("partitionKey.writeBytesPerSecond", MIB, "bytes/s", ON_DEMAND, {
    meaning: "One partition key never gets more than the bytes of one shard, in on-demand mode too.",
    dispute: MB_OR_MIB,
  }),
  hard("partitionKey.writeRecordsPerSecond", 1_000, "records/s", ON_DEMAND, {
    meaning: "One partition key never gets more than the records of one shard, in on-demand mode too.",
  }),
  behaviour("shard.writeBurstBytes", MIB, "bytes", OWN_CHOICE, {
    meaning: "A shard that was idle takes this many bytes at once, if its stream only has records of up to 1 MiB.",
    certainty: "assumption",
    dispute: "AWS documents a burst for large records only; one second's worth is the cautious reading for others.",
  }),
  behaviour("shard.writeBurstRecords", 1_000, "records", OWN_CHOICE, {
    meaning: "A shard that was idle takes this many records at once.",
    certainty: "assumption",
    dispute: "AWS does not document a burst of records; one second's worth is the cautious reading.",
  }),
  behaviour("putRecord.roundingBytes", KIB, "bytes", PRODUCER_TROUBLES, {
    meaning: "Each PutRecord call counts against the byte limit of its shard rounded up to a multiple of this size.",
    dispute: "The page says KB, which is taken as 1,024 bytes.",
  }),
  behaviour("putRecords.roundingBytes", KIB, "bytes", PRODUCER_TROUBLES, {
    meaning: "The records of a PutRecords call are summed first, and the sum is rounded up to a multiple of this size.",
    dispute:
      "The page does not say whether each shard has a sum of its own, and its example has a call of 600 records.",
  }),

  // Writing: calls, records, keys
  hard("putRecords.recordsPerCall", 500, "records", `${sdk("PutRecords")}; ${QUOTAS}`, {
    meaning: "One PutRecords call holds at most this many records.",
  }),
  hard("putRecords.bytesPerCall", 10 * MIB, "bytes", `${sdk("PutRecords")}; ${QUOTAS}`, {
    meaning:
      "One PutRecords call holds at most this many bytes, partition keys included; until October 2025 it was 5 MiB.",
  }),
  behaviour("putRecord.writeBytesPerSecondPrinted", 10 * MIB, "bytes/s", sdk("PutRecord"), {
    meaning:
      "PutRecord's page prints this rate for a shard, which is best read as the height of a burst of large records.",
    certainty: "inferred",
    quote: "up to a maximum data write total of 10 MiB per second",
    dispute: "Read as a sustained rate it contradicts shard.writeBytesPerSecond, so nothing is planned with it.",
  }),
  adjustable("record.bytesMaxDefault", MIB, "bytes", `${sdk("UpdateMaxRecordSize")}; ${LARGE_RECORDS}`, {
    meaning:
      "A record, its data and partition key together, is at most this large unless the stream's setting is raised.",
  }),
  hard("record.bytesMaxCeiling", 10 * MIB, "bytes", `${sdk("UpdateMaxRecordSize")}; ${LARGE_RECORDS}`, {
    meaning: "A stream's record size can be raised up to this value, which AWS writes as 10,240 KiB.",
  }),
  hard("partitionKey.charactersMin", 1, "characters", sdk("PutRecord"), {
    meaning: "A partition key has at least this many Unicode characters.",
  }),
  hard("partitionKey.charactersMax", 256, "characters", sdk("PutRecord"), {
    meaning: "A partition key has at most this many Unicode characters.",
  }),
  hard("hashKey.bits", 128, "count", sdk("PutRecord"), {
    meaning:
      "The MD5 hash of a partition key has this many bits, and the shards of a stream divide the range of its values.",
  }),

  // Writing: records above 1 MiB
  behaviour("largeRecord.burstBytes", 10 * MIB, "bytes", LARGE_RECORDS, {
    meaning:
      "A shard of a stream that allows large records takes about this many bytes at once when it was idle before.",
    dispute: "AWS's blog describes this for large records; whether ordinary records share the allowance is not said.",
  }),
  behaviour("largeRecord.refillBytesPerSecond", MIB, "bytes/s", LARGE_RECORDS, {
    meaning: "The burst allowance for large records refills at this rate.",
  }),
  behaviour("largeRecord.recoverySeconds", 10, "seconds", LARGE_RECORDS, {
    meaning: "After one record of 10 MiB a shard needs about this long to take the next one.",
  }),
  behaviour("largeRecord.shareAdvisedMin", 0.01, "ratio", LARGE_RECORDS, {
    meaning: "AWS advises to keep the share of large records at or below 1 to 2 %; this is the lower figure.",
  }),
  behaviour("largeRecord.shareAdvisedMax", 0.02, "ratio", LARGE_RECORDS, {
    meaning: "AWS advises to keep the share of large records at or below 1 to 2 %; this is the upper figure.",
  }),
  behaviour("largeRecord.throttledShareMin", 0.02, "ratio", LARGE_RECORDS, {
    meaning:
      "In AWS's test with 50 records/s of 10 KiB on 4 shards, throttling grew from this share of 2 MiB records on.",
  }),
  behaviour("largeRecord.throttledShareMax", 0.05, "ratio", LARGE_RECORDS, {
    meaning:
      "In AWS's test with 50 records/s of 10 KiB on 4 shards, throttling grew up to this share of 2 MiB records.",
  }),

  // Reading: shared throughput
  hard("shard.readBytesPerSecond", 2 * MIB, "bytes/s", `${sdk("GetRecords")}; ${QUOTAS}`, {
    meaning: "All consumers that read one shard with GetRecords share this many bytes per second.",
    dispute: `${MB_OR_MIB} The quota page prints 2 MB, GetRecords 2 MiB.`,
  }),
  hard("shard.readCallsPerSecond", 5, "calls/s", `${sdk("GetRecords")}; ${QUOTAS}`, {
    meaning: "One shard serves this many GetRecords calls per second, all consumers together.",
  }),
  hard("shard.readRecordsPerSecondPrinted", 2_000, "records/s", QUOTAS, {
    meaning: "The quota page prints this many records per second as what one shard reads.",
    quote: "2,000 records per second",
    dispute: "Only the quota page has it, and one GetRecords call returns up to 10,000; it is a warning, not a limit.",
  }),
  hard("getRecords.recordsPerCall", 10_000, "records", sdk("GetRecords"), {
    meaning: "One GetRecords call returns at most this many records; a larger Limit is refused.",
  }),
  hard("getRecords.bytesPerCall", 10 * MIB, "bytes", sdk("GetRecords"), {
    meaning: "One GetRecords call returns at most this many bytes.",
    dispute: `${MB_OR_MIB} Older texts print 10 MB, the SDK 10 MiB.`,
  }),
  behaviour("getRecords.penaltySecondsAfterFullCall", 5, "seconds", sdk("GetRecords"), {
    meaning: "After a call that returned the maximum size, further calls on the shard fail for this long.",
  }),
  behaviour("getRecords.penaltySecondsAfterShortage", 1, "seconds", sdk("GetRecords"), {
    meaning: "After a call for which the throughput did not suffice, further calls on the shard fail for this long.",
    dispute: "The same page says that an application may get exceptions for longer than 1 second.",
  }),
  behaviour("getRecords.pollIntervalSecondsMin", 0.2, "seconds", LOW_LATENCY, {
    meaning: "An application that polls a shard more often than at this interval risks being throttled.",
  }),
  hard("getRecords.iteratorSeconds", 300, "seconds", sdk("GetShardIterator"), {
    meaning: "A shard iterator expires after this long.",
  }),
  hard("getShardIterator.callsPerSecond", 5, "calls/s", sdk("GetShardIterator"), {
    meaning: "One shard serves this many GetShardIterator calls per second.",
  }),
  behaviour("getRecords.latencySeconds", 0.2, "seconds", ENHANCED_CONSUMERS, {
    meaning: "A record reaches the only consumer of a stream after about this long on average, with GetRecords.",
  }),
  behaviour("getRecords.latencySecondsFiveConsumers", 1, "seconds", ENHANCED_CONSUMERS, {
    meaning:
      "A record reaches each of five consumers that share a stream after about this long on average, with GetRecords.",
  }),

  // Reading: enhanced fan-out
  hard("fanOut.readBytesPerSecond", 2 * MIB, "bytes/s", `${sdk("RegisterStreamConsumer")}; ${ENHANCED_CONSUMERS}`, {
    meaning: "Each registered consumer gets this many bytes per second of each shard for itself.",
    dispute: `${MB_OR_MIB} The developer guide prints 2 MB, the SDK 2 MiB.`,
  }),
  hard("fanOut.consumersPerStream", 20, "consumers", `${sdk("RegisterStreamConsumer")}; ${QUOTAS}`, {
    meaning: "A provisioned or On-demand Standard stream has at most this many registered consumers.",
  }),
  hard("fanOut.consumersPerStreamAdvantage", 50, "consumers", `${sdk("RegisterStreamConsumer")}; ${QUOTAS}`, {
    meaning: "An On-demand Advantage stream has at most this many registered consumers.",
    dispute: "AWS lists 31 regions for this figure, which include all large ones; in others it may be 20.",
  }),
  behaviour("fanOut.latencySeconds", 0.07, "seconds", ENHANCED_CONSUMERS, {
    meaning: "A record reaches a registered consumer after about this long on average.",
    dispute: "AWS gives no figure for a consumer under load.",
  }),
  hard("fanOut.consumersCreatingMax", 5, "consumers", sdk("RegisterStreamConsumer"), {
    meaning: "At most this many registered consumers are in creation at a time.",
  }),
  hard("registerStreamConsumer.callsPerSecond", 5, "calls/s", sdk("RegisterStreamConsumer"), {
    meaning: "An account makes at most this many RegisterStreamConsumer calls per second.",
    dispute: "The SDK says per account, the quota page per stream; the stricter reading is taken.",
  }),
  hard("subscribeToShard.secondsMax", 300, "seconds", sdk("SubscribeToShard"), {
    meaning: "A subscription to a shard lasts at most this long and must then be renewed.",
  }),
  hard("subscribeToShard.callsPerSecond", 1, "calls/s", sdk("SubscribeToShard"), {
    meaning: "A registered consumer makes at most this many SubscribeToShard calls per second for each shard.",
  }),
  hard("subscribeToShard.takeoverSeconds", 5, "seconds", sdk("SubscribeToShard"), {
    meaning: "A second subscription of the same consumer and shard is refused before, and takes over after, this long.",
  }),

  // Retention
  hard("retention.secondsMin", DAY, "seconds", sdk("DecreaseStreamRetentionPeriod"), {
    meaning: "A stream keeps its records for at least this long (24 hours), which is also the default.",
  }),
  hard("retention.secondsMax", 365 * DAY, "seconds", sdk("IncreaseStreamRetentionPeriod"), {
    meaning: "A stream keeps its records for at most this long (8,760 hours or 365 days).",
    dispute: "The text of the field StreamDescription.RetentionPeriodHours still says 168 hours, which is out of date.",
  }),
  hard("retention.secondsIncluded", DAY, "seconds", PRICING_PAGE, {
    meaning: "Retention up to this length (24 hours) costs nothing extra.",
  }),
  hard("retention.secondsExtended", 7 * DAY, "seconds", PRICING_PAGE, {
    meaning:
      "Retention above the included length and up to this one (7 days) is extended retention; beyond, it is long-term.",
  }),
] as const satisfies readonly Fact[];
