/*
 * Runs for the tests of the read side: a stream of one producer, its consumers and what happens to them, written as a YAML text, which
 * is parsed, made a model and run as `simulate` does. (JSON is YAML.)
 */
import { type FactName, ServiceCatalogue } from "../../../src/service/service-facts.js";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import type { Histogram } from "../../../src/simulation/kernel/histogram.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import { buildModel } from "../../../src/simulation/model.js";
import {
  type ConsumerSummary,
  type SimulateOptions,
  type SimulationRun,
  simulateSteps,
} from "../../../src/simulation/simulate.js";
import { StreamSimulation } from "../../../src/simulation/stream-simulation.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import type { Workload } from "../../../src/workload/schema.js";
import { oneWorkload } from "../../one-workload.js";

export const everyFidelity: readonly Fidelity[] = ["record", "tick", "auto", "fluid"];

type Keys = Readonly<Record<string, unknown>>;

/** What is read, and by whom; keys are those of the workload file. */
export interface ReadStream {
  readonly shards?: number;
  readonly retention?: string;
  /** User records per second of the whole stream, and bytes of each. */
  readonly records: number;
  readonly recordSize?: number;
  readonly producer?: Keys;
  readonly consumers: readonly Keys[];
  readonly scenario?: readonly Keys[];
}

/** How it is run. */
export interface ReadRun {
  readonly fidelity: Fidelity;
  readonly seconds: number;
  readonly seed?: number;
  readonly resolutionSeconds?: number;
  readonly limits?: Readonly<Partial<Record<FactName, number>>>;
}

function textOf({
  shards = 1,
  retention,
  records,
  recordSize = 100,
  producer,
  consumers,
  scenario,
}: ReadStream): string {
  return JSON.stringify({
    version: 1,
    stream: { name: "s", shards, retention },
    producers: [{ name: "p", records, recordSize, putBatch: 1, ...producer }],
    consumers,
    scenario,
  });
}

/** Workers limit the CPU of those consumers that say how many they are. */
function optionsOf({ stream, consumers }: Workload, run: ReadRun): SimulateOptions {
  const workers = consumers.flatMap(({ name, workers: count }) =>
    count === undefined ? [] : [[name, count] as const],
  );
  const everywhere = new Map(
    Object.entries(run.limits ?? {}).map(([name, value]) => [name, { value, source: "test" }] as const),
  );
  return {
    fidelity: run.fidelity,
    seconds: run.seconds,
    seed: run.seed ?? 1,
    resolutionSeconds: run.resolutionSeconds ?? 60,
    debug: true,
    facts: new ServiceCatalogue({ everywhere, byRegion: new Map() }).forRegion(stream.region),
    attachments: noAttachments,
    choices: { shardCount: stream.shards ?? 1, workers: new Map(workers) },
  };
}

/** The answer of a run. */
export async function simulateReads(stream: ReadStream, run: ReadRun): Promise<SimulationRun> {
  const workload = await oneWorkload(textOf(stream));
  const steps = simulateSteps(workload, optionsOf(workload, run));
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The simulation before its first step, with all that a summary does not tell. */
export async function openReads(stream: ReadStream, run: ReadRun): Promise<StreamSimulation> {
  const workload = await oneWorkload(textOf(stream));
  const options = optionsOf(workload, run);
  const random = RandomStream.fromSeed(options.seed);
  const model = buildModel(workload, options.attachments, options.facts, options.choices, random);
  return new StreamSimulation(model, options);
}

/** Runs a simulation to its end, and looks at it after every row of its timeline. */
export function play(simulation: StreamSimulation, look: (seconds: number) => void = () => {}): StreamSimulation {
  for (const seconds of simulation.steps()) look(seconds);
  return simulation;
}

/** The summary of a run's only consumer, or of the one at an index. */
export function consumerOf({ summary }: SimulationRun, index = 0): ConsumerSummary {
  const consumer = summary.consumers[index];
  if (consumer === undefined) throw new RangeError(`there is no consumer ${index}`);
  return consumer;
}

/** The sum of what a histogram is given from now on; the histogram itself keeps no sum. */
export function sumLatencies(latencies: Histogram): { seconds: number; weight: number } {
  const sum = { seconds: 0, weight: 0 };
  const add = latencies.add.bind(latencies);
  latencies.add = (seconds, weight): void => {
    sum.seconds += seconds * weight;
    sum.weight += weight;
    add(seconds, weight);
  };
  const addUniform = latencies.addUniform.bind(latencies);
  latencies.addUniform = (from, to, weight): void => {
    // What lies at one value is added as such.
    if (to > from) {
      sum.seconds += ((from + to) / 2) * weight;
      sum.weight += weight;
    }
    addUniform(from, to, weight);
  };
  return sum;
}
