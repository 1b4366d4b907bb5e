/* Sizes of Kinesis records: lognormal, and none above the largest that the stream takes. */
import { upperTail } from "../units/normal-distribution.js";
import { isLumpy } from "./bucket-outlasts.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { sampleLognormal } from "./kernel/samplers.js";
import type { ProducerModel, ShardModel } from "./model.js";

/** What a Kinesis record weighs. */
export interface RecordSizes {
  readonly meanBytes: number;
  /** Variance over the squared mean. */
  readonly relativeVariance: number;
}

/** The mean and the variance of a producer's sizes: of a lognormal distribution, what is above the bound counted as the bound. */
export function recordSizes({ bytesPerKinesisRecord, logVariance, bytesMax }: ProducerModel): RecordSizes {
  if (logVariance === 0) return { meanBytes: bytesPerKinesisRecord, relativeVariance: 0 };
  const deviation = Math.sqrt(logVariance);
  const edge = Math.log(bytesMax / bytesPerKinesisRecord) / deviation;
  // How many are cut; what the others weigh, and the square of that.
  const cut = upperTail(edge + deviation / 2);
  const rest = upperTail(deviation / 2 - edge);
  const restSquared = upperTail((3 * deviation) / 2 - edge);
  const meanBytes = bytesPerKinesisRecord * rest + bytesMax * cut;
  const meanSquare = bytesPerKinesisRecord ** 2 * Math.exp(logVariance) * restSquared + bytesMax ** 2 * cut;
  return { meanBytes, relativeVariance: Math.max(0, meanSquare / meanBytes ** 2 - 1) };
}

/** The bytes of one record. */
export function drawSize(
  { bytesPerKinesisRecord, logVariance, bytesMax }: ProducerModel,
  random: RandomStream,
): number {
  if (logVariance === 0) return bytesPerKinesisRecord;
  return Math.min(bytesMax, bytesPerKinesisRecord * sampleLognormal(random, logVariance));
}

/** So few records a second may as well be played one by one. */
const FEW_PER_SECOND = 256;

/**
 * Whether it matters which record comes first: sizes vary, so that small ones find room where large ones do not, and they are large for
 * the bucket, or so large that a shard is short of bytes with few of them. Where many make up the bytes, all are refused alike.
 */
export function isCoarse(producer: ProducerModel, { writeBurstBytes, writeBytesPerSecond }: ShardModel): boolean {
  const { meanBytes, relativeVariance } = recordSizes(producer);
  if (relativeVariance === 0) return false;
  const isFew = producer.bytesPerKinesisRecord * FEW_PER_SECOND >= writeBytesPerSecond;
  return isFew || isLumpy(meanBytes * (1 + relativeVariance), writeBurstBytes, writeBytesPerSecond);
}
