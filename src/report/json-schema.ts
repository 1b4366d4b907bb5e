import { type ConversionContext, type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { type DimensionName, dimensionTexts } from "../units/dimension.js";
import { WorkloadSchema } from "../workload/schema.js";
import { FleetSchema, LimitsSchema, ReverseSchema, SizingSchema } from "./result-schemas.js";
import type { SchemaName } from "./schema-names.js";

const titles: Readonly<Record<SchemaName, string>> = {
  workload: "kinesis-plan workload",
  size: "kinesis-plan size: one stream",
  fleet: "kinesis-plan size: several streams",
  reverse: "kinesis-plan size --reverse",
  limits: "kinesis-plan limits",
};

const schemas: Readonly<Record<SchemaName, v.GenericSchema>> = {
  workload: WorkloadSchema,
  size: SizingSchema,
  fleet: FleetSchema,
  reverse: ReverseSchema,
  limits: LimitsSchema,
};

/** The JSON Schema (draft 7) of the workload format or of an answer. */
export function jsonSchemaOf(name: SchemaName): JsonSchema {
  const converted = toJsonSchema(schemas[name], {
    typeMode: "input",
    errorMode: "ignore",
    overrideSchema: describeQuantity,
  });
  const { $schema, ...rest } = converted;
  return { $schema: $schema ?? "http://json-schema.org/draft-07/schema#", title: titles[name], ...rest };
}

type SchemaContext = Parameters<NonNullable<NonNullable<Parameters<typeof toJsonSchema>[1]>["overrideSchema"]>>[0] &
  Partial<ConversionContext>;

interface Metadata {
  readonly dimension?: DimensionName;
  readonly integer?: true;
  readonly bounds?: { readonly min?: number; readonly max?: number; readonly above?: number };
}

/** What the schema library cannot see: the dimension of a value, its bounds, and which spellings it has. */
function describeQuantity({ valibotSchema, jsonSchema }: SchemaContext): JsonSchema | undefined {
  const pipe = (valibotSchema as unknown as { pipe?: readonly { metadata?: Metadata }[] }).pipe;
  const metadata = pipe?.find((action) => action.metadata !== undefined)?.metadata;
  if (metadata === undefined) return undefined;
  if (metadata.dimension !== undefined) return quantitySchema(metadata.dimension, metadata.bounds ?? {}, jsonSchema);
  if (jsonSchema.type === "number")
    return {
      ...jsonSchema,
      ...(metadata.integer && { type: "integer" as const }),
      ...numberBounds(metadata.bounds ?? {}),
    };
  return undefined;
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
    ...(description !== undefined && { description: `${description} A bare number is ${base}.` }),
    anyOf: [{ type: "string" }, { type: "number", ...numberBounds(bounds) }],
    examples: [...examples],
  };
}

function numberBounds({ min, max, above }: NonNullable<Metadata["bounds"]>): JsonSchema {
  return {
    ...(min !== undefined && { minimum: min }),
    ...(above !== undefined && { exclusiveMinimum: above }),
    ...(max !== undefined && { maximum: max }),
  };
}
