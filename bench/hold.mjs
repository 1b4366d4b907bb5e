// The control queue on the HOLD model (Jones 1986): the earliest timer is set again after an exponential time. All read the same
// increments from a file, so that sampling is not part of it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { withFolder } from "./measure.js";
import { bundled, compiled, reportShare, reportTimesAsFast, simPy, takeTurns } from "./peers.js";

const operations = 4_000_000;
const simPyOperations = 400_000;
const rounds = 7;
/** Mean of the increments in ticks: with 100,000 timers one is due every ten ticks, some of them at the same. */
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
    const slowSize = [file, `${timers}`, `${simPyOperations}`];
    const found = takeTurns(
      {
        ours: { command: [...ours, ...size], units: operations, check },
        stable: { command: cpp && [...cpp, ...size, "stable"], units: operations, check },
        unstable: { command: cpp && [...cpp, ...size, "unstable"], units: operations },
        simPy: { command: python && [...python, ...slowSize], units: simPyOperations },
      },
      rounds,
    );
    reportAll(timers, found);
  }
});

function reportAll(timers, { ours, stable, unstable, simPy }) {
  const name = `hold ${timers} timers`;
  reportShare(`${name}: std::priority_queue`, ours, stable, "<= 0.65");
  reportShare(`${name}: std::priority_queue, order of equal times lost`, ours, unstable, "<= 0.65");
  reportTimesAsFast(`${name}: times as fast as SimPy`, ours, simPy, ">= 25.00");
}
