import { ceilDivide } from "../../units/rounding.js";

/** An equal share of the leases, rounded up; 1 at least, since there may be more workers than leases; and what a worker may hold at most. */
export function leaseTarget(leases: number, workers: number, leasesMax: number): number {
  return Math.min(workers >= leases ? 1 : ceilDivide(leases, workers), leasesMax);
}
