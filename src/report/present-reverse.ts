import type { CarriedTraffic, ReverseSizing } from "../sizing/reverse.js";
import { formatByteRate, formatItems, formatNumber, formatRecordRate } from "../units/format-quantity.js";
import type { Block, ReportDocument, Tone } from "./document.js";
import { findingBlocks } from "./finding-blocks.js";

/** The report on what a shard count carries. */
export function presentReverse(reverse: ReverseSizing): ReportDocument {
  return {
    result: reverse,
    blocks: () => [
      { kind: "title", text: reverse.stream.name, detail: `${reverse.stream.region}, ${reverse.stream.mode}` },
      verdictOf(reverse),
      ...findingBlocks(reverse.diagnostics),
      constraintTable(reverse),
    ],
    flat: () => ({
      columns: [
        "stream",
        "shards",
        "constraint",
        "minimum.recordsPerSecond",
        "minimum.bytesPerSecond",
        "recommended.recordsPerSecond",
        "recommended.bytesPerSecond",
      ],
      rows: [...reverse.constraints, { name: "all", ...reverse.carries }].map(({ name, minimum, recommended }) => [
        reverse.stream.name,
        reverse.shards.count,
        name,
        minimum.recordsPerSecond,
        minimum.bytesPerSecond,
        recommended.recordsPerSecond,
        recommended.bytesPerSecond,
      ]),
    }),
  };
}

function verdictOf({ shards, carries, demand }: ReverseSizing): Block {
  const { recommended, minimum, binding } = carries;
  const text = `${formatItems(shards.count, "shard")} ${shards.count === 1 ? "carries" : "carry"} ${rates(recommended)} with headroom, ${rates(minimum)} without; ${binding} binds.`;
  return { kind: "verdict", ...fitOf(carries, demand), text };
}

/** Whether today's peak fits: with its headroom, without, or not at all. */
function fitOf({ recommended, minimum }: ReverseSizing["carries"], demand: ReverseSizing["demand"]): FitText {
  const peak = `The workload's peak is ${formatRecordRate(demand.recordsPerSecondPeak)}:`;
  if (recommended.factor === null) return { tone: "good", more: [] };
  const times = `${formatNumber(recommended.factor)} times would just fit with headroom`;
  if (recommended.factor >= 1) return { tone: "good", more: [`${peak} it fits, ${times}.`] };
  if (minimum.factor === null || minimum.factor >= 1)
    return { tone: "warn", more: [`${peak} it fits without the headroom, ${times}.`] };
  return { tone: "bad", more: [`${peak} it does not fit, ${times}, ${formatNumber(minimum.factor)} without.`] };
}

interface FitText {
  readonly tone: Tone;
  readonly more: readonly string[];
}

function rates({ recordsPerSecond, bytesPerSecond }: CarriedTraffic): string {
  if (recordsPerSecond === null || bytesPerSecond === null) return "any traffic";
  return `${formatRecordRate(recordsPerSecond)} (${formatByteRate(bytesPerSecond)})`;
}

function constraintTable({ constraints, carries }: ReverseSizing): Block {
  return {
    kind: "table",
    columns: [
      { title: "Constraint" },
      { title: "Records, full", align: "right" },
      { title: "Records, with headroom", align: "right" },
      { title: "Times today's peak", align: "right" },
    ],
    rows: constraints.map(({ name, minimum, recommended }) => [
      name,
      rate(minimum),
      rate(recommended),
      recommended.factor === null ? "" : formatNumber(recommended.factor),
    ]),
    marked: [constraints.findIndex(({ name }) => name === carries.binding)],
  };
}

function rate({ recordsPerSecond }: CarriedTraffic): string {
  return recordsPerSecond === null ? "any" : formatRecordRate(recordsPerSecond);
}
