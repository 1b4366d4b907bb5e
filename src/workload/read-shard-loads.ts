/*
 * The load of each open shard, as measured: from a file of our own form, or from what the AWS command line prints of the shards and of
 * their enhanced metrics. A shard's load is the highest of its data points divided by their period; that of bytes and that of records may
 * come from different points. The ranges of open shards have to tile the hash space.
 */
import * as v from "valibot";
import { diagnose, UserError } from "../diagnostics/diagnostic.js";
import { SourceText } from "../diagnostics/source-text.js";
import { HASH_KEYS, type HashRange } from "../service/hash-range.js";
import { explainIssues } from "./explain-issues.js";
import { isMapping } from "./mapping.js";
import { placeInJson } from "./place-in-json.js";
import { ListShardsSchema, type MetricData, MetricDataSchema, OwnLoadsSchema } from "./shard-loads-schema.js";
import { metricPeaks, type ShardMetric } from "./shard-metrics.js";

/** An open shard and what is written to it. */
export interface ShardLoad {
  readonly shardId: string;
  readonly range: HashRange;
  readonly bytesPerSecond: number;
  readonly recordsPerSecond: number;
}

/** The open shards, lowest range first, and the period of the data points that loads come from, where they come from some. */
export interface ShardLoads {
  readonly shards: readonly ShardLoad[];
  readonly periodSeconds?: number;
}

export interface TextFile {
  readonly file: string;
  readonly text: string;
}

/**
 * Reads loads from one file of our own form, or from the answer of list-shards and those of get-metric-data, in any order.
 *
 * @param periodSeconds the period of the data points; by default the shortest time between two of them
 * @throws UserError with what is wrong
 */
export async function readShardLoads(files: readonly TextFile[], periodSeconds?: number): Promise<ShardLoads> {
  const parts = files.map(parseFile);
  const own = await validated(OwnLoadsSchema, parts, "shards");
  const lists = await validated(ListShardsSchema, parts, "Shards");
  const metrics = await validated(MetricDataSchema, parts, "MetricDataResults");
  const [first] = own;
  if (first !== undefined && parts.length === 1) return { shards: tiled(first.value.shards.map(ownLoad), first) };
  const [list] = lists;
  if (list === undefined || own.length + lists.length > 1 || metrics.length === 0)
    throw new UserError([
      diagnose(
        "conflicting-keys",
        "the files of --shard-loads do not go together",
        "give one file with `shards`, or that of `aws kinesis list-shards` and those of `aws cloudwatch get-metric-data`",
      ),
    ]);
  refuseCut([list, ...metrics]);
  return measuredLoads(list, metrics, periodSeconds);
}

/** A file whose JSON can be read. */
interface JsonFile extends TextFile {
  readonly json: unknown;
}

interface Valid<Value> extends JsonFile {
  readonly value: Value;
}

const rootKeys = ["shards", "Shards", "MetricDataResults"] as const;

function parseFile({ file, text }: TextFile): JsonFile {
  const json = parseJson(file, text.replace(/^\ufeff/, ""));
  const known = isMapping(json) ? rootKeys.filter((key) => Object.hasOwn(json, key)) : [];
  if (known.length === 1) return { file, text, json };
  const fix = 'give `{"shards": […]}`, or what `aws kinesis list-shards` and `aws cloudwatch get-metric-data` print';
  throw new UserError([
    diagnose("missing-key", `${file} has not one of ${rootKeys.map((key) => `\`${key}\``).join(", ")}`, fix, {
      position: new SourceText(file, text).positionAt(0),
    }),
  ]);
}

function parseJson(file: string, text: string): unknown {
  let wrong: SyntaxError;
  try {
    return JSON.parse(text);
  } catch (error) {
    wrong = error as SyntaxError;
  }
  const at = /at position (\d+)/.exec(wrong.message)?.[1];
  const position = new SourceText(file, text).positionAt(at === undefined ? 0 : Number(at));
  const [reason = ""] = wrong.message.split("\n");
  throw new UserError([
    diagnose("json-syntax", `not valid JSON: ${reason}`, "save the answer as it came", { position }),
  ]);
}

/** Those of the files that have a key, held against the schema of that form. */
async function validated<S extends v.GenericSchema>(
  schema: S,
  files: readonly JsonFile[],
  key: (typeof rootKeys)[number],
): Promise<Valid<v.InferOutput<S>>[]> {
  const valid: Valid<v.InferOutput<S>>[] = [];
  for (const one of files.filter(({ json }) => Object.hasOwn(json as object, key))) {
    const result = v.safeParse(schema, one.json);
    if (!result.success) {
      const wrong = explainIssues(schema, result.issues, "the file");
      throw new UserError(await placeInJson(one.file, one.text, wrong));
    }
    valid.push({ ...one, value: result.output });
  }
  return valid;
}

/** Of an answer that goes on, the rest may hold the hot shard. */
function refuseCut(answers: readonly Valid<{ readonly NextToken?: string | null | undefined }>[]): void {
  const cut = answers.find(({ value }) => typeof value.NextToken === "string");
  if (cut === undefined) return;
  const message = `${cut.file} has a NextToken: it is one page of several`;
  throw new UserError([
    diagnose(
      "conflicting-keys",
      message,
      "save the answer of the AWS command line without --no-paginate or --max-items",
    ),
  ]);
}

type OwnShard = v.InferOutput<typeof OwnLoadsSchema>["shards"][number];

function ownLoad({ shardId, hashKeyRange: { start, end }, ...load }: OwnShard): ShardLoad {
  return { shardId, range: { first: start, last: end }, ...load };
}

/** The shards in the order of their ranges, once it is sure that these tile the hash space. */
function tiled(shards: readonly ShardLoad[], { file, text }: TextFile): ShardLoad[] {
  const position = new SourceText(file, text).positionAt(0);
  const refuse = (message: string): UserError =>
    new UserError([
      diagnose("shard-ranges", message, "list the open shards of one stream, all of them, at one time", { position }),
    ]);
  const ids = new Set<string>();
  for (const { shardId } of shards) {
    if (ids.has(shardId)) throw refuse(`two shards are named ${JSON.stringify(shardId)}`);
    ids.add(shardId);
  }
  const ordered = shards.toSorted((a, b) => (a.range.first < b.range.first ? -1 : 1));
  let next = 0n;
  for (const { shardId, range } of ordered) {
    if (range.last < range.first) throw refuse(`${shardId} ends before it begins`);
    if (range.first > next) throw refuse(`no open shard has the hash keys from ${next} to ${range.first - 1n}`);
    if (range.first < next) throw refuse(`${shardId} begins at ${range.first}, which the shard before it has too`);
    next = range.last + 1n;
  }
  if (next < HASH_KEYS) throw refuse(`no open shard has the hash keys from ${next} to ${HASH_KEYS - 1n}`);
  return ordered;
}

/** Open shards with the peaks of their metrics. */
function measuredLoads(
  list: Valid<v.InferOutput<typeof ListShardsSchema>>,
  metrics: readonly Valid<MetricData>[],
  givenPeriod: number | undefined,
): ShardLoads {
  const listed = list.value.Shards;
  const peaks = metricPeaks(metrics, new Set(listed.map(({ ShardId }) => ShardId)));
  const periodSeconds = givenPeriod ?? peaks.stepSeconds;
  if (!Number.isFinite(periodSeconds))
    throw new UserError([
      diagnose("shard-metrics", "no metric has two data points, which tell their period", "add --period, such as 1m"),
    ]);
  const rate = (metric: ShardMetric, shardId: string): number => {
    const peak = peaks.highest[metric].get(shardId);
    if (peak !== undefined) return peak / periodSeconds;
    const message = `the open shard ${JSON.stringify(shardId)} has no ${metric}`;
    throw new UserError([diagnose("shard-metrics", message, "ask for both metrics of every open shard")]);
  };
  const open = listed.filter(({ SequenceNumberRange: range }) => typeof range?.EndingSequenceNumber !== "string");
  const shards = open.map(
    ({ ShardId: shardId, HashKeyRange: { StartingHashKey: first, EndingHashKey: last } }): ShardLoad => ({
      shardId,
      range: { first, last },
      bytesPerSecond: rate("IncomingBytes", shardId),
      recordsPerSecond: rate("IncomingRecords", shardId),
    }),
  );
  return { shards: tiled(shards, list), periodSeconds };
}
