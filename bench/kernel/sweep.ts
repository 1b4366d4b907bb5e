/*
 * Our side of `npm run bench -- sweep`: a stream of many shards whose rates are spread evenly between two bounds, in Poisson
 * arrivals of one record a call with sizes that vary, SDK retries, and one polling consumer at a steady speed.
 * sweep SHARDS HOURS FIDELITY LOW HIGH [cpu]; prints CPU seconds, the run's figures and the peak of memory.
 */
import { ServiceCatalogue } from "../../src/service/service-facts.js";
import { agePercentiles } from "../../src/simulation/age-samples.js";
import type { Fidelity } from "../../src/simulation/fidelity.js";
import { RandomStream } from "../../src/simulation/kernel/random-stream.js";
import { KeySpread } from "../../src/simulation/key-spread.js";
import { buildModel, type StreamModel } from "../../src/simulation/model.js";
import { StreamSimulation } from "../../src/simulation/stream-simulation.js";
import { parseWorkloads } from "../../src/workload/parse-workload.js";

const SHARDS_PER_WORKER = 10;

interface Mix {
  readonly shards: number;
  readonly low: number;
  readonly high: number;
  /** Whether the consumer's workers share their CPU out among their shards. */
  readonly hasCpu: boolean;
}

async function modelOf({ shards, low, high, hasCpu }: Mix): Promise<StreamModel> {
  const rates = Float64Array.from(
    { length: shards },
    (_, at) => low + ((high - low) * ((at * 7_919) % shards)) / shards,
  );
  const total = rates.reduce((sum, rate) => sum + rate, 0);
  const text = `
version: 1
stream: {name: sweep, shards: ${shards}}
producers:
  - {name: p, records: ${total}/s, recordSize: 800 B, recordSizeVariation: 50%, putBatch: 1, retry: sdk}
consumers:
  - {name: c, kind: kcl, pollInterval: 1 s, timePerRecord: 0.8 ms, cpuPerRecord: 0.5 ms, worker: {vcpus: 8}}
`;
  const { workloads } = await parseWorkloads("sweep.yaml", text);
  const workload = workloads[0]?.workload;
  if (workload === undefined) throw new Error("the workload is wrong");
  const workers = new Map(hasCpu ? [["c", Math.ceil(shards / SHARDS_PER_WORKER)]] : []);
  const attachments = { traces: new Map(), weights: new Map() };
  const facts = new ServiceCatalogue().forRegion(workload.stream.region);
  const model = buildModel(workload, attachments, facts, { shardCount: shards, workers }, RandomStream.fromSeed(1));
  const shares = rates.map((rate) => rate / total);
  const keys = new KeySpread(new Float64Array(), new Float64Array(), shares);
  return { ...model, producers: model.producers.map((producer) => ({ ...producer, keys })) };
}

function run(model: StreamModel, seconds: number, fidelity: Fidelity): StreamSimulation {
  const simulation = new StreamSimulation(model, { seconds, seed: 1, resolutionSeconds: 60, fidelity });
  for (const _ of simulation.steps());
  return simulation;
}

async function main([shards, hours, fidelity, low, high, cpu]: readonly string[]): Promise<void> {
  const mix: Mix = { shards: Number(shards), low: Number(low), high: Number(high), hasCpu: cpu === "cpu" };
  const model = await modelOf(mix);
  const seconds = Number(hours) * 3_600;
  // Compiles the code; the run that is timed is a fresh one.
  run(await modelOf({ ...mix, shards: Math.ceil(mix.shards / 4) }), seconds / 4, fidelity as Fidelity);
  const before = process.cpuUsage();
  const { producers, fleets, parts, recorder } = run(model, seconds, fidelity as Fidelity);
  const { user, system } = process.cpuUsage(before);
  const [producer, fleet] = [producers[0], fleets[0]];
  const ages = recorder.ages[0] === undefined ? undefined : agePercentiles(recorder.ages[0].state);
  const latencies = fleet?.account.latencies.percentiles();
  console.log(
    JSON.stringify({
      seconds: (user + system) / 1e6,
      offered: producer?.offered,
      accepted: producer?.accepted,
      throttled: producer?.throttled,
      processed: fleet?.account.processed,
      ageP50: ages?.p50,
      ageP99: ages?.p99,
      latencyP50: latencies?.p50,
      latencyP99: latencies?.p99,
      leapShare: parts.shares().leap ?? 0,
      peakMib: process.resourceUsage().maxRSS / 1_024,
    }),
  );
}

void main(process.argv.slice(2));
