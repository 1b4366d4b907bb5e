import type { SimulationTask } from "../planning/simulation-task.js";
import type { SimulationRun } from "../simulation/simulate.js";
import type { LiveMachine } from "./live-machine.js";

/** What the program asks of the machine, so that tests can hand in their own. */
export interface Host {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isOutTty: boolean;
  readonly isErrTty: boolean;
  /** Columns of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
  /** Today, as ISO 8601. */
  readonly today: string;
  /** The bytes of a file (or of standard input, for `-`) as they come. Rejects with the system's error. */
  open(path: string): AsyncIterable<Uint8Array>;
  /** Resolves when the text is handed over; a reader that went away is no error. */
  writeOut(text: string): Promise<void>;
  writeErr(text: string): void;
  /** Carries out simulated runs, on as many threads as the machine has; the results are in the order of the tasks. */
  simulate(tasks: readonly SimulationTask[]): Promise<readonly SimulationRun[]>;
  /** Replaces a file as a whole, or leaves it as it was. */
  writeFile(path: string, pieces: Iterable<string>): Promise<void>;
  /** What carrying out a plan takes. */
  live(): Promise<LiveMachine>;
}
