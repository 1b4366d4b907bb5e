/*
 * What reads a stream, as the workload format says it.
 */
import * as v from "valibot";
import { limitValue } from "../service/service-facts.js";
import { bounds } from "./bounds.js";
import { integer, mapping, oneOf, quantity, real, text } from "./field.js";

const consumerKinds = ["kcl", "lambda", "firehose", "flink", "sdk"] as const;

const WorkerSchema = v.pipe(
  mapping({
    vcpus: v.optional(real({ min: 0.001, max: 1_024 }, "vCPUs of one worker."), 1),
    targetCpu: v.optional(quantity("ratio", { min: 0.001, max: 1 }, "CPU utilisation to plan for."), "65%"),
    price: v.optional(
      quantity("usdPerHour", { min: 0, max: bounds.factor }, "Price of one worker, for the cost of the fleet."),
    ),
  }),
  v.description("One instance, task or pod of the consumer."),
);

const AutoscalingSchema = v.pipe(
  mapping({
    min: v.optional(integer({ min: 1, max: 1e5 }, "The fewest workers, spare ones aside."), 1),
    max: integer({ min: 1, max: 1e5 }, "The most workers. There are never more than shards, spare ones aside."),
    targetCpu: v.optional(
      quantity("ratio", { min: 0.001, max: 1 }, "Mean CPU that the group keeps to. Default `worker.targetCpu`."),
    ),
    cooldown: v.optional(
      quantity(
        "seconds",
        { min: 0, max: bounds.horizonSeconds },
        "Warm-up of a new worker, in which it does not count, and the least time between two scale-ins. Default 300 s.",
      ),
    ),
    launchTime: v.optional(
      quantity(
        "seconds",
        { min: 0, max: bounds.horizonSeconds },
        "From the decision until a new worker works. Default 180 s.",
      ),
    ),
    metricDelay: v.optional(
      quantity(
        "seconds",
        { min: 0, max: bounds.horizonSeconds },
        "From the end of a minute until the alarms see its CPU. Default 90 s.",
      ),
    ),
    scaleIn: v.optional(v.pipe(v.boolean(), v.description("Whether workers are taken away again.")), true),
  }),
  v.description("Simulation: an EC2 Auto Scaling group that tracks the mean CPU of its workers."),
);

const RecoverySchema = v.pipe(
  mapping({
    outage: quantity("seconds", { min: 0, max: bounds.horizonSeconds }, "How long the consumer may be down."),
    within: quantity(
      "seconds",
      { min: 0.001, max: bounds.horizonSeconds },
      "Within what time after it the backlog must be gone.",
    ),
  }),
  v.description("Catching up after an outage."),
);

export const ConsumerSchema = mapping({
  name: text("The consumer's name, unique in the workload."),
  kind: oneOf(consumerKinds, "What reads the stream."),
  read: v.optional(oneOf(["shared", "fan-out"], "Shared throughput (GetRecords) or enhanced fan-out."), "shared"),
  cpuPerRecord: v.optional(
    quantity("seconds", { min: 0, max: bounds.horizonSeconds }, "CPU time for one user record."),
  ),
  timePerRecord: v.optional(
    quantity(
      "seconds",
      { min: 0, max: bounds.horizonSeconds },
      "Wall time for one user record in one processor. Default `cpuPerRecord`.",
    ),
  ),
  worker: v.optional(WorkerSchema, {}),
  workers: v.optional(integer({ min: 0, max: 1e5 }, "Workers running today.")),
  standby: v.optional(integer({ min: 0, max: 1e5 }, "Spare workers on top; they may exceed the shard count."), 0),
  autoscaling: v.optional(AutoscalingSchema),
  pollInterval: v.optional(
    quantity(
      "seconds",
      { above: 0 },
      "Time between reads of one shard. Default 1500 ms (kcl), 1 s (lambda, firehose, sdk), 200 ms (flink).",
    ),
  ),
  parallelization: v.optional(
    integer(
      { min: 1, max: limitValue("lambda.parallelizationMax"), published: true },
      "Lambda: concurrent batches per shard.",
    ),
  ),
  timeVariation: v.optional(
    quantity(
      "ratio",
      { min: 0, max: 100 },
      "Simulation of single records: standard deviation of `timePerRecord` relative to its mean (lognormal; exponential at 100 %). Default 0.",
    ),
  ),
  batchSize: v.optional(
    integer({ min: 1, max: limitValue("lambda.batchSizeMax"), published: true }, "Lambda: records per invocation."),
    100,
  ),
  batchWindow: v.optional(
    quantity(
      "seconds",
      { min: 0, max: limitValue("lambda.batchingWindowSecondsMax"), published: true },
      "Simulation, Lambda: how long a batch may wait to be filled. Default none.",
    ),
  ),
  concurrency: v.optional(
    integer(
      { min: 1, max: 1e6 },
      "Simulation, Lambda: the function's reserved concurrency. Without it the function shares what others leave of the account's.",
    ),
  ),
  retryAttempts: v.optional(
    integer(
      { min: 0, max: limitValue("lambda.retryAttemptsMax"), published: true },
      "Simulation, Lambda: retries of a failing batch. Default until its records expire.",
    ),
  ),
  maxRecordAge: v.optional(
    quantity(
      "seconds",
      { min: 0, max: limitValue("lambda.recordAgeSecondsMax"), published: true },
      "Simulation, Lambda: the age at which failing records are given up. Default never.",
    ),
  ),
  bisect: v.optional(
    v.pipe(v.boolean(), v.description("Simulation, Lambda: whether a failing batch is split in two.")),
    false,
  ),
  reportItemFailures: v.optional(
    v.pipe(v.boolean(), v.description("Simulation, Lambda: whether the function says which record of a batch failed.")),
    false,
  ),
  kclVersion: v.optional(v.pipe(v.picklist([2, 3]), v.description("Major version of the Kinesis Client Library.")), 3),
  leaseAssignment: v.optional(
    oneOf(
      ["utilization", "count"],
      "Simulation, KCL 3: whether the leader evens out the workers' CPU use or the number of their leases.",
    ),
    "utilization",
  ),
  checkpointInterval: v.optional(
    quantity(
      "seconds",
      { min: 0, max: bounds.horizonSeconds },
      "Simulation, KCL: time between checkpoints. What a worker has done since the last one is done again after a crash. Default after every batch.",
    ),
  ),
  recovery: v.optional(RecoverySchema),
});
