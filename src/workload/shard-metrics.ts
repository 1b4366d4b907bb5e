/*
 * Enhanced shard metrics as `aws cloudwatch get-metric-data` prints them: for each shard the highest data point of IncomingBytes and of
 * IncomingRecords, both with the statistic Sum. The answer does not say their period; points come at multiples of it, so the shortest
 * time between two points of a metric is the period, unless every metric has gaps.
 */
import { diagnose, UserError } from "../diagnostics/diagnostic.js";
import { parseTimestamp } from "./parse-timestamp.js";
import type { MetricData } from "./shard-loads-schema.js";

export type ShardMetric = "IncomingBytes" | "IncomingRecords";

export interface MetricPeaks {
  /** The highest data point by shard. A metric without points is one without traffic. */
  readonly highest: Readonly<Record<ShardMetric, ReadonlyMap<string, number>>>;
  /** The shortest time between two points of one metric; infinite where none has two. */
  readonly stepSeconds: number;
}

/** The peaks of all answers together. */
export function metricPeaks(
  answers: readonly { readonly file: string; readonly value: MetricData }[],
  shardIds: ReadonlySet<string>,
): MetricPeaks {
  const highest = { IncomingBytes: new Map<string, number>(), IncomingRecords: new Map<string, number>() };
  let stepSeconds = Number.POSITIVE_INFINITY;
  for (const { file, value } of answers) {
    for (const [index, result] of value.MetricDataResults.entries()) {
      const where = `${file}: MetricDataResults[${index}] (${JSON.stringify(result.Label)})`;
      const metric = metricOf(result, where);
      const shardId = shardOf(result, where, shardIds);
      const peaks = highest[metric];
      stepSeconds = Math.min(stepSeconds, shortestStep(timesOf(result, where)));
      peaks.set(shardId, highestOf(result.Values, peaks.get(shardId)));
    }
  }
  return { highest, stepSeconds };
}

type MetricResult = MetricData["MetricDataResults"][number];

/** CloudWatch puts the metric into labels by itself where metrics differ; an Id is the user's own. */
function metricOf({ Label, Id }: MetricResult, where: string): ShardMetric {
  const word = (/Incoming(Bytes|Records)/i.exec(Label) ?? /(bytes|records)/i.exec(Id))?.[1]?.toLowerCase();
  if (word === "bytes") return "IncomingBytes";
  if (word === "records") return "IncomingRecords";
  throw refuse(
    `${where} is neither IncomingBytes nor IncomingRecords`,
    "leave other metrics out, and let the label or the Id name the metric",
  );
}

function shardOf({ Label }: MetricResult, where: string, shardIds: ReadonlySet<string>): string {
  const shardId = Label.split(/[\s,;:]+/).find((word) => shardIds.has(word));
  if (shardId !== undefined) return shardId;
  throw refuse(
    `${where} names no shard of the list`,
    "let the label hold the ShardId, and list the shards of the same stream at the same time",
  );
}

function timesOf({ StatusCode, Timestamps, Values }: MetricResult, where: string): number[] {
  if (StatusCode !== "Complete")
    throw refuse(`${where} is ${JSON.stringify(StatusCode)}`, "ask for it again, to the end");
  const times = Timestamps.map((time) => parseTimestamp(String(time)));
  if (times.length !== Values.length || times.includes(undefined))
    throw refuse(`${where} has not one time for each value`, "save the answer as it came");
  return times as number[];
}

function highestOf(values: readonly number[], known = 0): number {
  return values.reduce((most, value) => Math.max(most, value), known);
}

function shortestStep(times: readonly number[]): number {
  const ascending = times.toSorted((a, b) => a - b);
  return ascending.reduce((least, time, index) => {
    const step = time - (ascending[index - 1] ?? Number.NEGATIVE_INFINITY);
    return step > 0 ? Math.min(least, step) : least;
  }, Number.POSITIVE_INFINITY);
}

function refuse(message: string, fix: string): UserError {
  return new UserError([diagnose("shard-metrics", message, fix)]);
}
