import type { KeyWeights } from "./key-weights.js";
import type { TraceSeries } from "./read-trace.js";

/** What a workload refers to and a file holds: traffic traces and partition-key weights, by the name of their producer. */
export interface Attachments {
  readonly traces: ReadonlyMap<string, TraceSeries>;
  readonly weights: ReadonlyMap<string, KeyWeights>;
}

export const noAttachments: Attachments = { traces: new Map(), weights: new Map() };
