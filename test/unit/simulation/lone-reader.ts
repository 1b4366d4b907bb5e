/*
 * One reader by itself, on a log that the test fills: who reads, what the shard gives, and an account that keeps every latency.
 */

import type { ConsumerModel } from "../../../src/simulation/consumer-model.js";
import { Histogram } from "../../../src/simulation/kernel/histogram.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import type { ShardModel } from "../../../src/simulation/model.js";
import { CHUNK_TICKS } from "../../../src/simulation/producer-traffic.js";
import type { ReadAccount } from "../../../src/simulation/read-account.js";
import { ReadBucket } from "../../../src/simulation/read-bucket.js";
import { SteadyReaders } from "../../../src/simulation/steady-readers.js";

export const MIB = 1_048_576;

/** What AWS publishes for a shard's reads; nothing is written to it here. */
export const shardModel: ShardModel = {
  writeBytesPerSecond: MIB,
  writeRecordsPerSecond: 1_000,
  writeBurstBytes: MIB,
  writeBurstRecords: 1_000,
  readBytesPerSecond: 2 * MIB,
  readBurstBytes: 2 * MIB,
  readCallsPerSecond: 5,
  recordsPerCall: 10_000,
  bytesPerCall: 10 * MIB,
};

/** A reader that polls every second and takes no time, unless said otherwise. */
export function readerModel(changes: Partial<ConsumerModel> = {}): ConsumerModel {
  return {
    name: "c",
    kind: "sdk",
    isFanOut: false,
    pollSeconds: 1,
    batchSeconds: changes.pollSeconds ?? 1,
    batchWindow: undefined,
    pollJitterRatio: 0.1,
    recordsPerSecond: Number.POSITIVE_INFINITY,
    processors: 1,
    timeVariation: 0,
    cpuSecondsPerRecord: 0,
    vcpus: 1,
    workers: 1,
    standby: 0,
    prefetchRecords: Number.POSITIVE_INFINITY,
    prefetchBytes: Number.POSITIVE_INFINITY,
    deliverySeconds: 0,
    fanOutBytesPerSecond: 2 * MIB,
    checkpointIntervalSeconds: undefined,
    kcl: undefined,
    lambda: undefined,
    autoscaling: undefined,
    readRetry: undefined,
    restartSeconds: 60,
    ...changes,
  };
}

/** A histogram that keeps all that it was given, in that order. */
export class KeptLatencies extends Histogram {
  readonly seconds: number[] = [];
  readonly weights: number[] = [];

  override add(seconds: number, weight: number): void {
    this.seconds.push(seconds);
    this.weights.push(weight);
    super.add(seconds, weight);
  }
}

export function accountOf({ pollSeconds, pollJitterRatio }: ConsumerModel): ReadAccount & { latencies: KeptLatencies } {
  const latencies = new KeptLatencies();
  return {
    latencies,
    ageMax: new Float64Array(CHUNK_TICKS),
    steady: new SteadyReaders(pollSeconds, pollJitterRatio, RandomStream.fromSeed(1), latencies),
    retryQuota: undefined,
    processed: 0,
    repeated: 0,
    retried: 0,
    discarded: 0,
    invocations: 0,
    invocationSeconds: 0,
    workerSeconds: 0,
    calls: 0,
    readThrottles: 0,
  };
}

/** One GetRecords call: when, whether it was let through, and its bytes. */
export interface Call {
  readonly seconds: number;
  readonly isAdmitted: boolean;
  bytes: number;
}

/** A shard's bucket that keeps every call. */
export class WatchedBucket extends ReadBucket {
  readonly calls: Call[] = [];

  override admits(seconds: number): boolean {
    const isAdmitted = super.admits(seconds);
    this.calls.push({ seconds, isAdmitted, bytes: 0 });
    return isAdmitted;
  }

  override charge(bytes: number): void {
    const last = this.calls.at(-1);
    if (last !== undefined) last.bytes += bytes;
    super.charge(bytes);
  }

  get admitted(): readonly Call[] {
    return this.calls.filter(({ isAdmitted }) => isAdmitted);
  }
}
