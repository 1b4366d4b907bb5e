// Ten thousand workloads of about 500 bytes in one file: how long, and how much memory.
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { report, runProbed, withFolder } from "./measure.mjs";

const workloadCount = 10_000;
const regions = ["us-east-1", "eu-west-1", "eu-central-1", "ap-northeast-1", "us-west-2"];
const modes = ["provisioned", "provisioned", "on-demand", "on-demand-advantage"];

const producers = [
  (at) => `  - name: web
    records: ${500 + ((at * 37) % 20_000)}/s
    recordSize: ${200 + (at % 1_700)} B
    keys: {hottest: ${0.1 + (at % 7) / 10}%}
`,
  (at) => `  - name: devices
    traffic:
      daily: {low: ${100 + (at % 900)}/s, high: ${2_000 + (at % 3_000)}/s, peakAt: "${at % 24}:00", weekend: ${40 + (at % 60)}%}
    bursts: [{at: ${at % 100}h, factor: 2, lasts: 15m}]
    recordSize: ${(0.2 + (at % 9) / 10).toFixed(1)} KiB
    aggregation: {maxSize: 50 KiB, keySize: 24 B}
`,
  (at) => `  - name: orders
    traffic:
      timeline: [{at: 0h, records: ${at % 400}/s}, {at: 8h, records: ${1_000 + (at % 4_000)}/s}, {at: 20h, records: 90/s}]
      repeat: 24h
    recordSize: ${1 + (at % 6)} kB
    growth: ${at % 6}%/month
`,
];

const consumers = [
  (at) => `  - name: enrich
    kind: kcl
    cpuPerRecord: ${(0.05 + (at % 20) / 50).toFixed(2)} ms
    worker: {vcpus: 2, price: $0.0832/h}
    recovery: {outage: 1h, within: 2h}
`,
  (at) => `  - {name: alerts, kind: lambda, read: fan-out, timePerRecord: 0.3 ms, parallelization: ${1 + (at % 10)}}
`,
  () => "  - {name: archive, kind: firehose}\n",
];

/** The same text in every run; shapes and figures vary with the number. */
function* fleet() {
  for (let at = 0; at < workloadCount; at += 1) {
    yield `---
version: 1
stream:
  name: stream-${at}
  region: ${regions[at % regions.length]}
  mode: ${modes[(at >> 2) % modes.length]}
  shards: ${1 + (at % 40)}
  retention: ${at % 5 === 0 ? "72h" : "24h"}
producers:
${producers[at % 3](at)}${at % 4 === 0 ? producers[(at + 1) % 3](at + 1) : ""}consumers:
${consumers[at % 3](at)}${at % 3 === 0 ? consumers[1](at) : consumers[2](at).replace("archive", "backup")}`;
  }
}

await withFolder(async (folder) => {
  const file = join(folder, "fleet.yaml");
  await pipeline(fleet, createWriteStream(file));
  for (const format of ["table", "json"]) {
    const runs = [];
    for (let turn = 0; turn < 3; turn += 1)
      runs.push(await runProbed(["bin/kinesis-plan.js", "size", file, "--format", format]));
    const best = runs.toSorted((a, b) => a.wallSeconds - b.wallSeconds)[0];
    const mib = Math.max(...runs.map(({ peakMib }) => peakMib));
    report(`fleet ${format} seconds`, { ours: `${best.wallSeconds.toFixed(2)} s`, goal: "<= 5 s" });
    report(`fleet ${format} peak memory`, { ours: `${mib.toFixed(0)} MiB`, goal: "<= 512 MiB" });
  }
});
