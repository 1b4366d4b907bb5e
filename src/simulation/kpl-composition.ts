/*
 * What the KPL makes of a producer's records on one shard: how many user records an aggregate holds at a rate, and what one record that
 * is counted costs the shard's buckets. An aggregate is sent when it is full or when the time since its first record is over; each
 * process fills one for each shard. Left out: user records that are put again, which go into aggregates as others do.
 */
import { meanRecordsPerAggregate } from "../workload/kpl-aggregation.js";
import type { KplAggregation, ProducerModel } from "./model.js";

/** What is counted as one record, on its way to a shard. */
export interface Composition {
  /** Kinesis records that it takes: a part of one where several share an aggregate, several where it travels in parts. */
  readonly cost: number;
  /** Its bytes, relative to what it usually has. */
  readonly ratio: number;
}

/** A producer whose aggregates are what the workload states, and one whose records are what they are. */
export const statedComposition: Composition = { cost: 1, ratio: 1 };

/** Every user record by itself. */
export function aloneComposition({
  recordsPerKinesisRecord,
  bytesPerKinesisRecord,
  aggregation,
}: ProducerModel): Composition {
  const aloneBytes = aggregation?.aloneBytes ?? bytesPerKinesisRecord;
  return { cost: recordsPerKinesisRecord, ratio: (recordsPerKinesisRecord * aloneBytes) / bytesPerKinesisRecord };
}

/** User records that come to one process while its aggregate for a shard is open, given what comes to the shard each second. */
export function furtherRecords(recordsPerSecond: number, { processes, bufferedSeconds }: KplAggregation): number {
  return (recordsPerSecond * bufferedSeconds) / processes;
}

/** How the aggregates of a producer are made up at a rate of user records on a shard. */
export function compositionAt(recordsPerSecond: number, model: ProducerModel): Composition {
  const { aggregation, bytesPerKinesisRecord } = model;
  if (aggregation?.filling === undefined) return statedComposition;
  const { recordsMax } = aggregation.filling;
  const further = furtherRecords(recordsPerSecond, aggregation);
  const records = meanRecordsPerAggregate(further, recordsMax);
  const alone = recordsMax > 1 ? Math.exp(-further) : 1;
  return { cost: 1 / records, ratio: aggregation.filling.bytes(records, alone) / records / bytesPerKinesisRecord };
}

/**
 * How long a user record waits in its aggregate on average. The first waits as long as the aggregate is open and the others half of that,
 * until its time is over or it is full.
 */
export function waitInAggregate(recordsPerSecond: number, aggregation: KplAggregation, records: number): number {
  const { bufferedSeconds, processes, filling } = aggregation;
  const most = filling?.recordsMax ?? records;
  if (most <= 1) return 0;
  const further = furtherRecords(recordsPerSecond, aggregation);
  const untilTime = (bufferedSeconds * (1 + further / 2)) / (1 + further);
  return Math.min(untilTime, ((most - 1) * processes) / (2 * recordsPerSecond));
}

/** User records in a Kinesis record of a producer that brings so many user records a second to a shard. */
export function recordsPerKinesisRecordAt(recordsPerSecond: number, model: ProducerModel): number {
  return model.recordsPerKinesisRecord / compositionAt(recordsPerSecond, model).cost;
}
