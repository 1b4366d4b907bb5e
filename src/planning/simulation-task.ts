/*
 * One simulated run as a plain value that can be handed to another thread, and the function that carries it out.
 */
import { type FactOverrides, ServiceCatalogue, type ServiceFacts } from "../service/service-facts.js";
import type { Fidelity } from "../simulation/fidelity.js";
import type { ModelChoices } from "../simulation/model.js";
import { finishRun, type RunPart } from "../simulation/run-part.js";
import { type SimulationRun, simulatePart } from "../simulation/simulate.js";
import type { Attachments } from "../workload/attachments.js";
import type { Workload } from "../workload/schema.js";

/** Everything that a run depends on. Structured cloning keeps it as it is. */
export interface SimulationTask {
  readonly workload: Workload;
  readonly attachments: Attachments;
  readonly overrides: FactOverrides;
  readonly choices: ModelChoices;
  readonly seconds: number;
  readonly seed: number;
  readonly resolutionSeconds: number;
  readonly fidelity: Fidelity;
  readonly debug: boolean;
  /** Parts of the stream that are simulated each on its own. */
  readonly partCount: number;
}

/** Carries out a run. */
export function runTask(task: SimulationTask): SimulationRun {
  return toEnd(stepTask(task));
}

/** Carries out a run in steps, each of which yields the part of it that is done, 0 to 1. */
export function* stepTask(task: SimulationTask): Generator<number, SimulationRun> {
  const parts: RunPart[] = [];
  for (let index = 0; index < task.partCount; index += 1) {
    const steps = stepPart({ task, index });
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) {
        parts.push(step.value);
        break;
      }
      yield (index + step.value / task.seconds) / task.partCount;
    }
  }
  return finishTask(task, parts);
}

/** One part of a run, for a thread of its own. */
export interface TaskPart {
  readonly task: SimulationTask;
  readonly index: number;
}

export function runPart(part: TaskPart): RunPart {
  return toEnd(stepPart(part));
}

function stepPart({ task, index }: TaskPart): Generator<number, RunPart> {
  return simulatePart(task.workload, { ...task, facts: factsOf(task), part: { index, count: task.partCount } });
}

/** The run from all its parts, in their order. */
export function finishTask(task: SimulationTask, parts: readonly RunPart[]): SimulationRun {
  return finishRun(parts, task.workload, factsOf(task));
}

/** What is published about the stream's region, with the overrides of the task. */
export function factsOf({ workload, overrides }: SimulationTask): ServiceFacts {
  return new ServiceCatalogue(overrides).forRegion(workload.stream.region);
}

function toEnd<Result>(steps: Generator<number, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
