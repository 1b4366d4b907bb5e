import type { SimulationResult } from "../planning/simulate-workload.js";
import type { TimelineRow } from "../simulation/timeline.js";
import { formatClock, formatDuration, formatNumber, formatRatio, formatRecordRate } from "../units/format-quantity.js";
import type { Block, ChartSeries } from "./document.js";

/** Columns of a chart. */
const CHART_COLUMNS = 48;

/** Load, throttling, and each consumer's lag and CPU over time. */
export function chartOf({ timeline, summary, start }: SimulationResult): Block {
  const columns = groupRows(timeline);
  const of = (value: (row: TimelineRow) => number): number[] =>
    columns.map((rows) => rows.reduce((most, row) => Math.max(most, value(row)), 0));
  const line = (
    label: string,
    values: readonly number[],
    remark: (most: number) => string,
    top?: number,
  ): ChartSeries => {
    const most = largest(values);
    return { label, values, remark: remark(most), ...(top !== undefined && { top }) };
  };
  const upTo = (format: (value: number) => string) => (most: number) => (most > 0 ? `up to ${format(most)}` : "none");
  const series: ChartSeries[] = [
    line(
      "offered",
      of(({ offeredRecords, seconds }) => offeredRecords / seconds),
      upTo(formatRecordRate),
    ),
    line(
      "throttled",
      of(({ throttledRecords, attemptedRecords }) => (attemptedRecords > 0 ? throttledRecords / attemptedRecords : 0)),
      upTo(formatRatio),
      1,
    ),
    line(
      "shards",
      withStart(
        start.shards,
        of(({ openShards }) => openShards),
      ),
      () => rangeOf([start.shards, ...timeline.map(({ openShards }) => openShards)]),
    ),
  ];
  for (const [index, { name, cpuUtilization }] of summary.consumers.entries()) {
    const consumer = (row: TimelineRow) => row.consumers[index];
    series.push(
      line(
        `age ${name}`,
        of((row) => consumer(row)?.iteratorAgeSecondsMax ?? 0),
        upTo(shortDuration),
      ),
    );
    if (cpuUtilization !== null)
      series.push(
        line(
          `CPU ${name}`,
          of((row) => consumer(row)?.cpuUtilization?.max ?? 0),
          upTo(formatRatio),
          1,
        ),
      );
  }
  return { kind: "chart", ends: [formatClock(0), formatClock(summary.seconds)], series };
}

/** Rows have the count at their end: the line begins with what the run started with. A lone row shows the more of both. */
function withStart(start: number, [first = 0, ...rest]: readonly number[]): number[] {
  return [rest.length > 0 ? start : Math.max(start, first), ...rest];
}

/** The largest of many values, none negative. */
export function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

/** One value, or from the least to the most. */
function rangeOf(values: readonly number[]): string {
  const least = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const most = largest(values);
  return least === most ? formatNumber(most) : `${formatNumber(least)} to ${formatNumber(most)}`;
}

/** Rows by the column of the chart they fall into. */
function groupRows(timeline: readonly TimelineRow[]): TimelineRow[][] {
  const count = Math.min(CHART_COLUMNS, timeline.length);
  return Array.from({ length: count }, (_, column) =>
    timeline.slice(
      Math.floor((column * timeline.length) / count),
      Math.max(
        Math.floor((column * timeline.length) / count) + 1,
        Math.floor(((column + 1) * timeline.length) / count),
      ),
    ),
  );
}

export function shortDuration(seconds: number): string {
  return formatDuration(seconds < 10 ? Math.round(seconds * 100) / 100 : Math.round(seconds));
}
