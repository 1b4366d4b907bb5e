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
import { secondsPerWeek } from "../units/dimension.js";
import type { Attachments } from "../workload/attachments.js";
import { type KinesisRecord, kinesisRecord } from "../workload/kinesis-record.js";
import { type RateCurve, rateCurve, straightArea } from "../workload/rate-curve.js";
import type { Producer, Workload } from "../workload/schema.js";
import { isConstant, joinedWithMinutes, type Peak, PeakFinder } from "./peaks.js";

/** What travels per second: user records, Kinesis records (after aggregation) and the bytes that count towards the limit. */
export interface Flow {
  readonly recordsPerSecond: number;
  readonly kinesisRecordsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** One producer's part of the demand. */
export interface ProducerDemand extends KinesisRecord {
  readonly producer: Producer;
  readonly mean: Flow;
}

/** What every producer sends, in their order, while the bytes, and while the Kinesis records, of some sum are at their peak. */
export interface Moment {
  readonly bytes: readonly Flow[];
  readonly kinesisRecords: readonly Flow[];
}

/** The highest rates of user records, Kinesis records and bytes, each at its own time. */
export interface PeakRates {
  readonly recordsPerSecondPeak: number;
  readonly kinesisRecordsPerSecondPeak: number;
  readonly bytesPerSecondPeak: number;
}

export interface Demand extends PeakRates, KeyedDemand {
  readonly mean: Flow;
  /** When the bytes are at their peak, in seconds from the start of the horizon. */
  readonly peakAtSeconds: number;
  readonly horizonSeconds: number;
}

/** What keys are placed with: the producers, and what they send at the moments that matter. */
export interface KeyedDemand {
  readonly producers: readonly ProducerDemand[];
  /**
   * The peak of the sum in which one producer counts `weight` times: the stream's own peak at 1; above, it may be at another instant,
   * where that producer's keys press on their shards more. Equal flows give the same object.
   */
  readonly peakCounting: (producerIndex: number, weight: number) => Moment;
}

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
  const finder = new PeakFinder(
    sources.map(({ curve }) => curve),
    horizon,
  );
  const recordsPeak = finder.highest(sources.map(() => 1));
  const bytesPeak = finder.highest(sources.map(bytesPerRecord));
  const kinesisRecordsPeak = finder.highest(sources.map(kinesisRecordsPerRecord));
  if (!Number.isFinite(bytesPeak.height)) throw new UserError([growsBeyondNumbers]);
  const parts = sources.map(
    (source): ProducerDemand => ({
      producer: source.producer,
      recordsPerKinesisRecord: source.recordsPerKinesisRecord,
      bytesPerKinesisRecord: source.bytesPerKinesisRecord,
      mean: flowOf(source, meanRate(source.curve, horizon, horizonSeconds !== undefined)),
    }),
  );
  return {
    recordsPerSecondPeak: recordsPeak.height,
    kinesisRecordsPerSecondPeak: kinesisRecordsPeak.height,
    bytesPerSecondPeak: bytesPeak.height,
    mean: sumFlows(parts.map(({ mean }) => mean)),
    peakAtSeconds: bytesPeak.seconds,
    horizonSeconds: horizon,
    producers: parts,
    peakCounting: momentsOf(sources, finder, { bytes: bytesPeak, kinesisRecords: kinesisRecordsPeak }),
  };
}

const kinesisRecordsPerRecord = ({ recordsPerKinesisRecord }: Source): number => 1 / recordsPerKinesisRecord;
const bytesPerRecord = ({ recordsPerKinesisRecord, bytesPerKinesisRecord }: Source): number =>
  bytesPerKinesisRecord / recordsPerKinesisRecord;

interface Instants {
  readonly bytes: Peak;
  readonly kinesisRecords: Peak;
}

function momentsOf(sources: readonly Source[], finder: PeakFinder, peaks: Instants): Demand["peakCounting"] {
  const known = new Map<string, Moment>();
  const at = (instants: Instants): Moment => {
    const bytes = sources.map((source) => flowOf(source, rateAt(source, instants.bytes)));
    const kinesisRecords = sources.map((source) => flowOf(source, rateAt(source, instants.kinesisRecords)));
    const key = [...bytes, ...kinesisRecords].map(({ recordsPerSecond }) => recordsPerSecond).join();
    const moment = known.get(key) ?? { bytes, kinesisRecords };
    known.set(key, moment);
    return moment;
  };
  // One curve that varies alone is at its own peak when the sum is; a constant is there always.
  const varying = sources.filter(({ curve }) => !isConstant(curve)).length;
  return (index, weight) => {
    const counted = sources[index];
    if (weight === 1 || counted === undefined || varying < 2 || isConstant(counted.curve)) return at(peaks);
    const highest = (value: (source: Source) => number): Peak =>
      finder.highest(sources.map((source) => value(source) * (source === counted ? weight : 1)));
    return at({ bytes: highest(bytesPerRecord), kinesisRecords: highest(kinesisRecordsPerRecord) });
  };
}

const growsBeyondNumbers: Diagnostic = diagnose(
  "out-of-range",
  "the traffic grows beyond any number within the horizon",
  "lower `growth` or `--horizon`",
);

/** What a rate of user records is in Kinesis records and bytes. */
export function flowOf(source: KinesisRecord, rate: number): Flow {
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
  return straightArea(curve, isStraight ? [from, ...bends, to] : joinedWithMinutes(bends, from, to));
}
