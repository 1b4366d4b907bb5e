/*
 * Who reads the stream, and how: shared consumers divide a shard's read throughput and calls, fan-out consumers have their own, up to
 * a number that depends on the capacity mode.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import type { CapacityMode, Consumer } from "../workload/schema.js";

export function countReaders(consumers: readonly Consumer[]): { readonly shared: number; readonly fanOut: number } {
  const shared = consumers.filter(({ read }) => read === "shared").length;
  return { shared, fanOut: consumers.length - shared };
}

/** How many fan-out consumers a stream takes in a capacity mode. */
export function fanOutAllowed(mode: CapacityMode, facts: ServiceFacts): number {
  return facts.value(
    mode === "on-demand-advantage" ? "fanOut.consumersPerStreamAdvantage" : "fanOut.consumersPerStream",
  );
}
