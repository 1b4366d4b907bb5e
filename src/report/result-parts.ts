/*
 * Parts that the JSON of several answers share, as schemas.
 */
import * as v from "valibot";
import { catalogue } from "../diagnostics/catalogue.js";

export const text = v.string();
export const number = v.number();
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const nullable = <S extends v.GenericSchema>(schema: S) => v.nullable(schema);
export const mode = v.picklist(["provisioned", "on-demand", "on-demand-advantage"]);
export const described = <S extends v.GenericSchema>(schema: S, description: string) =>
  v.pipe(schema, v.description(description));

const diagnostic = v.strictObject({
  code: v.picklist(Object.keys(catalogue)),
  severity: v.picklist(["error", "warning", "hint"]),
  message: text,
  why: text,
  fix: text,
  file: v.optional(text),
  line: v.optional(count),
  column: v.optional(count),
});
export const diagnostics = v.array(diagnostic);

export const stream = v.strictObject({ name: text, region: text, mode });
export const hashKey = v.pipe(text, v.regex(/^\d+$/));
export const hashKeyRange = described(
  v.strictObject({ start: hashKey, end: hashKey }),
  "First and last hash key of a shard, in decimal digits.",
);

/** Of a plan, which is carried out in one account alone. */
export const plannedStream = v.strictObject({ ...stream.entries, account: v.optional(text) });
