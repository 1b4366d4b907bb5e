// Ten thousand workloads of about 500 bytes in one file, with traffic over time and with constant rates: how long, and how much
// memory.
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { median, report, runProbed, withFolder } from "./measure.js";

const workloadCount = 10_000;
const regions = ["us-east-1", "eu-west-1", "eu-central-1", "ap-northeast-1", "us-west-2"];
const modes = ["provisioned", "provisioned", "on-demand", "on-demand-advantage"];

const hour = (at) => `${at % 24}`.padStart(2, "0");

/** Traffic over time, one line a producer; constant rates in its place make the other fleet. */
const varying = {
  devices: (at) => `traffic:
      daily: {low: ${100 + (at % 900)}/s, high: ${2_000 + (at % 3_000)}/s, peakAt: "${hour(at)}:00", weekend: 60%}
    bursts: [{at: ${at % 100}h, factor: 2, lasts: 15m}]`,
  orders: (at) => `traffic:
      timeline: [{at: 0h, records: ${at % 400}/s}, {at: 8h, records: ${1_000 + (at % 4_000)}/s}, {at: 20h, records: 90/s}]
      repeat: 24h`,
};
const constant = {
  devices: (at) => `records: ${2_000 + (at % 3_000)}/s
    retry: kpl`,
  orders: (at) => `records: ${1_000 + (at % 4_000)}/s
    recordSizeMax: 200 KiB`,
};

const producers = [
  (at) => `  - name: web
    records: ${500 + ((at * 37) % 20_000)}/s
    recordSize: ${200 + (at % 1_700)} B
    keys: {hottest: ${((1 + (at % 7)) / 10).toFixed(1)}%}
`,
  (at, traffic) => `  - name: devices
    ${traffic.devices(at)}
    recordSize: ${(0.2 + (at % 9) / 10).toFixed(1)} KiB
    aggregation: {maxSize: 50 KiB, keySize: 24 B}
`,
  (at, traffic) => `  - name: orders
    ${traffic.orders(at)}
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
function* fleet(traffic) {
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
${producers[at % 3](at, traffic)}${at % 4 === 0 ? producers[(at + 1) % 3](at + 1, traffic) : ""}consumers:
${consumers[at % 3](at)}${at % 3 === 0 ? consumers[1](at) : consumers[2](at).replace("archive", "backup")}`;
  }
}

await withFolder(async (folder) => {
  for (const [name, traffic] of Object.entries({ constant, varying })) {
    const file = join(folder, `${name}.yaml`);
    await pipeline(fleet(traffic), createWriteStream(file));
    for (const format of ["table", "json"]) await measure(`fleet ${name} ${format}`, file, format);
  }
});

async function measure(name, file, format) {
  const runs = [];
  for (let turn = 0; turn < 3; turn += 1)
    runs.push(await runProbed(["bin/kinesis-plan.js", "size", file, "--format", format]));
  const wall = median(runs.map(({ wallSeconds }) => wallSeconds));
  const cpu = median(runs.map(({ cpuSeconds }) => cpuSeconds));
  const mib = Math.max(...runs.map(({ peakMib }) => peakMib));
  report(`${name}: time`, { ours: `${wall.toFixed(2)} s (${cpu.toFixed(2)} s of CPU)`, goal: "<= 5 s" });
  report(`${name}: peak memory`, { ours: `${mib.toFixed(0)} MiB`, goal: "<= 512 MiB" });
}
