/*
 * An independent calculator for `size`: written from the definitions that users rely on, not from the product's code, with its
 * limits and prices as literal numbers. Slow and plain on purpose; it is the other side of a comparison.
 */

import { prices } from "./list-prices.js";

const MIB = 1_048_576;
const GIB = 1_073_741_824;
const MONTH_SECONDS = 730 * 3_600;
const DAY = 86_400;

interface PlainAggregation {
  readonly recordsPerBatch?: number;
  readonly maxSize?: number;
  readonly keySize?: number;
  readonly distinctKeys?: number;
}

interface PlainProducer {
  readonly name: string;
  readonly records: number;
  readonly recordSize: number;
  readonly recordSizeMax?: number | undefined;
  readonly aggregation?: PlainAggregation | undefined;
  readonly hottest?: number | undefined;
}

type Kind = "kcl" | "lambda" | "firehose" | "flink" | "sdk";
type Mode = "provisioned" | "on-demand" | "on-demand-advantage";

interface PlainConsumer {
  readonly name: string;
  readonly kind: Kind;
  readonly read?: "shared" | "fan-out" | undefined;
  readonly cpuPerRecord?: number | undefined;
  readonly timePerRecord?: number | undefined;
  readonly vcpus?: number | undefined;
  readonly targetCpu?: number | undefined;
  readonly standby?: number | undefined;
  readonly pollInterval?: number | undefined;
  readonly parallelization?: number | undefined;
  readonly recovery?: { readonly outage: number; readonly within: number } | undefined;
}

export interface PlainWorkload {
  readonly region: keyof typeof prices;
  readonly mode: Mode;
  readonly shards?: number | undefined;
  readonly retention: number;
  readonly utilization: number;
  readonly maxRecordSize: number;
  readonly producers: readonly PlainProducer[];
  readonly consumers: readonly PlainConsumer[];
}

/** A number before it is rounded up; `null` where no shard count is enough. */
export type Quotient = number | null;

interface PlainConstraint {
  readonly name: string;
  readonly minimum: Quotient;
  readonly recommended: Quotient;
}

interface PlainConsumerAnswer {
  readonly name: string;
  /** Workers before rounding; `null` without `cpuPerRecord`, and for Lambda. */
  readonly workersForCpu: Quotient;
  readonly standby: number;
  /** Lambda alone. `needed` before rounding; `null` without a time. */
  readonly concurrency: { readonly needed: Quotient; readonly limitPerShard: number } | undefined;
}

export type Impossible = "hot-key" | "reads" | "record-size" | "fan-out" | "retention";

interface PlainDemand {
  readonly records: number;
  readonly kinesisRecords: number;
  readonly bytes: number;
}

export interface PlainAnswer {
  readonly demand: PlainDemand;
  readonly constraints: readonly PlainConstraint[];
  readonly consumers: readonly PlainConsumerAnswer[];
  readonly impossible: ReadonlySet<Impossible>;
  /** The hottest key's load as a part of what a shard accepts. */
  readonly hottestPart: number;
}

/** Bytes of an unsigned base-128 varint. */
function varint(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest /= 128) bytes += 1;
  return bytes;
}

interface Records {
  readonly dataSize: number;
  readonly keySize: number;
  readonly distinctKeys?: number | undefined;
}

/** What the next user record adds to a KPL record that holds `index` of them: its key, if that is new, and itself. */
function addedBytes(index: number, { dataSize, keySize, distinctKeys = Number.POSITIVE_INFINITY }: Records): number {
  const key = index < distinctKeys ? 1 + varint(keySize) + keySize : 0;
  const inner = 1 + varint(index % distinctKeys) + 1 + varint(dataSize) + dataSize;
  return key + 1 + varint(inner) + inner;
}

/** 4 bytes of magic and 16 of MD5, around the user records. The partition key it travels under is not in. */
const ENVELOPE = 20;

/** Bytes of one KPL record that holds `count` user records. */
function aggregateSize(count: number, records: Records): number {
  let bytes = ENVELOPE;
  for (let index = 0; index < count; index += 1) bytes += addedBytes(index, records);
  return bytes;
}

/** The most user records whose KPL record is not larger than `maxSize`; at least one. */
function fullAggregate(maxSize: number, records: Records): number {
  let count = 0;
  let bytes = ENVELOPE + addedBytes(0, records);
  while (bytes <= maxSize) {
    count += 1;
    bytes += addedBytes(count, records);
  }
  return Math.max(1, count);
}

function userRecords({ recordSize, aggregation }: PlainProducer): Records {
  const keySize = aggregation?.keySize ?? 36;
  return { dataSize: Math.max(0, recordSize - keySize), keySize, distinctKeys: aggregation?.distinctKeys };
}

/**
 * How many user records one Kinesis record holds, and the bytes that count. A record alone is sent as it is; an aggregate travels
 * under a partition key of one byte.
 */
function wholeBatch(records: number, producer: PlainProducer): { records: number; bytes: number } {
  return { records, bytes: records === 1 ? producer.recordSize : 1 + aggregateSize(records, userRecords(producer)) };
}

/** What a producer sends, as shares of its Kinesis records; a broken mean count is a mixture of two whole ones. */
function batches(producer: PlainProducer): { share: number; batch: ReturnType<typeof wholeBatch> }[] {
  const { recordsPerBatch, maxSize } = producer.aggregation ?? {};
  const mean = maxSize === undefined ? (recordsPerBatch ?? 1) : fullAggregate(maxSize, userRecords(producer));
  const whole = Math.floor(mean);
  const larger = { share: mean - whole, batch: wholeBatch(whole + 1, producer) };
  return [{ share: 1 - larger.share, batch: wholeBatch(whole, producer) }, larger].filter(({ share }) => share > 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function producerDemand(producer: PlainProducer): PlainDemand {
  const parts = batches(producer);
  const perBatch = sum(parts.map(({ share, batch }) => share * batch.records));
  const kinesisRecords = producer.records / perBatch;
  const bytes = kinesisRecords * sum(parts.map(({ share, batch }) => share * batch.bytes));
  return { records: producer.records, kinesisRecords, bytes };
}

function demandOf(workload: PlainWorkload): PlainDemand {
  const each = workload.producers.map(producerDemand);
  return {
    records: sum(each.map(({ records }) => records)),
    kinesisRecords: sum(each.map(({ kinesisRecords }) => kinesisRecords)),
    bytes: sum(each.map(({ bytes }) => bytes)),
  };
}

function isShared({ read }: PlainConsumer): boolean {
  return read !== "fan-out";
}

function timeOf({ timePerRecord, cpuPerRecord }: PlainConsumer): number | undefined {
  return timePerRecord ?? cpuPerRecord;
}

/** Only Lambda works on several batches of one shard at a time. */
function parallelOf({ kind, parallelization }: PlainConsumer): number {
  return kind === "lambda" ? (parallelization ?? 1) : 1;
}

function workersFor(consumer: PlainConsumer, records: number): number | undefined {
  if (consumer.kind === "lambda" || consumer.cpuPerRecord === undefined) return undefined;
  return (records * consumer.cpuPerRecord) / ((consumer.vcpus ?? 1) * (consumer.targetCpu ?? 0.65));
}

function catchUp(consumer: PlainConsumer, demand: PlainDemand, sharedConsumers: number): number | undefined {
  if (consumer.recovery === undefined) return undefined;
  const factor = 1 + consumer.recovery.outage / consumer.recovery.within;
  const time = timeOf(consumer);
  const busy = time === undefined ? 0 : (factor * demand.records * time) / parallelOf(consumer);
  const streams = isShared(consumer) ? sharedConsumers - 1 + factor : factor;
  return Math.max(busy, (streams * demand.bytes) / (2 * MIB));
}

/** One key with a share of one producer's load, everything else even. NaN where the last bits of the arithmetic decide. */
function hotShard(total: number, hottest: number, room: number): Quotient {
  const rest = total - hottest;
  if (rest <= 0 && hottest <= room) return 1;
  if (Math.abs(hottest - room) <= 1e-9 * room) return Number.NaN;
  if (hottest > room) return null;
  const shards = rest / (room - hottest);
  const uncertainty = (1e-15 * shards * room) / (room - hottest);
  const isDoubtful = uncertainty > 1e-10 && Math.abs(shards - Math.round(shards)) <= 1e-9 + uncertainty;
  return isDoubtful ? Number.NaN : Math.max(1, shards);
}

/** What the hottest key alone puts on its shard. */
function hottestKey(workload: PlainWorkload): { bytes: number; records: number } | undefined {
  const [producer] = workload.producers.filter(({ hottest }) => hottest !== undefined);
  if (producer?.hottest === undefined) return undefined;
  const demand = producerDemand(producer);
  return { bytes: producer.hottest * demand.bytes, records: producer.hottest * demand.kinesisRecords };
}

function hottestPart(workload: PlainWorkload): number {
  const key = hottestKey(workload);
  return key === undefined ? 0 : Math.max(key.bytes / MIB, key.records / 1_000);
}

function worst(a: Quotient, b: Quotient): Quotient {
  return a === null || b === null ? null : Math.max(a, b);
}

function constraintsOf(workload: PlainWorkload, demand: PlainDemand): PlainConstraint[] {
  const { utilization, consumers } = workload;
  const shared = consumers.filter(isShared).length;
  const rows: PlainConstraint[] = [];
  const linear = (name: string, need: number): void => {
    rows.push({ name, minimum: need, recommended: need / utilization });
  };
  const same = (name: string, need: number | undefined): void => {
    if (need !== undefined) rows.push({ name, minimum: need, recommended: need });
  };
  linear("write-bytes", demand.bytes / MIB);
  linear("write-records", demand.kinesisRecords / 1_000);
  linear("read-bytes", (shared * demand.bytes) / (2 * MIB));
  for (const consumer of consumers) {
    const time = timeOf(consumer);
    if (time !== undefined) linear(`processing:${consumer.name}`, (demand.records * time) / parallelOf(consumer));
  }
  for (const consumer of consumers) same(`workers:${consumer.name}`, workersFor(consumer, demand.records));
  for (const consumer of consumers) same(`catch-up:${consumer.name}`, catchUp(consumer, demand, shared));
  const key = hottestKey(workload);
  if (key !== undefined) {
    const atFull = (u: number): Quotient =>
      worst(hotShard(demand.bytes, key.bytes, u * MIB), hotShard(demand.kinesisRecords, key.records, u * 1_000));
    rows.push({ name: "hot-shard", minimum: atFull(1), recommended: atFull(utilization) });
  }
  return rows;
}

const pollDefaults: Readonly<Record<Kind, number>> = { kcl: 1.5, lambda: 1, firehose: 1, sdk: 1, flink: 0.2 };

/** GetRecords calls per second on each shard by all shared consumers. */
function readCalls(workload: PlainWorkload): number {
  const shared = workload.consumers.filter(isShared);
  return sum(shared.map(({ kind, pollInterval }) => 1 / (pollInterval ?? pollDefaults[kind])));
}

function impossibilities(workload: PlainWorkload): Set<Impossible> {
  const found = new Set<Impossible>();
  const slightlyMore = 1 + 1e-9;
  if (hottestPart(workload) > slightlyMore) found.add("hot-key");
  if (readCalls(workload) > 5 * slightlyMore) found.add("reads");
  const largest = workload.producers.flatMap((producer) => [
    producer.recordSize,
    producer.recordSizeMax ?? 0,
    sum(batches(producer).map(({ share, batch }) => share * batch.bytes)),
  ]);
  if (Math.max(...largest) > workload.maxRecordSize) found.add("record-size");
  const fanOut = workload.consumers.filter((consumer) => !isShared(consumer)).length;
  if (fanOut > (workload.mode === "on-demand-advantage" ? 50 : 20)) found.add("fan-out");
  for (const { recovery } of workload.consumers) {
    if (recovery !== undefined && workload.retention < recovery.outage + recovery.within) found.add("retention");
  }
  return found;
}

/** The table of the definitions for one workload. */
export function calculate(workload: PlainWorkload): PlainAnswer {
  const demand = demandOf(workload);
  const consumers = workload.consumers.map((consumer): PlainConsumerAnswer => {
    const time = timeOf(consumer);
    return {
      name: consumer.name,
      workersForCpu: workersFor(consumer, demand.records) ?? null,
      standby: consumer.standby ?? 0,
      concurrency:
        consumer.kind === "lambda"
          ? { needed: time === undefined ? null : demand.records * time, limitPerShard: parallelOf(consumer) }
          : undefined,
    };
  });
  return {
    demand,
    constraints: constraintsOf(workload, demand),
    consumers,
    impossible: impossibilities(workload),
    hottestPart: hottestPart(workload),
  };
}

/** Rounds up; a quotient within 1e-9 above an integer counts as that integer. */
export function roundUp(quotient: number): number {
  const floor = Math.floor(quotient);
  return quotient - floor <= 1e-9 ? floor : floor + 1;
}

/** Whether the last bits of the arithmetic decide how the quotient is rounded: such numbers cannot be compared. */
export function isOnTheEdge(quotient: Quotient): boolean {
  if (quotient === null) return false;
  if (Number.isNaN(quotient)) return true;
  const above = quotient - Math.floor(quotient);
  return Math.abs(above - 1e-9) < Math.max(1e-10, quotient * 2e-15);
}

/** The overall answer: the largest over the constraints, at least 1. A constraint that recommends nothing asks for its minimum. */
export function overall(constraints: readonly PlainConstraint[]): {
  minimum: number;
  recommended: number;
  binding: string;
} {
  let minimum = 1;
  let recommended = 1;
  let binding: { name: string; asks: number } | undefined;
  for (const row of constraints) {
    if (row.minimum !== null) minimum = Math.max(minimum, roundUp(row.minimum));
    const asked = row.recommended ?? row.minimum;
    if (asked === null) continue;
    const asks = roundUp(asked);
    recommended = Math.max(recommended, asks);
    if (binding === undefined || asks > binding.asks) binding = { name: row.name, asks };
  }
  return { minimum, recommended, binding: binding?.name ?? "" };
}

export function fitOf(count: number | undefined, { minimum, recommended }: ReturnType<typeof overall>): string | null {
  if (count === undefined) return null;
  if (count < minimum) return "under";
  return count > recommended ? "over" : "right";
}

/** A sum over the producers of their Kinesis records per second times something that depends on the record's bytes. */
function perRecord(workload: PlainWorkload, measure: (bytes: number) => number): number {
  return sum(
    workload.producers.map((producer) => {
      const { kinesisRecords } = producerDemand(producer);
      return kinesisRecords * sum(batches(producer).map(({ share, batch }) => share * measure(batch.bytes)));
    }),
  );
}

/** USD a month in each mode; the traffic is as high on average as at its peak. */
export function costs(
  workload: PlainWorkload,
  shards: number,
): Record<"provisioned" | "onDemand" | "onDemandAdvantage", number> {
  const price = prices[workload.region];
  const bytesPerSecond = demandOf(workload).bytes;
  const gb = (bytesPerSecond * MONTH_SECONDS) / GIB;
  const storedGb = (from: number, to: number): number =>
    (bytesPerSecond * Math.max(0, Math.min(workload.retention, to) - from)) / GIB;
  const shared = workload.consumers.filter(isShared).length;
  const fanOut = workload.consumers.length - shared;
  const units = perRecord(workload, (bytes) => Math.ceil(bytes / 25_600)) * MONTH_SECONDS;
  const roundedGb = (perRecord(workload, (bytes) => Math.ceil(bytes / 1_024) * 1_024) * MONTH_SECONDS) / GIB;
  const extended = workload.retention > DAY ? price.provisioned.extended : 0;
  const longTermGb = storedGb(7 * DAY, Number.POSITIVE_INFINITY);
  const committedGb = (25 * MIB * MONTH_SECONDS) / GIB;
  return {
    provisioned:
      730 * shards * (price.provisioned.hour + extended + fanOut * price.provisioned.fanOutHour) +
      (units / 1e6) * price.provisioned.put +
      fanOut * gb * price.provisioned.fanOutGb +
      longTermGb * price.provisioned.longTerm,
    onDemand:
      730 * price.onDemand.hour +
      roundedGb * price.onDemand.in +
      gb * (shared * price.onDemand.out + fanOut * price.onDemand.fanOut) +
      storedGb(DAY, 7 * DAY) * price.onDemand.extended +
      longTermGb * price.onDemand.longTerm,
    onDemandAdvantage:
      Math.max(roundedGb, committedGb) * price.advantage.in +
      Math.max(gb * (shared + fanOut), committedGb) * price.advantage.out +
      storedGb(DAY, Number.POSITIVE_INFINITY) * price.advantage.retention,
  };
}
