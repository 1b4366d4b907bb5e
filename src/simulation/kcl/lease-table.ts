/*
 * The lease table of a KCL application: a row for each shard, with the worker that owns it and when it was last written. Renewals are not
 * played one by one: they follow from when a worker started and when it went.
 */
import type { Lease } from "../lease.js";
import type { Worker } from "../worker.js";

/** A process of the application. Times are in seconds of the run; one that was up before has started before 0. */
export interface KclWorker {
  /** Its place among the fleet's workers. */
  readonly index: number;
  readonly worker: Worker;
  readonly startSeconds: number;
  /** When it crashed or stopped. */
  endSeconds: number;
}

/**
 * A row, and what the owner does about it. Life: absent (the shard has opened, nobody knows), open, ended (the shard is processed to its
 * end; the row stays, is renewed and counts), gone.
 */
export interface LeaseRow {
  readonly lease: Lease;
  readonly parents: readonly LeaseRow[];
  readonly children: LeaseRow[];
  state: "absent" | "open" | "ended" | "gone";
  owner: KclWorker | undefined;
  /** Whether the owner knows of it, and renews it. */
  isAccepted: boolean;
  /** When it was last written, renewals aside; never, where nobody has owned it. */
  writtenSeconds: number;
  /** A live worker that has to let go of it before its owner may begin. */
  handOff: HandOff | undefined;
  /** Counts the owner's attempts to begin; those of former owners come to nothing. */
  attempt: number;
  /** Whether somebody has begun to read the shard, and has noted it. */
  isBegun: boolean;
  /** Whether the end of the shard is about to be noted. */
  isEnding: boolean;
}

export interface HandOff {
  readonly from: KclWorker;
  /** When the leader no longer waits for it. */
  readonly expiresSeconds: number;
}

/** Stands for the index of a worker. */
export const NOBODY = -1;
export const NEVER = Number.NEGATIVE_INFINITY;

export function isUp({ endSeconds }: KclWorker): boolean {
  return endSeconds === Number.POSITIVE_INFINITY;
}

/** The last of a worker's timer ticks up to a time, every `period` from its start on; no tick comes after it is gone. */
export function lastTick({ startSeconds, endSeconds }: KclWorker, period: number, seconds: number): number {
  const until = Math.min(seconds, endSeconds);
  return startSeconds + Math.floor((until - startSeconds) / period) * period;
}

/** The first one after a time. */
export function nextTick(worker: KclWorker, period: number, seconds: number): number {
  const { startSeconds } = worker;
  if (seconds < startSeconds) return startSeconds;
  const next = startSeconds + (Math.floor((seconds - startSeconds) / period) + 1) * period;
  return next > seconds ? next : next + period;
}

/** Who answers for a row: the owner, or who has yet to hand it over to that; nobody, where there is none. */
export function holderOf({ owner, handOff }: LeaseRow): KclWorker | undefined {
  return handOff?.from ?? owner;
}

/** When a row's counter last changed, up to a time. */
function changedSeconds(row: LeaseRow, renewalSeconds: number, seconds: number): number {
  const holder = holderOf(row);
  if (holder === undefined || !(row.isAccepted || row.handOff !== undefined)) return row.writtenSeconds;
  return Math.max(row.writtenSeconds, lastTick(holder, renewalSeconds, seconds));
}

/**
 * When somebody who scans the table every `period` from `firstSeconds` on has last seen a row change; never for a row that nobody has
 * owned.
 */
export function lastSeenChange(
  row: LeaseRow,
  renewalSeconds: number,
  scan: { readonly firstSeconds: number; readonly period: number },
  seconds: number,
): number {
  if (row.owner === undefined) return NEVER;
  const scans = Math.ceil((changedSeconds(row, renewalSeconds, seconds) - scan.firstSeconds) / scan.period);
  return Math.min(seconds, scan.firstSeconds + Math.max(0, scans) * scan.period);
}

export class LeaseTable {
  /** Those that are in the table. */
  readonly rows: LeaseRow[] = [];
  readonly #byLease = new Map<Lease, LeaseRow>();

  /** A row for a shard that has opened; it is not in the table yet. */
  add(lease: Lease): LeaseRow {
    const parents = lease.parents.map((parent) => this.#byLease.get(parent)).filter((row) => row !== undefined);
    const row: LeaseRow = {
      lease,
      parents,
      children: [],
      state: "absent",
      owner: undefined,
      isAccepted: false,
      writtenSeconds: NEVER,
      handOff: undefined,
      attempt: 0,
      isBegun: false,
      isEnding: false,
    };
    for (const parent of parents) parent.children.push(row);
    this.#byLease.set(lease, row);
    return row;
  }

  /** Puts a row into the table. */
  create(row: LeaseRow): void {
    row.state = "open";
    this.rows.push(row);
  }

  delete(row: LeaseRow): void {
    row.state = "gone";
    row.owner = undefined;
    this.rows.splice(this.rows.indexOf(row), 1);
    this.#byLease.delete(row.lease);
  }

  rowOf(lease: Lease): LeaseRow {
    const row = this.#byLease.get(lease);
    if (row === undefined) throw new Error(`shard ${lease.shardNumber} has no lease`);
    return row;
  }

  /** Whether every row has an owner that is up, and none is being handed over. */
  get isSettled(): boolean {
    return this.rows.every(({ owner, handOff }) => owner !== undefined && isUp(owner) && handOff === undefined);
  }
}

/** Whether the parents of a shard are processed to their ends. */
export function areParentsDone({ parents }: LeaseRow): boolean {
  return parents.every(({ state }) => state === "ended" || state === "gone");
}
