/*
 * When keys press on their shards: the hottest key, and the moments at which the busiest shard may carry most. A producer's keys weigh
 * most when that producer is busy, which need not be when the stream is; so its own peak is looked at beside the stream's, and the
 * instants between that matter at the shard count in question.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import { ceilTolerance } from "../units/rounding.js";
import type { Attachments } from "../workload/attachments.js";
import { powerSum } from "../workload/power-sum.js";
import type { Flow, KeyedDemand, Moment, ProducerDemand } from "./demand.js";

/** Of the two limits of a shard, one: which load it bounds, and how much a shard accepts. */
export type WriteLimit = "bytes" | "records";

/** A key whose load can be told: which producer sends it, its load per second, and what a shard accepts. */
export interface HottestKey {
  readonly producerIndex: number;
  readonly limit: WriteLimit;
  /** The key's share of its producer's traffic. */
  readonly share: number;
  readonly load: number;
  readonly accepted: number;
  /** User records per second of its producer at that moment. */
  readonly producerRecords: number;
  /** The key itself, where a file names it. */
  readonly key?: string;
}

/** One limit, what every producer puts on it at some moment, and how much a shard accepts. */
export interface Dimension {
  readonly limit: WriteLimit;
  readonly accepted: number;
  readonly loads: readonly number[];
}

/** Whether a key alone exceeds a share of what its shard accepts. */
export function exceeds({ load, accepted }: HottestKey, share: number): boolean {
  return load > share * accepted * (1 + ceilTolerance);
}

/** When keys press on shards: the loads of all producers, at the moments that matter. */
export class KeyMoments {
  readonly hottest: HottestKey;
  readonly #demand: KeyedDemand;
  readonly #facts: ServiceFacts;
  readonly #keyed: readonly KeyedProducer[];
  readonly #known = new Map<Moment, readonly Dimension[]>();

  constructor(demand: KeyedDemand, facts: ServiceFacts, attachments: Attachments) {
    this.#demand = demand;
    this.#facts = facts;
    this.#keyed = demand.producers.flatMap((part, index): KeyedProducer[] => {
      const hottest = hottestShare(part, attachments);
      return hottest === undefined ? [] : [{ index, ...hottest, ownPeak: demand.peakCounting(index, alone) }];
    });
    this.hottest = this.#findHottest();
  }

  /** The loads at the stream's peak, on bytes and on records. */
  get atPeak(): readonly Dimension[] {
    return this.#dimensionsAt(this.#demand.peakCounting(0, 1));
  }

  /**
   * The moments at which the busiest of `shardCount` shards may carry most. It carries some share of a producer, at least that of the
   * hottest key, and an n-th of all the rest; that is highest where the sum is in which the producer counts 1 + share · (n − 1) times.
   */
  forCount(shardCount: number, busiestShare = 0): (readonly Dimension[])[] {
    const moments = this.#keyed.flatMap(({ index, share, ownPeak }) => [
      this.#demand.peakCounting(index, 1),
      this.#demand.peakCounting(index, 1 + Math.max(share, busiestShare) * (shardCount - 1)),
      ownPeak,
    ]);
    return [...new Set(moments)].map((moment) => this.#dimensionsAt(moment));
  }

  /**
   * The fewest shards that do at every moment; which moments matter depends on the count, so both are worked out in turn.
   *
   * @param fewestAt the fewest shards that do at one moment, at least `known`; null where none do
   */
  fewest(fewestAt: (dimensions: readonly Dimension[], known: number) => number | null): number | null {
    const done = new Set<readonly Dimension[]>();
    let fewest = 1;
    for (;;) {
      const open = this.forCount(fewest).filter((dimensions) => !done.has(dimensions));
      if (open.length === 0) return fewest;
      for (const dimensions of open) {
        const count = fewestAt(dimensions, fewest);
        if (count === null) return null;
        fewest = Math.max(fewest, count);
        done.add(dimensions);
      }
    }
  }

  #dimensionsAt(moment: Moment): readonly Dimension[] {
    const known = this.#known.get(moment);
    if (known !== undefined) return known;
    const dimensions: readonly Dimension[] = [
      {
        limit: "bytes",
        accepted: this.#facts.value("shard.writeBytesPerSecond"),
        loads: moment.bytes.map(({ bytesPerSecond }) => bytesPerSecond),
      },
      {
        limit: "records",
        accepted: this.#facts.value("shard.writeRecordsPerSecond"),
        loads: moment.kinesisRecords.map(({ kinesisRecordsPerSecond }) => kinesisRecordsPerSecond),
      },
    ];
    this.#known.set(moment, dimensions);
    return dimensions;
  }

  #findHottest(): HottestKey {
    const candidates = this.#keyed.flatMap(({ index, share, key, ownPeak }) =>
      this.#dimensionsAt(ownPeak).map(({ limit, accepted, loads }): HottestKey => {
        const flows: readonly Flow[] = limit === "bytes" ? ownPeak.bytes : ownPeak.kinesisRecords;
        return {
          producerIndex: index,
          limit,
          share,
          load: share * (loads[index] ?? 0),
          accepted,
          producerRecords: flows[index]?.recordsPerSecond ?? 0,
          ...(key !== undefined && { key }),
        };
      }),
    );
    return candidates.reduce((most, one) => (one.load / one.accepted > most.load / most.accepted ? one : most));
  }
}

/** A weight at which the other producers only break ties. */
const alone = 1e6;

interface HottestShare {
  readonly share: number;
  readonly key?: string;
}

/** A producer whose keys are described: its hottest key, and when its own traffic is at its peak. */
interface KeyedProducer extends HottestShare {
  readonly index: number;
  readonly ownPeak: Moment;
}

function hottestShare(
  { producer: { name, keys } }: ProducerDemand,
  attachments: Attachments,
): HottestShare | undefined {
  if (keys === undefined) return undefined;
  if (keys.hottest !== undefined) return { share: keys.hottest };
  const weights = attachments.weights.get(name);
  if (weights !== undefined) return weights.hottest;
  return { share: 1 / powerSum(1, keys.count ?? 1, zipfExponent(keys)) };
}

export function zipfExponent(keys: {
  readonly distribution?: string | undefined;
  readonly exponent?: number | undefined;
}): number {
  return keys.distribution === "zipf" ? (keys.exponent ?? 1) : 0;
}
