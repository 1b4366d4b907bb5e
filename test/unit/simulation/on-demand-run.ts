/*
 * Runs of on-demand streams, and what they show: one producer of records of 1 KiB, which gives up what is refused.
 */
import { type SimulationResult, simulate } from "../../../src/planning/simulate-workload.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import type { ControlEventName } from "../../../src/simulation/control-event.js";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import type { SimulationRun } from "../../../src/simulation/simulate.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { oneWorkload } from "../../one-workload.js";
import { type ModelRun, runModel } from "./run-model.js";

export const hour = 3_600;

/** Records of 1 KiB, refused ones given up, so that what is offered does not depend on what was refused. */
export function workload(stream: string, producer: string, scenario: readonly string[] = []): string {
  return `
version: 1
stream: {name: s, ${stream}}
producers: [{name: p, recordSize: 1 KiB, retry: none, ${producer}}]
consumers: [{name: c, kind: firehose}]
scenario: [${scenario.map((event) => `{${event}}`).join(", ")}]
`;
}

export function run(yaml: string, choices: ModelRun = {}): Promise<SimulationRun> {
  return runModel(yaml, { fidelity: "fluid", seconds: hour, ...choices });
}

/** As the command does, which fills in what the workload leaves open. */
export async function answer(yaml: string, seconds = hour, fidelity: Fidelity = "fluid"): Promise<SimulationResult> {
  const request = { catalogue: new ServiceCatalogue(), attachments: noAttachments, seed: 1, seconds, fidelity };
  return simulate(await oneWorkload(yaml), { ...request, debug: true });
}

/** Refused attempts over all of the rows from one second to another. */
export function refused({ timeline }: Pick<SimulationRun, "timeline">, from: number, to: number): number {
  const rows = timeline.filter(({ at }) => at >= from && at < to);
  const sum = (key: "throttledRecords" | "attemptedRecords"): number =>
    rows.reduce((total, row) => total + row[key], 0);
  return sum("throttledRecords") / sum("attemptedRecords");
}

export const shardsOf = ({ timeline }: Pick<SimulationRun, "timeline">): number[] =>
  timeline.map((row) => row.openShards);
export const lastCount = (one: Pick<SimulationRun, "timeline">): number => shardsOf(one).at(-1) ?? Number.NaN;

export function messagesOf({ events }: Pick<SimulationRun, "events">, ...names: ControlEventName[]): string[] {
  return events.filter(({ event }) => names.includes(event)).map(({ message }) => message);
}
