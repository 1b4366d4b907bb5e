/*
 * The workers of one consumer: who processes which lease, who is up, and how fast each shard is processed. A worker's processors share
 * its CPU: each gets what it asks for as long as there is enough, and equal parts of what there is otherwise (max-min fairness), worked
 * out anew at every chunk. Who holds what is decided elsewhere, by a lease coordinator.
 */

import { sumOf } from "../units/sum-of.js";
import type { ConsumerModel, LambdaModel } from "./consumer-model.js";
import { fairLimits } from "./fair-limits.js";
import { Histogram } from "./kernel/histogram.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { batchRecords } from "./lambda-batches.js";
import { CHUNK_TICKS } from "./producer-traffic.js";
import type { ReadAccount } from "./read-account.js";
import type { ReadBucket } from "./read-bucket.js";
import { SdkRetryQuota } from "./sdk-retry.js";
import type { Reader, ShardLog } from "./shard-parts.js";
import { SteadyReaders } from "./steady-readers.js";
import { isActive, newWorker, type Worker } from "./worker.js";

/** Why a lease is not read, as bits. */
export const blockedBy = { outage: 1, lease: 2, parent: 4, poison: 8 } as const;
export type Block = (typeof blockedBy)[keyof typeof blockedBy];

export interface Lease {
  readonly shardNumber: number;
  /** Of the shards that have to be processed to their end before it. */
  readonly parents: readonly Lease[];
  readonly log: ShardLog;
  readonly reader: Reader;
  /** What the shard gives to shared readers. */
  readonly bucket: ReadBucket;
  /** Index of the worker that processes it; -1 while nobody does. */
  worker: number;
  /** A sum of `blockedBy`. */
  blocks: number;
  /** Whether the shard takes records. */
  isOpen: boolean;
  /** Whether the consumer is done with the shard. */
  isEnded: boolean;
  /** Whether its speed is worked out anew every second. */
  isBusy: boolean;
  /** Whether nobody that is up has got it since its worker crashed. */
  isOrphaned: boolean;
  /** User records processed, and not missed, that are counted already. */
  accounted: number;
  /** When the reader's last mark but one was made, and the last. Unless the lease is young, the last checkpoint lies after the former. */
  markSeconds: number;
  lastMarkSeconds: number;
  /** When somebody read that who will go on from there; whoever still processes the lease then has not noticed. */
  checkpointReadSeconds: number | undefined;
}

/** A worker whose CPU is asked for this much or more is looked at every second. */
const BUSY_RATIO = 0.7;
/** In the first of them those catch up that were stopped. */
const FIRST_POLLS = 2;

export class ConsumerFleet {
  readonly model: ConsumerModel;
  readonly account: ReadAccount;
  readonly workers: Worker[];
  readonly leases: Lease[] = [];
  readonly #random: RandomStream;
  /** Groups of leases that share a worker, or a function, and leave little of it. */
  #busy: (readonly Lease[])[] = [];
  /** How much longer processing takes at present. */
  slowFactor = 1;
  /** Outages that last. */
  outages = 0;
  /** Lambda: how many invocations may ever run at a time, how many may in the chunk, and whether more would. */
  concurrencyLimit = Number.POSITIVE_INFINITY;
  concurrencyMax = Number.POSITIVE_INFINITY;
  isShortOfConcurrency = false;
  /** How many workers there should be, spare ones aside. */
  desiredWorkers: number;

  constructor(model: ConsumerModel, random: RandomStream) {
    this.model = model;
    this.desiredWorkers = model.workers;
    this.#random = random.child("fleet", model.name);
    const latencies = new Histogram();
    this.account = {
      latencies,
      ageMax: new Float64Array(CHUNK_TICKS),
      steady: new SteadyReaders(model.pollSeconds, model.pollJitterRatio, random.child("ages", model.name), latencies),
      retryQuota: model.readRetry === undefined ? undefined : new SdkRetryQuota(model.readRetry),
      processed: 0,
      repeated: 0,
      retried: 0,
      discarded: 0,
      invocations: 0,
      invocationSeconds: 0,
      workerSeconds: 0,
      readThrottles: 0,
      calls: 0,
    };
    this.workers = Array.from({ length: model.workers + model.standby }, (_, slot) =>
      newWorker(slot, slot >= model.workers && model.kcl === undefined),
    );
  }

  /** A worker that comes up; it holds nothing yet. */
  addWorker(slot: number): Worker {
    const worker = newWorker(slot, false);
    this.workers.push(worker);
    return worker;
  }

  /** A lease for a new shard, which nobody holds, and which is not read until its parents are done. */
  addLease(
    shardNumber: number,
    parents: readonly Lease[],
    log: ShardLog,
    bucket: ReadBucket,
    createReader: (account: ReadAccount) => Reader,
    tick: number,
  ): Lease {
    const reader = createReader(this.account);
    const blocks = blockedBy.parent | blockedBy.lease | (this.outages > 0 ? blockedBy.outage : 0);
    const lease: Lease = {
      shardNumber,
      parents,
      log,
      reader,
      bucket,
      worker: -1,
      blocks,
      isOpen: true,
      isEnded: false,
      isBusy: false,
      isOrphaned: false,
      accounted: 0,
      markSeconds: tick,
      lastMarkSeconds: tick,
      checkpointReadSeconds: undefined,
    };
    this.leases.push(lease);
    return lease;
  }

  removeLease(lease: Lease): void {
    this.assign(lease, -1);
    this.leases.splice(this.leases.indexOf(lease), 1);
  }

  block(lease: Lease, why: Block): void {
    lease.blocks |= why;
    lease.reader.stop();
  }

  /** @param isAtOnce whether the first poll does not wait for its turn */
  unblock(lease: Lease, why: number, tick: number, isAtOnce = false): void {
    if ((lease.blocks & why) === 0) return;
    lease.blocks &= ~why;
    if (lease.blocks === 0) lease.reader.start(tick, isAtOnce);
  }

  /** A worker begins where the last one left off: what it has done is what it does from now on. */
  begin(lease: Lease, worker: number, tick: number): void {
    this.assign(lease, worker);
    lease.markSeconds = tick;
    lease.lastMarkSeconds = tick;
  }

  /** Makes a worker the one that processes a lease, or nobody. */
  assign(lease: Lease, worker: number): void {
    const old = this.workers[lease.worker];
    if (old !== undefined) old.leases.splice(old.leases.indexOf(lease), 1);
    lease.worker = worker;
    const holder = this.workers[worker];
    if (holder !== undefined) holder.leases.push(lease);
    else lease.blocks |= blockedBy.lease;
  }

  /**
   * Takes a lease from whoever processes it, and has noted how far it is. What was fetched and not processed is fetched again by the next,
   * which goes back no further than that if it crashes in its turn.
   */
  release(lease: Lease, tick: number): void {
    lease.checkpointReadSeconds = undefined;
    lease.reader.drop();
    this.#mark(lease, tick);
    this.#mark(lease, tick);
    this.block(lease, blockedBy.lease);
    this.assign(lease, -1);
  }

  /** The same where the worker had no time to note how far it was: the next goes on at the last checkpoint, and repeats what was done since. */
  releaseAtCheckpoint(lease: Lease, tick: number): void {
    const { checkpointIntervalSeconds } = this.model;
    if (checkpointIntervalSeconds !== undefined) {
      const since = tick - lease.markSeconds;
      const read = Math.min(tick, lease.checkpointReadSeconds ?? tick);
      const missing = Math.min(since, tick - read + this.#random.nextUniform() * checkpointIntervalSeconds);
      const repeated = lease.reader.rewind(since > 0 ? 1 - missing / since : 1);
      lease.accounted -= repeated;
      this.account.repeated += repeated;
    }
    this.release(lease, tick);
  }

  /** Gives records up that come next on a lease's shard, and goes on behind them; how many they are. */
  discard(lease: Lease, records: number): number {
    const discarded = lease.reader.goOn(records);
    this.account.discarded += discarded;
    return discarded;
  }

  /** The active worker with the fewest leases; -1 where none is active. */
  leastLoaded(): number {
    let best = -1;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [index, worker] of this.workers.entries()) {
      if (!isActive(worker) || worker.leases.length >= fewest) continue;
      best = index;
      fewest = worker.leases.length;
    }
    return best;
  }

  /**
   * Sets the processing speed of every lease for the chunk that has begun. Leases that have so little CPU, or so few invocations, that it
   * has to be shared out anew every second are busy then: by what they ask for in the whole chunk, or in its first polls.
   */
  setSpeeds(fromTick: number, toTick: number): void {
    for (const lease of this.leases) this.#setFullSpeed(lease);
    const capacity = this.#capacity;
    this.isShortOfConcurrency = false;
    this.#busy = [];
    if (capacity === Number.POSITIVE_INFINITY) return;
    const soon = Math.min(toTick, fromTick + Math.ceil(FIRST_POLLS * this.model.pollSeconds));
    for (const leases of this.#groups) {
      const load = this.#shareOut(leases, capacity, toTick);
      const isBusy = load > BUSY_RATIO || (soon < toTick && demandOf(leases, soon) > BUSY_RATIO * capacity);
      if (isBusy) this.#makeBusy(leases);
    }
  }

  /** Leases that share a worker, or a function. */
  get #groups(): (readonly Lease[])[] {
    return this.model.lambda === undefined ? this.workers.map(({ leases }) => leases) : [this.leases];
  }

  get isBusy(): boolean {
    return this.#busy.length > 0;
  }

  /** Whether its CPU, or its invocations, may run short. */
  get isLimited(): boolean {
    return this.#capacity < Number.POSITIVE_INFINITY;
  }

  /** Has all speeds set anew every second of the chunk. */
  beBusy(): void {
    this.#busy = [];
    for (const leases of this.#groups) this.#makeBusy(leases);
  }

  #makeBusy(leases: readonly Lease[]): void {
    this.#busy.push(leases);
    for (const lease of leases) lease.isBusy = true;
  }

  /** Sets the speeds of busy leases again, for a second of the chunk. */
  setBusySpeeds(toTick: number): void {
    this.isShortOfConcurrency = false;
    const capacity = this.#capacity;
    for (const leases of this.#busy) {
      for (const lease of leases) lease.reader.recordsPerSecond = this.#fullSpeed(lease);
      this.#shareOut(leases, capacity, toTick);
    }
  }

  /** Shares out what can be processed; how much of it leases ask for, as a ratio. */
  #shareOut(leases: readonly Lease[], capacity: number, toTick: number): number {
    const load = shareOut(leases, capacity, toTick);
    if (this.model.lambda !== undefined && load > 1) this.isShortOfConcurrency = true;
    return load;
  }

  #setFullSpeed(lease: Lease): void {
    lease.isBusy = false;
    lease.reader.recordsPerSecond = this.#fullSpeed(lease);
  }

  #fullSpeed({ blocks }: Lease): number {
    return isStill(blocks) ? 0 : this.model.recordsPerSecond / this.slowFactor;
  }

  /** Records per second that the CPU of a worker allows, or all invocations of a function. */
  get #capacity(): number {
    const { lambda, cpuSecondsPerRecord, vcpus, processors } = this.model;
    if (lambda === undefined) return cpuSecondsPerRecord > 0 ? vcpus / cpuSecondsPerRecord : Number.POSITIVE_INFINITY;
    const isEnough = this.leases.length * processors <= this.concurrencyMax;
    return isEnough ? Number.POSITIVE_INFINITY : this.concurrencyMax / this.#secondsPerRecord;
  }

  /** Invocations that would run at a time if there were no limit, on average up to a tick of the chunk that has begun. */
  wantedConcurrency(toTick: number): number {
    for (const lease of this.leases) lease.reader.recordsPerSecond = this.#fullSpeed(lease);
    return demandOf(this.leases, toTick) * this.#secondsPerRecord;
  }

  /** What a record takes of an invocation, in batches that are full. */
  get #secondsPerRecord(): number {
    return (this.model.processors / this.model.recordsPerSecond) * this.slowFactor;
  }

  /**
   * How many workers share the work: those that are up and not spare. A KCL worker without a lease is spare.
   *
   * @param isPart whether these are not all of its leases: then none is taken to be spare for that
   */
  countWorkers(isPart: boolean): number {
    const active = this.workers.filter(isActive).length;
    if (this.model.kcl === undefined || isPart) return active;
    return Math.min(active, this.leasesToRead);
  }

  /** How many leases there are of shards that the consumer is not done with. */
  get leasesToRead(): number {
    return this.leases.filter(({ isEnded }) => !isEnded).length;
  }

  /** User records that are accepted and not processed. */
  get backlog(): number {
    return sumOf(this.leases, ({ reader }) => reader.backlog);
  }

  /** Counts what was processed in a chunk of so many seconds that ends at a tick, and books its CPU time to the workers that did it. */
  accountChunk(seconds: number, tick: number): void {
    for (const lease of this.leases) this.#account(lease, seconds);
    for (const worker of this.workers) this.#book(worker, seconds);
    const { checkpointIntervalSeconds } = this.model;
    if (checkpointIntervalSeconds !== undefined) this.#markProgress(tick, checkpointIntervalSeconds);
  }

  #account(lease: Lease, seconds: number): void {
    const processed = lease.reader.processed - lease.reader.skipped;
    const records = processed - lease.accounted;
    lease.accounted = processed;
    this.account.processed += records;
    const worker = this.workers[lease.worker];
    if (worker !== undefined) worker.records += records;
    if (this.model.lambda !== undefined && records > 0) this.#countInvocations(this.model.lambda, records, seconds);
  }

  /** Batches are full where it lags, and hold what a poll brings where it keeps up. */
  #countInvocations(lambda: LambdaModel, records: number, seconds: number): void {
    const { batchRecords: most, secondsPerRecord, invocationSeconds } = lambda;
    const perSecond = records / seconds;
    const batch = batchRecords(perSecond, this.model.pollSeconds, 0, most, 1, Number.POSITIVE_INFINITY).records;
    const invocations = records / batch;
    this.account.invocations += invocations;
    this.account.invocationSeconds += records * secondsPerRecord * this.slowFactor + invocations * invocationSeconds;
  }

  #book(worker: Worker, seconds: number): void {
    for (const cpu of [worker.minuteCpu, worker.rowCpu, worker.reportCpu, worker.scalingCpu]) {
      cpu.cpuSeconds += worker.records * this.model.cpuSecondsPerRecord;
      if (isActive(worker)) cpu.activeSeconds += seconds;
    }
    if (worker.isUp) this.account.workerSeconds += seconds;
    worker.records = 0;
  }

  /**
   * Marks where readers are, an interval or more from mark to mark: so the last checkpoint, which is within an interval, comes after the
   * last mark but one.
   */
  #markProgress(tick: number, interval: number): void {
    for (const lease of this.leases) {
      if (tick - lease.lastMarkSeconds < interval || lease.checkpointReadSeconds !== undefined) continue;
      this.#mark(lease, tick);
    }
  }

  #mark(lease: Lease, tick: number): void {
    lease.markSeconds = lease.lastMarkSeconds;
    lease.lastMarkSeconds = tick;
    lease.reader.mark();
  }
}

/** User records per second that leases could process in a chunk that has begun. */
function demandOf(leases: readonly Lease[], toTick: number): number {
  return sumOf(leases, ({ reader, bucket }) => reader.demand(toTick, bucket));
}

/** Somebody that is up gets leases; how many of them were orphaned. */
export function adopt(leases: readonly Lease[]): number {
  const orphans = leases.filter(({ isOrphaned }) => isOrphaned);
  for (const lease of orphans) lease.isOrphaned = false;
  return orphans.length;
}

/** Shares out what can be processed among leases; how much of it they ask for, as a ratio. */
function shareOut(leases: readonly Lease[], capacity: number, toTick: number): number {
  const wanted = leases.map(({ reader, bucket }) => reader.demand(toTick, bucket));
  const total = sumOf(wanted, (one) => one);
  if (total > capacity)
    // Who gets all that it asks for takes it as soon as it can, the others all the time.
    for (const [index, limit] of fairLimits(wanted, capacity).entries())
      if (limit < (wanted[index] as number)) (leases[index] as Lease).reader.recordsPerSecond = limit;
  return total / capacity;
}

/** Whether a lease's processor stands still. One that waits for a parent has nothing to process yet. */
function isStill(blocks: number): boolean {
  return (blocks & ~blockedBy.parent) !== 0;
}
