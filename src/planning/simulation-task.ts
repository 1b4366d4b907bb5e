/*
 * One simulated run as a plain value that can be handed to another thread, and the function that carries it out.
 */
import { type FactOverrides, ServiceCatalogue } from "../service/service-facts.js";
import type { Fidelity } from "../simulation/fidelity.js";
import type { ModelChoices } from "../simulation/model.js";
import { type SimulationRun, simulateSteps } from "../simulation/simulate.js";
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
}

/** Carries out a run. */
export function runTask(task: SimulationTask): SimulationRun {
  const steps = stepTask(task);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Carries out a run in steps, each of which yields the seconds that are simulated so far. */
export function stepTask(task: SimulationTask): Generator<number, SimulationRun> {
  const facts = new ServiceCatalogue(task.overrides).forRegion(task.workload.stream.region);
  return simulateSteps(task.workload, { ...task, facts });
}
