// An M/M/1 queue with a load of 0.8, event by event: the engine, the timers and the random numbers together.
import { report, withFolder } from "./measure.js";
import { bundled, compiled, onPackage, simPy, takeTurns } from "./peers.js";

const customers = 10_000_000;
const slowCustomers = 1_000_000;
const rounds = 7;
const slowRounds = 3;
/** λ = 0.8, μ = 1: ρ / (μ - λ). */
const meanWait = 4;
const tolerance = 0.05;

function check(printed) {
  if (!(Math.abs(printed.meanWait - meanWait) <= tolerance * meanWait))
    throw new Error(`the mean wait is ${printed.meanWait}, not ${meanWait}`);
}

await withFolder(async (folder) => {
  const cpp = compiled("mm1", folder);
  const python = simPy("mm1");
  const simjs = onPackage("mm1-simjs", "simjs@2.0.3", "sim.js", folder);
  const fast = (command) => ({ command: command && [...command, `${customers}`], units: customers, check });
  const slow = (command) => ({
    command: command && [...command, `${slowCustomers}`],
    units: slowCustomers,
    rounds: slowRounds,
    check,
  });
  const found = takeTurns(
    { ours: fast(await bundled("mm1", folder)), cpp: fast(cpp), simPy: slow(python), simjs: slow(simjs) },
    rounds,
  );
  const nanoseconds = ({ seconds }) => `${(seconds * 1e9).toFixed(1)} ns`;
  const line = (name, peer, ratio, goal) =>
    peer && report(`mm1 ${name}`, { ours: nanoseconds(found.ours), peer: nanoseconds(peer), ratio, goal });
  line("std::priority_queue", found.cpp, found.cpp?.ratio, "<= 1.60");
  line("times as fast as SimPy", found.simPy, found.simPy && 1 / found.simPy.ratio, ">= 65.00");
  line("times as fast as simjs", found.simjs, found.simjs && 1 / found.simjs.ratio, ">= 9.00");
});
