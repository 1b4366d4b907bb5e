/*
 * Lets all consumers read what shards were written in a chunk. Where a worker's CPU or a function's invocations are short, they are shared
 * out anew every second: the shards concerned are then read second by second, all others at one go.
 */
import type { ConsumerFleet } from "./consumer-fleet.js";
import type { PartsFactory } from "./shard-parts.js";
import type { StreamShard } from "./stream-shard.js";

/** What is read, and by whom. */
interface ReadStream {
  readonly liveShards: readonly StreamShard[];
  readonly fleets: readonly ConsumerFleet[];
  readonly parts: PartsFactory;
}

/** @returns false where the chunk was too long: something is short, and its shards cannot be read by seconds */
export function readChunk({ liveShards, fleets, parts }: ReadStream, fromTick: number, toTick: number): boolean {
  const isShort = fleets.map((fleet) => fleet.setSpeeds(toTick)).includes(true);
  if (!isShort || !parts.readsBySeconds || toTick === fromTick + 1) {
    for (const shard of liveShards) shard.read(fromTick, toTick);
    return !isShort || parts.readsBySeconds;
  }
  const busy = liveShards.filter((shard) => shard.isBusy);
  for (const shard of liveShards) if (!shard.isBusy) shard.read(fromTick, toTick);
  readBySeconds(busy, fleets, fromTick, toTick);
  return true;
}

function readBySeconds(
  shards: readonly StreamShard[],
  fleets: readonly ConsumerFleet[],
  fromTick: number,
  toTick: number,
): void {
  for (let tick = fromTick; tick < toTick; tick += 1) {
    for (const shard of shards) shard.stepReading(tick);
    for (const fleet of fleets) fleet.setBusySpeeds(tick + 1);
    for (const shard of shards) shard.read(tick, tick + 1);
  }
}
