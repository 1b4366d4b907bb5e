/*
 * Whether a stream that is simulated by the second is written record by record all the same. Where sizes vary and a shard is short of
 * bytes with few records, small ones find room where large ones do not, and what waits is larger than what is fresh.
 */
import { sumOf } from "../units/sum-of.js";
import { isLumpy } from "./bucket-outlasts.js";
import { recordsPerKinesisRecordAt } from "./kpl-composition.js";
import type { ProducerModel, ShardModel, StreamModel } from "./model.js";
import { recordSizes } from "./record-sizes.js";

/** So few records a second may as well be played one by one. */
const FEW_PER_SECOND = 256;
/** Producers of such records have to bring this part of the stream's bytes. */
const NOTABLE = 1 / 10;
/** Below this part of the bytes that shards take, most minutes are leapt over. */
const NEARLY_FULL = 0.8;

/** What it may cost: Kinesis records a second and shard, records that wait at once, and attempts in the whole run. */
const RATE_MAX = 2 ** 11;
const WAITING_MAX = 3e5;
const ATTEMPTS_MAX = 5e8;
/** Attempts of a record where much is refused, about. */
const attemptsPerRecord = { none: 1, sdk: 3, kpl: 5 } as const;

/**
 * Whether it matters which record comes first: sizes vary, and they are large for the bucket, or so large that a shard is short of bytes
 * with few of them. Where many make up the bytes, all are refused alike.
 */
function isCoarse(producer: ProducerModel, { writeBurstBytes, writeBytesPerSecond }: ShardModel): boolean {
  const { meanBytes, relativeVariance } = recordSizes(producer);
  if (relativeVariance === 0) return false;
  const recordsMax = producer.aggregation?.filling?.recordsMax ?? 1;
  const isFew = producer.bytesPerKinesisRecord * recordsMax * FEW_PER_SECOND >= writeBytesPerSecond;
  return isFew || isLumpy(meanBytes * (recordsMax + relativeVariance), writeBurstBytes, writeBytesPerSecond);
}

/**
 * The same for all shards of a stream, so that one can hand over to another.
 *
 * @param peaks the most user records per second of each producer
 * @param seconds of the run
 */
export function writesSingly(
  { producers, shard, shardCount }: StreamModel,
  peaks: readonly number[],
  seconds: number,
): boolean {
  const flows = producers.map((producer, index) => {
    const peak = peaks[index] as number;
    const perKinesisRecord = recordsPerKinesisRecordAt(peak / shardCount, producer);
    const records = peak / perKinesisRecord;
    const meanBytes = recordSizes(producer).meanBytes * (perKinesisRecord / producer.recordsPerKinesisRecord);
    return { producer, records, meanBytes, bytes: records * meanBytes };
  });
  const bytes = sumOf(flows, (flow) => flow.bytes);
  const coarse = flows.filter(({ producer }) => isCoarse(producer, shard));
  if (sumOf(coarse, (flow) => flow.bytes) <= NOTABLE * bytes) return false;
  const taken = shardCount * shard.writeBytesPerSecond;
  const excess = Math.max(0, 1 - taken / bytes);
  const waiting = sumOf(flows, ({ producer: { retry, bufferBytes }, records, meanBytes }) =>
    Math.min(excess * records * (retry.kind === "kpl" ? retry.ttlSeconds : 1), bufferBytes / meanBytes),
  );
  const attempts = sumOf(flows, ({ producer, records }) => records * attemptsPerRecord[producer.retry.kind]);
  return (
    sumOf(flows, ({ records }) => records) <= RATE_MAX * shardCount &&
    waiting <= WAITING_MAX &&
    (bytes < NEARLY_FULL * taken || attempts * seconds <= ATTEMPTS_MAX)
  );
}
