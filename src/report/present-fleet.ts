import type { FleetSizing } from "../sizing/fleet.js";
import type { Sizing } from "../sizing/size.js";
import { formatUsd, groupThousands } from "../units/format-quantity.js";
import type { Block, ReportDocument } from "./document.js";
import { flatSizings } from "./present-sizing.js";

/** The report on several streams: one row each, what there is to say about them, and the totals. */
export function presentFleet(fleet: FleetSizing): ReportDocument {
  return {
    result: fleet,
    blocks: [
      titleOf(fleet),
      verdictOf(fleet),
      ...findingsOf(fleet),
      streamTable(fleet.workloads),
      costTable(fleet),
      regionTable(fleet),
    ],
    flat: flatSizings(fleet.workloads),
  };
}

const count = (value: number): string => groupThousands(String(value));

function titleOf({ totals }: FleetSizing): Block {
  return {
    kind: "title",
    text: `Fleet of ${count(totals.workloads)} streams`,
    detail: totals.regions.map(({ region }) => region).join(", "),
  };
}

function verdictOf({ status, totals }: FleetSizing): Block {
  const text = `${count(totals.shards.recommended)} shards recommended, ${count(totals.shards.minimum)} without headroom.`;
  const more = [
    `${formatUsd(totals.cost.usdPerMonth)} a month in the modes of today; ${totals.cost.cheapest} for all would be cheapest.`,
  ];
  if (status === "ok") return { kind: "verdict", tone: "good", text, more };
  return {
    kind: "verdict",
    tone: "bad",
    text: `No shard count can carry ${count(totals.infeasible)} of the streams as they are.`,
    more: [text, ...more],
  };
}

function findingsOf({ workloads, diagnostics }: FleetSizing): Block[] {
  const all = [
    ...diagnostics,
    ...workloads.flatMap((sizing) =>
      sizing.diagnostics.map((one) => ({ ...one, message: `${sizing.stream.name}: ${one.message}` })),
    ),
  ];
  return all.length === 0 ? [] : [{ kind: "findings", diagnostics: all }];
}

function streamTable(workloads: readonly Sizing[]): Block {
  return {
    kind: "table",
    columns: [
      { title: "Stream" },
      { title: "Region" },
      { title: "Minimum", align: "right" },
      { title: "Recommended", align: "right" },
      { title: "Today", align: "right" },
      { title: "Fit" },
      { title: "Binding" },
      { title: "USD/month", align: "right" },
      { title: "Cheapest" },
    ],
    rows: workloads.map(({ stream, shards, cost, status }) => [
      stream.name,
      stream.region,
      count(shards.minimum),
      count(shards.recommended),
      shards.current === null ? "" : count(shards.current),
      status === "infeasible" ? "infeasible" : (shards.fit ?? ""),
      shards.binding,
      formatUsd(cost.usdPerMonth),
      cost.cheapest,
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
      { title: "Provisioned shards", align: "right" },
      { title: "Default quota", align: "right" },
      { title: "On-demand streams", align: "right" },
      { title: "Default quota", align: "right" },
    ],
    rows: totals.regions.map((one) => [
      one.region,
      count(one.shards),
      count(one.shardQuota),
      count(one.onDemandStreams),
      count(one.onDemandStreamQuota),
    ]),
  };
}
