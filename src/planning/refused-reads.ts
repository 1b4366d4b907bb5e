/*
 * Reads that a consumer's shards refuse often enough to hold it back.
 */
import type { SimulationRun } from "../simulation/simulate.js";
import { pollsPerSecond } from "../sizing/consumers.js";
import { secondsPerMinute } from "../units/dimension.js";
import { consumerAt, REFUSED } from "./consumer-limit.js";
import { minutesOf } from "./minute-spells.js";
import type { RunSetting } from "./run-setting.js";

/** By minute, the refused reads of one consumer; 0 where they are so small a part of its calls that they do not slow it down. */
export function holdingRefusals(index: number, run: SimulationRun, setting: RunSetting): Float64Array {
  const calls = pollsPerSecond(consumerAt(setting, index), setting.facts) * secondsPerMinute;
  const shards = shardsByMinute(run);
  return minutesOf(index, run.minutes).readThrottles.map((reads, minute) =>
    reads >= REFUSED * calls * (shards[minute] ?? 1) ? reads : 0,
  );
}

/** The most open shards of the rows that a minute has a part in. */
function shardsByMinute({ timeline, minutes }: SimulationRun): Float64Array {
  const shards = new Float64Array(minutes.attempted.length);
  for (const { at, seconds, openShards } of timeline)
    for (let minute = Math.floor(at / secondsPerMinute); minute * secondsPerMinute < at + seconds; minute += 1)
      shards[minute] = Math.max(shards[minute] as number, openShards);
  return shards;
}
