/*
 * Runs for the tests of the read side: a stream of one producer or more, its consumers and what happens to them, in the keys of the
 * workload file. (JSON is YAML.)
 */
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import type { Histogram } from "../../../src/simulation/kernel/histogram.js";
import type { ConsumerSummary, SimulationRun } from "../../../src/simulation/simulate.js";
import type { StreamSimulation } from "../../../src/simulation/stream-simulation.js";
import { type ModelRun, runModel, simulationOf } from "./run-model.js";

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
  readonly moreProducers?: readonly Keys[];
  readonly consumers: readonly Keys[];
  readonly scenario?: readonly Keys[];
}

/** How it is run. */
export type ReadRun = ModelRun & { readonly fidelity: Fidelity; readonly seconds: number };

function textOf({
  shards = 1,
  retention,
  records,
  recordSize = 100,
  producer,
  moreProducers = [],
  consumers,
  scenario,
}: ReadStream): string {
  return JSON.stringify({
    version: 1,
    stream: { name: "s", shards, retention },
    producers: [{ name: "p", records, recordSize, putBatch: 1, ...producer }, ...moreProducers],
    consumers,
    scenario,
  });
}

/** The answer of a run. Workers limit the CPU of those consumers that say how many they are. */
export function simulateReads(stream: ReadStream, run: ReadRun): Promise<SimulationRun> {
  return runModel(textOf(stream), run);
}

/** The simulation before its first step, with all that a summary does not tell. */
export function openReads(stream: ReadStream, run: ReadRun): Promise<StreamSimulation> {
  return simulationOf(textOf(stream), run);
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

/** By consumer, what its ages are second by second, from now on; the simulation itself keeps them in no order. */
export function keepAges({ recorder }: StreamSimulation): readonly (readonly number[])[] {
  return recorder.ages.map((samples) => {
    const kept: number[] = [];
    const add = samples.add.bind(samples);
    samples.add = (age): void => {
      kept.push(age);
      add(age);
    };
    return kept;
  });
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
