/*
 * How much a stream carries: user records, Kinesis records and bytes per second, at the peak and in the mean.
 *
 * The peak is the highest rate within any minute of the summed series of all producers, looked at over one week, or over the
 * longest timeline or trace if that is longer, or over a horizon that is given. Bursts are in; growth starts at 1. Bytes are those
 * that count towards a shard's limit: data, partition keys, and the envelope of aggregates. Left out: the spread of record sizes,
 * and whatever happens within a second.
 */
import { type Diagnostic, diagnose, UserError } from "../diagnostics/diagnostic.js";
import type { ServiceFacts } from "../service/service-facts.js";
import { secondsPerMinute, secondsPerWeek } from "../units/dimension.js";
import type { Attachments } from "../workload/attachments.js";
import { type AggregateShape, chargedAggregateBytes, recordsPerAggregate } from "../workload/kpl-aggregation.js";
import { type CurveShape, type RateCurve, rateCurve } from "../workload/rate-curve.js";
import type { Aggregation, Producer, Workload } from "../workload/schema.js";

/** What travels per second: user records, Kinesis records (after aggregation) and the bytes that count towards the limit. */
export interface Flow {
  readonly recordsPerSecond: number;
  readonly kinesisRecordsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** What one Kinesis record holds. */
interface KinesisRecord {
  /** User records in it; 1 without aggregation. */
  readonly recordsPerKinesisRecord: number;
  readonly bytesPerKinesisRecord: number;
}

/** One producer's part of the demand. */
export interface ProducerDemand extends KinesisRecord {
  readonly producer: Producer;
  readonly mean: Flow;
  /** Its flow while the stream's bytes, and while its Kinesis records, are at their peak. */
  readonly atBytesPeak: Flow;
  readonly atRecordsPeak: Flow;
}

export interface Demand {
  readonly recordsPerSecondPeak: number;
  readonly kinesisRecordsPerSecondPeak: number;
  readonly bytesPerSecondPeak: number;
  readonly mean: Flow;
  /** When the bytes are at their peak, in seconds from the start of the horizon. */
  readonly peakAtSeconds: number;
  readonly horizonSeconds: number;
  readonly producers: readonly ProducerDemand[];
}

/** KPL partition keys are mostly UUIDs. */
const defaultKeyBytes = 36;

/** A producer, the size of what it sends, and its rate over time. */
interface Source extends KinesisRecord {
  readonly producer: Producer;
  readonly curve: RateCurve;
}

/** The demand of a workload; `horizonSeconds` says how far to look, with growth; without it growth stays at its start. */
export function estimateDemand(
  { producers }: Workload,
  attachments: Attachments,
  facts: ServiceFacts,
  horizonSeconds?: number,
): Demand {
  const sources = producers.map(
    (producer): Source => ({
      producer,
      ...kinesisRecord(producer, facts),
      curve: rateCurve(producer, attachments.traces.get(producer.name), horizonSeconds !== undefined),
    }),
  );
  const horizon =
    horizonSeconds ?? sources.reduce((longest, { curve }) => Math.max(longest, curve.length), secondsPerWeek);
  const peaks = findPeaks(sources, horizon);
  if (!Number.isFinite(peaks.bytes.height)) throw new UserError([growsBeyondNumbers]);
  const parts = sources.map(
    (source): ProducerDemand => ({
      producer: source.producer,
      recordsPerKinesisRecord: source.recordsPerKinesisRecord,
      bytesPerKinesisRecord: source.bytesPerKinesisRecord,
      mean: flowOf(source, meanRate(source.curve, horizon, horizonSeconds !== undefined)),
      atBytesPeak: flowOf(source, rateAt(source, peaks.bytes)),
      atRecordsPeak: flowOf(source, rateAt(source, peaks.kinesisRecords)),
    }),
  );
  return {
    recordsPerSecondPeak: peaks.records.height,
    kinesisRecordsPerSecondPeak: peaks.kinesisRecords.height,
    bytesPerSecondPeak: peaks.bytes.height,
    mean: sumFlows(parts.map(({ mean }) => mean)),
    peakAtSeconds: peaks.bytes.seconds,
    horizonSeconds: horizon,
    producers: parts,
  };
}

const growsBeyondNumbers: Diagnostic = diagnose(
  "out-of-range",
  "the traffic grows beyond any number within the horizon",
  "lower `growth` or `--horizon`",
);

/** How many user records one Kinesis record holds, and its bytes. */
function kinesisRecord({ recordSize, aggregation }: Producer, facts: ServiceFacts): KinesisRecord {
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

function flowOf(source: KinesisRecord, rate: number): Flow {
  const kinesisRecordsPerSecond = rate / source.recordsPerKinesisRecord;
  return {
    recordsPerSecond: rate,
    kinesisRecordsPerSecond,
    bytesPerSecond: kinesisRecordsPerSecond * source.bytesPerKinesisRecord,
  };
}

function sumFlows(flows: readonly Flow[]): Flow {
  let [recordsPerSecond, kinesisRecordsPerSecond, bytesPerSecond] = [0, 0, 0];
  for (const flow of flows) {
    recordsPerSecond += flow.recordsPerSecond;
    kinesisRecordsPerSecond += flow.kinesisRecordsPerSecond;
    bytesPerSecond += flow.bytesPerSecond;
  }
  return { recordsPerSecond, kinesisRecordsPerSecond, bytesPerSecond };
}

/** The highest value of a sum, when it is reached, and whether just before or just after that instant. */
interface Peak {
  readonly height: number;
  readonly seconds: number;
  readonly isBefore: boolean;
}

interface Peaks {
  readonly records: Peak;
  readonly kinesisRecords: Peak;
  readonly bytes: Peak;
}

function findPeaks(sources: readonly Source[], horizon: number): Peaks {
  const curves = sources.map(({ curve }) => curve);
  const times = listInstants(curves, horizon);
  const sampled = curves.map((curve) => sample(curve, times, horizon));
  const after = sampled.map((one) => one.after);
  const before = sampled.map((one) => one.before);
  const highest = (weightOf: (source: Source) => number): Peak => {
    const weights = sources.map(weightOf);
    const late = highestSum(times, before, weights, true);
    const early = highestSum(times, after, weights, false);
    return late.height > early.height ? late : early;
  };
  return {
    records: highest(() => 1),
    kinesisRecords: highest(({ recordsPerKinesisRecord }) => 1 / recordsPerKinesisRecord),
    bytes: highest(
      ({ recordsPerKinesisRecord, bytesPerKinesisRecord }) => bytesPerKinesisRecord / recordsPerKinesisRecord,
    ),
  };
}

/** The rate just after and just before every instant, which differ at bends alone; a constant takes one number. */
function sample(curve: RateCurve, times: Float64Array, horizon: number): { after: Float64Array; before: Float64Array } {
  if (isConstant(curve)) return { after: Float64Array.of(curve.after(0)), before: Float64Array.of(curve.after(0)) };
  const after = times.map((seconds) => curve.after(seconds));
  const before = after.slice();
  let at = 0;
  for (const bend of curve.bends(horizon)) {
    while ((times[at] ?? bend) < bend) at += 1;
    before[at] = curve.before(bend);
  }
  before[times.length - 1] = curve.before(horizon);
  return { after, before };
}

/** The last instant is the end of the horizon: what comes after it does not count, nor what comes before the first. */
function highestSum(
  times: Float64Array,
  rates: readonly Float64Array[],
  weights: readonly number[],
  isBefore: boolean,
): Peak {
  const first = isBefore ? 1 : 0;
  const end = isBefore ? times.length : Math.max(1, times.length - 1);
  let height = Number.NEGATIVE_INFINITY;
  let highestAt = 0;
  for (let at = first; at < end; at += 1) {
    let sum = 0;
    for (let index = 0; index < rates.length; index += 1) {
      const series = rates[index] as Float64Array;
      sum += (weights[index] as number) * (series[series.length === 1 ? 0 : at] as number);
    }
    if (sum > height) {
      height = sum;
      highestAt = at;
    }
  }
  return { height, seconds: times[highestAt] ?? 0, isBefore };
}

/** The start, the end, and every instant at which a rate jumps or turns, ascending; every minute too where that is not enough. */
function listInstants(curves: readonly RateCurve[], horizon: number): Float64Array {
  const varying = curves.filter((curve) => !isConstant(curve));
  if (varying.length === 0) return Float64Array.of(0);
  const bends = varying.flatMap((curve) => [...curve.bends(horizon)]);
  if (!areHighestAtBends(varying)) return joinedWithMinutes(bends, 0, horizon);
  return Float64Array.from(new Set([0, ...bends, horizon])).sort();
}

/** Sums of steps, of lines, or of one wave and steps are highest where something bends; other sums may be so anywhere. */
function areHighestAtBends(curves: readonly RateCurve[]): boolean {
  const count = (shape: CurveShape): number => curves.filter((curve) => curve.shape === shape).length;
  const waves = count("wave");
  return count("any") === 0 && (waves === 0 || (waves === 1 && count("lines") === 0));
}

function joinedWithMinutes(bends: readonly number[], from: number, to: number): Float64Array {
  const between = bends.filter((at) => (at - from) % secondsPerMinute !== 0);
  const minutes = Math.ceil((to - from) / secondsPerMinute);
  const times = new Float64Array(minutes + 1 + between.length);
  for (let minute = 0; minute < minutes; minute += 1) times[minute] = from + minute * secondsPerMinute;
  times[minutes] = to;
  times.set(between, minutes + 1);
  return between.length === 0 ? times : times.sort();
}

function isConstant(curve: RateCurve): boolean {
  return curve.length === 0 && curve.mean !== undefined;
}

function rateAt({ curve }: Source, { seconds, isBefore }: Peak): number {
  return isBefore ? curve.before(seconds) : curve.after(seconds);
}

/**
 * The mean over a horizon that was given; else over all time where that has a closed form, else over the horizon. Bursts add what they
 * change.
 */
function meanRate(curve: RateCurve, horizon: number, isGiven: boolean): number {
  if (curve.mean !== undefined && (!isGiven || isConstant(curve))) return curve.mean;
  const { changes } = curve;
  if (changes === undefined) return area(curve, 0, horizon) / horizon;
  const added = changes.windows.map(({ from, to }) => {
    const end = Math.min(to, horizon);
    return from < end ? area(curve, from, end) - area(changes.base, from, end) : 0;
  });
  return meanRate(changes.base, horizon, isGiven) + added.reduce((total, one) => total + one, 0) / horizon;
}

/** Trapezoids between bends, which is exact for straight lines; between minutes too where the curve is not straight. */
function area(curve: RateCurve, from: number, to: number): number {
  const bends = [...curve.bends(to)].filter((at) => at > from && at < to);
  const isStraight = curve.shape === "steps" || curve.shape === "lines";
  const times = isStraight ? [from, ...bends, to] : joinedWithMinutes(bends, from, to);
  let total = 0;
  for (let at = 1; at < times.length; at += 1) {
    const [start, end] = [times[at - 1] as number, times[at] as number];
    if (end > start) total += ((curve.after(start) + curve.before(end)) / 2) * (end - start);
  }
  return total;
}
