/** The library: text to workload, workload to answer. No function here touches files, the clock or the network. */
export { type Diagnostic, OutsideError, type Severity, UserError } from "./diagnostics/diagnostic.js";
export type { Position, SourceText } from "./diagnostics/source-text.js";
export {
  type LayoutOperation,
  type LayoutRequest,
  type LayoutResult,
  type LoadedShard,
  planLayout,
} from "./planning/layout/plan-layout.js";
export {
  type CapacityRow,
  type CourseResult,
  concludeReshard,
  isVerified,
  type ReshardAlternative,
  type ReshardResult,
  type Sensitivity,
} from "./planning/reshard/conclude-reshard.js";
export type { ConsumerPlan, ConsumerStep } from "./planning/reshard/plan-consumers.js";
export {
  type Course,
  type DraftPlan,
  type PlanRequest,
  planReshards,
  type ReshardStep,
} from "./planning/reshard/plan-reshards.js";
export { type ReshardRuns, type RunRequest, verificationRuns } from "./planning/reshard/verification-runs.js";
export type { WaitingChildren } from "./planning/reshard/waiting-children.js";
export type { StoryEntry } from "./planning/run-story.js";
export {
  concludeSimulation,
  type Estimate,
  type PreparedSimulation,
  prepareSimulation,
  type SimulationRequest,
  type SimulationResult,
  simulate,
} from "./planning/simulate-workload.js";
export { runTask, type SimulationTask, stepTask } from "./planning/simulation-task.js";
export type { Fact } from "./service/fact.js";
export { type Region, regionNames } from "./service/regions.js";
export { type FactName, type FactOverrides, ServiceCatalogue, type ServiceFacts } from "./service/service-facts.js";
export type { ControlEvent, ControlEventName } from "./simulation/control-event.js";
export type { Fidelity } from "./simulation/fidelity.js";
export type { ConsumerSummary, ShardLife, SimulationRun, SimulationSummary } from "./simulation/simulate.js";
export type { TimelineConsumer, TimelineRow } from "./simulation/timeline.js";
export { type Derivation, explainSizing } from "./sizing/explain.js";
export { type FleetSizing, sizeFleet } from "./sizing/fleet.js";
export { type ReverseSizing, reverseSize } from "./sizing/reverse.js";
export { type SizedWorkload, type SizeOptions, type Sizing, size, sizeWithBasis } from "./sizing/size.js";
export type { Attachments } from "./workload/attachments.js";
export { type ParsedLimits, parseLimits } from "./workload/parse-limits.js";
export { type ParsedWorkload, type ParsedWorkloads, parseWorkloads } from "./workload/parse-workload.js";
export { readKeyWeights } from "./workload/read-key-weights.js";
export { readShardLoads, type ShardLoad, type ShardLoads } from "./workload/read-shard-loads.js";
export { readTrace } from "./workload/read-trace.js";
export type { HashKeyRange } from "./workload/saved-plan.js";
export type { CapacityMode, Consumer, Gate, Producer, ScenarioEvent, Workload } from "./workload/schema.js";
