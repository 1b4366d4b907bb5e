import type { DimensionName } from "../units/dimension.js";
import { parseQuantity } from "../units/parse-quantity.js";

/** A YAML mapping as plain data. */
export type Mapping = Readonly<Record<string, unknown>>;

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value, or an empty mapping where it is something else. */
export function toMapping(value: unknown): Mapping {
  return isMapping(value) ? value : {};
}

/** The entries of a list, each as a mapping; nothing where the value is no list. */
export function listOfMappings(value: unknown): Mapping[] {
  return Array.isArray(value) ? value.map(toMapping) : [];
}

/** The value in its base unit, if it can be read at all. */
export function readQuantity(value: unknown, dimension: DimensionName): number | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const parsed = parseQuantity(value, dimension);
  return parsed.ok ? parsed.value : undefined;
}
