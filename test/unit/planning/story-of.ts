/*
 * The story of a workload that a few lines describe, and what to look for in it.
 */
import type { StoryEntry } from "../../../src/planning/run-story.js";
import { type SimulationResult, simulate } from "../../../src/planning/simulate-workload.js";
import { type FactOverrides, ServiceCatalogue } from "../../../src/service/service-facts.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { type WorkloadCase, workloadOf } from "./findings-of.js";

export interface Case extends WorkloadCase {
  readonly minutes?: number;
  readonly facts?: Readonly<Record<string, number>>;
}

function overridesOf(facts: Readonly<Record<string, number>>): FactOverrides {
  const entries = Object.entries(facts).map(([name, value]) => [name, { value, source: "test" }] as const);
  return { everywhere: new Map(entries), byRegion: new Map() };
}

export async function run(made: Case, explain = true): Promise<SimulationResult> {
  const { consumers = [kcl("workers: 2")], minutes = 20, facts = {} } = made;
  const workload = await workloadOf({ ...made, consumers });
  const request = { attachments: noAttachments, seconds: 60 * minutes, seed: 1, fidelity: "auto" } as const;
  return simulate(workload, { ...request, catalogue: new ServiceCatalogue(overridesOf(facts)), explain });
}

export async function story(made: Case): Promise<readonly StoryEntry[]> {
  return (await run(made)).story ?? [];
}

export const kcl = (more: string): string => `name: app, kind: kcl, cpuPerRecord: 0.2 ms, ${more}`;

/** The one entry whose `what` matches. */
export function entryOf(entries: readonly StoryEntry[], what: RegExp): StoryEntry {
  const found = entries.filter((one) => what.test(one.what));
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} entries match ${what}: ${entries.map((one) => one.what).join(" | ")}`);
  return found[0];
}

export const behind = (name = "app"): RegExp => new RegExp(`^${name} falls more than 30s behind`);

/** The names of facts in some sentences. */
export function factsIn(sentences: readonly string[]): string[] {
  return sentences.flatMap((one) =>
    [...one.matchAll(/\(([a-z]+[A-Za-z]*\.[A-Za-z]+)\)/g)].map(([, name = ""]) => name),
  );
}
