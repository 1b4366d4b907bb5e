/*
 * What a producer does with the records of one shard that the shard refused, in ticks of a second. Counts are Kinesis records.
 *
 * `none` gives them up. `sdk` puts them again after the SDK's random back-off, a few times, and then gives them up. `kpl` keeps them
 * in order of age and offers them again and again as fast as its limiter lets it, until they are too old. Refusals of one tick wait
 * for the next tick at least: a back-off shorter than a tick is rounded up to it. Where the KPL fills aggregates, counts are user records.
 */
import type { KplRetry, RetryModel, SdkRetry } from "./model.js";
import { roundDown } from "./round-down.js";

/** What became of a tick's attempts beside those that were accepted. */
export interface Settlement {
  /** Given up for good. */
  lost: number;
  /** Further attempts within the tick, all of them refused. */
  furtherAttempts: number;
  /** Accepted, though not at their first attempt. */
  acceptedLate: number;
}

/** Kinesis records of one producer that wait for another attempt on one shard. */
export interface RetryQueue {
  /** Records that wait. */
  readonly waiting: number;
  /**
   * How many of the waiting and the fresh records are offered in this tick.
   *
   * @param cost Kinesis records that each of them takes
   * @param isFree whether they pass the KPL's limiter by
   */
  attempts(tick: number, fresh: number, bytesPerRecord: number, cost?: number, isFree?: boolean): number;
  /** Takes note that `accepted` of those attempts were accepted. What it returns holds until the next call. */
  settle(tick: number, fresh: number, attempted: number, accepted: number): Settlement;
  /** Drops a share of what waits, newest first where there is an order, and says how many records that is. */
  drop(share: number): number;
  /** Moves a share of what waits to another queue of the same producer. */
  moveTo(other: RetryQueue, share: number): void;
}

/** The queue of a producer, at the tick at which it is first needed. */
export function createRetryQueue(retry: RetryModel): RetryQueue {
  if (retry.kind === "sdk") return new SdkRetryQueue(retry);
  if (retry.kind === "kpl") return new KplRetryQueue(retry);
  return noRetryQueue;
}

const noRetryQueue: RetryQueue = {
  waiting: 0,
  attempts: (_tick, fresh) => fresh,
  settle: (_tick, _fresh, attempted, accepted) => ({ lost: attempted - accepted, furtherAttempts: 0, acceptedLate: 0 }),
  drop: () => 0,
  moveTo: () => {},
};

/** Records by the tick in which they are offered again, and by the retry that this is. */
class SdkRetryQueue implements RetryQueue {
  waiting = 0;
  /** For each retry, the share of its records that is offered again by each of the following ticks; 1 by the last one. */
  readonly #offeredBy: readonly Float64Array[];
  /** A row for each tick, a place in it for each retry. */
  readonly #ring: Float64Array;
  readonly #mask: number;
  readonly #settlement = { lost: 0, furtherAttempts: 0, acceptedLate: 0 };

  constructor({ backoffSecondsMax }: SdkRetry) {
    this.#offeredBy = backoffSecondsMax.map(offeredByTick);
    let rows = 2;
    while (rows < Math.max(0, ...this.#offeredBy.map(({ length }) => length)) + 1) rows *= 2;
    this.#mask = rows - 1;
    this.#ring = new Float64Array(rows * backoffSecondsMax.length);
  }

  attempts(tick: number, fresh: number): number {
    const retries = this.#offeredBy.length;
    const row = (tick & this.#mask) * retries;
    let due = fresh;
    for (let retry = 0; retry < retries; retry += 1) due += this.#ring[row + retry] as number;
    return due;
  }

  settle(tick: number, fresh: number, attempted: number, accepted: number): Settlement {
    const ring = this.#ring;
    const row = (tick & this.#mask) * this.#offeredBy.length;
    const share = attempted > 0 ? accepted / attempted : 0;
    let lost = 0;
    let due = 0;
    let acceptedLate = 0;
    // The last retry first, so that a record is not offered twice in a tick.
    for (let retry = this.#offeredBy.length - 1; retry >= 0; retry -= 1) {
      const offered = ring[row + retry] as number;
      if (offered === 0) continue;
      ring[row + retry] = 0;
      due += offered;
      const taken = Math.min(offered, roundDown(due * share) - acceptedLate);
      acceptedLate += taken;
      lost += this.#wait(retry + 1, tick, offered - taken);
    }
    this.waiting -= due;
    const taken = Math.min(fresh, roundDown((due + fresh) * share) - acceptedLate);
    lost += this.#wait(0, tick, fresh - taken);
    this.#settlement.lost = lost;
    this.#settlement.acceptedLate = acceptedLate;
    return this.#settlement;
  }

  /** Lets records wait for a retry; returns how many are given up because there is none. */
  #wait(retry: number, tick: number, records: number): number {
    const retries = this.#offeredBy.length;
    if (retry === retries) return records;
    if (records === 0) return 0;
    const offeredBy = this.#offeredBy[retry] as Float64Array;
    const ring = this.#ring;
    let offered = 0;
    for (let ticks = 0; ticks < offeredBy.length; ticks += 1) {
      const place = ((tick + 1 + ticks) & this.#mask) * retries + retry;
      const upTo = Math.round(records * (offeredBy[ticks] as number));
      ring[place] = (ring[place] as number) + upTo - offered;
      offered = upTo;
    }
    this.waiting += records;
    return 0;
  }

  drop(share: number): number {
    const dropped = takeShare(this.#ring, share);
    this.waiting -= dropped;
    return dropped;
  }

  moveTo(other: RetryQueue, share: number): void {
    if (!(other instanceof SdkRetryQueue)) throw new TypeError("records wait in queues of one kind");
    const moved = moveShare(this.#ring, other.#ring, share);
    this.waiting -= moved;
    other.waiting += moved;
  }
}

/** The share of back-offs, even up to the longest, that end by each of the following ticks; refusals are spread over their tick. */
function offeredByTick(longestSeconds: number): Float64Array {
  // P(U + D < t) for U even on a tick and D even up to the longest, by its second antiderivative.
  const ramp = (seconds: number): number => (Math.max(0, seconds) ** 2 - Math.max(0, seconds - 1) ** 2) / 2;
  const endsBy = (seconds: number): number => (ramp(seconds) - ramp(seconds - longestSeconds)) / longestSeconds;
  const ticks = Math.max(1, Math.ceil(longestSeconds));
  return Float64Array.from({ length: ticks }, (_, offset) => (offset === ticks - 1 ? 1 : endsBy(offset + 2)));
}

/** Records by the tick in which they were first offered, oldest offered first. */
class KplRetryQueue implements RetryQueue {
  waiting = 0;
  readonly #model: KplRetry;
  readonly #ring: Float64Array;
  readonly #mask: number;
  readonly #ttlTicks: number;
  #limiterRecords = 0;
  #limiterBytes = 0;
  #lastTick = Number.NaN;
  #bytesPerRecord = 0;
  #cost = 1;
  #isFree = false;

  constructor(model: KplRetry) {
    this.#model = model;
    this.#ttlTicks = Math.max(1, Math.round(model.ttlSeconds));
    let slots = 2;
    while (slots < this.#ttlTicks + 1) slots *= 2;
    this.#ring = new Float64Array(slots);
    this.#mask = slots - 1;
    this.#limiterRecords = model.burstRecords;
    this.#limiterBytes = model.burstBytes;
  }

  attempts(tick: number, fresh: number, bytesPerRecord: number, cost = 1, isFree = false): number {
    this.#bytesPerRecord = bytesPerRecord;
    this.#cost = cost;
    this.#isFree = isFree;
    this.#refill(tick);
    return Math.min(this.waiting + fresh, this.#limit());
  }

  #refill(tick: number): void {
    const { recordsPerSecond, bytesPerSecond, burstRecords, burstBytes } = this.#model;
    const ticks = Number.isNaN(this.#lastTick) ? 1 : tick - this.#lastTick;
    this.#lastTick = tick;
    // What a tick refills can be spent within it.
    const idle = Math.max(0, ticks - 1);
    this.#limiterRecords = Math.min(burstRecords, this.#limiterRecords + idle * recordsPerSecond) + recordsPerSecond;
    this.#limiterBytes = Math.min(burstBytes, this.#limiterBytes + idle * bytesPerSecond) + bytesPerSecond;
  }

  #limit(): number {
    if (this.#isFree) return Number.POSITIVE_INFINITY;
    const records = this.#limiterRecords / this.#cost;
    return Math.max(0, Math.floor(Math.min(records, this.#limiterBytes / this.#bytesPerRecord)));
  }

  settle(tick: number, fresh: number, attempted: number, accepted: number): Settlement {
    this.#lastTick = tick;
    this.#ring[tick & this.#mask] = (this.#ring[tick & this.#mask] as number) + fresh;
    this.waiting += fresh;
    const acceptedLate = this.#accept(tick, accepted);
    this.#spend(attempted);
    const furtherAttempts = this.#isFree
      ? freeRetries(this.#model, attempted - accepted, fresh, accepted)
      : this.#retryWithin(attempted - accepted);
    return { lost: this.#expire(tick), furtherAttempts, acceptedLate };
  }

  /** Takes the accepted records from the queue, oldest first, and says how many had waited. */
  #accept(tick: number, accepted: number): number {
    let rest = accepted;
    for (let age = this.#ttlTicks; age >= 0 && rest > 0; age -= 1) {
      const slot = (tick - age) & this.#mask;
      const taken = Math.min(rest, this.#ring[slot] as number);
      this.#ring[slot] = (this.#ring[slot] as number) - taken;
      this.waiting -= taken;
      rest -= taken;
      if (age === 0) return accepted - taken;
    }
    return accepted;
  }

  #spend(attempts: number): void {
    if (this.#isFree) return;
    this.#limiterRecords -= attempts * this.#cost;
    this.#limiterBytes -= attempts * this.#bytesPerRecord;
  }

  /** A refused record comes back many times within a tick, as far as the limiter lets it. */
  #retryWithin(refused: number): number {
    const rounds = Math.max(0, 1 / this.#model.retrySeconds - 1);
    const attempts = Math.floor(Math.min(refused * rounds, this.#limit()));
    this.#spend(attempts);
    this.#limiterRecords = Math.min(this.#limiterRecords, this.#model.burstRecords);
    this.#limiterBytes = Math.min(this.#limiterBytes, this.#model.burstBytes);
    return attempts;
  }

  #expire(tick: number): number {
    const slot = (tick - this.#ttlTicks) & this.#mask;
    const lost = this.#ring[slot] as number;
    this.#ring[slot] = 0;
    this.waiting -= lost;
    return lost;
  }

  drop(share: number): number {
    let rest = Math.round(this.waiting * share);
    const dropped = rest;
    for (let age = 0; age <= this.#ttlTicks && rest > 0; age += 1) {
      const slot = (this.#lastTick - age) & this.#mask;
      const taken = Math.min(rest, this.#ring[slot] as number);
      this.#ring[slot] = (this.#ring[slot] as number) - taken;
      rest -= taken;
    }
    this.waiting -= dropped - rest;
    return dropped - rest;
  }

  moveTo(other: RetryQueue, share: number): void {
    if (!(other instanceof KplRetryQueue)) throw new TypeError("records wait in queues of one kind");
    const moved = moveShare(this.#ring, other.#ring, share);
    this.waiting -= moved;
    other.waiting += moved;
    other.#lastTick = this.#lastTick;
  }
}

/**
 * How often what is refused within a second comes back in it, past the limiter. What has waited is there from the second's start. If
 * nothing has, the shard's bucket was full and half of what it gave was saved up: refusals begin when that is spent.
 */
export function freeRetries({ retrySeconds }: KplRetry, refused: number, fresh: number, accepted: number): number {
  if (!(refused > 0)) return 0;
  const old = Math.max(0, refused - fresh);
  const secondsLeft = old > 0 ? 1 / 2 : refused / (2 * refused + accepted);
  return Math.floor((old + (refused - old) * secondsLeft) * Math.max(0, 1 / retrySeconds - 1));
}

function takeShare(ring: Float64Array, share: number): number {
  let taken = 0;
  for (let slot = 0; slot < ring.length; slot += 1) {
    const part = Math.round((ring[slot] as number) * share);
    ring[slot] = (ring[slot] as number) - part;
    taken += part;
  }
  return taken;
}

function moveShare(from: Float64Array, to: Float64Array, share: number): number {
  let moved = 0;
  for (let slot = 0; slot < from.length; slot += 1) {
    const part = Math.round((from[slot] as number) * share);
    from[slot] = (from[slot] as number) - part;
    to[slot] = (to[slot] as number) + part;
    moved += part;
  }
  return moved;
}
