/*
 * How the service scales a stream on demand. Once a minute it looks at what each shard and the stream took, in the mean of that minute:
 * bytes, and Kinesis records. The stream is to have room for double its peak write of the last 30 days, so where it has fewer shards,
 * its fullest ones are split; and a shard that takes more than 500 KB/s is split in any case. Both happen within 15 minutes, how late
 * in them is drawn. Splits run one after another, or, where that would take too long, several at a time.
 *
 * Source: AWS's page on sizing a stream. It does not say what counts as a peak (one minute is taken), when exactly shards are split, nor
 * anything of a stream that shrinks: it never does here. What is refused counts nowhere: a stream that is offered many times of what
 * it takes doubles time and again. Left out: how AWS tells a hot key, which it may give up to split.
 */
import { splitKey } from "../service/hash-range.js";
import { formatByteRate, formatItems, formatNumber, formatRecordRate } from "../units/format-quantity.js";
import { sumOf } from "../units/sum-of.js";
import type { Engine } from "./kernel/engine.js";
import type { RandomStream } from "./kernel/random-stream.js";
import type { ProducerUse } from "./mode-meter.js";
import { type OnDemandModel, shardsForPeak, type WriteRate } from "./on-demand-model.js";
import { ShardLoads } from "./shard-loads.js";
import type { ReshardedStream, ShardOperations, StreamStatus } from "./shard-operations.js";
import type { StreamShard } from "./stream-shard.js";
import { WriteHistory } from "./write-history.js";

/** The stream as on-demand scaling sees it, with what it has taken in the run. */
export interface ScaledStream extends ReshardedStream {
  readonly acceptedBytes: number;
  readonly producers: readonly { readonly use: ProducerUse }[];
}

/** From one look to the next. */
const LOOK_SECONDS = 60;
/** A shard's hash key range is not split below this part of the hash space, where it holds one key alone. */
const NARROWEST_RANGE = 2n ** 96n;

/** When a split that is planned may begin, and when it has to be done. */
interface PlannedSplit {
  readonly due: number;
  readonly deadline: number;
}

export class OnDemandScaling {
  readonly history = new WriteHistory();
  readonly #model: OnDemandModel;
  readonly #status: StreamStatus;
  readonly #engine: Engine;
  readonly #stream: ScaledStream;
  readonly #operations: ShardOperations;
  readonly #random: RandomStream;
  /** In the order in which they were planned. */
  readonly #planned = new Map<StreamShard, PlannedSplit>();
  readonly #loads: ShardLoads;
  /** What the stream had taken at the last look. */
  #taken = { bytes: 0, kinesisRecords: 0 };
  #isSplitting = false;
  /** Counts how often all plans were dropped, so that what was under way then is not carried out. */
  #term = 0;
  #isAtCeiling = false;

  /** @param random of its own */
  constructor(
    model: OnDemandModel,
    status: StreamStatus,
    engine: Engine,
    stream: ScaledStream,
    operations: ShardOperations,
    random: RandomStream,
  ) {
    this.#model = model;
    this.#status = status;
    this.#engine = engine;
    this.#stream = stream;
    this.#operations = operations;
    this.#random = random;
    this.#loads = new ShardLoads(model.shard);
    this.history.add(0, model.previousPeak);
    this.#setNextLook();
  }

  /** Drops all plans, and what is under way. */
  stop(): void {
    this.#planned.clear();
    this.#isSplitting = false;
    this.#term += 1;
  }

  #setNextLook(): void {
    this.#engine.at(this.#engine.now + LOOK_SECONDS, () => {
      this.#look();
      this.#setNextLook();
    });
  }

  get #isActive(): boolean {
    return this.#status.mode !== "provisioned" && !this.#status.isUpdating;
  }

  #look(): void {
    const { now } = this.#engine;
    this.history.add(now, this.#rateOfStream());
    this.history.forgetBefore(now - this.#model.peakWindowSeconds);
    this.#loads.look(this.#stream.openShards, LOOK_SECONDS);
    if (this.#isActive) this.#plan();
  }

  #rateOfStream(): WriteRate {
    const bytes = this.#stream.acceptedBytes;
    const kinesisRecords = sumOf(this.#stream.producers, ({ use }) => use.kinesisRecords);
    const before = this.#taken;
    this.#taken = { bytes, kinesisRecords };
    return {
      bytesPerSecond: (bytes - before.bytes) / LOOK_SECONDS,
      recordsPerSecond: (kinesisRecords - before.kinesisRecords) / LOOK_SECONDS,
    };
  }

  /** Plans splits of shards that are too full, and of as many more as the stream lacks, as far as the region's ceiling allows. */
  #plan(): void {
    const { shardsMax } = this.#model;
    const { openShards } = this.#stream;
    const open = openShards.length;
    const peak = this.history.peakSince(0);
    const target = shardsForPeak(peak, this.#model);
    if (target <= open + this.#planned.size && !openShards.some((shard) => this.#isHot(shard))) return;
    const free = openShards
      .filter((shard) => !this.#planned.has(shard) && canSplit(shard))
      .sort((a, b) => this.#loads.fill(b) - this.#loads.fill(a));
    const room = Math.max(0, shardsMax - open - this.#planned.size);
    const hot = free.filter((shard) => this.#isHot(shard));
    const split = hot.slice(0, room);
    const lacking = Math.max(0, Math.min(target, shardsMax) - open - this.#planned.size - split.length);
    const more = free.filter((shard) => !this.#isHot(shard)).slice(0, lacking);
    if (split.length > 0) this.#logHot(split);
    if (more.length > 0) this.#logGrowth(peak, open, target, more.length);
    if (hot.length > room || (target > shardsMax && room === 0)) this.#noteCeiling();
    this.#planSplits([...split, ...more]);
  }

  #isHot(shard: StreamShard): boolean {
    return this.#loads.bytesPerSecond(shard) > this.#model.splitBytesPerSecond;
  }

  #logHot(shards: readonly StreamShard[]): void {
    const rate = (shard: StreamShard): number => this.#loads.bytesPerSecond(shard);
    const fullest = shards.reduce((most, shard) => (rate(shard) > rate(most) ? shard : most));
    const most = formatKilobyteRate(rate(fullest));
    const limit = formatKilobyteRate(this.#model.splitBytesPerSecond);
    const name = `shard ${fullest.number}`;
    if (shards.length === 1)
      this.#log(name, `${name} takes ${most}, more than ${limit}: the service is going to split it`);
    else
      this.#log(
        formatItems(shards.length, "shard"),
        `${formatItems(shards.length, "shard")} take more than ${limit}, most of them ${name} with ${most}: the service is going to split them`,
      );
  }

  #logGrowth(peak: WriteRate, open: number, target: number, count: number): void {
    const rates = `${formatByteRate(peak.bytesPerSecond)} and ${formatRecordRate(peak.recordsPerSecond)}`;
    this.#log(
      `${open} → ${target}`,
      `${formatItems(open, "shard")} leave no room for the peak write of ${rates} to double: the service is going to split ${count}`,
    );
  }

  /** Said once. */
  #noteCeiling(): void {
    if (this.#isAtCeiling) return;
    this.#isAtCeiling = true;
    const { shardsMax, shard } = this.#model;
    this.#log(
      formatItems(shardsMax, "shard"),
      `the stream would grow beyond ${formatByteRate(shardsMax * shard.bytesPerSecond)}, the most that its region takes on demand`,
    );
  }

  #log(subject: string, message: string): void {
    this.#stream.log("on-demand-scaling", subject, message);
  }

  #planSplits(shards: readonly StreamShard[]): void {
    if (shards.length === 0) return;
    const { delaySecondsMin: min, delaySecondsMax: max, windowSeconds } = this.#model;
    const { now } = this.#engine;
    const due = now + Math.round(min + this.#random.nextUniform() * (max - min));
    // What asked for them has happened in the minute before.
    const deadline = now + windowSeconds - LOOK_SECONDS;
    for (const shard of shards) this.#planned.set(shard, { due, deadline });
    this.#engine.at(due, () => this.#splitDue());
  }

  /** Splits what is due, as many at a time as have to be for the last ones to be done in time. */
  #splitDue(): void {
    if (this.#isSplitting || !this.#isActive) return;
    const { now } = this.#engine;
    const due = [...this.#planned].filter(([, split]) => split.due <= now);
    if (due.length === 0) return;
    const left = Math.min(...due.map(([, { deadline }]) => deadline)) - now;
    const rounds = Math.max(1, Math.floor(left / this.#model.operationSecondsMax));
    const shards = due.slice(0, Math.ceil(due.length / rounds)).map(([shard]) => shard);
    const term = this.#term;
    this.#isSplitting = true;
    this.#engine.at(now + this.#operations.drawSeconds(), () => {
      if (term !== this.#term) return;
      this.#isSplitting = false;
      for (const shard of shards) {
        this.#planned.delete(shard);
        this.#stream.split(shard, splitKey(shard.range, 1 / 2));
      }
      this.#splitDue();
    });
  }
}

/** As AWS states the rate above which it splits. */
function formatKilobyteRate(bytesPerSecond: number): string {
  return `${formatNumber(bytesPerSecond / 10 ** 3)} KB/s`;
}

function canSplit({ range }: StreamShard): boolean {
  return range.last - range.first >= NARROWEST_RANGE;
}
