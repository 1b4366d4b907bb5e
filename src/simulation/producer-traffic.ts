/*
 * What one producer offers the whole stream in each tick, in expectation: its curve over time, the scenario's factors, and the
 * variation from second to second that all shards see alike. And the producer's account: what became of what it offered.
 */
import { type HashRange, positionOf } from "../service/hash-range.js";
import { straightArea } from "../workload/rate-curve.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { sampleLognormal } from "./kernel/samplers.js";
import { KplSending } from "./kpl-sending.js";
import type { ProducerUse } from "./mode-meter.js";
import type { ProducerModel } from "./model.js";
import { type RecordSizes, recordSizes } from "./record-sizes.js";

/** Ticks that are simulated at one go, at most. */
export const CHUNK_TICKS = 60;

/** A chunk is even whose busiest second brings at most this multiple of its mean. */
const EVEN_RATIO = 1.02;

export class ProducerTraffic {
  readonly model: ProducerModel;
  readonly sizes: RecordSizes;
  /** What the KPL makes of the records; undefined where they go out as they are. */
  readonly kpl: KplSending | undefined;
  /** Records that the producer offers the stream in each tick of the chunk, on average: Kinesis records, or what else is counted. */
  readonly kinesisRecords = new Float64Array(CHUNK_TICKS);
  /** What the shard that is being written gets of them, in records and bytes of each tick. */
  readonly counts = new Float64Array(CHUNK_TICKS);
  readonly bytes = new Float64Array(CHUNK_TICKS);
  /** The sum of what the stream is offered, and the largest of it. */
  expected = 0;
  peak = 0;
  /** Whether the mean of the chunk says all of its seconds. */
  isEven = true;
  /** The scenario's factor of the present. */
  factor = 1;
  /** Sums over the run, in what is counted. */
  offered = 0;
  accepted = 0;
  lost = 0;
  acceptedLate = 0;
  /** What was accepted in aggregates by a shard other than the one expected, and put again. */
  misdirected = 0;
  /** The same in Kinesis records: attempts, and those of them that were refused. */
  attempts = 0;
  throttled = 0;
  /** What waits for another attempt, on all shards together. */
  waiting = 0;

  readonly #random: RandomStream;
  readonly #logVariance: number;
  /** Where the curve jumps or turns within a second, ascending, and the first of these places that is not passed. */
  readonly #bends: Float64Array;
  #nextBend = 0;

  /** @param seconds that are simulated */
  constructor(model: ProducerModel, random: RandomStream, seconds: number) {
    this.model = model;
    this.sizes = recordSizes(model);
    this.kpl = model.aggregation && new KplSending(model, model.aggregation, CHUNK_TICKS);
    this.#random = random.child("rate", model.name);
    this.#logVariance = Math.log1p(model.burstiness ** 2);
    const { curve } = model;
    this.#bends = curve.isWhole ? new Float64Array() : curve.bends(seconds).filter((at) => !Number.isInteger(at));
  }

  /** What shards have accepted of it so far. */
  get use(): ProducerUse {
    const { recordsPerKinesisRecord } = this.model;
    return {
      userRecords: this.accepted * recordsPerKinesisRecord,
      // What comes back from another shard than expected was accepted by it, and is again.
      kinesisRecords: this.kpl === undefined ? this.accepted : this.attempts - this.throttled,
      wrongShard: this.misdirected * recordsPerKinesisRecord,
    };
  }

  /** Works out the chunk's expected records. */
  fill(fromTick: number, toTick: number): void {
    const { curve, recordsPerKinesisRecord } = this.model;
    const scale = this.factor / recordsPerKinesisRecord;
    let before = curve.after(fromTick);
    for (let tick = fromTick; tick < toTick; tick += 1) {
      // The mean of a tick, as straight from its start to its end.
      const end = curve.before(tick + 1);
      const mean = (this.#bends[this.#nextBend] ?? tick + 1) < tick + 1 ? this.#meanOfBent(tick) : (before + end) / 2;
      this.kinesisRecords[tick - fromTick] = mean * scale;
      before = curve.after(tick + 1);
    }
    if (this.#logVariance > 0) this.#vary(toTick - fromTick);
    this.expected = 0;
    this.peak = 0;
    for (let index = 0; index < toTick - fromTick; index += 1) {
      const records = this.kinesisRecords[index] as number;
      this.expected += records;
      this.peak = Math.max(this.peak, records);
    }
    this.isEven = this.peak * (toTick - fromTick) <= EVEN_RATIO * this.expected;
    this.kpl?.advance(this.kinesisRecords, fromTick, toTick);
  }

  /** Takes note of new shards that take over a range of hash keys. */
  noteReshard(tick: number, { first, last }: HashRange): void {
    this.kpl?.noteReshard(tick, this.model.keys.share(positionOf(first), positionOf(last + 1n)));
  }

  /** The mean rate of a tick within which the curve bends. */
  #meanOfBent(tick: number): number {
    const times = [tick];
    for (; (this.#bends[this.#nextBend] ?? tick + 1) < tick + 1; this.#nextBend += 1)
      times.push(this.#bends[this.#nextBend] as number);
    times.push(tick + 1);
    return straightArea(this.model.curve, times);
  }

  #vary(ticks: number): void {
    for (let index = 0; index < ticks; index += 1)
      this.kinesisRecords[index] =
        (this.kinesisRecords[index] as number) * sampleLognormal(this.#random, this.#logVariance);
  }
}
