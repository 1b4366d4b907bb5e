/*
 * A stream with one KCL consumer, watched second by second: who processes which shard from when on, and when shards are done. What the
 * KCL does in between two seconds is seen at the end of the second.
 */
import type { ControlEvent } from "../../../../src/simulation/control-event.js";
import type { StreamSimulation } from "../../../../src/simulation/stream-simulation.js";
import { openReads, play } from "../read-side-run.js";
import type { ModelRun } from "../run-model.js";

type Keys = Readonly<Record<string, unknown>>;

/** 20 records of 100 bytes a second for each shard, and no CPU limit, unless something else is said. */
export interface KclStream {
  readonly version: 2 | 3;
  readonly shards: number;
  readonly workers: number;
  readonly records?: number;
  readonly producer?: Keys;
  readonly consumer?: Keys;
  /** Its consumer is filled in. */
  readonly scenario: readonly Keys[];
  readonly seed: number;
  readonly seconds: number;
  readonly limits?: NonNullable<ModelRun["limits"]>;
}

/** Who processes a shard from a second on; -1 for nobody. */
export interface Holding {
  readonly from: number;
  readonly worker: number;
}

export interface WatchedShard {
  readonly holdings: Holding[];
  /** When the first record had been processed, and when the consumer was done with it; NaN where that has not been. */
  firstRecordAt: number;
  endedAt: number;
}

export interface WatchedRun {
  readonly simulation: StreamSimulation;
  /** By number. */
  readonly shards: readonly WatchedShard[];
  /** Records that were processed again, by the end of each second. */
  readonly repeated: readonly number[];
  /** User records up to which shard 0 was processed, by the end of each second. */
  readonly processed: readonly number[];
  /** User records accepted by each shard in all. */
  readonly accepted: readonly number[];
}

async function watch(stream: KclStream): Promise<WatchedRun> {
  const { version, workers, shards: count, records = 20 * count, producer = {}, seed, seconds, limits = {} } = stream;
  const consumer = { name: "c", kind: "kcl", kclVersion: version, workers, ...stream.consumer };
  const scenario = stream.scenario.map((event) => ({ ...(needsConsumer(event) && { consumer: "c" }), ...event }));
  const simulation = await openReads(
    { shards: count, records, producer, consumers: [consumer], scenario },
    { fidelity: "tick", seconds, seed, resolutionSeconds: 1, limits },
  );
  const shards: WatchedShard[] = [];
  const repeated: number[] = [];
  const processed: number[] = [];
  play(simulation, (now) => {
    for (const { number, leases } of simulation.shards) {
      shards[number] ??= { holdings: [], firstRecordAt: Number.NaN, endedAt: Number.NaN };
      const shard = shards[number];
      const [lease] = leases;
      if (lease === undefined) continue;
      if (lease.worker !== (shard.holdings.at(-1)?.worker ?? -1))
        shard.holdings.push({ from: now, worker: lease.worker });
      if (Number.isNaN(shard.firstRecordAt) && lease.reader.processed > 0) shard.firstRecordAt = now;
      if (Number.isNaN(shard.endedAt) && lease.isEnded) shard.endedAt = now;
    }
    processed.push(simulation.shards[0]?.leases[0]?.reader.processed ?? Number.NaN);
    repeated.push(simulation.fleets[0]?.account.repeated ?? Number.NaN);
  });
  return { simulation, shards, repeated, processed, accepted: simulation.shards.map(({ log }) => log.records) };
}

function needsConsumer({ event }: Keys): boolean {
  return !["reshard", "split-shard", "merge-shards", "traffic"].includes(String(event));
}

/** When some worker first begins to process a shard after a time; NaN where nobody does. */
export function beginsAfter({ holdings }: WatchedShard, seconds: number): number {
  return holdings.find(({ from, worker }) => from > seconds && worker >= 0)?.from ?? Number.NaN;
}

/** Who processes a shard at the end of a second. */
export function holderAt({ holdings }: WatchedShard, seconds: number): number {
  return holdings.findLast(({ from }) => from <= seconds)?.worker ?? -1;
}

export function eventsNamed({ simulation }: WatchedRun, name: string): ControlEvent[] {
  return simulation.events.filter(({ event }) => event === name);
}

/** Shards that a worker that is gone from a second on was processing then. */
export function orphansOf({ shards }: WatchedRun, seconds: number): WatchedShard[] {
  return shards.filter((shard) => holderAt(shard, seconds - 1) >= 0 && holderAt(shard, seconds) < 0);
}

/** Runs a stream with seeds from 1 on. */
export async function watchAll(count: number, stream: Omit<KclStream, "seed">): Promise<WatchedRun[]> {
  const runs: WatchedRun[] = [];
  for (let seed = 1; seed <= count; seed += 1) runs.push(await watch({ ...stream, seed }));
  return runs;
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
