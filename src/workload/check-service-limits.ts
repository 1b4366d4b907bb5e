/*
 * What the service itself would refuse: values outside limits that AWS publishes, and that may have been overridden.
 */
import { type Diagnostic, diagnose } from "../diagnostics/diagnostic.js";
import { formatPath, type Path } from "../diagnostics/path.js";
import type { LimitName, ServiceFacts } from "../service/service-facts.js";
import type { DimensionName } from "../units/dimension.js";
import { describeBounds, rangeFix } from "./field.js";
import type { Workload } from "./schema.js";

/** Findings about values that CreateStream, the event source mapping and their like do not accept. */
export function checkServiceLimits({ stream, consumers }: Workload, facts: ServiceFacts): Diagnostic[] {
  return [
    ...outside(
      ["stream", "retention"],
      stream.retention,
      "seconds",
      facts,
      "retention.secondsMin",
      "retention.secondsMax",
    ),
    ...outside(
      ["stream", "maxRecordSize"],
      stream.maxRecordSize,
      "bytes",
      facts,
      "record.bytesMaxDefault",
      "record.bytesMaxCeiling",
    ),
    ...consumers.flatMap(({ parallelization = 1, batchSize }, index) => [
      ...outside(
        ["consumers", index, "parallelization"],
        parallelization,
        "count",
        facts,
        "lambda.parallelizationDefault",
        "lambda.parallelizationMax",
      ),
      ...outside(
        ["consumers", index, "batchSize"],
        batchSize,
        "count",
        facts,
        "lambda.batchSizeMin",
        "lambda.batchSizeMax",
      ),
    ]),
  ];
}

function outside(
  path: Path,
  value: number,
  dimension: DimensionName | "count",
  facts: ServiceFacts,
  least: LimitName,
  most: LimitName,
): Diagnostic[] {
  const bounds = { min: facts.value(least), max: facts.value(most) };
  if (value >= bounds.min && value <= bounds.max) return [];
  const fix =
    dimension === "count" ? `write a whole number ${describeBounds(bounds)}` : rangeFix(dimension, bounds, value);
  return [diagnose("out-of-range", `\`${formatPath(path)}\` is outside what the service accepts`, fix, { path })];
}
