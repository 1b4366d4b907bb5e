// A day of the clickstream fixture, and one of a large fleet with faults, from the shell to the answer.
import { report, runProbed } from "./measure.js";

const days = [
  { name: "simulate a day of clickstream", file: "fixtures/clickstream/workload.yaml", runs: 5, goal: "<= 3 s" },
  {
    name: "simulate a day of 50 workers on 1,000 shards",
    file: "bench/reference/fleet-of-50.yaml",
    runs: 3,
    goal: "<= 15 s",
  },
];

for (const { name, file, runs, goal } of days) {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run += 1) {
    const { wallSeconds } = await runProbed(["bin/kinesis-plan.js", "simulate", file, "--duration", "24h"]);
    least = Math.min(least, wallSeconds);
  }
  report(name, { ours: `${least.toFixed(2)} s`, goal });
}
