/*
 * Where the fidelities are held against each other: a grid of load, PutRecords calls, ways to retry and processors, and how far a run
 * may be from the same run record by record. docs/model.md states these bounds.
 *
 * Runs of two fidelities draw different numbers, so that a bound has two parts: what chance makes of one run, in standard errors where a
 * formula gives them, and what the coarser look costs. Each bound held for every point of the grid at four seeds.
 */
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import type { SimulationRun } from "../../../src/simulation/simulate.js";
import { consumerOf, type ReadStream } from "./read-side-run.js";

const pollSeconds = 1.5;
/** Kinesis records per second that a shard takes. */
const limit = 1_000;

const loads = [0.2, 5, 100, 500, 900, 970, 1_030, 1_300];
const batches = [1, 10, 100];
const retries = ["none", "sdk", "kpl"];
/** Parts of a processor's time that what the shard can take needs. */
const uses = [0.3, 0.9, 1.4];

export interface GridPoint {
  /** Records per second and shard. */
  readonly load: number;
  /** Records in a PutRecords call. */
  readonly batch: number;
  readonly retry: string;
  readonly use: number;
  readonly shards: number;
  readonly seconds: number;
  /** A third of the grid, in which every pair of its coordinates occurs. */
  readonly isSampled: boolean;
}

/** All 216 points. A KPL above the limit puts records so often that it is simulated for a shorter time. */
export const grid: readonly GridPoint[] = loads.flatMap((load, i) =>
  batches.flatMap((batch, j) =>
    retries.flatMap((retry, k) =>
      uses.map((use, l) => ({
        load,
        batch,
        retry,
        use,
        shards: 1 + ((i + j + k + l) % 2),
        seconds: retry === "kpl" && load > limit ? 240 : 600,
        isSampled: (i + j + k + l) % 3 === 1,
      })),
    ),
  ),
);

export function nameOf({ load, batch, retry, use, shards }: GridPoint): string {
  return `${load}/s a shard in calls of ${batch}, retry ${retry}, ${use} of a processor, ${shards} shards`;
}

export function streamAt({ load, batch, retry, use, shards }: GridPoint): ReadStream {
  return {
    shards,
    records: load * shards,
    recordSize: 200,
    producer: { putBatch: batch, retry },
    consumers: [{ name: "c", kind: "kcl", pollInterval: pollSeconds, timePerRecord: use / Math.min(load, limit) }],
  };
}

const figures = [
  "offered",
  "throttledRatio",
  "lost",
  "processed",
  "ageP50",
  "ageP99",
  "ageMax",
  "latencyP50",
  "latencyP99",
] as const;
type Figure = (typeof figures)[number];

/** Figures by name; what has no bound is left out. */
export type Figures = Partial<Record<Figure, number>>;

export function figuresOf(run: SimulationRun): Record<Figure, number> {
  const { offeredRecords, throttledRatio, lostRecords } = run.summary;
  const { iteratorAgeSeconds: age, latencySeconds: latency, processedRecords } = consumerOf(run);
  return {
    offered: offeredRecords,
    throttledRatio,
    lost: lostRecords,
    processed: processedRecords,
    ageP50: age.p50,
    ageP99: age.p99,
    ageMax: age.max,
    latencyP50: latency.p50,
    latencyP99: latency.p99,
  };
}

/** Records that one call brings to a shard, as a record sees it. */
function callRecords({ batch, shards }: GridPoint): number {
  return 1 + (batch - 1) / shards;
}

/** How long a processor needs for one more call, in seconds: what makes ages and latencies a matter of chance. */
export function lumpSeconds(point: GridPoint): number {
  const taken = Math.min(point.load, limit);
  return callRecords(point) / (taken / point.use - taken);
}

/** Whether polls find something nearly always. */
export function isDense({ load }: GridPoint): boolean {
  return load * pollSeconds >= 20;
}

/** How far a run may be from the one record by record. */
export function boundsAt(point: GridPoint, fidelity: Fidelity): Figures {
  return { ...writeBounds(point, fidelity), ...readBounds(point, fidelity) };
}

/** Standard error of the difference of what two runs offer; a flow offers what is expected. */
function offeredError(point: GridPoint, fidelity: Fidelity): number {
  const { load, shards, seconds } = point;
  return Math.sqrt((fidelity === "fluid" ? 1 : 2) * load * shards * seconds * callRecords(point));
}

function writeBounds(point: GridPoint, fidelity: Fidelity): Figures {
  const { load, batch, retry, shards, seconds } = point;
  const error = offeredError(point, fidelity);
  const offered = load * shards * seconds;
  /*
   * Far below the limit nothing is refused, whatever the fidelity. Otherwise calls of many records make refusals a matter of chance;
   * what retries try in vain is more uncertain than what is lost in the end. Refusals of one call come back together in record mode.
   */
  const isFree = load <= 100;
  const place = batches.indexOf(batch);
  // A flow knows no chance: calls of 100 are refused at nine tenths of the limit, which is all that it leaves out here.
  const retried = [0.03, 0.08, fidelity === "fluid" ? 0.2 : 0.13];
  const ratio = (retry === "none" ? [0.01, 0.02, 0.05] : retried)[place] ?? 0;
  const lost = [0.01, 0.02, 0.05][place] ?? 0;
  // Records that the KPL holds go out in the order of their age in tick mode, by chance in record mode: half a lifetime more wait.
  const waiting = retry === "kpl" && load > limit ? 15 / seconds : 0;
  return {
    offered: 4 * error,
    throttledRatio: isFree ? 0 : ratio,
    lost: isFree ? 0 : (lost + waiting) * offered,
    // What two polls bring is processed or not when the run ends.
    processed: 4 * error + 2 * pollSeconds * load * shards,
  };
}

function readBounds(point: GridPoint, fidelity: Fidelity): Figures {
  if (point.use > 1) {
    // The age grows with what has come; twice a second's arrivals are seen or not, and chance moves it by the error of all arrivals.
    const age = 2 + (4 * offeredError(point, fidelity) * point.seconds) / (point.load * point.shards * point.seconds);
    return allAges(age, age);
  }
  const lump = lumpSeconds(point);
  if (lump <= 0.02) return fidelity === "fluid" ? allAges(0.15, 0.6) : allAges(0.1, 0.15);
  if (lump <= 0.1) return fidelity === "fluid" ? allAges(0.25, 0.6) : allAges(0.15, 0.4);
  // Beyond, flows leave out what calls make of ages; see the tests of it.
  return lump <= 1 && isDense(point) && fidelity !== "fluid" ? allAges(0.3, 1.7) : {};
}

function allAges(middle: number, tail: number): Figures {
  return { ageP50: middle, ageP99: tail, ageMax: tail, latencyP50: middle, latencyP99: tail };
}

/** Whether a flow by the minute, which knows no chance, is to be compared. */
export function isForFlow({ load }: GridPoint): boolean {
  return Math.abs(load / limit - 1) > 0.05;
}

/** What is further away than its bound. */
export function violations(
  found: Record<Figure, number>,
  reference: Record<Figure, number>,
  bounds: Figures,
): string[] {
  return figures.flatMap((figure) => {
    const bound = bounds[figure];
    const apart = Math.abs(found[figure] - reference[figure]);
    if (bound === undefined || apart <= bound) return [];
    return [`${figure} is ${found[figure]} instead of ${reference[figure]}, ${bound} are allowed`];
  });
}
