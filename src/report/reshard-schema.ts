/*
 * The JSON of `reshard`, as a schema; what is not listed here does not occur.
 */
import * as v from "valibot";
import { count, described, diagnostics, mode, number, plannedStream, text } from "./result-parts.js";
import { simulationSummary } from "./simulation-schema.js";

const step = v.strictObject({
  at: described(text, "The time from the start as a clock."),
  atSeconds: number,
  from: count,
  to: count,
  durationSeconds: described(number, "How long the stream is UPDATING, as planned."),
  reason: text,
});

const consumerStep = v.strictObject({
  at: text,
  atSeconds: number,
  shards: described(count, "The fewest that are open meanwhile."),
  workersForCpu: v.nullable(count),
  workers: v.nullable(count),
  capped: v.boolean(),
  concurrency: v.optional(v.strictObject({ needed: v.nullable(count), limit: count })),
});

const alternative = v.strictObject({
  name: v.picklist(["static-peak", "plan", "on-demand", "on-demand-advantage"]),
  mode,
  shardHours: described(v.nullable(number), "Null where the service decides on shards and bills none."),
  usd: described(
    number,
    "The stream at list prices for the horizon; the account's commitment with Advantage included.",
  ),
  throttledRatio: number,
  calls: described(count, "Calls of UpdateShardCount."),
  excuse: described(text, "Why it is not the plan; empty for the plan."),
});

export const ReshardSchema = v.strictObject({
  schemaVersion: v.literal(1),
  command: v.literal("reshard"),
  status: described(v.picklist(["ok", "infeasible"]), "Infeasible where no plan has enough shards at all times."),
  stream: plannedStream,
  startsAt: described(v.nullable(text), "When the plan starts; null where that is when it is carried out."),
  startsOn: described(
    v.nullable(v.picklist(["monday", "day"])),
    "What its first second is, in UTC, where its traffic goes by the clock and `startsAt` is null.",
  ),
  horizonSeconds: number,
  slotSeconds: described(number, "Calls start with a slot of this length."),
  reserveCalls: described(count, "Calls in 24 hours that the plan leaves unused."),
  quantile: described(
    number,
    "The part of all courses that the plan provides for, and the probability that it covers the forecast's error.",
  ),
  forecastError: described(number, "Standard deviation of the true demand, relative to what the workload says."),
  allowedThrottling: described(number, "The part of the traffic that may be throttled in exchange for cost."),
  margin: described(number, "More than the demand that the plan provides for, as a ratio."),
  plan: v.strictObject({
    startShards: count,
    endShards: count,
    steps: v.array(step),
    shardHours: described(number, "With the larger of both counts while a call runs."),
    usd: described(number, "The stream at list prices for the horizon."),
  }),
  bound: v.strictObject({
    shardHours: described(
      v.nullable(number),
      "No plan that keeps to the rules has fewer; null where none is enough, or some throttling is allowed.",
    ),
    gap: v.nullable(number),
  }),
  gap: described(v.nullable(number), "How far the plan may lie above the cheapest, as a ratio of its shard-hours."),
  isOptimal: described(v.boolean(), "Whether it is proven that no plan has fewer shard-hours."),
  alternatives: v.array(alternative),
  verified: described(simulationSummary, "The simulation of the plan."),
  courses: described(
    v.array(v.strictObject({ file: text, throttledRatio: number, lostRecords: number })),
    "The simulated plan on every course that the traffic may take.",
  ),
  sensitivity: described(
    v.array(v.strictObject({ more: number, throttledRatio: number, lostRecords: number, usd: number })),
    "The simulated plan with so much more traffic than it was made for, as a ratio.",
  ),
  consumers: described(
    v.array(v.strictObject({ name: text, kind: text, steps: v.array(consumerStep) })),
    "What each consumer runs along the plan, as CPU asks for it.",
  ),
  waitingChildren: described(
    v.array(
      v.strictObject({
        consumer: text,
        step: described(count, "The call, by its place in the plan."),
        behindSeconds: described(number, "Age of the oldest unread record while the call ran, at most."),
        caughtUpAt: described(v.nullable(number), "Null where the simulation ended before."),
      }),
    ),
    "Consumers that are behind while a call closes shards, in the simulation.",
  ),
  timeline: described(
    v.array(v.strictObject({ at: number, shardsNeeded: number, shardsInForce: number })),
    "By slot: what the stream needs, and the smaller of both counts while a call runs.",
  ),
  diagnostics,
});
