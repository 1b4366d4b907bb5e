/*
 * How finely a run looks. All fidelities are one model with one control plane; they differ in what a shard is made of.
 *
 * `record`: every record on its own, the reference. `tick`: records as a fluid between polls, arrivals and refusals by the second.
 * `fluid`: only what is expected, a minute at a time.
 * `auto`: as `tick`, and in leaps where nothing can be refused; record by record where so few arrive that this is cheaper.
 */
import { secondsPerHour } from "../units/dimension.js";
import { ArrivalLog } from "./arrival-log.js";
import { FlowReader } from "./flow-reader.js";
import { FlowWriter } from "./flow-writer.js";
import { FluidLog } from "./fluid-log.js";
import { FluidReader, readAsFlow } from "./fluid-reader.js";
import { FluidWriter } from "./fluid-writer.js";
import type { ShardModel, StreamModel } from "./model.js";
import { readByPolls } from "./read-by-polls.js";
import { RecordLog } from "./record-log.js";
import { RecordReader } from "./record-reader.js";
import { RecordWriter } from "./record-writer.js";
import type { FidelityShares, PartsFactory, ShardParts } from "./shard-parts.js";

export const fidelities = ["auto", "record", "tick", "fluid"] as const;
export type Fidelity = (typeof fidelities)[number];

/** Below this many Kinesis records per second a shard costs less record by record than by the second. */
const SPARSE_PER_SECOND = 2;

export function chooseParts(fidelity: Fidelity, model: StreamModel, seconds: number): PartsFactory {
  if (fidelity === "record" || (fidelity === "auto" && isSparse(model, seconds))) return recordParts();
  if (fidelity === "fluid" || (fidelity === "auto" && isHuge(model, seconds))) return fluidParts();
  return flowParts(fidelity === "auto");
}

/** Shard-hours above which chance is left out: on so many shards, for so long, it is a small part of a percent. */
const HUGE_SHARD_HOURS = 1e6;

function isHuge({ shardCount }: StreamModel, seconds: number): boolean {
  return (shardCount * seconds) / secondsPerHour > HUGE_SHARD_HOURS;
}

/** Whether records come so seldom, all the time, that each may as well be simulated on its own. */
function isSparse({ producers, shardCount }: StreamModel, seconds: number): boolean {
  const samples = 100;
  for (let sample = 0; sample <= samples; sample += 1) {
    let rate = 0;
    for (const { curve, recordsPerKinesisRecord } of producers)
      rate += curve.after((sample * seconds) / samples) / recordsPerKinesisRecord;
    if (rate > SPARSE_PER_SECOND * shardCount) return false;
  }
  return true;
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
    shares: () => ({ record: 1 }),
  };
}

function flowParts(mayLeap: boolean): PartsFactory {
  const writers: FlowWriter[] = [];
  return {
    create: (model, random, tick) => {
      const log = new ArrivalLog(tick);
      const writer = new FlowWriter(model, log, random, mayLeap);
      writers.push(writer);
      return {
        log,
        writer,
        createReader: (consumer, account, stream) => new FlowReader(consumer, log, account, stream, tick),
        readShared: mayLeap ? readByLeaps(model, writer) : readByPolls,
      };
    },
    shares: () => sharesOf(writers),
  };
}

/** Readers that keep up are leapt over together in a chunk that the writer has leapt over; otherwise they poll. */
function readByLeaps(model: ShardModel, writer: FlowWriter): ShardParts["readShared"] {
  let readers: FlowReader[] | undefined;
  return (all, bucket, toTick) => {
    if (!writer.hasLeapt) return readByPolls(all, bucket, toTick);
    // A shard's readers are the same all the time.
    readers ??= all.filter((reader): reader is FlowReader => reader instanceof FlowReader);
    let calls = 0;
    let bytes = 0;
    for (const reader of readers) {
      calls += reader.callsPerSecond;
      bytes += reader.leapBytes(toTick);
    }
    const isSafe = bytes <= model.readBurstBytes && calls < model.readCallsPerSecond;
    if (isSafe) for (const reader of readers) reader.leap(toTick);
    else readByPolls(all, bucket, toTick);
  };
}

function fluidParts(): PartsFactory {
  return {
    create: (model, _random, tick) => {
      const log = new FluidLog(tick);
      return {
        log,
        writer: new FluidWriter(model, log),
        createReader: (consumer, account, stream) => new FluidReader(consumer, log, account, stream, tick),
        readShared: readAsFlow(log),
      };
    },
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
