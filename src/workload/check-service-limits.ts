/*
 * What the service itself would refuse: values outside limits that AWS publishes, and that may have been overridden. Looks at the
 * document as it was written, so that its findings come with all the others.
 */
import { type Diagnostic, diagnose } from "../diagnostics/diagnostic.js";
import { formatPath, type Path } from "../diagnostics/path.js";
import { regionNames } from "../service/regions.js";
import type { LimitName, ServiceCatalogue } from "../service/service-facts.js";
import type { DimensionName } from "../units/dimension.js";
import { describeBounds, rangeFix } from "./field.js";
import { listOfMappings, readQuantity, toMapping } from "./mapping.js";

/** A value of the document, and the limits that it lies between. */
interface Limited {
  readonly path: Path;
  readonly value: number | undefined;
  readonly dimension?: DimensionName;
  readonly least: LimitName;
  readonly most: LimitName;
}

/** Findings about values that CreateStream, the event source mapping and their like do not accept. */
export function checkServiceLimits(document: unknown, catalogue: ServiceCatalogue): Diagnostic[] {
  const root = toMapping(document);
  const stream = toMapping(root["stream"]);
  const facts = catalogue.forRegion(regionNames.find((name) => name === stream["region"]) ?? "us-east-1");
  const limited: Limited[] = [
    {
      path: ["stream", "retention"],
      value: readQuantity(stream["retention"], "seconds"),
      dimension: "seconds",
      least: "retention.secondsMin",
      most: "retention.secondsMax",
    },
    {
      path: ["stream", "maxRecordSize"],
      value: readQuantity(stream["maxRecordSize"], "bytes"),
      dimension: "bytes",
      least: "record.bytesMaxDefault",
      most: "record.bytesMaxCeiling",
    },
    {
      path: ["stream", "warmThroughput"],
      value: readQuantity(stream["warmThroughput"], "bytesPerSecond"),
      dimension: "bytesPerSecond",
      least: "advantage.warmStepBytesPerSecond",
      most: "advantage.warmBytesPerSecondMax",
    },
    ...listOfMappings(root["consumers"]).flatMap(({ parallelization, batchSize }, index): Limited[] => [
      {
        path: ["consumers", index, "parallelization"],
        value: toNumber(parallelization),
        least: "lambda.parallelizationDefault",
        most: "lambda.parallelizationMax",
      },
      {
        path: ["consumers", index, "batchSize"],
        value: toNumber(batchSize),
        least: "lambda.batchSizeMin",
        most: "lambda.batchSizeMax",
      },
    ]),
  ];
  return limited.flatMap((one) => outside(one, facts.value(one.least), facts.value(one.most)));
}

function toNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function outside({ path, value, dimension }: Limited, min: number, max: number): Diagnostic[] {
  if (value === undefined || value < 0 || Number.isNaN(value) || (value >= min && value <= max)) return [];
  const fix =
    dimension === undefined
      ? `write a whole number ${describeBounds({ min, max })}`
      : rangeFix(dimension, { min, max }, value);
  return [diagnose("out-of-range", `\`${formatPath(path)}\` is outside what the service accepts`, fix, { path })];
}
