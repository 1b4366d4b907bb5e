/*
 * Runs workloads as `simulate` does, without the command line around it: a YAML text is parsed, made a model and run at a fidelity and a
 * seed. What a summary does not tell can be looked up in the simulation itself, at the end or between two rows of its timeline.
 */
import { type FactName, ServiceCatalogue, type ServiceFacts } from "../../../src/service/service-facts.js";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import { buildModel } from "../../../src/simulation/model.js";
import { finishRun } from "../../../src/simulation/run-part.js";
import { type SimulateOptions, type SimulationRun, simulatePart } from "../../../src/simulation/simulate.js";
import { type StreamPart, StreamSimulation } from "../../../src/simulation/stream-simulation.js";
import { type Attachments, noAttachments } from "../../../src/workload/attachments.js";
import type { Workload } from "../../../src/workload/schema.js";
import { oneWorkload } from "../../one-workload.js";

/** How a workload is run; whatever is left out has the value that most tests want. */
export interface ModelRun {
  /** `tick` by default. */
  readonly fidelity?: Fidelity;
  readonly seed?: number;
  /** Ten minutes by default. */
  readonly seconds?: number;
  readonly resolutionSeconds?: number;
  /** Whether the invariants are checked after every control event; they are by default. */
  readonly debug?: boolean;
  /** A part of the stream alone. */
  readonly part?: StreamPart;
  /** Workers by the consumer's name, if not those that the workload states; without either there is one without a CPU limit. */
  readonly workers?: Readonly<Record<string, number>>;
  readonly limits?: Readonly<Partial<Record<FactName, number>>>;
  readonly attachments?: Attachments;
}

/** The facts of us-east-1, some of them replaced. */
function factsWith(limits: ModelRun["limits"] = {}): ServiceFacts {
  const everywhere = new Map(Object.entries(limits).map(([name, value]) => [name, { value, source: "test" }]));
  return new ServiceCatalogue({ everywhere, byRegion: new Map() }).forRegion("us-east-1");
}

/** The workload has to say how many shards it has. */
function optionsOf({ stream, consumers }: Workload, run: ModelRun): SimulateOptions {
  const workers = new Map<string, number>();
  for (const { name, workers: count } of consumers) if (count !== undefined) workers.set(name, count);
  for (const [name, count] of Object.entries(run.workers ?? {})) workers.set(name, count);
  return {
    fidelity: run.fidelity ?? "tick",
    seed: run.seed ?? 1,
    seconds: run.seconds ?? 600,
    resolutionSeconds: run.resolutionSeconds ?? 60,
    debug: run.debug ?? true,
    ...(run.part !== undefined && { part: run.part }),
    facts: factsWith(run.limits),
    attachments: run.attachments ?? noAttachments,
    choices: { shardCount: stream.shards ?? Number.NaN, workers },
  };
}

/** The answer of a run. */
export async function runModel(yaml: string, run: ModelRun = {}): Promise<SimulationRun> {
  const workload = await oneWorkload(yaml);
  const options = optionsOf(workload, run);
  const steps = simulatePart(workload, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return finishRun([step.value], workload, options.facts);
  }
}

/** The simulation of a workload, before its first step. */
export async function simulationOf(yaml: string, run: ModelRun = {}): Promise<StreamSimulation> {
  const workload = await oneWorkload(yaml);
  const options = optionsOf(workload, run);
  const random = RandomStream.fromSeed(options.seed);
  const model = buildModel(workload, options.attachments, options.facts, options.choices, random);
  return new StreamSimulation(model, options);
}

/** The simulation of a workload after its end, looked at after every row if asked for. */
export async function replay(
  yaml: string,
  run: ModelRun = {},
  look: (simulation: StreamSimulation, seconds: number) => void = () => {},
): Promise<StreamSimulation> {
  const simulation = await simulationOf(yaml, run);
  for (const seconds of simulation.steps()) look(simulation, seconds);
  return simulation;
}
