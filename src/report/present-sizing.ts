import type { Derivation } from "../sizing/explain.js";
import type { SizedConsumer, Sizing } from "../sizing/size.js";
import {
  formatByteRate,
  formatCount,
  formatDuration,
  formatItems,
  formatNumber,
  formatRatio,
  formatRecordRate,
  formatUsd,
} from "../units/format-quantity.js";
import type { Block, FlatTable, ReportDocument, Tone } from "./document.js";
import { findingBlocks } from "./finding-blocks.js";

/** The report on one stream; `derivations` are shown where they are given. */
export function presentSizing(sizing: Sizing, derivations: readonly Derivation[] = []): ReportDocument {
  const result = derivations.length === 0 ? sizing : { ...sizing, explanations: derivations };
  return {
    result,
    blocks: () => [
      titleOf(sizing),
      verdictOf(sizing),
      ...findingBlocks(sizing.diagnostics),
      ...constraintBlocks(sizing),
      ...demandBlocks(sizing),
      ...consumerBlocks(sizing),
      ...costBlocks(sizing),
      ...uncertaintyBlocks(sizing),
      ...derivationBlocks(derivations),
    ],
    flat: () => flatSizings([sizing]),
  };
}

function titleOf({ stream }: Sizing): Block {
  return { kind: "title", text: stream.name, detail: `${stream.region}, ${stream.mode}` };
}

function verdictOf({ status, shards, stream }: Sizing): Block {
  const need = `${formatItems(shards.recommended, "shard")} recommended, ${formatCount(shards.minimum)} without headroom; ${shards.binding} binds.`;
  const more = [
    ...judgement(shards),
    ...(stream.mode === "provisioned"
      ? []
      : [`In mode ${stream.mode} AWS sets the shard count; this is what it has to reach.`]),
  ];
  if (status === "infeasible")
    return {
      kind: "verdict",
      tone: "bad",
      text: "No shard count can carry this workload as it is.",
      more: [`Apart from that: ${need}`],
    };
  const tone: Tone = shards.fit === "under" ? "bad" : shards.fit === "over" ? "warn" : "good";
  return { kind: "verdict", tone, text: need, more };
}

function judgement({ fit, judged, current, recommended, minimum }: Sizing["shards"]): string[] {
  if (fit === null || judged === null) return [];
  const given = judged === current ? `The ${formatItems(judged, "shard")} of today` : formatItems(judged, "shard");
  switch (fit) {
    case "under":
      return [`${given}: under, the peak needs ${formatCount(minimum)}.`];
    case "right":
      return [`${given}: right, between minimum and recommended.`];
    case "over":
      return [`${given}: over, ${formatCount(recommended)} would do with the planned headroom.`];
  }
}

function constraintBlocks({ shards }: Sizing): Block[] {
  const rows = shards.constraints.map(({ name, minimum, recommended, need }) => [
    name,
    orNone(minimum),
    orNone(recommended),
    need === null ? "" : formatNumber(need),
  ]);
  return [
    {
      kind: "table",
      columns: [
        { title: "Constraint" },
        { title: "Minimum", align: "right" },
        { title: "Recommended", align: "right" },
        { title: "Before rounding", align: "right" },
      ],
      rows,
      marked: [shards.constraints.findIndex(({ name }) => name === shards.binding)],
    },
  ];
}

function orNone(shards: number | null): string {
  return shards === null ? "none" : formatCount(shards);
}

function demandBlocks({ demand }: Sizing): Block[] {
  const isAggregated = demand.kinesisRecordsPerSecondPeak !== demand.recordsPerSecondPeak;
  const peakAt =
    demand.peakAtSeconds === 0
      ? []
      : [
          `The peak is ${formatDuration(demand.peakAtSeconds)} after the start of a horizon of ${formatDuration(demand.horizonSeconds)}.`,
        ];
  return [
    {
      kind: "table",
      columns: [{ title: "Demand" }, { title: "Peak", align: "right" }, { title: "Mean", align: "right" }],
      rows: [
        [
          isAggregated ? "user records" : "records",
          formatRecordRate(demand.recordsPerSecondPeak),
          formatRecordRate(demand.recordsPerSecondMean),
        ],
        ...(isAggregated
          ? [
              [
                "Kinesis records",
                formatRecordRate(demand.kinesisRecordsPerSecondPeak),
                formatRecordRate(demand.kinesisRecordsPerSecondMean),
              ],
            ]
          : []),
        ["bytes, as charged", formatByteRate(demand.bytesPerSecondPeak), formatByteRate(demand.bytesPerSecondMean)],
      ],
    },
    ...(peakAt.length > 0 ? [{ kind: "notes" as const, lines: peakAt }] : []),
  ];
}

function consumerBlocks(sizing: Sizing): Block[] {
  const { consumers } = sizing;
  if (consumers.length === 0) return [];
  const { recommended } = sizing.shards;
  return [
    {
      kind: "table",
      columns: [
        { title: "Consumer" },
        { title: "Kind" },
        { title: "Read" },
        { title: "Workers", align: "right" },
        { title: "For CPU", align: "right" },
        { title: "Polls/s", align: "right" },
        { title: "On fan-out", align: "right" },
      ],
      rows: consumers.map((one) => [
        one.name,
        one.kind,
        one.read,
        workersText(one),
        one.workersForCpu === null ? "" : formatCount(one.workersForCpu),
        one.pollsPerSecond === 0 ? "" : formatNumber(one.pollsPerSecond),
        fanOutText(one, recommended),
      ]),
    },
    { kind: "notes", lines: consumerNotes(sizing) },
  ];
}

function consumerNotes({ reads, consumers, cost }: Sizing): string[] {
  const calls = `Shared consumers make ${formatNumber(reads.callsPerSecond)} of the ${reads.callsPerSecondLimit} GetRecords calls/s that a shard answers.`;
  const leases = consumers.flatMap(({ name, leaseWritesPerSecond: writes }) =>
    writes === undefined ? [] : [`${name} ${formatNumber(writes)}/s`],
  );
  const unknown = consumers.filter((one) => isWorkerCountOpen(one)).map(({ name }) => name);
  return [
    ...(reads.shared > 0 ? [calls] : []),
    ...(unknown.length > 0 ? [`Without cpuPerRecord, the workers of ${unknown.join(", ")} are not known.`] : []),
    ...(leases.length > 0 ? [`Writes to lease tables, without checkpoints: ${leases.join(", ")}.`] : []),
    ...(cost.workers.items.length > 0
      ? [`The consumers' instances cost ${formatUsd(cost.workers.usdPerMonth)} a month, beside the stream.`]
      : []),
  ];
}

/** Firehose and Lambda run without workers of the user's own. */
function isWorkerCountOpen({ kind, workers }: SizedConsumer): boolean {
  return workers === null && kind !== "firehose" && kind !== "lambda";
}

function workersText({ workers, standby, capped, concurrency }: SizedConsumer): string {
  const spare = standby > 0 ? `+${standby} spare` : "";
  if (concurrency !== undefined) {
    const limit = `${formatCount(concurrency.limit)} concurrent`;
    return concurrency.needed === null ? `up to ${limit}` : `${formatCount(concurrency.needed)} of ${limit}`;
  }
  return [workers === null ? "" : formatCount(workers), spare, capped ? "(capped)" : ""]
    .filter((part) => part !== "")
    .join(" ");
}

function fanOutText({ fanOut }: SizedConsumer, recommended: number): string {
  if (fanOut === undefined) return "";
  const shards = fanOut.shardsRecommended === recommended ? "" : `${formatCount(fanOut.shardsRecommended)} shards, `;
  return `${shards}${fanOut.usdPerMonthDelta < 0 ? "" : "+"}${formatUsd(fanOut.usdPerMonthDelta)}`;
}

function costBlocks({ cost, stream, shards }: Sizing): Block[] {
  const modes = [
    { mode: "provisioned", bill: cost.provisioned, detail: ` at ${formatItems(shards.count, "shard")}` },
    { mode: "on-demand", bill: cost.onDemand, detail: "" },
    { mode: "on-demand-advantage", bill: cost.onDemandAdvantage, detail: "" },
  ];
  const words = (mode: string): string =>
    [mode === stream.mode ? "this stream" : "", mode === cost.cheapest ? "cheapest" : ""]
      .filter((word) => word !== "")
      .join(", ");
  return [
    {
      kind: "table",
      columns: [{ title: "Capacity mode" }, { title: "USD/month", align: "right" }, { title: "" }],
      rows: modes.map(({ mode, bill }) => [mode, formatUsd(bill.usdPerMonth), words(mode)]),
    },
    {
      kind: "notes",
      lines: [
        ...modes.map(({ mode, bill, detail }) => `${mode}${detail}: ${itemList(bill.items)}.`),
        ...commitmentLines(cost.onDemandAdvantage),
        ...breakEvenLines(cost.breakEven),
        `At mean traffic, 730 h a month, prices as of ${cost.pricesReadOn}.`,
      ],
    },
  ];
}

function itemList(items: Sizing["cost"]["provisioned"]["items"]): string {
  return items
    .toSorted((a, b) => b.usdPerMonth - a.usdPerMonth)
    .map((one) => `${one.name} ${formatUsd(one.usdPerMonth)}`)
    .join(", ");
}

function commitmentLines({
  usageUsdPerMonth,
  commitmentUsdPerMonth,
  shortfallUsdPerMonth,
}: Sizing["cost"]["onDemandAdvantage"]): string[] {
  if (shortfallUsdPerMonth === 0) return [];
  return [
    `Advantage is a commitment of the whole account in the region, ${formatUsd(commitmentUsdPerMonth)} a month; this stream's own use is ${formatUsd(usageUsdPerMonth)}, and the rest is paid here as if no other stream used it.`,
  ];
}

/** Beyond the capacity of the shards the count would have to grow first, and so would the cost. */
function breakEvenLines(breakEven: Sizing["cost"]["breakEven"]): string[] {
  return breakEven
    .filter(({ utilization }) => utilization <= 1)
    .map(({ cheaperBelow, cheaperAbove, recordsPerSecondMean, utilization }) => {
      const use = `${formatRatio(utilization)} of the shards' write capacity`;
      return `Below ${formatRecordRate(recordsPerSecondMean)} in the mean (${use}), ${cheaperBelow} costs less than ${cheaperAbove}; above it more.`;
    });
}

function uncertaintyBlocks({ uncertainties }: Sizing): Block[] {
  if (uncertainties.length === 0) return [];
  const names = uncertainties.map(({ name, certainty }) => `${name} (${certainty})`).join(", ");
  return [
    {
      kind: "notes",
      lines: [
        `Rests on figures that AWS's own text does not settle: ${names}. See \`kinesis-plan limits\`; override with --limits.`,
      ],
    },
  ];
}

function derivationBlocks(derivations: readonly Derivation[]): Block[] {
  return derivations.flatMap((one): Block[] => [
    {
      kind: "heading",
      text: `${one.constraint}: minimum ${orNone(one.minimum)}, recommended ${orNone(one.recommended)}`,
    },
    {
      kind: "notes",
      lines: [
        one.formula,
        `here: ${one.substitution}${one.need === null ? "" : `; ${formatNumber(one.need)} before rounding at u = 1`}`,
        ...one.facts.map(
          ({ name, value, unit, certainty, source, readOn }) =>
            `${name} = ${formatNumber(value)} ${unit} (${certainty}, read ${readOn}): ${source}`,
        ),
      ],
    },
  ]);
}

/** One row a stream, for spreadsheets. */
export function flatSizings(sizings: readonly Sizing[]): FlatTable {
  return {
    columns: [
      "stream",
      "region",
      "mode",
      "status",
      "shards.minimum",
      "shards.recommended",
      "shards.binding",
      "shards.count",
      "shards.current",
      "shards.fit",
      "demand.recordsPerSecondPeak",
      "demand.kinesisRecordsPerSecondPeak",
      "demand.bytesPerSecondPeak",
      "demand.bytesPerSecondMean",
      "cost.usdPerMonth",
      "cost.provisioned.usdPerMonth",
      "cost.onDemand.usdPerMonth",
      "cost.onDemandAdvantage.usdPerMonth",
      "cost.cheapest",
      "consumers",
      "diagnostics",
    ],
    rows: sizings.map(({ stream, status, shards, demand, cost, consumers, diagnostics }) => [
      stream.name,
      stream.region,
      stream.mode,
      status,
      shards.minimum,
      shards.recommended,
      shards.binding,
      shards.count,
      shards.current,
      shards.fit,
      demand.recordsPerSecondPeak,
      demand.kinesisRecordsPerSecondPeak,
      demand.bytesPerSecondPeak,
      demand.bytesPerSecondMean,
      cost.usdPerMonth,
      cost.provisioned.usdPerMonth,
      cost.onDemand.usdPerMonth,
      cost.onDemandAdvantage.usdPerMonth,
      cost.cheapest,
      consumers.map(({ name, workers }) => (workers === null ? name : `${name}=${workers}`)).join(" "),
      diagnostics.map(({ code }) => code).join(" "),
    ]),
  };
}
