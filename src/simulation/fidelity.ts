/*
 * How finely a run looks. All fidelities are one model with one control plane; they differ in what a shard is made of.
 *
 * `record`: every record on its own, the reference. `tick`: records as a fluid between polls, arrivals and refusals by the second.
 * `fluid`: only what is expected, a minute at a time.
 * `auto`: as `tick`, and in leaps where nothing can be refused; record by record where so few arrive that this is cheaper.
 */
import { secondsPerHour } from "../units/dimension.js";
import { sumOf } from "../units/sum-of.js";
import { highestFactor } from "../workload/rate-curve.js";
import { ArrivalLog } from "./arrival-log.js";
import { FlowReader } from "./flow-reader.js";
import { FlowWriter } from "./flow-writer.js";
import { FluidLog } from "./fluid-log.js";
import { FluidReader, readAsFlow } from "./fluid-reader.js";
import { FluidWriter } from "./fluid-writer.js";
import { recordsPerKinesisRecordAt } from "./kpl-composition.js";
import type { ProducerModel, ShardModel, StreamModel } from "./model.js";
import { recordsOfCall } from "./producer-lane.js";
import { readByPolls } from "./read-by-polls.js";
import { RecordLog } from "./record-log.js";
import { RecordReader } from "./record-reader.js";
import { RecordWriter } from "./record-writer.js";
import type { FidelityShares, PartsFactory, ShardParts } from "./shard-parts.js";
import { writesSingly } from "./single-writing.js";
import { STEADY_UTILIZATION, takesSmoothly } from "./smooth-processing.js";

export const fidelities = ["auto", "record", "tick", "fluid"] as const;
export type Fidelity = (typeof fidelities)[number];

/** Below this many Kinesis records per second a shard costs less record by record than by the second. */
const SPARSE_PER_SECOND = 2;

export function chooseParts(fidelity: Fidelity, model: StreamModel, seconds: number): PartsFactory {
  if (fidelity === "record" || (fidelity === "auto" && isSparse(model, seconds))) return recordParts();
  if (fidelity === "fluid" || (fidelity === "auto" && isHuge(model, seconds))) return fluidParts(model, seconds);
  return flowParts(fidelity === "auto", model, seconds);
}

/** Shard-hours above which chance is left out: on so many shards, for so long, it is a small part of a percent. */
const HUGE_SHARD_HOURS = 1e6;

function isHuge({ shardCount }: StreamModel, seconds: number): boolean {
  return (shardCount * seconds) / secondsPerHour > HUGE_SHARD_HOURS;
}

/** Whether records come so seldom, all the time, that each may as well be simulated on its own. */
function isSparse(model: StreamModel, seconds: number): boolean {
  const { producers, shardCount } = model;
  const peaks = peaksOf(model, seconds);
  const rate = sumOf(producers.entries(), ([index, producer]) => {
    const peak = peaks[index] ?? 0;
    return peak / recordsPerKinesisRecordAt(peak / shardCount, producer);
  });
  return rate <= SPARSE_PER_SECOND * shardCount;
}

function recordParts(): PartsFactory {
  return {
    create: (model, random, tick) => {
      const log = new RecordLog();
      return {
        log,
        writer: new RecordWriter(model, log, random, tick),
        createReader: (consumer, account, stream) => new RecordReader(consumer, log, account, stream, tick),
        readShared: readByPolls,
      };
    },
    writesSingly: true,
    readsBySeconds: true,
    shares: () => ({ record: 1 }),
  };
}

function flowParts(isAuto: boolean, model: StreamModel, seconds: number): PartsFactory {
  const { producers, consumers } = model;
  const writers: FlowWriter[] = [];
  const peaks = peaksOf(model, seconds);
  const isSingle = writesSingly(model, peaks, seconds);
  return {
    create: (shard, random, tick, shares) => {
      const log = new ArrivalLog(tick);
      const callRecords = largestCall(producers, shares, peaks);
      const meanCall = recordsOfMeanCall(producers, shares, peaks);
      const peak = sumOf(shares.keys(), (index) => (shares[index] as number) * (peaks[index] as number));
      const isSmoothEnough = isAuto && consumers.every((consumer) => takesSmoothly(consumer, callRecords, peak));
      const readers: FlowReader[] = [];
      const mayLeap = (mean: number, most: number): boolean =>
        isSmoothEnough && !readers.some((reader) => reader.isBarelyEnough(mean, most));
      const writer = new FlowWriter(shard, log, random, isSingle, mayLeap);
      writers.push(writer);
      return {
        log,
        writer,
        createReader: (consumer, account, stream) => {
          const reader = new FlowReader(consumer, log, account, stream, meanCall, tick);
          readers.push(reader);
          return reader;
        },
        readShared: isSmoothEnough ? readByLeaps(shard, writer, callRecords) : readByPolls,
      };
    },
    writesSingly: isSingle,
    readsBySeconds: true,
    shares: () => sharesOf(writers),
  };
}

/** The most user records per second that each producer offers by its curve and the scenario. */
function peaksOf({ producers, scenario }: StreamModel, seconds: number): number[] {
  const windows = scenario.flatMap((event) =>
    event.event === "traffic" ? [{ from: event.at, to: event.at + event.lasts, factor: event.factor }] : [],
  );
  const factor = highestFactor(windows);
  return producers.map(({ curve }) => curve.ceiling(seconds) * factor);
}

/** User records that a call brings to a shard on average, of all producers at their peaks. */
function recordsOfMeanCall(
  producers: readonly ProducerModel[],
  shares: readonly number[],
  peaks: readonly number[],
): number {
  let calls = 0;
  let records = 0;
  for (const [index, producer] of producers.entries()) {
    const share = shares[index] as number;
    const rate = share * (peaks[index] as number);
    records += rate;
    calls += rate / (recordsOfCall(producer, share) * recordsPerKinesisRecordAt(rate, producer));
  }
  return calls > 0 ? records / calls : 1;
}

/** User records that the largest call brings to a shard, as a record sees it. */
function largestCall(producers: readonly ProducerModel[], shares: readonly number[], peaks: readonly number[]): number {
  let largest = 0;
  for (const [index, producer] of producers.entries()) {
    const share = shares[index] as number;
    if (share === 0) continue;
    const perKinesisRecord = recordsPerKinesisRecordAt(share * (peaks[index] as number), producer);
    largest = Math.max(largest, recordsOfCall(producer, share) * perKinesisRecord);
  }
  return largest;
}

/** Readers that keep up are leapt over together in a chunk that the writer has leapt over; otherwise they poll. */
function readByLeaps(model: ShardModel, writer: FlowWriter, callRecords: number): ShardParts["readShared"] {
  let readers: FlowReader[] | undefined;
  return (all, bucket, toTick) => {
    if (!writer.hasLeapt) return readByPolls(all, bucket, toTick);
    // A shard's readers are the same all the time.
    readers ??= all.filter((reader): reader is FlowReader => reader instanceof FlowReader);
    let calls = 0;
    let bytes = 0;
    let bytesPerSecond = 0;
    for (const reader of readers) {
      calls += reader.callsPerSecond;
      bytes += reader.leapBytes(toTick, callRecords);
      bytesPerSecond += reader.arrivingBytes(toTick);
    }
    const isSafe =
      bytes <= model.readBurstBytes &&
      bytesPerSecond <= STEADY_UTILIZATION * model.readBytesPerSecond &&
      calls < model.readCallsPerSecond;
    if (isSafe) for (const reader of readers) reader.leap(toTick);
    else readByPolls(all, bucket, toTick);
  };
}

function fluidParts(model: StreamModel, seconds: number): PartsFactory {
  const { producers } = model;
  const peaks = peaksOf(model, seconds);
  return {
    create: (shard, _random, tick, shares) => {
      const log = new FluidLog(tick);
      const meanCall = recordsOfMeanCall(producers, shares, peaks);
      return {
        log,
        writer: new FluidWriter(shard, log),
        createReader: (consumer, account) => new FluidReader(consumer, log, account, meanCall, tick),
        readShared: readAsFlow(),
      };
    },
    writesSingly: false,
    readsBySeconds: false,
    shares: () => ({ fluid: 1 }),
  };
}

function sharesOf(writers: readonly FlowWriter[]): FidelityShares {
  let [tick, leap] = [0, 0];
  for (const writer of writers) {
    tick += writer.tickTicks;
    leap += writer.leapTicks;
  }
  const all = Math.max(1, tick + leap);
  return { tick: tick / all, leap: leap / all };
}
