/*
 * A worker of a consumer: whether it is there, what it holds, and what it has used of its CPU.
 */
import { sumOf } from "../units/sum-of.js";
import type { ConsumerModel } from "./consumer-model.js";
import type { Lease } from "./lease.js";

/** CPU time of one worker that is booked and not counted yet. */
export interface CpuAccount {
  /** Used, in seconds of one vCPU. */
  cpuSeconds: number;
  /** For how many seconds the worker was up. */
  activeSeconds: number;
}

export interface Worker {
  /** Its place among the workers; who comes after it in this place has another index and the same slot. */
  readonly slot: number;
  isUp: boolean;
  /** A spare one that holds no leases. */
  isStandby: boolean;
  /** What no minute of the run counts yet, what no row of the timeline does, what the worker has not reported, and no group has seen. */
  readonly minuteCpu: CpuAccount;
  readonly rowCpu: CpuAccount;
  readonly reportCpu: CpuAccount;
  readonly scalingCpu: CpuAccount;
  /** User records processed in the chunk. */
  records: number;
  readonly leases: Lease[];
}

export function newWorker(slot: number, isStandby: boolean): Worker {
  return {
    slot,
    isUp: true,
    isStandby,
    minuteCpu: { cpuSeconds: 0, activeSeconds: 0 },
    rowCpu: { cpuSeconds: 0, activeSeconds: 0 },
    reportCpu: { cpuSeconds: 0, activeSeconds: 0 },
    scalingCpu: { cpuSeconds: 0, activeSeconds: 0 },
    records: 0,
    leases: [],
  };
}

/** Whether a worker's place is a spare one, among readers that have such places. */
export function isSpare({ slot }: Worker, { workers, standby }: Pick<ConsumerModel, "workers" | "standby">): boolean {
  return slot >= workers && slot < workers + standby;
}

/** Whether a worker holds leases or may. */
export function isActive({ isUp, isStandby }: Worker): boolean {
  return isUp && !isStandby;
}

/** The part of their CPU that accounts say was used, at most all of it, and empties them; undefined where there was none. */
export function takeUtilization(accounts: readonly CpuAccount[], vcpus: number): number | undefined {
  const used = sumOf(accounts, ({ cpuSeconds }) => cpuSeconds);
  const available = vcpus * sumOf(accounts, ({ activeSeconds }) => activeSeconds);
  for (const account of accounts) {
    account.cpuSeconds = 0;
    account.activeSeconds = 0;
  }
  return available > 0 ? Math.min(1, used / available) : undefined;
}
