/*
 * What the parts of an answer are worked out from, once the constraints are known: findings, alternatives, explanations and the
 * reverse question all look at the same values.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import type { Attachments } from "../workload/attachments.js";
import type { Workload } from "../workload/schema.js";
import type { Constraint } from "./constraints.js";
import type { Demand } from "./demand.js";
import type { KeySpread } from "./hot-shard.js";

/** What a workload was sized with. */
export interface Basis {
  readonly workload: Workload;
  readonly demand: Demand;
  readonly facts: ServiceFacts;
  readonly constraints: readonly Constraint[];
  readonly attachments: Attachments;
  /** Where the partition keys fall; undefined when nothing is said of them. */
  readonly spread: KeySpread | undefined;
  /** How far to look, where that was given. */
  readonly horizonSeconds?: number | undefined;
  readonly shardCount: number;
  /** Whether the count was given, and so stays when something else changes. */
  readonly isCountGiven: boolean;
}
