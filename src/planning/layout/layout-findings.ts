/*
 * What there is to say of a layout: on what it rests, what undoes it, and why there is none.
 */
import { type Diagnostic, diagnose } from "../../diagnostics/diagnostic.js";
import type { LayoutProblem } from "../../scheduling/layout/choose-layout.js";
import { hotKey } from "../../sizing/findings.js";
import { formatItems, formatRatio } from "../../units/format-quantity.js";
import { ceilDivide, ceilTolerance } from "../../units/rounding.js";
import type { Workload } from "../../workload/schema.js";
import type { StreamLoads } from "./stream-loads.js";

/** Findings on a plan of so many operations. */
export function findInLayout(
  workload: Workload,
  loads: StreamLoads,
  operationCount: number,
  seed: number,
): Diagnostic[] {
  const undone = diagnose(
    "layout-undone",
    "after this plan, UpdateShardCount would make all shards equally wide again",
    "change the stream by splits and merges from then on, or by UpdateShardCount alone",
  );
  return [...(operationCount > 0 ? [undone] : []), ...findAssumptions(workload, loads, seed)];
}

function findAssumptions(workload: Workload, { source, shards }: StreamLoads, seed: number): Diagnostic[] {
  switch (source) {
    case "listed-keys":
      return [];
    case "drawn-keys": {
      const message = `the places of partition keys are drawn with seed ${seed}, as in \`simulate\`: the real ones are elsewhere`;
      const fix = "give the keys in a `weightsFile`, or --shard-loads, before any shard is split";
      return [diagnose("key-places-drawn", message, fix)];
    }
    case "shards": {
      const message = "load is taken to be even within each shard, which a single hot key would not be";
      const fix = "measure again after each split, or give the keys in a `weightsFile` and plan with --layout";
      const stated = workload.stream.shards;
      const other =
        stated === undefined || stated === shards.length
          ? ""
          : `; the plan starts from the ${shards.length} shards that are listed, not from \`stream.shards\``;
      return [diagnose("even-load-assumed", message + other, fix)];
    }
  }
}

/** Why no layout keeps to the target, or none can be reached with so many shards open. */
export function findUnreachable(
  workload: Workload,
  problem: LayoutProblem,
  loads: StreamLoads,
  { openMax, isOrderImpossible }: { readonly openMax: number; readonly isOrderImpossible: boolean },
): Diagnostic[] {
  const { line, limit, shardsMax } = problem;
  const { hashKey, load } = line.heaviestKey();
  if (load > limit * (1 + ceilTolerance)) {
    const known =
      loads.hottest === undefined ? [] : hotKey({ workload, demand: loads.hottest.demand }, loads.hottest.key);
    if (known.some(({ code }) => code === "hot-key")) return known;
    const message = `hash key ${hashKey} alone carries ${formatRatio(load)} of what a shard accepts, more than the ${formatRatio(limit)} planned; no split takes it apart`;
    const fix = `spread its partition key over ${ceilDivide(load, limit)} or more by a suffix, or raise \`stream.utilization\``;
    return [diagnose("layout-unreachable", message, fix), ...known];
  }
  if (isOrderImpossible)
    return [
      diagnose(
        "layout-unreachable",
        `with at most ${formatItems(openMax, "shard")} open at once there is no room to move a boundary`,
        "have the account's quota on shards raised, and give it with --limits",
      ),
    ];
  const asked = shardsMax < openMax ? "--max-shards" : "the account's quota on shards";
  return [
    diagnose(
      "layout-unreachable",
      `${formatItems(shardsMax, "shard")} cannot keep each within ${formatRatio(limit)} of what it accepts`,
      `raise ${asked}, or \`stream.utilization\``,
    ),
  ];
}
