/*
 * What the simulation needs to know, in numbers: made from a workload once, before the run. Rates are per second, sizes in bytes,
 * times in seconds. Everything that AWS or a library publishes comes from the service's facts, so that it can be overridden.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import { secondsPerDay } from "../units/dimension.js";
import { sumOf } from "../units/sum-of.js";
import type { Attachments } from "../workload/attachments.js";
import {
  type AggregateFilling,
  aggregateFilling,
  type KinesisRecord,
  kinesisRecord,
} from "../workload/kinesis-record.js";
import { type RateCurve, rateCurve } from "../workload/rate-curve.js";
import type { CapacityMode, Producer, ScenarioEvent, Workload } from "../workload/schema.js";
import { type ConsumerModel, consumerModel, type MeanTraffic } from "./consumer-model.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { type KeySpread, keyRandom, spreadKeys } from "./key-spread.js";
import { type OnDemandModel, onDemandModel, type WriteRate } from "./on-demand-model.js";
import { longestBackoffs, sdkRetrySettings } from "./sdk-retry.js";

/** What one shard takes and gives. */
export interface ShardModel {
  readonly writeBytesPerSecond: number;
  readonly writeRecordsPerSecond: number;
  readonly writeBurstBytes: number;
  readonly writeBurstRecords: number;
  readonly readBytesPerSecond: number;
  readonly readBurstBytes: number;
  readonly readCallsPerSecond: number;
  readonly recordsPerCall: number;
  readonly bytesPerCall: number;
}

export interface SdkRetry {
  readonly kind: "sdk";
  /** The longest wait before each retry; one entry less than there are attempts. */
  readonly backoffSecondsMax: readonly number[];
}

export interface KplRetry {
  readonly kind: "kpl";
  readonly ttlSeconds: number;
  /** From one attempt of a record to the next. */
  readonly retrySeconds: number;
  /** What the limiters of all processes let through to one shard. */
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly burstRecords: number;
  readonly burstBytes: number;
}

export type RetryModel = { readonly kind: "none" } | SdkRetry | KplRetry;

/** How the KPL makes Kinesis records of user records. */
export interface KplAggregation {
  /** How aggregates fill up; undefined where the workload states how many records they hold. */
  readonly filling: AggregateFilling | undefined;
  /** A user record by itself. */
  readonly aloneBytes: number;
  readonly processes: number;
  /** How long an aggregate waits for more records, and how long it is under way then. */
  readonly bufferedSeconds: number;
  readonly flightSeconds: number;
  /** How long a process does without its shard map when it has found it out of date. */
  readonly refreshSeconds: number;
}

export interface ProducerModel {
  readonly name: string;
  readonly curve: RateCurve;
  /**
   * User records in one Kinesis record, as long as nothing else is said. Where the KPL fills aggregates, which hold more or fewer records
   * with the rate, user records are what is counted: this is 1 then, and the bytes are its part of a full aggregate.
   */
  readonly recordsPerKinesisRecord: number;
  readonly bytesPerKinesisRecord: number;
  /** Undefined where every Kinesis record is made up alike, without the KPL. */
  readonly aggregation?: KplAggregation | undefined;
  /** Of the logarithm of a Kinesis record's size. */
  readonly logVariance: number;
  readonly bytesMax: number;
  readonly putBatch: number;
  readonly burstiness: number;
  readonly keys: KeySpread;
  readonly retry: RetryModel;
  readonly bufferBytes: number;
}

export interface ReshardModel {
  readonly factorMax: number;
  readonly factorMin: number;
  readonly callsPerDay: number;
  readonly shardsMax: number;
  readonly accountShards: number;
  readonly operationSeconds: number;
  readonly operationSecondsMin: number;
  readonly operationSecondsMax: number;
  readonly startDelaySecondsMax: number;
}

export interface StreamModel {
  readonly name: string;
  readonly mode: CapacityMode;
  readonly retentionSeconds: number;
  readonly shardCount: number;
  readonly shard: ShardModel;
  readonly reshard: ReshardModel;
  readonly onDemand: OnDemandModel;
  readonly producers: readonly ProducerModel[];
  readonly consumers: readonly ConsumerModel[];
  /** Invocations that the account may have at a time. */
  readonly accountConcurrency: number;
  readonly scenario: readonly ScenarioEvent[];
}

/** What the workload leaves open. */
export interface ModelChoices {
  readonly shardCount: number;
  /** The peak write before the run, where that is known. */
  readonly previousPeak?: WriteRate;
  /** Workers by the consumer's name; a consumer without an entry has one worker without a CPU limit. */
  readonly workers: ReadonlyMap<string, number>;
}

/** @param random the run's stream: keys without names are placed by it */
export function buildModel(
  workload: Workload,
  attachments: Attachments,
  facts: ServiceFacts,
  choices: ModelChoices,
  random: RandomStream,
): StreamModel {
  const { stream } = workload;
  const producers = workload.producers.map((producer) => producerModel(producer, workload, attachments, facts, random));
  const traffic = meanTraffic(producers, workload, choices.shardCount);
  return {
    name: stream.name,
    mode: stream.mode,
    retentionSeconds: stream.retention,
    shardCount: choices.shardCount,
    shard: shardModel(workload, facts),
    reshard: reshardModel(facts),
    onDemand: onDemandModel(workload, facts, choices.shardCount, choices.previousPeak),
    producers,
    consumers: workload.consumers.map((consumer) =>
      consumerModel(consumer, facts, choices.workers.get(consumer.name), traffic),
    ),
    accountConcurrency: facts.value("lambda.accountConcurrency"),
    scenario: workload.scenario,
  };
}

function meanTraffic(producers: readonly ProducerModel[], workload: Workload, shardCount: number): MeanTraffic {
  const rates = producers.map(({ curve }) => curve.mean ?? curve.ceiling(secondsPerDay));
  const records = sumOf(rates, (rate) => rate);
  const bytes = sumOf(workload.producers.entries(), ([index, { recordSize }]) => (rates[index] ?? 0) * recordSize);
  return { recordsPerShard: records / shardCount, bytesPerRecord: records > 0 ? bytes / records : 0 };
}

function shardModel({ stream }: Workload, facts: ServiceFacts): ShardModel {
  const ordinaryBytes = facts.value("record.bytesMaxDefault");
  const allowsLarge = (stream.maxRecordSize ?? ordinaryBytes) > ordinaryBytes;
  return {
    writeBytesPerSecond: facts.value("shard.writeBytesPerSecond"),
    writeRecordsPerSecond: facts.value("shard.writeRecordsPerSecond"),
    writeBurstBytes: facts.value(allowsLarge ? "largeRecord.burstBytes" : "shard.writeBurstBytes"),
    writeBurstRecords: facts.value("shard.writeBurstRecords"),
    readBytesPerSecond: facts.value("shard.readBytesPerSecond"),
    readBurstBytes: facts.value("getRecords.burstBytes"),
    readCallsPerSecond: facts.value("shard.readCallsPerSecond"),
    recordsPerCall: facts.value("getRecords.recordsPerCall"),
    bytesPerCall: facts.value("getRecords.bytesPerCall"),
  };
}

/** The rules and durations of resharding. */
export function reshardModel(facts: ServiceFacts): ReshardModel {
  return {
    factorMax: facts.value("updateShardCount.factorMax"),
    factorMin: facts.value("updateShardCount.factorMin"),
    callsPerDay: facts.value("updateShardCount.callsPerDay"),
    shardsMax: facts.value("stream.shardsMax"),
    accountShards: facts.value("account.shards"),
    operationSeconds: facts.value("reshard.operationSeconds"),
    operationSecondsMin: facts.value("reshard.operationSecondsMin"),
    operationSecondsMax: facts.value("reshard.operationSecondsMax"),
    startDelaySecondsMax: facts.value("reshard.startDelaySecondsMax"),
  };
}

function producerModel(
  producer: Producer,
  { stream }: Workload,
  { traces, weights }: Attachments,
  facts: ServiceFacts,
  random: RandomStream,
): ProducerModel {
  const full = kinesisRecord(producer, facts);
  const aggregation = kplAggregation(producer, facts);
  const counted = aggregation?.filling === undefined ? full : partOfAggregate(full);
  const { recordsPerKinesisRecord, bytesPerKinesisRecord } = counted;
  const typical = Math.min(
    facts.value("putRecords.recordsPerCallTypical"),
    Math.max(1, Math.floor(facts.value("putRecords.bytesPerCallTypical") / full.bytesPerKinesisRecord)),
  );
  return {
    name: producer.name,
    curve: rateCurve(producer, traces.get(producer.name), true, "steps"),
    recordsPerKinesisRecord,
    bytesPerKinesisRecord,
    aggregation,
    // An aggregate of n records varies √n times less than one.
    logVariance: Math.log1p((producer.recordSizeVariation ?? 0) ** 2 / recordsPerKinesisRecord),
    bytesMax: stream.maxRecordSize ?? facts.value("record.bytesMaxDefault"),
    putBatch: producer.putBatch ?? typical,
    burstiness: producer.burstiness ?? 0,
    keys: spreadKeys(producer.keys, weights.get(producer.name), keyRandom(random, producer.name)),
    retry: retryModel(producer, facts),
    bufferBytes: producer.buffer ?? Number.POSITIVE_INFINITY,
  };
}

/** One user record's part of an aggregate. */
function partOfAggregate({ recordsPerKinesisRecord, bytesPerKinesisRecord }: KinesisRecord): KinesisRecord {
  return { recordsPerKinesisRecord: 1, bytesPerKinesisRecord: bytesPerKinesisRecord / recordsPerKinesisRecord };
}

/** What the KPL does with a producer's records; other libraries that aggregate are taken to do it always alike. */
function kplAggregation(producer: Producer, facts: ServiceFacts): KplAggregation | undefined {
  const { aggregation, retry, recordSize, instances = 1 } = producer;
  if (aggregation === undefined || retry !== "kpl") return undefined;
  return {
    filling: aggregateFilling(producer, facts),
    aloneBytes: recordSize,
    processes: instances,
    bufferedSeconds: facts.value("kpl.bufferedSeconds"),
    flightSeconds: facts.value("kpl.collectSeconds") + facts.value("putRecords.roundTripSeconds"),
    refreshSeconds: facts.value("kpl.shardMapRefreshSeconds") + meanBackOffSeconds(instances, facts),
  };
}

/**
 * All processes list the shards at once; those for which the service has no call left wait and try again. How long they wait, as a
 * mean over the processes.
 */
function meanBackOffSeconds(processes: number, facts: ServiceFacts): number {
  const served = facts.value("listShards.callsPerSecond");
  const longest = facts.value("kpl.shardMapBackoffSecondsMax");
  let backOff = facts.value("kpl.shardMapBackoffSeconds");
  let sum = 0;
  for (let left = processes - served; left > 0; left -= served) {
    // Once no wait grows any more, the rest is a series.
    if (backOff >= longest) return (sum + longest * ((left * (left + served)) / (2 * served))) / processes;
    sum += left * backOff;
    backOff = Math.min(longest, backOff * facts.value("kpl.shardMapBackoffFactor"));
  }
  return sum / processes;
}

function retryModel({ retry, instances = 1 }: Producer, facts: ServiceFacts): RetryModel {
  if (retry === "none") return { kind: "none" };
  if (retry === "sdk") {
    return { kind: "sdk", backoffSecondsMax: longestBackoffs(sdkRetrySettings(facts), "throttling") };
  }
  const ratio = facts.value("kpl.rateLimitRatio") * instances;
  return {
    kind: "kpl",
    ttlSeconds: facts.value("kpl.recordTtlSeconds"),
    retrySeconds:
      facts.value("kpl.retryBufferedSeconds") +
      facts.value("kpl.collectSeconds") +
      facts.value("putRecords.roundTripSeconds"),
    recordsPerSecond: ratio * facts.value("shard.writeRecordsPerSecond"),
    bytesPerSecond: ratio * facts.value("shard.writeBytesPerSecond"),
    burstRecords: instances * facts.value("kpl.limiterBurstRecords"),
    burstBytes: instances * facts.value("kpl.limiterBurstBytes"),
  };
}
