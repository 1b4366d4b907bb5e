/*
 * What the simulation needs to know of a consumer, in numbers. Rates are per second, sizes in bytes, times in seconds. Everything that AWS
 * or a library publishes comes from the service's facts, so that it can be overridden.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import type { Consumer } from "../workload/schema.js";
import type { AutoScalingModel } from "./auto-scaling-group.js";
import type { BatchWindowModel } from "./batch-window.js";
import { type KclModel, kclModel } from "./kcl/kcl-model.js";
import { recordsPerSecondOf } from "./lambda-batches.js";
import { type SdkRetrySettings, sdkRetrySettings } from "./sdk-retry.js";

/** A Lambda event source mapping, and its function. */
export interface LambdaModel {
  /** Of a full batch. */
  readonly batchRecords: number;
  readonly secondsPerRecord: number;
  /** What an invocation takes besides its records. */
  readonly invocationSeconds: number;
  readonly reservedConcurrency: number | undefined;
  /** -1 where there is no such limit. */
  readonly retryAttempts: number;
  readonly recordAgeSecondsMax: number;
  readonly bisects: boolean;
  readonly reportsItems: boolean;
  readonly retryBackoffSeconds: number;
  readonly retryBackoffSecondsMax: number;
}

export interface ConsumerModel {
  readonly name: string;
  readonly kind: Consumer["kind"];
  readonly isFanOut: boolean;
  readonly pollSeconds: number;
  /** How far apart batches are that wait to be filled, at the mean rate; `pollSeconds` where none do. */
  readonly batchSeconds: number;
  readonly batchWindow: BatchWindowModel | undefined;
  readonly pollJitterRatio: number;
  /** What one shard's processor, or its processors together, take; infinite where processing takes no time. */
  readonly recordsPerSecond: number;
  readonly processors: number;
  readonly timeVariation: number;
  /** 0 where CPU plays no part. */
  readonly cpuSecondsPerRecord: number;
  readonly vcpus: number;
  readonly workers: number;
  readonly standby: number;
  readonly prefetchRecords: number;
  readonly prefetchBytes: number;
  /** From a record's arrival to its delivery by fan-out. */
  readonly deliverySeconds: number;
  readonly fanOutBytesPerSecond: number;
  /** At most so long ago a worker has noted how far it is; undefined where whoever goes on knows that without. */
  readonly checkpointIntervalSeconds: number | undefined;
  /** How its workers share the leases; undefined where nothing of their own does that. */
  readonly kcl: KclModel | undefined;
  readonly lambda: LambdaModel | undefined;
  /** How refused reads are tried again; undefined where they wait for the next poll. The quota is that of all workers' clients. */
  readonly readRetry: SdkRetrySettings | undefined;
  /** The group that its workers are in, if it grows and shrinks. */
  readonly autoscaling: AutoScalingModel | undefined;
  readonly restartSeconds: number;
}

/** What a consumer is sent on average. */
export interface MeanTraffic {
  /** User records per second. */
  readonly recordsPerShard: number;
  readonly bytesPerRecord: number;
}

export function consumerModel(
  consumer: Consumer,
  facts: ServiceFacts,
  workers: number | undefined,
  traffic: MeanTraffic,
): ConsumerModel {
  const time = consumer.timePerRecord ?? consumer.cpuPerRecord ?? 0;
  const pollSeconds = consumer.pollInterval ?? facts.value(`${consumer.kind}.pollIntervalSeconds`);
  return {
    name: consumer.name,
    kind: consumer.kind,
    isFanOut: consumer.read === "fan-out",
    pollSeconds,
    batchSeconds: pollSeconds,
    batchWindow: undefined,
    pollJitterRatio: facts.value("getRecords.pollJitterRatio"),
    recordsPerSecond: time > 0 ? 1 / time : Number.POSITIVE_INFINITY,
    processors: 1,
    timeVariation: consumer.timeVariation ?? 0,
    cpuSecondsPerRecord: workers === undefined ? 0 : (consumer.cpuPerRecord ?? 0),
    vcpus: consumer.worker.vcpus,
    workers: workers ?? 1,
    standby: consumer.standby,
    deliverySeconds: facts.value("fanOut.latencySeconds"),
    fanOutBytesPerSecond: facts.value("fanOut.readBytesPerSecond"),
    restartSeconds: facts.value("worker.restartSeconds"),
    autoscaling: autoScalingModel(consumer, facts),
    readRetry: consumer.kind === "sdk" ? readRetry(facts, (workers ?? 1) + consumer.standby) : undefined,
    ...behaviourOf(consumer, facts, traffic),
  };
}

/** Each worker has a client of its own. */
function readRetry(facts: ServiceFacts, clients: number): SdkRetrySettings {
  const settings = sdkRetrySettings(facts);
  return { ...settings, quota: clients * settings.quota };
}

function autoScalingModel({ autoscaling, worker }: Consumer, facts: ServiceFacts): AutoScalingModel | undefined {
  if (autoscaling === undefined) return undefined;
  return {
    targetRatio: autoscaling.targetCpu ?? worker.targetCpu,
    min: autoscaling.min,
    max: autoscaling.max,
    cooldownSeconds: autoscaling.cooldown ?? facts.value("asg.cooldownSeconds"),
    launchSeconds: autoscaling.launchTime ?? facts.value("asg.launchSeconds"),
    highPoints: facts.value("asg.highAlarmPoints"),
    lowPoints: facts.value("asg.lowAlarmPoints"),
    lowRatio: facts.value("asg.lowAlarmRatio"),
    periodSeconds: facts.value("asg.metricPeriodSeconds"),
    metricDelaySeconds: autoscaling.metricDelay ?? facts.value("asg.metricDelaySeconds"),
    scalesIn: autoscaling.scaleIn,
  };
}

/** What depends on the kind of a consumer. */
type Behaviour = Pick<
  ConsumerModel,
  "prefetchRecords" | "prefetchBytes" | "checkpointIntervalSeconds" | "kcl" | "lambda"
> &
  Partial<Pick<ConsumerModel, "batchSeconds" | "batchWindow" | "recordsPerSecond" | "processors">>;

function behaviourOf(consumer: Consumer, facts: ServiceFacts, traffic: MeanTraffic): Behaviour {
  if (consumer.kind === "kcl") return kclBehaviour(consumer, facts);
  return consumer.kind === "lambda" ? lambdaBehaviour(consumer, facts, traffic) : plainBehaviour(facts);
}

function kclBehaviour(consumer: Consumer, facts: ServiceFacts): Behaviour {
  return {
    prefetchRecords: facts.value("kcl.prefetchRecordsMax"),
    prefetchBytes: facts.value("kcl.prefetchBytesMax"),
    // After every batch, where nothing else is said.
    checkpointIntervalSeconds:
      consumer.checkpointInterval ?? consumer.pollInterval ?? facts.value("kcl.pollIntervalSeconds"),
    kcl: kclModel(consumer, facts),
    lambda: undefined,
  };
}

/** Readers without leases of their own fetch one call ahead, and start where they are told to. */
function plainBehaviour(facts: ServiceFacts): Behaviour {
  return {
    prefetchRecords: Number.POSITIVE_INFINITY,
    prefetchBytes: facts.value("getRecords.bytesPerCall"),
    checkpointIntervalSeconds: undefined,
    kcl: undefined,
    lambda: undefined,
  };
}

function lambdaBehaviour(
  consumer: Consumer,
  facts: ServiceFacts,
  { recordsPerShard, bytesPerRecord }: MeanTraffic,
): Behaviour {
  const secondsPerRecord = consumer.timePerRecord ?? consumer.cpuPerRecord ?? 0;
  const processors = consumer.parallelization ?? facts.value("lambda.parallelizationDefault");
  const invocationSeconds = secondsPerRecord > 0 ? facts.value("lambda.invocationSeconds") : 0;
  // Batches hold records as they come, whatever producer they are from.
  const batchRecords = Math.max(
    1,
    Math.min(consumer.batchSize, Math.floor(facts.value("lambda.batchBytesMax") / bytesPerRecord)),
  );
  const pollSeconds = consumer.pollInterval ?? facts.value("lambda.pollIntervalSeconds");
  const windowSeconds = consumer.batchWindow ?? facts.value("lambda.batchingWindowSecondsDefault");
  return {
    ...plainBehaviour(facts),
    batchSeconds: Math.max(pollSeconds, Math.min(windowSeconds, batchRecords / recordsPerShard)),
    batchWindow: windowSeconds > 0 ? { seconds: windowSeconds, records: batchRecords } : undefined,
    processors,
    recordsPerSecond: recordsPerSecondOf(processors, batchRecords, secondsPerRecord, invocationSeconds),
    lambda: {
      batchRecords,
      secondsPerRecord,
      invocationSeconds,
      reservedConcurrency: consumer.concurrency,
      retryAttempts: consumer.retryAttempts ?? -1,
      recordAgeSecondsMax: consumer.maxRecordAge ?? -1,
      bisects: consumer.bisect,
      reportsItems: consumer.reportItemFailures,
      retryBackoffSeconds: facts.value("lambda.retryBackoffSeconds"),
      retryBackoffSecondsMax: facts.value("lambda.retryBackoffSecondsMax"),
    },
  };
}
