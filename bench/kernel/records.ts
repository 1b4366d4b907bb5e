/*
 * Our side of `npm run bench -- records`: one shard record by record, calls of one record without retries, one polling consumer.
 * records HOURS RATE; prints CPU seconds and the run's figures.
 */
import { ServiceCatalogue } from "../../src/service/service-facts.js";
import { RandomStream } from "../../src/simulation/kernel/random-stream.js";
import { buildModel, type StreamModel } from "../../src/simulation/model.js";
import { StreamSimulation } from "../../src/simulation/stream-simulation.js";
import { parseWorkloads } from "../../src/workload/parse-workload.js";

async function modelOf(rate: number): Promise<StreamModel> {
  const text = `
version: 1
stream: {name: records, shards: 1}
producers: [{name: p, records: ${rate}/s, recordSize: 800 B, putBatch: 1, retry: none}]
consumers: [{name: c, kind: kcl, pollInterval: 1 s, timePerRecord: 0.8 ms}]
`;
  const { workloads } = await parseWorkloads("records.yaml", text);
  const workload = workloads[0]?.workload;
  if (workload === undefined) throw new Error("the workload is wrong");
  const attachments = { traces: new Map(), weights: new Map() };
  const facts = new ServiceCatalogue().forRegion(workload.stream.region);
  return buildModel(workload, attachments, facts, { shardCount: 1, workers: new Map() }, RandomStream.fromSeed(1));
}

function run(model: StreamModel, seconds: number): StreamSimulation {
  const simulation = new StreamSimulation(model, { seconds, seed: 1, resolutionSeconds: 60, fidelity: "record" });
  for (const _ of simulation.steps());
  return simulation;
}

async function main([hours, rate]: readonly string[]): Promise<void> {
  const model = await modelOf(Number(rate));
  const seconds = Number(hours) * 3_600;
  // Compiles the code; the run that is timed is a fresh one.
  run(model, seconds / 4);
  const before = process.cpuUsage();
  const { producers, fleets } = run(model, seconds);
  const { user, system } = process.cpuUsage(before);
  const latencies = fleets[0]?.account.latencies.percentiles();
  console.log(
    JSON.stringify({
      seconds: (user + system) / 1e6,
      offered: producers[0]?.offered,
      accepted: producers[0]?.accepted,
      processed: fleets[0]?.account.processed,
      latencyP50: latencies?.p50,
      latencyP99: latencies?.p99,
    }),
  );
}

void main(process.argv.slice(2));
