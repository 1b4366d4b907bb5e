/*
 * The timers of the Kinesis Client Library by which leases change hands, in sentences.
 */
import { type KclModel, kclModel } from "../../simulation/kcl/kcl-model.js";
import type { Consumer } from "../../workload/schema.js";
import { consumerAt } from "../consumer-limit.js";
import type { RunSetting } from "../run-setting.js";
import { cite } from "./cite.js";

/** Why the leases of a worker that is gone stand still; nothing for readers without leases of that kind. */
export function sayExpiry(index: number, setting: RunSetting): string[] {
  const consumer = consumerAt(setting, index);
  if (consumer.kind !== "kcl") return [];
  const expiry = `a lease counts as expired ${cite(setting.facts, "kcl.failoverSeconds")} after its last renewal`;
  return [
    `${expiry}, and ${sayLooks(consumer, setting)}`,
    sayStart(consumer, setting),
    ...(consumer.kclVersion === 2 ? [] : [saySilence(setting)]),
  ];
}

/** How long the leader may give leases to a worker that is gone. */
function saySilence({ facts }: RunSetting): string {
  const [reports, period] = [cite(facts, "kcl.workerActiveReports"), cite(facts, "kcl.workerMetricsReportSeconds")];
  return `the leader takes a worker for one that is there until it has missed ${reports} reports, one every ${period}`;
}

/** Why the leases of new shards are not read at once. */
export function sayNewLeases(index: number, setting: RunSetting): string[] {
  const consumer = consumerAt(setting, index);
  if (consumer.kind !== "kcl") return [];
  return [`somebody has to take the lease of a new shard: ${sayLooks(consumer, setting)}`, sayStart(consumer, setting)];
}

/** Why nobody leads for a while. */
export function sayElection({ facts }: RunSetting): string {
  const [lock, poll] = [cite(facts, "kcl.leaderLeaseSeconds"), cite(facts, "kcl.leaderPollSeconds")];
  return `a leader's lock lasts ${lock} from its last renewal unless it lets go of it, and the others look at it every ${poll}`;
}

/** Why leases move although their owners are up. */
export function sayBalancing(index: number, setting: RunSetting): string[] {
  const consumer = consumerAt(setting, index);
  if (consumer.kind !== "kcl") return [];
  const { facts } = setting;
  if (consumer.kclVersion === 2)
    return [`a worker that has fewer than its part steals ${cite(facts, "kcl.leasesToStealMax")} at a time`];
  const runs = cite(facts, "kcl.varianceBalancingRuns");
  const share = cite(facts, "kcl.rebalanceRatio");
  const looks = cite(facts, "kcl.leaseAssignmentSeconds", modelOf(consumer, setting).assignmentSeconds);
  return [
    `a lease moves once a worker's load is ${share} off the average; the leader looks every ${looks}, and compares in one of ${runs} looks`,
  ];
}

function sayLooks(consumer: Consumer, setting: RunSetting): string {
  const { facts } = setting;
  const { takerSeconds, assignmentSeconds } = modelOf(consumer, setting);
  return consumer.kclVersion === 2
    ? `each worker looks every ${cite(facts, "kcl.leaseTakerSeconds", takerSeconds)}`
    : `the leader looks every ${cite(facts, "kcl.leaseAssignmentSeconds", assignmentSeconds)}`;
}

function sayStart(consumer: Consumer, setting: RunSetting): string {
  const { facts } = setting;
  const start = cite(facts, "kcl.consumerStartSecondsMin");
  if (consumer.kclVersion === 2) return `a worker reads ${start} after it took a lease`;
  const discovery = cite(facts, "kcl.leaseDiscoverySeconds", modelOf(consumer, setting).discoverySeconds);
  return `the new owner finds out within ${discovery}, and reads ${start} later`;
}

function modelOf(consumer: Consumer, { facts }: RunSetting): KclModel {
  return kclModel(consumer, facts);
}
