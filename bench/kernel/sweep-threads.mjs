// A stream of 1,000 shards over half a day as the command line runs it, in parts: sweep-threads.mjs THREADS prints wall seconds.
import { createRequire } from "node:module";
import { parseWorkloads, prepareSimulation, ServiceCatalogue } from "../../dist/index.js";

const { simulateRuns } = createRequire(import.meta.url)("../../dist/simulation.cjs");

const text = `
version: 1
stream: {name: even, shards: 1000}
producers:
  - {name: p, records: 705000/s, recordSize: 800 B, recordSizeVariation: 50%, putBatch: 1, retry: sdk}
consumers:
  - {name: c, kind: kcl, pollInterval: 1 s, timePerRecord: 0.8 ms}
`;
const { workloads } = await parseWorkloads("even.yaml", text);
const { task } = prepareSimulation(workloads[0].workload, {
  attachments: { traces: new Map(), weights: new Map() },
  catalogue: new ServiceCatalogue(),
  seed: 1,
  fidelity: "tick",
  seconds: 12 * 3_600,
});
const begun = performance.now();
await simulateRuns([task], Number(process.argv[2]), () => {});
console.log((performance.now() - begun) / 1_000);
