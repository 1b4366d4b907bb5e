import type { Host } from "../src/cli/host.js";
import type { LiveMachine } from "../src/cli/live-machine.js";
import { run } from "../src/cli/run.js";
import { runTask, type SimulationTask } from "../src/planning/simulation-task.js";
import type { SimulationRun } from "../src/simulation/simulate.js";

/** What a file of a memory host holds: its whole content, or its content in chunks as they arrive. */
export type MemoryFile = string | Uint8Array | readonly (string | Uint8Array)[];

export interface MemoryHostOptions
  extends Partial<Pick<Host, "argv" | "env" | "isOutTty" | "isErrTty" | "columns" | "today">> {
  /** Files by path; `-` is standard input. A path that is not here does not exist. */
  readonly files?: Readonly<Record<string, MemoryFile>>;
  /** The clock and the streams that plans are carried out with; there is none unless given. */
  readonly live?: LiveMachine;
}

/** A host without a machine: files come from a map, and what is printed and written stays in memory. */
export class MemoryHost implements Host {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isOutTty: boolean;
  readonly isErrTty: boolean;
  readonly columns: number | undefined;
  readonly today: string;
  readonly written = new Map<string, string>();
  readonly #files: Readonly<Record<string, MemoryFile>>;
  readonly #live: LiveMachine | undefined;
  #out = "";
  #err = "";

  constructor(options: MemoryHostOptions = {}) {
    this.argv = options.argv ?? [];
    this.env = options.env ?? {};
    this.isOutTty = options.isOutTty ?? false;
    this.isErrTty = options.isErrTty ?? false;
    this.columns = options.columns;
    this.today = options.today ?? "2026-06-01";
    this.#files = options.files ?? {};
    this.#live = options.live;
    // Commander takes its output functions off the host.
    this.writeErr = this.writeErr.bind(this);
  }

  get out(): string {
    return this.#out;
  }

  get err(): string {
    return this.#err;
  }

  async *open(path: string): AsyncGenerator<Uint8Array> {
    const file = Object.hasOwn(this.#files, path) ? this.#files[path] : undefined;
    if (file === undefined)
      throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: "ENOENT" });
    const chunks = typeof file === "string" || file instanceof Uint8Array ? [file] : file;
    for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  }

  async writeOut(text: string): Promise<void> {
    this.#out += text;
  }

  writeErr(text: string): void {
    this.#err += text;
  }

  async simulate(tasks: readonly SimulationTask[]): Promise<readonly SimulationRun[]> {
    return tasks.map((task) => runTask(task));
  }

  async writeFile(path: string, pieces: Iterable<string>): Promise<void> {
    this.written.set(path, [...pieces].join(""));
  }

  async live(): Promise<LiveMachine> {
    if (this.#live === undefined) throw new Error("this host has no stream");
    return this.#live;
  }
}

/** How a run ended, and everything it left behind. */
export interface MemoryRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly written: ReadonlyMap<string, string>;
}

/** Runs one command line on a memory host. */
export async function runInMemory(
  argv: readonly string[],
  files: Readonly<Record<string, MemoryFile>> = {},
  options: Omit<MemoryHostOptions, "argv" | "files"> = {},
): Promise<MemoryRun> {
  const host = new MemoryHost({ ...options, argv, files });
  const code = await run(host);
  return { code, out: host.out, err: host.err, written: host.written };
}
