/*
 * UpdateShardCount, SplitShard and MergeShards: what the service refuses, and what happens when it does not. Operations run one after
 * another, each with a duration of its own; writes go to the children from the moment a parent closes; a child is read once its
 * parents are processed to their end.
 *
 * Rules: at most double and at least half of the open shards, at most ten UpdateShardCount calls in any 24 hours, one operation of a
 * stream at a time, and never more open shards than the account may have, intermediate ones included. Refusals are logged, as the
 * service would answer them.
 */
import { openShardsMax, planOperations, type ShardOperation, splitKey } from "../service/hash-range.js";
import { secondsPerDay } from "../units/dimension.js";
import type { Engine } from "./kernel/engine.js";
import type { RandomStream } from "./kernel/random-stream.js";
import type { ReshardModel } from "./model.js";
import { inUseRefusal, type ReshardedStream, ShardOperations, type StreamStatus } from "./shard-operations.js";

/** Why UpdateShardCount would refuse a count; undefined where it would not. */
export function refusedCount(
  openCount: number,
  target: number,
  model: Pick<ReshardModel, "factorMax" | "factorMin" | "shardsMax">,
): string | undefined {
  if (target > openCount * model.factorMax)
    return `UpdateShardCount cannot go beyond double: ${openCount} shards are open, ${target} were asked for`;
  if (target < openCount * model.factorMin)
    return `UpdateShardCount cannot go below half: ${openCount} shards are open, ${target} were asked for`;
  if (target > model.shardsMax)
    return `UpdateShardCount takes at most ${model.shardsMax} shards, ${target} were asked for`;
  if (target === model.shardsMax && openCount > model.shardsMax)
    return `UpdateShardCount takes a stream of more than ${model.shardsMax} shards below that count only`;
  return undefined;
}

export class Resharding {
  readonly #model: ReshardModel;
  readonly #status: StreamStatus;
  readonly #engine: Engine;
  readonly #stream: ReshardedStream;
  readonly #operations: ShardOperations;
  /** When the calls of the last 24 hours were accepted. */
  #callTicks: number[] = [];

  constructor(
    model: ReshardModel,
    status: StreamStatus,
    engine: Engine,
    stream: ReshardedStream,
    random: RandomStream,
  ) {
    this.#model = model;
    this.#status = status;
    this.#engine = engine;
    this.#stream = stream;
    this.#operations = new ShardOperations(model, engine, stream, random.child("resharding"));
  }

  /** Calls UpdateShardCount. */
  updateShardCount(target: number): void {
    const open = this.#stream.openShards;
    const operations = planOperations(
      open.map(({ range }) => range),
      target,
    );
    const refusal = this.#refusal(operations) ?? refusedCount(open.length, target, this.#model) ?? this.#rateRefusal();
    const subject = `${open.length} → ${target}`;
    if (refusal !== undefined) {
      this.#stream.log("reshard-refused", subject, refusal);
      return;
    }
    this.#callTicks.push(this.#engine.now);
    this.#stream.log("reshard-started", subject, `UpdateShardCount from ${open.length} to ${target} shards`);
    this.#run(operations, `now ${target} shards`);
  }

  /** Calls SplitShard on the shard of that number. */
  splitShard(number: number, share: number): void {
    const index = this.#stream.openShards.findIndex((shard) => shard.number === number);
    const shard = this.#stream.openShards[index];
    if (shard === undefined) this.#refuse(`shard ${number}`, `SplitShard: shard ${number} is not open`);
    else this.#call([{ kind: "split", index, at: splitKey(shard.range, share) }], `shard ${number}`, "SplitShard");
  }

  /** Calls MergeShards on two shards by their numbers. */
  mergeShards(one: number, other: number): void {
    const indexes = [one, other]
      .map((number) => this.#stream.openShards.findIndex((shard) => shard.number === number))
      .sort((a, b) => a - b);
    const [lower = -1, upper = -1] = indexes;
    const subject = `shards ${one} and ${other}`;
    if (lower < 0) this.#refuse(subject, `MergeShards: ${subject} are not both open`);
    else if (upper !== lower + 1) this.#refuse(subject, `MergeShards: ${subject} are not adjacent`);
    else this.#call([{ kind: "merge", index: lower }], subject, "MergeShards");
  }

  #call(operations: readonly ShardOperation[], subject: string, operation: string): void {
    const refusal = this.#refusal(operations);
    if (refusal !== undefined) {
      this.#refuse(subject, `${operation}: ${refusal}`);
      return;
    }
    this.#stream.log("reshard-started", subject, `${operation} on ${subject}`);
    this.#run(operations, `now ${this.#stream.openShards.length + (operation === "SplitShard" ? 1 : -1)} shards`);
  }

  #refuse(subject: string, message: string): void {
    this.#stream.log("reshard-refused", subject, message);
  }

  /** What holds for every call. */
  #refusal(operations: readonly ShardOperation[]): string | undefined {
    if (this.#status.mode !== "provisioned") return "a stream in on-demand mode is resharded by the service alone";
    if (this.#status.isUpdating) return inUseRefusal;
    const most = openShardsMax(this.#stream.openShards.length, operations);
    if (most > this.#model.accountShards)
      return `LimitExceededException: ${most} shards would be open on the way, the account has ${this.#model.accountShards}`;
    return undefined;
  }

  #rateRefusal(): string | undefined {
    const since = this.#engine.now - secondsPerDay;
    this.#callTicks = this.#callTicks.filter((tick) => tick > since);
    if (this.#callTicks.length < this.#model.callsPerDay) return undefined;
    return `LimitExceededException: ${this.#model.callsPerDay} calls of UpdateShardCount in 24 hours are used up`;
  }

  #run(operations: readonly ShardOperation[], result: string): void {
    this.#status.isUpdating = true;
    this.#operations.runInOrder(operations, () => {
      this.#status.isUpdating = false;
      this.#stream.log("reshard-finished", "", result);
    });
  }
}
