import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { FleetSizing } from "../sizing/fleet.js";
import type { Sizing } from "../sizing/size.js";
import { formatCount, formatUsd } from "../units/format-quantity.js";
import type { Block, ReportDocument } from "./document.js";
import { flatSizings } from "./present-sizing.js";

/** The report on several streams: one row each, what there is to say about them, and the totals. */
export function presentFleet(fleet: FleetSizing): ReportDocument {
  return {
    result: fleet,
    blocks: () => [
      titleOf(fleet),
      verdictOf(fleet),
      ...findingsOf(fleet),
      ...streamBlocks(fleet.workloads),
      costTable(fleet),
      regionTable(fleet),
    ],
    flat: () => flatSizings(fleet.workloads),
  };
}

function titleOf({ totals }: FleetSizing): Block {
  return {
    kind: "title",
    text: `Fleet of ${formatCount(totals.workloads)} streams`,
    detail: totals.regions.map(({ region }) => region).join(", "),
  };
}

function verdictOf({ status, totals }: FleetSizing): Block {
  const text = `${formatCount(totals.shards.recommended)} shards recommended, ${formatCount(totals.shards.minimum)} without headroom.`;
  const more = [
    `${formatUsd(totals.cost.usdPerMonth)} a month in the modes of today; ${totals.cost.cheapest} for all would be cheapest.`,
  ];
  if (status === "ok") return { kind: "verdict", tone: "good", text, more };
  return {
    kind: "verdict",
    tone: "bad",
    text: `No shard count can carry ${formatCount(totals.infeasible)} of the streams as they are.`,
    more: [text, ...more],
  };
}

/** A fleet of thousands is for a spreadsheet; people see what needs attention. */
const shownMax = 50;

const severities: readonly Diagnostic["severity"][] = ["error", "warning", "hint"];

function findingsOf({ workloads, diagnostics }: FleetSizing): Block[] {
  const all = [...diagnostics, ...oncePerRegion(workloads)];
  if (all.length === 0) return [];
  const gravest = all.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  const findings: Block = { kind: "findings", diagnostics: gravest.slice(0, shownMax) };
  return all.length <= shownMax ? [findings] : [findings, findingCounts(all)];
}

/** The findings of all streams, with the stream's name. Old prices are the same news for every stream of a region. */
function oncePerRegion(workloads: readonly Sizing[]): Diagnostic[] {
  const told = new Set<string>();
  return workloads.flatMap(({ stream, diagnostics }) =>
    diagnostics.flatMap((one) => {
      if (one.code !== "prices-old") return [{ ...one, message: `${stream.name}: ${one.message}` }];
      if (told.has(stream.region)) return [];
      told.add(stream.region);
      return [one];
    }),
  );
}

function findingCounts(all: readonly Diagnostic[]): Block {
  const counts = new Map<string, number>();
  for (const { severity, code } of all) counts.set(`${severity} ${code}`, (counts.get(`${severity} ${code}`) ?? 0) + 1);
  return {
    kind: "table",
    columns: [{ title: `All findings (${shownMax} are shown above)` }, { title: "Times", align: "right" }],
    rows: [...counts].map(([name, times]) => [name, formatCount(times)]),
  };
}

function streamBlocks(workloads: readonly Sizing[]): Block[] {
  if (workloads.length <= shownMax) return [streamTable(workloads)];
  const shown = workloads.toSorted(
    (a, b) => attention(b) - attention(a) || b.shards.recommended - a.shards.recommended,
  );
  const note = `Shown are the ${shownMax} streams that need most attention; --format csv lists all ${formatCount(workloads.length)}.`;
  return [streamTable(shown.slice(0, shownMax)), { kind: "notes", lines: [note] }];
}

function attention({ status, shards }: Sizing): number {
  if (status === "infeasible") return 3;
  if (shards.fit === "under") return 2;
  return shards.fit === "over" ? 1 : 0;
}

function streamTable(workloads: readonly Sizing[]): Block {
  return {
    kind: "table",
    columns: [
      { title: "Stream" },
      { title: "Minimum", align: "right" },
      { title: "Recomm.", align: "right" },
      { title: "Today", align: "right" },
      { title: "Fit" },
      { title: "Binding" },
      { title: "USD/month", align: "right" },
      { title: "Cheapest" },
    ],
    rows: workloads.map(({ stream, shards, cost, status }) => [
      stream.name,
      formatCount(shards.minimum),
      formatCount(shards.recommended),
      shards.current === null ? "" : formatCount(shards.current),
      status === "infeasible" ? "infeasible" : (shards.fit ?? ""),
      shards.binding,
      formatUsd(cost.usdPerMonth),
      cost.cheapest === "on-demand-advantage" ? "advantage" : cost.cheapest,
    ]),
  };
}

function costTable({ totals: { cost } }: FleetSizing): Block {
  return {
    kind: "table",
    columns: [{ title: "All streams" }, { title: "USD/month", align: "right" }],
    rows: [
      ["in the modes of today", formatUsd(cost.usdPerMonth)],
      ["provisioned", formatUsd(cost.provisioned)],
      ["on-demand", formatUsd(cost.onDemand)],
      ["on-demand-advantage, its commitment met once per region", formatUsd(cost.onDemandAdvantage)],
      ["each in its cheaper mode, provisioned or on-demand", formatUsd(cost.cheapestPerStream)],
      ["consumers' instances, beside the streams", formatUsd(cost.workers)],
    ],
  };
}

function regionTable({ totals }: FleetSizing): Block {
  return {
    kind: "table",
    columns: [
      { title: "Region" },
      { title: "Shards of quota", align: "right" },
      { title: "On-demand streams of quota", align: "right" },
    ],
    rows: totals.regions.map((one) => [
      one.region,
      `${formatCount(one.shards)} of ${formatCount(one.shardQuota)}`,
      `${formatCount(one.onDemandStreams)} of ${formatCount(one.onDemandStreamQuota)}`,
    ]),
  };
}
