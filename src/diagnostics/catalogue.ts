import type { Severity } from "./diagnostic.js";

/** What a diagnostic code stands for; `docs/diagnostics.md` has a row for each. */
export interface CatalogueEntry {
  readonly severity: Severity;
  readonly meaning: string;
  readonly why: string;
}

const error = (meaning: string, why: string): CatalogueEntry => ({ severity: "error", meaning, why });
const warning = (meaning: string, why: string): CatalogueEntry => ({ severity: "warning", meaning, why });
const hint = (meaning: string, why: string): CatalogueEntry => ({ severity: "hint", meaning, why });

/** Findings that mean the input or the usage is wrong (exit code 2, nothing is computed). */
const inputCodes = {
  usage: error("The command line is wrong.", "A flag that is guessed at answers a question that nobody asked."),
  "file-unreadable": error("A file cannot be read.", "Without it there is nothing to answer."),
  "file-too-large": error(
    "A file or a document is larger than the tool reads.",
    "Every input has a bound, so that no file can exhaust the machine.",
  ),
  "file-not-text": error(
    "A file is not UTF-8 text.",
    "A workload is a text file; bytes that are not text are a mistaken path.",
  ),
  "empty-input": error(
    "The input holds no workload, or a scenario file not exactly one scenario.",
    "An answer about nothing would pass every check.",
  ),
  "yaml-syntax": error("The text is not valid YAML.", "What cannot be read for certain is not guessed at."),
  "yaml-version": error(
    "The text asks for something beyond the YAML 1.2 core schema.",
    "Directives and tags change what plain values mean.",
  ),
  "yaml-bounds": error(
    "The text nests too deep or expands aliases too often.",
    "Every input has a bound, so that no file can exhaust the machine.",
  ),
  "duplicate-key": error("A mapping has the same key twice.", "One of the two values would be ignored in silence."),
  "unknown-key": error("A key is not part of the format.", "A misspelt key would be ignored in silence."),
  "missing-key": error("A required key, or one of several, is missing.", "There is no safe default for it."),
  "wrong-type": error(
    "A value has the wrong kind, such as a list where a text belongs.",
    "The value has no meaning in this place.",
  ),
  "wrong-value": error("A value is not one of those allowed here.", "The value has no meaning in this place."),
  "wrong-quantity": error(
    "A value with a dimension cannot be read.",
    "A wrong unit shifts the answer by orders of magnitude.",
  ),
  "out-of-range": error(
    "A number is outside the range that makes sense or that the service accepts.",
    "The service would refuse it, or the formulas do not hold for it.",
  ),
  "conflicting-keys": error(
    "Keys exclude each other, or one goes with another that is not there.",
    "Statements that contradict each other have no meaning together.",
  ),
  "list-too-long": error(
    "A list has more entries than the tool reads.",
    "Every input has a bound, so that no file can exhaust the machine.",
  ),
  "duplicate-name": error(
    "Two entries of a list share a name.",
    "Results, gates and scenario events refer to entries by name.",
  ),
  "unknown-name": error("A name refers to nothing in this workload.", "The event would never happen."),
  "scenario-impossible": error(
    "An event of the scenario cannot happen.",
    "The service would refuse it, or the workload lacks what it acts on.",
  ),
  "gate-syntax": error("A gate is not `metric operator value`.", "A gate that cannot be read must never pass."),
  "trace-invalid": error(
    "A traffic trace cannot be read.",
    "A row that is skipped in silence is traffic that nobody sized for.",
  ),
  "weights-invalid": error(
    "A file of partition-key weights cannot be read.",
    "A key that is skipped in silence may be the hot one.",
  ),
  "json-syntax": error("A file is not valid JSON.", "What cannot be read for certain is not guessed at."),
  "shard-ranges": error(
    "The hash key ranges of open shards leave a gap, overlap, or belong to two shards of one name.",
    "Each partition key belongs to exactly one open shard; a list that says otherwise is not of one stream at one time.",
  ),
  "shard-metrics": error(
    "Metrics of shards cannot be read, or some are missing.",
    "A shard that is skipped in silence may be the hot one.",
  ),
  "set-invalid": error(
    "A `--set` override is not `path=value`, or its path leads nowhere.",
    "An override that does not apply would be ignored in silence.",
  ),
  "limit-unknown": error(
    "A name in a limits file is not one that `limits` prints.",
    "The override would be ignored in silence.",
  ),
} as const;

/** Findings that no shard count can mend (status `infeasible`, exit code 1). */
const infeasibleCodes = {
  "hot-key": error(
    "One partition key alone exceeds what a shard accepts.",
    "A key lives on one shard, whatever their number.",
  ),
  "hot-shard-unreachable": error(
    "No shard count that was tried keeps the busiest shard within its limits.",
    "A key fills its shard to the brim, or heavy keys meet on one shard too often.",
  ),
  "layout-unreachable": error(
    "No splits and merges bring every shard within the planned load.",
    "The load of one hash key stays on one shard, and only so many shards may be open.",
  ),
  "shared-read-calls": error(
    "Shared consumers poll more often than a shard answers.",
    "Every shard is polled by every shared consumer, so more shards do not help.",
  ),
  "record-too-large": error(
    "A record is larger than the stream accepts.",
    "The service refuses it, on any number of shards.",
  ),
  "fan-out-consumers": error(
    "More fan-out consumers than the capacity mode allows.",
    "The limit is per stream, not per shard.",
  ),
  "retention-too-short": error(
    "A consumer's outage and recovery take longer than records are kept.",
    "Records expire before they are read.",
  ),
} as const;

const warningCodes = {
  "hot-key-headroom": warning(
    "One partition key leaves its shard less headroom than planned.",
    "No shard count gives that shard the headroom that `utilization` asks for.",
  ),
  "hot-shard-headroom": warning(
    "No shard count that was tried leaves the busiest shard the headroom that is planned.",
    "Heavy keys meet on one shard too often.",
  ),
  "account-shards": warning(
    "More shards than the account's quota in this region.",
    "CreateStream and UpdateShardCount are refused above the quota.",
  ),
  "stream-shards": warning("More shards than a stream may have by default.", "UpdateShardCount is refused above it."),
  "on-demand-ceiling": warning(
    "More traffic than an on-demand stream takes by default in this region.",
    "The stream throttles above it until AWS raises it.",
  ),
  "on-demand-streams": warning(
    "More on-demand streams than the account's quota in this region.",
    "CreateStream is refused above the quota.",
  ),
  "plan-short": error(
    "No plan of reshards has enough shards at all times.",
    "A call at most doubles the count, takes its time, and is one of few in 24 hours; what rises faster has to be waited for in advance.",
  ),
  "plan-throttles": warning(
    "Shards refuse records in the simulation of a plan of reshards.",
    "The plan's headroom does not cover how the traffic varies within its minutes.",
  ),
  "children-wait": warning(
    "A consumer is behind when a planned call closes shards, in the simulation of the plan.",
    "The children of a shard are read once the shard itself is read to its end, so records in them wait for the backlog.",
  ),
  "layout-undone": warning(
    "A later UpdateShardCount undoes a layout of splits and merges.",
    "It makes all shards equally wide again, hot keys or not.",
  ),
  "key-places-drawn": warning(
    "Where partition keys fall on the hash space is drawn, since the workload does not name them.",
    "The real keys fall elsewhere, so the hash keys of such a plan are an example.",
  ),
  "records-throttled": warning(
    "Shards refuse records in the simulation.",
    "A refused record is late at best; whether it is lost depends on how its producer retries.",
  ),
  "records-lost": warning("Producers give records up in the simulation.", "They never reach the stream."),
  "records-expired": warning(
    "Records expire in the simulation before a consumer has read them.",
    "That consumer never sees them.",
  ),
  "records-given-up": warning(
    "A consumer gives up records in the simulation that it failed to process, or that were in a batch with them.",
    "Nobody processes them later unless they are kept somewhere.",
  ),
  "consumer-behind": warning(
    "A consumer is 30 s behind in the simulation, or three poll intervals if longer, with its batching window on top.",
    "Its answers are as old as its iterator age, and what it has not read by the end of the retention is lost.",
  ),
  "reads-throttled": warning(
    "Shards refuse a consumer's reads in the simulation.",
    "Shared consumers divide what a shard gives; who is refused reads later.",
  ),
  "cpu-exhausted": warning(
    "A consumer's workers run out of CPU in the simulation.",
    "Processing slows down until traffic falls or workers are added.",
  ),
  "concurrency-exhausted": warning(
    "A Lambda consumer gets fewer invocations at a time than it asks for in the simulation.",
    "Its batches wait, and so do those of other functions that share the account's concurrency.",
  ),
  "under-provisioned": warning("The stream has fewer shards than the peak needs.", "It throttles at the peak."),
  "prices-old": warning("Prices were last confirmed more than a year ago.", "The cost may be out of date."),
  "read-records": warning(
    "More records are read per shard than one page of AWS's documentation states.",
    "AWS's quota page prints a limit that its API reference does not.",
  ),
  "trace-gaps": warning(
    "A traffic trace has gaps, rows between its steps, or several rows of one time.",
    "Missing rows count as no traffic and rows of one time are added up, which may not be what happened.",
  ),
  "key-larger-than-record": warning(
    "The default key size for aggregation exceeds the record size.",
    "The size after aggregation is then an upper bound.",
  ),
  "aggregation-unfilled": warning(
    "Aggregates cannot fill at this rate within the KPL's buffering time.",
    "Smaller aggregates mean more Kinesis records and more bytes than computed.",
  ),
  "aggregate-too-large": warning(
    "Aggregates are larger than the KPL forms by default.",
    "The KPL splits them unless AggregationMaxSize is raised.",
  ),
  "stream-name": warning(
    "CreateStream refuses this stream name.",
    "Names have 1 to 128 letters, digits, underscores, hyphens and dots.",
  ),
  "duplicate-stream": warning(
    "Two workloads of the fleet describe the same stream in the same region.",
    "Its shards and costs are counted twice in the totals.",
  ),
} as const;

const hintCodes = {
  "event-after-end": hint(
    "An event of the scenario comes after the end of the simulation.",
    "It does not happen, and nothing in the answer shows what it would do.",
  ),
  "even-load-assumed": hint(
    "Within each shard that was measured, load is taken to be even.",
    "Metrics do not tell where in a shard its load lies; if one key has it, no split takes it apart.",
  ),
  "event-without-effect": hint(
    "An event of the scenario asks for what is there already.",
    "It changes nothing; what AWS publishes does not say if the call is refused.",
  ),
  "trace-repeats": hint(
    "A traffic trace is shorter than the time that is looked at, and repeats.",
    "What happened once in the trace then counts as happening in every repetition.",
  ),
  "timeline-holds": hint(
    "A timeline ends before the time that is looked at does, and holds its last rate.",
    "The mean traffic, and so the cost, then follows mostly from that rate.",
  ),
  "growth-ahead": hint(
    "A producer's growth is not in the answer.",
    "Only `--horizon` says how far to look; without it the answer is for today.",
  ),
  "key-without-effect": hint(
    "A key has no effect on a consumer of this kind, or on a stream in this mode.",
    "It is accepted, so that a kind or a mode can be changed in one place.",
  ),
  "aggregation-saves-shards": hint(
    "Aggregating small records would need fewer shards.",
    "Small records reach the records limit long before the byte limit.",
  ),
  "aggregates-not-full": hint(
    "The KPL's aggregates are less than half full in the simulation.",
    "They are sent when their time is over, so more Kinesis records reach the shards, and more bytes, than `size` counts.",
  ),
  "fan-out-saves-shards": hint(
    "Reading with enhanced fan-out would need fewer shards.",
    "Fan-out consumers do not share the 2 MiB/s of a shard.",
  ),
  "bigger-workers": hint(
    "Larger workers would need fewer shards.",
    "A worker without a shard is idle, so many small workers force many shards.",
  ),
} as const;

/** The codes by what follows from them. */
export const catalogueGroups = {
  input: inputCodes,
  infeasible: infeasibleCodes,
  warning: warningCodes,
  hint: hintCodes,
} as const;

export const catalogue: Readonly<Record<DiagnosticCode, CatalogueEntry>> = {
  ...inputCodes,
  ...infeasibleCodes,
  ...warningCodes,
  ...hintCodes,
};

export type DiagnosticCode =
  | keyof typeof inputCodes
  | keyof typeof infeasibleCodes
  | keyof typeof warningCodes
  | keyof typeof hintCodes;
