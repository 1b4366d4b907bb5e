/** What `schema` can print: the workload format, and the JSON of each answer. */
export const schemaNames = [
  "workload",
  "size",
  "fleet",
  "reverse",
  "simulate",
  "reshard",
  "apply",
  "journal",
  "reshard-layout",
  "limits",
] as const;

export type SchemaName = (typeof schemaNames)[number];
