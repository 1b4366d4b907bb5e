/*
 * The timers and rules of a Kinesis Client Library fleet, in seconds and ratios. All of them come from the service's facts, so that each
 * can be overridden; those that the library derives from the failover time are derived from it here too, unless they are overridden
 * themselves.
 */
import type { FactName, ServiceFacts } from "../../service/service-facts.js";
import type { Consumer } from "../../workload/schema.js";
import type { AssignmentSettings } from "./lease-assignment.js";
import type { LeaseTableRates } from "./lease-table-use.js";
import type { TakerSettings } from "./lease-taker.js";

export interface KclModel {
  readonly version: 2 | 3;
  /** A lease whose counter has not changed for so long is expired. */
  readonly failoverSeconds: number;
  /** From one renewal of a worker's leases to the next. */
  readonly renewalSeconds: number;
  /** KCL 2: from one look of a worker for leases to the next. */
  readonly takerSeconds: number;
  readonly taker: TakerSettings;
  /** KCL 3: from one assignment run of the leader to the next. */
  readonly assignmentSeconds: number;
  readonly assignment: AssignmentSettings;
  readonly strategy: "utilization" | "count";
  /** Every so many runs, leases move from busy workers to idle ones. */
  readonly balancingRuns: number;
  /** KCL 3: from one query of a worker for its new leases to the next. */
  readonly discoverySeconds: number;
  readonly metrics: MetricsModel;
  readonly leader: LeaderModel;
  /** KCL 3: after so long without an answer, the leader takes a lease from a worker that was to hand it over. */
  readonly handOffSeconds: number;
  readonly start: ConsumerStartModel;
  readonly cleanupSeconds: number;
  readonly use: LeaseTableRates;
}

/** KCL 3: what workers report of their load. */
export interface MetricsModel {
  readonly firstSeconds: number;
  readonly reportSeconds: number;
  /** A worker whose last report is older than so many of them is not there. */
  readonly activeReports: number;
  readonly samples: number;
  readonly smoothing: number;
}

/** KCL 3: the lock of the leader. */
export interface LeaderModel {
  readonly heartbeatSeconds: number;
  readonly leaseSeconds: number;
  /** From one look of a follower at the lock to the next. */
  readonly pollSeconds: number;
}

/** From holding a lease to reading. */
export interface ConsumerStartModel {
  /** The scheduler's loop, within which anything begins. */
  readonly loopSeconds: number;
  /** From the loop that finds the parents done to the first record. */
  readonly seconds: number;
  /** How long a consumer sleeps that finds them unfinished. */
  readonly parentPollSeconds: number;
}

/** As the library counts them. */
export const BYTES_PER_KB = 2 ** 10;

export function kclModel({ kclVersion, leaseAssignment }: Consumer, facts: ServiceFacts): KclModel {
  const failoverSeconds = facts.value("kcl.failoverSeconds");
  const epsilon = facts.value("kcl.leaseEpsilonSeconds");
  const derived = (name: FactName, seconds: number): number =>
    facts.fact(name).certainty === "override" ? facts.value(name) : seconds;
  const assignmentSeconds = derived("kcl.leaseAssignmentSeconds", 2 * failoverSeconds);
  const leasesMax = facts.value("kcl.leasesPerWorkerMax");
  const loopSeconds = facts.value("kcl.schedulerLoopSeconds");
  return {
    version: kclVersion,
    failoverSeconds,
    renewalSeconds: derived("kcl.leaseRenewalSeconds", failoverSeconds / 3 - epsilon),
    takerSeconds: derived("kcl.leaseTakerSeconds", 2 * (failoverSeconds + epsilon)),
    taker: {
      failoverSeconds,
      veryOldRatio: facts.value("kcl.veryOldFailovers"),
      leasesMax,
      stealMax: facts.value("kcl.leasesToStealMax"),
      prioritizesVeryOld: facts.value("kcl.veryOldWithinShare") === 0,
    },
    assignmentSeconds,
    assignment: {
      dampeningRatio: facts.value("kcl.dampeningRatio"),
      rebalanceRatio: facts.value("kcl.rebalanceRatio"),
      allowsOvershoot: facts.value("kcl.noThroughputOvershoot") === 0,
      throughputMaxKBps: facts.value("kcl.workerBytesPerSecondMax") / BYTES_PER_KB,
      leasesMax,
      utilizationMax: 100 * facts.value("kcl.utilizationMaxRatio"),
    },
    strategy: leaseAssignment,
    balancingRuns: facts.value("kcl.varianceBalancingRuns"),
    discoverySeconds: derived("kcl.leaseDiscoverySeconds", assignmentSeconds / 2 - epsilon),
    metrics: {
      firstSeconds: facts.value("kcl.firstMetricsSeconds"),
      reportSeconds: facts.value("kcl.workerMetricsReportSeconds"),
      activeReports: facts.value("kcl.workerActiveReports"),
      samples: facts.value("kcl.metricSamples"),
      smoothing: facts.value("kcl.metricSmoothing"),
    },
    leader: {
      heartbeatSeconds: facts.value("kcl.leaderHeartbeatSeconds"),
      leaseSeconds: facts.value("kcl.leaderLeaseSeconds"),
      // It looks when its loop comes round after the interval.
      pollSeconds: facts.value("kcl.leaderPollSeconds") + loopSeconds,
    },
    handOffSeconds: facts.value("kcl.handOffTimeoutSeconds") + failoverSeconds,
    start: {
      loopSeconds,
      seconds: facts.value("kcl.consumerStartSecondsMin"),
      parentPollSeconds: facts.value("kcl.parentPollSeconds"),
    },
    cleanupSeconds: facts.value("kcl.leaseCleanupSeconds"),
    use: {
      itemBytes: facts.value("kcl.leaseItemBytes"),
      bytesPerReadUnit: facts.value("dynamodb.bytesPerReadUnit"),
    },
  };
}
