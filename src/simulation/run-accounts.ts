/*
 * What always holds of a run: records are offered, and then accepted, lost or with the producer; what shards have accepted is what
 * producers got rid of; each consumer has processed it, missed it, or still has to read it; nobody processes what was not accepted.
 */
import { secondsPerHour } from "../units/dimension.js";
import { sumOf } from "../units/sum-of.js";
import { DUST_RECORDS } from "./dust-records.js";
import type { ProducerTraffic } from "./producer-traffic.js";
import type { StreamSimulation } from "./stream-simulation.js";

/** @throws Error our mistake */
export function assertAccounts(run: StreamSimulation): void {
  const rounding = roundingOf(run);
  const { producers, shards, fleets, liveShards, engine } = run;
  for (const producer of producers) assertOffered(producer, run, rounding);
  const accepted = producers.reduce((sum, one) => sum + one.accepted * one.model.recordsPerKinesisRecord, 0);
  const stored = shards.reduce((sum, { log }) => sum + log.records, 0);
  if (!(Math.abs(accepted - stored) <= (1e-9 + rounding) * accepted + 1e-6))
    throw new Error(`producers got rid of ${accepted} records, shards have ${stored} at ${engine.now} s`);
  for (const consumer of fleets.keys()) assertRead(consumer, stored, run, rounding);
  // What is not a number does not hold either.
  for (const shard of liveShards)
    for (const { reader } of shard.leases)
      if (!(reader.processed <= reader.fetched + 1e-6 && reader.fetched <= shard.log.records + 1e-3))
        throw new Error(`shard ${shard.number} was read beyond its end at ${engine.now} s`);
}

/**
 * How far sums over the run may be off, relative to themselves, if all that was ever added to them was rounded the same way: in a run of
 * many shards over months that is more than in a run of an hour.
 */
function roundingOf({ parts, acceptedByProducer, shardHours }: StreamSimulation): number {
  const isByRecord = parts.shares().record !== undefined;
  const additions = isByRecord ? sumOf(acceptedByProducer, (records) => records) : shardHours * secondsPerHour;
  return (additions * Number.EPSILON) / 2;
}

function assertOffered(producer: ProducerTraffic, { openShards, engine }: StreamSimulation, rounding: number): void {
  const waiting = sumOf(openShards, ({ writer }) => writer.waitingOf(producer));
  const rest = producer.offered - producer.accepted - producer.lost - waiting;
  const tolerance = 1e-6 + (1e-12 + rounding) * producer.offered;
  if (!(Math.max(Math.abs(rest), Math.abs(producer.waiting - waiting)) <= tolerance))
    throw new Error(`${rest} records of producer ${producer.model.name} are unaccounted for at ${engine.now} s`);
}

/** @param stored user records that the shards of this run, past and present, have accepted */
function assertRead(consumer: number, stored: number, run: StreamSimulation, rounding: number): void {
  const { account, backlog, model } = run.fleets[consumer] as StreamSimulation["fleets"][number];
  const rest = stored - (account.processed - account.repeated) - backlog - account.discarded - run.expiredFor(consumer);
  // A shard may be left with dust unread, which goes with it.
  if (!(Math.abs(rest) <= (1e-9 + rounding) * stored + (1 + run.shards.length) * DUST_RECORDS))
    throw new Error(`${rest} records are unaccounted for by consumer ${model.name} at ${run.engine.now} s`);
}
