/*
 * How far a run's figures may be from what the reference, record by record, would have shown: the largest differences that a grid of
 * loads, calls and retries has shown (docs/model.md), weighted by the part of the attempts that were made while something was refused.
 * Elsewhere nothing is refused in any fidelity, but for a chance below 1e-12 a shard-minute in a leap.
 */
import type { SimulationRun } from "../simulation/simulate.js";
import type { Producer, Workload } from "../workload/schema.js";

/** Ratios, 0 to 1: half-widths around the figure of the same name. */
export interface ImpliedErrors {
  readonly throttledRatio: number;
  readonly lostRatio: number;
}

/** By retry, in percentage points. */
const retryErrors: Readonly<Record<Producer["retry"], ImpliedErrors>> = {
  none: { throttledRatio: 0.5, lostRatio: 0.5 },
  sdk: { throttledRatio: 5.2, lostRatio: 0.5 },
  kpl: { throttledRatio: 9.3, lostRatio: 2.2 },
};

/**
 * Where sizes vary and bytes are what is short, small records find room where large ones do not. Seconds and minutes refuse all alike,
 * or, from some size on, draw each one's size. In percentage points, of records without retries up to twice the limit.
 */
const sizeErrors = { alike: 11, eachItsOwn: 2.8 };
const LEAST_BYTES = 2 ** 10;
const BYTES_OF_THEIR_OWN = 20 * 2 ** 10;

function producerErrors({ retry, recordSize, recordSizeVariation, aggregation }: Producer): ImpliedErrors {
  const { throttledRatio, lostRatio } = retryErrors[retry];
  const varies = (recordSizeVariation ?? 0) > 0 && aggregation === undefined && recordSize >= LEAST_BYTES;
  if (!varies) return { throttledRatio, lostRatio };
  const more = recordSize < BYTES_OF_THEIR_OWN ? sizeErrors.alike : sizeErrors.eachItsOwn;
  return { throttledRatio: throttledRatio + more, lostRatio: lostRatio + more };
}

export function impliedErrors({ producers }: Workload, { fidelity, timeline }: SimulationRun): ImpliedErrors {
  if (fidelity.record === 1) return { throttledRatio: 0, lostRatio: 0 };
  let attempts = 0;
  let scarce = 0;
  for (const { attemptedRecords, throttledRecords } of timeline) {
    attempts += attemptedRecords;
    if (throttledRecords > 0) scarce += attemptedRecords;
  }
  const share = attempts > 0 ? scarce / attempts : 0;
  const largest = (name: keyof ImpliedErrors): number =>
    (share / 100) * Math.max(...producers.map((producer) => producerErrors(producer)[name]));
  return { throttledRatio: largest("throttledRatio"), lostRatio: largest("lostRatio") };
}
