import { type Diagnostic, UserError } from "../diagnostics/diagnostic.js";
import { nearestName } from "../diagnostics/nearest-name.js";
import { concludeSimulation, type PreparedSimulation, prepareSimulation } from "../planning/simulate-workload.js";
import { presentSimulation } from "../report/present-simulation.js";
import { type Fidelity, fidelities } from "../simulation/fidelity.js";
import { formatCount, formatDuration } from "../units/format-quantity.js";
import { bounds } from "../workload/bounds.js";
import type { Workload } from "../workload/schema.js";
import { placeDiagnostics } from "../workload/yaml-document.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { Host } from "./host.js";
import { loadCatalogue } from "./load-limits.js";
import { type LoadedWorkload, loadWorkloads } from "./load-workloads.js";
import { isSameFile, type OutputOptions, usage, writeAnswer, writeFile } from "./output.js";
import { readReplications, readSeconds, readSeed } from "./read-flags.js";
import { displayName, readText } from "./read-input.js";

export interface SimulateFlags {
  readonly set?: readonly string[];
  readonly limits?: string;
  readonly duration?: string;
  readonly resolution?: string;
  readonly seed: string;
  readonly replications: string;
  readonly fidelity: string;
  readonly scenario?: string;
  readonly trace?: string;
  readonly explain?: true;
}

/** `kinesis-plan simulate FILE` */
export async function runSimulate(
  host: Host,
  file: string,
  flags: SimulateFlags,
  output: OutputOptions,
): Promise<ExitCode> {
  const asked = readFlags(flags);
  checkTracePath(flags.trace, output);
  const catalogue = await loadCatalogue(host, flags.limits);
  const loaded = await loadWorkloads(host, [file], flags.set ?? [], catalogue);
  const [one] = loaded;
  if (one === undefined || loaded.length > 1)
    throw usage("simulate takes one workload", "name a file with one document");
  const { workload, place } = await withScenario(host, one, flags.scenario);
  const { impossible, ...prepared } = prepareSimulation(workload, {
    attachments: one.attachments,
    catalogue,
    ...asked.request,
  });
  if (impossible.length > 0) throw new UserError(place(impossible));
  checkRows(prepared.task);
  const runs = await host.simulate(tasksOf(prepared, asked.replications));
  const result = concludeSimulation(prepared, runs, flags.explain === true);
  if (flags.trace !== undefined) {
    const { formatTrace } = await import("../report/trace-events.js");
    await writeFile(host, flags.trace, formatTrace(result, runs[0]?.shards ?? []));
  }
  await writeAnswer(
    host,
    presentSimulation({ ...result, diagnostics: place([...result.diagnostics, ...one.hints]) }),
    output,
  );
  return exitCodes.ok;
}

type Place = (diagnostics: readonly Diagnostic[]) => Diagnostic[];

/** The workload with the scenario of a file where one is given, and where each finding stands: in the one or the other. */
async function withScenario(
  host: Host,
  { workload, document }: LoadedWorkload,
  path: string | undefined,
): Promise<{ workload: Workload; place: Place }> {
  if (path === undefined) return { workload, place: (diagnostics) => placeDiagnostics(document, diagnostics) };
  const { parseScenario } = await import("../workload/parse-scenario.js");
  const parsed = await parseScenario(displayName(path), await readText(host, path));
  if (parsed.diagnostics.length > 0) throw new UserError(parsed.diagnostics);
  return {
    workload: { ...workload, scenario: [...parsed.scenario] },
    place: (diagnostics) =>
      diagnostics.flatMap((one) => placeDiagnostics(one.path?.[0] === "scenario" ? parsed.document : document, [one])),
  };
}

/** One run for each replication; they have seeds one after another, so that each can be run by itself. */
function tasksOf({ task }: Pick<PreparedSimulation, "task">, replications: number): PreparedSimulation["task"][] {
  return Array.from({ length: replications }, (_, index) => ({ ...task, seed: task.seed + index }));
}

/** The trace must not take the place of the answer, or of a file that holds it. */
function checkTracePath(path: string | undefined, { out }: OutputOptions): void {
  if (path === undefined) return;
  if (path === "-" || path === "")
    throw usage("--trace writes a file; standard output gets the answer", "write it as --trace trace.json");
  if (out.some((one) => isSameFile(one.path, path)))
    throw usage(`--trace and --out both write to ${path}`, "give each its own path");
}

/** A timeline of too many rows fills the memory. */
function checkRows({ seconds, resolutionSeconds }: PreparedSimulation["task"]): void {
  if (seconds <= bounds.timelineRows * resolutionSeconds) return;
  const rows = formatCount(Math.ceil(seconds / resolutionSeconds));
  const least = formatDuration(Math.ceil(seconds / bounds.timelineRows));
  throw usage(
    `the timeline would have ${rows} rows`,
    `write --resolution with ${least} or more, or a shorter --duration`,
  );
}

const resolutionSecondsMin = 1;

interface Asked {
  readonly request: {
    readonly seed: number;
    readonly fidelity: Fidelity;
    readonly seconds?: number;
    readonly resolutionSeconds?: number;
  };
  readonly replications: number;
}

function readFlags({ duration, resolution, seed, replications, fidelity }: SimulateFlags): Asked {
  return {
    request: {
      seed: readSeed(seed),
      fidelity: readFidelity(fidelity),
      ...(duration !== undefined && { seconds: readSeconds("--duration", duration, 1) }),
      ...(resolution !== undefined && {
        resolutionSeconds: readSeconds("--resolution", resolution, resolutionSecondsMin),
      }),
    },
    replications: readReplications(replications),
  };
}

function readFidelity(text: string): Fidelity {
  const known = fidelities.find((one) => one === text);
  if (known !== undefined) return known;
  const near = nearestName(text, fidelities);
  throw usage(
    `--fidelity does not know ${JSON.stringify(text)}`,
    near === undefined ? `use one of ${fidelities.join(", ")}` : `did you mean ${near}?`,
  );
}
