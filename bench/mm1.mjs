// An M/M/1 queue with a load of 0.8, event by event: the engine, its timers and the random numbers together. The program in C++ takes
// its exponential times by inversion, -log(u); ours are of the ziggurat.
import { withFolder } from "./measure.js";
import { bundled, compiled, onPackage, reportShare, reportTimesAsFast, simPy, takeTurns } from "./peers.js";

const customers = 10_000_000;
const slowCustomers = 1_000_000;
const rounds = 7;
/** λ = 0.8, μ = 1: ρ / (μ - λ). */
const meanWait = 4;
const tolerance = 0.05;

function check(printed) {
  if (!(Math.abs(printed.meanWait - meanWait) <= tolerance * meanWait))
    throw new Error(`the mean wait is ${printed.meanWait}, not ${meanWait}`);
}

await withFolder(async (folder) => {
  const task = (command, count) => ({ command: command && [...command, `${count}`], units: count, check });
  const { ours, cpp, python, simjs } = takeTurns(
    {
      ours: task(await bundled("mm1", folder), customers),
      cpp: task(compiled("mm1", folder), customers),
      python: task(simPy("mm1"), slowCustomers),
      simjs: task(onPackage("mm1-simjs", "simjs@2.0.3", "sim.js", folder), slowCustomers),
    },
    rounds,
  );
  reportShare("mm1 std::priority_queue", ours, cpp, "<= 1.60");
  reportTimesAsFast("mm1 times as fast as SimPy", ours, python, ">= 65.00");
  reportTimesAsFast("mm1 times as fast as simjs", ours, simjs, ">= 9.00");
});
