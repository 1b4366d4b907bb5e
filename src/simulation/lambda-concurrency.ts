/*
 * How many invocations of Lambda consumers may run at once: those with a reserved concurrency have theirs, the others share what is left
 * of the account's, each getting what it asks for as long as there is enough (max-min fairness).
 */
import { sumOf } from "../units/sum-of.js";
import type { ConsumerFleet } from "./consumer-fleet.js";
import { fairLimits } from "./fair-limits.js";

export class LambdaConcurrency {
  readonly #reserved: readonly ConsumerFleet[];
  readonly #sharing: readonly ConsumerFleet[];
  readonly #shared: number;

  constructor(fleets: readonly ConsumerFleet[], accountConcurrency: number) {
    const lambdas = fleets.filter(({ model }) => model.lambda !== undefined);
    this.#reserved = lambdas.filter(({ model }) => model.lambda?.reservedConcurrency !== undefined);
    this.#sharing = lambdas.filter((fleet) => !this.#reserved.includes(fleet));
    this.#shared = Math.max(0, accountConcurrency - sumOf(this.#reserved, reservedBy));
    for (const fleet of this.#reserved) fleet.concurrencyMax = reservedBy(fleet);
    for (const fleet of this.#sharing) fleet.concurrencyMax = this.#shared;
  }

  /** Divides what is shared for a chunk. */
  share(toTick: number): void {
    if (this.#sharing.length < 2) return;
    const wanted = this.#sharing.map((fleet) => fleet.wantedConcurrency(toTick));
    for (const [index, limit] of fairLimits(wanted, this.#shared).entries())
      (this.#sharing[index] as ConsumerFleet).concurrencyMax = Math.max(
        limit,
        this.#shared - sumOf(wanted, (one) => one),
      );
  }
}

function reservedBy({ model }: ConsumerFleet): number {
  return model.lambda?.reservedConcurrency ?? 0;
}
