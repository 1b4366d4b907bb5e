/*
 * A lease: one consumer on one shard, with whoever processes it, and what keeps it from being read.
 */
import type { ReadBucket } from "./read-bucket.js";
import type { Reader, ShardLog } from "./shard-parts.js";

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

/** Somebody that is up gets leases; how many of them were orphaned. */
export function adopt(leases: readonly Lease[]): number {
  const orphans = leases.filter(({ isOrphaned }) => isOrphaned);
  for (const lease of orphans) lease.isOrphaned = false;
  return orphans.length;
}

/** Whether a lease's processor stands still. One that waits for a parent has nothing to process yet. */
export function isStill({ blocks }: Lease): boolean {
  return (blocks & ~blockedBy.parent) !== 0;
}
