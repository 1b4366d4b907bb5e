/*
 * What UpdateShardCount would take for the same load: the first count of equal shards that keeps every one of them within it. Counts do
 * not get steadily better, so all are tried; most fail where one before them did, and those places are looked at first.
 */
import type { LoadLine } from "../../scheduling/layout/load-line.js";
import { equalRanges, HASH_KEYS, type HashRange, planOperations } from "../../service/hash-range.js";
import type { ReshardModel } from "../../simulation/model.js";
import { ceilTolerance, ceilTolerant, roundToMillionths } from "../../units/rounding.js";
import { callSeconds } from "../reshard/call-duration.js";

/** A change to equal shards. */
export interface UniformChange {
  readonly shards: number;
  /** The load of the most loaded shard after it, as a part of what a shard accepts. */
  readonly maxLoad: number;
  /** Calls of UpdateShardCount, each at most doubling or halving. */
  readonly calls: number;
  readonly operations: number;
  readonly durationSeconds: number;
}

/** The smallest such change from some ranges; null where no count up to `shardsMax` is enough. */
export function uniformChange(
  line: LoadLine,
  ranges: readonly HashRange[],
  limit: number,
  model: ReshardModel,
): UniformChange | null {
  const shardsMax = Math.min(model.shardsMax, model.accountShards);
  const shards = uniformCount(line, limit * (1 + ceilTolerance), shardsMax);
  if (shards === null) return null;
  const steps = stepsTo(ranges, shards, model);
  return steps && { shards, maxLoad: roundToMillionths(busiestOf(line, shards)), ...steps };
}

/** Places that failed, remembered. */
const remembered = 16;

function uniformCount(line: LoadLine, limit: number, shardsMax: number): number | null {
  const failed: bigint[] = [];
  const least = Math.max(1, ceilTolerant(line.load(line.start, line.end) / limit));
  for (let count = least; count <= shardsMax; count += 1) {
    const width = HASH_KEYS / BigInt(count);
    const isAbove = (index: number): boolean => loadOf(line, count, width, index) > limit;
    const known = failed.findIndex((at) => isAbove(Math.min(count - 1, Number(at / width))));
    if (known >= 0) {
      failed.unshift(...failed.splice(known, 1));
      continue;
    }
    const above = firstIndex(count, isAbove);
    if (above < 0) return count;
    failed.unshift(width * BigInt(above) + width / 2n);
    failed.splice(remembered);
  }
  return null;
}

function firstIndex(count: number, isMeant: (index: number) => boolean): number {
  for (let index = 0; index < count; index += 1) if (isMeant(index)) return index;
  return -1;
}

function loadOf(line: LoadLine, count: number, width: bigint, index: number): number {
  const from = width * BigInt(index);
  return line.load(from, index === count - 1 ? line.end : from + width);
}

function busiestOf(line: LoadLine, count: number): number {
  const width = HASH_KEYS / BigInt(count);
  let busiest = 0;
  for (let index = 0; index < count; index += 1) busiest = Math.max(busiest, loadOf(line, count, width, index));
  return busiest;
}

/** The calls that lead to a count, as far up or down at a time as is allowed; null where that is no step at all. */
function stepsTo(
  from: readonly HashRange[],
  shards: number,
  { factorMin, factorMax, ...model }: ReshardModel,
): Omit<UniformChange, "shards" | "maxLoad"> | null {
  let ranges = from;
  let [calls, operations, durationSeconds] = [0, 0, 0];
  do {
    const count = ranges.length;
    const next = Math.max(Math.ceil(count * factorMin), Math.min(shards, Math.floor(count * factorMax)));
    if (next === count && next !== shards) return null;
    const planned = planOperations(ranges, next);
    if (planned.length > 0) {
      calls += 1;
      operations += planned.length;
      durationSeconds += callSeconds(model, planned.length);
    }
    ranges = equalRanges(next);
  } while (ranges.length !== shards);
  return { calls, operations, durationSeconds };
}
