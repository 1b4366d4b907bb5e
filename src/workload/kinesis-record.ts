/*
 * What a producer sends as one record of the stream: a user record as it is, or a KPL aggregate of many.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import { type AggregateShape, chargedAggregateBytes, recordsPerAggregate } from "./kpl-aggregation.js";
import type { Aggregation, Producer } from "./schema.js";

/** What one Kinesis record holds. */
export interface KinesisRecord {
  /** User records in it; 1 without aggregation. */
  readonly recordsPerKinesisRecord: number;
  readonly bytesPerKinesisRecord: number;
}

/** KPL partition keys are mostly UUIDs. */
const defaultKeyBytes = 36;

/** How many user records one Kinesis record holds, and its bytes. */
export function kinesisRecord({ recordSize, aggregation }: Producer, facts: ServiceFacts): KinesisRecord {
  if (aggregation === undefined) return { recordsPerKinesisRecord: 1, bytesPerKinesisRecord: recordSize };
  const shape = aggregateShape(recordSize, aggregation, facts);
  const count =
    aggregation.recordsPerBatch ??
    recordsPerAggregate(shape, aggregation.maxSize ?? facts.value("kpl.aggregationBytesMax"));
  if (count <= 1) return { recordsPerKinesisRecord: 1, bytesPerKinesisRecord: recordSize };
  return { recordsPerKinesisRecord: count, bytesPerKinesisRecord: meanBytes(recordSize, shape, count) };
}

/** A mean below two says that some records travel alone, and so without an envelope. */
function meanBytes(recordSize: number, shape: AggregateShape, count: number): number {
  if (count >= 2) return chargedAggregateBytes(shape, count);
  return (2 - count) * recordSize + (count - 1) * chargedAggregateBytes(shape, 2);
}

/** How the KPL fills aggregates up to a size. */
export interface AggregateFilling {
  /** User records that fill one; 1 where records are too large to be aggregated. */
  readonly recordsMax: number;
  /**
   * Bytes that a Kinesis record counts towards the shard's limit.
   *
   * @param records user records in it on average
   * @param alone the part of the Kinesis records that hold one user record as it is
   */
  bytes(records: number, alone: number): number;
}

/** How a producer's aggregates fill; undefined where the workload states how many records they hold, or none. */
export function aggregateFilling(
  { recordSize, aggregation }: Producer,
  facts: ServiceFacts,
): AggregateFilling | undefined {
  if (aggregation?.maxSize === undefined) return undefined;
  const shape = aggregateShape(recordSize, aggregation, facts);
  return {
    recordsMax: recordsPerAggregate(shape, aggregation.maxSize),
    bytes: (records, alone) => {
      // Of the others; two at least, but for rounding.
      const several = Math.max(2, (records - alone) / (1 - alone));
      return alone >= 1 ? recordSize : alone * recordSize + (1 - alone) * chargedAggregateBytes(shape, several);
    },
  };
}

/** Bytes of one Kinesis record, given how many user records it turned out to hold on average. */
export function bytesOfMean({ recordSize, aggregation }: Producer, records: number, facts: ServiceFacts): number {
  if (aggregation === undefined || records <= 1) return recordSize;
  return meanBytes(recordSize, aggregateShape(recordSize, aggregation, facts), records);
}

function aggregateShape(
  recordSize: number,
  { keySize, distinctKeys }: Aggregation,
  facts: ServiceFacts,
): AggregateShape {
  const keyBytes = keySize ?? defaultKeyBytes;
  return {
    keyBytes,
    dataBytes: Math.max(0, recordSize - keyBytes),
    distinctKeys,
    envelopeBytes: facts.value("kpl.envelopeBytes"),
    outerKeyBytes: facts.value("kpl.aggregatePartitionKeyBytes"),
  };
}

/** Whether the default key size does not fit into the record, so that the size after aggregation is an upper bound. */
export function keyExceedsRecord({ recordSize, aggregation }: Producer): boolean {
  return aggregation !== undefined && aggregation.keySize === undefined && defaultKeyBytes > recordSize;
}
