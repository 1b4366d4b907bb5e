/*
 * The JSON of `simulate`, as a schema; what is not listed here does not occur.
 */
import * as v from "valibot";
import { controlEventNames } from "../simulation/control-event.js";
import { fidelities } from "../simulation/fidelity.js";
import { count, described, diagnostics, number, stream, text } from "./result-parts.js";

const percentiles = v.strictObject({ p50: number, p99: number, max: number });
const cpu = v.nullable(v.strictObject({ mean: number, max: number }));
const estimate = v.strictObject({ mean: number, low: number, high: number });

const summaryConsumer = v.strictObject({
  name: text,
  iteratorAgeSeconds: described(
    percentiles,
    "Now minus the arrival of the oldest unprocessed record, largest over shards, sampled each second.",
  ),
  latencySeconds: described(percentiles, "From a record's arrival to the end of its processing."),
  processedRecords: described(count, "User records."),
  backlogRecords: described(count, "User records accepted and not processed at the end."),
  expiredRecords: described(count, "User records that expired before this consumer had read them."),
  repeatedRecords: described(
    count,
    "User records processed once more: after a crash, from the last checkpoint on, or with a batch that failed.",
  ),
  discardedRecords: described(count, "User records given up after their batch had failed."),
  readThrottles: described(count, "Calls that a shard refused."),
  cpuUtilization: described(
    cpu,
    "Mean over workers and time, and the busiest worker in any minute, whatever the resolution; null without CPU.",
  ),
  workerHours: described(v.nullable(number), "How long workers were up, in all; null where AWS runs them."),
  workersUsd: described(v.nullable(number), "What those hours cost at the price of a worker; null without one."),
  lambda: described(
    v.nullable(
      v.strictObject({
        invocations: count,
        concurrency: v.strictObject({ mean: number, max: number, limit: number }),
      }),
    ),
    "Invocations, and how many ran at a time: on average, in the busiest minute, and at most; null for other kinds.",
  ),
  leaseTable: described(
    v.nullable(v.strictObject({ readUnits: count, writeUnits: count })),
    "Request units of the KCL's DynamoDB lease table; null for other kinds.",
  ),
});

const summaryProducer = v.strictObject({
  name: text,
  acceptedRecords: described(count, "User records."),
  recordsPerKinesisRecord: described(
    v.nullable(number),
    "User records in each Kinesis record that was accepted, on average; null where none was.",
  ),
  wrongShardRecords: described(
    count,
    "User records that a shard accepted in error after a reshard operation, put again.",
  ),
});

export const simulationSummary = v.strictObject({
  seconds: number,
  offeredRecords: described(count, "User records: accepted, lost and buffered."),
  acceptedRecords: count,
  attemptedRecords: described(count, "Kinesis records put, every attempt counted."),
  throttledRecords: described(count, "Kinesis records refused, every attempt counted, as CloudWatch does."),
  throttledRatio: described(number, "Refused attempts over all attempts."),
  delayedRecords: described(count, "User records accepted, though not at their first attempt."),
  lostRecords: described(count, "User records that producers gave up."),
  wrongShardRecords: described(
    count,
    "User records that the KPL put to a shard for which they were not meant, after a reshard operation, and put again.",
  ),
  expiredRecords: described(
    count,
    "User records that expired before some consumer had read them; each counts once, however many consumers miss it.",
  ),
  bufferedRecords: described(count, "User records with the producers at the end."),
  producers: v.array(summaryProducer),
  consumers: v.array(summaryConsumer),
  shardHours: number,
  usd: described(number, "The stream in its own mode, for the time simulated."),
  seed: count,
  eventCount: described(count, "Control events and GetRecords calls."),
  replications: v.strictObject({
    count,
    estimates: described(
      v.record(text, estimate),
      "By figure, its mean over replications and the 95 % confidence interval of that mean; empty for one run.",
    ),
  }),
});

const timelineConsumer = v.strictObject({
  name: text,
  processedRecords: number,
  backlogRecords: number,
  iteratorAgeSecondsMax: number,
  readThrottles: count,
  cpuUtilization: described(
    cpu,
    "Mean over workers and time, and the busiest worker in any minute of the row, or in the row where that is shorter.",
  ),
  workers: count,
  concurrency: described(v.nullable(number), "Lambda's invocations at a time, on average; null for other kinds."),
});

const timelineRow = v.strictObject({
  at: described(number, "Start of the row, in seconds from the start."),
  seconds: number,
  offeredRecords: number,
  acceptedRecords: number,
  attemptedRecords: number,
  throttledRecords: number,
  lostRecords: number,
  wrongShardRecords: number,
  bufferedRecords: number,
  acceptedBytes: number,
  openShards: count,
  consumers: v.array(timelineConsumer),
});

const event = v.strictObject({
  at: number,
  event: v.picklist(controlEventNames),
  subject: text,
  message: text,
  leases: described(v.optional(count), "How many leases a worker held that fails, or how many move."),
  orphans: described(v.optional(count), "How many of those that move had nobody since their worker crashed."),
  leads: described(v.optional(v.boolean()), "Whether a worker that fails leads the others."),
  scaledBy: described(
    v.optional(v.picklist(["cpu", "bounds", "shards"])),
    "What has a group of workers grow or shrink: CPU, its minimum or maximum, or the number of shards to read.",
  ),
  isBalancing: described(
    v.optional(v.boolean()),
    "Whether leases move from workers that are up, to even out the load.",
  ),
});

const storyEntry = v.strictObject({
  at: described(number, "In seconds from the start."),
  until: described(v.optional(number), "When it was over, where it took time."),
  what: text,
  because: described(v.array(text), "Limits and timers that were responsible, each by its name in `limits`."),
  caused: described(v.array(text), "What the events or the figures show to come of it."),
  followed: described(v.array(text), "What came after it, without evidence that it came of it."),
  prevention: described(v.array(text), "What would have prevented or shortened that."),
});

const fidelityNames = [...fidelities.filter((name) => name !== "auto"), "leap"];

export const SimulationSchema = v.strictObject({
  schemaVersion: v.literal(1),
  command: v.literal("simulate"),
  status: v.literal("ok"),
  stream,
  start: v.strictObject({ shards: count, workers: v.record(text, count) }),
  resolutionSeconds: number,
  summary: simulationSummary,
  fidelity: described(
    v.record(v.picklist(fidelityNames), number),
    "Shares of all shard-seconds by how they were simulated.",
  ),
  impliedErrors: described(
    v.strictObject({ throttledRatio: number, lostRatio: number }),
    "How far these ratios may be from what single records would show, either way.",
  ),
  timeline: v.array(timelineRow),
  events: v.array(event),
  story: described(v.optional(v.array(storyEntry)), "With --explain: the run told in the order of time."),
  diagnostics,
});
