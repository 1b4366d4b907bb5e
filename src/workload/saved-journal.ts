/*
 * The journal of a plan that is being carried out, as it stands in its file.
 */
import * as v from "valibot";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { explainIssues } from "./explain-issues.js";
import { integer, oneOf, text, timestamp } from "./field.js";
import { mergeEntries, regionName, splitEntries, stepEntries, streamName } from "./saved-plan.js";
import { placeDiagnostics, readYaml } from "./yaml-document.js";

const time = timestamp("A time.");
const progress = {
  state: oneOf(
    ["planned", "calling", "called", "done"],
    "`planned`: not made. `calling`: about to be sent, and maybe made. `called`: taken by the service. `done`: the stream is what it leads to.",
  ),
  tries: integer({ min: 0 }, "How often the call was sent, or about to be."),
  callingAt: v.optional(time),
  calledAt: v.optional(time),
  doneAt: v.optional(time),
};

export const JournalSchema = v.strictObject({
  schemaVersion: v.literal(1),
  command: v.literal("apply"),
  stream: v.strictObject({
    name: streamName,
    region: regionName,
    arn: v.pipe(v.nullable(text("The stream's ARN.")), v.description("Null until the first call.")),
    createdAt: v.nullable(timestamp("When the stream was created; null until the first call.")),
  }),
  startsAt: timestamp("When the plan starts."),
  calls: v.array(
    v.variant("operation", [
      v.strictObject({ operation: v.literal("update-shard-count"), ...stepEntries, ...progress }),
      v.strictObject({ ...splitEntries, ...progress }),
      v.strictObject({ ...mergeEntries, ...progress }),
    ]),
  ),
});

/** How far a plan has been carried out. Times are ISO 8601. */
export type Journal = v.InferOutput<typeof JournalSchema>;
export type JournalCall = Journal["calls"][number];

export interface ParsedJournal {
  readonly journal?: Journal;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a journal. It is refused as a whole where anything in it is wrong. */
export async function parseJournal(file: string, text: string): Promise<ParsedJournal> {
  const { documents, diagnostics } = await readYaml(file, text);
  const [document] = documents;
  if (document === undefined || diagnostics.length > 0) return { diagnostics };
  const result = v.safeParse(JournalSchema, document.value);
  if (result.success) return { journal: result.output, diagnostics };
  return { diagnostics: placeDiagnostics(document, explainIssues(JournalSchema, result.issues, "the journal")) };
}
