/*
 * Why a shard is split, or two are merged, in a few words.
 */
import type { LayoutOperation } from "../../scheduling/layout/order-operations.js";
import { formatRatio } from "../../units/format-quantity.js";
import { ceilTolerance } from "../../units/rounding.js";
import type { StreamLoads } from "./stream-loads.js";

export function reasonOf(operation: LayoutOperation, { line, kinds }: StreamLoads, targetLoad: number): string {
  const { from, to } =
    operation.kind === "split" ? operation.shard : { from: operation.lower.from, to: operation.upper.to };
  const loads = line.loads(from, to);
  const binding = kinds[loads.indexOf(operation.load)]?.limit ?? "bytes";
  const carries = `${formatRatio(operation.load)} of the ${binding} that a shard accepts`;
  if (operation.kind === "merge") return `both together carry ${carries}`;
  if (operation.load > targetLoad * (1 + ceilTolerance))
    return `carries ${carries}, more than the ${formatRatio(targetLoad)} planned`;
  return `carries ${carries}; its parts go to different neighbours`;
}
