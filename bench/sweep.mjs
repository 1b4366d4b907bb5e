// The simulation of many shards: by the second, in leaps, as a flow, on two threads, and its memory. The peers do the same per shard and
// tick and nothing else; that all simulate one model shows in what they count.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { report, root, withFolder } from "./measure.js";
import { bundled, compiled, reportShare, reportTimesAsFast, sameFigures, simPy, takeTurns } from "./peers.js";

const rounds = 5;
const shards = 1_000;
const hours = 6;
const shardTicks = shards * hours * 3_600;
/** A flow is so fast that it takes a day to time it. */
const dayHours = 24;
const shardMinutes = shards * dayHours * 60;
const slowShards = 20;
const slowMinutes = 30;
/** Records per second of the shards: up to a fifth above what a shard takes; and so that 85 % of the shard-minutes are leapt over. */
const stress = ["195", "1215"];
const calm = ["195", "1120"];

const size = (fidelity, rates, ...more) => [`${shards}`, `${hours}`, fidelity, ...rates, ...more];
const day = (count, fidelity, rates) => [`${count}`, `${dayHours}`, fidelity, ...rates];

await withFolder(async (folder) => {
  const ours = await bundled("sweep", folder);
  const cpp = compiled("sweep", folder);
  const python = simPy("sweep");
  const task = (command, args, check, units = shardTicks) => ({
    command: command && [...command, ...args],
    units,
    check,
  });
  const slow = [`${slowShards}`, `${slowMinutes}`, ...stress];
  const [sameByTicks, sameByLeaps] = [sameFigures(), sameFigures()];
  const found = takeTurns(
    {
      tick: task(ours, size("tick", stress), sameByTicks),
      tickWithCpu: task(ours, size("tick", stress, "cpu")),
      cppTick: task(cpp, size("tick", stress), sameByTicks),
      simPy: task(python, slow, undefined, slowShards * slowMinutes * 60),
      leap: task(ours, size("auto", calm), sameByLeaps),
      cppLeap: task(cpp, size("leap", calm), sameByLeaps),
      fluid: task(ours, day(shards, "fluid", stress), undefined, shardMinutes),
    },
    rounds,
  );
  reportShare("sweep by ticks, a shard-tick: C++", found.tick, found.cppTick, "<= 2.00");
  reportShare("sweep by ticks with workers' CPU, a shard-tick: C++", found.tickWithCpu, found.cppTick, "<= 2.50");
  reportTimesAsFast("sweep by ticks, a shard-tick: times as fast as SimPy", found.tick, found.simPy, ">= 50.00");
  reportShare("sweep in leaps, a shard-tick: C++", found.leap, found.cppLeap, "<= 2.50");
  reportTimesAsFast("sweep in leaps, a shard-tick: times as fast as by ticks", found.leap, found.tick, ">= 4.00");
  const fluidSeconds = (found.fluid * shardMinutes) / 1e9;
  report("sweep of a day as a flow, CPU", { ours: `${fluidSeconds.toFixed(2)} s`, goal: "<= 0.10 s" });
  report("sweep of a day as a flow, a shard-minute", { ours: `${found.fluid.toFixed(0)} ns` });
  reportThreads();
  reportMemory(ours);
});

/** Two runs of an even stream through the thread pool of the command line, by wall time. */
function reportThreads() {
  const script = join(root, "bench/kernel/sweep-threads.mjs");
  const least = { 1: Number.POSITIVE_INFINITY, 2: Number.POSITIVE_INFINITY };
  for (let round = 0; round < rounds; round += 1)
    for (const threads of [1, 2])
      least[threads] = Math.min(least[threads], Number(execFileSync(process.execPath, [script, `${threads}`])));
  report("sweep on two threads: times as fast as on one", {
    ours: `${least[2].toFixed(2)} s`,
    peer: `${least[1].toFixed(2)} s`,
    ratio: least[1] / least[2],
    goal: ">= 1.60",
  });
}

/** What ten times as many shards take beyond node doing nothing. The shell between has little memory for its children to count. */
function reportMemory(ours) {
  const underShell = (command) =>
    execFileSync("/bin/sh", ["-c", '"$@"; exit $?', "sh", ...command], { encoding: "utf8" });
  const { peakMib } = JSON.parse(underShell([...ours, ...day(10 * shards, "auto", calm)]));
  const bareMib = underShell([process.execPath, "-p", "process.resourceUsage().maxRSS / 1024"]);
  report(`sweep of a day of ${10 * shards} shards: memory beyond node's`, {
    ours: `${(peakMib - Number(bareMib)).toFixed(0)} MiB`,
    goal: "<= 150 MiB",
  });
}
