/*
 * The JSON of `apply`, as a schema; what is not listed here does not occur.
 */
import * as v from "valibot";
import { count, described, number, text } from "./result-parts.js";

const hashKeyRange = v.strictObject({ start: text, end: text });

const progress = {
  at: described(text, "The time from the start as a clock."),
  atSeconds: number,
  dueAt: described(v.nullable(text), "By the clock; null where the plan has no start yet."),
  state: v.picklist(["planned", "calling", "called", "done"]),
  tries: described(count, "How often the call was sent, or about to be."),
  doneAt: v.nullable(text),
};

export const ApplySchema = v.strictObject({
  schemaVersion: v.literal(1),
  command: v.literal("apply"),
  status: described(
    v.picklist(["planned", "done", "waiting", "late", "differs", "limit", "refused", "unreachable"]),
    "`planned`: nothing was asked to be done. `done`: every call is made. `waiting`: those before `--until` are. Else what stands in the way.",
  ),
  stream: v.strictObject({
    name: text,
    region: text,
    arn: described(v.nullable(text), "Null until the first call."),
  }),
  startsAt: v.nullable(text),
  startShards: count,
  journal: described(text, "Where the journal is, or would be."),
  left: described(count, "Calls that are not made."),
  reason: described(text, "What stands in the way; empty for nothing."),
  fix: text,
  calls: v.array(
    v.variant("operation", [
      v.strictObject({ operation: v.literal("update-shard-count"), from: count, to: count, ...progress }),
      v.strictObject({ operation: v.literal("split-shard"), hashKeyRange, newStartingHashKey: text, ...progress }),
      v.strictObject({
        operation: v.literal("merge-shards"),
        lower: hashKeyRange,
        upper: hashKeyRange,
        ...progress,
      }),
    ]),
  ),
});
