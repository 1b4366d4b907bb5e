/* A shard that takes a tenth of the usual, so that record by record is quick too, and one producer that writes to it one by one. */
import type { SimulationRun } from "../../../src/simulation/simulate.js";
import type { TimelineRow } from "../../../src/simulation/timeline.js";
import { type ModelRun, runModel } from "./run-model.js";

/** Bytes of a record, so few that the shard takes all of them. */
export const BYTES = 100;
/** Records per second that the shard takes. */
export const LIMIT = 100;
/** The facts that make it so small. */
export const limits = {
  "shard.writeRecordsPerSecond": LIMIT,
  "shard.writeBurstRecords": LIMIT,
  "kpl.limiterBurstRecords": LIMIT,
} as const;

/** The workload of a producer, given what more it says. */
export function workload(producer: string): string {
  return `{version: 1, stream: {name: s, shards: 1}, producers: [{name: p, recordSize: ${BYTES} B, putBatch: 1, ${producer}}]}`;
}

export function runProducer(producer: string, run: ModelRun): Promise<SimulationRun> {
  return runModel(workload(producer), { limits, ...run });
}

type Counted = "offeredRecords" | "attemptedRecords" | "throttledRecords" | "lostRecords" | "acceptedRecords";

export function sum(rows: readonly TimelineRow[], name: Counted): number {
  return rows.reduce((total, row) => total + row[name], 0);
}
