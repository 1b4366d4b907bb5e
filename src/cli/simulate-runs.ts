/*
 * Simulated runs on this machine: one run here, in steps that leave room for an interrupt; several on worker threads. Loaded when a
 * simulation is asked for, as a file of its own.
 */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { SingleBar } from "cli-progress";
import { finishTask, type SimulationTask, stepTask, type TaskPart } from "../planning/simulation-task.js";
import type { RunPart } from "../simulation/run-part.js";
import type { SimulationRun } from "../simulation/simulate.js";

/** Called with the part that is done, 0 to 1. */
export type ReportProgress = (done: number) => void;

/** Threads that run at once, at most. */
export function threadCount(): number {
  return availableParallelism();
}

/** Nothing is shown of what is over sooner. */
const QUIET_MILLISECONDS = 1_000;

/** A bar on stderr with the remaining time, from the moment at which a run has taken a while. */
export function showProgress(): ReportProgress {
  const begin = performance.now();
  let bar: SingleBar | undefined;
  return (done) => {
    if (performance.now() - begin < QUIET_MILLISECONDS) return;
    if (bar === undefined) {
      bar = new SingleBar({
        format: "simulating {bar} {percentage}%  {eta_formatted} left",
        clearOnComplete: true,
        hideCursor: true,
      });
      bar.start(1, 0);
    }
    bar.update(done);
    if (done >= 1) bar.stop();
  };
}

/** A step of a run ends when this many milliseconds have passed. */
const STEP_MILLISECONDS = 50;

/** Carries out runs; their results are in the order of the tasks, and do not depend on the number of threads. */
export async function simulateRuns(
  tasks: readonly SimulationTask[],
  threads: number,
  report: ReportProgress,
): Promise<readonly SimulationRun[]> {
  const [only] = tasks;
  const partCount = tasks.reduce((count, task) => count + task.partCount, 0);
  if (only !== undefined && (partCount === 1 || (tasks.length === 1 && threads === 1)))
    return [await runHere(only, report)];
  const { Tinypool } = await import("tinypool");
  const pool = new Tinypool({
    filename: fileURLToPath(new URL("./simulation-worker.cjs", import.meta.url)),
    name: "runPart",
    maxThreads: Math.min(partCount, threads),
  });
  let done = 0;
  const runInPool = async (part: TaskPart): Promise<RunPart> => {
    const result = (await pool.run(part)) as RunPart;
    done += 1;
    report(done / partCount);
    return result;
  };
  try {
    return await Promise.all(
      tasks.map(async (task) => {
        const indexes = Array.from({ length: task.partCount }, (_, index) => index);
        return finishTask(task, await Promise.all(indexes.map((index) => runInPool({ task, index }))));
      }),
    );
  } finally {
    await pool.destroy();
  }
}

async function runHere(task: SimulationTask, report: ReportProgress): Promise<SimulationRun> {
  const steps = stepTask(task);
  for (let stepEnd = performance.now() + STEP_MILLISECONDS; ; ) {
    const step = steps.next();
    if (step.done === true) {
      report(1);
      return step.value;
    }
    if (performance.now() < stepEnd) continue;
    report(step.value);
    await new Promise((resolve) => setImmediate(resolve));
    stepEnd = performance.now() + STEP_MILLISECONDS;
  }
}
