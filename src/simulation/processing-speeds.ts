/*
 * How fast the shards of one consumer are processed. A worker's processors share its CPU, those of a function its invocations: each gets
 * what it asks for as long as there is enough, and equal parts of what there is otherwise (max-min fairness), worked out anew at every
 * chunk, and every second of it where little is left.
 */
import { sumOf } from "../units/sum-of.js";
import type { ConsumerModel } from "./consumer-model.js";
import { fairLimits } from "./fair-limits.js";
import { isStill, type Lease } from "./lease.js";
import type { Worker } from "./worker.js";

/** A worker whose CPU is asked for this much or more is looked at every second. */
const BUSY_RATIO = 0.7;
/** In the first of them those catch up that were stopped. */
const FIRST_POLLS = 2;

export class ProcessingSpeeds {
  readonly #model: ConsumerModel;
  readonly #leases: readonly Lease[];
  readonly #workers: readonly Worker[];
  /** Groups of leases that share a worker, or a function, and leave little of it. */
  #busy: (readonly Lease[])[] = [];
  /** How much longer processing takes at present. */
  slowFactor = 1;
  /** Lambda: how many invocations may ever run at a time, how many may in the chunk, and whether more would. */
  concurrencyLimit = Number.POSITIVE_INFINITY;
  concurrencyMax = Number.POSITIVE_INFINITY;
  isShortOfConcurrency = false;

  /** @param leases all of the consumer's, as they come and go; so are the workers */
  constructor(model: ConsumerModel, leases: readonly Lease[], workers: readonly Worker[]) {
    this.#model = model;
    this.#leases = leases;
    this.#workers = workers;
  }

  /**
   * Sets the processing speed of every lease for the chunk that has begun. Leases that have so little CPU, or so few invocations, that it
   * has to be shared out anew every second are busy then: by what they ask for in the whole chunk, or in its first polls.
   */
  set(fromTick: number, toTick: number): void {
    for (const lease of this.#leases) lease.isBusy = false;
    this.#setFull(this.#leases);
    const capacity = this.#capacity;
    this.isShortOfConcurrency = false;
    this.#busy = [];
    if (capacity === Number.POSITIVE_INFINITY) return;
    const soon = Math.min(toTick, fromTick + Math.ceil(FIRST_POLLS * this.#model.pollSeconds));
    for (const leases of this.#groups) {
      const load = this.#shareOut(leases, capacity, toTick);
      const isBusy = load > BUSY_RATIO || (soon < toTick && demandOf(leases, soon) > BUSY_RATIO * capacity);
      if (isBusy) this.#makeBusy(leases);
    }
  }

  /** Leases that share a worker, or a function. */
  get #groups(): (readonly Lease[])[] {
    return this.#model.lambda === undefined ? this.#workers.map(({ leases }) => leases) : [this.#leases];
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
  setBusy(toTick: number): void {
    this.isShortOfConcurrency = false;
    const capacity = this.#capacity;
    for (const leases of this.#busy) {
      this.#setFull(leases);
      this.#shareOut(leases, capacity, toTick);
    }
  }

  /** Shares out what can be processed; how much of it leases ask for, as a ratio. */
  #shareOut(leases: readonly Lease[], capacity: number, toTick: number): number {
    const load = shareOut(leases, capacity, toTick);
    if (this.#model.lambda !== undefined && load > 1) this.isShortOfConcurrency = true;
    return load;
  }

  #setFull(leases: readonly Lease[]): void {
    const speed = this.#model.recordsPerSecond / this.slowFactor;
    for (const lease of leases) lease.reader.recordsPerSecond = isStill(lease) ? 0 : speed;
  }

  /** Records per second that the CPU of a worker allows, or all invocations of a function. */
  get #capacity(): number {
    const { lambda, cpuSecondsPerRecord, vcpus, processors } = this.#model;
    if (lambda === undefined) return cpuSecondsPerRecord > 0 ? vcpus / cpuSecondsPerRecord : Number.POSITIVE_INFINITY;
    const isEnough = this.#leases.length * processors <= this.concurrencyMax;
    return isEnough ? Number.POSITIVE_INFINITY : this.concurrencyMax / this.#secondsPerRecord;
  }

  /** Invocations that would run at a time if there were no limit, on average up to a tick of the chunk that has begun. */
  wantedConcurrency(toTick: number): number {
    this.#setFull(this.#leases);
    return demandOf(this.#leases, toTick) * this.#secondsPerRecord;
  }

  /** What a record takes of an invocation, in batches that are full. */
  get #secondsPerRecord(): number {
    return (this.#model.processors / this.#model.recordsPerSecond) * this.slowFactor;
  }
}

/** User records per second that leases could process in a chunk that has begun. */
function demandOf(leases: readonly Lease[], toTick: number): number {
  return sumOf(leases, ({ reader, bucket }) => reader.demand(toTick, bucket));
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
