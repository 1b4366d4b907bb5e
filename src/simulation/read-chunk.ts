/*
 * Lets all consumers read what shards were written in a chunk. Where a worker's CPU or a function's invocations are short, they are shared
 * out anew every second: the shards concerned are then read second by second, all others at one go.
 */
import type { ConsumerFleet } from "./consumer-fleet.js";
import type { LambdaConcurrency } from "./lambda-concurrency.js";
import type { PartsFactory } from "./shard-parts.js";
import type { StreamShard } from "./stream-shard.js";

/** What is read, and by whom. */
interface ReadStream {
  readonly liveShards: readonly StreamShard[];
  readonly fleets: readonly ConsumerFleet[];
  readonly concurrency: LambdaConcurrency;
  readonly parts: PartsFactory;
}

/** @returns false where the chunk was too long: something is short, and its shards cannot be read by seconds */
export function readChunk(stream: ReadStream, fromTick: number, toTick: number): boolean {
  const { liveShards, fleets, concurrency, parts } = stream;
  concurrency.share(toTick);
  for (const { speeds } of fleets) speeds.set(fromTick, toTick);
  concurrency.joinBusy();
  const isShort = fleets.some(({ speeds }) => speeds.isBusy);
  if (isShort && parts.readsBySeconds && toTick > fromTick + 1) {
    readBySeconds(stream, fromTick, toTick);
    return true;
  }
  concurrency.note(fromTick, toTick);
  for (const shard of liveShards) shard.read(fromTick, toTick);
  return !isShort || parts.readsBySeconds;
}

function readBySeconds({ liveShards, fleets, concurrency }: ReadStream, fromTick: number, toTick: number): void {
  const busy = liveShards.filter((shard) => shard.isBusy);
  for (const shard of liveShards) if (!shard.isBusy) shard.read(fromTick, toTick);
  for (let tick = fromTick; tick < toTick; tick += 1) {
    for (const shard of busy) shard.stepReading(tick);
    concurrency.share(tick + 1);
    for (const { speeds } of fleets) speeds.setBusy(tick + 1);
    concurrency.note(tick, tick + 1);
    for (const shard of busy) shard.read(tick, tick + 1);
  }
}
