/*
 * What a run costs at AWS's list prices, each spell in the capacity mode in force: what was open, written and read, and the storage of
 * what was written until it expires, as a steady stream pays it at any time. Left out: discounts, data transfer, started hours, and what an account has
 * committed itself to with on-demand Advantage.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import { secondsPerHour } from "../units/dimension.js";
import { ceilDivide, roundToMillionths } from "../units/rounding.js";
import { sumOf } from "../units/sum-of.js";
import { bytesOfMean, kinesisRecord } from "../workload/kinesis-record.js";
import type { Workload } from "../workload/schema.js";
import { storedSeconds } from "../workload/stored-seconds.js";
import type { ModeSpell, Usage } from "./mode-meter.js";

/** USD of a run that has ended. */
export function costOfRun(spells: readonly ModeSpell[], workload: Workload, facts: ServiceFacts): number {
  return roundToMillionths(sumOf(spells, (spell) => costOfSpell(spell, workload, facts)));
}

function costOfSpell(run: ModeSpell, workload: Workload, facts: ServiceFacts): number {
  const { stream, consumers } = workload;
  const bytesPerGb = facts.value("metering.bytesPerGb");
  const gb = run.bytes / bytesPerGb;
  const shared = consumers.filter(({ read }) => read === "shared").length;
  const fanOut = consumers.length - shared;
  const stored = storageOf(gb, stream.retention, facts);
  if (run.mode === "on-demand") {
    const hours = run.seconds / secondsPerHour;
    return (
      hours * facts.value("price.odStreamHour") +
      (roundedBytes(run, workload, facts) / bytesPerGb) * facts.value("price.odInGb") +
      gb * (shared * facts.value("price.odOutGb") + fanOut * facts.value("price.odEfoGb")) +
      stored.extended * facts.value("price.odExtendedRetentionGbMonth") +
      stored.longTerm * facts.value("price.odLongTermRetentionGbMonth")
    );
  }
  if (run.mode === "on-demand-advantage")
    return (
      (roundedBytes(run, workload, facts) / bytesPerGb) * facts.value("price.advInGb") +
      gb * (shared + fanOut) * facts.value("price.advOutGb") +
      (stored.extended + stored.longTerm) * facts.value("price.advRetentionGbMonth")
    );
  const isExtended = stream.retention > facts.value("retention.secondsIncluded");
  const perShardHour =
    facts.value("price.shardHour") +
    (isExtended ? facts.value("price.extendedRetentionShardHour") : 0) +
    fanOut * facts.value("price.efoConsumerShardHour");
  return (
    run.shardHours * perShardHour +
    (payloadUnits(run, workload, facts) / 1e6) * facts.value("price.putPayloadUnitPerMillion") +
    gb * fanOut * facts.value("price.efoGb") +
    stored.longTerm * facts.value("price.longTermRetentionGbMonth")
  );
}

/** GB-months of what was written: beyond the time that is included, and beyond extended retention. */
function storageOf(gb: number, retention: number, facts: ServiceFacts): { extended: number; longTerm: number } {
  const { extended, longTerm } = storedSeconds(retention, facts);
  const gbMonths = gb / (facts.value("metering.hoursPerMonth") * secondsPerHour);
  return { extended: gbMonths * extended, longTerm: gbMonths * longTerm };
}

function payloadUnits(run: Usage, workload: Workload, facts: ServiceFacts): number {
  return steps(run, workload, facts, facts.value("metering.putPayloadUnitBytes"));
}

function roundedBytes(run: Usage, workload: Workload, facts: ServiceFacts): number {
  const step = facts.value("metering.onDemandRoundingBytes");
  return steps(run, workload, facts, step) * step;
}

/** Steps of so many bytes that the accepted records take, each rounded up. */
function steps({ byProducer }: Usage, { producers }: Workload, facts: ServiceFacts, stepBytes: number): number {
  return sumOf(producers.entries(), ([index, producer]) => {
    const { userRecords = 0, kinesisRecords = 0 } = byProducer[index] ?? {};
    const stated = kinesisRecord(producer, facts);
    // Whether aggregates were as stated, or as full as can be, is seen but for rounding.
    const found = roundToMillionths(userRecords / kinesisRecords / stated.recordsPerKinesisRecord);
    const isAsStated = kinesisRecords === 0 || found === 1;
    const bytes = isAsStated
      ? stated.bytesPerKinesisRecord
      : bytesOfMean(producer, userRecords / kinesisRecords, facts);
    return kinesisRecords * ceilDivide(bytes, stepBytes);
  });
}
