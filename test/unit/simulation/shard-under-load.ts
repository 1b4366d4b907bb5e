/*
 * The write side of one shard by itself, whatever the fidelity: producers of constant rate write to it, and everything that it took
 * can be looked at. Without retries nothing that is drawn depends on what the shard takes, so that a shard without limits shows what
 * is offered to every other one at the same seed.
 */
import { chooseParts, type Fidelity } from "../../../src/simulation/fidelity.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import { KeySpread } from "../../../src/simulation/key-spread.js";
import type { ProducerModel, ShardModel, StreamModel } from "../../../src/simulation/model.js";
import { CHUNK_TICKS, ProducerTraffic } from "../../../src/simulation/producer-traffic.js";
import { RecordLog } from "../../../src/simulation/record-log.js";
import type { PartsFactory, ShardLog } from "../../../src/simulation/shard-parts.js";
import { constantCurve } from "../../../src/workload/rate-curve.js";

/** What a shard takes: a bucket of records and a bucket of bytes. */
export type WriteLimits = Pick<
  ShardModel,
  "writeRecordsPerSecond" | "writeBytesPerSecond" | "writeBurstRecords" | "writeBurstBytes"
>;

/** So much that nothing is ever refused. */
export const noLimits: WriteLimits = {
  writeRecordsPerSecond: 1e12,
  writeBytesPerSecond: 1e15,
  writeBurstRecords: 1e12,
  writeBurstBytes: 1e15,
};

/** A bucket of records alone. */
export function recordLimit(perSecond: number, burst: number): WriteLimits {
  return { ...noLimits, writeRecordsPerSecond: perSecond, writeBurstRecords: burst };
}

/** Small records of one size, one by one and without retries, unless said otherwise. */
export function producerOf(recordsPerSecond: number, changes: Partial<ProducerModel> = {}): ProducerModel {
  return {
    name: "producer",
    curve: constantCurve(recordsPerSecond),
    recordsPerKinesisRecord: 1,
    bytesPerKinesisRecord: 100,
    logVariance: 0,
    bytesMax: 1_048_576,
    putBatch: 1,
    burstiness: 0,
    keys: new KeySpread(new Float64Array(), new Float64Array(), Float64Array.of(1)),
    retry: { kind: "none" },
    bufferBytes: Number.POSITIVE_INFINITY,
    ...changes,
  };
}

export interface ShardLoad {
  readonly fidelity: Fidelity;
  readonly producers: readonly ProducerModel[];
  readonly limits: WriteLimits;
  readonly seconds: number;
  readonly seed?: number;
  /** The part of the producers' keys that the shard has. */
  readonly share?: number;
  /** Ticks that are simulated at one go. */
  readonly chunkTicks?: number;
  /** Called after every chunk. */
  readonly look?: (log: ShardLog, seconds: number, producers: readonly ProducerTraffic[]) => void;
}

export interface LoadedShard {
  readonly log: ShardLog;
  readonly producers: readonly ProducerTraffic[];
  readonly parts: PartsFactory;
}

/** Lets the producers write for a while. */
export function loadShard(load: ShardLoad): LoadedShard {
  const { fidelity, limits, seconds, seed = 1, share = 1, chunkTicks = CHUNK_TICKS } = load;
  const random = RandomStream.fromSeed(seed);
  const shard: ShardModel = { ...readLimits, ...limits };
  const stream = {
    shardCount: 1,
    shard,
    producers: load.producers,
    consumers: [],
    scenario: [],
  } as unknown as StreamModel;
  const parts = chooseParts(fidelity, stream, seconds);
  const shares = load.producers.map(() => share);
  const { log, writer } = parts.create(shard, random.child("shard"), 0, shares);
  const producers = load.producers.map((model) => new ProducerTraffic(model, random, seconds));
  for (const traffic of producers) writer.addLane(traffic, share);
  for (let from = 0; from < seconds; from += chunkTicks) {
    const to = Math.min(seconds, from + chunkTicks);
    for (const traffic of producers) traffic.fill(from, to);
    writer.write(from, to);
    load.look?.(log, to, producers);
  }
  return { log, producers, parts };
}

const readLimits = {
  readBytesPerSecond: 2_097_152,
  readBurstBytes: 2_097_152,
  readCallsPerSecond: 5,
  recordsPerCall: 10_000,
  bytesPerCall: 10_485_760,
};

/** Kinesis records one by one: when each was taken, and its bytes. */
export interface TakenRecords {
  readonly arrivals: Float64Array;
  readonly sizes: Float64Array;
}

/** What a shard took, record by record, provided that its log has forgotten none. */
export function takenRecords(log: ShardLog): TakenRecords {
  if (!(log instanceof RecordLog) || log.firstNumber > 0) throw new TypeError("the records are not known one by one");
  return { arrivals: log.arrivals.slice(0, log.endNumber), sizes: log.sizes.slice(0, log.endNumber) };
}
