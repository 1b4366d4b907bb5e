/*
 * The answer of `apply`: each call of the plan, when it is due, and how far it has come.
 */
import { formatClock } from "../../units/format-quantity.js";
import { formatTimestamp } from "../../workload/parse-timestamp.js";
import type { Journal, JournalCall } from "../../workload/saved-journal.js";
import type { PlannedCall, SavedPlan } from "../../workload/saved-plan.js";
import type { Ending } from "./carry-out.js";

export const applySchemaVersion = 1;

/** @property dueAt by the clock; null where the plan has no start yet */
export type ApplyCall = PlannedCall & {
  readonly at: string;
  readonly dueAt: string | null;
  readonly state: JournalCall["state"];
  readonly tries: number;
  readonly doneAt: string | null;
};

/**
 * @property status `planned`: nothing was asked to be done. `done`: every call is made. `waiting`: those before `--until` are. Else a call
 * stands in the way, for the reason that the word says
 * @property left calls that are not made
 */
export interface ApplyResult {
  readonly schemaVersion: typeof applySchemaVersion;
  readonly command: "apply";
  readonly status: "planned" | "done" | "waiting" | Exclude<Ending["kind"], "finished" | "until">;
  readonly stream: { readonly name: string; readonly region: string; readonly arn: string | null };
  readonly startsAt: string | null;
  readonly startShards: number;
  readonly journal: string;
  readonly left: number;
  readonly reason: string;
  readonly fix: string;
  readonly calls: readonly ApplyCall[];
}

/**
 * @property startsAt of the plan, in seconds since 1970
 * @property journal of what was done so far, if anything was
 */
export interface ApplyOutcome {
  readonly plan: SavedPlan;
  readonly startsAt: number | undefined;
  readonly journal: Journal | undefined;
  readonly journalPath: string;
  readonly ending?: Ending;
}

export function concludeApply({ plan, startsAt, journal, journalPath, ending }: ApplyOutcome): ApplyResult {
  const calls = plan.calls.map((call, index): ApplyCall => {
    const made = journal?.calls[index];
    return {
      ...call,
      at: formatClock(call.atSeconds),
      dueAt: startsAt === undefined ? null : formatTimestamp(startsAt + call.atSeconds),
      state: made?.state ?? "planned",
      tries: made?.tries ?? 0,
      doneAt: made?.doneAt ?? null,
    };
  });
  const { name, region } = plan.stream;
  return {
    schemaVersion: applySchemaVersion,
    command: "apply",
    status: statusOf(ending),
    stream: { name, region, arn: journal?.stream.arn ?? null },
    startsAt: startsAt === undefined ? null : formatTimestamp(startsAt),
    startShards: plan.startShards,
    journal: journalPath,
    left: calls.filter(({ state }) => state !== "done").length,
    reason: ending?.message ?? "",
    fix: ending?.fix ?? "",
    calls,
  };
}

function statusOf(ending: Ending | undefined): ApplyResult["status"] {
  if (ending === undefined) return "planned";
  if (ending.kind === "finished") return "done";
  return ending.kind === "until" ? "waiting" : ending.kind;
}
