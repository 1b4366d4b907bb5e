/*
 * A shard that is short of room while only one producer has keys on it, which is the common case: the ticks until nothing waits any more, in
 * one loop over plain numbers. It comes to what any number of producers would with all but one of them silent, in three quarters of the time.
 */
import { bytesLeft, type FlowLane, meanSizeFor, offeredSize } from "./flow-lane.js";
import type { ShardModel } from "./model.js";
import { createRetryQueue } from "./retry-queue.js";
import { roundDown } from "./round-down.js";
import type { WriteTokens } from "./write-tokens.js";

/** What a shard accepts in each tick of a chunk. */
export interface TickTotals {
  readonly records: Float64Array;
  readonly kinesisRecords: Float64Array;
  readonly bytes: Float64Array;
}

/**
 * Plays the ticks of a chunk from the one at `from` on, up to the end or until nothing waits, and says up to which it has.
 *
 * @param fromTick the chunk's first tick
 */
export function playLoneLane(
  lane: FlowLane,
  tokens: WriteTokens,
  model: ShardModel,
  totals: TickTotals,
  fromTick: number,
  from: number,
  ticks: number,
): number {
  const { writeRecordsPerSecond, writeBytesPerSecond, writeBurstRecords, writeBurstBytes } = model;
  const { traffic } = lane;
  const { counts, bytes, sizes } = traffic;
  const { retry, recordsPerKinesisRecord } = traffic.model;
  lane.queue ??= createRetryQueue(retry);
  const queue = lane.queue;
  const waited = queue.waiting;
  let waiting = waited;
  let { waitingBytes } = lane;
  let { records: recordTokens, bytes: byteTokens } = tokens;
  let refused = 0;
  let retried = 0;
  let lost = 0;
  let acceptedLate = 0;
  let index = from;
  do {
    const fresh = counts[index] as number;
    const freshBytes = bytes[index] as number;
    const meanSize = meanSizeFor(retry, sizes, waiting + fresh, waitingBytes + freshBytes);
    const attempts = queue.attempts(fromTick + index, fresh, meanSize);
    const size = offeredSize(sizes, attempts, fresh, freshBytes, waiting, waitingBytes);
    recordTokens += writeRecordsPerSecond;
    byteTokens += writeBytesPerSecond;
    const most = lane.fits ? Math.max(0, Math.min(recordTokens, byteTokens / size)) : 0;
    const taken = attempts > most ? roundDown(most) : attempts;
    recordTokens = Math.min(writeBurstRecords, recordTokens - taken);
    byteTokens = Math.min(writeBurstBytes, byteTokens - taken * size);
    const settlement = queue.settle(fromTick + index, fresh, attempts, taken);
    retried += attempts - fresh + settlement.furtherAttempts;
    refused += attempts - taken + settlement.furtherAttempts;
    lost += settlement.lost;
    acceptedLate += settlement.acceptedLate;
    const rest = waiting + fresh - taken;
    waiting = queue.waiting;
    waitingBytes = bytesLeft(waitingBytes + freshBytes - taken * size, waiting, rest);
    totals.records[index] = taken * recordsPerKinesisRecord;
    totals.kinesisRecords[index] = taken;
    totals.bytes[index] = taken * size;
    index += 1;
  } while (index < ticks && waiting > 0);
  tokens.records = recordTokens;
  tokens.bytes = byteTokens;
  lane.waitingBytes = waitingBytes;
  traffic.attempts += retried;
  traffic.throttled += refused;
  traffic.accepted += retried - refused;
  traffic.lost += lost;
  traffic.acceptedLate += acceptedLate;
  traffic.waiting += waiting - waited;
  return index;
}
