/*
 * A KPL producer in a run: what its Kinesis records are made up of in each second, and what it knows of the stream's shards. A reshard
 * operation makes its shard map stale. It finds that out by the first aggregate that comes back from another shard than expected, and
 * lists the shards anew; until it has, every user record for the whole stream goes out by itself, past the rate limiter. What was under
 * way to the closed shard is put again.
 *
 * Left out: chance in when a process finds out (all do when one aggregate of each has been put there on average), ListShards calls that
 * fail for other reasons than their number, and what of an aggregate lies within the child's range: all of it is put again.
 * Source: the KPL's aggregator.h, limiter.h, retrier.cc and shard_map.cc.
 */
import {
  aloneComposition,
  type Composition,
  compositionAt,
  statedComposition,
  waitInAggregate,
} from "./kpl-composition.js";
import type { KplAggregation, ProducerModel } from "./model.js";
import type { WriteTokens } from "./write-tokens.js";

/** What a shard accepted that was meant for another, in what is counted and in Kinesis records. */
interface Misdirected {
  readonly records: number;
  readonly kinesisRecords: number;
  readonly bytes: number;
}

const nothingMisdirected: Misdirected = { records: 0, kinesisRecords: 0, bytes: 0 };

export class KplSending {
  readonly #model: ProducerModel;
  readonly #aggregation: KplAggregation;
  readonly #alone: Composition;
  readonly #refreshTicks: number;
  /** Whether aggregates hold more or fewer records with the rate. */
  readonly isFilling: boolean;
  /**
   * Of each tick of a chunk, on the shard that is being written: Kinesis records for each record that is counted, its bytes relative to
   * the usual, and how many come at once, as one aggregate.
   */
  readonly costs: Float64Array;
  readonly ratios: Float64Array;
  readonly lumps: Float64Array;
  /** The rate that was looked up last. */
  #rate = Number.NaN;
  #composition = statedComposition;
  /** Shards that were opened up to this tick are known, and were before the last refresh. */
  #knownTick = 0;
  #knownBefore = 0;
  /** The producer's part of the keys of shards that it does not know, and the aggregates to come until it notices. */
  #staleShare = 0;
  #unnoticed = 0;
  /** Its part of the keys of those that it last found. */
  #foundShare = 1;
  /** The last refresh: from the tick at which the map was found stale. */
  #refreshFrom = Number.NEGATIVE_INFINITY;
  #refreshTo = Number.NEGATIVE_INFINITY;

  /** @param chunkTicks ticks of a chunk, at most */
  constructor(model: ProducerModel, aggregation: KplAggregation, chunkTicks: number) {
    this.#model = model;
    this.#aggregation = aggregation;
    this.#alone = aloneComposition(model);
    this.#refreshTicks = Math.ceil(aggregation.refreshSeconds);
    this.isFilling = aggregation.filling !== undefined;
    this.costs = new Float64Array(chunkTicks);
    this.ratios = new Float64Array(chunkTicks);
    this.lumps = new Float64Array(chunkTicks);
  }

  /** Takes note of a reshard operation, of a share of the producer's keys. Shards that open during a refresh are listed by it. */
  noteReshard(tick: number, share: number): void {
    if (tick < this.#refreshTo || this.#refreshTicks === 0) return;
    if (this.#staleShare === 0) this.#unnoticed = this.#aggregation.processes;
    this.#staleShare = Math.min(1, this.#staleShare + share);
  }

  /** Finds the tick of a chunk in which the map is found stale. */
  advance(records: Float64Array, fromTick: number, toTick: number): void {
    for (let tick = fromTick; tick < toTick && this.#staleShare > 0; tick += 1) {
      const rate = (records[tick - fromTick] as number) * this.#staleShare;
      this.#unnoticed -= rate * this.at(rate).cost;
      if (this.#unnoticed > 0) continue;
      this.#refreshFrom = tick;
      this.#refreshTo = tick + this.#refreshTicks;
      this.#knownBefore = this.#knownTick;
      this.#knownTick = this.#refreshTo - 1;
      this.#foundShare = this.#staleShare;
      this.#staleShare = 0;
    }
  }

  isRefreshing(tick: number): boolean {
    return tick >= this.#refreshFrom && tick < this.#refreshTo;
  }

  refreshesWithin(fromTick: number, toTick: number): boolean {
    return this.#refreshFrom < toTick && this.#refreshTo > fromTick;
  }

  /** The tick in which the last refresh began, if a shard that opened at a tick is one that the map did not know; else infinite. */
  foundAt(openedTick: number): number {
    return openedTick > this.#knownBefore ? this.#refreshFrom : Number.POSITIVE_INFINITY;
  }

  /**
   * What is put to a shard in aggregates before its producer knows the shard, and has to be put again, as far as the shard's buckets hold
   * it: one aggregate of each process, which tells it, and what is buffered or under way then.
   *
   * @param recordsPerSecond that are counted, of the shard
   * @param share of the producer's keys that the shard has
   * @param meanBytes of what is counted, made up as usual
   */
  misdirected(recordsPerSecond: number, share: number, meanBytes: number, tokens: WriteTokens): Misdirected {
    if (!(recordsPerSecond > 0)) return nothingMisdirected;
    const { processes, flightSeconds } = this.#aggregation;
    const part = Math.min(1, share / this.#foundShare);
    // Aggregates were built for the closed shard; those of two that merge are taken as one's.
    const rate = recordsPerSecond / part;
    const { cost, ratio } = this.at(rate);
    const users = this.#model.recordsPerKinesisRecord;
    const wait = waitInAggregate(rate * users, this.#aggregation, users);
    const first = (processes / cost) * part;
    const all = first + recordsPerSecond * (wait + flightSeconds);
    const bytes = ratio * meanBytes;
    const records = Math.max(0, Math.min(all, tokens.records / cost, tokens.bytes / bytes));
    return { records, kinesisRecords: records * cost, bytes: records * bytes };
  }

  /** How aggregates are made up at a rate of records that are counted. */
  at(recordsPerSecond: number): Composition {
    if (!this.isFilling) return statedComposition;
    if (recordsPerSecond !== this.#rate) {
      this.#rate = recordsPerSecond;
      this.#composition = compositionAt(recordsPerSecond, this.#model);
    }
    return this.#composition;
  }

  /** Works out the ticks of a chunk for a shard with a share of the records; says whether any is other than stated. */
  compose(records: Float64Array, share: number, fromTick: number, ticks: number): boolean {
    if (!this.isFilling && !this.refreshesWithin(fromTick, fromTick + ticks)) return false;
    for (let index = 0; index < ticks; index += 1) {
      const aggregated = this.at((records[index] as number) * share);
      const { cost, ratio } = this.isRefreshing(fromTick + index) ? this.#alone : aggregated;
      this.lumps[index] = 1 / aggregated.cost;
      this.costs[index] = cost;
      this.ratios[index] = ratio;
    }
    return true;
  }

  get alone(): Composition {
    return this.#alone;
  }
}
