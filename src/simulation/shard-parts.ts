/*
 * What a shard is made of, whatever the fidelity: a log of what it has accepted, a writer that fills it, readers that empty it.
 */

import type { ConsumerModel } from "./consumer-model.js";
import type { RandomStream } from "./kernel/random-stream.js";
import type { ShardModel } from "./model.js";
import type { ProducerTraffic } from "./producer-traffic.js";
import type { ReadAccount } from "./read-account.js";
import type { ReadBucket } from "./read-bucket.js";
import type { RecordRange } from "./record-ranges.js";

/** What a shard has accepted: user records, in the order of arrival. */
export interface ShardLog {
  /** Totals at the end of what has been written: user records, and the Kinesis records that carry them with their bytes. */
  readonly records: number;
  readonly bytes: number;
  readonly kinesisRecords: number;
  /** Nothing arrives for a while. */
  pass(ticks: number): void;
  /** Once a minute; what lies before the oldest place that a reader still needs may be forgotten. */
  keepHistory(needed: { readonly oldest: number }): void;
  /** The place after the last record. */
  readonly end: number;
  /** How many user records had arrived by a time that may be long ago; 0 where that is not known any more. */
  arrivedLongAgo(seconds: number): number;
}

export interface Writer {
  /** @param share the part of the producer's keys that hash to this shard */
  addLane(traffic: ProducerTraffic, share: number): void;
  /** Simulates the ticks of a chunk and appends what was accepted to the log. */
  write(fromTick: number, toTick: number): void;
  /** Kinesis records of a producer that wait for an attempt, the first or another. */
  waitingOf(traffic: ProducerTraffic): number;
  waitingBytesOf(traffic: ProducerTraffic): number;
  /** Drops a share of them. */
  drop(traffic: ProducerTraffic, share: number): void;
  /** Hands what waits over to the shards that take this one's keys, in proportion to their part of the keys. */
  handOver(heirs: readonly Writer[]): void;
}

/** One consumer on one shard. Positions and counts are in user records, positions counted from the shard's first. */
export interface Reader {
  /** How far it has fetched and processed; what it missed on the way lies within. */
  readonly fetched: number;
  readonly processed: number;
  /** Of the processed ones, how many were not: it had missed them, and went on behind them. */
  readonly skipped: number;
  /**
   * What it turned out to have missed, as soon as it is known: before the processor gets there and it counts as skipped, and again
   * where more is missed since its worker is gone. Whoever counts it takes it out.
   */
  readonly missed: RecordRange[];
  /** The place of the oldest record that is not processed: its position, or its number where single records are simulated. */
  readonly oldest: number;
  /** Accepted, neither processed nor missed. */
  readonly backlog: number;
  /** Whether everything that a closed shard has accepted is processed. */
  readonly isDrained: boolean;
  readonly isReading: boolean;
  /** When a poller calls next. */
  readonly nextPollSeconds: number;
  /** Processing speed of the present, of all processors of the shard together, in user records per second. */
  recordsPerSecond: number;
  /**
   * Lets reading begin, or go on, at a tick.
   *
   * @param isAtOnce whether a poller calls then, not at a random time within its first interval
   */
  start(tick: number, isAtOnce?: boolean): void;
  stop(): void;
  /** Prepares a chunk that the log has already been written for. */
  beginChunk(fromTick: number): void;
  /** Goes on to a part of the chunk that begins at a tick: what it could process is asked for from there on. */
  beginStep(tick: number): void;
  /** What it could process in a chunk that has begun, given what it holds and can read: user records per second of the chunk. */
  demand(toTick: number, bucket: ReadBucket): number;
  /** Makes its GetRecords calls before a time, from `nextPollSeconds` on. */
  pollUntil(bucket: ReadBucket, seconds: number): void;
  /** What fan-out delivers up to the end of a chunk. */
  deliver(fromTick: number, toTick: number): void;
  /** Works out progress up to a time, and samples the age at every second on the way. */
  advance(seconds: number): void;
  /**
   * Forgets what it has fetched and not processed, as when its worker is gone: whoever goes on fetches that again, as far as it has not
   * expired since. A flow has nothing to forget: it processes at once what it fetches.
   */
  drop(): void;
  /** Marks how far it is. Whoever goes on after a crash begins between the last mark but one and where the crash was. */
  mark(): void;
  /**
   * Forgets what it holds and goes back to where it was when so much of the time since its last mark but one had passed (0 to 1), though
   * never to what has expired.
   *
   * @returns the user records that will be processed again
   */
  rewind(share: number): number;
  /** Processes nothing behind what the shard has accepted so far until it is let go on. */
  holdAtEnd(): void;
  /** Whether it is held up: all before that place is processed, and the record behind it is fetched. */
  readonly isHeld: boolean;
  /** Whether the shard has accepted the record behind that place. */
  readonly hasHeldRecord: boolean;
  /** Goes on behind so many user records, if there are so many; they count as skipped. How many they are. */
  goOn(records: number): number;
  /** Misses what lies before a position and is not fetched. What is fetched is still processed. */
  expire(upTo: number): void;
}

/** The parts of one shard, all of one fidelity. */
export interface ShardParts {
  readonly log: ShardLog;
  readonly writer: Writer;
  createReader(model: ConsumerModel, account: ReadAccount, random: RandomStream): Reader;
  /** Lets the shared readers read up to the end of a chunk, and make progress up to then. */
  readonly readShared: (readers: readonly Reader[], bucket: ReadBucket, toTick: number) => void;
}

export interface PartsFactory {
  /**
   * @param tick when the shard opens
   * @param shares of the producers' keys that hash to it, in their order
   */
  create(model: ShardModel, random: RandomStream, tick: number, shares: readonly number[]): ShardParts;
  /** Whether what is refused is refused record by record. */
  readonly writesSingly: boolean;
  /** Whether reading a chunk may be cut into seconds; otherwise the chunk has to be. */
  readonly readsBySeconds: boolean;
  /** How the ticks of all shards were simulated, as shares of their sum. */
  shares(): FidelityShares;
}

export type FidelityShares = Readonly<Partial<Record<"record" | "tick" | "leap" | "fluid", number>>>;
