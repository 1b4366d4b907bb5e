/*
 * The workers of one consumer: who holds which lease, who is up, and how fast each shard is processed. Leases are spread evenly. A
 * worker's processors share its CPU: each gets what it asks for as long as there is enough, and equal parts of what there is
 * otherwise (max-min fairness), worked out anew at every chunk.
 *
 * Left out here: how a KCL fleet balances leases in detail, and scaling; a lease that moves stands still for the time that the
 * libraries' timers add up to.
 */

import { sumOf } from "../units/sum-of.js";
import { fairLimits } from "./fair-limits.js";
import { Histogram } from "./kernel/histogram.js";
import type { RandomStream } from "./kernel/random-stream.js";
import type { ConsumerModel, Delay } from "./model.js";
import { CHUNK_TICKS } from "./producer-traffic.js";
import type { ReadAccount } from "./read-account.js";
import type { ReadBucket } from "./read-bucket.js";
import type { Reader } from "./shard-parts.js";
import { SteadyReaders } from "./steady-readers.js";

/** Why a lease is not read, as bits. */
export const blockedBy = { outage: 1, lease: 2, parent: 4 } as const;
export type Block = (typeof blockedBy)[keyof typeof blockedBy];

export interface Lease {
  readonly shardNumber: number;
  readonly reader: Reader;
  /** What the shard gives to shared readers. */
  readonly bucket: ReadBucket;
  /** Index of the worker that holds it; -1 while nobody does. */
  worker: number;
  /** A sum of `blockedBy`. */
  blocks: number;
  /** Whether its first read is on its way. */
  isStarting: boolean;
  /** Whether somebody is about to take it over. */
  isMoving: boolean;
  /** User records processed, and not missed, that are counted already. */
  accounted: number;
}

/** CPU time of one worker that is booked and not counted yet. */
export interface CpuAccount {
  /** Used, in seconds of one vCPU. */
  cpuSeconds: number;
  /** For how many seconds the worker was up. */
  activeSeconds: number;
}

export interface Worker {
  isUp: boolean;
  /** A spare one that holds no leases. */
  isStandby: boolean;
  /** What no minute of the run counts yet, and what no row of the timeline does. */
  readonly minuteCpu: CpuAccount;
  readonly rowCpu: CpuAccount;
  /** User records processed in the chunk. */
  records: number;
  readonly leases: Lease[];
}

/** A worker whose CPU is asked for this much or more is looked at every second. */
const BUSY_RATIO = 0.7;

export class ConsumerFleet {
  readonly model: ConsumerModel;
  readonly account: ReadAccount;
  readonly workers: Worker[];
  readonly leases: Lease[] = [];
  readonly #random: RandomStream;
  /** How much longer processing takes at present. */
  slowFactor = 1;
  /** Outages that last. */
  outages = 0;

  constructor(model: ConsumerModel, random: RandomStream) {
    this.model = model;
    this.#random = random.child("fleet", model.name);
    const latencies = new Histogram();
    this.account = {
      latencies,
      ageMax: new Float64Array(CHUNK_TICKS),
      steady: new SteadyReaders(model.pollSeconds, model.pollJitterRatio, random.child("ages", model.name), latencies),
      processed: 0,
      readThrottles: 0,
      calls: 0,
    };
    this.workers = Array.from({ length: model.workers + model.standby }, (_, index) => ({
      isUp: true,
      isStandby: index >= model.workers,
      minuteCpu: { cpuSeconds: 0, activeSeconds: 0 },
      rowCpu: { cpuSeconds: 0, activeSeconds: 0 },
      records: 0,
      leases: [],
    }));
  }

  /** A lease for a new shard, held by the worker with the fewest; not read until it is unblocked. */
  addLease(shardNumber: number, bucket: ReadBucket, createReader: (account: ReadAccount) => Reader): Lease {
    const reader = createReader(this.account);
    const blocks = blockedBy.parent | (this.outages > 0 ? blockedBy.outage : 0);
    const lease: Lease = {
      shardNumber,
      reader,
      bucket,
      worker: -1,
      blocks,
      isStarting: false,
      isMoving: false,
      accounted: 0,
    };
    this.leases.push(lease);
    this.#assign(lease, this.#leastLoaded());
    return lease;
  }

  removeLease(lease: Lease): void {
    this.#assign(lease, -1);
    this.leases.splice(this.leases.indexOf(lease), 1);
  }

  /** A time that lies evenly within a delay, in whole ticks. */
  drawDelay({ min, max }: Delay): number {
    return Math.ceil(min + this.#random.nextUniform() * (max - min));
  }

  block(lease: Lease, why: Block): void {
    lease.blocks |= why;
    lease.reader.stop();
  }

  unblock(lease: Lease, why: Block, tick: number): void {
    if ((lease.blocks & why) === 0) return;
    lease.blocks &= ~why;
    if (lease.blocks === 0) lease.reader.start(tick);
  }

  /** The leases of a worker that is gone. They stand still until somebody takes them. */
  orphan(worker: number): Lease[] {
    return this.#release([...(this.workers[worker]?.leases ?? [])]);
  }

  /** What a worker has fetched and not processed goes with it. */
  #release(leases: Lease[]): Lease[] {
    for (const lease of leases) {
      lease.reader.drop();
      this.block(lease, blockedBy.lease);
      this.#assign(lease, -1);
    }
    return leases;
  }

  /** Gives leases to the workers that hold the fewest; standby workers come in for those that are down. */
  takeOver(leases: readonly Lease[], tick: number): void {
    this.#callStandby();
    for (const lease of leases) {
      lease.isMoving = false;
      const worker = this.#leastLoaded();
      if (worker < 0 || !this.leases.includes(lease)) continue;
      this.#assign(lease, worker);
      this.unblock(lease, blockedBy.lease, tick);
    }
  }

  /** Leases that nobody holds and nobody is about to take. */
  orphans(): Lease[] {
    return this.leases.filter(({ worker, isMoving }) => worker < 0 && !isMoving);
  }

  /**
   * Takes leases from the fullest workers, so that in the end all hold the same or one more: those, and the ones that are on the move
   * already, go to whoever holds the fewest.
   */
  releaseSurplus(): Lease[] {
    const active = this.workers.filter(isActive).sort((one, other) => other.leases.length - one.leases.length);
    const fair = Math.floor(this.leases.length / Math.max(1, active.length));
    const rest = this.leases.length - fair * active.length;
    return active.flatMap(({ leases }, place) => {
      const surplus = leases.length - (place < rest ? fair + 1 : fair);
      return surplus > 0 ? this.#release(leases.filter(({ isStarting }) => !isStarting).slice(-surplus)) : [];
    });
  }

  /** Standby workers that came in, and how many of the others are down. */
  get #helpers(): { readonly helping: readonly Worker[]; readonly missing: number } {
    return {
      helping: this.workers.slice(this.model.workers).filter(isActive),
      missing: this.workers.slice(0, this.model.workers).filter(({ isUp }) => !isUp).length,
    };
  }

  #callStandby(): void {
    const { helping, missing } = this.#helpers;
    const spare = this.workers.filter(({ isUp, isStandby }) => isUp && isStandby);
    for (const worker of spare.slice(0, Math.max(0, missing - helping.length))) worker.isStandby = false;
  }

  /** Makes standby workers spare again that are not needed any more: their leases, which stand still until somebody takes them. */
  dismissStandby(): Lease[] {
    const { helping, missing } = this.#helpers;
    return helping.slice(missing).flatMap((worker) => {
      worker.isStandby = true;
      return this.#release([...worker.leases]);
    });
  }

  #leastLoaded(): number {
    let best = -1;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [index, worker] of this.workers.entries()) {
      if (!isActive(worker) || worker.leases.length >= fewest) continue;
      best = index;
      fewest = worker.leases.length;
    }
    return best;
  }

  #assign(lease: Lease, worker: number): void {
    const old = this.workers[lease.worker];
    if (old !== undefined) old.leases.splice(old.leases.indexOf(lease), 1);
    lease.worker = worker;
    const holder = this.workers[worker];
    if (holder !== undefined) holder.leases.push(lease);
    else lease.blocks |= blockedBy.lease;
  }

  /**
   * Sets the processing speed of every lease for the chunk that has begun.
   *
   * @returns whether some worker is so busy that its CPU has to be shared out every second
   */
  setSpeeds(toTick: number): boolean {
    const most = this.model.recordsPerSecond / this.slowFactor;
    for (const { reader, blocks } of this.leases) reader.recordsPerSecond = isStill(blocks) ? 0 : most;
    if (this.model.cpuSecondsPerRecord === 0) return false;
    const capacity = this.model.vcpus / this.model.cpuSecondsPerRecord;
    let isBusy = false;
    for (const { leases } of this.workers) if (shareCpu(leases, capacity, toTick)) isBusy = true;
    return isBusy;
  }

  /** User records that are accepted and not processed. */
  get backlog(): number {
    return sumOf(this.leases, ({ reader }) => reader.backlog);
  }

  /** Counts what was processed in a chunk of so many seconds, and books its CPU time to the workers that did it. */
  accountChunk(seconds: number): void {
    for (const lease of this.leases) {
      const processed = lease.reader.processed - lease.reader.skipped;
      const records = processed - lease.accounted;
      lease.accounted = processed;
      this.account.processed += records;
      const worker = this.workers[lease.worker];
      if (worker !== undefined) worker.records += records;
    }
    for (const worker of this.workers) {
      for (const cpu of [worker.minuteCpu, worker.rowCpu]) {
        cpu.cpuSeconds += worker.records * this.model.cpuSecondsPerRecord;
        if (isActive(worker)) cpu.activeSeconds += seconds;
      }
      worker.records = 0;
    }
  }
}

/** Whether a worker holds leases or may. */
export function isActive({ isUp, isStandby }: Worker): boolean {
  return isUp && !isStandby;
}

/** Shares out what a worker's CPU can process among its leases; whether so much is asked of it that every second counts. */
function shareCpu(leases: readonly Lease[], capacity: number, toTick: number): boolean {
  const wanted = leases.map(({ reader, bucket }) => reader.demand(toTick, bucket));
  const total = sumOf(wanted, (one) => one);
  if (total > capacity)
    // Who gets all that it asks for takes it as soon as it can, the others all the time.
    for (const [index, limit] of fairLimits(wanted, capacity).entries())
      if (limit < (wanted[index] as number)) (leases[index] as Lease).reader.recordsPerSecond = limit;
  return total > BUSY_RATIO * capacity;
}

/** Whether a lease's processor stands still. One that waits for a parent has nothing to process yet. */
function isStill(blocks: number): boolean {
  return (blocks & ~blockedBy.parent) !== 0;
}
