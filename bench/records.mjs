// The simulation record by record: a shard-hour at 900 records a second against the same by itself in C++.
import { report, withFolder } from "./measure.js";
import { bundled, compiled, reportShare, sameFigures, takeTurns } from "./peers.js";

const rounds = 15;
const recordsPerSecond = 900;
const records = recordsPerSecond * 3_600;
const size = ["1", `${recordsPerSecond}`];

await withFolder(async (folder) => {
  const cpp = compiled("records", folder);
  const check = sameFigures();
  const found = takeTurns(
    {
      ours: { command: [...(await bundled("records", folder)), ...size], units: records, check },
      cpp: { command: cpp && [...cpp, ...size], units: records, check },
    },
    rounds,
  );
  reportShare("records, a record: C++", found.ours, found.cpp, "<= 3.00");
  report("records, a record", { ours: `${found.ours.toFixed(1)} ns`, goal: "<= 35 ns" });
});
