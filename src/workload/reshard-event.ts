import type { ScenarioEvent } from "./schema.js";

/** Whether an event asks for other shards. */
export function isReshard({ event }: ScenarioEvent): boolean {
  return event === "reshard" || event === "split-shard" || event === "merge-shards";
}
