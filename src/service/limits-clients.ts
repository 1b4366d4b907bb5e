import type { Fact } from "./fact.js";
import {
  client,
  DAY,
  FIREHOSE,
  KIB,
  KPL_RATE_LIMIT,
  LAMBDA,
  LAMBDA_POLLING,
  LAMBDA_WINDOWS,
  LOW_LATENCY,
  MIB,
  OWN_CHOICE,
} from "./limits-sources.js";

const KCL = "awslabs/amazon-kinesis-client v3.5.1 (2026-07-21)";
const KCL_LEASES = `${KCL}, leases/LeaseManagementConfig.java`;
const KCL_POLLING = `${KCL}, retrieval/polling/PollingConfig.java`;
const KPL = "awslabs/amazon-kinesis-producer 11c4a64";
const KPL_DEFAULTS = `${KPL}, configuration.h`;

const ONE_MB = "AWS prints MB; the binary reading is taken.";

/**
 * What client libraries and readers do by default: Lambda, Firehose, Flink, the SDK, KCL and KPL.
 * Intervals are in seconds; an interval between polls is per application and shard.
 * Source: AWS's documentation for services, the source code of the named version for libraries.
 */
export const clientLimitFacts = [
  // Intervals between GetRecords calls of one application on one shard
  client("sdk.pollIntervalSeconds", 1, "seconds", LOW_LATENCY, {
    meaning: "AWS advises applications to poll a shard once in this time.",
    dispute: "GetRecords in the SDK advises both to wait 1 second and to use its 5 calls per second to keep up.",
  }),
  client("kcl.pollIntervalSeconds", 1.5, "seconds", KCL_POLLING, {
    meaning: "KCL 2 and 3 leave this time between the calls of a polling consumer unless configured otherwise.",
    dispute: "Without a polling configuration KCL does not poll but uses enhanced fan-out.",
  }),
  client("kcl.pollIntervalSecondsMin", 0.2, "seconds", KCL_POLLING, {
    meaning: "KCL 3 raises a shorter time between calls to this one.",
  }),
  client("lambda.pollIntervalSeconds", 1, "seconds", LAMBDA_POLLING, {
    meaning: "A Lambda event source mapping without enhanced fan-out polls each shard once in this time.",
  }),
  client("firehose.pollIntervalSeconds", 1, "seconds", FIREHOSE, {
    meaning: "A Firehose stream calls GetRecords once in this time for each shard of its source.",
    dispute: "With a backup of all source records it calls twice as often.",
  }),
  client(
    "flink.pollIntervalSeconds",
    0.2,
    "seconds",
    "ConsumerConfigConstants.SHARD_GETRECORDS_INTERVAL_MILLIS of Apache Flink's Kinesis connector",
    {
      meaning: "Apache Flink's Kinesis consumer polls each shard once in this time unless configured otherwise.",
      certainty: "memory",
      dispute: "The figure is from memory and holds for the older consumer, so check the version in use.",
    },
  ),

  // Lambda event source mapping
  client("lambda.batchSizeMin", 1, "records", LAMBDA, {
    meaning: "A Lambda batch can be set to as few records as this.",
  }),
  client("lambda.batchSizeMax", 10_000, "records", LAMBDA, {
    meaning: "A Lambda batch can be set to at most this many records.",
  }),
  client("lambda.batchSizeDefault", 100, "records", LAMBDA, {
    meaning: "A Lambda batch holds up to this many records unless configured otherwise.",
  }),
  client("lambda.batchBytesMax", 6 * MIB, "bytes", LAMBDA, {
    meaning: "A Lambda batch ends before its payload exceeds this size, even below the batch size.",
    dispute: ONE_MB,
  }),
  client("lambda.batchingWindowSecondsMax", 300, "seconds", LAMBDA, {
    meaning: "A Lambda event source mapping can wait at most this long to fill a batch.",
  }),
  client("lambda.batchingWindowSecondsDefault", 0, "seconds", LAMBDA, {
    meaning: "A Lambda event source mapping waits this long to fill a batch unless configured otherwise.",
  }),
  client("lambda.parallelizationMax", 10, "invocations", LAMBDA, {
    meaning: "The parallelization factor lets at most this many invocations work on one shard at a time.",
  }),
  client("lambda.parallelizationDefault", 1, "invocations", LAMBDA, {
    meaning: "This many invocations work on one shard at a time unless the parallelization factor is raised.",
  }),
  client("lambda.retryAttemptsMax", 10_000, "count", LAMBDA, {
    meaning:
      "A failing batch can be set to at most this many retries; by default it is retried until its records expire.",
  }),
  client("lambda.recordAgeSecondsMax", 7 * DAY, "seconds", LAMBDA, {
    meaning: "The age at which records are given up can be set to at most this; by default there is no such age.",
  }),
  client("lambda.tumblingWindowSecondsMax", 900, "seconds", LAMBDA_WINDOWS, {
    meaning: "A tumbling window lasts at most this long.",
  }),
  client("lambda.tumblingStateBytesMax", MIB, "bytes", LAMBDA_WINDOWS, {
    meaning: "The state of a tumbling window is at most this large for each shard.",
    dispute: ONE_MB,
  }),

  // KCL: reading and the load on its lease table
  client("kcl.recordsPerCall", 10_000, "records", KCL_POLLING, {
    meaning: "A polling KCL consumer asks for this many records in each GetRecords call.",
  }),
  client("kcl.failoverSeconds", 10, "seconds", KCL_LEASES, {
    meaning: "A lease that was not renewed for this long (failoverTimeMillis) counts as expired.",
  }),
  client("kcl.leaseEpsilonSeconds", 0.025, "seconds", KCL_LEASES, {
    meaning: "KCL renews a lease this much sooner (epsilonMillis) than a third of the failover time.",
  }),
  client("kcl.leaseRenewalSeconds", 3.308, "seconds", `${KCL}, common/CommonCalculations.java`, {
    meaning: "A worker writes each lease it holds to the lease table once in this time.",
    dispute: "It follows from the default failover time, a third of it less 25 ms, and changes with that setting.",
  }),
  client("kcl.leaseDiscoverySeconds", 9.975, "seconds", KCL_LEASES, {
    meaning: "A KCL 3 worker queries the lease table for newly assigned leases once in this time.",
  }),
  client("kcl.leaseAssignmentSeconds", 20, "seconds", KCL_LEASES, {
    meaning: "The leader of a KCL 3 application scans the lease table and assigns leases once in this time.",
  }),
  client(
    "kcl.leaseTakerSeconds",
    20.05,
    "seconds",
    "awslabs/amazon-kinesis-client v2.7.2, common/CommonCalculations.java",
    {
      meaning: "Each worker of a KCL 2 application scans the lease table for leases to take once in this time.",
    },
  ),
  client("kcl.workerMetricsReportSeconds", 30, "seconds", KCL_LEASES, {
    meaning: "A KCL 3 worker writes its load metrics once in this time.",
  }),
  client("kcl.leaderHeartbeatSeconds", 30, "seconds", KCL_LEASES, {
    meaning: "The leader of a KCL 3 application renews its lock once in this time.",
  }),
  client("kcl.leaderLeaseSeconds", 120, "seconds", KCL_LEASES, {
    meaning: "The lock of a KCL 3 leader can be taken over after this long without a heartbeat.",
    dispute: "A user of 3.4.3 reports that nobody ever took it over: awslabs/amazon-kinesis-client issue 1803.",
  }),
  client("kcl.leaseItemBytes", 400, "bytes", OWN_CHOICE, {
    meaning: "An item of the lease table is taken to have this size.",
    certainty: "assumption",
    dispute:
      "Items are estimated at 350 to 450 bytes; it matters for scans only, since a write below 1 KB is one unit.",
  }),

  // KPL
  client("kpl.aggregationBytesMax", 50 * KIB, "bytes", KPL_DEFAULTS, {
    meaning: "KPL fills an aggregated record up to this size (51,200 bytes) unless configured otherwise.",
  }),
  client("kpl.bufferedSeconds", 0.1, "seconds", KPL_DEFAULTS, {
    meaning: "KPL holds a record back for at most this long to aggregate it unless configured otherwise.",
  }),
  client("kpl.envelopeBytes", 20, "bytes", `${KPL}, aggregation-format.md`, {
    meaning: "An aggregated record has this many fixed bytes, 4 that mark the format and 16 of an MD5 digest.",
  }),
  client("kpl.aggregatePartitionKeyBytes", 1, "bytes", `${KPL}, kinesis_record.cc`, {
    meaning: "The partition key that an aggregated record carries outside has this size.",
  }),
  client("kpl.rateLimitRatio", 1.5, "ratio", KPL_RATE_LIMIT, {
    meaning: "Each KPL process offers a shard up to this multiple of its limits unless configured otherwise.",
  }),
  client("kpl.recordTtlSeconds", 30, "seconds", KPL_DEFAULTS, {
    meaning: "KPL retries a record until it is this old and then gives it up, unless configured otherwise.",
  }),
] as const satisfies readonly Fact[];
