/*
 * What went wrong in each minute of a run. What is found in a run, and since when, is read from this, so that it does not depend on how
 * long the rows of the timeline are; what to do about it is read from the rows.
 */
import { CHUNK_TICKS } from "./producer-traffic.js";

/** By minute; the last one may be a part of one. */
export interface MinuteSeries {
  /** Put attempts in Kinesis records, and those of them that were refused. */
  readonly attempted: Float64Array;
  readonly throttled: Float64Array;
  /** User records that producers gave up. */
  readonly lost: Float64Array;
  readonly consumers: readonly ConsumerMinutes[];
}

export interface ConsumerMinutes {
  /** The largest sample of a minute, in seconds. */
  readonly ages: Float64Array;
  /** GetRecords calls that were refused. */
  readonly readThrottles: Float64Array;
  /** The largest part that a worker uses of its CPU; 0 where CPU plays no part. */
  readonly cpu: Float64Array;
  /** Lambda's invocations that run at a time, on average. */
  readonly concurrency: Float64Array;
}

/** @param seconds of the run */
export function emptyMinutes(seconds: number, consumers: number): MinuteSeries {
  const count = Math.ceil(seconds / CHUNK_TICKS);
  return {
    attempted: new Float64Array(count),
    throttled: new Float64Array(count),
    lost: new Float64Array(count),
    consumers: Array.from({ length: consumers }, () => ({
      ages: new Float64Array(count),
      readThrottles: new Float64Array(count),
      cpu: new Float64Array(count),
      concurrency: new Float64Array(count),
    })),
  };
}

/** The minutes of two parts of a stream as those of one. */
export function joinMinutes(one: MinuteSeries, other: MinuteSeries): MinuteSeries {
  return {
    attempted: add(one.attempted, other.attempted),
    throttled: add(one.throttled, other.throttled),
    lost: add(one.lost, other.lost),
    consumers: one.consumers.map((consumer, index) => {
      const another = other.consumers[index] as ConsumerMinutes;
      return {
        ages: larger(consumer.ages, another.ages),
        readThrottles: add(consumer.readThrottles, another.readThrottles),
        cpu: larger(consumer.cpu, another.cpu),
        concurrency: add(consumer.concurrency, another.concurrency),
      };
    }),
  };
}

function add(one: Float64Array, other: Float64Array): Float64Array {
  return one.map((value, minute) => value + (other[minute] as number));
}

function larger(one: Float64Array, other: Float64Array): Float64Array {
  return one.map((value, minute) => Math.max(value, other[minute] as number));
}
