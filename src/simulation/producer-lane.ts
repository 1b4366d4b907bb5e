/*
 * What the writers of all fidelities have in common: a lane for each producer with keys on the shard, and heirs that take over what
 * waits in it when the shard closes.
 */
import type { ProducerModel } from "./model.js";
import type { ProducerTraffic } from "./producer-traffic.js";
import type { Writer } from "./shard-parts.js";

/** One producer's records on one shard. */
export interface ProducerLane {
  readonly traffic: ProducerTraffic;
  /** The shard's share of the producer's records. */
  readonly share: number;
}

/** Kinesis records that a PutRecords call brings to a shard, as a record sees it: larger calls count more. */
export function recordsOfCall({ putBatch }: ProducerModel, share: number): number {
  return 1 + (putBatch - 1) * share;
}

interface LanedWriter extends Writer {
  laneOf(traffic: ProducerTraffic): ProducerLane | undefined;
}

interface Heir<Kind extends LanedWriter> {
  readonly writer: Kind;
  readonly lane: NonNullable<ReturnType<Kind["laneOf"]>>;
  /** Its part of what the heirs before it have left: all of it for the last one. */
  readonly part: number;
}

/** The writers of a kind that take over a producer's keys. */
export function heirsOf<Kind extends LanedWriter>(
  writers: readonly Writer[],
  kind: abstract new (...args: never[]) => Kind,
  traffic: ProducerTraffic,
): Heir<Kind>[] {
  const heirs: Heir<Kind>[] = [];
  let left = 0;
  for (const writer of writers.toReversed()) {
    if (!(writer instanceof kind)) continue;
    const lane = writer.laneOf(traffic) as Heir<Kind>["lane"] | undefined;
    if (lane === undefined) continue;
    left += lane.share;
    heirs.unshift({ writer, lane, part: lane.share / left });
  }
  return heirs;
}
