/*
 * What a stream needs where it is not certain which course its traffic takes: several courses at once, or a forecast with an error.
 */
import { studentQuantile } from "../../simulation/kernel/statistics.js";
import type { ShardNeeds } from "../../sizing/shard-needs.js";
import { ceilTolerant } from "../../units/rounding.js";

/**
 * The needs that so large a part of the courses stays within, minute by minute; the part is rounded up to whole courses. All of them for
 * a quantile of 1.
 *
 * @param courses at least one, all of one length
 */
export function combinedNeeds(courses: readonly [ShardNeeds, ...ShardNeeds[]], quantile: number): ShardNeeds {
  const [first, ...others] = courses;
  if (others.length === 0) return first;
  const rank = Math.max(0, ceilTolerant(quantile * courses.length) - 1);
  const ranked = Array.from(first.shards, (_, minute) => {
    const byNeed = courses.toSorted((a, b) => (a.shards[minute] as number) - (b.shards[minute] as number));
    return byNeed[rank] as ShardNeeds;
  });
  const at = (minute: number): ShardNeeds => ranked[minute] as ShardNeeds;
  return {
    shards: Float64Array.from(ranked, ({ shards }, minute) => shards[minute] as number),
    writes: Float64Array.from(ranked, ({ writes }, minute) => writes[minute] as number),
    demandAt: (minute) => at(minute).demandAt(minute),
    bindingAt: (minute) => at(minute).bindingAt(minute),
  };
}

/** Degrees of freedom at which Student's t is the normal distribution to six digits. */
const many = 1e6;

/**
 * What demand is multiplied by so that the true demand stays within it with a probability, where the forecast's error is normal.
 *
 * @param error the standard deviation of the true demand, relative to its forecast; it holds for the whole horizon
 * @param quantile the probability, above 0 and below 1 unless there is no error
 */
export function forecastFactor(error: number, quantile: number): number {
  return error === 0 ? 1 : Math.max(0, 1 + error * studentQuantile(quantile, many));
}
