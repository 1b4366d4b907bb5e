/*
 * The control plane of a stream: what users and the service do to its shards and its capacity mode.
 */
import { CapacityModes } from "./capacity-modes.js";
import type { Engine } from "./kernel/engine.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { ModeMeter, type ModeSpell, type Usage } from "./mode-meter.js";
import type { StreamModel } from "./model.js";
import { OnDemandScaling, type ScaledStream } from "./on-demand-scaling.js";
import { Resharding } from "./resharding.js";
import { ShardOperations, type StreamStatus } from "./shard-operations.js";

/** The stream, and what it has used since the start of the run. */
export interface ControlledStream extends ScaledStream {
  readonly usage: Usage;
}

export class ControlPlane {
  readonly resharding: Resharding;
  /** Undefined where the stream is provisioned all the time. */
  readonly modes: CapacityModes | undefined;
  readonly #stream: ControlledStream;
  readonly #meter: ModeMeter;

  constructor(model: StreamModel, engine: Engine, stream: ControlledStream, random: RandomStream) {
    const status: StreamStatus = { mode: model.mode, isUpdating: false };
    this.#stream = stream;
    this.#meter = new ModeMeter(model.mode);
    this.resharding = new Resharding(model.reshard, status, engine, stream, random);
    if (!mayBeOnDemand(model)) return;
    const own = random.child("on-demand");
    const operations = new ShardOperations(model.reshard, engine, stream, own.child("operations"));
    const scaling = new OnDemandScaling(model.onDemand, status, engine, stream, operations, own.child("delays"));
    this.modes = new CapacityModes(model.onDemand, status, engine, stream, operations, scaling, (mode) =>
      this.#meter.change(mode, stream.usage),
    );
  }

  /** What has been used in each mode so far. */
  get spells(): readonly ModeSpell[] {
    return this.#meter.spells(this.#stream.usage);
  }
}

function mayBeOnDemand({ mode, scenario }: StreamModel): boolean {
  return mode !== "provisioned" || scenario.some(({ event }) => event === "mode" || event === "warm-throughput");
}
