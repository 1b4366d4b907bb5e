/*
 * The building blocks of the workload schema. Each value with a dimension accepts text with a unit or a bare number in the base
 * unit, and comes out in the base unit. Bounds and dimension stay on the schema as metadata, from which the JSON Schema and the
 * format's reference page are made.
 */
import * as v from "valibot";
import { type DimensionName, dimensionTexts, type Quantity } from "../units/dimension.js";
import { parseQuantity } from "../units/parse-quantity.js";

/** Bounds in the base unit; `above` excludes the bound itself. `because` ends the sentence that refuses a value outside. */
export interface Bounds {
  readonly min?: number;
  readonly above?: number;
  readonly max?: number;
  readonly because?: string;
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
            rangeFix(dimension, bounds, parsed.value),
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

const textLengthMax = 256;

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
  const because = bounds.because === undefined ? "" : ` (${bounds.because})`;
  if (bounds.min !== undefined && value < bounds.min) return `${bounds.min === 0 ? "negative" : "too small"}${because}`;
  if (bounds.above !== undefined && value <= bounds.above) return `too small${because}`;
  if (bounds.max !== undefined && value > bounds.max) return `too large${because}`;
  return undefined;
}

/** Bounds in words, in the base unit: `from 1 to 10`. */
function describeBounds(bounds: Bounds): string {
  const lower =
    bounds.min !== undefined ? `from ${bounds.min}` : bounds.above !== undefined ? `above ${bounds.above}` : "";
  const upper =
    bounds.max !== undefined
      ? `${lower === "" ? "up to" : " to"} ${bounds.max}`
      : lower.startsWith("from")
        ? " upwards"
        : "";
  return `${lower}${upper}`;
}

function rangeFix(dimension: DimensionName, bounds: Bounds, value: number): string {
  const { noun, base, examples } = dimensionTexts[dimension];
  if (dimension === "ratio" && bounds.max === 1 && value > 1 && value <= 100)
    return `write ${value}% if that is what is meant`;
  return `write ${noun} ${describeBounds(bounds)} (${base}), such as ${examples[0]}`;
}
