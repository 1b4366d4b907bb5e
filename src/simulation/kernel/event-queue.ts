/*
 * The pending timers of a simulation, earliest first; timers due at the same tick leave in the order in which they were set.
 *
 * A winner (tournament) tree over slots, one pending time a slot: setting, moving and cancelling all replay the matches between one
 * leaf and the root. Keys are 32-bit integers relative to a base, compared without a branch, since a mispredicted branch costs more
 * than the match. A time too far ahead for the key waits at the last key, and moves up when the base does.
 * Source: Knuth, The Art of Computer Programming 3, 5.4.1 (tree of losers and winners).
 */

const IDLE = 0x7fffffff;
const FAR = IDLE - 1;
const NO_SLOT = -1;

export class EventQueue {
  #slotCount: number;
  /** The winner of every match, the root at 1; below the last matches are the slots themselves, which need no entry. */
  #winners: Int32Array;
  #keys: Int32Array;
  #orders: Int32Array;
  #dueTicks: Float64Array;
  #baseTick = 0;
  #order = 0;
  /** The slot that was taken, until its leaf is idle or set again: mostly the latter comes first, and saves a replay. */
  #taken = NO_SLOT;

  /** @param slotCount how many timers there are room for; the queue grows on demand */
  constructor(slotCount = 2) {
    this.#slotCount = powerOfTwoFrom(slotCount);
    this.#winners = initialWinners(this.#slotCount);
    this.#keys = new Int32Array(this.#slotCount).fill(IDLE);
    this.#orders = new Int32Array(this.#slotCount);
    this.#dueTicks = new Float64Array(this.#slotCount);
  }

  /** Sets the timer of a slot, or moves it. `tick` is an integer, not before the last one that left. */
  set(slot: number, tick: number): void {
    if (slot >= this.#slotCount) this.#grow(slot + 1);
    if (slot === this.#taken) this.#taken = NO_SLOT;
    this.#dueTicks[slot] = tick;
    this.#orders[slot] = this.#order;
    this.#order = (this.#order + 1) | 0;
    if (tick < this.#baseTick) this.#rebase(tick);
    this.#replay(slot, this.#key(tick));
  }

  cancel(slot: number): void {
    if (slot === this.#taken) this.#taken = NO_SLOT;
    if (slot < this.#slotCount) this.#replay(slot, IDLE);
  }

  /** The slot that is due first, which stays set; -1 when none is set. */
  first(): number {
    if (this.#taken !== NO_SLOT) this.cancel(this.#taken);
    const winner = this.#winners[1] as number;
    const key = this.#keys[winner] as number;
    if (key < FAR) return winner;
    if (key === IDLE) return NO_SLOT;
    this.#rebase(this.#earliest());
    return this.#winners[1] as number;
  }

  /** Takes out the slot that `first` has just told. */
  take(slot: number): void {
    this.#taken = slot;
  }

  /** When a slot that is set is due. */
  dueTick(slot: number): number {
    return this.#dueTicks[slot] as number;
  }

  isSet(slot: number): boolean {
    return slot !== this.#taken && slot < this.#slotCount && this.#keys[slot] !== IDLE;
  }

  #key(tick: number): number {
    const key = tick - this.#baseTick;
    return key < FAR ? key | 0 : FAR;
  }

  /** Lets a leaf climb from match to match. Two matches a turn, since V8 looks the arrays up anew on every turn. */
  #replay(slot: number, key: number): void {
    const keys = this.#keys;
    const winners = this.#winners;
    const orders = this.#orders;
    keys[slot] = key;
    let winner = slot;
    let rival = slot ^ 1;
    for (let node = (this.#slotCount + slot) >> 1; ; ) {
      let rivalKey = keys[rival] as number;
      let lead = (key - rivalKey) | 0;
      if (lead === 0) lead = ((orders[winner] as number) - (orders[rival] as number)) | 0;
      // All ones where the climbing slot wins, else zero: a choice without a jump.
      let wins = lead >> 31;
      winner = rival ^ ((rival ^ winner) & wins);
      key = rivalKey ^ ((rivalKey ^ key) & wins);
      winners[node] = winner;
      if (node === 1) return;
      rival = winners[node ^ 1] as number;
      node >>= 1;

      rivalKey = keys[rival] as number;
      lead = (key - rivalKey) | 0;
      if (lead === 0) lead = ((orders[winner] as number) - (orders[rival] as number)) | 0;
      wins = lead >> 31;
      winner = rival ^ ((rival ^ winner) & wins);
      key = rivalKey ^ ((rivalKey ^ key) & wins);
      winners[node] = winner;
      if (node === 1) return;
      rival = winners[node ^ 1] as number;
      node >>= 1;
    }
  }

  #earliest(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < this.#slotCount; slot += 1)
      if (this.#keys[slot] !== IDLE) earliest = Math.min(earliest, this.#dueTicks[slot] as number);
    return earliest;
  }

  /** Counts keys from another tick on, at or before every timer that is set. */
  #rebase(tick: number): void {
    this.#baseTick = tick;
    this.#replayAll();
  }

  #replayAll(): void {
    for (let slot = 0; slot < this.#slotCount; slot += 1) {
      if (this.#keys[slot] === IDLE) continue;
      this.#replay(slot, this.#key(this.#dueTicks[slot] as number));
    }
  }

  #grow(slotCount: number): void {
    const old = { keys: this.#keys, orders: this.#orders, dueTicks: this.#dueTicks };
    this.#slotCount = powerOfTwoFrom(slotCount);
    this.#winners = initialWinners(this.#slotCount);
    this.#keys = new Int32Array(this.#slotCount).fill(IDLE);
    this.#orders = new Int32Array(this.#slotCount);
    this.#dueTicks = new Float64Array(this.#slotCount);
    this.#keys.set(old.keys);
    this.#orders.set(old.orders);
    this.#dueTicks.set(old.dueTicks);
    this.#replayAll();
  }
}

function powerOfTwoFrom(atLeast: number): number {
  let size = 2;
  while (size < atLeast) size *= 2;
  return size;
}

function initialWinners(slotCount: number): Int32Array {
  const winners = new Int32Array(slotCount);
  for (let node = slotCount - 1; node > 0; node -= 1) {
    const child = 2 * node;
    winners[node] = child < slotCount ? (winners[child] as number) : child - slotCount;
  }
  return winners;
}
