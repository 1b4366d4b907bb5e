/*
 * Shared reads of one shard, poll by poll in the order of time, since they draw on one bucket: each reader goes on until it is another
 * one's turn.
 */
import type { ReadBucket } from "./read-bucket.js";
import type { Reader } from "./shard-parts.js";

/** Who polls at the same instant takes turns: the later consumer waits this long. */
const INSTANT_SECONDS = 1e-9;

export function readByPolls(readers: readonly Reader[], bucket: ReadBucket, toTick: number): void {
  for (;;) {
    const first = nextToPoll(readers);
    if (first === undefined || first.nextPollSeconds >= toTick) break;
    const second = nextToPoll(readers, first)?.nextPollSeconds ?? toTick;
    first.pollUntil(bucket, Math.min(toTick, Math.max(second, first.nextPollSeconds + INSTANT_SECONDS)));
  }
  for (const reader of readers) reader.advance(toTick);
}

function nextToPoll(readers: readonly Reader[], except?: Reader): Reader | undefined {
  let next: Reader | undefined;
  for (const reader of readers)
    if (reader !== except && (next === undefined || reader.nextPollSeconds < next.nextPollSeconds)) next = reader;
  return next;
}
