/*
 * A stream in made-up time, with all that can go wrong on the way to it: calls that come late or never, answers that are lost, and
 * the end of the process at any moment.
 */
import { type ApplyMachine, CallFailure, type FailureKind } from "../../../src/planning/apply/carry-out.js";
import type { StreamState } from "../../../src/planning/apply/stream-state.js";
import type { Journal } from "../../../src/workload/saved-journal.js";
import type { PlannedCall } from "../../../src/workload/saved-plan.js";

/** Thrown where the process dies. */
export class Crash extends Error {}

/**
 * What happens to a call: it is carried out after `delay` seconds or not at all, and it is answered, fails in the given way, or the
 * process dies before the answer.
 */
export interface Fate {
  readonly isCarriedOut: boolean;
  readonly delay: number;
  readonly ends: "answered" | "crash" | FailureKind;
}

export class ModelStream implements ApplyMachine {
  time = 1_700_000_000;
  journal: Journal | undefined;
  /** Counts that calls led to, in order. */
  readonly carriedOut: number[] = [];
  #open: number;
  /** The reshard that runs: what it leads to, and when it is through. */
  #running: { readonly to: number; readonly until: number } | undefined;
  /** Requests on their way, and when they arrive. */
  #onTheWay: { readonly to: number; readonly arrives: number }[] = [];
  readonly #fates: Fate[];
  readonly #reshardSeconds: number;
  /** Operations until the process dies. */
  #life = Number.POSITIVE_INFINITY;

  constructor(open: number, reshardSeconds: number, fates: readonly Fate[]) {
    this.#open = open;
    this.#reshardSeconds = reshardSeconds;
    this.#fates = [...fates];
  }

  get openShards(): number {
    this.#advance();
    return this.#open;
  }

  /** Somebody else's doing. */
  resharded(open: number): void {
    this.#open = open;
  }

  liveFor(operations: number): void {
    this.#life = operations;
  }

  readonly stream = {
    describe: async (): Promise<StreamState> => {
      this.#age();
      this.#advance();
      return {
        arn: "arn:aws:kinesis:us-east-1:123456789012:stream/orders",
        createdAt: "2026-01-01T00:00:00Z",
        status: this.#running !== undefined ? "UPDATING" : "ACTIVE",
        mode: "PROVISIONED",
        openShards: this.#open,
      };
    },
    make: async (call: PlannedCall): Promise<void> => {
      this.#age();
      this.#advance();
      if (call.operation !== "update-shard-count") throw new Error("the model knows counts only");
      if (this.#running !== undefined) throw new CallFailure("busy", { kind: "busy" });
      const { isCarriedOut, delay, ends } = this.#fates.shift() ?? { isCarriedOut: true, delay: 0, ends: "answered" };
      if (isCarriedOut) this.#onTheWay.push({ to: call.to, arrives: this.time + delay });
      this.#advance();
      if (ends === "crash") throw new Crash();
      if (ends !== "answered") throw new CallFailure(ends, { kind: ends });
    },
  };

  now(): number {
    return this.time;
  }

  async sleep(seconds: number): Promise<void> {
    this.#age();
    this.time += seconds;
  }

  /** A process may die just before or just after the journal is safe. */
  async save(journal: Journal): Promise<void> {
    this.#age();
    this.journal = journal;
    this.#age();
  }

  tell(): void {}

  #age(): void {
    this.time += 0.01;
    this.#life -= 1;
    if (this.#life < 0) throw new Crash();
  }

  /** What has happened up to now. A request that arrives while the stream is being updated comes to nothing. */
  #advance(): void {
    const arrived = this.#onTheWay.filter(({ arrives }) => arrives <= this.time);
    this.#onTheWay = this.#onTheWay.filter(({ arrives }) => arrives > this.time);
    for (const { to, arrives } of arrived.toSorted((a, b) => a.arrives - b.arrives)) {
      this.#completeUntil(arrives);
      if (this.#running !== undefined) continue;
      this.#running = { to, until: arrives + this.#reshardSeconds };
      this.carriedOut.push(to);
    }
    this.#completeUntil(this.time);
  }

  #completeUntil(time: number): void {
    if (this.#running === undefined || time < this.#running.until) return;
    this.#open = this.#running.to;
    this.#running = undefined;
  }
}
