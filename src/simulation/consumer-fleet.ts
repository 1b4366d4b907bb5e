/*
 * The workers of one consumer: who processes which lease, who is up, and what they have done. Who holds what is decided elsewhere, by a
 * lease coordinator.
 */

import { sumOf } from "../units/sum-of.js";
import type { ConsumerModel, LambdaModel } from "./consumer-model.js";
import { Histogram } from "./kernel/histogram.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { batchRecords } from "./lambda-batches.js";
import { type Block, blockedBy, type Lease } from "./lease.js";
import { ProcessingSpeeds } from "./processing-speeds.js";
import { CHUNK_TICKS } from "./producer-traffic.js";
import type { ReadAccount } from "./read-account.js";
import type { ReadBucket } from "./read-bucket.js";
import { SdkRetryQuota } from "./sdk-retry.js";
import type { Reader, ShardLog } from "./shard-parts.js";
import { SteadyReaders } from "./steady-readers.js";
import { isActive, newWorker, type Worker } from "./worker.js";

export class ConsumerFleet {
  readonly model: ConsumerModel;
  readonly account: ReadAccount;
  readonly workers: Worker[];
  readonly leases: Lease[] = [];
  readonly #random: RandomStream;
  readonly speeds: ProcessingSpeeds;
  /** Outages that last. */
  outages = 0;
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
      steady: new SteadyReaders(model.batchSeconds, model.pollJitterRatio, random.child("ages", model.name), latencies),
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
    this.speeds = new ProcessingSpeeds(model, this.leases, this.workers);
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
    const { pollSeconds, batchWindow } = this.model;
    const window = batchWindow?.seconds ?? 0;
    const batch = batchRecords(perSecond, pollSeconds, window, most, 1, Number.POSITIVE_INFINITY).records;
    const invocations = records / batch;
    this.account.invocations += invocations;
    this.account.invocationSeconds +=
      records * secondsPerRecord * this.speeds.slowFactor + invocations * invocationSeconds;
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
