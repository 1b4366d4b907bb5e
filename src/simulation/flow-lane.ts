/*
 * One producer's records on one shard, in ticks of a second: what is drawn for a chunk, and what becomes of a tick's attempts. Counts
 * and sizes come from streams of their own, so that they are the same however time is cut and whatever the shard takes. Counts are
 * Kinesis records; where the KPL fills aggregates they are user records, several of which share a Kinesis record.
 */

import type { RandomStream } from "./kernel/random-stream.js";
import { fillPoisson, sampleLognormal, sampleNormal, samplePoisson } from "./kernel/samplers.js";
import { type Composition, statedComposition } from "./kpl-composition.js";
import type { RetryModel, ShardModel } from "./model.js";
import { type ProducerLane, recordsOfCall } from "./producer-lane.js";
import type { ProducerTraffic } from "./producer-traffic.js";
import type { RecordSizes } from "./record-sizes.js";
import { createRetryQueue, type RetryQueue } from "./retry-queue.js";

/** The sum of so many sizes that its variance is below this part of its squared mean is drawn as a normal one. */
const NEARLY_NORMAL = 0.01;

export interface FlowLane extends ProducerLane {
  readonly counts: RandomStream;
  readonly sizes: RandomStream;
  /** Kinesis records that a PutRecords call brings to this shard, as a record sees it: larger calls count more. */
  readonly callRecords: number;
  /** The bytes of such a call, as a byte sees it: where sizes vary it is among the larger ones, as full aggregates are. */
  callBytes: number;
  /** Whether the bucket ever holds enough for one of its records. */
  readonly fits: boolean;
  queue: RetryQueue | undefined;
  /** Whether what is counted is made up otherwise than the workload states in some tick of the chunk. */
  isComposed: boolean;
  /**
   * In the tick that is simulated, Kinesis records and relative bytes of each record that is counted, and how many a call brings; whether
   * they go out by themselves, past the KPL's limiter.
   */
  cost: number;
  ratio: number;
  callUnits: number;
  isAlone: boolean;
  /** What waits, in bytes: it weighs what it weighed when it came, made up as usual. */
  waitingBytes: number;
  /** What the lane attempts in the tick that is simulated, bytes of each attempt on average, and how many get in. */
  attempts: number;
  size: number;
  taken: number;
  /** Of the attempts, while they are played call by call, those that are left, and their calls. */
  rest: number;
  calls: number;
}

/** @param random the shard's stream */
export function createFlowLane(
  traffic: ProducerTraffic,
  share: number,
  { writeBurstBytes }: ShardModel,
  random: RandomStream,
): FlowLane {
  const { name } = traffic.model;
  const { meanBytes } = traffic.sizes;
  const stream = random.child(name);
  const callRecords = recordsOfCall(traffic.model, share);
  const recordsMax = traffic.model.aggregation?.filling?.recordsMax ?? 1;
  return {
    traffic,
    share,
    counts: stream.child("counts"),
    sizes: stream.child("sizes"),
    callRecords,
    callBytes: callBytesOf({ traffic }, callRecords * recordsMax, 1),
    fits: meanBytes * recordsMax <= writeBurstBytes,
    queue: undefined,
    isComposed: false,
    ...statedComposition,
    callUnits: callRecords,
    isAlone: false,
    waitingBytes: 0,
    attempts: 0,
    size: 0,
    taken: 0,
    rest: 0,
    calls: 0,
  };
}

/** Works out what the records of a chunk are made up of, before they are drawn. */
export function composeTicks(lane: FlowLane, fromTick: number, ticks: number): void {
  const { traffic, share } = lane;
  if (traffic.kpl === undefined) return;
  lane.isComposed = traffic.kpl.compose(traffic.kinesisRecords, share, fromTick, ticks);
  if (!lane.isComposed) takeComposition(lane, statedComposition);
  if (!traffic.kpl.isFilling) return;
  let lump = 0;
  for (let index = 0; index < ticks; index += 1) lump = Math.max(lump, traffic.kpl.lumps[index] as number);
  lane.callBytes = callBytesOf(lane, lump * lane.callRecords, 1);
}

function callBytesOf({ traffic: { sizes } }: Pick<FlowLane, "traffic">, units: number, ratio: number): number {
  return (units + sizes.relativeVariance) * sizes.meanBytes * ratio;
}

/** Lets records be made up alike for a while, all of them in calls of as many Kinesis records. */
export function takeComposition(lane: FlowLane, { cost, ratio }: Composition): void {
  lane.cost = cost;
  lane.ratio = ratio;
  lane.callUnits = lane.callRecords / cost;
  lane.callBytes = callBytesOf(lane, lane.callUnits, ratio);
  lane.isAlone = false;
}

/** Draws what arrives in each tick. What is drawn counts as accepted until it is refused. */
export function drawArrivals(lane: FlowLane, ticks: number): void {
  const { traffic, share, callRecords } = lane;
  const { kinesisRecords: means, counts, kpl } = traffic;
  let total = 0;
  if (kpl?.isFilling === true)
    for (let index = 0; index < ticks; index += 1) {
      const callUnits = callRecords * (kpl.lumps[index] as number);
      total += counts[index] = drawCount(lane, (means[index] as number) * share, callUnits);
    }
  else if (callRecords === 1) total = fillPoisson(lane.counts, means, share, counts, ticks);
  else
    for (let index = 0; index < ticks; index += 1)
      total += counts[index] = drawCount(lane, (means[index] as number) * share, callRecords);
  addOffered(traffic, total, lane.isComposed && kpl !== undefined ? costOf(counts, kpl.costs, ticks) : total);
  drawTicksBytes(lane, ticks);
}

/** Kinesis records that so many records of each tick take. */
function costOf(counts: Float64Array, costs: Float64Array, ticks: number): number {
  let kinesisRecords = 0;
  for (let index = 0; index < ticks; index += 1) kinesisRecords += (counts[index] as number) * (costs[index] as number);
  return kinesisRecords;
}

function drawTicksBytes(lane: FlowLane, ticks: number): void {
  const { counts, bytes, sizes } = lane.traffic;
  if (sizes.relativeVariance > 0)
    for (let index = 0; index < ticks; index += 1) bytes[index] = drawBytes(lane, counts[index] as number);
  else for (let index = 0; index < ticks; index += 1) bytes[index] = (counts[index] as number) * sizes.meanBytes;
}

/** Draws what arrives in a whole chunk: how many records; all of them are accepted. */
export function drawChunk(lane: FlowLane): number {
  const { traffic, share, callUnits, cost } = lane;
  const count = drawCount(lane, traffic.expected * share, callUnits);
  addOffered(traffic, count, count * cost);
  return count;
}

function addOffered(traffic: ProducerTraffic, count: number, kinesisRecords: number): void {
  traffic.offered += count;
  traffic.accepted += count;
  traffic.attempts += kinesisRecords;
}

/** Calls come at random; each brings as many records as a record finds in its call, which keeps mean and variance. */
function drawCount({ counts }: FlowLane, mean: number, callUnits: number): number {
  const records = samplePoisson(counts, mean / callUnits) * callUnits;
  return Number.isInteger(records) ? records : Math.floor(records + counts.nextUniform());
}

/** The bytes of so many records: a sum of few sizes is about lognormal as they are, a sum of many is normal. */
export function drawBytes({ traffic, sizes }: FlowLane, count: number): number {
  if (count === 0) return 0;
  const mean = count * traffic.sizes.meanBytes;
  const variance = traffic.sizes.relativeVariance / count;
  if (variance > NEARLY_NORMAL) return mean * sampleLognormal(sizes, Math.log1p(variance));
  return mean * (1 + Math.sqrt(variance) * sampleNormal(sizes));
}

/** Takes over what the records of a tick are made up of; they still come in calls of as many as if they were aggregated. */
function composeTick(lane: FlowLane, tick: number, index: number): void {
  const { traffic, callRecords } = lane;
  if (traffic.kpl === undefined) return;
  lane.cost = traffic.kpl.costs[index] as number;
  lane.ratio = traffic.kpl.ratios[index] as number;
  lane.callUnits = callRecords * (traffic.kpl.lumps[index] as number);
  lane.isAlone = traffic.kpl.isRefreshing(tick);
}

/** Finds what a lane attempts in a tick: what is fresh and what has waited. */
export function prepareAttempts(lane: FlowLane, tick: number, index: number): void {
  if (lane.isComposed) composeTick(lane, tick, index);
  const { traffic, waitingBytes, cost, ratio, isAlone } = lane;
  const { sizes } = traffic;
  const { retry } = traffic.model;
  const fresh = traffic.counts[index] as number;
  const freshBytes = traffic.bytes[index] as number;
  // The KPL's limiter holds back from the first record on.
  if (retry.kind === "kpl") lane.queue ??= createRetryQueue(retry);
  const waiting = lane.queue?.waiting ?? 0;
  const meanSize = meanSizeFor(retry, sizes, waiting + fresh, waitingBytes + freshBytes);
  lane.attempts = lane.queue?.attempts(tick, fresh, meanSize * ratio, cost, isAlone) ?? fresh;
  lane.size = ratio * offeredSize(sizes, lane.attempts, fresh, freshBytes, waiting, waitingBytes);
}

/** The mean size of what may be offered, for the KPL's limiter: nobody else asks for it. */
export function meanSizeFor({ kind }: RetryModel, sizes: RecordSizes, records: number, bytes: number): number {
  return kind === "kpl" ? sizeOf(sizes, records, bytes) : 0;
}

/** Bytes of each of so many attempts of what is fresh and, if there are more, of what has waited, each of its own weight. */
export function offeredSize(
  sizes: RecordSizes,
  attempts: number,
  fresh: number,
  freshBytes: number,
  waiting: number,
  waitingBytes: number,
): number {
  if (attempts <= fresh) return fresh > 0 ? freshBytes / fresh : 0;
  return (freshBytes + (attempts - fresh) * sizeOf(sizes, waiting, waitingBytes)) / attempts;
}

/** The mean size of records that weigh so much together: the usual one to the last digit where sizes do not vary. */
function sizeOf({ meanBytes, relativeVariance }: RecordSizes, records: number, bytes: number): number {
  return relativeVariance > 0 && records > 0 ? bytes / records : meanBytes;
}

/** What the records of a lane that wait weigh. */
export function bytesThatWait(lane: FlowLane): number {
  const waiting = lane.queue?.waiting ?? 0;
  return waiting * sizeOf(lane.traffic.sizes, waiting, lane.waitingBytes);
}

/** Notes what became of a tick's attempts. */
export function settle(lane: FlowLane, tick: number, index: number): void {
  const { traffic, attempts, taken, cost } = lane;
  const fresh = traffic.counts[index] as number;
  if (taken < attempts || attempts < fresh) lane.queue ??= createRetryQueue(traffic.model.retry);
  const extra = attempts - fresh;
  traffic.accepted += taken - fresh;
  traffic.attempts += extra * cost;
  traffic.throttled += (attempts - taken) * cost;
  if (lane.queue === undefined) return;
  const waited = lane.queue.waiting;
  const { lost, furtherAttempts, acceptedLate } = lane.queue.settle(tick, fresh, attempts, taken);
  traffic.waiting += lane.queue.waiting - waited;
  traffic.attempts += furtherAttempts * cost;
  traffic.throttled += furtherAttempts * cost;
  traffic.lost += lost;
  traffic.acceptedLate += acceptedLate;
  const bytes = lane.waitingBytes + (traffic.bytes[index] as number) - (taken * lane.size) / lane.ratio;
  lane.waitingBytes = bytesLeft(bytes, lane.queue.waiting, waited + fresh - taken);
}

/** Of the bytes of `before` records, those of as many as still wait; the others are gone. */
export function bytesLeft(bytes: number, waiting: number, before: number): number {
  if (waiting === 0) return 0;
  return waiting === before ? bytes : bytes * (waiting / before);
}

/** Drops a share of what waits, and says how many records that is. */
export function dropWaiting(lane: FlowLane, share: number): number {
  if (lane.queue === undefined) return 0;
  const { waiting } = lane.queue;
  const dropped = lane.queue.drop(share);
  lane.waitingBytes = bytesLeft(lane.waitingBytes, lane.queue.waiting, waiting);
  return dropped;
}

/** Hands a share of what waits over to another lane of the same producer. */
export function handWaitingOver(lane: FlowLane, heir: FlowLane, share: number): void {
  if (lane.queue === undefined || lane.queue.waiting === 0) return;
  heir.queue ??= createRetryQueue(lane.traffic.model.retry);
  const { waiting } = lane.queue;
  const bytes = lane.waitingBytes;
  lane.queue.moveTo(heir.queue, share);
  lane.waitingBytes = bytesLeft(bytes, lane.queue.waiting, waiting);
  heir.waitingBytes += bytes - lane.waitingBytes;
}
