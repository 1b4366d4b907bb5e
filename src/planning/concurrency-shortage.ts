/*
 * When a Lambda consumer got fewer invocations at a time than it asked for.
 */
import type { SimulationRun } from "../simulation/simulate.js";

/** A stretch of the run, in seconds. */
interface Shortage {
  readonly at: number;
  readonly lasts: number;
}

/** One that has not ended lasts to the end of the run. */
export function concurrencyShortages(name: string, { events, summary }: SimulationRun): Shortage[] {
  const own = events.filter(({ subject }) => subject === name);
  return own
    .filter(({ event }) => event === "concurrency-exhausted")
    .map(({ at }) => {
      const end = own.find((one) => one.event === "concurrency-enough" && one.at > at)?.at ?? summary.seconds;
      return { at, lasts: end - at };
    });
}
