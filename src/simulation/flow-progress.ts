/*
 * How far one consumer is on one shard, as a flow: a processor takes what is fetched in the order of arrival, skips what has expired, and
 * goes back to a checkpoint after a crash. How it is fetched is the reader's.
 */
import type { ArrivalLog } from "./arrival-log.js";
import { BatchWindow } from "./batch-window.js";
import type { ConsumerModel } from "./consumer-model.js";
import { DUST_RECORDS } from "./dust-records.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { CHUNK_TICKS } from "./producer-traffic.js";
import type { ReadAccount } from "./read-account.js";
import { ReadGaps } from "./read-gaps.js";
import type { RecordRange } from "./record-ranges.js";
import { UnreadWeights } from "./unread-weights.js";

/** Of so many calls a second the first comes soon enough for ages between polls. */
const MANY_CALLS = 20;

/** Places in the state. Numbers that change all the time lie side by side in one array. */
const FETCHED = 0;
const PROCESSED = 1;
const SPEED = 2;
const SECONDS = 3;
const MARK = 4;
const LAST_MARK = 5;
/** Nothing behind it is processed. */
const BARRIER = 6;
/** Nor behind what the batching window has let through: the nearer of both. */
const LIMIT = 7;
const STATE_LENGTH = 8;

export class FlowProgress {
  readonly #state = new Float64Array(STATE_LENGTH);
  protected readonly model: ConsumerModel;
  protected readonly log: ArrivalLog;
  protected readonly account: ReadAccount;
  protected readonly random: RandomStream;
  /** User records that a PutRecords call brings on average. */
  protected readonly putRecords: number;
  /** From so many calls in a second on, chance does not show in ages. */
  readonly #manyCalls: number;
  skipped = 0;
  readonly missed: RecordRange[] = [];
  #expiredUpTo = 0;
  readonly #gaps = new ReadGaps();
  /** Where the arrival of the oldest unprocessed record was found last. */
  #arrivalTick = 0;
  /** The first tick of the chunk, and of the part of it that is being read. */
  #chunkTick = 0;
  protected fromTick = 0;
  protected readonly weights = new UnreadWeights();
  protected readonly window: BatchWindow | undefined;

  constructor(
    model: ConsumerModel,
    log: ArrivalLog,
    account: ReadAccount,
    random: RandomStream,
    putRecords: number,
    tick: number,
  ) {
    this.model = model;
    this.putRecords = putRecords;
    this.#manyCalls = model.isFanOut ? Number.POSITIVE_INFINITY : MANY_CALLS;
    this.log = log;
    this.account = account;
    this.random = random;
    this.#state[SECONDS] = tick;
    this.#state[BARRIER] = Number.POSITIVE_INFINITY;
    this.window = model.batchWindow && new BatchWindow(model.batchWindow);
    this.#limit();
  }

  get fetched(): number {
    return this.#state[FETCHED] as number;
  }

  get processed(): number {
    return this.#state[PROCESSED] as number;
  }

  get recordsPerSecond(): number {
    return this.#state[SPEED] as number;
  }

  set recordsPerSecond(speed: number) {
    this.#state[SPEED] = speed;
  }

  /** Begins a chunk. */
  beginChunk(fromTick: number): void {
    this.#chunkTick = fromTick;
    this.fromTick = fromTick;
    this.weights.weigh(this.log, this.fetched);
  }

  beginStep(tick: number): void {
    this.fromTick = tick;
    this.weights.weigh(this.log, this.fetched);
  }

  /** User records in memory. */
  protected get held(): number {
    const state = this.#state;
    return (state[FETCHED] as number) - (state[PROCESSED] as number) - this.#gaps.records;
  }

  protected fetch(records: number): void {
    this.#state[FETCHED] = this.fetched + records;
    this.weights.fetch(records);
  }

  /** Has the batching window look at what is fetched; times may not go back. */
  protected lookAtWindow(seconds: number): void {
    if (this.window === undefined) return;
    this.window.look(seconds, this.fetched, this.processed);
    this.#limit();
  }

  #limit(): void {
    const state = this.#state;
    state[LIMIT] = Math.min(state[BARRIER] as number, this.window?.passed ?? Number.POSITIVE_INFINITY);
  }

  /** Does nothing up to a time. */
  protected idleUntil(seconds: number): void {
    this.#state[SECONDS] = seconds;
  }

  /** Is at a place, at a time, without having worked out how it got there. */
  protected jumpTo(position: number, seconds: number): void {
    this.#state[PROCESSED] = position;
    this.#state[SECONDS] = seconds;
  }

  /** Nothing that is fetched has to wait. */
  protected get isFree(): boolean {
    return this.fetched <= (this.#state[LIMIT] as number);
  }

  /** Nothing that has been accepted will have to wait. */
  protected get isFreeToTheEnd(): boolean {
    return this.log.records <= (this.#state[LIMIT] as number);
  }

  /** When the oldest record arrived that is not processed. */
  protected get oldestArrival(): number {
    this.#arrivalTick = this.log.tickOf(this.processed, this.#arrivalTick);
    return this.log.arrivalWithin(this.#arrivalTick, this.processed);
  }

  /** Works out progress up to a time, and samples the age at every second on the way. */
  advance(seconds: number): void {
    let second = Math.floor(this.#state[SECONDS] as number) + 1;
    for (; second <= seconds; second += 1) {
      this.#process(second);
      this.sample(second);
    }
    this.#process(seconds);
  }

  #process(seconds: number): void {
    const state = this.#state;
    const from = state[SECONDS] as number;
    state[SECONDS] = seconds;
    const processed = state[PROCESSED] as number;
    const end = Math.min(state[FETCHED] as number, this.#gaps.at, state[LIMIT] as number);
    const held = end - processed;
    if (!(held > 0) || seconds <= from) return;
    const speed = state[SPEED] as number;
    const most = speed * (seconds - from);
    const records = Math.min(held, most);
    if (!(records > 0)) return;
    const part = this.random.nextUniform() * records;
    const at = from + part / speed;
    this.#arrivalTick = this.log.tickOf(processed + part, this.#arrivalTick);
    const arrival = this.log.arrivalWithin(this.#arrivalTick, processed + part);
    this.account.latencies.add(at > arrival ? at - arrival : 0, records);
    state[PROCESSED] = held <= most ? end : processed + records;
    if (this.#gaps.records === 0 || held > most) return;
    // Behind a gap it goes on at once.
    this.#skipGap();
    state[SECONDS] = Math.min(seconds, from + held / speed);
    this.#process(seconds);
  }

  /** Notes the age at the end of a tick. */
  protected sample(tick: number): void {
    if (this.log.arrivedByTick(tick) - this.processed <= DUST_RECORDS) return;
    this.#arrivalTick = this.log.tickOf(this.processed, this.#arrivalTick);
    const arrival = this.log.firstCallWithin(
      this.#arrivalTick,
      this.processed,
      this.putRecords,
      this.#manyCalls,
      this.random,
    );
    const age = tick - arrival;
    const index = tick - this.#chunkTick - 1;
    const { ageMax } = this.account;
    if (age > (ageMax[index] as number)) ageMax[index] = age;
  }

  drop(): void {
    this.#goBackTo(this.processed);
    this.#gaps.clear();
    this.expire(this.#expiredUpTo);
  }

  /** Fetches again what lies behind a position. */
  #goBackTo(position: number): void {
    const { fetched } = this;
    this.#state[FETCHED] = position;
    if (fetched > 0) this.weights.keep(position / fetched);
    this.weights.weigh(this.log, position);
  }

  mark(): void {
    this.#state[MARK] = this.#state[LAST_MARK] as number;
    this.#state[LAST_MARK] = this.processed;
  }

  rewind(share: number): number {
    this.drop();
    const state = this.#state;
    const { processed } = this;
    const mark = state[MARK] as number;
    const to = Math.max(mark + share * (processed - mark), this.#expiredUpTo);
    if (!(processed - to > DUST_RECORDS)) return 0;
    state[PROCESSED] = to;
    this.#goBackTo(to);
    this.#arrivalTick = 0;
    return processed - to;
  }

  holdAtEnd(): void {
    this.#state[BARRIER] = this.log.records;
    this.#limit();
  }

  get isHeld(): boolean {
    const barrier = this.#state[BARRIER] as number;
    return this.processed >= barrier - DUST_RECORDS && this.fetched >= barrier + 1;
  }

  get hasHeldRecord(): boolean {
    return this.log.records >= (this.#state[BARRIER] as number) + 1;
  }

  goOn(records: number): number {
    const state = this.#state;
    state[BARRIER] = Number.POSITIVE_INFINITY;
    this.#limit();
    const skipped = Math.min(records, this.backlog, this.#gaps.at - this.processed);
    if (this.fetched < this.processed + skipped) this.fetch(this.processed + skipped - this.fetched);
    state[PROCESSED] = this.processed + skipped;
    this.skipped += skipped;
    return skipped;
  }

  expire(upTo: number): void {
    this.#expiredUpTo = upTo;
    const records = upTo - this.fetched;
    if (!(records > 0)) return;
    this.missed.push({ from: this.fetched, to: upTo });
    this.#gaps.add(this.fetched, records);
    this.fetch(records);
    this.#skipGap();
  }

  /** Goes on behind a gap that the processor has reached. */
  #skipGap(): void {
    const { at } = this.#gaps;
    const records = this.#gaps.skip(this.processed);
    if (records === 0) return;
    this.#state[PROCESSED] = at + records;
    this.skipped += records;
  }

  get isDrained(): boolean {
    return this.log.records - this.processed <= DUST_RECORDS;
  }

  get oldest(): number {
    // Where checkpoints are not long ago, the log knows the seconds since then in any case.
    const isLongAgo = (this.model.checkpointIntervalSeconds ?? 0) > CHUNK_TICKS;
    return isLongAgo ? Math.min(this.processed, this.#state[MARK] as number) : this.processed;
  }

  get backlog(): number {
    return this.log.records - this.processed - this.#gaps.records;
  }
}
