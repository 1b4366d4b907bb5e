/*
 * Changes of the capacity mode, and of the warm throughput of on-demand Advantage: what the service refuses, and what happens when it
 * does not.
 *
 * A stream changes between provisioned and on demand at most twice in any 24 hours, keeps its shards, and is UPDATING for a while.
 * Advantage is a setting of the account: going from on-demand to it and back changes prices at once, is no change of the stream's
 * mode, and stays for a day at least. Warm throughput splits every shard into as many equal parts as its width asks for, or merges what
 * neither the request nor the last hour's peak needs. Refusals are logged, as the service would answer them; a request to leave
 * Advantage early counts as one, though AWS only puts it off. How long things take is assumed: AWS says minutes.
 */
import { planOperations, splitKey, widthOf } from "../service/hash-range.js";
import { secondsPerDay } from "../units/dimension.js";
import { formatByteRate, formatDuration, formatItems } from "../units/format-quantity.js";
import { ceilDivide, ceilTolerant } from "../units/rounding.js";
import { sumOf } from "../units/sum-of.js";
import type { CapacityMode } from "../workload/schema.js";
import type { Engine } from "./kernel/engine.js";
import { type OnDemandModel, shardsForPeak } from "./on-demand-model.js";
import type { OnDemandScaling } from "./on-demand-scaling.js";
import { inUseRefusal, type ReshardedStream, type ShardOperations, type StreamStatus } from "./shard-operations.js";
import type { StreamShard } from "./stream-shard.js";

/** The calls of a day that are left to a change between provisioned and on demand; undefined where there are none. */
export function refusedSwitch(
  calls: readonly number[],
  now: number,
  { switchesPerDay }: Pick<OnDemandModel, "switchesPerDay">,
): string | undefined {
  const recent = calls.filter((at) => at > now - secondsPerDay);
  if (recent.length < switchesPerDay) return undefined;
  return `LimitExceededException: the ${switchesPerDay} changes of the capacity mode in 24 hours are used up`;
}

/** Whether a change is one between provisioned and on demand. */
export function isSwitch(from: CapacityMode, to: CapacityMode): boolean {
  return (from === "provisioned") !== (to === "provisioned");
}

/** Why warm throughput would be refused; undefined where it would not. */
export function refusedWarmth(
  mode: CapacityMode,
  bytesPerSecond: number,
  { warmBytesPerSecondMax }: Pick<OnDemandModel, "warmBytesPerSecondMax">,
): string | undefined {
  if (mode !== "on-demand-advantage") return `a stream in mode ${mode} has no warm throughput`;
  if (bytesPerSecond <= warmBytesPerSecondMax) return undefined;
  return `warm throughput goes up to ${formatByteRate(warmBytesPerSecondMax)}, ${formatByteRate(bytesPerSecond)} were asked for`;
}

export class CapacityModes {
  readonly #model: OnDemandModel;
  readonly #status: StreamStatus;
  readonly #engine: Engine;
  readonly #stream: ReshardedStream;
  readonly #operations: ShardOperations;
  readonly #scaling: OnDemandScaling;
  readonly #changed: (mode: CapacityMode) => void;
  /** When changes between provisioned and on demand were accepted. */
  readonly #switchTicks: number[] = [];
  /** When Advantage was turned on in the run. */
  #advantageSince = Number.NEGATIVE_INFINITY;
  #warmBytesPerSecond: number;

  /** @param changed told of a new mode when it comes into force */
  constructor(
    model: OnDemandModel,
    status: StreamStatus,
    engine: Engine,
    stream: ReshardedStream,
    operations: ShardOperations,
    scaling: OnDemandScaling,
    changed: (mode: CapacityMode) => void,
  ) {
    this.#model = model;
    this.#status = status;
    this.#engine = engine;
    this.#stream = stream;
    this.#operations = operations;
    this.#scaling = scaling;
    this.#changed = changed;
    this.#warmBytesPerSecond = model.warmBytesPerSecond;
  }

  /** Calls UpdateStreamMode, or changes the account's setting. */
  changeTo(mode: CapacityMode): void {
    const { mode: before } = this.#status;
    const subject = `${before} → ${mode}`;
    if (mode === before && !this.#status.isUpdating) {
      this.#stream.log("event-ignored", subject, `the stream is in mode ${mode} already`);
      return;
    }
    const refusal = this.#refusal(before, mode);
    if (refusal !== undefined) {
      this.#stream.log("mode-refused", subject, refusal);
      return;
    }
    if (mode === "on-demand-advantage") this.#advantageSince = this.#engine.now;
    if (!isSwitch(before, mode)) {
      this.#enter(mode);
      return;
    }
    this.#switchTicks.push(this.#engine.now);
    this.#status.isUpdating = true;
    this.#scaling.stop();
    this.#stream.log("mode-change-started", subject, `the stream changes from ${before} to ${mode}`);
    this.#engine.at(this.#engine.now + Math.max(1, Math.ceil(this.#model.switchSeconds)), () => {
      this.#status.isUpdating = false;
      this.#enter(mode);
    });
  }

  #refusal(before: CapacityMode, mode: CapacityMode): string | undefined {
    if (this.#status.isUpdating) return inUseRefusal;
    const { now } = this.#engine;
    const { commitmentSecondsMin } = this.#model;
    // Also of one whose stream is not on demand meanwhile.
    if (mode === "on-demand" && now < this.#advantageSince + commitmentSecondsMin)
      return `an account stays in Advantage for ${formatDuration(commitmentSecondsMin)} at least`;
    if (isSwitch(before, mode)) return refusedSwitch(this.#switchTicks, now, this.#model);
    if (mode === "on-demand-advantage" || this.#warmBytesPerSecond === 0) return undefined;
    return "warm throughput has to be taken back before the account leaves Advantage";
  }

  #enter(mode: CapacityMode): void {
    const before = this.#status.mode;
    this.#status.mode = mode;
    if (mode !== "on-demand-advantage") this.#warmBytesPerSecond = 0;
    this.#changed(mode);
    const shards = formatItems(this.#stream.openShards.length, "shard");
    this.#stream.log("mode-changed", `${before} → ${mode}`, `the stream is in mode ${mode}, with ${shards} as before`);
  }

  /** Calls UpdateStreamWarmThroughput. */
  setWarmThroughput(bytesPerSecond: number): void {
    const subject = formatByteRate(bytesPerSecond);
    const refusal = this.#status.isUpdating
      ? inUseRefusal
      : refusedWarmth(this.#status.mode, bytesPerSecond, this.#model);
    if (refusal !== undefined) {
      this.#stream.log("warm-throughput-refused", subject, refusal);
      return;
    }
    const isLess = bytesPerSecond <= this.#warmBytesPerSecond;
    this.#warmBytesPerSecond = bytesPerSecond;
    this.#stream.log("warm-throughput", subject, `warm throughput is set to ${subject}`);
    const needed = ceilDivide(bytesPerSecond, this.#model.warmBytesPerSecondPerShard);
    if (isLess) this.#shrink(needed, subject);
    else this.#growTo(needed, subject);
  }

  /** Splits shards, again and again, until each takes no more of the hash space than one of `count` equal ones. */
  #growTo(count: number, subject: string): void {
    const parts = this.#partsOfShards(count);
    const rounds = Math.ceil(Math.log2(Math.max(1, ...parts.values())));
    let pieces = parts;
    const halves = (): void => {
      const next = new Map<StreamShard, number>();
      for (const [shard, most] of pieces) {
        if (most <= 1) continue;
        const lower = Math.floor(most / 2);
        const [first, second] = this.#stream.split(shard, splitKey(shard.range, lower / most));
        if (first !== undefined) next.set(first, lower);
        if (second !== undefined) next.set(second, most - lower);
      }
      pieces = next;
    };
    this.#runWithin(
      Array.from({ length: rounds }, () => halves),
      subject,
    );
  }

  /** Into how many equal parts each open shard is divided for there to be none wider than one of `count`; the ceiling holds. */
  #partsOfShards(count: number): Map<StreamShard, number> {
    const wanted = this.#stream.openShards.map((shard) => ({ shard, exact: count * widthOf(shard.range) }));
    const parts = new Map(wanted.map(({ shard, exact }) => [shard, Math.max(1, ceilTolerant(exact))]));
    let surplus = sumOf(parts.values(), (one) => one) - this.#model.shardsMax;
    const byGain = wanted.toSorted((a, b) => gainOf(a.exact) - gainOf(b.exact));
    for (const { shard } of byGain) {
      const most = parts.get(shard) ?? 1;
      if (surplus <= 0) break;
      if (most === 1) continue;
      parts.set(shard, most - 1);
      surplus -= 1;
    }
    return parts;
  }

  /** Merges what neither the new warm throughput nor twice the last hour's peak needs. What was before that hour counts no longer. */
  #shrink(asked: number, subject: string): void {
    const { warmReductionWindowSeconds, initialShards } = this.#model;
    const since = this.#engine.now - warmReductionWindowSeconds;
    this.#scaling.history.forgetBefore(Math.max(1, since));
    const needed = shardsForPeak(this.#scaling.history.peakSince(since), this.#model);
    const open = this.#stream.openShards;
    const count = Math.max(asked, needed, initialShards);
    const ranges = open.map(({ range }) => range);
    const operations = count < open.length ? planOperations(ranges, count) : [];
    const batches = Math.max(1, Math.floor(this.#model.warmSeconds / this.#model.operationSeconds));
    const size = Math.ceil(operations.length / batches);
    const acts = Array.from({ length: size > 0 ? Math.ceil(operations.length / size) : 0 }, (_, index) => () => {
      for (const operation of operations.slice(index * size, (index + 1) * size)) this.#operations.apply(operation);
    });
    this.#runWithin(acts, subject);
  }

  /** Does one thing after another, evenly over the time that a change of warm throughput takes. */
  #runWithin(acts: readonly (() => void)[], subject: string): void {
    if (acts.length === 0) return;
    const { now } = this.#engine;
    this.#status.isUpdating = true;
    this.#scaling.stop();
    for (const [index, act] of acts.entries()) {
      const at = now + Math.max(1, Math.ceil((this.#model.warmSeconds * (index + 1)) / acts.length));
      this.#engine.at(at, () => {
        act();
        if (index < acts.length - 1) return;
        this.#status.isUpdating = false;
        const shards = formatItems(this.#stream.openShards.length, "shard");
        this.#stream.log("warm-throughput", subject, `the stream is ready for ${subject}, with ${shards}`);
      });
    }
  }
}

/** How much is gained by the last of the parts into which a shard is divided. */
function gainOf(exact: number): number {
  return exact - Math.floor(exact - 1e-9);
}
