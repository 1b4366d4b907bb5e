// A day of the clickstream fixture from the shell to the answer.
import { report, runProbed } from "./measure.js";

const runs = 5;
const command = ["bin/kinesis-plan.js", "simulate", "fixtures/clickstream/workload.yaml", "--duration", "24h"];

let least = Number.POSITIVE_INFINITY;
for (let run = 0; run < runs; run += 1) least = Math.min(least, (await runProbed(command)).wallSeconds);
report("simulate a day of clickstream", { ours: `${least.toFixed(2)} s`, goal: "<= 3 s" });
