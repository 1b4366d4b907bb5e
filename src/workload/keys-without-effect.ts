/*
 * Keys that a consumer's kind, the stream's mode, or another key, leaves without effect. They are accepted, so that a kind can be changed
 * in one place; whether a key is there can be told from the document only, since defaults are filled in later.
 */
import { type Diagnostic, diagnoseAt } from "../diagnostics/diagnostic.js";
import { listOfMappings, type Mapping, toMapping } from "./mapping.js";

type Reason = (consumer: Mapping) => string | undefined;

const ofLambda: Reason = ({ kind }) => (kind === "lambda" ? undefined : "only Lambda has it");
const ofKcl: Reason = ({ kind }) => (kind === "kcl" ? undefined : "only the KCL has it");
const ofWorkers: Reason = ({ kind }) => (kind === "lambda" ? "Lambda has no workers" : undefined);

/** By key, why it has no effect on a consumer; undefined where it has one. */
const reasons: Readonly<Record<string, Reason>> = {
  parallelization: ofLambda,
  batchSize: ofLambda,
  batchWindow: ofLambda,
  concurrency: ofLambda,
  retryAttempts: ofLambda,
  maxRecordAge: ofLambda,
  bisect: ofLambda,
  reportItemFailures: ofLambda,
  kclVersion: ofKcl,
  checkpointInterval: ofKcl,
  leaseAssignment: (consumer) =>
    ofKcl(consumer) ?? (consumer["kclVersion"] === 2 ? "KCL 2 evens out the number of leases alone" : undefined),
  worker: ofWorkers,
  workers: ofWorkers,
  standby: ofWorkers,
  autoscaling: ({ kind, cpuPerRecord }) => {
    if (kind === "lambda" || kind === "firehose") return "AWS scales it";
    return cpuPerRecord === undefined ? "without `cpuPerRecord` there is no CPU to follow" : undefined;
  },
  cpuPerRecord: ({ kind, timePerRecord }) =>
    kind === "lambda" && timePerRecord !== undefined ? "Lambda is planned by `timePerRecord`" : undefined,
  pollInterval: ({ read }) => (read === "fan-out" ? "fan-out is pushed to the consumer" : undefined),
};

/** A hint for each such key of a workload document that is valid. */
export function findKeysWithoutEffect(document: unknown): Diagnostic[] {
  return [...findInStream(toMapping(document)), ...findInConsumers(document)];
}

/** Keys of on-demand streams; the scenario may change a stream to that. */
function findInStream(document: Mapping): Diagnostic[] {
  const stream = toMapping(document["stream"]);
  const mode = String(stream["mode"] ?? "provisioned");
  const changesMode = listOfMappings(document["scenario"]).some(({ event }) => event === "mode");
  const idle = [
    ...(mode === "provisioned" && !changesMode ? [{ key: "previousPeak", who: "on-demand streams go by it" }] : []),
    ...(mode === "on-demand-advantage" ? [] : [{ key: "warmThroughput", who: "only on-demand Advantage has it" }]),
  ];
  return idle.flatMap(({ key, who }) =>
    stream[key] === undefined
      ? []
      : [
          diagnoseAt(
            "key-without-effect",
            ["stream", key],
            `\`${key}\` has no effect in mode ${mode}: ${who}`,
            "remove it, or keep it for a change of mode",
          ),
        ],
  );
}

function findInConsumers(document: unknown): Diagnostic[] {
  return listOfMappings(toMapping(document)["consumers"]).flatMap((consumer, index) =>
    Object.entries(reasons).flatMap(([key, reasonFor]) => {
      const reason = consumer[key] === undefined ? undefined : reasonFor(consumer);
      if (reason === undefined) return [];
      const message = `\`${key}\` has no effect on \`${String(consumer["name"])}\`: ${reason}`;
      const fix = "remove it, or keep it for a change of kind";
      return [diagnoseAt("key-without-effect", ["consumers", index, key], message, fix)];
    }),
  );
}
