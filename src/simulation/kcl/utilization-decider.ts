/*
 * How the leader of a KCL 3 application assigns leases by how loaded workers are (WORKER_UTILIZATION_AWARE, the default). The worker
 * with the most room below the average gets the next lease, and is taken to be more loaded from then on. Balancing takes part of the
 * excess from workers well above the average, and gives it to others until one would be lifted above it.
 *
 * Ported with what may surprise:
 * - An expired lease whose turn comes with the worker that owns it counts as handled, though nothing was done: where a dead worker is
 *   still on the list and least loaded, all its leases stay with it.
 * - Workers with equal room do not take turns: the heap alternates between two of them.
 * - An idle worker is taken to have as much room as one at half the average, so one that is hardly busy may come first.
 * - A worker that balancing finds too loaded for a lease gets no other lease in that run.
 * - Workers without a metric are compared by throughput, in percent of an equal share; while there is none, this is not a number.
 *
 * Left out here: that a worker may report several metrics. It has one here, utilization or throughput.
 * Source: awslabs/amazon-kinesis-client v3.5.1, coordinator/assignment/VarianceBasedLeaseAssignmentDecider.java and
 * worker/metricstats/WorkerMetricStats.java.
 */

import { sumOf } from "../../units/sum-of.js";
import type { RandomStream } from "../kernel/random-stream.js";
import { drawPlaces } from "./draw-places.js";
import { JavaPriorityQueue } from "./java-priority-queue.js";
import type { AssignmentDecider, AssignmentSettings, LeaseLoad, LeaseMove, WorkerLoad } from "./lease-assignment.js";
import { LeaseHoldings } from "./lease-holdings.js";

const PERCENT = 100;

/** What workers are compared by, in percent. */
interface Metric {
  readonly max: number;
  /** Over its workers, before the run. */
  average: number;
  readonly workers: Candidate[];
}

interface Candidate {
  readonly worker: number;
  readonly metric: Metric;
  /** Percent of its metric; grows with the leases that it gets. */
  load: number;
  /** By how much its load could grow to reach the average, as a part of it, when it was put into the pool. */
  room: number;
}

/** KiB/s to be taken from a worker. */
interface Excess {
  readonly worker: number;
  readonly throughputKBps: number;
}

export class UtilizationDecider implements AssignmentDecider {
  readonly #holdings: LeaseHoldings;
  readonly #settings: AssignmentSettings;
  readonly #random: RandomStream;
  readonly #metrics: readonly Metric[];
  readonly #leasesPerWorker: number;
  /** Who may get leases, the one with the most room first. */
  readonly #pool = new JavaPriorityQueue<Candidate>(byRoom);

  /**
   * @param leases all of the application, those of finished shards included
   * @param workers the active ones; equal ones are served in an order that follows from this one
   */
  constructor(
    leases: readonly LeaseLoad[],
    workers: readonly WorkerLoad[],
    settings: AssignmentSettings,
    random: RandomStream,
  ) {
    this.#holdings = new LeaseHoldings(leases, workers.length);
    this.#settings = settings;
    this.#random = random;
    this.#leasesPerWorker = Math.max(1, Math.floor(leases.length / Math.max(1, workers.length)));
    const byUtilization: Metric = { max: settings.utilizationMax, average: 0, workers: [] };
    const byThroughput: Metric = { max: PERCENT, average: 0, workers: [] };
    const candidates = workers.map(({ worker, utilization }): Candidate => {
      const metric = utilization === undefined ? byThroughput : byUtilization;
      return { worker, metric, load: utilization ?? this.#throughputPercent(worker), room: 0 };
    });
    for (const candidate of candidates) candidate.metric.workers.push(candidate);
    this.#metrics = [byUtilization, byThroughput];
    for (const metric of this.#metrics)
      metric.average = sumOf(metric.workers, ({ load }) => load) / metric.workers.length;
    for (const candidate of candidates) this.#enter(candidate);
  }

  assign(expired: readonly number[]): LeaseMove[] {
    const moves: LeaseMove[] = [];
    for (const lease of this.#holdings.expire(expired)) {
      const candidate = this.#pool.poll();
      if (candidate === undefined) break;
      this.#place(lease, candidate, moves);
    }
    return moves;
  }

  balance(): LeaseMove[] {
    const moves: LeaseMove[] = [];
    for (const { worker, throughputKBps } of this.#largestExcess())
      for (const lease of this.#leasesWorth(worker, throughputKBps)) {
        const candidate = this.#pool.poll();
        if (candidate === undefined) return moves;
        // The candidate does not return to the pool.
        if (this.#wouldOverload(candidate, lease)) break;
        this.#place(lease, candidate, moves);
      }
    return moves;
  }

  #throughputPercent(worker: number): number {
    return (this.#holdings.throughputOf(worker) / this.#holdings.throughputTargetKBps) * PERCENT;
  }

  /** Puts a worker into the pool if it may get more leases. */
  #enter(candidate: Candidate): void {
    const { worker, load, metric } = candidate;
    if (this.#holdings.throughputOf(worker) > this.#settings.throughputMaxKBps) return;
    if (this.#holdings.leasesOf(worker).size >= this.#settings.leasesMax) return;
    candidate.room = load === 0 ? 1 : (metric.average - load) / load;
    this.#pool.add(candidate);
  }

  /** Gives a lease to a worker that was taken from the pool. */
  #place(lease: number, candidate: Candidate, moves: LeaseMove[]): void {
    const from = this.#holdings.ownerOf(lease);
    if (from !== candidate.worker || this.#holdings.isStuck(lease)) {
      candidate.load += this.#addedLoad(candidate, lease);
      this.#holdings.move(lease, candidate.worker);
      // The library decides on a lease that is being handed off like on any other, and then does not act on it.
      if (!this.#holdings.isAwaited(lease)) moves.push({ lease, from, to: candidate.worker });
    }
    this.#enter(candidate);
  }

  /** By how much a lease raises a worker's load, in percent: an equal share of all throughput is taken to cause the average load. */
  #addedLoad(candidate: Candidate, lease: number): number {
    const { average } = candidate.metric;
    const target = this.#holdings.throughputTargetKBps;
    if (target > 0) return ((this.#holdings.throughputKBps[lease] as number) * average) / target;
    return average / this.#leasesPerWorker;
  }

  #wouldOverload(candidate: Candidate, lease: number): boolean {
    const { average, max } = candidate.metric;
    const load = candidate.load + this.#addedLoad(candidate, lease);
    return load > average || load > max;
  }

  /** What is taken from whom by the metric by which most is taken in all, those who lose most first. */
  #largestExcess(): Excess[] {
    let chosen: Excess[] = [];
    let most = -1;
    for (const metric of this.#metrics) {
      const excess = this.#donors(metric).map(({ worker, load }) => ({
        worker,
        throughputKBps:
          this.#holdings.throughputOf(worker) * ((load - metric.average) / load) * this.#settings.dampeningRatio,
      }));
      const total = sumOf(excess, ({ throughputKBps }) => throughputKBps);
      if (total > most) [chosen, most] = [excess, total];
    }
    return chosen.sort((one, other) => compareDoubles(other.throughputKBps, one.throughputKBps));
  }

  /** Workers that give up leases: none while all are near the average. */
  #donors({ average, max, workers }: Metric): readonly Candidate[] {
    const high = average * (1 + this.#settings.rebalanceRatio);
    const low = average * (1 - this.#settings.rebalanceRatio);
    if (!workers.some(({ load }) => load > high || load < low || load > max)) return [];
    const donors = workers.filter(({ load }) => load >= high || load > max);
    if (donors.length > 0) return donors;
    return [workers.reduce((most, one) => (one.load > most.load ? one : most))];
  }

  /** Leases of a worker that come to less than so much, chosen at random. */
  #leasesWorth(worker: number, throughputKBps: number): number[] {
    const places = [...this.#holdings.leasesOf(worker)];
    if (this.#holdings.throughputOf(worker) === 0) return drawPlaces(places, 1, this.#random);
    const shuffled = drawPlaces(places, places.length, this.#random);
    let rest = throughputKBps;
    const taken = shuffled.filter((lease) => {
      const ofLease = this.#holdings.throughputKBps[lease] as number;
      if (rest - ofLease <= 0) return false;
      rest -= ofLease;
      return true;
    });
    return taken.length === 0 && this.#settings.allowsOvershoot ? this.#smallest(shuffled) : taken;
  }

  /** The lease with the least throughput, if there is any. */
  #smallest(leases: readonly number[]): number[] {
    const throughput = (lease: number) => this.#holdings.throughputKBps[lease] as number;
    const [first, ...others] = leases;
    if (first === undefined) return [];
    return [others.reduce((least, one) => (throughput(one) < throughput(least) ? one : least), first)];
  }
}

/** Whoever has more room comes first, and whoever's room is not a number before all. */
function byRoom(one: Candidate, other: Candidate): number {
  return compareDoubles(other.room, one.room);
}

/** Ascending; what is not a number is above all numbers, as in Java. */
function compareDoubles(one: number, other: number): number {
  if (one < other) return -1;
  if (one > other) return 1;
  return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
}
