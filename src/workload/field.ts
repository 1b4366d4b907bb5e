/*
 * The building blocks of the workload schema. Each value with a dimension accepts text with a unit or a bare number in the base
 * unit, and comes out in the base unit. Bounds and dimension stay on the schema as metadata, from which the JSON Schema and the
 * format's reference page are made.
 */
import * as v from "valibot";
import { HASH_KEYS } from "../service/hash-range.js";
import { type DimensionName, dimensionTexts, type Quantity } from "../units/dimension.js";
import { formatByteRate, formatBytes, formatDuration, formatRatio } from "../units/format-quantity.js";
import { parseQuantity } from "../units/parse-quantity.js";
import { parseTimestamp } from "./parse-timestamp.js";

/**
 * Bounds in the base unit; `above` and `below` exclude the bound itself. Those that the service sets are `published`: the format shows them,
 * and check-service-limits.ts holds a workload against the facts in force, which may have been overridden.
 */
export interface Bounds {
  readonly min?: number;
  readonly above?: number;
  readonly max?: number;
  readonly below?: number;
  readonly published?: true;
}

/** An issue's message is `code | what is wrong | fix`, so that one text carries all three through the schema library. */
export function issueText(
  code: "wrong-quantity" | "out-of-range" | "list-too-long" | "wrong-value" | "gate-syntax",
  reason: string,
  fix: string,
): string {
  return `${code}|${reason}|${fix}`;
}

/** A value of one dimension: text with a unit, or a bare number in the base unit. Comes out in the base unit. */
export function quantity<D extends DimensionName>(dimension: D, bounds: Bounds, description: string) {
  return v.pipe(
    v.union([v.string(), v.number()]),
    // Ahead of the transformation: what follows it is no part of the JSON Schema of the input.
    v.metadata({ dimension, bounds }),
    v.description(description),
    v.rawTransform<string | number, Quantity<D>>(({ dataset, addIssue, NEVER }) => {
      const parsed = parseQuantity(dataset.value, dimension);
      if (!parsed.ok) {
        addIssue({
          message: issueText("wrong-quantity", parsed.reason, parsed.fix),
        });
        return NEVER;
      }
      const complaint = outside(parsed.value, bounds);
      if (complaint !== undefined) {
        addIssue({
          message: issueText(
            "out-of-range",
            `${dataset.value} is ${complaint}`,
            rangeFix(dimension, bounds, dataset.value),
          ),
        });
        return NEVER;
      }
      return parsed.value as Quantity<D>;
    }),
  );
}

/** A whole number within bounds. */
export function integer(bounds: Bounds, description: string) {
  return v.pipe(
    v.number(),
    v.rawCheck<number>(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const complaint = Number.isInteger(dataset.value) ? outside(dataset.value, bounds) : "not a whole number";
      if (complaint !== undefined)
        addIssue({
          message: issueText(
            "out-of-range",
            `${dataset.value} is ${complaint}`,
            `write a whole number ${describeBounds(bounds)}`,
          ),
        });
    }),
    v.metadata({ integer: true, bounds }),
    v.description(description),
  );
}

/** A plain number without a dimension, within bounds. */
export function real(bounds: Bounds, description: string) {
  return v.pipe(
    v.number(),
    v.rawCheck<number>(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const complaint = Number.isFinite(dataset.value) ? outside(dataset.value, bounds) : "not finite";
      if (complaint !== undefined)
        addIssue({
          message: issueText(
            "out-of-range",
            `${dataset.value} is ${complaint}`,
            `write a number ${describeBounds(bounds)}`,
          ),
        });
    }),
    v.metadata({ bounds }),
    v.description(description),
  );
}

/** Text that is not empty and not longer than a line. */
export function text(description: string) {
  return v.pipe(
    v.string(),
    v.check(
      (value) => value.trim() !== "" && value.length <= textLengthMax,
      issueText("wrong-value", "the text is empty or too long", `write 1 to ${textLengthMax} characters`),
    ),
    v.metadata({ lengthMax: textLengthMax }),
    v.description(description),
  );
}

/** A hash key in decimal digits, which stays text. JSON numbers cannot hold it. */
export function hashKey(description: string) {
  return v.pipe(
    v.string(),
    v.check(
      (digits) => /^\d{1,39}$/.test(digits) && BigInt(digits) < HASH_KEYS,
      issueText("wrong-value", "the text is not a hash key", "write a whole number from 0 to 2^128 - 1, in quotes"),
    ),
    v.metadata({ lengthMax: hashKeyDigits }),
    v.description(description),
  );
}

const hashKeyDigits = 39;

/** An AWS account. */
export function account(description: string) {
  return v.pipe(
    text(description),
    v.regex(
      /^\d{12}$/,
      issueText("wrong-value", "an account has 12 digits", 'write it in quotes, such as "123456789012"'),
    ),
  );
}

/** A time as ISO 8601, which stays text. */
export function timestamp(description: string) {
  return v.pipe(
    text(description),
    v.check(
      (value) => parseTimestamp(value) !== undefined,
      issueText("wrong-value", "this is no time", "write ISO 8601, such as 2026-12-01T06:00:00Z"),
    ),
  );
}

const textLengthMax = 256;

/** A mapping whose keys are all known. A list is an object to JavaScript and to the schema library, but no mapping. */
export function mapping<const E extends v.ObjectEntries>(entries: E): v.StrictObjectSchema<E, undefined> {
  const schema = v.strictObject(entries);
  const checkedRun: (typeof schema)["~run"] = (dataset, config) => {
    if (!Array.isArray(dataset.value)) return schema["~run"](dataset, config);
    v._addIssue(schema, "type", dataset as v.UnknownDataset, config);
    return dataset as unknown as ReturnType<typeof checkedRun>;
  };
  return { ...schema, "~run": checkedRun };
}

export function oneOf<const T extends readonly string[]>(values: T, description: string) {
  return v.pipe(v.picklist(values), v.description(description));
}

/** A list with an upper bound on its length, so that no file can exhaust the machine. */
export function list<S extends v.GenericSchema>(
  item: S,
  bounds: { readonly min?: number; readonly max: number },
  description: string,
) {
  return v.pipe(
    v.array(item),
    v.maxLength(
      bounds.max,
      issueText(
        "list-too-long",
        `the list has more than ${bounds.max} entries`,
        "split the workload, or put the traffic into a trace file",
      ),
    ),
    v.minLength(bounds.min ?? 0, issueText("out-of-range", "the list is empty", "add an entry")),
    v.metadata({ bounds }),
    v.description(description),
  );
}

function outside(value: number, bounds: Bounds): string | undefined {
  if (bounds.published === true) return value < 0 ? "negative" : undefined;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, above, below } = bounds;
  if (value < min) return min === 0 ? "negative" : "too small";
  if (above !== undefined && value <= above) return "too small";
  return value > max || (below !== undefined && value >= below) ? "too large" : undefined;
}

/** Bounds in words: `from 1 to 10`, `above 0`. */
export function describeBounds({ min, above, max, below }: Bounds, format: (value: number) => string = String): string {
  if (min !== undefined)
    return max === undefined ? `from ${format(min)} upwards` : `from ${format(min)} to ${format(max)}`;
  const most =
    max !== undefined ? ` and up to ${format(max)}` : below !== undefined ? ` and below ${format(below)}` : "";
  if (above !== undefined) return `above ${format(above)}${most}`;
  return max === undefined ? "" : `up to ${format(max)}`;
}

const formats: Partial<Readonly<Record<DimensionName, (value: number) => string>>> = {
  bytes: formatBytes,
  bytesPerSecond: formatByteRate,
  seconds: formatDuration,
  ratio: formatRatio,
};

/** How to put a value right, as it was written, that is out of its bounds. */
export function rangeFix(dimension: DimensionName, bounds: Bounds, written: unknown): string {
  if (
    dimension === "ratio" &&
    (bounds.max ?? bounds.below) === 1 &&
    typeof written === "number" &&
    written > 1 &&
    written <= 100
  )
    return `write ${written}% if that is what is meant`;
  return `write ${dimensionTexts[dimension].noun} ${describeBounds(bounds, formats[dimension])}`;
}
