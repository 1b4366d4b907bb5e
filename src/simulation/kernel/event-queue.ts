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
  /** The winner of every match, the root at 1; the leaves are the slots themselves. */
  #winners: Int32Array;
  #keys: Int32Array;
  #orders: Int32Array;
  #dueTicks: Float64Array;
  #baseTick = 0;
  #order = 0;

  /** @param slotCount how many timers there are room for; the queue grows on demand */
  constructor(slotCount = 16) {
    this.#slotCount = powerOfTwoFrom(slotCount);
    this.#winners = initialWinners(this.#slotCount);
    this.#keys = new Int32Array(this.#slotCount).fill(IDLE);
    this.#orders = new Int32Array(this.#slotCount);
    this.#dueTicks = new Float64Array(this.#slotCount);
  }

  /** Sets the timer of a slot, or moves it. `tick` is an integer, not before the last one that left. */
  set(slot: number, tick: number): void {
    if (slot >= this.#slotCount) this.#grow(slot + 1);
    this.#dueTicks[slot] = tick;
    this.#orders[slot] = this.#order;
    this.#order = (this.#order + 1) | 0;
    if (tick < this.#baseTick) this.#rebase(tick);
    this.#replay(slot, Math.min(tick - this.#baseTick, FAR));
  }

  cancel(slot: number): void {
    if (slot < this.#slotCount) this.#replay(slot, IDLE);
  }

  /** The slot that is due first, which stays set; -1 when none is set. */
  first(): number {
    const winner = this.#winners[1] as number;
    const key = this.#keys[winner] as number;
    if (key < FAR) return winner;
    if (key === IDLE) return NO_SLOT;
    this.#rebase(this.#earliest());
    return this.#winners[1] as number;
  }

  /** When a slot that is set is due. */
  dueTick(slot: number): number {
    return this.#dueTicks[slot] as number;
  }

  isSet(slot: number): boolean {
    return slot < this.#slotCount && this.#keys[slot] !== IDLE;
  }

  #replay(slot: number, key: number): void {
    const keys = this.#keys;
    const winners = this.#winners;
    const orders = this.#orders;
    keys[slot] = key;
    let winner = slot;
    for (let node = this.#slotCount + slot; node > 1; ) {
      const rival = winners[node ^ 1] as number;
      let lead = ((keys[winner] as number) - (keys[rival] as number)) | 0;
      if (lead === 0) lead = ((orders[winner] as number) - (orders[rival] as number)) | 0;
      // All ones where the climbing slot wins, else zero: a choice without a jump.
      const wins = (lead | 0) >> 31;
      winner = rival ^ ((rival ^ winner) & wins);
      node >>= 1;
      winners[node] = winner;
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
      this.#replay(slot, Math.min(FAR, (this.#dueTicks[slot] as number) - this.#baseTick));
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
  const winners = new Int32Array(2 * slotCount);
  for (let slot = 0; slot < slotCount; slot += 1) winners[slotCount + slot] = slot;
  for (let node = slotCount - 1; node > 0; node -= 1) winners[node] = winners[2 * node] as number;
  return winners;
}
