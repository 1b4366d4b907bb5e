/*
 * The journal of a plan that is being carried out. It is saved before and after each call, so that whoever goes on after a crash knows
 * which calls were made, and of which one that has to be found out.
 */
import { diagnose, UserError } from "../../diagnostics/diagnostic.js";
import type { Journal, JournalCall } from "../../workload/saved-journal.js";
import type { PlannedCall, SavedPlan } from "../../workload/saved-plan.js";
import type { StreamState } from "./stream-state.js";

export function beginJournal({ stream: { name, region }, calls }: SavedPlan, startsAt: string): Journal {
  return {
    schemaVersion: 1,
    command: "apply",
    stream: { name, region, arn: null, createdAt: null },
    startsAt,
    calls: calls.map((call) => ({ ...call, state: "planned", tries: 0 })),
  };
}

/** The journal with one call changed. */
export function withCall(journal: Journal, index: number, change: Partial<JournalCall>): Journal {
  const calls = journal.calls.map((call, at) => (at === index ? ({ ...call, ...change } as JournalCall) : call));
  return { ...journal, calls };
}

export function withStream(journal: Journal, { arn, createdAt }: StreamState): Journal {
  return { ...journal, stream: { ...journal.stream, arn, createdAt } };
}

/** @throws UserError where the journal is another plan's */
export function checkJournal(journal: Journal, plan: SavedPlan, file: string): void {
  const { name, region } = journal.stream;
  const isSameStream = name === plan.stream.name && region === plan.stream.region;
  const isSamePlan = journal.calls.length === plan.calls.length && journal.calls.every(isAsPlanned(plan.calls));
  if (isSameStream && isSamePlan) return;
  const whose = isSameStream ? "another plan" : `a plan for ${name} in ${region}`;
  throw new UserError([
    diagnose(
      "conflicting-keys",
      `the journal ${file} is of ${whose}`,
      "save each plan in a file of its own; to begin anew, move the journal away",
    ),
  ]);
}

function isAsPlanned(calls: readonly PlannedCall[]) {
  return (made: JournalCall, index: number): boolean => {
    const planned = calls[index];
    return (
      planned !== undefined && describeCall(planned) === describeCall(made) && planned.atSeconds === made.atSeconds
    );
  };
}

/** A call in a few words; calls of equal words are equal but for their time. */
export function describeCall(call: PlannedCall): string {
  switch (call.operation) {
    case "update-shard-count":
      return `UpdateShardCount ${call.from} → ${call.to}`;
    case "split-shard":
      return `SplitShard ${call.hashKeyRange.start}..${call.hashKeyRange.end} at ${call.newStartingHashKey}`;
    case "merge-shards":
      return `MergeShards ${call.lower.start}..${call.lower.end} with ${call.upper.start}..${call.upper.end}`;
  }
}
