/*
 * The size of a KPL aggregate: a protobuf message with a table of partition keys and the user records that point into it, between
 * four magic bytes and an MD5 checksum. Formula: the encoding in the KPL's kinesis_record.cc and aggregation-format.md. And how many
 * records an aggregate holds when its time is over before it is full. Left out: explicit hash keys.
 */
import { limitValue } from "../service/service-facts.js";

/** What an aggregate is made of. Bytes may be means, hence fractions. */
export interface AggregateShape {
  /** Payload of one user record, without its partition key. */
  readonly dataBytes: number;
  readonly keyBytes: number;
  /** Different partition keys in one aggregate; all of them when undefined. */
  readonly distinctKeys?: number | undefined;
  /** Bytes around the records of one aggregate, and of the partition key that it travels under; the KPL's own by default. */
  readonly envelopeBytes?: number;
  readonly outerKeyBytes?: number;
}

/** Bytes of the data blob that holds `count` user records, envelope included. `count` may be a mean; it is above 1. */
export function aggregateBytes(shape: AggregateShape, count: number): number {
  const keys = Math.min(count, shape.distinctKeys ?? count);
  const keyTable = keys * framed(shape.keyBytes);
  return (shape.envelopeBytes ?? limitValue("kpl.envelopeBytes")) + keyTable + recordBytes(shape, count, keys);
}

/** Bytes that an aggregate counts towards the shard's limit: the blob and the one-byte partition key it travels under. */
export function chargedAggregateBytes(shape: AggregateShape, count: number): number {
  return aggregateBytes(shape, count) + (shape.outerKeyBytes ?? limitValue("kpl.aggregatePartitionKeyBytes"));
}

/** How many user records fill an aggregate of `maxBytes`; 1 means that records are sent as they are, without an envelope. */
export function recordsPerAggregate(shape: AggregateShape, maxBytes: number): number {
  let fits = 1;
  let tooMany = Math.max(2, Math.ceil(maxBytes) + 1);
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (aggregateBytes(shape, middle) <= maxBytes) fits = middle;
    else tooMany = middle;
  }
  return fits;
}

/** From this many standard deviations on, a Poisson count is as good as certain to lie on one side. */
const DEVIATIONS = 9;

/**
 * How many user records an aggregate holds on average that is sent when it is full or when its time is over. Its time begins with its
 * first record, the others come as a Poisson process: the mean of min(`most`, 1 + P), with P Poisson of mean `further`.
 *
 * @param further records that come in the time of one aggregate, on average
 * @param most records that fill it
 */
export function meanRecordsPerAggregate(further: number, most: number): number {
  const room = most - 1;
  if (further + DEVIATIONS * (1 + Math.sqrt(further)) <= room) return 1 + further;
  if (room + DEVIATIONS * (1 + Math.sqrt(room)) <= further) return most;
  return 1 + meanOfCapped(further, room);
}

/** The mean of min(`cap`, P): the terms around the mean of P, relative to the largest. */
function meanOfCapped(mean: number, cap: number): number {
  const mode = Math.floor(mean);
  const reach = Math.ceil(DEVIATIONS * (2 + Math.sqrt(mean)));
  let weights = 1;
  let sum = Math.min(cap, mode);
  for (let count = mode + 1, weight = 1; count <= mode + reach; count += 1) {
    weight *= mean / count;
    weights += weight;
    sum += weight * Math.min(cap, count);
  }
  for (let count = mode - 1, weight = 1; count >= Math.max(0, mode - reach); count -= 1) {
    weight *= (count + 1) / mean;
    weights += weight;
    sum += weight * Math.min(cap, count);
  }
  return sum / weights;
}

/** Each record has its key's index as a varint, so records whose key stands late in the table are a byte or two longer. */
function recordBytes(shape: AggregateShape, count: number, keys: number): number {
  let bytes = 0;
  let firstIndex = 0;
  for (let indexBytes = 1; firstIndex < keys; indexBytes += 1) {
    const endIndex = Math.min(keys, 2 ** (7 * indexBytes));
    const records = (count * (endIndex - firstIndex)) / keys;
    bytes += records * framed(1 + indexBytes + framed(shape.dataBytes));
    firstIndex = endIndex;
  }
  return bytes;
}

/** A length-delimited protobuf field: tag, length, content. */
function framed(contentBytes: number): number {
  return 1 + varintBytes(contentBytes) + contentBytes;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let bound = 2 ** 7; value >= bound; bound *= 2 ** 7) bytes += 1;
  return bytes;
}
