/*
 * What a stream has used in each capacity mode, one spell after another, so that each is charged at its own prices.
 */
import type { CapacityMode } from "../workload/schema.js";

/** What costs something. */
export interface Usage {
  readonly seconds: number;
  /** Accepted. */
  readonly bytes: number;
  readonly shardHours: number;
  /** Kinesis records, in the order of the workload's producers. */
  readonly acceptedByProducer: readonly number[];
}

/** What was used while a mode was in force. */
export interface ModeSpell extends Usage {
  readonly mode: CapacityMode;
}

export class ModeMeter {
  readonly #ended: ModeSpell[] = [];
  #mode: CapacityMode;
  /** What had been used since the start of the run when the present spell began. */
  #start: Usage | undefined;

  constructor(mode: CapacityMode) {
    this.#mode = mode;
  }

  /** @param used since the start of the run */
  change(mode: CapacityMode, used: Usage): void {
    this.#ended.push(this.#spell(used));
    this.#mode = mode;
    this.#start = used;
  }

  /** @param used since the start of the run */
  spells(used: Usage): readonly ModeSpell[] {
    return [...this.#ended, this.#spell(used)];
  }

  #spell(used: Usage): ModeSpell {
    const start = this.#start;
    if (start === undefined) return { mode: this.#mode, ...used };
    return {
      mode: this.#mode,
      seconds: used.seconds - start.seconds,
      bytes: used.bytes - start.bytes,
      shardHours: used.shardHours - start.shardHours,
      acceptedByProducer: used.acceptedByProducer.map((count, index) => count - (start.acceptedByProducer[index] ?? 0)),
    };
  }
}
