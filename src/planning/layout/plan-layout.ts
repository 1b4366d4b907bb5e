/*
 * A plan of SplitShard and MergeShards calls for hot shards: the fewest that keep every shard within the planned load, at the hash keys
 * where the load lies, in an order that brings relief first; and what an equal number of hash keys for every shard would take instead.
 */
import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import { chooseLayout, type LayoutProblem } from "../../scheduling/layout/choose-layout.js";
import { fewestParts, mostLoaded } from "../../scheduling/layout/cut-evenly.js";
import {
  type KeyRange,
  type LayoutOperation as OrderedOperation,
  orderOperations,
} from "../../scheduling/layout/order-operations.js";
import { openShardsMax } from "../../service/hash-range.js";
import type { ServiceFacts } from "../../service/service-facts.js";
import { reshardModel } from "../../simulation/model.js";
import { roundToMillionths } from "../../units/rounding.js";
import type { Attachments } from "../../workload/attachments.js";
import type { ShardLoads } from "../../workload/read-shard-loads.js";
import type { HashKeyRange, MergeShards, SplitShard } from "../../workload/saved-plan.js";
import type { Workload } from "../../workload/schema.js";
import { callSeconds } from "../reshard/call-duration.js";
import { type PlannedStream, plannedStream, requireProvisioned } from "../reshard/plan-reshards.js";
import { findInLayout, findUnreachable } from "./layout-findings.js";
import { reasonOf } from "./operation-reason.js";
import { loadsOfKeys, loadsOfShards, type StreamLoads } from "./stream-loads.js";
import { type UniformChange, uniformChange } from "./uniform-count.js";

export const layoutSchemaVersion = 1;

export interface LayoutRequest {
  readonly attachments: Attachments;
  readonly facts: ServiceFacts;
  /** Loads of the open shards; without them the workload's keys on equal shards. */
  readonly measured?: ShardLoads;
  /** By how much more than the loads the plan provides for, as a ratio. */
  readonly margin: number;
  /** How many operations one shard less is worth. */
  readonly shardValue: number;
  /** Most shards at the end. */
  readonly shardsMax?: number;
  readonly seed: number;
}

/** One call of the plan; it is made when the one before it has ended. */
export type LayoutOperation = (SplitShard | MergeShards) & {
  readonly atSeconds: number;
  readonly durationSeconds: number;
  readonly reason: string;
};

/** A shard and what is written to it at the peak; `load` is the larger part of what it accepts, of bytes or of records. */
export interface LoadedShard {
  readonly shardId?: string;
  readonly hashKeyRange: HashKeyRange;
  readonly bytesPerSecond: number;
  readonly recordsPerSecond: number;
  readonly load: number;
}

export interface LayoutResult {
  readonly schemaVersion: typeof layoutSchemaVersion;
  readonly command: "reshard";
  readonly kind: "layout";
  readonly status: "ok" | "infeasible";
  readonly stream: PlannedStream;
  readonly source: StreamLoads["source"];
  /** The period of the metrics that loads come from, where they do. */
  readonly periodSeconds: number | null;
  /** The load that no shard may exceed, as a part of what it accepts. */
  readonly targetLoad: number;
  readonly margin: number;
  readonly shardValue: number;
  /** Most shards at the end, where it was asked for. */
  readonly shardsMax: number | null;
  readonly plan: {
    readonly startShards: number;
    readonly endShards: number;
    readonly openShardsMax: number;
    readonly maxLoadBefore: number;
    readonly maxLoadAfter: number;
    readonly durationSeconds: number;
    readonly operations: readonly LayoutOperation[];
  };
  /** The fewest shards of any widths that keep within the target, and what it takes to have them. */
  readonly fewest: {
    readonly shards: number | null;
    readonly maxLoad: number | null;
    readonly operations: number | null;
  };
  /** The first number of equal shards that keeps within the target; nulls where none does. */
  readonly uniform: { readonly [Key in keyof UniformChange]: UniformChange[Key] | null };
  readonly before: readonly LoadedShard[];
  readonly after: readonly LoadedShard[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The plan for a workload. */
export function planLayout(workload: Workload, request: LayoutRequest): LayoutResult {
  requireProvisioned(workload);
  const { measured, margin, shardValue } = request;
  const { utilization } = workload.stream;
  const loads = loadsFor(workload, request);
  const { line, shards } = loads;
  const model = reshardModel(request.facts);
  const openMax = Math.max(model.accountShards, shards.length);
  const problem: LayoutProblem = {
    line,
    existing: shards.slice(1).map(({ from }) => from),
    limit: utilization,
    shardValue,
    shardsMax: Math.min(request.shardsMax ?? openMax, openMax),
  };
  const wanted = chooseLayout(problem);
  const operations = wanted && orderOperations({ line, existing: problem.existing, wanted, openMax });
  const ordered = operations ?? [];
  const boundaries = operations === null || wanted === null ? problem.existing : wanted;
  const ranges = shards.map(({ from, to }) => ({ first: from, last: to - 1n }));
  return {
    schemaVersion: layoutSchemaVersion,
    command: "reshard",
    kind: "layout",
    status: operations === null ? "infeasible" : "ok",
    stream: plannedStream(workload),
    source: loads.source,
    periodSeconds: measured?.periodSeconds ?? null,
    targetLoad: utilization,
    margin,
    shardValue,
    shardsMax: request.shardsMax ?? null,
    plan: planOf(
      problem,
      boundaries,
      openShardsMax(shards.length, ordered),
      timedCalls(ordered, loads, utilization, callSeconds(model, 1)),
    ),
    fewest: fewestOf(problem, openMax),
    uniform: uniformChange(line, ranges, utilization, model) ?? noUniformChange,
    before: shards.map((shard) => loadedShard(shard, loads)),
    after: rangesBetween([line.start, ...boundaries, line.end]).map((range) => loadedShard(range, loads)),
    diagnostics:
      operations === null
        ? findUnreachable(workload, problem, loads, { openMax, isOrderImpossible: wanted !== null })
        : findInLayout(workload, loads, ordered.length, request.seed),
  };
}

function loadsFor(workload: Workload, request: LayoutRequest): StreamLoads {
  const factor = 1 + request.margin;
  return request.measured === undefined
    ? loadsOfKeys(workload, request, factor)
    : loadsOfShards(request.measured, request.facts, factor);
}

/** Calls one after another, each with the time that almost every one keeps to. */
function timedCalls(
  operations: readonly OrderedOperation[],
  loads: StreamLoads,
  targetLoad: number,
  durationSeconds: number,
): LayoutOperation[] {
  return operations.map((operation, index) => ({
    ...callOf(operation),
    atSeconds: index * durationSeconds,
    durationSeconds,
    reason: reasonOf(operation, loads, targetLoad),
  }));
}

function planOf(
  { line, existing }: LayoutProblem,
  boundaries: readonly bigint[],
  openMost: number,
  operations: readonly LayoutOperation[],
): LayoutResult["plan"] {
  const last = operations.at(-1);
  const highest = (inner: readonly bigint[]): number =>
    roundToMillionths(mostLoaded(line, [line.start, ...inner, line.end]));
  return {
    startShards: existing.length + 1,
    endShards: boundaries.length + 1,
    openShardsMax: openMost,
    maxLoadBefore: highest(existing),
    maxLoadAfter: highest(boundaries),
    durationSeconds: last === undefined ? 0 : last.atSeconds + last.durationSeconds,
    operations,
  };
}

/** The fewest shards that there can be, and the fewest operations that lead to them. */
function fewestOf(problem: LayoutProblem, openMax: number): LayoutResult["fewest"] {
  const { line, existing, limit } = problem;
  const shards = fewestParts(line, limit, openMax);
  const boundaries = shards && chooseLayout({ ...problem, shardsMax: shards });
  if (!boundaries) return { shards: null, maxLoad: null, operations: null };
  const wanted = new Set(boundaries);
  const kept = existing.filter((at) => wanted.has(at)).length;
  return {
    shards,
    maxLoad: roundToMillionths(mostLoaded(line, [line.start, ...boundaries, line.end])),
    operations: wanted.size + existing.length - 2 * kept,
  };
}

const noUniformChange: LayoutResult["uniform"] = {
  shards: null,
  maxLoad: null,
  calls: null,
  operations: null,
  durationSeconds: null,
};

function callOf(operation: OrderedOperation): SplitShard | MergeShards {
  if (operation.kind === "merge")
    return {
      operation: "merge-shards",
      lower: inDigits(operation.lower),
      upper: inDigits(operation.upper),
    };
  return {
    operation: "split-shard",
    hashKeyRange: inDigits(operation.shard),
    newStartingHashKey: String(operation.at),
  };
}

function inDigits({ from, to }: KeyRange): HashKeyRange {
  return { start: String(from), end: String(to - 1n) };
}

function rangesBetween(bounds: readonly bigint[]): KeyRange[] {
  return bounds.slice(1).map((to, index) => ({ from: bounds[index] as bigint, to }));
}

function loadedShard(shard: StreamLoads["shards"][number], { line, kinds }: StreamLoads): LoadedShard {
  const loads = line.loads(shard.from, shard.to);
  const highest = (of: "bytes" | "records"): number =>
    kinds.reduce((most, { limit, accepted }, kind) => {
      return limit === of ? Math.max(most, (loads[kind] as number) * accepted) : most;
    }, 0);
  return {
    ...(shard.shardId !== undefined && { shardId: shard.shardId }),
    hashKeyRange: inDigits(shard),
    bytesPerSecond: roundToMillionths(highest("bytes")),
    recordsPerSecond: roundToMillionths(highest("records")),
    load: roundToMillionths(Math.max(...loads)),
  };
}
