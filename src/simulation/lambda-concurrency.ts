/*
 * How many invocations of Lambda consumers may run at once: those with a reserved concurrency have theirs, the others share what is left
 * of the account's. AWS does not say who is refused when that is used up. Assumed is that every batch that is ready has the same chance,
 * whichever function it is for: each function gets the same part of what it asks for, and one with many batches leaves a small one as
 * short as itself. Left out: functions that do not read the stream, the back-off of a refused invocation, and how fast Lambda scales.
 */
import { secondsPerMinute } from "../units/dimension.js";
import { formatItems } from "../units/format-quantity.js";
import { sumOf } from "../units/sum-of.js";
import type { ConsumerFleet } from "./consumer-fleet.js";
import type { ControlEventDetail, ControlEventName } from "./control-event.js";

/** What is lacking now and then is lacking all the while: there is enough again where nothing is lacking for so long. */
const SETTLED_SECONDS = secondsPerMinute;

type LogEvent = (event: ControlEventName, subject: string, message: string, detail: ControlEventDetail) => void;

export class LambdaConcurrency {
  readonly #lambdas: readonly ConsumerFleet[];
  readonly #sharing: readonly ConsumerFleet[];
  readonly #shared: number;
  /** Until when a function was short, while it counts as short. */
  readonly #shortUntil = new Map<ConsumerFleet, number>();
  readonly #log: LogEvent;

  /** @param partCount parts of the stream that are simulated each on its own: each has its part of every limit */
  constructor(fleets: readonly ConsumerFleet[], accountConcurrency: number, partCount: number, log: LogEvent) {
    this.#log = log;
    this.#lambdas = fleets.filter(({ model }) => model.lambda !== undefined);
    const reserved = this.#lambdas.filter(({ model }) => model.lambda?.reservedConcurrency !== undefined);
    this.#sharing = this.#lambdas.filter((fleet) => !reserved.includes(fleet));
    this.#shared = Math.max(0, accountConcurrency - sumOf(reserved, reservedBy)) / partCount;
    for (const fleet of reserved) fleet.speeds.concurrencyLimit = reservedBy(fleet) / partCount;
    for (const fleet of this.#sharing) fleet.speeds.concurrencyLimit = this.#shared;
    for (const { speeds } of this.#lambdas) speeds.concurrencyMax = speeds.concurrencyLimit;
  }

  /** Divides what is shared for a chunk that has begun, or for a second of it. */
  share(toTick: number): void {
    if (this.#sharing.length < 2) return;
    const wanted = this.#sharing.map((fleet) => fleet.speeds.wantedConcurrency(toTick));
    const total = sumOf(wanted, (one) => one);
    for (const [index, fleet] of this.#sharing.entries())
      fleet.speeds.concurrencyMax = total > 0 ? (this.#shared * (wanted[index] as number)) / total : this.#shared;
  }

  /** Where one of those that share is looked at every second, the others are too: what it takes is theirs. */
  joinBusy(): void {
    if (this.#sharing.some(({ speeds }) => speeds.isBusy)) for (const { speeds } of this.#sharing) speeds.beBusy();
  }

  /** Logs who has become short, and who no longer is, once the speeds from one tick to another are set. */
  note(fromTick: number, toTick: number): void {
    for (const fleet of this.#lambdas) {
      const { name } = fleet.model;
      const until = this.#shortUntil.get(fleet);
      if (fleet.speeds.isShortOfConcurrency) {
        this.#shortUntil.set(fleet, toTick);
        if (until === undefined) this.#log("concurrency-exhausted", name, this.#exhausted(fleet), { at: fromTick });
      } else if (until !== undefined && toTick - until >= SETTLED_SECONDS) {
        this.#shortUntil.delete(fleet);
        this.#logEnough(fleet, until);
      }
    }
  }

  /** Logs it at the end of a run of those that have enough again, if only just. */
  finish(endTick: number): void {
    for (const [fleet, until] of this.#shortUntil) if (until < endTick) this.#logEnough(fleet, until);
  }

  #logEnough({ model: { name } }: ConsumerFleet, at: number): void {
    this.#log("concurrency-enough", name, `${name} has as many invocations as it asks for again`, { at });
  }

  #exhausted(fleet: ConsumerFleet): string {
    const { name } = fleet.model;
    if (!this.#sharing.includes(fleet))
      return `${name} uses up its reserved concurrency of ${formatItems(reservedBy(fleet), "invocation")}`;
    const names = this.#sharing.map(({ model }) => model.name).join(", ");
    const have = this.#sharing.length === 1 ? "has" : "share";
    return `${name} gets fewer invocations than it asks for: the ${formatItems(Math.round(this.#shared), "invocation")} that ${names} ${have} are used up`;
  }
}

function reservedBy({ model }: ConsumerFleet): number {
  return model.lambda?.reservedConcurrency ?? 0;
}
