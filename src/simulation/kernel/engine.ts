/*
 * The clock of a simulation and what happens when. Time is an integer number of ticks; the length of a tick is the caller's. A timer
 * is an action that waits for its tick; it is used over and over. Life of a timer: idle, set, fired (idle again).
 */
import { EventQueue } from "./event-queue.js";

/** An action that can be set to happen at one tick at a time. */
export type Timer = number & { readonly timerOf: "engine" };

/** Thrown when a run takes more events than it was given: a model that feeds itself would never end. */
export class EventBudgetError extends Error {
  constructor(budget: number) {
    super(`the simulation took more than ${budget} events`);
    this.name = "EventBudgetError";
  }
}

export class Engine {
  readonly #queue = new EventQueue();
  readonly #actions: (() => void)[] = [];
  readonly #free: number[] = [];
  readonly #budget: number;
  readonly #afterEvent: (() => void) | undefined;
  #now = 0;
  #eventCount = 0;

  /**
   * @param budget events after which a run is given up
   * @param afterEvent called after every event: where a debug run checks its invariants
   */
  constructor(budget: number = Number.POSITIVE_INFINITY, afterEvent?: () => void) {
    this.#budget = budget;
    this.#afterEvent = afterEvent;
  }

  /** The present, in ticks. */
  get now(): number {
    return this.#now;
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  /** A timer that is not set yet. */
  timer(action: () => void): Timer {
    const slot = this.#free.pop() ?? this.#actions.length;
    this.#actions[slot] = action;
    return slot as Timer;
  }

  /** Sets a timer, or moves it. A time that has passed is a mistake of the model. */
  set(timer: Timer, tick: number): void {
    if (!(tick >= this.#now && Number.isInteger(tick)))
      throw new RangeError(`a timer was set to ${tick} at ${this.#now}`);
    this.#queue.set(timer, tick);
  }

  cancel(timer: Timer): void {
    this.#queue.cancel(timer);
  }

  /** Does something once. */
  at(tick: number, action: () => void): void {
    const timer = this.timer(() => {
      this.#free.push(timer);
      action();
    });
    this.set(timer, tick);
  }

  /** When the next event is due; infinite when none is. */
  nextTick(): number {
    const slot = this.#queue.first();
    return slot < 0 ? Number.POSITIVE_INFINITY : this.#queue.dueTick(slot);
  }

  /** Lets everything happen that is due up to and at `tick`, which then is the present. */
  runTo(tick: number): void {
    if (!(tick >= this.#now)) throw new RangeError(`the clock cannot go from ${this.#now} to ${tick}`);
    const queue = this.#queue;
    for (let slot = queue.first(); slot >= 0; slot = queue.first()) {
      const due = queue.dueTick(slot);
      if (due > tick) break;
      this.#now = due;
      queue.take(slot);
      this.#eventCount += 1;
      if (this.#eventCount > this.#budget) throw new EventBudgetError(this.#budget);
      (this.#actions[slot] as () => void)();
      this.#afterEvent?.();
    }
    this.#now = tick;
  }
}
