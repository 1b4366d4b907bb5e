/*
 * Records that make their batch fail each time, and what becomes of them: the KCL skips the batch, Lambda retries it until it gives it up,
 * and any other reader stands still until its code is mended or the record expires.
 */
import { formatDuration, formatItems } from "../units/format-quantity.js";
import type { LambdaModel } from "./consumer-model.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { doublingBackoff, failingBatch, type GivenUpBecause } from "./lambda-batches.js";
import { blockedBy, type Lease } from "./lease.js";
import type { FleetStage } from "./lease-coordinator.js";

interface Poison {
  readonly lease: Lease;
  readonly writtenSeconds: number;
  /** When the consumer's code can take it; never, where that is infinite. */
  readonly mendedSeconds: number;
}

const reasons: Readonly<Record<GivenUpBecause, string>> = {
  retries: "its retries are used up",
  "record-age": "its records are older than it may try",
  expired: "its records expire",
};

export class PoisonRecords {
  readonly #stage: FleetStage;
  readonly #random: RandomStream;
  readonly #retentionSeconds: number;
  readonly #runSeconds: number;
  /** Those that no processor has come to. */
  #waiting: Poison[] = [];

  constructor(stage: FleetStage, retentionSeconds: number, runSeconds: number, random: RandomStream) {
    this.#stage = stage;
    this.#random = random;
    this.#retentionSeconds = retentionSeconds;
    this.#runSeconds = runSeconds;
  }

  /** The next record that the lease's shard accepts is one. */
  add(lease: Lease, lasts: number): void {
    const { engine, log, fleet } = this.#stage;
    const { name } = fleet.model;
    if (this.#waiting.some((one) => one.lease === lease) || (lease.blocks & blockedBy.poison) !== 0) {
      log("event-ignored", name, `shard ${lease.shardNumber} has a poison record already`);
      return;
    }
    lease.reader.holdAtEnd();
    this.#waiting.push({ lease, writtenSeconds: engine.now, mendedSeconds: engine.now + lasts });
    log("poison-record", name, `a record that ${name} fails on is written to shard ${lease.shardNumber}`);
  }

  /** Whether some processor may come to one any time. */
  get isTight(): boolean {
    return this.#waiting.length > 0;
  }

  /** Looks whether processors have come to one. */
  look(): void {
    if (this.#waiting.length === 0) return;
    this.#waiting = this.#waiting.filter((poison) => !this.#settle(poison));
  }

  /** @returns whether something has become of it */
  #settle(poison: Poison): boolean {
    const why = this.#whyHarmless(poison);
    if (why !== undefined) this.#pass(poison, why);
    else if (poison.lease.blocks === 0 && poison.lease.reader.isHeld) this.#fail(poison);
    else return false;
    return true;
  }

  /** Why no processor will fail on it. */
  #whyHarmless(poison: Poison): string | undefined {
    const { lease, mendedSeconds } = poison;
    const { name } = this.#stage.fleet.model;
    if (!lease.isOpen && !lease.reader.hasHeldRecord) return "the shard closes before it takes another record";
    if (mendedSeconds <= this.#stage.engine.now) return `the code of ${name} is mended before it comes to it`;
    return this.#ageOf(poison) > this.#retentionSeconds ? `it expires before ${name} comes to it` : undefined;
  }

  #pass({ lease }: Poison, why: string): void {
    const { fleet, log } = this.#stage;
    const { name } = fleet.model;
    lease.reader.goOn(0);
    log("poison-harmless", name, `${name} does not fail on the record in shard ${lease.shardNumber}: ${why}`);
  }

  #fail(poison: Poison): void {
    const { kcl, lambda } = this.#stage.fleet.model;
    if (kcl !== undefined) this.#skipBatch(poison);
    else if (lambda !== undefined) this.#retry(poison, lambda);
    else this.#standStill(poison, this.#retentionSeconds - this.#ageOf(poison), 1, "expired");
  }

  /** Of the poison record. */
  #ageOf({ writtenSeconds }: Poison): number {
    return this.#stage.engine.now - writtenSeconds;
  }

  /** So many records at most, of what one poll has brought. */
  #batchOf({ lease: { reader, log, bucket } }: Poison, most: number): number {
    const held = reader.fetched - reader.processed;
    const calls = Math.min(bucket.recordsPerCall / log.kinesisRecords, bucket.bytesPerCall / log.bytes) * log.records;
    // A flow processes at once what it fetches.
    return Math.max(1, Math.min(most, calls, held > 0 ? held : reader.backlog));
  }

  #skipBatch(poison: Poison): void {
    const { fleet, log } = this.#stage;
    const { name } = fleet.model;
    // Those of the batch that come before it are processed.
    const batch = this.#batchOf(poison, Number.POSITIVE_INFINITY);
    const skipped = fleet.discard(poison.lease, Math.max(1, Math.round(this.#random.nextUniform() * batch)));
    log(
      "batch-given-up",
      name,
      `${name} skips ${formatItems(Math.round(skipped), "record")} of shard ${poison.lease.shardNumber}: processing failed, and the KCL goes on with the next batch`,
    );
  }

  #retry(poison: Poison, lambda: LambdaModel): void {
    const batchRecords = Math.round(this.#batchOf(poison, lambda.batchRecords));
    const poisonPlace = Math.min(batchRecords - 1, Math.floor(this.#random.nextUniform() * batchRecords));
    const { fleet, engine } = this.#stage;
    const { account, speeds } = fleet;
    const { blockedSeconds, discardedRecords, reason, ...failed } = failingBatch({
      batchRecords,
      poisonPlace,
      retryAttempts: lambda.retryAttempts,
      recordAgeSecondsMax: lambda.recordAgeSecondsMax,
      retentionSeconds: this.#retentionSeconds,
      bisects: lambda.bisects,
      reportsItems: lambda.reportsItems,
      attemptSeconds: (records) => lambda.invocationSeconds + records * lambda.secondsPerRecord * speeds.slowFactor,
      backoffSeconds: doublingBackoff(lambda.retryBackoffSeconds, lambda.retryBackoffSecondsMax),
      ageSeconds: this.#ageOf(poison),
      countedSeconds: Math.min(this.#runSeconds, poison.mendedSeconds) - engine.now,
    });
    account.invocationSeconds += failed.failedSeconds;
    // Where neither attempts nor waits take time, there is no saying how many there are.
    if (Number.isFinite(failed.failedAttempts)) {
      account.retried += failed.repeatedRecords;
      account.invocations += failed.failedAttempts;
    }
    // Those before it in the batch count as processed: the function has gone through them.
    const before = discardedRecords > poisonPlace ? poisonPlace : 0;
    this.#standStill(poison, blockedSeconds, discardedRecords - before, reason);
  }

  #standStill(poison: Poison, seconds: number, records: number, reason: GivenUpBecause): void {
    const { fleet, engine, log } = this.#stage;
    const { lease, mendedSeconds } = poison;
    const { name } = fleet.model;
    const since = engine.now;
    fleet.block(lease, blockedBy.poison);
    log("batch-failing", name, `${name} fails on a batch of shard ${lease.shardNumber}, and reads no further there`);
    const end = Math.min(mendedSeconds, since + Math.max(0, seconds));
    if (!Number.isFinite(end)) return;
    engine.at(Math.ceil(end), () => {
      const isMended = mendedSeconds <= since + seconds;
      const discarded = isMended ? 0 : fleet.discard(lease, records);
      if (isMended) lease.reader.goOn(0);
      fleet.unblock(lease, blockedBy.poison, engine.now);
      const what = isMended ? "processes the batch" : `gives up ${formatItems(Math.round(discarded), "record")}`;
      const why = isMended ? "its code was mended" : reasons[reason];
      log(
        "batch-given-up",
        name,
        `${name} ${what} of shard ${lease.shardNumber} after ${formatDuration(engine.now - since)}, because ${why}`,
      );
    });
  }
}
