// How long a plan of reshards takes, and how far from its proven bound it is. Each plan is made in a process of its own, by itself.
import { execFileSync } from "node:child_process";
import { median, report, withFolder } from "./measure.js";
import { bundled } from "./peers.js";

const rounds = 3;
/** Days, minutes a slot, shards at the peak, seconds a call, seconds for each operation; goals in seconds and as a gap. */
const cases = [
  { name: "1 d of 5 min, 150 shards", args: [1, 5, 150, 30, 15], seconds: 0.3, gap: 0 },
  { name: "1 d of 5 min, 1,000 shards", args: [1, 5, 1_000, 30, 15], seconds: 0.3, gap: 0 },
  { name: "1 d of 1 min, 150 shards", args: [1, 1, 150, 30, 15] },
  { name: "7 d of 5 min, 150 shards", args: [7, 5, 150, 30, 15], seconds: 1, gap: 0.01 },
  { name: "30 d of 5 min, 150 shards", args: [30, 5, 150, 30, 15], seconds: 3, gap: 0.01 },
  { name: "30 d of 5 min, 1,000 shards", args: [30, 5, 1_000, 30, 15], seconds: 3, gap: 0.01 },
  { name: "30 d of 5 min, 1,000 shards, calls of 5 min", args: [30, 5, 1_000, 300, 0], seconds: 3, gap: 0.01 },
  { name: "30 d of 5 min, 10,000 shards", args: [30, 5, 10_000, 30, 15], seconds: 8, gap: 0.01 },
  { name: "30 d of 5 min, 10,000 shards, calls of 5 min", args: [30, 5, 10_000, 300, 0], seconds: 8, gap: 0.01 },
];

await withFolder(async (folder) => {
  const [node, file] = await bundled("reshard", folder);
  for (const { name, args, seconds, gap } of cases) {
    const texts = args.map(String);
    const runs = Array.from({ length: rounds }, () =>
      JSON.parse(execFileSync(node, [file, ...texts], { encoding: "utf8" })),
    );
    const [first] = runs;
    const time = median(runs.map((run) => run.seconds));
    report(`${name}: time`, { ours: `${time.toFixed(2)} s`, goal: seconds === undefined ? "-" : `<= ${seconds} s` });
    report(`${name}: gap`, {
      ours: `${(100 * first.gap).toFixed(2)} %${first.isOptimal ? " (proven optimal)" : ""}`,
      peer: `${(100 * first.ofFlat).toFixed(1)} % of the peak`,
      goal: gap === undefined ? "-" : `<= ${100 * gap} %`,
    });
    if (args[0] === 30)
      report(`${name}: peak memory`, { ours: `${Math.round(first.peakMib)} MiB`, goal: "<= 1024 MiB" });
  }
});
