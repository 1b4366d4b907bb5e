/*
 * A plan of reshards as `reshard` prints it in JSON, read back to be carried out. Only what is carried out is looked at: a plan may be
 * written by hand, and may come from a newer version that says more.
 */
import * as v from "valibot";
import { type Diagnostic, diagnose, diagnoseAt } from "../diagnostics/diagnostic.js";
import type { Path } from "../diagnostics/path.js";
import { SourceText } from "../diagnostics/source-text.js";
import type { ServiceFacts } from "../service/service-facts.js";
import { formatItems } from "../units/format-quantity.js";
import { ceilTolerant } from "../units/rounding.js";
import { explainIssues } from "./explain-issues.js";
import { account, hashKey, integer, issueText, real, text, timestamp } from "./field.js";
import { isMapping } from "./mapping.js";
import { parseTimestamp } from "./parse-timestamp.js";
import { placeInJson } from "./place-in-json.js";
import { placeDiagnostics, readYaml } from "./yaml-document.js";

/** Hash keys of a shard, both ends included, as decimal numbers. */
export interface HashKeyRange {
  readonly start: string;
  readonly end: string;
}

export interface UpdateShardCount {
  readonly operation: "update-shard-count";
  readonly from: number;
  readonly to: number;
}

export interface SplitShard {
  readonly operation: "split-shard";
  readonly hashKeyRange: HashKeyRange;
  readonly newStartingHashKey: string;
}

export interface MergeShards {
  readonly operation: "merge-shards";
  readonly lower: HashKeyRange;
  readonly upper: HashKeyRange;
}

/** A call of the service that a plan makes. Shards are known by their hash keys: their names come about on the way. */
export type ReshardOperation = UpdateShardCount | SplitShard | MergeShards;

/** @property atSeconds when it is made, from the start of the plan */
export type PlannedCall = ReshardOperation & { readonly atSeconds: number };

/** What the first second of a plan is where its traffic goes by the clock and no start was given. */
export const planStarts = ["monday", "day"] as const;
export type PlanStart = (typeof planStarts)[number];

export interface SavedPlan {
  readonly stream: { readonly name: string; readonly region: string; readonly account?: string | undefined };
  /** When the plan starts, in seconds since 1970; undefined where it starts when it is first carried out. */
  readonly startsAt: number | undefined;
  /** What its traffic goes by where it has no start: its first second is a Monday's, or a day's, in UTC. */
  readonly startsOn: PlanStart | undefined;
  readonly startShards: number;
  /** In the order of their times. */
  readonly calls: readonly PlannedCall[];
}

const issue = (reason: string, fix: string): string => issueText("wrong-value", reason, fix);

/** The names that CreateStream takes; they go into commands and templates as they are. */
export const streamName = v.pipe(
  text("The stream's name."),
  v.regex(/^[\w.-]{1,128}$/, issue("no stream has such a name", "write 1 to 128 of the characters a-z A-Z 0-9 _ . -")),
);
export const regionName = v.pipe(
  text("The stream's region."),
  v.regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, issue("no region has such a name", "write it as us-east-1")),
);
const shards = integer({ min: 1 }, "Open shards.");
const atSeconds = real({ min: 0 }, "When the call is made, in seconds from the start of the plan.");
const range = v.object({ start: hashKey("First hash key."), end: hashKey("Last hash key.") });

/** Calls with the keys that tell what they do; others are for readers. */
export const stepEntries = { atSeconds, from: shards, to: shards };
export const splitEntries = {
  operation: v.literal("split-shard"),
  atSeconds,
  hashKeyRange: range,
  newStartingHashKey: hashKey("First hash key of the upper part."),
};
export const mergeEntries = { operation: v.literal("merge-shards"), atSeconds, lower: range, upper: range };

const SavedPlanSchema = v.object({
  schemaVersion: v.literal(1),
  command: v.literal("reshard"),
  stream: v.object({
    name: streamName,
    region: regionName,
    account: v.optional(account("The account that the stream belongs to.")),
  }),
  startsAt: v.nullish(timestamp("When the plan starts.")),
  startsOn: v.nullish(v.picklist(planStarts)),
  source: v.optional(v.string()),
  plan: v.object({
    startShards: shards,
    steps: v.optional(v.array(v.object(stepEntries))),
    operations: v.optional(v.array(v.variant("operation", [v.object(splitEntries), v.object(mergeEntries)]))),
  }),
});

export interface ParsedPlan {
  readonly plan?: SavedPlan;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a plan from JSON, or from YAML that says the same. All that is wrong is reported, with positions. */
export async function parsePlan(file: string, text: string, facts: ServiceFacts): Promise<ParsedPlan> {
  const json = asJson(text);
  if (json !== undefined) {
    const read = validate(json, facts);
    return { ...read, diagnostics: await placeInJson(file, text, read.diagnostics) };
  }
  const { documents, diagnostics } = await readYaml(file, text);
  const [document] = documents;
  if (diagnostics.length > 0) return { diagnostics };
  if (document === undefined || documents.length > 1) return { diagnostics: [notAPlan(file, text)] };
  const read = validate(document.value, facts);
  return { ...read, diagnostics: placeDiagnostics(document, read.diagnostics) };
}

/** JSON is read as such: a long plan is too large for the reader of YAML. */
function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notAPlan(file: string, text: string): Diagnostic {
  return diagnose(
    "empty-input",
    "there is not one plan in this file",
    "save one with `kinesis-plan reshard WORKLOAD --out json=plan.json`",
    { position: new SourceText(file, text).positionAt(0) },
  );
}

function validate(value: unknown, facts: ServiceFacts): ParsedPlan {
  const other = isMapping(value) && typeof value["command"] === "string" ? value["command"] : "reshard";
  if (other !== "reshard")
    return {
      diagnostics: [
        diagnoseAt(
          "wrong-value",
          ["command"],
          `this is an answer of \`${other}\`, not a plan`,
          "save a plan with `kinesis-plan reshard WORKLOAD --out json=plan.json`",
        ),
      ],
    };
  const result = v.safeParse(SavedPlanSchema, value);
  if (!result.success) return { diagnostics: explainIssues(SavedPlanSchema, result.issues, "the plan") };
  const { stream, startsAt, startsOn, source, plan } = result.output;
  if (source === "drawn-keys") return { diagnostics: [exampleOnly()] };
  const steps = plan.steps?.map((step) => ({ operation: "update-shard-count", ...step }) as const);
  const calls: readonly PlannedCall[] = plan.operations ?? steps ?? [];
  const path = ["plan", plan.operations === undefined ? "steps" : "operations"];
  const diagnostics = [...findBreaks(plan.startShards, calls, { path, facts }), ...bothKinds(plan)];
  if (diagnostics.length > 0) return { diagnostics };
  const saved: SavedPlan = {
    stream,
    startsAt: parseTimestamp(startsAt ?? ""),
    startsOn: startsOn ?? undefined,
    startShards: plan.startShards,
    calls,
  };
  return { plan: saved, diagnostics };
}

function exampleOnly(): Diagnostic {
  return diagnoseAt(
    "conflicting-keys",
    ["source"],
    "where the keys of this plan fall is drawn: it is an example, and the stream's keys fall elsewhere",
    "plan by measured loads with `reshard --shard-loads`, or by the keys' names with `keys.weightsFile`",
  );
}

function bothKinds(plan: { readonly steps?: unknown; readonly operations?: unknown }): Diagnostic[] {
  if (plan.steps !== undefined && plan.operations !== undefined)
    return [
      diagnoseAt(
        "conflicting-keys",
        ["plan", "operations"],
        "a plan has either `steps` or `operations`",
        "remove one of them",
      ),
    ];
  if (plan.steps !== undefined || plan.operations !== undefined) return [];
  return [diagnose("missing-key", "`plan` has no `steps`", "add `steps`, the calls to make", { path: ["plan"] })];
}

/** What makes the calls impossible to carry out one after another. */
function findBreaks(
  startShards: number,
  calls: readonly PlannedCall[],
  { path, facts }: { readonly path: Path; readonly facts: ServiceFacts },
): Diagnostic[] {
  let [open, before] = [startShards, 0];
  return calls.flatMap((call, index) => {
    const here = [...path, index];
    const found = [...findDisorder(call, before, here), ...findImpossible(call, open, here, facts)];
    before = call.atSeconds;
    open = shardsAfter(call, open);
    return found;
  });
}

/** Open shards once a call is through. */
export function shardsAfter(call: ReshardOperation, open: number): number {
  if (call.operation === "update-shard-count") return call.to;
  return call.operation === "split-shard" ? open + 1 : open - 1;
}

function findDisorder(call: PlannedCall, before: number, path: Path): Diagnostic[] {
  if (call.atSeconds >= before) return [];
  const message = `this call is at ${call.atSeconds} s, and the one before it at ${before} s`;
  return [diagnoseAt("out-of-range", [...path, "atSeconds"], message, "put the calls into the order of their times")];
}

function findImpossible(call: PlannedCall, open: number, path: Path, facts: ServiceFacts): Diagnostic[] {
  if (call.operation === "split-shard") return findEmptyHalf(call, path);
  if (call.operation === "merge-shards") return findGap(call, path);
  return call.from === open ? findImpossibleCount(call, path, facts) : [notFrom(call, open, path)];
}

function notFrom({ from }: UpdateShardCount, open: number, path: Path): Diagnostic {
  const message = `this call starts from ${formatItems(from, "shard")}, and the plan has ${open} then`;
  return diagnoseAt("out-of-range", [...path, "from"], message, "each call starts where the one before it ends");
}

function findImpossibleCount({ from, to }: UpdateShardCount, path: Path, facts: ServiceFacts): Diagnostic[] {
  const most = Math.floor(from * facts.value("updateShardCount.factorMax"));
  const least = ceilTolerant(from * facts.value("updateShardCount.factorMin"));
  if (to !== from && to <= most && to >= least) return [];
  const message =
    to === from ? "this call changes nothing" : `no call leads from ${from} to ${formatItems(to, "shard")}`;
  return [diagnoseAt("out-of-range", [...path, "to"], message, `one call leads to ${least} to ${most} shards`)];
}

function findEmptyHalf(
  { hashKeyRange: { start, end }, newStartingHashKey: key }: SplitShard,
  path: Path,
): Diagnostic[] {
  if (BigInt(key) > BigInt(start) && BigInt(key) <= BigInt(end)) return [];
  const message = `${key} does not lie within the shard's hash keys`;
  return [
    diagnoseAt("out-of-range", [...path, "newStartingHashKey"], message, `write one above ${start}, up to ${end}`),
  ];
}

function findGap({ lower, upper }: MergeShards, path: Path): Diagnostic[] {
  if (BigInt(lower.end) + 1n === BigInt(upper.start)) return [];
  const message = "only shards whose hash keys follow one another can be merged";
  return [diagnoseAt("out-of-range", [...path, "upper"], message, `let it start at ${BigInt(lower.end) + 1n}`)];
}
