import type { DimensionName } from "../units/dimension.js";
import { parseQuantity } from "../units/parse-quantity.js";

export const gateOperators = ["<=", ">=", "==", "<", ">"] as const;
export type GateOperator = (typeof gateOperators)[number];

/** `metric operator value`, as written and as read. `value` is in the base unit of `dimension`. */
export interface GateExpression {
  readonly source: string;
  readonly metric: string;
  readonly operator: GateOperator;
  readonly value: number;
  readonly dimension: DimensionName | "number";
}

export type ParsedGate =
  | { readonly ok: true; readonly gate: GateExpression }
  | { readonly ok: false; readonly reason: string; readonly fix: string };

const operatorPattern = /<=|>=|==|<|>/;
const gateLengthMax = 256;

/** A value says its dimension by its unit; the first that reads it wins. A bare number has none yet: its metric gives it one. */
const dimensionsTried: readonly DimensionName[] = [
  "ratio",
  "seconds",
  "bytes",
  "recordsPerSecond",
  "bytesPerSecond",
  "usd",
  "usdPerHour",
];

/** Reads a gate's text. Whether its metric exists is for the gates themselves to say. */
export function parseGateExpression(source: string): ParsedGate {
  const match = source.length <= gateLengthMax ? operatorPattern.exec(source) : null;
  const metric = source.slice(0, match?.index ?? 0).trim();
  const text = source.slice((match?.index ?? 0) + (match?.[0].length ?? 0)).trim();
  if (match === null || metric === "" || text === "" || /[<>=]/.test(metric + text)) {
    return {
      ok: false,
      reason: `${JSON.stringify(shortened(source))} is not \`metric operator value\``,
      fix: "write a gate such as `shards.recommended <= 40` or `cost.usdPerMonth < $900`, with <, <=, >, >= or ==",
    };
  }
  const read = parseGateValue(text);
  if (read === undefined) {
    return {
      ok: false,
      reason: `${JSON.stringify(text)} is not a value`,
      fix: "write a number, with its unit if it has one: 40, 0.1%, 60s, $900, 5 MiB/s",
    };
  }
  return { ok: true, gate: { source, metric, operator: match[0] as GateOperator, ...read } };
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function parseGateValue(text: string): { value: number; dimension: DimensionName | "number" } | undefined {
  const bare = text === "" ? Number.NaN : Number(text);
  if (Number.isFinite(bare)) return { value: bare, dimension: "number" };
  for (const dimension of dimensionsTried) {
    const parsed = parseQuantity(text, dimension);
    if (parsed.ok) return { value: parsed.value, dimension };
  }
  return undefined;
}
