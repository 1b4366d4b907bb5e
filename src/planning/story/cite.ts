/*
 * Figures of the service and its libraries in a sentence: the value that the run went by, and the name under which `limits` prints it and
 * --limits overrides it.
 */
import type { Fact } from "../../service/fact.js";
import type { FactName, ServiceFacts } from "../../service/service-facts.js";
import {
  formatByteRate,
  formatBytes,
  formatDuration,
  formatItems,
  formatNumber,
  formatRatio,
} from "../../units/format-quantity.js";

/** @param value the figure as the model took it, where that is derived from another fact */
export function cite(facts: ServiceFacts, name: FactName, value = facts.value(name)): string {
  return `${formatFigure(value, facts.fact(name))} (${name})`;
}

/** A figure that the workload may set itself: by its key then, else by the fact that stands in for it. */
export function citeKey(facts: ServiceFacts, key: string, stated: number | undefined, name: FactName): string {
  return stated === undefined ? cite(facts, name) : `${formatFigure(stated, facts.fact(name))} (\`${key}\`)`;
}

function formatFigure(value: number, { unit }: Pick<Fact, "unit">): string {
  switch (unit) {
    case "seconds":
      return formatDuration(value);
    case "bytes":
      return formatBytes(value);
    case "bytes/s":
      return formatByteRate(value);
    case "ratio":
      return value < 1 ? formatRatio(value) : formatNumber(value);
    case "records":
      return formatItems(value, "record");
    case "records/s":
      return `${formatItems(value, "record")}/s`;
    case "calls/s":
      return `${formatItems(value, "call")}/s`;
    case "invocations":
      return formatItems(value, "invocation");
    default:
      return formatNumber(value);
  }
}
