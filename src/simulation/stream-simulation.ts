/*
 * A run: the stream, its producers and its consumers, from the start to the end. The control plane acts at whole seconds; between two
 * of its events everything flows, chunk by chunk: first each shard's writes, then the processors' speeds, then each shard's reads.
 * Writing never depends on reading, so a chunk's records can be written before they are read.
 */
import { equalRanges, type HashRange, nameOfRange } from "../service/hash-range.js";
import { secondsPerHour } from "../units/dimension.js";
import { sumOf } from "../units/sum-of.js";
import { ConsumerFleet } from "./consumer-fleet.js";
import type { ConsumerModel } from "./consumer-model.js";
import type { ControlEvent, ControlEventDetail, ControlEventName } from "./control-event.js";
import { type ControlledStream, ControlPlane } from "./control-plane.js";
import { DUST_RECORDS } from "./dust-records.js";
import { EvenSpread } from "./even-spread.js";
import { chooseParts, type Fidelity } from "./fidelity.js";
import { FleetOperations } from "./fleet-operations.js";
import { KclCoordinator } from "./kcl/kcl-coordinator.js";
import { Engine } from "./kernel/engine.js";
import { RandomStream } from "./kernel/random-stream.js";
import { LambdaConcurrency } from "./lambda-concurrency.js";
import type { Lease } from "./lease.js";
import type { Usage } from "./mode-meter.js";
import type { StreamModel } from "./model.js";
import { PoisonRecords } from "./poison-records.js";
import { CHUNK_TICKS, ProducerTraffic } from "./producer-traffic.js";
import { readChunk } from "./read-chunk.js";
import { assertAccounts } from "./run-accounts.js";
import { scheduleScenario } from "./scenario.js";
import type { PartsFactory } from "./shard-parts.js";
import { StreamShard } from "./stream-shard.js";
import { TimelineRecorder } from "./timeline.js";

/** Control events after which a run is given up. */
const EVENT_BUDGET = 2 ** 23;

export interface RunOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Length of a row of the timeline. */
  readonly resolutionSeconds: number;
  readonly fidelity: Fidelity;
  /** Simulates every so many shards only, and the workers that hold them; all by default. */
  readonly part?: StreamPart;
  /** Checks the invariants after every event. */
  readonly debug?: boolean;
}

/** One of `count` parts of a stream: the shards whose place, from 0, leaves `index` when divided by `count`. */
export interface StreamPart {
  readonly index: number;
  readonly count: number;
}

export class StreamSimulation implements ControlledStream {
  readonly model: StreamModel;
  readonly engine: Engine;
  readonly producers: readonly ProducerTraffic[];
  readonly fleets: readonly ConsumerFleet[];
  readonly #operations: readonly FleetOperations[];
  readonly concurrency: LambdaConcurrency;
  readonly parts: PartsFactory;
  readonly control: ControlPlane;
  readonly recorder: TimelineRecorder;
  readonly events: ControlEvent[] = [];
  /** Notes an event of the present. */
  readonly log = (event: ControlEventName, subject: string, message: string, detail?: ControlEventDetail): void => {
    this.events.push({ at: this.engine.now, event, subject, message, ...detail });
  };
  /** Open shards, lowest hash key range first. */
  openShards: StreamShard[];
  /** Every shard that still has something to read, in the order of their numbers. */
  liveShards: StreamShard[];
  readonly shards: StreamShard[] = [];
  /** How often a range of hash keys has been a shard's. */
  readonly #lives = new Map<string, number>();
  readonly #random: RandomStream;
  readonly #options: RunOptions;
  #shardSeconds = 0;
  #doneBytes = 0;
  /** Whether some producer's memory, or some worker's CPU, has to be looked at every second. */
  #isTight: boolean;

  constructor(model: StreamModel, options: RunOptions) {
    this.model = model;
    this.#options = options;
    this.#random = RandomStream.fromSeed(options.seed);
    this.engine = new Engine(EVENT_BUDGET, options.debug === true ? () => this.assertInvariants() : undefined);
    this.producers = model.producers.map((producer) => new ProducerTraffic(producer, this.#random, options.seconds));
    const { index, count } = options.part ?? { index: 0, count: 1 };
    this.fleets = model.consumers.map(
      (consumer) => new ConsumerFleet(partOf(consumer, count), this.#random.child(index)),
    );
    this.concurrency = new LambdaConcurrency(this.fleets, model.accountConcurrency, count, this.log);
    this.parts = chooseParts(options.fidelity, model, options.seconds);
    this.openShards = equalRanges(model.shardCount).flatMap((range, place) =>
      place % count === index ? this.#openShard(range, [], place) : [],
    );
    this.liveShards = [...this.openShards];
    this.#operations = this.fleets.map((fleet) => this.#operate(fleet, this.#random.child("leases", index)));
    for (const [consumer, { coordinator }] of this.#operations.entries())
      coordinator.begin(this.openShards.map(({ leases }) => leases[consumer] as Lease));
    this.#isTight = model.producers.some(({ bufferBytes }) => bufferBytes < Number.POSITIVE_INFINITY);
    this.recorder = new TimelineRecorder(this.producers, this.fleets, options.seconds, count > 1);
    this.control = new ControlPlane(model, this.engine, this, this.#random);
    scheduleScenario(
      {
        engine: this.engine,
        producers: this.producers,
        fleets: this.#operations,
        resharding: this.control.resharding,
        modes: this.control.modes,
        trafficFactors: [],
        log: this.log,
      },
      // What would happen at the end has nothing left to act on.
      model.scenario.filter(({ at }) => Math.ceil(at) < options.seconds),
    );
  }

  #operate(fleet: ConsumerFleet, random: RandomStream): FleetOperations {
    const { engine } = this;
    const stage = { fleet, engine, log: this.log };
    const { kcl, name } = fleet.model;
    const coordinator =
      kcl === undefined ? new EvenSpread(stage) : new KclCoordinator(stage, kcl, random.child(name), this.partCount);
    const poison = new PoisonRecords(
      stage,
      this.model.retentionSeconds,
      this.#options.seconds,
      random.child("poison", name),
    );
    return new FleetOperations(stage, coordinator, poison);
  }

  #openShard(range: HashRange, parents: readonly StreamShard[], number = this.shards.length): StreamShard {
    const name = nameOfRange(range);
    const life = this.#lives.get(name) ?? 0;
    this.#lives.set(name, life + 1);
    const shard = new StreamShard(
      number,
      range,
      parents,
      this.engine.now,
      this.model.shard,
      this.producers,
      this.fleets,
      this.parts,
      // A range that comes back meets other chance than before.
      life === 0 ? this.#random : this.#random.child("life", life),
    );
    this.shards.push(shard);
    return shard;
  }

  split(shard: StreamShard, at: bigint): readonly StreamShard[] {
    const { first, last } = shard.range;
    const children = [
      this.#openShard({ first, last: at - 1n }, [shard]),
      this.#openShard({ first: at, last }, [shard]),
    ];
    this.#replace([shard], children);
    this.log("shard-split", `shard ${shard.number}`, `shard ${shard.number} splits into ${numbersOf(children)}`);
    return children;
  }

  merge(lower: StreamShard, upper: StreamShard): void {
    const child = this.#openShard({ first: lower.range.first, last: upper.range.last }, [lower, upper]);
    this.#replace([lower, upper], [child]);
    this.log("shards-merged", `shard ${child.number}`, `${numbersOf([lower, upper])} merge into shard ${child.number}`);
  }

  #replace(parents: readonly StreamShard[], children: readonly StreamShard[]): void {
    for (const parent of parents) {
      parent.close(this.engine.now);
      parent.writer.handOver(children.map(({ writer }) => writer));
    }
    const [lowest, highest] = [children[0] as StreamShard, children.at(-1) as StreamShard];
    for (const producer of this.producers)
      producer.noteReshard(this.engine.now, { first: lowest.range.first, last: highest.range.last });
    this.openShards.splice(this.openShards.indexOf(parents[0] as StreamShard), parents.length, ...children);
    this.liveShards.push(...children);
    for (const { leases } of children)
      for (const [consumer, { coordinator }] of this.#operations.entries()) coordinator.open(leases[consumer] as Lease);
    this.#endDrained();
  }

  /** Runs to the end, and stops for a moment after every row of the timeline. */
  *steps(): Generator<number, void> {
    const { seconds, resolutionSeconds } = this.#options;
    this.engine.runTo(0);
    for (let now = 0; now < seconds; now = this.engine.now) {
      const rowEnd = Math.min(seconds, (Math.floor(now / resolutionSeconds) + 1) * resolutionSeconds);
      this.#flowTo(Math.min(rowEnd, this.engine.nextTick(), this.#chunkEnd(now)));
      // What the end of a chunk has brought about at once.
      this.engine.runTo(this.engine.now);
      if (this.engine.now % CHUNK_TICKS === 0) {
        this.#keepHouse();
        this.recorder.endMinute(this.engine.now);
      }
      if (this.engine.now === rowEnd) {
        this.#endRow();
        yield rowEnd;
      }
    }
    this.recorder.endMinute(this.engine.now);
    for (const { account } of this.fleets) account.steady.flush();
    for (const { coordinator } of this.#operations) coordinator.countUse();
    this.concurrency.finish(this.engine.now);
    this.events.sort((one, other) => one.at - other.at);
    this.assertInvariants();
  }

  /** Where a chunk ends at the latest: chunks keep to the minutes, and shrink while every second counts. */
  #chunkEnd(now: number): number {
    const isDraining = this.liveShards.length > this.openShards.length;
    if (this.#isTight || isDraining || this.#operations.some(({ poison }) => poison.isTight)) return now + 1;
    if (!this.parts.readsBySeconds && this.#isCatchingUp(now)) return now + 1;
    return (Math.floor(now / CHUNK_TICKS) + 1) * CHUNK_TICKS;
  }

  /** Whether what is unread makes some CPU, or some function's invocations, short at once. */
  #isCatchingUp(now: number): boolean {
    if (!this.fleets.some(({ speeds }) => speeds.isLimited)) return false;
    for (const shard of this.liveShards) shard.beginReading(now);
    for (const { speeds } of this.fleets) speeds.set(now, now + 1);
    return this.fleets.some(({ speeds }) => speeds.isBusy);
  }

  #flowTo(toTick: number): void {
    const fromTick = this.engine.now;
    const ticks = toTick - fromTick;
    for (const producer of this.producers) producer.fill(fromTick, toTick);
    for (const shard of this.liveShards) {
      if (shard.isOpen) shard.writer.write(fromTick, toTick);
      else shard.log.pass(ticks);
      shard.beginReading(fromTick);
    }
    this.#isTight = !readChunk(this, fromTick, toTick);
    for (const fleet of this.fleets) fleet.accountChunk(ticks, toTick);
    this.recorder.sampleAges(fromTick, ticks);
    this.#boundMemory();
    this.#shardSeconds += this.openShards.length * ticks;
    this.engine.runTo(toTick);
    for (const { poison } of this.#operations) poison.look();
    if (this.liveShards.length > this.openShards.length) this.#endDrained();
  }

  /** Drops what does not fit into a producer's memory. */
  #boundMemory(): void {
    for (const producer of this.producers) {
      if (producer.model.bufferBytes === Number.POSITIVE_INFINITY) continue;
      // A memory may fill up and empty again within a minute.
      this.#isTight = true;
      if (!(producer.waiting > 0)) continue;
      const { bufferBytes } = producer.model;
      const bytes = sumOf(this.openShards, ({ writer }) => writer.waitingBytesOf(producer));
      if (bytes > bufferBytes) for (const { writer } of this.openShards) writer.drop(producer, 1 - bufferBytes / bytes);
    }
  }

  /** Ends the leases of closed shards that are processed to their ends, and forgets shards that everybody is done with. */
  #endDrained(): void {
    for (const { isOpen, leases } of this.liveShards) {
      if (isOpen) continue;
      for (const [consumer, lease] of leases.entries())
        if (!lease.isEnded && lease.blocks === 0 && lease.reader.isDrained)
          this.#operations[consumer]?.coordinator.finish(lease);
    }
    for (const shard of this.liveShards.filter(({ isDone }) => isDone)) this.#forget(shard);
  }

  #forget(shard: StreamShard): void {
    this.liveShards.splice(this.liveShards.indexOf(shard), 1);
    shard.drainedTick = this.engine.now;
    this.#doneBytes += shard.log.bytes;
    for (const [index, fleet] of this.fleets.entries())
      fleet.removeLease(shard.leases[index] as StreamShard["leases"][number]);
    this.log("shard-drained", `shard ${shard.number}`, `every consumer is done with shard ${shard.number}`);
  }

  /** Once a minute: what lags is noted, what has expired goes. */
  #keepHouse(): void {
    for (const { coordinator } of this.#operations) coordinator.countUse();
    const expiredBefore = this.engine.now - this.model.retentionSeconds;
    for (const shard of this.liveShards) {
      shard.log.keepHistory(shard);
      if (expiredBefore > 0) shard.expire(expiredBefore);
    }
  }

  #endRow(): void {
    this.recorder.endRow(this.engine.now, {
      bytes: this.acceptedBytes,
      openShards: this.openShards.length,
      bufferedRecords: this.bufferedRecords,
    });
  }

  /** Of how many parts of the stream this is one. */
  get partCount(): number {
    return this.#options.part?.count ?? 1;
  }

  /** What a consumer's lease table has cost, by its place. */
  leaseTableOf(consumer: number): { readonly readUnits: number; readonly writeUnits: number } {
    return (this.#operations[consumer] as FleetOperations).coordinator.leaseTable;
  }

  get acceptedBytes(): number {
    return this.liveShards.reduce((total, { log }) => total + log.bytes, this.#doneBytes);
  }

  /** User records that wait with the producers. */
  get bufferedRecords(): number {
    let records = 0;
    for (const { waiting, model } of this.producers)
      if (waiting > DUST_RECORDS) records += waiting * model.recordsPerKinesisRecord;
    return records;
  }

  /** User records that expired before some consumer had read them, of all shards that there have been. */
  get expiredRecords(): number {
    return this.shards.reduce((total, { expired }) => total + expired, 0);
  }

  /** Those that one consumer has missed, by its place. */
  expiredFor(consumer: number): number {
    return this.shards.reduce((total, shard) => total + shard.expiredFor(consumer), 0);
  }

  get shardHours(): number {
    return this.#shardSeconds / secondsPerHour;
  }

  /** What has been used so far, and costs something. */
  get usage(): Usage {
    const { acceptedBytes: bytes, shardHours, producers } = this;
    return { seconds: this.engine.now, bytes, shardHours, byProducer: producers.map(({ use }) => use) };
  }

  /** What each producer got rid of, in what is counted of it. */
  get acceptedByProducer(): number[] {
    return this.producers.map(({ accepted }) => accepted);
  }

  /** @throws Error our mistake: something does not hold that always does */
  assertInvariants(): void {
    assertAccounts(this);
    for (const { coordinator } of this.#operations) coordinator.assertLeases();
  }
}

/** A consumer in one of several parts of a stream: with its part of the workers where their CPU matters, else with all of them. */
function partOf(consumer: ConsumerModel, count: number): ConsumerModel {
  if (count === 1 || consumer.cpuSecondsPerRecord === 0) return consumer;
  if (consumer.workers % count !== 0) throw new RangeError(`${consumer.workers} workers cannot be in ${count} parts`);
  return { ...consumer, workers: consumer.workers / count };
}

function numbersOf(shards: readonly StreamShard[]): string {
  return `shards ${shards.map(({ number }) => number).join(" and ")}`;
}
