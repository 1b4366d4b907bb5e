/*
 * What the leader of a KCL 3 application knows when it assigns leases, and what it decides. How it decides is a strategy of its own:
 * by how loaded workers are (`utilization-decider.ts`) or by how many leases they hold (`lease-count-decider.ts`).
 * Source: awslabs/amazon-kinesis-client v3.5.1, coordinator/assignment/LeaseAssignmentManager.java.
 */

/**
 * A lease as the leader's scan found it.
 *
 * @property owner the worker that processes it, which is the old one during a hand-off; -1 where nobody does
 * @property throughputKBps KiB of payload per second; undefined where it was never measured
 * @property lastSeconds when the leader's scans last saw the counter change; -Infinity for one that was never owned
 * @property isHandingOff whether a graceful hand-off has begun and not ended
 * @property isHandOffExpired whether that hand-off has taken longer than the leader waits for it
 */
export interface LeaseLoad {
  readonly owner: number;
  readonly throughputKBps: number | undefined;
  readonly lastSeconds: number;
  readonly isHandingOff: boolean;
  readonly isHandOffExpired: boolean;
}

/**
 * A worker that the leader takes to be alive.
 *
 * @property worker its number, not negative
 * @property utilization percent, smoothed; undefined for a worker that has no metric at all
 */
export interface WorkerLoad {
  readonly worker: number;
  readonly utilization: number | undefined;
}

/**
 * @property dampeningRatio how much of a worker's excess is taken from it in one run
 * @property rebalanceRatio how far from the average a worker has to be for leases to be moved, as a part of the average
 * @property allowsOvershoot whether a worker gives up its smallest lease where all are larger than what is to be taken
 * @property throughputMaxKBps a worker above this much gets no more leases
 * @property leasesMax a worker with this many gets no more leases; 1 or more
 * @property utilizationMax percent; a worker above it gives up leases, and none is lifted above it
 */
export interface AssignmentSettings {
  readonly dampeningRatio: number;
  readonly rebalanceRatio: number;
  readonly allowsOvershoot: boolean;
  readonly throughputMaxKBps: number;
  readonly leasesMax: number;
  readonly utilizationMax: number;
}

/**
 * A lease that gets another owner. In a run it may be moved twice, by `assign` and by `balance`: then the later move counts.
 *
 * @property lease its place among the leases
 * @property from the owner that it had before the run; -1 for nobody
 * @property to may be `from` for an expired lease: its owner is written anew, which calls off a hand-off
 */
export interface LeaseMove {
  readonly lease: number;
  readonly from: number;
  readonly to: number;
}

/** Decides for one run of the leader, from the state at its begin: first `assign`, then, on every third run, `balance`. */
export interface AssignmentDecider {
  /**
   * Assigns leases that have expired or have no owner.
   *
   * @param expired their places, each once
   */
  assign(expired: readonly number[]): LeaseMove[];
  /** Moves leases between workers that are alive. */
  balance(): LeaseMove[];
}
