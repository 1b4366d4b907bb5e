// How long `size` takes from the shell to the answer, against node doing nothing.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { comparePairs, report, withFolder } from "./measure.js";

const pairs = 21;
const nothing = ["-e", "0"];

await withFolder((folder) => {
  const small = join(folder, "workload.yaml");
  writeFileSync(
    small,
    "version: 1\nstream: {name: one}\nproducers:\n  - {name: web, records: 1000/s, recordSize: 1 KiB}\n",
  );
  const cases = { clickstream: "fixtures/clickstream/workload.yaml", "one-producer": small };
  for (const [name, file] of Object.entries(cases)) {
    const { ours, peer, ratio } = comparePairs(["bin/kinesis-plan.js", "size", file], nothing, pairs);
    report(`startup ${name}`, { ours: `${ours.toFixed(1)} ms`, peer: `${peer.toFixed(1)} ms`, ratio, goal: "<= 2.00" });
  }
});
