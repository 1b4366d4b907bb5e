/*
 * When a processor takes records so smoothly, all polls alike, that many of them may be leapt over.
 */
import type { ConsumerModel } from "./consumer-model.js";

/** A processor that is busy for more than this part of the time may fall behind by chance. */
export const STEADY_UTILIZATION = 0.9;
/** A PutRecords call that keeps a processor behind for more than this part of a poll interval shows in ages. */
const LUMP_RATIO = 1 / 75;

/** Whether calls of so many records do not show where a processor can take so many a second more than arrive. */
export function isSmooth({ pollSeconds }: ConsumerModel, callRecords: number, headroom: number): boolean {
  return callRecords <= LUMP_RATIO * pollSeconds * headroom;
}

/**
 * Whether a minute's records may as well come evenly for all that a consumer's ages show, even while most arrive. A processor that is
 * busier than that falls behind for minutes, which leaps of the writer do show.
 */
export function takesSmoothly(consumer: ConsumerModel, callRecords: number, peak: number): boolean {
  const { recordsPerSecond } = consumer;
  return isSmooth(
    consumer,
    callRecords,
    Math.max(recordsPerSecond - peak, (1 - STEADY_UTILIZATION) * recordsPerSecond),
  );
}
