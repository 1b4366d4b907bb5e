/* Sizes of Kinesis records: lognormal, and none above the largest that the stream takes. */
import { upperTail } from "../units/normal-distribution.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { sampleLognormal } from "./kernel/samplers.js";
import type { ProducerModel } from "./model.js";

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

/** The bytes of one aggregate of `count` records that has `meanBytes` on average: it varies √count times less than one record. */
export function drawAggregateSize(
  meanBytes: number,
  count: number,
  { logVariance, bytesMax }: ProducerModel,
  random: RandomStream,
): number {
  if (logVariance === 0) return meanBytes;
  return Math.min(bytesMax, meanBytes * sampleLognormal(random, Math.log1p(Math.expm1(logVariance) / count)));
}
