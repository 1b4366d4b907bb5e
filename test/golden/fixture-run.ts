import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type MemoryRun, runInMemory } from "../memory-host.js";

const root = join(import.meta.dirname, "../../fixtures");

/** The folders of `fixtures/`, one a case. */
export const fixtureNames: readonly string[] = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** A file of a case, on this machine. */
export function fixturePath(name: string, file: string): string {
  return join(root, name, file);
}

export function readFixture(name: string, file: string): string {
  return readFileSync(fixturePath(name, file), "utf8");
}

/** What a command takes as `FILE` for a case, as seen from the root of the repository. */
function workloadArgument(name: string): string {
  return `fixtures/${name}/workload.yaml`;
}

/** Runs `size` on a case, with the case's own files, and `more` beside them by their path. */
export function sizeFixture(
  name: string,
  flags: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
): Promise<MemoryRun> {
  return runFixture("size", name, flags, more);
}

/** Runs `simulate` on a case, with the case's own files. */
export function simulateFixture(name: string, flags: readonly string[] = []): Promise<MemoryRun> {
  return runFixture("simulate", name, flags);
}

/** Runs `reshard` on a case, with the case's own files. */
export function reshardFixture(name: string, flags: readonly string[] = []): Promise<MemoryRun> {
  return runFixture("reshard", name, flags);
}

function runFixture(
  command: string,
  name: string,
  flags: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<MemoryRun> {
  const inputs = readdirSync(join(root, name)).filter((file) =>
    /^(workload\.yaml|shard-loads\.json|.*\.csv)$/.test(file),
  );
  const files = Object.fromEntries(inputs.map((file) => [`fixtures/${name}/${file}`, readFixture(name, file)]));
  return runInMemory([command, workloadArgument(name), ...flags], { ...files, ...more }, { today: "2026-11-23" });
}
