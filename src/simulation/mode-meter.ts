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
  /** Of the workload's producers, in their order. */
  readonly byProducer: readonly ProducerUse[];
}

/** What shards accepted of one producer. */
export interface ProducerUse {
  readonly userRecords: number;
  readonly kinesisRecords: number;
  /** User records that were accepted by shards for which they were not meant, and put again. */
  readonly wrongShard: number;
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
      byProducer: used.byProducer.map((producer, index) => subtract(producer, start.byProducer[index] as ProducerUse)),
    };
  }
}

function subtract(one: ProducerUse, other: ProducerUse): ProducerUse {
  return {
    userRecords: one.userRecords - other.userRecords,
    kinesisRecords: one.kinesisRecords - other.kinesisRecords,
    wrongShard: one.wrongShard - other.wrongShard,
  };
}
