/*
 * What is kept of a run: one row for every stretch of `resolution` seconds, and the sums over the run.
 */
import { roundToMillionths } from "../units/rounding.js";
import { AgeSamples } from "./age-samples.js";
import type { ConsumerFleet } from "./consumer-fleet.js";
import { CpuRecorder } from "./cpu-recorder.js";
import { type ConsumerMinutes, emptyMinutes, type MinuteSeries } from "./minute-series.js";
import { CHUNK_TICKS, type ProducerTraffic } from "./producer-traffic.js";

/** One consumer in one row. Ages are in seconds, ratios 0 to 1. */
export interface TimelineConsumer {
  readonly name: string;
  readonly processedRecords: number;
  /** User records accepted, and neither processed nor expired, at the end of the row. */
  readonly backlogRecords: number;
  /** The largest sample of the row; they are taken every second. */
  readonly iteratorAgeSecondsMax: number;
  /** Calls that a shard refused. */
  readonly readThrottles: number;
  /**
   * Mean over the workers while they are up, and the most that one of them uses of its CPU in a minute of the row; in the whole row where
   * that is shorter than a minute. Null where CPU plays no part.
   */
  readonly cpuUtilization: { readonly mean: number; readonly max: number } | null;
  /** Those that are up and not spare, at the end of the row. */
  readonly workers: number;
  /** Lambda's invocations that run at a time, on average; null where there are none. */
  readonly concurrency: number | null;
}

/**
 * What happened in one stretch of time. Records are user records, throttled and attempted ones Kinesis records. Open shards, and what is
 * with the producers or not processed, are as of its end.
 */
export interface TimelineRow {
  /** Its start, in seconds from the start of the run. */
  readonly at: number;
  readonly seconds: number;
  readonly offeredRecords: number;
  readonly acceptedRecords: number;
  readonly attemptedRecords: number;
  readonly throttledRecords: number;
  readonly lostRecords: number;
  /** Accepted by shards for which they were not meant, after a reshard operation, and put again; they are accepted once. */
  readonly wrongShardRecords: number;
  readonly bufferedRecords: number;
  readonly acceptedBytes: number;
  readonly openShards: number;
  readonly consumers: readonly TimelineConsumer[];
}

/** Sums over all producers, or of one, in user records; attempts and those throttled in Kinesis records. */
export interface ProducerSums {
  readonly offered: number;
  readonly accepted: number;
  readonly lost: number;
  readonly attempts: number;
  readonly throttled: number;
  readonly acceptedLate: number;
  /** What shards accepted that their producer had meant for others, and put again. */
  readonly wrongShard: number;
}

export function sumProducers(producers: readonly ProducerTraffic[]): ProducerSums {
  const sums = { offered: 0, accepted: 0, lost: 0, attempts: 0, throttled: 0, acceptedLate: 0, wrongShard: 0 };
  for (const producer of producers) {
    const { recordsPerKinesisRecord } = producer.model;
    sums.offered += producer.offered * recordsPerKinesisRecord;
    sums.accepted += producer.accepted * recordsPerKinesisRecord;
    sums.lost += producer.lost * recordsPerKinesisRecord;
    sums.acceptedLate += producer.acceptedLate * recordsPerKinesisRecord;
    sums.wrongShard += producer.misdirected * recordsPerKinesisRecord;
    sums.attempts += producer.attempts;
    sums.throttled += producer.throttled;
  }
  return sums;
}

/** Where the sums of the run stood when the row began. */
interface Mark {
  readonly tick: number;
  readonly producers: ProducerSums;
  /** Accepted by the stream. */
  readonly bytes: number;
  readonly consumers: readonly ConsumerMark[];
}

interface ConsumerMark {
  readonly processed: number;
  readonly readThrottles: number;
  readonly invocationSeconds: number;
}

/** Writes the rows of a run. */
export class TimelineRecorder {
  readonly rows: TimelineRow[] = [];
  readonly cpu: readonly CpuRecorder[];
  /** By consumer, the ages at the end of every second of the run. */
  readonly ages: readonly AgeSamples[];
  readonly #producers: readonly ProducerTraffic[];
  readonly #fleets: readonly ConsumerFleet[];
  readonly #ageMax: number[];
  readonly #isPart: boolean;
  readonly minutes: MinuteSeries;
  #mark: Mark;
  /** Where the sums stood when the minute began. */
  #minuteMark: Mark;

  /**
   * @param seconds of the run
   * @param isPart whether it is one of several parts of a stream
   */
  constructor(
    producers: readonly ProducerTraffic[],
    fleets: readonly ConsumerFleet[],
    seconds: number,
    isPart: boolean,
  ) {
    this.#producers = producers;
    this.#isPart = isPart;
    this.#fleets = fleets;
    this.#ageMax = fleets.map(() => 0);
    this.cpu = fleets.map((fleet) => new CpuRecorder(fleet));
    this.ages = fleets.map(() => new AgeSamples(seconds, isPart));
    this.minutes = emptyMinutes(seconds, fleets.length);
    this.#mark = this.#take(0, 0);
    this.#minuteMark = this.#mark;
  }

  #take(tick: number, bytes: number): Mark {
    return {
      tick,
      producers: sumProducers(this.#producers),
      bytes,
      consumers: this.#fleets.map(({ account }) => ({
        processed: account.processed,
        readThrottles: account.readThrottles,
        invocationSeconds: account.invocationSeconds,
      })),
    };
  }

  /** Notes the ages of a chunk: they were sampled at the end of each of its ticks. */
  sampleAges(fromTick: number, ticks: number): void {
    // Chunks keep to the minutes.
    const minute = Math.floor(fromTick / CHUNK_TICKS);
    for (const [index, { account }] of this.#fleets.entries()) {
      const ages = this.ages[index] as AgeSamples;
      const minuteAges = (this.minutes.consumers[index] as ConsumerMinutes).ages;
      for (let tick = 0; tick < ticks; tick += 1) {
        const sampled = account.ageMax[tick] as number;
        // What is less than a millionth of a second comes from rounding.
        const age = roundToMillionths(account.steady.isEmpty ? sampled : Math.max(account.steady.sampleAge(), sampled));
        ages.add(age);
        if (age > (this.#ageMax[index] as number)) this.#ageMax[index] = age;
        if (age > (minuteAges[minute] as number)) minuteAges[minute] = age;
      }
      account.ageMax.fill(0);
      account.steady.clear();
    }
  }

  /** Ends a minute of the run, or the part of one at its end. */
  endMinute(tick: number): void {
    const { tick: from, producers: before, consumers } = this.#minuteMark;
    if (tick === from) return;
    const now = this.#take(tick, 0);
    this.#minuteMark = now;
    const minute = Math.floor(from / CHUNK_TICKS);
    this.minutes.attempted[minute] = now.producers.attempts - before.attempts;
    this.minutes.throttled[minute] = now.producers.throttled - before.throttled;
    this.minutes.lost[minute] = now.producers.lost - before.lost;
    for (const [index, { readThrottles, invocationSeconds }] of now.consumers.entries()) {
      const series = this.minutes.consumers[index] as ConsumerMinutes;
      series.readThrottles[minute] = readThrottles - (consumers[index]?.readThrottles ?? 0);
      series.cpu[minute] = (this.cpu[index] as CpuRecorder).endMinute();
      series.concurrency[minute] = (invocationSeconds - (consumers[index]?.invocationSeconds ?? 0)) / (tick - from);
    }
  }

  /**
   * Ends a row.
   *
   * @param stream what the stream has accepted so far in bytes, its open shards, and the records with the producers
   */
  endRow(tick: number, stream: { bytes: number; openShards: number; bufferedRecords: number }): void {
    const { tick: from, producers: before, bytes, consumers } = this.#mark;
    const seconds = tick - from;
    const now = this.#take(tick, stream.bytes);
    this.#mark = now;
    if (seconds === 0) return;
    this.rows.push({
      at: from,
      seconds,
      offeredRecords: now.producers.offered - before.offered,
      acceptedRecords: now.producers.accepted - before.accepted,
      attemptedRecords: now.producers.attempts - before.attempts,
      throttledRecords: now.producers.throttled - before.throttled,
      lostRecords: now.producers.lost - before.lost,
      wrongShardRecords: now.producers.wrongShard - before.wrongShard,
      bufferedRecords: stream.bufferedRecords,
      acceptedBytes: stream.bytes - bytes,
      openShards: stream.openShards,
      consumers: this.#fleets.map((fleet, index): TimelineConsumer => {
        const iteratorAgeSecondsMax = this.#ageMax[index] as number;
        this.#ageMax[index] = 0;
        return {
          name: fleet.model.name,
          processedRecords: fleet.account.processed - (consumers[index]?.processed ?? 0),
          backlogRecords: fleet.backlog,
          iteratorAgeSecondsMax,
          readThrottles: fleet.account.readThrottles - (consumers[index]?.readThrottles ?? 0),
          cpuUtilization: this.cpu[index]?.endRow() ?? null,
          workers: fleet.countWorkers(this.#isPart),
          concurrency:
            fleet.model.lambda === undefined
              ? null
              : (fleet.account.invocationSeconds - (consumers[index]?.invocationSeconds ?? 0)) / seconds,
        };
      }),
    });
  }
}
