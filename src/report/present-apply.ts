import type { ApplyCall, ApplyResult } from "../planning/apply/conclude-apply.js";
import { describeCall } from "../planning/apply/journal.js";
import { formatItems } from "../units/format-quantity.js";
import type { Block, ReportDocument, Tone } from "./document.js";

/** The report on a plan that is, or is to be, carried out. */
export function presentApply(result: ApplyResult): ReportDocument {
  return {
    result,
    blocks: () => [titleOf(result), verdictOf(result), ...callBlocks(result)],
    flat: () => ({
      columns: ["call", "at", "atSeconds", "dueAt", "operation", "state", "tries", "doneAt"],
      rows: result.calls.map((call, index) => [
        index + 1,
        call.at,
        call.atSeconds,
        call.dueAt,
        describeCall(call),
        call.state,
        call.tries,
        call.doneAt,
      ]),
    }),
  };
}

function titleOf({ stream, startsAt, startShards }: ApplyResult): Block {
  const start = startsAt === null ? "starts when it is carried out" : `starts ${startsAt}`;
  return {
    kind: "title",
    text: stream.name,
    detail: `${stream.region}, from ${formatItems(startShards, "shard")}, ${start}`,
  };
}

function verdictOf(result: ApplyResult): Block {
  const { status, left, calls, reason, fix } = result;
  const done = calls.length - left;
  const verdict = (tone: Tone, text: string, ...more: readonly string[]): Block => ({
    kind: "verdict",
    tone,
    text,
    more,
  });
  if (left === 0)
    return verdict("good", calls.length === 1 ? "The call is made." : `All ${calls.length} calls are made.`);
  switch (status) {
    case "planned":
      return verdict(
        "plain",
        `${formatItems(calls.length, "call")}${done === 0 ? "" : `, ${done} of them made`}; this run makes none.`,
        `--execute ${done === 0 ? "carries the plan out" : "goes on"}.`,
      );
    case "waiting":
      return verdict("good", `${formatItems(done, "call")} made, ${left} left: ${reason}.`, `${fix}.`);
    default:
      return verdict("bad", `Stopped with ${formatItems(left, "call")} left: ${reason}.`, `${fix}.`);
  }
}

function callBlocks({ calls, journal }: ApplyResult): Block[] {
  if (calls.length === 0) return [];
  const [first] = calls;
  const clock = first?.dueAt === null ? "at" : "due";
  return [
    {
      kind: "table",
      columns: [{ title: "", align: "right" }, { title: clock }, { title: "call" }, { title: "state" }],
      rows: calls.map((call, index) => [String(index + 1), call.dueAt ?? call.at, describeCall(call), stateOf(call)]),
    },
    { kind: "notes", lines: [`The journal is ${journal}.`] },
  ];
}

function stateOf({ state, doneAt, tries }: ApplyCall): string {
  if (state === "done") return doneAt === null ? state : `done ${doneAt.replace(/\.\d+/, "")}`;
  return state === "calling" ? `sent ${formatItems(tries, "time")}, maybe made` : state;
}
