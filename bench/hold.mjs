// The control queue on the HOLD model (Jones 1986): the earliest timer is set again after an exponential time. All read the same
// increments from a file, so that sampling is not part of it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { report, withFolder } from "./measure.js";
import { bundled, compiled, simPy, takeTurns } from "./peers.js";

const operations = 4_000_000;
const simPyOperations = 400_000;
const rounds = 7;
const simPyRounds = 3;
/** Mean of the increments in ticks: at 100,000 timers one is due every ten ticks, and some at the same one. */
const meanTicks = 1_000_000;

function writeIncrements(file, count) {
  let state = 1;
  const increments = Int32Array.from({ length: count }, () => {
    // Marsaglia's xorshift32: any generator will do, as long as it is the same in every run.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(-Math.log(((state >>> 0) + 0.5) / 2 ** 32) * meanTicks);
  });
  writeFileSync(file, increments);
}

/** Who keeps the order of equal ticks must end with the same timers pending. */
function sameCheck() {
  let expected;
  return ({ check }) => {
    expected ??= check;
    if (check !== expected) throw new Error(`the queues part: ${expected} and ${check}`);
  };
}

await withFolder(async (folder) => {
  const file = join(folder, "increments.bin");
  const ours = await bundled("hold", folder);
  const cpp = compiled("hold", folder);
  const python = simPy("hold");
  for (const timers of [1_000, 100_000]) {
    writeIncrements(file, timers + operations);
    const check = sameCheck();
    const size = [file, `${timers}`, `${operations}`];
    const found = takeTurns(
      {
        ours: { command: [...ours, ...size], units: operations, check },
        stable: { command: cpp && [...cpp, ...size, "stable"], units: operations, check },
        unstable: { command: cpp && [...cpp, ...size, "unstable"], units: operations },
        simPy: {
          command: python && [...python, file, `${timers}`, `${simPyOperations}`],
          units: simPyOperations,
          rounds: simPyRounds,
        },
      },
      rounds,
    );
    reportAll(timers, found);
  }
});

function reportAll(timers, { ours, stable, unstable, simPy }) {
  const nanoseconds = ({ seconds }) => `${(seconds * 1e9).toFixed(1)} ns`;
  const line = (name, peer, ratio, goal) =>
    peer && report(`hold ${timers} timers: ${name}`, { ours: nanoseconds(ours), peer: nanoseconds(peer), ratio, goal });
  line("std::priority_queue", stable, stable?.ratio, "<= 0.65");
  line("std::priority_queue, order of equal times lost", unstable, unstable?.ratio, "<= 0.65");
  line("times as fast as SimPy", simPy, simPy && 1 / simPy.ratio, ">= 25.00");
}
