/*
 * Which leases a worker of KCL 2 takes: every worker decides for itself, at each tick of its taker, from its own scan of the lease table.
 * Leases that nobody owns or that have expired come first, up to an equal share; without such, the worker steals from the one that
 * holds most. Leases that nobody has renewed for very long, which includes new ones, are taken regardless of the share.
 *
 * Left out here: when takers tick, who wins when two take the same lease, and when its old owner notices. Of two workers that hold
 * equally many leases, the one with the lower number is stolen from; the library follows the order of a hash table.
 * Source: awslabs/amazon-kinesis-client v2.7.2, leases/dynamodb/DynamoDBLeaseTaker.java.
 */

import type { RandomStream } from "../kernel/random-stream.js";
import { drawPlaces } from "./draw-places.js";
import { leaseTarget } from "./lease-target.js";

/**
 * A lease as one worker's scans found it.
 *
 * @property owner worker, a small whole number; -1 where nobody owns it
 * @property lastSeconds when this worker's scans last saw the counter change; -Infinity for one that was never owned
 */
export interface ScannedLease {
  readonly owner: number;
  readonly lastSeconds: number;
}

/**
 * @property failoverSeconds a lease that was not renewed for longer has expired
 * @property veryOldRatio a lease that was not renewed for more than this many times as long is very old; 1 or more
 * @property leasesMax leases that a worker may hold, 1 or more
 * @property stealMax leases that a worker steals at one tick
 * @property prioritizesVeryOld whether very old leases are taken regardless of the share
 */
export interface TakerSettings {
  readonly failoverSeconds: number;
  readonly veryOldRatio: number;
  readonly leasesMax: number;
  readonly stealMax: number;
  readonly prioritizesVeryOld: boolean;
}

/** What a scan found: places of leases, and how many leases each worker holds that have not expired. */
interface Scan {
  readonly available: number[];
  readonly veryOld: number[];
  readonly heldBy: readonly number[];
  /** Workers that hold leases, and the one that looks. Others are not seen. */
  readonly workers: number;
}

/**
 * The places of the leases that worker `me` takes at a tick of its taker, in the order taken. A lease of its own is among them only
 * where it has expired, which happens to a worker that was away.
 *
 * @param nowSeconds the time of the scan, on the clock of `lastSeconds`
 */
export function decideTake(
  leases: readonly ScannedLease[],
  me: number,
  nowSeconds: number,
  settings: TakerSettings,
  random: RandomStream,
): number[] {
  const scan = readScan(leases, me, nowSeconds, settings);
  const held = scan.heldBy[me] ?? 0;
  if (settings.prioritizesVeryOld && scan.veryOld.length > 0)
    return drawPlaces(scan.veryOld, Math.max(0, settings.leasesMax - held), random);
  const target = leaseTarget(leases.length, scan.workers, settings.leasesMax);
  const needed = target - held;
  if (needed <= 0) return [];
  if (scan.available.length > 0) return drawPlaces(scan.available, needed, random);
  return steal(leases, scan.heldBy, needed, target, settings.stealMax, random);
}

function readScan(leases: readonly ScannedLease[], me: number, nowSeconds: number, settings: TakerSettings): Scan {
  const veryOldSeconds = settings.veryOldRatio * settings.failoverSeconds;
  const available: number[] = [];
  const veryOld: number[] = [];
  const heldBy: number[] = [];
  let workers = 1;
  for (const [place, { owner, lastSeconds }] of leases.entries()) {
    const ageSeconds = nowSeconds - lastSeconds;
    if (ageSeconds > veryOldSeconds) veryOld.push(place);
    if (owner < 0 || ageSeconds > settings.failoverSeconds) {
      available.push(place);
      continue;
    }
    const held = heldBy[owner] ?? 0;
    if (held === 0 && owner !== me) workers += 1;
    heldBy[owner] = held + 1;
  }
  return { available, veryOld, heldBy, workers };
}

/** Takes from the worker that holds most what it has above the target; one where it has just as much but several are needed. */
function steal(
  leases: readonly ScannedLease[],
  heldBy: readonly number[],
  needed: number,
  target: number,
  stealMax: number,
  random: RandomStream,
): number[] {
  let [victim, most] = [-1, 0];
  heldBy.forEach((held, worker) => {
    if (held > most) [victim, most] = [worker, held];
  });
  const surplus = Math.min(needed, most - target);
  const count = Math.min(surplus === 0 && needed > 1 ? 1 : surplus, stealMax);
  if (count <= 0) return [];
  const places: number[] = [];
  for (const [place, { owner }] of leases.entries()) if (owner === victim) places.push(place);
  return drawPlaces(places, count, random);
}
