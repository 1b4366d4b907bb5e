import type { ReshardResult } from "../planning/reshard/conclude-reshard.js";
import {
  formatClock,
  formatCount,
  formatDuration,
  formatItems,
  formatMinutes,
  formatNumber,
  formatRatio,
  formatUsd,
} from "../units/format-quantity.js";
import type { Block, ReportDocument } from "./document.js";
import { findingBlocks } from "./finding-blocks.js";
import { consumerPlanBlocks, planRunBlocks } from "./present-plan-runs.js";

/** Calls that are listed; the rest is in the JSON. */
const CALLS_SHOWN = 40;
/** Columns of a chart. */
const CHART_COLUMNS = 64;

/** The report on a plan of reshards. */
export function presentReshard(result: ReshardResult): ReportDocument {
  return {
    result,
    blocks: () => [
      titleOf(result),
      verdictOf(result),
      ...findingBlocks(result.diagnostics),
      { kind: "heading", text: "Over time" },
      chartOf(result),
      ...callBlocks(result),
      { kind: "heading", text: "Side by side" },
      alternativesOf(result),
      ...consumerPlanBlocks(result),
      ...planRunBlocks(result),
    ],
    flat: () => ({
      columns: ["at", "atSeconds", "from", "to", "durationSeconds", "reason"],
      rows: result.plan.steps.map(({ at, atSeconds, from, to, durationSeconds, reason }) => [
        at,
        atSeconds,
        from,
        to,
        durationSeconds,
        reason,
      ]),
    }),
  };
}

function titleOf({ stream, horizonSeconds, slotSeconds, plan }: ReshardResult): Block {
  const detail = [
    stream.region,
    `${formatDuration(horizonSeconds)} in slots of ${formatDuration(slotSeconds)}`,
    `from ${formatItems(plan.startShards, "shard")}`,
  ].join(", ");
  return { kind: "title", text: stream.name, detail };
}

function verdictOf(result: ReshardResult): Block {
  const { plan, alternatives, status } = result;
  const staticPeak = alternatives.find(({ name }) => name === "static-peak");
  const share = staticPeak?.shardHours ? 1 - plan.shardHours / staticPeak.shardHours : 0;
  const hours = `${formatNumber(Math.round(plan.shardHours))} shard-hours, ${formatUsd(plan.usd)}`;
  const more = [provenOf(result)];
  if (status === "infeasible")
    return {
      kind: "verdict",
      tone: "bad",
      text: `No plan has enough shards at all times; this one is short the least: ${hours}.`,
      more,
    };
  const calls = plan.steps.length === 0 ? "No call" : formatItems(plan.steps.length, "call");
  const saving = share > 0 ? `, ${formatRatio(share)} less than the peak's shards all the time` : "";
  const tone = result.diagnostics.some(({ severity }) => severity === "warning") ? "warn" : "good";
  return { kind: "verdict", tone, text: `${calls} of UpdateShardCount: ${hours}${saving}.`, more };
}

function provenOf(result: ReshardResult): string {
  const { isOptimal, gap, bound, reserveCalls } = result;
  const kept = `${formatItems(reserveCalls, "call")} of the day's budget ${reserveCalls === 1 ? "is" : "are"} kept for incidents`;
  const provided = providedFor(result);
  if (gap === null || bound.shardHours === null) return `${kept}.${provided}`;
  const proof = isOptimal
    ? "Proven: no plan costs less"
    : `Within ${formatRatio(gap)} of the proven lower bound of ${formatNumber(Math.round(bound.shardHours))} shard-hours`;
  return `${proof}; ${kept}.${provided}`;
}

/** What the plan covers beyond the one course of its traffic. */
function providedFor({ margin, quantile, forecastError, allowedThrottling, courses }: ReshardResult): string {
  const part = quantile < 1 ? `${formatRatio(quantile)} of ` : "";
  return [
    ...(margin > 0 ? [` It provides for ${formatRatio(margin)} more than the demand.`] : []),
    ...(allowedThrottling > 0
      ? [` Up to ${formatRatio(allowedThrottling)} of the traffic may be throttled for it.`]
      : []),
    ...(courses.length > 1
      ? [` It provides for ${part}${formatItems(courses.length, "course")}, minute by minute.`]
      : []),
    ...(forecastError > 0
      ? [
          ` A forecast that is off by ${formatRatio(forecastError)} is covered with ${formatRatio(quantile)} probability.`,
        ]
      : []),
  ].join("");
}

function chartOf({ timeline, horizonSeconds }: ReshardResult): Block {
  const columns = Math.min(CHART_COLUMNS, timeline.length);
  const grouped = (value: (row: ReshardResult["timeline"][number]) => number): number[] =>
    Array.from({ length: columns }, (_, column) => {
      const from = Math.floor((column * timeline.length) / columns);
      const until = Math.floor(((column + 1) * timeline.length) / columns);
      return timeline.slice(from, until).reduce((most, row) => Math.max(most, value(row)), 0);
    });
  const top = timeline.reduce((most, row) => Math.max(most, row.shardsNeeded, row.shardsInForce), 0);
  const line = (
    label: string,
    value: (row: ReshardResult["timeline"][number]) => number,
  ): { label: string; values: number[]; top: number; remark: string } => {
    const values = timeline.map(value);
    const least = values.reduce((low, one) => Math.min(low, one), Number.POSITIVE_INFINITY);
    const most = values.reduce((high, one) => Math.max(high, one), 0);
    return { label, values: grouped(value), top, remark: `${formatCount(least)} to ${formatCount(most)}` };
  };
  return {
    kind: "chart",
    ends: [formatClock(0), formatClock(horizonSeconds)],
    series: [
      line("needed", ({ shardsNeeded }) => shardsNeeded),
      line("in force", ({ shardsInForce }) => shardsInForce),
    ],
  };
}

function callBlocks({ plan: { steps } }: ReshardResult): Block[] {
  if (steps.length === 0) return [];
  const rest = steps.length - CALLS_SHOWN;
  return [
    { kind: "heading", text: "Calls" },
    {
      kind: "table",
      columns: [
        { title: "at" },
        { title: "shards", align: "right" },
        { title: "takes", align: "right" },
        { title: "because" },
      ],
      rows: steps
        .slice(0, CALLS_SHOWN)
        .map(({ at, from, to, durationSeconds, reason }) => [
          at,
          `${from} → ${to}`,
          formatMinutes(durationSeconds),
          reason,
        ]),
    },
    ...(rest > 0 ? [{ kind: "notes", lines: [`${formatItems(rest, "more call")} in the JSON.`] } as const] : []),
  ];
}

function alternativesOf({ alternatives }: ReshardResult): Block {
  return {
    kind: "table",
    columns: [
      { title: "" },
      { title: "shard-hours", align: "right" },
      { title: "cost", align: "right" },
      { title: "throttled", align: "right" },
      { title: "calls", align: "right" },
      { title: "why not" },
    ],
    rows: alternatives.map(({ name, shardHours, usd, throttledRatio, calls, excuse }) => [
      name,
      shardHours === null ? "-" : formatNumber(Math.round(shardHours)),
      formatUsd(usd),
      formatRatio(throttledRatio),
      formatCount(calls),
      excuse,
    ]),
    marked: [1],
  };
}
