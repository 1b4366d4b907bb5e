/*
 * The reverse question: what does a given number of shards carry, with the workload's own mix of producers and consumers? Every
 * constraint grows in proportion to the traffic, so its answer is a factor on the traffic; the smallest factor is the answer of
 * all. The hot shard's factor is found by search, since its probability has no inverse.
 */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { ceilTolerant } from "../units/rounding.js";
import type { Workload } from "../workload/schema.js";
import type { Basis } from "./basis.js";
import type { Constraint } from "./constraints.js";
import type { Demand } from "./demand.js";
import type { KeySpread } from "./hot-shard.js";
import { type SizeOptions, type Sizing, sizeWithBasis, sizingSchemaVersion, statusOf } from "./size.js";

/** The traffic that fits, as a factor on the workload's peak and in rates; null where nothing limits it. */
export interface CarriedTraffic {
  readonly factor: number | null;
  readonly recordsPerSecond: number | null;
  readonly kinesisRecordsPerSecond: number | null;
  readonly bytesPerSecond: number | null;
}

/** What a shard count carries: `minimum` to the brim, `recommended` with the planned headroom. */
export interface ReverseSizing {
  readonly schemaVersion: typeof sizingSchemaVersion;
  readonly command: "size";
  readonly status: Sizing["status"];
  readonly reverse: true;
  readonly stream: Sizing["stream"];
  readonly demand: Sizing["demand"];
  readonly shards: { readonly count: number; readonly fit: Sizing["shards"]["fit"] };
  readonly carries: {
    readonly minimum: CarriedTraffic;
    readonly recommended: CarriedTraffic;
    readonly binding: string;
  };
  readonly constraints: readonly {
    readonly name: string;
    readonly minimum: CarriedTraffic;
    readonly recommended: CarriedTraffic;
  }[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What `shards` shards carry at the workload's mix. */
export function reverseSize(workload: Workload, shards: number, options: SizeOptions): ReverseSizing {
  const { sizing, basis } = sizeWithBasis(workload, { ...options, shards });
  const { demand, constraints } = basis;
  const diagnostics = atAnyTraffic(sizing.diagnostics);
  const { utilization } = workload.stream;
  const factors = constraints.map((constraint) => ({
    name: constraint.name,
    minimum: largestFactor(basis, constraint, 1),
    recommended: largestFactor(basis, constraint, usedShare(constraint, utilization)),
  }));
  const least = (level: "minimum" | "recommended"): number => Math.min(...factors.map((one) => one[level]));
  const binding = factors.reduce((tightest, one) => (one.recommended < tightest.recommended ? one : tightest));
  return {
    schemaVersion: sizingSchemaVersion,
    command: "size",
    status: statusOf(diagnostics),
    reverse: true,
    stream: sizing.stream,
    demand: sizing.demand,
    shards: { count: shards, fit: sizing.shards.fit },
    carries: {
      minimum: traffic(least("minimum"), demand),
      recommended: traffic(least("recommended"), demand),
      binding: binding.name,
    },
    constraints: factors.map(({ name, minimum, recommended }) => ({
      name,
      minimum: traffic(minimum, demand),
      recommended: traffic(recommended, demand),
    })),
    diagnostics,
  };
}

/** Findings that hold at any traffic; hot keys and shards are cold at less, which is what the answer says. */
function atAnyTraffic(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.filter(({ code }) => code !== "hot-key" && code !== "hot-shard-unreachable");
}

/** Workers and catching up are planned without headroom. */
function usedShare({ kind }: Constraint, utilization: number): number {
  return kind === "workers" || kind === "catch-up" ? 1 : utilization;
}

function largestFactor({ demand, spread, shardCount }: Basis, { need }: Constraint, used: number): number {
  if (need === 0 || demand.recordsPerSecondPeak === 0) return Number.POSITIVE_INFINITY;
  if (need === null) return spread === undefined ? Number.POSITIVE_INFINITY : largestCarried(spread, shardCount, used);
  const factor = (shardCount * used) / need;
  // What rounding lets just through fits as it is.
  return factor < 1 && ceilTolerant(need / used) <= shardCount ? 1 : factor;
}

/** Bisects between a factor that fits and one that does not; the result fits. */
function largestCarried(spread: KeySpread, shards: number, used: number): number {
  const fits = (factor: number): boolean => spread.carries(shards, used, factor);
  let low = 1;
  while (!fits(low) && low > 1e-12) low /= 2;
  if (!fits(low)) return 0;
  let high = 2 * low;
  while (fits(high) && high < 1e12) high *= 2;
  for (let round = 0; round < 30; round += 1) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function traffic(factor: number, demand: Demand): CarriedTraffic {
  if (!Number.isFinite(factor))
    return { factor: null, recordsPerSecond: null, kinesisRecordsPerSecond: null, bytesPerSecond: null };
  return {
    factor,
    recordsPerSecond: factor * demand.recordsPerSecondPeak,
    kinesisRecordsPerSecond: factor * demand.kinesisRecordsPerSecondPeak,
    bytesPerSecond: factor * demand.bytesPerSecondPeak,
  };
}
