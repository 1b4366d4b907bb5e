import type { Fact } from "./fact.js";
import { client, KIB } from "./limits-sources.js";

const KCL_2 = "awslabs/amazon-kinesis-client v2.7.2";
const KCL = "awslabs/amazon-kinesis-client v3.5.1 (2026-07-21)";
const KCL_LEASES = `${KCL}, leases/LeaseManagementConfig.java`;
const KCL_COORDINATOR = `${KCL}, coordinator/CoordinatorConfig.java`;
const KCL_CLEANUP = `${KCL}, leases/LeaseCleanupManager.java`;
const KCL_TABLE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html";
const KCL_METRICS = `${KCL}, worker/metricstats/WorkerMetricStats.java`;
const UNLIMITED_BYTES = KIB ** 4;

/**
 * How the Kinesis Client Library moves leases between workers by default: shares, thresholds and timers, for the simulation of its
 * decisions. Source: the library's source code of the named version, for KCL 2 and 3 alike unless the meaning names one.
 */
export const kclFacts = [
  client("kcl.leasesPerWorkerMax", 2_147_483_647, "count", KCL_LEASES, {
    meaning: "A worker gets no more leases than this (maxLeasesForWorker).",
  }),

  // KCL 2: every worker takes leases
  client("kcl.veryOldFailovers", 3, "count", `${KCL_2}, leases/dynamodb/DynamoDBLeaseTaker.java`, {
    meaning: "A KCL 2 worker takes leases that nobody renewed for this many failover times regardless of its share.",
  }),
  client("kcl.leasesToStealMax", 1, "count", `${KCL_2}, leases/LeaseManagementConfig.java`, {
    meaning: "A KCL 2 worker steals at most this many leases at once (maxLeasesToStealAtOneTime).",
  }),
  client("kcl.veryOldWithinShare", 0, "count", `${KCL_2}, leases/LeaseManagementConfig.java`, {
    meaning:
      "1 where a KCL 2 worker keeps to its share of very old leases too (enablePriorityLeaseAssignment off), else 0.",
  }),

  // KCL 3: the leader assigns leases
  client("kcl.dampeningRatio", 0.6, "ratio", KCL_LEASES, {
    meaning: "The leader takes this part of a worker's excess from it in one run (dampeningPercentage).",
    dispute: "The library's docs/kcl_3x_deep-dive.md says 80 %.",
  }),
  client("kcl.rebalanceRatio", 0.1, "ratio", KCL_LEASES, {
    meaning: "Leases are moved once a worker's load is this far from the average (reBalanceThresholdPercentage).",
    dispute: "The library's docs/kcl_3x_deep-dive.md prints the lower threshold with a plus sign.",
  }),
  client("kcl.utilizationMaxRatio", 1, "ratio", KCL_METRICS, {
    meaning: "A worker whose metric is above this gives up leases (the maximum of the operating range).",
  }),
  client("kcl.workerBytesPerSecondMax", UNLIMITED_BYTES, "bytes/s", KCL_LEASES, {
    meaning: "A worker whose leases carry more than this gets no more of them (maxThroughputPerHostKBps).",
    dispute: "The library sets no limit; this is one that is never reached.",
  }),
  client("kcl.noThroughputOvershoot", 0, "count", KCL_LEASES, {
    meaning:
      "1 where a worker keeps its smallest lease if all are larger than what is to be taken (allowThroughputOvershoot off), else 0.",
  }),
  client("kcl.varianceBalancingRuns", 3, "count", KCL_LEASES, {
    meaning: "The leader balances load in one of so many of its runs (varianceBalancingFrequency), the first included.",
  }),
  client("kcl.metricSmoothing", 0.5, "ratio", KCL_LEASES, {
    meaning: "The newest sample has this weight in the moving average of a worker's load (workerMetricsEMAAlpha).",
  }),
  client("kcl.metricSamples", 10, "count", KCL_LEASES, {
    meaning: "The moving average of a worker's load runs over this many of its last reports.",
  }),
  client("kcl.workerActiveReports", 2, "count", `${KCL}, coordinator/assignment/MigrationAwareLAMDataManager.java`, {
    meaning: "A worker counts as active until it has missed this many reports.",
  }),
  client("kcl.firstMetricsSeconds", 2, "seconds", KCL_METRICS, {
    meaning: "A worker first reports its load this long after its start.",
  }),
  client("kcl.leaderPollSeconds", 30, "seconds", `${KCL}, leader/DynamoDBLockBasedLeaderDecider.java`, {
    meaning: "A worker that is not the leader checks the leader's lock once in this time.",
  }),

  // KCL 3: graceful hand-off
  client("kcl.handOffTimeoutSeconds", 30, "seconds", KCL_LEASES, {
    meaning: "A worker that is asked to hand off a lease has this long to do so (gracefulLeaseHandoffTimeoutMillis).",
    dispute: "The leader itself waits for the failover time on top.",
  }),

  // Lives of workers, consumers and leases
  client("kcl.schedulerLoopSeconds", 1, "seconds", KCL_COORDINATOR, {
    meaning: "A worker looks after its consumers once in this time (shardConsumerDispatchPollIntervalMillis).",
  }),
  client("kcl.parentPollSeconds", 10, "seconds", KCL_COORDINATOR, {
    meaning: "A consumer that waits for a parent shard looks at it once in this time (parentShardPollIntervalMillis).",
  }),
  client("kcl.leaseCleanupSeconds", 300, "seconds", KCL_CLEANUP, {
    meaning: "Leases of finished shards are deleted at the earliest this long after the last were.",
  }),
  client("dynamodb.bytesPerReadUnit", 4 * KIB, "bytes", KCL_TABLE, {
    meaning:
      "A read of up to this many bytes of the lease table is one request unit, half of one where it need not be consistent.",
  }),
] as const satisfies readonly Fact[];
