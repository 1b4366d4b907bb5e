import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { type DimensionName, dimensionTexts } from "../units/dimension.js";
import { JournalSchema } from "../workload/saved-journal.js";
import { WorkloadSchema } from "../workload/schema.js";
import { ApplySchema } from "./apply-schema.js";
import { ReshardLayoutSchema } from "./reshard-layout-schema.js";
import { ReshardSchema } from "./reshard-schema.js";
import { FleetSchema, LimitsSchema, ReverseSchema, SizingSchema } from "./result-schemas.js";
import type { SchemaName } from "./schema-names.js";
import { SimulationSchema } from "./simulation-schema.js";

const titles: Readonly<Record<SchemaName, string>> = {
  workload: "kinesis-plan workload",
  size: "kinesis-plan size: one stream",
  fleet: "kinesis-plan size: several streams",
  reverse: "kinesis-plan size --reverse",
  simulate: "kinesis-plan simulate",
  reshard: "kinesis-plan reshard",
  apply: "kinesis-plan apply",
  journal: "kinesis-plan apply --execute: the journal",
  "reshard-layout": "kinesis-plan reshard: splits and merges",
  limits: "kinesis-plan limits",
};

const schemas: Readonly<Record<SchemaName, v.GenericSchema>> = {
  workload: WorkloadSchema,
  size: SizingSchema,
  fleet: FleetSchema,
  reverse: ReverseSchema,
  simulate: SimulationSchema,
  reshard: ReshardSchema,
  apply: ApplySchema,
  journal: JournalSchema,
  "reshard-layout": ReshardLayoutSchema,
  limits: LimitsSchema,
};

/** The JSON Schema (draft 7) of the workload format or of an answer. */
export function jsonSchemaOf(name: SchemaName): JsonSchema {
  const converted = withBounds(toJsonSchema(schemas[name], { typeMode: "input", errorMode: "ignore" })) as JsonSchema;
  const { $schema, ...rest } = converted;
  return {
    $schema: $schema ?? "http://json-schema.org/draft-07/schema#",
    title: titles[name],
    ...rest,
  };
}

interface Metadata {
  readonly dimension?: DimensionName;
  readonly integer?: true;
  readonly lengthMax?: number;
  readonly bounds?: {
    readonly min?: number;
    readonly max?: number;
    readonly above?: number;
    readonly below?: number;
  };
}

/** Puts what the schema library copies as it is, the dimension of a value and its bounds, into words of JSON Schema. */
function withBounds(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withBounds);
  if (typeof node !== "object" || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withBounds(value)]));
  if (!("bounds" in copy) && !("lengthMax" in copy)) return copy;
  const { dimension, integer, lengthMax, bounds, ...rest } = copy as JsonSchema & Metadata;
  if (dimension !== undefined) return quantitySchema(dimension, bounds ?? {}, rest);
  if (rest.type === "number")
    return {
      ...rest,
      ...(integer && { type: "integer" }),
      ...numberBounds(bounds ?? {}),
    };
  return {
    ...rest,
    ...(lengthMax !== undefined && { minLength: 1, maxLength: lengthMax }),
  };
}

function quantitySchema(
  dimension: DimensionName,
  bounds: NonNullable<Metadata["bounds"]>,
  { description, ...rest }: JsonSchema,
): JsonSchema {
  const { base, examples } = dimensionTexts[dimension];
  const { anyOf: _, ...others } = rest;
  return {
    ...others,
    ...(description !== undefined && {
      description: `${description} A bare number is ${base}.`,
    }),
    anyOf: [{ type: "string" }, { type: "number", ...numberBounds(bounds) }],
    examples: [...examples],
  };
}

function numberBounds({ min, max, above, below }: NonNullable<Metadata["bounds"]>): JsonSchema {
  return {
    ...(min !== undefined && { minimum: min }),
    ...(above !== undefined && { exclusiveMinimum: above }),
    ...(max !== undefined && { maximum: max }),
    ...(below !== undefined && { exclusiveMaximum: below }),
  };
}
