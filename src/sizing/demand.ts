/*
 * How much a stream carries: user records, Kinesis records and bytes per second, at the peak and in the mean.
 *
 * The peak is the highest rate within any minute of the summed series of all producers, looked at over one week, or over the
 * longest timeline or trace if that is longer, or over a horizon that is given. Bursts are in; growth starts at 1. Bytes are those
 * that count towards a shard's limit: data, partition keys, and the envelope of aggregates. Left out: the spread of record sizes,
 * and whatever happens within a second.
 */
import { limitValue } from "../service/service-facts.js";
import { secondsPerMinute, secondsPerWeek } from "../units/dimension.js";
import type { Attachments } from "../workload/attachments.js";
import { type AggregateShape, chargedAggregateBytes, recordsPerAggregate } from "../workload/kpl-aggregation.js";
import { type RateCurve, rateCurve } from "../workload/rate-curve.js";
import type { Aggregation, Producer, Workload } from "../workload/schema.js";

/** What travels per second: user records, Kinesis records (after aggregation) and the bytes that count towards the limit. */
export interface Flow {
  readonly recordsPerSecond: number;
  readonly kinesisRecordsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** One producer's part of the demand. */
export interface ProducerDemand {
  readonly producer: Producer;
  /** User records in one Kinesis record; 1 without aggregation. */
  readonly recordsPerKinesisRecord: number;
  readonly bytesPerKinesisRecord: number;
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
interface Source {
  readonly producer: Producer;
  readonly recordsPerKinesisRecord: number;
  readonly bytesPerKinesisRecord: number;
  readonly curve: RateCurve;
}

/** The demand of a workload; `horizonSeconds` says how far to look, with growth; without it growth stays at its start. */
export function estimateDemand({ producers }: Workload, attachments: Attachments, horizonSeconds?: number): Demand {
  const sources = producers.map(
    (producer): Source => ({
      producer,
      ...kinesisRecord(producer),
      curve: rateCurve(producer, attachments.traces.get(producer.name), horizonSeconds !== undefined),
    }),
  );
  const horizon =
    horizonSeconds ?? sources.reduce((longest, { curve }) => Math.max(longest, curve.length), secondsPerWeek);
  const peaks = findPeaks(sources, horizon);
  const parts = sources.map(
    (source): ProducerDemand => ({
      producer: source.producer,
      recordsPerKinesisRecord: source.recordsPerKinesisRecord,
      bytesPerKinesisRecord: source.bytesPerKinesisRecord,
      mean: flowOf(source, meanRate(source.curve, horizon)),
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

/** How many user records one Kinesis record holds, and its bytes. */
export function kinesisRecord({ recordSize, aggregation }: Producer): {
  recordsPerKinesisRecord: number;
  bytesPerKinesisRecord: number;
} {
  if (aggregation === undefined) return { recordsPerKinesisRecord: 1, bytesPerKinesisRecord: recordSize };
  const shape = aggregateShape(recordSize, aggregation);
  const count =
    aggregation.recordsPerBatch ??
    recordsPerAggregate(shape, aggregation.maxSize ?? limitValue("kpl.aggregationBytesMax"));
  if (count <= 1) return { recordsPerKinesisRecord: 1, bytesPerKinesisRecord: recordSize };
  return { recordsPerKinesisRecord: count, bytesPerKinesisRecord: chargedAggregateBytes(shape, count) };
}

function aggregateShape(recordSize: number, { keySize, distinctKeys }: Aggregation): AggregateShape {
  const keyBytes = keySize ?? defaultKeyBytes;
  return { keyBytes, dataBytes: Math.max(0, recordSize - keyBytes), distinctKeys };
}

/** Whether the default key size does not fit into the record, so that the size after aggregation is an upper bound. */
export function keyExceedsRecord({ recordSize, aggregation }: Producer): boolean {
  return aggregation !== undefined && aggregation.keySize === undefined && defaultKeyBytes > recordSize;
}

function flowOf(source: { recordsPerKinesisRecord: number; bytesPerKinesisRecord: number }, rate: number): Flow {
  const kinesisRecordsPerSecond = rate / source.recordsPerKinesisRecord;
  return {
    recordsPerSecond: rate,
    kinesisRecordsPerSecond,
    bytesPerSecond: kinesisRecordsPerSecond * source.bytesPerKinesisRecord,
  };
}

export function sumFlows(flows: readonly Flow[]): Flow {
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
  height: number;
  seconds: number;
  isBefore: boolean;
}

interface Peaks {
  readonly records: Peak;
  readonly kinesisRecords: Peak;
  readonly bytes: Peak;
}

function findPeaks(sources: readonly Source[], horizon: number): Peaks {
  const peaks: Peaks = { records: noPeak(), kinesisRecords: noPeak(), bytes: noPeak() };
  const curves = sources.map(({ curve }) => curve);
  for (const seconds of instants(curves, horizon)) {
    if (seconds < horizon) raise(peaks, sources, seconds, false);
    if (seconds > 0) raise(peaks, sources, seconds, true);
  }
  return peaks;
}

function noPeak(): Peak {
  return { height: Number.NEGATIVE_INFINITY, seconds: 0, isBefore: false };
}

/** Every minute, and every instant at which a rate jumps or turns, ascending; one is enough where nothing varies. */
function* instants(curves: readonly RateCurve[], horizon: number): Generator<number> {
  yield 0;
  const varying = curves.filter((curve) => !isConstant(curve));
  if (varying.length === 0) return;
  const bends = Float64Array.from(varying.flatMap((curve) => curve.bends(horizon))).sort();
  let next = 0;
  for (let minute = 0; minute < horizon; minute += secondsPerMinute) {
    const end = Math.min(horizon, minute + secondsPerMinute);
    let last = minute;
    for (; next < bends.length && (bends[next] ?? end) < end; next += 1) {
      const bend = bends[next] ?? end;
      if (bend > last) yield bend;
      last = Math.max(last, bend);
    }
    yield end;
  }
}

function isConstant(curve: RateCurve): boolean {
  return curve.length === 0 && curve.period !== undefined;
}

function raise(peaks: Peaks, sources: readonly Source[], seconds: number, isBefore: boolean): void {
  const flow = sumFlows(
    sources.map((source) => flowOf(source, isBefore ? source.curve.before(seconds) : source.curve.after(seconds))),
  );
  const candidates: readonly [Peak, number][] = [
    [peaks.records, flow.recordsPerSecond],
    [peaks.kinesisRecords, flow.kinesisRecordsPerSecond],
    [peaks.bytes, flow.bytesPerSecond],
  ];
  for (const [peak, height] of candidates) if (height > peak.height) Object.assign(peak, { height, seconds, isBefore });
}

function rateAt({ curve }: Source, { seconds, isBefore }: Peak): number {
  return isBefore ? curve.before(seconds) : curve.after(seconds);
}

/** The mean over one period where the curve repeats itself, else over the horizon: trapezoids between minutes and bends. */
function meanRate(curve: RateCurve, horizon: number): number {
  if (isConstant(curve)) return curve.after(0);
  const span = Math.min(curve.period ?? horizon, horizon);
  let area = 0;
  let last = 0;
  for (const seconds of instants([curve], span)) {
    if (seconds > last) area += ((curve.after(last) + curve.before(seconds)) / 2) * (seconds - last);
    last = seconds;
  }
  return area / last;
}
