/*
 * The workload format, said once. From this definition come the types, the validation, the defaults, the reference page
 * (docs/workload.md) and the JSON Schema that editors use. Rules that span several keys are in check-workload.ts.
 */
import * as v from "valibot";
import { limitValue } from "../service/service-facts.js";
import { bounds } from "./bounds.js";
import { ConsumerSchema } from "./consumer-schema.js";
import { integer, issueText, list, mapping, oneOf, quantity, real, text, timestamp } from "./field.js";
import { parseGateExpression } from "./gate-expression.js";
import { ScenarioSchema } from "./scenario-schema.js";
import { StreamSchema } from "./stream-schema.js";

const DailySchema = mapping({
  low: quantity(
    "recordsPerSecond",
    { min: 0, max: bounds.recordsPerSecond },
    "User records per second at the quietest time of day.",
  ),
  high: quantity(
    "recordsPerSecond",
    { min: 0, max: bounds.recordsPerSecond },
    "User records per second at the busiest time of day.",
  ),
  peakAt: v.pipe(
    v.string(),
    v.regex(
      /^([01]?\d|2[0-3]):[0-5]\d$/,
      issueText("wrong-value", "the time of day is not hours and minutes", 'write it as "20:00"'),
    ),
    v.description("Local time of the daily peak, `HH:MM`."),
  ),
  startsAt: v.optional(
    timestamp(
      "When the horizon starts, which tells the day of the week and summer time. Default a Monday in winter, 00:00 UTC.",
    ),
  ),
  timezone: v.optional(text("IANA time zone of `peakAt` and of the weekend."), "UTC"),
  weekend: v.optional(
    quantity("ratio", { min: 0, max: bounds.factor }, "Traffic on Saturdays and Sundays relative to weekdays."),
    "100%",
  ),
});

const TimelinePointSchema = mapping({
  at: quantity("seconds", { min: 0, max: bounds.horizonSeconds }, "Time from the start of the horizon."),
  records: quantity(
    "recordsPerSecond",
    { min: 0, max: bounds.recordsPerSecond },
    "User records per second from then on.",
  ),
});

const TraceSchema = mapping({
  file: text("CSV file with a header line, relative to the workload file."),
  time: v.optional(
    text("Column with the time: ISO 8601 (UTC unless it says otherwise) or epoch seconds."),
    "timestamp",
  ),
  value: v.optional(text("Column with the number of user records in the step that starts at that time."), "value"),
  per: quantity(
    "seconds",
    { min: 0.001, max: bounds.horizonSeconds },
    "Length of one step: `value` counts records per this time.",
  ),
  scale: v.optional(real({ above: 0, max: bounds.recordsPerSecond }, "Multiplies every value."), 1),
});

const TrafficSchema = v.pipe(
  mapping({
    daily: v.optional(
      v.pipe(
        DailySchema,
        v.description("A daily wave between `low` and `high` (raised cosine), the peak at `peakAt`."),
      ),
    ),
    timeline: v.optional(
      list(TimelinePointSchema, { min: 1, max: 100_000 }, "Points in time with their rate; the last one holds."),
    ),
    interpolate: v.optional(oneOf(["step", "linear"], "How a timeline runs between its points."), "step"),
    repeat: v.optional(
      quantity(
        "seconds",
        { min: 60, max: bounds.horizonSeconds },
        "Length of a timeline's cycle, after which it starts again.",
      ),
    ),
    trace: v.optional(v.pipe(TraceSchema, v.description("Recorded traffic, replayed; it repeats after its end."))),
  }),
  v.description("Traffic over time: exactly one of `daily`, `timeline`, `trace`."),
);

const BurstSchema = mapping({
  at: quantity("seconds", { min: 0, max: bounds.horizonSeconds }, "Start, from the start of the horizon."),
  factor: real({ min: 0, max: bounds.factor }, "Multiplies the traffic while it lasts."),
  lasts: quantity("seconds", { above: 0, max: bounds.horizonSeconds }, "Duration."),
});

const AggregationSchema = v.pipe(
  mapping({
    recordsPerBatch: v.optional(real({ min: 1, max: bounds.factor }, "Mean user records in one Kinesis record.")),
    maxSize: v.optional(
      quantity(
        "bytes",
        { above: 0, max: bounds.bytes },
        "Aggregates are filled up to this size (KPL: AggregationMaxSize).",
      ),
    ),
    keySize: v.optional(
      quantity("bytes", { min: 1, max: bounds.bytes }, "Mean bytes of a user record's partition key. Default 36 B."),
    ),
    distinctKeys: v.optional(integer({ min: 1 }, "Different partition keys in one aggregate; default all.")),
  }),
  v.description("KPL aggregation: exactly one of `recordsPerBatch` and `maxSize`."),
);

const KeysSchema = v.pipe(
  mapping({
    count: v.optional(integer({ min: 1, max: 1e12 }, "How many different partition keys there are.")),
    distribution: v.optional(oneOf(["even", "zipf"], "How traffic spreads over the keys.")),
    exponent: v.optional(real({ min: 0, max: 10 }, "Exponent of the Zipf distribution. Default 1.")),
    hottest: v.optional(
      quantity("ratio", { above: 0, max: 1 }, "Share of the hottest key; the rest is perfectly even."),
    ),
    weightsFile: v.optional(text("CSV file `key,weight`, one partition key a line, relative to the workload file.")),
  }),
  v.description("Partition keys: exactly one of `count`, `hottest`, `weightsFile`. Default: perfectly even."),
);

const ProducerSchema = mapping({
  name: text("The producer's name, unique in the workload."),
  records: v.optional(
    quantity(
      "recordsPerSecond",
      { min: 0, max: bounds.recordsPerSecond },
      "User records per second at peak. Either this or `traffic`.",
    ),
  ),
  traffic: v.optional(TrafficSchema),
  bursts: v.optional(list(BurstSchema, { max: 1_000 }, "Times at which the traffic is multiplied."), []),
  growth: v.optional(
    quantity("growth", {}, "Compound growth; sizing looks at its start unless `--horizon` says how far."),
    0,
  ),
  recordSize: quantity(
    "bytes",
    { above: 0 },
    "Mean bytes of a user record that count towards the limit: data and partition key.",
  ),
  recordSizeMax: v.optional(
    quantity("bytes", { above: 0, max: bounds.bytes }, "Bytes of the largest user record, data and partition key."),
  ),
  recordSizeVariation: v.optional(
    quantity(
      "ratio",
      { min: 0, max: 100 },
      "Simulation: standard deviation of record sizes relative to their mean (lognormal). Default 0.",
    ),
  ),
  aggregation: v.optional(AggregationSchema),
  keys: v.optional(KeysSchema),
  burstiness: v.optional(
    quantity(
      "ratio",
      { min: 0, max: 100 },
      "Simulation: how much the rate varies from second to second beyond chance: standard deviation relative to the mean. Default 0.",
    ),
  ),
  putBatch: v.optional(
    integer(
      { min: 1, max: limitValue("putRecords.recordsPerCall"), published: true },
      "Simulation: Kinesis records in one PutRecords call. Default 10, or fewer where they would exceed 64 KiB.",
    ),
  ),
  instances: v.optional(
    integer(
      { min: 1, max: 1e6 },
      "Simulation: processes of this producer; each KPL process has a rate limiter and aggregates of its own. Default 1.",
    ),
  ),
  buffer: v.optional(
    quantity(
      "bytes",
      { min: 0, max: bounds.bytes },
      "Simulation: memory of all processes for records that wait for another attempt; the newest are dropped beyond. Default unbounded: retries give up after seconds.",
    ),
  ),
  retry: v.optional(oneOf(["kpl", "sdk", "none"], "What the producer does with refused records."), "sdk"),
});

const gateLevel = oneOf(["error", "warn"], "Whether a failed gate fails the check.");

const GateSchema = v.pipe(
  v.union([
    v.string(),
    mapping({
      expect: v.pipe(v.string(), v.description("The expression.")),
      level: v.optional(gateLevel, "error"),
    }),
  ]),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const { expect, level } =
      typeof dataset.value === "string" ? { expect: dataset.value, level: "error" as const } : dataset.value;
    const parsed = parseGateExpression(expect);
    if (parsed.ok) return { ...parsed.gate, level };
    addIssue({ message: issueText("gate-syntax", parsed.reason, parsed.fix) });
    return NEVER;
  }),
  v.description("`metric operator value`, such as `shards.recommended <= 40`."),
);

export const WorkloadSchema = mapping({
  version: v.pipe(v.literal(1), v.description("Version of this format.")),
  stream: v.pipe(StreamSchema, v.description("The data stream.")),
  producers: list(ProducerSchema, { min: 1, max: 1_000 }, "What is written to the stream."),
  consumers: v.optional(list(ConsumerSchema, { max: 1_000 }, "What reads the stream."), []),
  scenario: v.optional(ScenarioSchema, []),
  gates: v.optional(list(GateSchema, { max: 1_000 }, "Expressions that `check` evaluates."), []),
});

/** A stream, its producers and its consumers, every value in its base unit and every default filled in. */
export type Workload = v.InferOutput<typeof WorkloadSchema>;
export type Producer = Workload["producers"][number];
export type Consumer = Workload["consumers"][number];
export type ScenarioEvent = Workload["scenario"][number];
export type Gate = Workload["gates"][number];
export type CapacityMode = Workload["stream"]["mode"];
export type Traffic = NonNullable<Producer["traffic"]>;
export type Aggregation = NonNullable<Producer["aggregation"]>;
