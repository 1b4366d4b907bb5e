/*
 * What each shard took in the last minute, in bytes and Kinesis records, by the shard's number. It is worked out for every shard once a
 * minute, so it is kept in plain numbers.
 */
import { doubled } from "./doubled.js";
import type { WriteRate } from "./on-demand-model.js";
import type { StreamShard } from "./stream-shard.js";

/** Room for this many shards at first. */
const SHARDS_AT_FIRST = 2 ** 4;

export class ShardLoads {
  /** What one shard takes. */
  readonly #limit: WriteRate;
  /** What a shard had taken since it opened, at the last look. */
  #bytes = new Float64Array(SHARDS_AT_FIRST);
  #records = new Float64Array(SHARDS_AT_FIRST);
  #bytesPerSecond = new Float64Array(SHARDS_AT_FIRST);
  #recordsPerSecond = new Float64Array(SHARDS_AT_FIRST);

  constructor(limit: WriteRate) {
    this.#limit = limit;
  }

  /**
   * Looks at shards that are open. One that has opened since the last look is taken to have been idle before.
   *
   * @param seconds since the last look
   */
  look(shards: readonly StreamShard[], seconds: number): void {
    for (const { number, log } of shards) {
      while (number >= this.#bytes.length) this.#grow();
      const { bytes, kinesisRecords } = log;
      this.#bytesPerSecond[number] = (bytes - (this.#bytes[number] as number)) / seconds;
      this.#recordsPerSecond[number] = (kinesisRecords - (this.#records[number] as number)) / seconds;
      this.#bytes[number] = bytes;
      this.#records[number] = kinesisRecords;
    }
  }

  #grow(): void {
    this.#bytes = doubled(this.#bytes);
    this.#records = doubled(this.#records);
    this.#bytesPerSecond = doubled(this.#bytesPerSecond);
    this.#recordsPerSecond = doubled(this.#recordsPerSecond);
  }

  /** Of a shard, at the last look; 0 for one that has opened since. */
  bytesPerSecond({ number }: StreamShard): number {
    return this.#bytesPerSecond[number] ?? 0;
  }

  /** The larger of what a shard took of its bytes and of its records, 1 for all of them. */
  fill(shard: StreamShard): number {
    const records = this.#recordsPerSecond[shard.number] ?? 0;
    return Math.max(this.bytesPerSecond(shard) / this.#limit.bytesPerSecond, records / this.#limit.recordsPerSecond);
  }
}
