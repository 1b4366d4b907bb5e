/*
 * What to do about records that a consumer fails on.
 */
import { formatClock } from "../units/format-quantity.js";
import type { Consumer, ScenarioEvent } from "../workload/schema.js";

type PoisonEvent = Extract<ScenarioEvent, { event: "poison-record" }>;

/** A record that keeps the consumer from going on. */
export function adviseOnPoison({ at }: PoisonEvent, consumer: Consumer): string {
  const record = `records such as the scenario's at ${formatClock(at)}`;
  if (consumer.kind !== "lambda") return `set records aside that processing fails on: ${record} hold up their shard`;
  const { retryAttempts, maxRecordAge } = consumer;
  const bound =
    retryAttempts === undefined && maxRecordAge === undefined
      ? "bound the retries of a failing batch with `retryAttempts` or `maxRecordAge`"
      : "lower `retryAttempts` or `maxRecordAge`";
  return `${bound}${smallerLoss(consumer)}: ${record} hold up their shard until then`;
}

/** What is given up with the one record that fails. */
export function adviseOnLoss(consumer: Consumer): string {
  if (consumer.kind === "kcl")
    return "catch what processing throws, and set the record aside: the KCL goes on behind the batch whatever becomes of it";
  if (consumer.kind !== "lambda") return "set records aside that processing fails on, before they expire";
  return `send what is given up to an on-failure destination${smallerLoss(consumer)}`;
}

function smallerLoss({ bisect, reportItemFailures }: Consumer): string {
  if (reportItemFailures) return "";
  return bisect
    ? ", and set `reportItemFailures`"
    : ", and set `bisect` or `reportItemFailures`, so that less goes with it";
}
