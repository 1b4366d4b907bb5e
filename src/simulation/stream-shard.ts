/*
 * A shard with everything that belongs to it: its range, what it has accepted, its buckets, and a lease for every consumer.
 */
import { type HashRange, nameOfRange, positionOf } from "../service/hash-range.js";
import type { ConsumerFleet } from "./consumer-fleet.js";
import type { RandomStream } from "./kernel/random-stream.js";
import type { Lease } from "./lease.js";
import type { ShardModel } from "./model.js";
import type { ProducerTraffic } from "./producer-traffic.js";
import { ReadBucket } from "./read-bucket.js";
import { MissedRecords } from "./record-ranges.js";
import type { PartsFactory, Reader, ShardLog, ShardParts, Writer } from "./shard-parts.js";

export class StreamShard {
  readonly number: number;
  readonly range: HashRange;
  readonly parents: readonly StreamShard[];
  readonly openedTick: number;
  closedTick: number | undefined;
  /** When every consumer was done with it. */
  drainedTick: number | undefined;
  readonly log: ShardLog;
  readonly writer: Writer;
  readonly #readBucket: ReadBucket;
  readonly #readShared: ShardParts["readShared"];
  /** One for each consumer, in their order. */
  readonly leases: readonly Lease[];
  readonly #sharedReaders: readonly Reader[];
  readonly #fanOutReaders: readonly Reader[];
  /** User records that expired before some consumer had read them, and those of each consumer, in their order. */
  readonly #missed = new MissedRecords();
  readonly #missedBy: readonly MissedRecords[];
  #expiredUpTo = 0;

  constructor(
    number: number,
    range: HashRange,
    parents: readonly StreamShard[],
    tick: number,
    model: ShardModel,
    producers: readonly ProducerTraffic[],
    fleets: readonly ConsumerFleet[],
    factory: PartsFactory,
    random: RandomStream,
  ) {
    this.number = number;
    this.range = range;
    this.parents = parents;
    this.openedTick = tick;
    // Named by the range, not by the number: the same keys meet the same chance whatever was split or merged before.
    const name = nameOfRange(range);
    const from = positionOf(range.first);
    const to = positionOf(range.last + 1n);
    const shares = producers.map((traffic) => traffic.model.keys.share(from, to));
    const parts = factory.create(model, random.child("arrivals", name), tick, shares);
    this.log = parts.log;
    this.writer = parts.writer;
    this.#readBucket = new ReadBucket(model, tick);
    this.#readShared = parts.readShared;
    for (const [index, traffic] of producers.entries()) this.writer.addLane(traffic, shares[index] as number);
    this.leases = fleets.map((fleet, consumer) =>
      fleet.addLease(
        number,
        parents.map(({ leases }) => leases[consumer] as Lease),
        this.log,
        this.#readBucket,
        (account) => parts.createReader(fleet.model, account, random.child("reads", fleet.model.name, name)),
        tick,
      ),
    );
    this.#missedBy = fleets.map(() => new MissedRecords());
    const readers = this.leases.map(({ reader }) => reader);
    this.#sharedReaders = readers.filter((_, index) => fleets[index]?.model.isFanOut === false);
    this.#fanOutReaders = readers.filter((_, index) => fleets[index]?.model.isFanOut === true);
  }

  get id(): string {
    return `shardId-${String(this.number).padStart(12, "0")}`;
  }

  get isOpen(): boolean {
    return this.closedTick === undefined;
  }

  /** Takes no more records. */
  close(tick: number): void {
    this.closedTick = tick;
    for (const lease of this.leases) lease.isOpen = false;
  }

  /** Closed, and processed to its end by every consumer. */
  get isDone(): boolean {
    return !this.isOpen && this.leases.every(({ isEnded }) => isEnded);
  }

  /** The oldest place in the log that a consumer still needs. */
  get oldest(): number {
    let oldest = this.log.end;
    for (const { reader } of this.leases) oldest = Math.min(oldest, reader.oldest);
    return oldest;
  }

  beginReading(fromTick: number): void {
    for (const { reader } of this.leases) reader.beginChunk(fromTick);
  }

  /** Whether some consumer's speed changes from second to second. */
  get isBusy(): boolean {
    return this.leases.some(({ isBusy }) => isBusy);
  }

  /** Goes on with a part of a chunk. */
  stepReading(tick: number): void {
    for (const { reader } of this.leases) reader.beginStep(tick);
  }

  /** Lets all consumers read what was written in the ticks of a chunk. */
  read(fromTick: number, toTick: number): void {
    this.#readShared(this.#sharedReaders, this.#readBucket, toTick);
    for (const reader of this.#fanOutReaders) {
      if (reader.isReading) reader.deliver(fromTick, toTick);
      else reader.advance(toTick);
    }
  }

  /** Gives up what is older than the retention. */
  expire(beforeSeconds: number): void {
    const upTo = this.log.arrivedLongAgo(beforeSeconds);
    if (upTo <= this.#expiredUpTo) return;
    this.#expiredUpTo = upTo;
    for (const { reader } of this.leases) reader.expire(upTo);
    this.#countMissed();
  }

  /** User records that expired before some consumer had read them; each counts once however many consumers miss it. */
  get expired(): number {
    this.#countMissed();
    return this.#missed.count;
  }

  /** User records that expired before one consumer had read them. */
  expiredFor(consumer: number): number {
    this.#countMissed();
    return (this.#missedBy[consumer] as MissedRecords).count;
  }

  #countMissed(): void {
    let processed = Number.POSITIVE_INFINITY;
    for (const [consumer, { reader }] of this.leases.entries()) {
      if (reader.processed < processed) processed = reader.processed;
      if (reader.missed.length === 0) continue;
      const missed = this.#missedBy[consumer] as MissedRecords;
      for (const range of reader.missed.splice(0)) {
        this.#missed.add(range);
        missed.add(range);
      }
      missed.forget(reader.processed);
    }
    this.#missed.forget(processed);
  }
}
