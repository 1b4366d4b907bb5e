/*
 * Splits and merges as they happen to a stream, whoever asks for them: users, who reshard a provisioned stream, and the service, which
 * scales one on demand. Each operation takes a while; writes go to the children from the moment a parent closes.
 */
import type { ShardOperation } from "../service/hash-range.js";
import type { CapacityMode } from "../workload/schema.js";
import type { ControlEventName } from "./control-event.js";
import type { Engine } from "./kernel/engine.js";
import type { RandomStream } from "./kernel/random-stream.js";
import type { ReshardModel } from "./model.js";
import type { StreamShard } from "./stream-shard.js";

/** The stream as the control plane sees it. */
export interface ReshardedStream {
  /** Lowest hash key range first. */
  readonly openShards: readonly StreamShard[];
  /** Returns the children, the lower one first. */
  split(shard: StreamShard, at: bigint): readonly StreamShard[];
  merge(lower: StreamShard, upper: StreamShard): void;
  log(event: ControlEventName, subject: string, message: string): void;
}

/** What the control plane's parts know of each other: the mode in force, and whether the stream is UPDATING, so that calls are refused. */
export interface StreamStatus {
  mode: CapacityMode;
  isUpdating: boolean;
}

/** What is answered to calls on a stream that is UPDATING. */
export const inUseRefusal = "ResourceInUseException: another operation on the stream has not ended";

type Durations = Pick<
  ReshardModel,
  "operationSeconds" | "operationSecondsMin" | "operationSecondsMax" | "startDelaySecondsMax"
>;

export class ShardOperations {
  readonly #model: Durations;
  readonly #engine: Engine;
  readonly #stream: ReshardedStream;
  readonly #random: RandomStream;

  constructor(model: Durations, engine: Engine, stream: ReshardedStream, random: RandomStream) {
    this.#model = model;
    this.#engine = engine;
    this.#stream = stream;
    this.#random = random;
  }

  /** Carries out operations one after another, after a start that takes a while too. */
  runInOrder(operations: readonly ShardOperation[], done: () => void): void {
    const start = this.#engine.now + Math.ceil(this.#random.nextUniform() * this.#model.startDelaySecondsMax);
    const step = (at: number): void => {
      const operation = operations[at];
      if (operation === undefined) {
        done();
        return;
      }
      this.#engine.at(this.#engine.now + this.drawSeconds(), () => {
        this.apply(operation);
        step(at + 1);
      });
    };
    this.#engine.at(start, () => step(0));
  }

  /** How long an operation takes: triangular between the shortest and the longest, with the usual duration as its mode. */
  drawSeconds(): number {
    const { operationSecondsMin: min, operationSeconds: mode, operationSecondsMax: max } = this.#model;
    const drawn = this.#random.nextUniform();
    const rising = max > min ? (mode - min) / (max - min) : 0;
    const seconds =
      drawn < rising
        ? min + Math.sqrt(drawn * (max - min) * (mode - min))
        : max - Math.sqrt((1 - drawn) * (max - min) * (max - mode));
    return Math.max(1, Math.round(seconds));
  }

  /** Carries out an operation at once. */
  apply(operation: ShardOperation): void {
    const shard = this.#stream.openShards[operation.index];
    const next = this.#stream.openShards[operation.index + 1];
    if (shard === undefined) throw new Error(`no open shard has place ${operation.index}`);
    if (operation.kind === "split") this.#stream.split(shard, operation.at);
    else if (next !== undefined) this.#stream.merge(shard, next);
  }
}
