import type { LayoutOperation, LayoutResult, LoadedShard } from "../planning/layout/plan-layout.js";
import { hashShareOf } from "../service/hash-range.js";
import {
  formatByteRate,
  formatClock,
  formatCount,
  formatDuration,
  formatItems,
  formatMinutes,
  formatRatio,
  formatRecordRate,
} from "../units/format-quantity.js";
import { roundTo } from "../units/rounding.js";
import type { Block, ReportDocument } from "./document.js";
import { findingBlocks } from "./finding-blocks.js";

/** Calls and shards that are listed; the rest is in the JSON. */
const CALLS_SHOWN = 40;
const SHARDS_SHOWN = 5;

/** The report on a plan of splits and merges. */
export function presentLayout(result: LayoutResult): ReportDocument {
  return {
    result,
    blocks: () => [
      titleOf(result),
      verdictOf(result),
      ...findingBlocks(result.diagnostics),
      ...callBlocks(result),
      { kind: "heading", text: "Side by side" },
      alternativesOf(result),
      ...shardBlocks("Most loaded now", result.before),
      ...(result.plan.operations.length > 0 ? shardBlocks("Most loaded then", result.after) : []),
    ],
    flat: () => ({
      columns: ["operation", "start", "newStartingHashKey", "end", "atSeconds", "durationSeconds", "reason"],
      rows: result.plan.operations.map((call) => {
        const { start, middle, end } = placeOf(call);
        return [call.operation, start, middle, end, call.atSeconds, call.durationSeconds, call.reason];
      }),
    }),
  };
}

const sources: Readonly<Record<LayoutResult["source"], string>> = {
  shards: "loads of shards as measured",
  "listed-keys": "loads of partition keys",
  "drawn-keys": "loads of partition keys, their places drawn",
};

function titleOf({ stream, source, periodSeconds, margin, plan }: LayoutResult): Block {
  const detail = [
    stream.region,
    formatItems(plan.startShards, "shard"),
    sources[source],
    ...(periodSeconds === null ? [] : [`highest of ${formatDuration(periodSeconds)}`]),
    ...(margin === 0 ? [] : [`with ${formatRatio(margin)} on top`]),
  ];
  return { kind: "title", text: stream.name, detail: detail.join(", ") };
}

function verdictOf({ plan, targetLoad, status, shardValue, shardsMax, diagnostics }: LayoutResult): Block {
  const target = formatRatio(targetLoad);
  if (status === "infeasible")
    return {
      kind: "verdict",
      tone: "bad",
      text: `No splits and merges keep every shard within ${target} of what it accepts.`,
      more: [`The most loaded carries ${formatRatio(plan.maxLoadBefore)} now.`],
    };
  const tone = diagnostics.some(({ code }) => code === "key-places-drawn") ? "warn" : "good";
  if (plan.operations.length === 0)
    return {
      kind: "verdict",
      tone,
      text: `Nothing to do: every shard is within ${target} of what it accepts.`,
      more: [],
    };
  const splits = plan.operations.filter(({ operation }) => operation === "split-shard").length;
  const merges = plan.operations.length - splits;
  const parts = [
    ...(splits > 0 ? [formatItems(splits, "split")] : []),
    ...(merges > 0 ? [formatItems(merges, "merge")] : []),
  ];
  const most = shardsMax === null ? "" : ` with ${formatItems(shardsMax, "shard")} at most`;
  const worth = shardValue > 0 ? `, a shard less being worth ${formatItems(shardValue, "operation")}` : "";
  return {
    kind: "verdict",
    tone,
    text: `${parts.join(" and ")}: ${formatItems(plan.endShards, "shard")}, the most loaded at ${formatRatio(plan.maxLoadAfter)} instead of ${formatRatio(plan.maxLoadBefore)}.`,
    more: [
      `No fewer operations keep every shard within ${target}${most}${worth}; they take up to ${formatMinutes(plan.durationSeconds)}.`,
    ],
  };
}

function callBlocks({ plan: { operations } }: LayoutResult): Block[] {
  if (operations.length === 0) return [];
  const rest = operations.length - CALLS_SHOWN;
  return [
    { kind: "heading", text: "Calls" },
    {
      kind: "table",
      columns: [{ title: "at" }, { title: "call" }, { title: "hash keys" }, { title: "because" }],
      rows: operations.slice(0, CALLS_SHOWN).map((call) => {
        const { start, middle, end } = placeOf(call);
        const isSplit = call.operation === "split-shard";
        const keys = isSplit
          ? `${inSpace(start, end)} at ${share(middle)}`
          : `${share(start)} – ${share(middle)} – ${share(end, 1n)}`;
        return [formatClock(call.atSeconds), isSplit ? "split" : "merge", keys, call.reason];
      }),
    },
    {
      kind: "notes",
      lines: [
        ...(rest > 0 ? [`${formatItems(rest, "more call")} in the JSON.`] : []),
        "Hash keys are shown as parts of the hash space; the JSON and CSV have all digits.",
      ],
    },
  ];
}

/** The hash keys of a call: the first, that of the boundary which comes or goes, the last. */
function placeOf(call: LayoutOperation): { start: string; middle: string; end: string } {
  if (call.operation === "merge-shards")
    return { start: call.lower.start, middle: call.upper.start, end: call.upper.end };
  return { start: call.hashKeyRange.start, middle: call.newStartingHashKey, end: call.hashKeyRange.end };
}

function inSpace(start: string, end: string): string {
  return `${share(start)} – ${share(end, 1n)}`;
}

/** Where in the hash space a hash key, or the one so many behind it, lies. */
function share(digits: string, behind = 0n): string {
  return `${roundTo(100 * hashShareOf(BigInt(digits) + behind), 3)}%`;
}

function alternativesOf({ plan, fewest, uniform, status }: LayoutResult): Block {
  const now = ["now", formatCount(plan.startShards), formatRatio(plan.maxLoadBefore), "-", "-"];
  const planned = [
    "plan",
    formatCount(plan.endShards),
    formatRatio(plan.maxLoadAfter),
    formatCount(plan.operations.length),
    formatMinutes(plan.durationSeconds),
  ];
  const least =
    fewest.shards === null || fewest.maxLoad === null || fewest.operations === null
      ? []
      : [
          [
            "fewest shards",
            formatCount(fewest.shards),
            formatRatio(fewest.maxLoad),
            formatCount(fewest.operations),
            "-",
          ],
        ];
  const equal =
    uniform.shards === null || uniform.maxLoad === null || uniform.operations === null
      ? ["UpdateShardCount", "no count", "-", "-", "-"]
      : [
          "UpdateShardCount",
          formatCount(uniform.shards),
          formatRatio(uniform.maxLoad),
          formatCount(uniform.operations),
          formatMinutes(uniform.durationSeconds ?? 0),
        ];
  const rows = status === "ok" ? [now, planned, ...least, equal] : [now, ...least, equal];
  return {
    kind: "table",
    columns: [
      { title: "" },
      { title: "shards", align: "right" },
      { title: "most loaded", align: "right" },
      { title: "splits and merges", align: "right" },
      { title: "takes", align: "right" },
    ],
    rows,
    ...(status === "ok" && { marked: [1] }),
  };
}

function shardBlocks(title: string, shards: readonly LoadedShard[]): Block[] {
  const hottest = shards.toSorted((a, b) => b.load - a.load).slice(0, SHARDS_SHOWN);
  return [
    { kind: "heading", text: title },
    {
      kind: "table",
      columns: [
        { title: "shard" },
        { title: "bytes", align: "right" },
        { title: "records", align: "right" },
        { title: "load", align: "right" },
      ],
      rows: hottest.map(({ shardId, hashKeyRange: { start, end }, bytesPerSecond, recordsPerSecond, load }) => [
        shardId ?? inSpace(start, end),
        formatByteRate(bytesPerSecond),
        formatRecordRate(recordsPerSecond),
        formatRatio(load),
      ]),
    },
  ];
}
