/*
 * What a batching window lets a function have of the records that it has fetched from one shard: whole batches at once, and what is left
 * once it has waited for as long as the window. The window opens with the first record of a batch.
 */

export interface BatchWindowModel {
  readonly seconds: number;
  /** User records that fill a batch. */
  readonly records: number;
}

const CLOSED = Number.POSITIVE_INFINITY;

export class BatchWindow {
  readonly #model: BatchWindowModel;
  #openedSeconds = CLOSED;
  /** What lies before this position, in user records, does not wait. */
  passed = 0;

  constructor(model: BatchWindowModel) {
    this.#model = model;
  }

  /** Looks at what is fetched by now. Times and positions may not go back, but for what is fetched again. */
  look(seconds: number, fetched: number, processed: number): void {
    const { records } = this.#model;
    this.passed = Math.max(this.passed, processed);
    const waiting = this.waiting(fetched);
    const rest = waiting % records;
    if (rest < waiting || rest === 0) this.#openedSeconds = CLOSED;
    this.passed += waiting - rest;
    if (rest > 0) this.#openedSeconds = Math.min(this.#openedSeconds, seconds);
    if (seconds - this.#openedSeconds < this.#model.seconds) return;
    this.passed += rest;
    this.#openedSeconds = CLOSED;
  }

  /** How much of what is fetched it does not let through yet. */
  waiting(fetched: number): number {
    return Math.max(0, fetched - this.passed);
  }

  /** How much of what waits, or of what comes from a time on, may be let through until another. */
  passable(waiting: number, from: number, until: number): number {
    const { seconds, records } = this.#model;
    const opened = Math.min(this.#openedSeconds, from);
    return opened + seconds <= until ? waiting : waiting - (waiting % records);
  }
}
