/*
 * What a sized workload gives cause to say: what no shard count can mend, risks, and hints. Findings name the value they are about
 * by its path, for whoever knows where that stands.
 */

import { type Diagnostic, diagnoseAt } from "../diagnostics/diagnostic.js";
import type { Path } from "../diagnostics/path.js";
import { secondsPerHour } from "../units/dimension.js";
import {
  formatByteRate,
  formatBytes,
  formatDuration,
  formatItems,
  formatNumber,
  formatRatio,
  formatRecordRate,
} from "../units/format-quantity.js";
import { ceilDivide, ceilTolerance } from "../units/rounding.js";
import { keyExceedsRecord } from "../workload/kinesis-record.js";
import type { Consumer } from "../workload/schema.js";
import type { ConsumerAlternatives } from "./alternatives.js";
import type { Basis } from "./basis.js";
import { hotShardOf } from "./constraints.js";
import { pollsPerSecond, readCallsPerSecond } from "./consumers.js";
import type { ProducerDemand } from "./demand.js";
import { findHints } from "./hints.js";
import type { Fit } from "./judge-shards.js";
import { exceeds, type HottestKey } from "./key-moments.js";
import { countReaders, fanOutAllowed } from "./readers.js";

/** Everything there is to say, what makes the workload infeasible first. */
export function findDiagnostics(basis: Basis, fit: Fit, alternatives: readonly ConsumerAlternatives[]): Diagnostic[] {
  return [...findInfeasible(basis), ...findRisks(basis, fit), ...findHints(basis, alternatives)];
}

function findInfeasible(basis: Basis): Diagnostic[] {
  return [
    ...(basis.spread === undefined ? [] : hotKey(basis, basis.spread.hottest)),
    ...hotShard(basis),
    ...sharedReadCalls(basis),
    ...tooManyFanOutConsumers(basis),
    ...basis.demand.producers.flatMap((part, index) => tooLargeRecords(basis, part, index)),
    ...basis.workload.consumers.flatMap((consumer, index) => tooShortRetention(basis, consumer, index)),
  ];
}

/** Where the hottest key exceeds what a shard accepts, or leaves it less headroom than planned. */
export function hotKey({ workload, demand }: Pick<Basis, "workload" | "demand">, hottest: HottestKey): Diagnostic[] {
  const { load, accepted, limit, share, producerIndex, producerRecords } = hottest;
  const part = demand.producers[producerIndex];
  if (part === undefined || !exceeds(hottest, workload.stream.utilization)) return [];
  const isHot = exceeds(hottest, 1);
  const format = limit === "bytes" ? formatByteRate : formatRecordRate;
  const key =
    hottest.key === undefined ? "the hottest partition key" : `the partition key ${JSON.stringify(hottest.key)}`;
  const room = isHot ? accepted : accepted * workload.stream.utilization;
  const isFull = !isHot && exceeds(hottest, 1 - 2 * ceilTolerance);
  const bound = isFull
    ? `accepts no more, so nothing else may fall on it`
    : isHot
      ? `accepts ${format(accepted)}`
      : `keeps its headroom up to ${format(room)}`;
  const message = `${key} of \`${part.producer.name}\` takes ${formatRatio(share)} of its traffic, ${format(load)} at the peak; one shard ${bound}`;
  const fix = `split the key into ${ceilDivide(load, accepted * workload.stream.utilization)} or more by a suffix, or keep \`${part.producer.name}\` below ${formatRecordRate((producerRecords * room) / load)}`;
  return [diagnoseAt(isHot ? "hot-key" : "hot-key-headroom", ["producers", producerIndex, "keys"], message, fix)];
}

function sharedReadCalls({ workload, facts }: Basis): Diagnostic[] {
  const calls = readCallsPerSecond(workload.consumers, facts);
  const accepted = facts.value("shard.readCallsPerSecond");
  if (calls <= accepted * (1 + ceilTolerance)) return [];
  const { shared } = countReaders(workload.consumers);
  const message = `${formatItems(shared, "shared consumer")} ${shared === 1 ? "calls" : "call"} GetRecords ${formatNumber(calls)} times a second on each shard; a shard answers ${accepted}`;
  const busiest = workload.consumers.reduce(
    (most, consumer, index) =>
      pollsPerSecond(consumer, facts) > pollsPerSecond(workload.consumers[most] as Consumer, facts) ? index : most,
    0,
  );
  return [
    diagnoseAt(
      "shared-read-calls",
      ["consumers", busiest],
      message,
      "raise `pollInterval`, or let consumers read with `read: fan-out`",
    ),
  ];
}

function tooManyFanOutConsumers({ workload, facts }: Basis): Diagnostic[] {
  const { fanOut: count } = countReaders(workload.consumers);
  const { mode } = workload.stream;
  const allowed = fanOutAllowed(mode, facts);
  if (count <= allowed) return [];
  const more = facts.value("fanOut.consumersPerStreamAdvantage");
  const fix =
    count <= more
      ? "use `mode: on-demand-advantage`, or let some consumers share"
      : "let some consumers share, or split the stream";
  return [
    diagnoseAt(
      "fan-out-consumers",
      ["consumers"],
      `${count} fan-out consumers; a stream in mode ${mode} takes ${allowed}`,
      fix,
    ),
  ];
}

function tooLargeRecords(
  { workload, facts }: Basis,
  { producer, bytesPerKinesisRecord }: ProducerDemand,
  index: number,
): Diagnostic[] {
  const largest = Math.max(producer.recordSize, producer.recordSizeMax ?? 0, bytesPerKinesisRecord);
  const accepted = workload.stream.maxRecordSize ?? facts.value("record.bytesMaxDefault");
  if (largest <= accepted) return [];
  const ceiling = facts.value("record.bytesMaxCeiling");
  const fix =
    largest <= ceiling
      ? `raise \`stream.maxRecordSize\` to at least ${formatBytes(largest)}`
      : "store the payload in S3 and send a reference";
  const key =
    bytesPerKinesisRecord > producer.recordSize
      ? "aggregation"
      : producer.recordSizeMax === undefined
        ? "recordSize"
        : "recordSizeMax";
  const message = `\`${producer.name}\` sends records of ${formatBytes(largest)}; the stream accepts ${formatBytes(accepted)}`;
  return [
    diagnoseAt(
      "record-too-large",
      ["producers", index, key],
      message,
      key === "aggregation" ? "aggregate fewer records" : fix,
    ),
  ];
}

function tooShortRetention({ workload }: Basis, { name, recovery }: Consumer, index: number): Diagnostic[] {
  if (recovery === undefined || recovery.outage + recovery.within <= workload.stream.retention) return [];
  const hours = ceilDivide(recovery.outage + recovery.within, secondsPerHour);
  const message = `\`${name}\` may be down for ${formatDuration(recovery.outage)} and needs ${formatDuration(recovery.within)} to catch up, but records expire after ${formatDuration(workload.stream.retention)}`;
  return [
    diagnoseAt(
      "retention-too-short",
      ["consumers", index, "recovery"],
      message,
      `raise \`stream.retention\` to at least ${hours}h`,
    ),
  ];
}

function findRisks(basis: Basis, fit: Fit): Diagnostic[] {
  return [
    ...tooFewShards(basis, fit),
    ...quotas(basis),
    ...onDemandCeiling(basis),
    ...readRecords(basis),
    ...basis.demand.producers.flatMap((part, index) => aggregationRisks(basis, part, index)),
    ...basis.workload.producers.flatMap(({ name }, index) => traceGaps(name, index, basis.attachments)),
    ...streamName(basis),
  ];
}

/** Not a hot key, and yet no shard count does: too many heavy keys, or one that fills its shard to the brim. */
function hotShard({ workload, constraints, spread }: Basis): Diagnostic[] {
  const constraint = hotShardOf(constraints);
  if (spread === undefined || constraint === undefined || exceeds(spread.hottest, workload.stream.utilization))
    return [];
  const path = ["producers", spread.hottest.producerIndex, "keys"];
  const fix = "spread the heaviest keys over several, by a suffix";
  if (constraint.minimum === null) {
    return [
      diagnoseAt(
        "hot-shard-unreachable",
        path,
        "no shard count that was tried keeps the busiest shard within its limits",
        fix,
      ),
    ];
  }
  if (constraint.recommended !== null) return [];
  return [
    diagnoseAt("hot-shard-headroom", path, "no shard count that was tried leaves the busiest shard its headroom", fix),
  ];
}

function tooFewShards({ workload, constraints, shardCount, isCountGiven }: Basis, fit: Fit): Diagnostic[] {
  if (fit !== "under") return [];
  const given = isCountGiven ? shardCount : workload.stream.shards;
  const most = constraints.reduce((one, other) => ((other.minimum ?? 0) > (one.minimum ?? 0) ? other : one));
  const message = `${formatItems(given ?? 0, "shard")} ${given === 1 ? "is" : "are"} fewer than the peak needs: ${most.name} asks for ${most.minimum}`;
  const isOnDemand = workload.stream.mode !== "provisioned";
  const fix = isOnDemand
    ? "warm the stream up before the peak (Advantage), or provision it"
    : "scale the stream up before the peak";
  return [diagnoseAt("under-provisioned", ["stream", "shards"], message, fix)];
}

function quotas({ shardCount, facts }: Basis): Diagnostic[] {
  const account = facts.value("account.shards");
  const stream = facts.value("stream.shardsMax");
  const over = (code: "account-shards" | "stream-shards", limit: number, whose: string): Diagnostic[] =>
    shardCount <= limit
      ? []
      : [
          diagnoseAt(
            code,
            ["stream"],
            `${formatItems(shardCount, "shard")}; ${whose} is ${formatNumber(limit)}`,
            "ask AWS for a higher quota before you need it",
          ),
        ];
  return [
    ...over("account-shards", account, `the account's default quota in ${facts.region}`),
    ...over("stream-shards", stream, "the default limit of a stream"),
  ];
}

function onDemandCeiling({ workload, demand, facts }: Basis): Diagnostic[] {
  const ceiling = facts.value("onDemand.writeBytesPerSecondMax");
  if (workload.stream.mode === "provisioned" || demand.bytesPerSecondPeak <= ceiling) return [];
  const message = `the peak is ${formatByteRate(demand.bytesPerSecondPeak)}; an on-demand stream in ${facts.region} takes ${formatByteRate(ceiling)} by default`;
  return [
    diagnoseAt(
      "on-demand-ceiling",
      ["stream", "mode"],
      message,
      "ask AWS for a higher limit, or use `mode: provisioned`",
    ),
  ];
}

function readRecords({ workload, demand, facts, shardCount }: Basis): Diagnostic[] {
  const { shared } = countReaders(workload.consumers);
  const read = (shared * demand.kinesisRecordsPerSecondPeak) / shardCount;
  const printed = facts.value("shard.readRecordsPerSecondPrinted");
  if (read <= printed) return [];
  const message = `${formatItems(shared, "shared consumer")} ${shared === 1 ? "reads" : "read"} ${formatRecordRate(read)} from each shard; AWS's quota page prints ${formatRecordRate(printed)}, its API reference does not`;
  return [diagnoseAt("read-records", ["consumers"], message, "aggregate records, or measure before you rely on it")];
}

function aggregationRisks(basis: Basis, part: ProducerDemand, index: number): Diagnostic[] {
  if (part.producer.aggregation === undefined) return [];
  const path = ["producers", index, "aggregation"];
  return [...keyLargerThanRecord(part, path), ...unfilled(basis, part, path), ...aggregateTooLarge(basis, part, path)];
}

function keyLargerThanRecord({ producer }: ProducerDemand, path: Path): Diagnostic[] {
  if (!keyExceedsRecord(producer)) return [];
  const message = `\`${producer.name}\` sends records of ${formatBytes(producer.recordSize)}, below the default key size`;
  return [diagnoseAt("key-larger-than-record", path, message, "state `aggregation.keySize`")];
}

/** The KPL fills one aggregate for each shard, in each process; one process is the best case. */
function unfilled({ facts, shardCount }: Basis, part: ProducerDemand, path: Path): Diagnostic[] {
  const { producer, recordsPerKinesisRecord, mean } = part;
  const buffered = facts.value("kpl.bufferedSeconds");
  const gathered = (mean.recordsPerSecond * buffered) / shardCount;
  if (producer.aggregation?.maxSize === undefined || gathered >= recordsPerKinesisRecord) return [];
  const message = `\`${producer.name}\` sends each of ${formatItems(shardCount, "shard")} ${formatNumber(gathered)} records in the ${formatDuration(buffered)} that the KPL buffers, but ${formatNumber(recordsPerKinesisRecord)} fill an aggregate`;
  return [
    diagnoseAt(
      "aggregation-unfilled",
      path,
      message,
      "raise RecordMaxBufferedTime, or state the measured `recordsPerBatch`",
    ),
  ];
}

function aggregateTooLarge({ facts }: Basis, part: ProducerDemand, path: Path): Diagnostic[] {
  const { producer, bytesPerKinesisRecord } = part;
  const bytesMax = facts.value("kpl.aggregationBytesMax");
  const charged = bytesMax + facts.value("kpl.aggregatePartitionKeyBytes");
  if (producer.aggregation?.recordsPerBatch === undefined || bytesPerKinesisRecord <= charged) return [];
  const message = `aggregates of \`${producer.name}\` have ${formatBytes(bytesPerKinesisRecord)}; the KPL closes them at ${formatBytes(bytesMax)} by default`;
  return [
    diagnoseAt("aggregate-too-large", path, message, "lower `recordsPerBatch`, or raise AggregationMaxSize in the KPL"),
  ];
}

function traceGaps(name: string, index: number, attachments: Basis["attachments"]): Diagnostic[] {
  const trace = attachments.traces.get(name);
  if (trace === undefined) return [];
  const { missingSteps, irregularRows, repeatedRows, records } = trace;
  const found = [
    missingSteps > 0 &&
      `${formatNumber(missingSteps)} of ${formatItems(records.length, "step")} without a row count as no traffic`,
    irregularRows > 0 && `${formatItems(irregularRows, "row")} between two steps shared between them`,
    repeatedRows > 0 && `${formatItems(repeatedRows, "row")} with the time of another added to it`,
  ].filter((text) => text !== false);
  if (found.length === 0) return [];
  const message = `the trace of \`${name}\` is irregular: ${found.join("; ")}`;
  const fix = `fill gaps if there was traffic${repeatedRows > 0 ? ", and remove rows that say the same twice" : ""}`;
  return [diagnoseAt("trace-gaps", ["producers", index, "traffic", "trace"], message, fix)];
}

function streamName({ workload }: Basis): Diagnostic[] {
  const { name } = workload.stream;
  if (/^[\w.-]{1,128}$/.test(name)) return [];
  return [
    diagnoseAt(
      "stream-name",
      ["stream", "name"],
      `${JSON.stringify(name)} is not a name that CreateStream accepts`,
      "use 1 to 128 letters, digits, underscores, hyphens and dots",
    ),
  ];
}
