import type { SimulationResult } from "../planning/simulate-workload.js";
import { formatNumber, formatRatio, formatUsd } from "../units/format-quantity.js";
import type { Block } from "./document.js";
import { shortDuration } from "./simulation-chart.js";

/** What a figure over replications is called in the report, its name in the JSON, and how it is written. */
interface Figure {
  readonly label: string;
  readonly name: string;
  readonly format: (value: number) => string;
}

/** The figures of several runs with other seeds; nothing for one run. */
export function replicationBlocks({
  summary: { replications, consumers },
}: Pick<SimulationResult, "summary">): Block[] {
  if (replications.count === 1) return [];
  const figures = [...streamFigures, ...consumers.flatMap(({ name }) => consumerFigures(name))];
  return [
    { kind: "heading", text: `All ${replications.count} replications, mean with its 95 % confidence interval` },
    {
      kind: "table",
      columns: [
        { title: "" },
        { title: "mean", align: "right" },
        { title: "from", align: "right" },
        { title: "to", align: "right" },
      ],
      rows: figures.flatMap(({ label, name, format }) => {
        const estimate = replications.estimates[name];
        if (estimate === undefined) return [];
        // No figure here can be negative, whatever the interval of a mean near 0 says.
        return [[label, ...[estimate.mean, estimate.low, estimate.high].map((value) => format(Math.max(0, value)))]];
      }),
    },
  ];
}

/** Which run the rest of a report with replications is about. */
export function replicationLines({ replications, seed }: SimulationResult["summary"]): string[] {
  if (replications.count === 1) return [];
  return [
    `This is the run with seed ${seed}, as is all below but the table of all ${replications.count} replications (seeds ${seed} to ${seed + replications.count - 1}).`,
  ];
}

const streamFigures: readonly Figure[] = [
  { label: "put attempts refused", name: "throttledRatio", format: formatRatio },
  { label: "records lost", name: "lostRecords", format: formatNumber },
  { label: "records expired", name: "expiredRecords", format: formatNumber },
  { label: "cost", name: "usd", format: formatUsd },
];

function consumerFigures(consumer: string): Figure[] {
  const figure = (label: string, name: string, format: Figure["format"]): Figure => ({
    label: `${consumer}: ${label}`,
    name: `consumers.${consumer}.${name}`,
    format,
  });
  return [
    figure("age p99", "iteratorAgeSeconds.p99", shortDuration),
    figure("age max", "iteratorAgeSeconds.max", shortDuration),
    figure("latency p99", "latencySeconds.p99", shortDuration),
    figure("latency max", "latencySeconds.max", shortDuration),
    figure("CPU mean", "cpuUtilization.mean", formatRatio),
    figure("CPU max", "cpuUtilization.max", formatRatio),
  ];
}
