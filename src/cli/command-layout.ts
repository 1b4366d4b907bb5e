import { planLayout } from "../planning/layout/plan-layout.js";
import { presentLayout } from "../report/present-layout.js";
import type { ShardLoads } from "../workload/read-shard-loads.js";
import { placeDiagnostics } from "../workload/yaml-document.js";
import type { ReshardFlags } from "./command-reshard.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { Host } from "./host.js";
import { loadCatalogue } from "./load-limits.js";
import { loadWorkloads } from "./load-workloads.js";
import { type OutputOptions, usage, writeAnswer } from "./output.js";
import { operationsAsked, readInteger, readRatio, readSeconds, readSeed, shardsAsked } from "./read-flags.js";
import { displayName, readText } from "./read-input.js";

/** `kinesis-plan reshard FILE` with `--layout` or `--shard-loads` */
export async function runLayout(
  host: Host,
  paths: readonly string[],
  flags: ReshardFlags,
  output: OutputOptions,
): Promise<ExitCode> {
  refuseFlagsOverTime(flags);
  const seed = readSeed(flags.seed);
  const margin = readRatio("--margin", flags.margin, 1);
  const shardValue = readInteger("--shard-value", flags.shardValue, 0, operationsAsked);
  const shardsMax =
    flags.maxShards === undefined ? undefined : readInteger("--max-shards", flags.maxShards, 1, shardsAsked);
  const catalogue = await loadCatalogue(host, flags.limits);
  const loaded = await loadWorkloads(host, paths, flags.set ?? [], catalogue);
  const [one] = loaded;
  if (one === undefined || loaded.length > 1)
    throw usage("reshard takes one workload", "name a file with one document");
  const measured = await loadMeasured(host, flags);
  const result = planLayout(one.workload, {
    attachments: one.attachments,
    facts: catalogue.forRegion(one.workload.stream.region),
    margin,
    shardValue,
    seed,
    ...(measured !== undefined && { measured }),
    ...(shardsMax !== undefined && { shardsMax }),
  });
  const diagnostics = placeDiagnostics(one.document, [...result.diagnostics, ...one.hints]);
  await writeAnswer(host, presentLayout({ ...result, diagnostics }), output);
  return result.status === "ok" ? exitCodes.ok : exitCodes.unsatisfied;
}

/** A layout holds at one load: what plans calls over time has no meaning for it. */
function refuseFlagsOverTime(flags: ReshardFlags): void {
  const { horizon, slot, startAt, callsBefore, minShards, quantile, sensitivity } = flags;
  const given = Object.entries({
    "--horizon": horizon,
    "--slot": slot,
    "--calls-before": callsBefore,
    "--min-shards": minShards,
    "--start-at": startAt,
    "--quantile": quantile,
    "--sensitivity": sensitivity,
  });
  const wrong = given.find(([, value]) => value !== undefined);
  if (wrong !== undefined)
    throw usage(
      `${wrong[0]} goes with calls of UpdateShardCount over time, not with splits and merges`,
      "leave it out",
    );
}

async function loadMeasured(host: Host, { shardLoads, period }: ReshardFlags): Promise<ShardLoads | undefined> {
  if (shardLoads === undefined) {
    if (period !== undefined) throw usage("--period goes with --shard-loads", "leave it out");
    return undefined;
  }
  const seconds = period === undefined ? undefined : readSeconds("--period", period, 1);
  const files = [];
  for (const path of shardLoads) files.push({ file: displayName(path), text: await readText(host, path) });
  const { readShardLoads } = await import("../workload/read-shard-loads.js");
  return readShardLoads(files, seconds);
}
