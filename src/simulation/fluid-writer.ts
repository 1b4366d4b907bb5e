/*
 * The write side of one shard as a flow: what is expected, without chance. A chunk takes one step, or one for each second where its
 * busiest ones bring more than the shard takes. What a shard takes is what its buckets hold and gain; what they do not take waits, is put
 * again or is lost, in the steady state of the producer's way to retry.
 *
 * `sdk`: with every attempt refused with the same chance q, a share q^n of the records is lost after n attempts. `kpl`: what waits is
 * offered as fast as the limiter allows, and expires at its age. Counts are Kinesis records; where the KPL fills aggregates they are user
 * records, several of which share a Kinesis record. Left out: all chance.
 */
import { sumOf } from "../units/sum-of.js";
import type { FluidLog } from "./fluid-log.js";
import { type Composition, statedComposition } from "./kpl-composition.js";
import type { SdkRetry, ShardModel } from "./model.js";
import { heirsOf, type ProducerLane } from "./producer-lane.js";
import type { ProducerTraffic } from "./producer-traffic.js";
import { freeRetries } from "./retry-queue.js";
import type { Writer } from "./shard-parts.js";

interface Lane extends ProducerLane {
  /** What waits for another attempt. */
  waiting: number;
  /** What comes in the chunk. */
  fresh: number;
  /** What a record that is counted is made up of, and whether it passes the KPL's limiter by. */
  composition: Composition;
  isAlone: boolean;
  /** What has come in each of the last ticks, as many as a record of the KPL may wait; none with other ways to retry. */
  readonly came: Float64Array;
  /** Whether the bucket ever holds enough for one of its records. */
  readonly fits: boolean;
}

export class FluidWriter implements Writer {
  readonly #model: ShardModel;
  readonly #log: FluidLog;
  readonly #lanes: Lane[] = [];
  readonly #openedTick: number;
  #recordTokens = 0;
  #byteTokens = 0;

  constructor(model: ShardModel, log: FluidLog) {
    this.#model = model;
    this.#log = log;
    this.#openedTick = log.endTick;
    this.#recordTokens = model.writeBurstRecords;
    this.#byteTokens = model.writeBurstBytes;
  }

  addLane(traffic: ProducerTraffic, share: number): void {
    if (share <= 0) return;
    const { retry } = traffic.model;
    const recordsMax = traffic.model.aggregation?.filling?.recordsMax ?? 1;
    const fits = traffic.sizes.meanBytes * recordsMax <= this.#model.writeBurstBytes;
    const ticks = retry.kind === "kpl" ? Math.max(1, Math.round(retry.ttlSeconds)) : 0;
    this.#lanes.push({
      traffic,
      share,
      waiting: 0,
      fresh: 0,
      composition: statedComposition,
      isAlone: false,
      came: new Float64Array(ticks),
      fits,
    });
  }

  write(fromTick: number, toTick: number): void {
    const seconds = toTick - fromTick;
    let records = 0;
    if (this.#isUneven(fromTick, toTick))
      for (let tick = fromTick; tick < toTick; tick += 1) {
        for (const lane of this.#lanes) bring(lane, fromTick, tick, tick + 1);
        this.#chargeMisdirected(tick);
        records += this.#admit(1);
      }
    else {
      for (const lane of this.#lanes) bring(lane, fromTick, fromTick, toTick);
      records = this.#admit(seconds);
    }
    this.#log.append(records, seconds);
  }

  /** Whether some second of a chunk brings more than a shard takes while its mean says little of it. */
  #isUneven(fromTick: number, toTick: number): boolean {
    if (this.#lanes.some(({ traffic }) => traffic.kpl?.refreshesWithin(fromTick, toTick) === true)) return true;
    if (this.#lanes.every(({ traffic }) => traffic.isEven)) return false;
    let records = 0;
    let bytes = 0;
    for (const { traffic, share } of this.#lanes) {
      const peak = traffic.peak * share;
      const { cost, ratio } = traffic.kpl?.at(peak) ?? statedComposition;
      records += peak * cost;
      bytes += peak * ratio * traffic.sizes.meanBytes;
    }
    return records > this.#model.writeRecordsPerSecond || bytes > this.#model.writeBytesPerSecond;
  }

  /** Takes from the buckets what has come in a tick for a shard that its producer did not know. */
  #chargeMisdirected(tick: number): void {
    for (const { traffic, share, fresh, fits } of this.#lanes) {
      const { kpl, sizes } = traffic;
      if (kpl?.foundAt(this.#openedTick) !== tick || !fits) continue;
      const tokens = { records: this.#recordTokens, bytes: this.#byteTokens };
      const { records, kinesisRecords, bytes } = kpl.misdirected(fresh, share, sizes.meanBytes, tokens);
      this.#recordTokens -= kinesisRecords;
      this.#byteTokens -= bytes;
      traffic.attempts += kinesisRecords;
      traffic.misdirected += records;
    }
  }

  /** Admits what is fresh and what waits, over so many seconds: user records. */
  #admit(seconds: number): number {
    const { writeRecordsPerSecond, writeBytesPerSecond, writeBurstRecords, writeBurstBytes } = this.#model;
    let offered = 0;
    let bytes = 0;
    for (const lane of this.#lanes) {
      if (!lane.fits) continue;
      offered += (lane.fresh + lane.waiting) * lane.composition.cost;
      bytes += (lane.fresh + lane.waiting) * bytesOf(lane);
    }
    const recordTokens = this.#recordTokens + seconds * writeRecordsPerSecond;
    const byteTokens = this.#byteTokens + seconds * writeBytesPerSecond;
    const share = offered > 0 ? Math.min(1, recordTokens / offered, byteTokens / bytes) : 1;
    let records = 0;
    for (const lane of this.#lanes) {
      const accepted = lane.fits ? (lane.fresh + lane.waiting) * share : 0;
      settle(lane, accepted, seconds);
      records += accepted * lane.traffic.model.recordsPerKinesisRecord;
    }
    this.#recordTokens = Math.min(writeBurstRecords, recordTokens - offered * share);
    this.#byteTokens = Math.min(writeBurstBytes, byteTokens - bytes * share);
    this.#log.kinesisRecords += offered * share;
    this.#log.bytes += bytes * share;
    return records;
  }

  waitingOf(traffic: ProducerTraffic): number {
    return this.laneOf(traffic)?.waiting ?? 0;
  }

  waitingBytesOf(traffic: ProducerTraffic): number {
    return this.waitingOf(traffic) * traffic.sizes.meanBytes;
  }

  laneOf(traffic: ProducerTraffic): Lane | undefined {
    return this.#lanes.find((lane) => lane.traffic === traffic);
  }

  drop(traffic: ProducerTraffic, share: number): void {
    const lane = this.laneOf(traffic);
    if (lane === undefined) return;
    const dropped = lane.waiting * share;
    traffic.lost += dropped;
    wait(lane, lane.waiting - dropped);
  }

  handOver(heirs: readonly Writer[]): void {
    for (const lane of this.#lanes)
      for (const heir of heirsOf(heirs, FluidWriter, lane.traffic)) {
        const moved = lane.waiting * heir.part;
        wait(lane, lane.waiting - moved);
        wait(heir.lane, heir.lane.waiting + moved);
        moveMemory(lane.came, heir.lane.came, heir.part);
      }
  }
}

/** Bytes of what is counted as one record, on average. */
function bytesOf({ traffic, composition }: Lane): number {
  return traffic.sizes.meanBytes * composition.ratio;
}

/** Lets so many records wait from now on. */
function wait(lane: Lane, waiting: number): void {
  lane.traffic.waiting += waiting - lane.waiting;
  lane.waiting = waiting;
}

/** Brings what is fresh in some ticks of a chunk, and notes when it has come, as far as that matters at their end. */
function bring(lane: Lane, chunkTick: number, fromTick: number, toTick: number): void {
  const { came, traffic, share } = lane;
  const { kinesisRecords, expected } = traffic;
  lane.fresh = (toTick - fromTick === 1 ? (kinesisRecords[fromTick - chunkTick] as number) : expected) * share;
  const { kpl } = traffic;
  if (kpl !== undefined) {
    lane.isAlone = kpl.isRefreshing(fromTick);
    lane.composition = lane.isAlone ? kpl.alone : kpl.at(lane.fresh / (toTick - fromTick));
  }
  if (came.length === 0) return;
  for (let tick = Math.max(fromTick, toTick - came.length); tick < toTick; tick += 1)
    came[tick % came.length] = (kinesisRecords[tick - chunkTick] as number) * share;
}

function moveMemory(from: Float64Array, to: Float64Array, part: number): void {
  for (let slot = 0; slot < from.length; slot += 1) {
    const moved = (from[slot] as number) * part;
    from[slot] = (from[slot] as number) - moved;
    to[slot] = (to[slot] as number) + moved;
  }
}

/** Notes what becomes of a chunk's records, of which `accepted` get in. */
function settle(lane: Lane, accepted: number, seconds: number): void {
  const { traffic, fresh, waiting } = lane;
  const { cost } = lane.composition;
  const rest = fresh + waiting - accepted;
  traffic.offered += fresh;
  traffic.accepted += accepted;
  if (!(rest > 1e-9 * fresh)) {
    traffic.attempts += (fresh + waiting) * cost;
    wait(lane, 0);
    return;
  }
  const { refused, waits } = retryFlow(lane, accepted, rest, seconds);
  const attempts = accepted + refused;
  wait(lane, waits);
  traffic.lost += rest - waits;
  traffic.attempts += attempts * cost;
  traffic.throttled += refused * cost;
  if (attempts > 0) traffic.acceptedLate += Math.max(0, accepted - fresh * (accepted / attempts));
}

/** How many attempts are refused, and how many records wait in the end, where of the fresh and the waiting `rest` are not accepted. */
function retryFlow(lane: Lane, accepted: number, rest: number, seconds: number): { refused: number; waits: number } {
  const { retry } = lane.traffic.model;
  if (retry.kind === "none") return { refused: rest, waits: 0 };
  if (retry.kind === "kpl") {
    const waits = Math.min(
      rest,
      // The oldest get in first: whatever waits has come last.
      sumOf(lane.came, (records) => records),
    );
    if (lane.isAlone) return { refused: rest + freeRetries(retry, rest, lane.fresh, accepted), waits };
    const limit = Math.min(retry.recordsPerSecond / lane.composition.cost, retry.bytesPerSecond / bytesOf(lane));
    const attempts = Math.min(limit, rest / retry.retrySeconds) * seconds;
    return { refused: Math.max(0, attempts - accepted), waits };
  }
  return sdkFlow(retry, lane, accepted, rest, seconds);
}

function sdkFlow(
  { backoffSecondsMax }: SdkRetry,
  { fresh, waiting }: Lane,
  accepted: number,
  rest: number,
  seconds: number,
): { refused: number; waits: number } {
  const tries = backoffSecondsMax.length + 1;
  // The root of what is left of the fresh after all attempts; nothing is where what waited before makes up for it.
  const chance = accepted < fresh ? Math.exp(Math.log(1 - accepted / fresh) / tries) : 0;
  let refused = 0;
  let waits = 0;
  let longest = 0;
  let left = fresh;
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const backoff = (backoffSecondsMax[attempt - 1] ?? 0) / 2;
    left *= chance;
    refused += left;
    waits += (backoff * left) / seconds;
    longest += backoff;
  }
  // Where less comes than before, or nothing, what has waited is given up over the time of its back-offs.
  const old = (waiting / (fresh + waiting)) * rest * Math.exp(-seconds / longest);
  waits = Math.min(rest, Math.max(waits, old));
  // Whatever is given up was refused once more.
  return { refused: Math.max(refused, rest - waits), waits };
}
