/*
 * What a run costs in the stream's own mode at AWS's list prices: what was open, written and read, and nothing that only a longer time
 * would bring (storage beyond a day is charged for what the run has written). Left out: discounts, data transfer, started hours.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import { secondsPerHour } from "../units/dimension.js";
import { ceilDivide, roundToMillionths } from "../units/rounding.js";
import { sumOf } from "../units/sum-of.js";
import type { Workload } from "../workload/schema.js";
import type { StreamSimulation } from "./stream-simulation.js";

/** USD of a run that has ended. */
export function costOfRun(run: StreamSimulation, { stream, consumers }: Workload, facts: ServiceFacts): number {
  const bytesPerGb = facts.value("metering.bytesPerGb");
  const gb = run.acceptedBytes / bytesPerGb;
  const shared = consumers.filter(({ read }) => read === "shared").length;
  const fanOut = consumers.length - shared;
  if (stream.mode === "on-demand") {
    const hours = run.engine.now / secondsPerHour;
    return roundToMillionths(
      hours * facts.value("price.odStreamHour") +
        (roundedBytes(run, facts) / bytesPerGb) * facts.value("price.odInGb") +
        gb * (shared * facts.value("price.odOutGb") + fanOut * facts.value("price.odEfoGb")),
    );
  }
  if (stream.mode === "on-demand-advantage")
    return roundToMillionths(
      (roundedBytes(run, facts) / bytesPerGb) * facts.value("price.advInGb") +
        gb * (shared + fanOut) * facts.value("price.advOutGb"),
    );
  const isExtended = stream.retention > facts.value("retention.secondsIncluded");
  const perShardHour =
    facts.value("price.shardHour") +
    (isExtended ? facts.value("price.extendedRetentionShardHour") : 0) +
    fanOut * facts.value("price.efoConsumerShardHour");
  return roundToMillionths(
    run.shardHours * perShardHour +
      (payloadUnits(run, facts) / 1e6) * facts.value("price.putPayloadUnitPerMillion") +
      gb * fanOut * facts.value("price.efoGb"),
  );
}

function payloadUnits({ producers }: StreamSimulation, facts: ServiceFacts): number {
  const step = facts.value("metering.putPayloadUnitBytes");
  return sumOf(producers, ({ accepted, model }) => accepted * ceilDivide(model.bytesPerKinesisRecord, step));
}

function roundedBytes({ producers }: StreamSimulation, facts: ServiceFacts): number {
  const step = facts.value("metering.onDemandRoundingBytes");
  return sumOf(producers, ({ accepted, model }) => accepted * ceilDivide(model.bytesPerKinesisRecord, step) * step);
}
