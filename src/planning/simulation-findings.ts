/*
 * What a run shows that its user should know: what was refused, lost or late, since when, and how badly.
 */
import { type Diagnostic, diagnoseAt } from "../diagnostics/diagnostic.js";
import type { ConsumerSummary, ProducerSummary, SimulationRun } from "../simulation/simulate.js";
import type { TimelineRow } from "../simulation/timeline.js";
import { secondsPerMinute } from "../units/dimension.js";
import { formatClock, formatDuration, formatItems, formatNumber, formatRatio } from "../units/format-quantity.js";
import { sumOf } from "../units/sum-of.js";
import { kinesisRecord } from "../workload/kinesis-record.js";
import { concurrencyShortages } from "./concurrency-shortage.js";
import { consumerAt, cpuLimit, overlap } from "./consumer-limit.js";
import { readRemedy, remedyFor } from "./consumer-remedy.js";
import { explainLag, type LateSpell } from "./lag-advice.js";
import { behindSeconds, isExhausted, isRarelyRefused, minutesOf, placeOfMost, rowsOf } from "./minute-spells.js";
import { adviseOnLoss, adviseOnPoison } from "./poison-advice.js";
import { holdingRefusals } from "./refused-reads.js";
import type { RunSetting } from "./run-setting.js";
import { adviseOnThrottling } from "./throttling-advice.js";

/** Aggregates below this part of what fills them are worth a word. */
const EMPTY = 1 / 2;
/** Refused reads are worth a word where they hold a consumer back, from this share of minutes on. */
const SHARE_OF_MINUTES = 0.01;

export function findSimulationDiagnostics(setting: RunSetting, run: SimulationRun): Diagnostic[] {
  return [
    ...findThrottling(setting, run),
    ...findLoss(run),
    ...run.summary.producers.flatMap((producer, index) => findEmptyAggregates(producer, index, setting)),
    ...run.summary.consumers.flatMap((consumer, index) => findMissed(consumer, index, setting, run)),
    ...run.summary.consumers.flatMap((consumer, index) => findGivenUp(consumer, index, setting, run)),
    ...run.summary.consumers.flatMap((consumer, index) => findLag(consumer, index, setting, run)),
    ...run.summary.consumers.flatMap((consumer, index) => findBusyWorkers(consumer, index, setting, run)),
    ...run.summary.consumers.flatMap((consumer, index) => findShortage(consumer, index, setting, run)),
    ...run.summary.consumers.flatMap((consumer, index) => findReadThrottling(consumer, index, setting, run)),
  ];
}

function findThrottling(setting: RunSetting, run: SimulationRun): Diagnostic[] {
  const { summary, minutes, timeline } = run;
  const first = minutes.throttled.findIndex((records) => records > 0);
  if (first < 0) return [];
  const shares = minutes.throttled.map((records, minute) =>
    records > 0 ? records / (minutes.attempted[minute] ?? 0) : 0,
  );
  const worst = placeOfMost(shares);
  const most = shares[worst] ?? 0;
  if (isRarelyRefused(summary.throttledRatio, most) && summary.lostRecords === 0) return [];
  const message = `${formatRatio(summary.throttledRatio)} of all put attempts are refused, first at ${clock(first)}; worst at ${clock(worst)} with ${formatRatio(most)}`;
  const [row] = rowsOf(worst, worst, timeline);
  return [diagnoseAt("records-throttled", ["stream"], message, adviseOnThrottling(row as TimelineRow, run, setting))];
}

function findLoss({ summary, minutes }: SimulationRun): Diagnostic[] {
  const first = minutes.lost.findIndex((records) => records > 0);
  if (first < 0) return [];
  return [
    diagnoseAt(
      "records-lost",
      ["producers"],
      `producers give up ${formatItems(summary.lostRecords, "record")} (${formatRatio(summary.lostRecords / summary.offeredRecords)} of all), first at ${clock(first)}`,
      "remove the throttling; retries and buffers only delay the loss",
    ),
  ];
}

function findEmptyAggregates(
  { name, recordsPerKinesisRecord: found }: ProducerSummary,
  index: number,
  { workload, facts }: RunSetting,
): Diagnostic[] {
  const producer = workload.producers[index];
  if (producer?.aggregation?.maxSize === undefined || producer.retry !== "kpl" || found === null) return [];
  const { recordsPerKinesisRecord: full } = kinesisRecord(producer, facts);
  if (found >= EMPTY * full) return [];
  return [
    diagnoseAt(
      "aggregates-not-full",
      ["producers", index, "aggregation"],
      `\`${name}\` sends ${formatNumber(found)} user records in a Kinesis record on average, of ${formatNumber(full)} that fill one: ${formatNumber(full / found)} times the Kinesis records that \`size\` counts`,
      "use fewer processes, raise RecordMaxBufferedTime (`--limits kpl.bufferedSeconds`), or state the measured `recordsPerBatch`",
    ),
  ];
}

function findMissed(
  { name, expiredRecords }: ConsumerSummary,
  index: number,
  setting: RunSetting,
  { summary: { acceptedRecords }, events }: SimulationRun,
): Diagnostic[] {
  if (expiredRecords === 0) return [];
  const blocked = events.some(({ event, subject }) => event === "batch-failing" && subject === name);
  const poison = setting.workload.scenario.find((one) => one.event === "poison-record" && one.consumer === name);
  return [
    diagnoseAt(
      "records-expired",
      ["consumers", index],
      `${name} misses ${formatItems(expiredRecords, "record")} (${formatRatio(expiredRecords / acceptedRecords)} of those accepted), which expire before it has read them`,
      blocked && poison?.event === "poison-record"
        ? adviseOnPoison(poison, consumerAt(setting, index))
        : "keep records longer, or let the consumer catch up faster",
    ),
  ];
}

function findGivenUp(
  { name, discardedRecords }: ConsumerSummary,
  index: number,
  setting: RunSetting,
  { events }: SimulationRun,
): Diagnostic[] {
  const first = events.find(({ event, subject }) => event === "batch-given-up" && subject === name);
  if (discardedRecords === 0 || first === undefined) return [];
  const message = `${name} gives up ${formatItems(discardedRecords, "record")} with what it fails on, first at ${formatClock(first.at)}`;
  return [diagnoseAt("records-given-up", ["consumers", index], message, adviseOnLoss(consumerAt(setting, index)))];
}

function findLag(consumer: ConsumerSummary, index: number, setting: RunSetting, run: SimulationRun): Diagnostic[] {
  const behind = behindSeconds(consumerAt(setting, index));
  const { ages } = minutesOf(index, run.minutes);
  const worst = placeOfMost(ages);
  const most = ages[worst] ?? 0;
  if (most < behind) return [];
  const last = ages.findLastIndex((age) => age >= behind);
  const first = ages.findIndex((age) => age >= behind);
  const times = ages.filter((age, at) => age >= behind && !((ages[at - 1] ?? 0) >= behind)).length;
  const until =
    last === ages.length - 1
      ? `and is behind at the end, with ${formatItems(consumer.backlogRecords, "record")} unread`
      : `and has caught up at ${clock(last + 1)}`;
  return [
    diagnoseAt(
      "consumer-behind",
      ["consumers", index],
      `${consumer.name} falls more than ${formatDuration(behind)} behind ${times > 1 ? `${times} times, first ` : ""}at ${clock(first)}, up to ${formatDuration(Math.round(most))} at ${clock(worst)}, ${until}`,
      explainLag(index, spellAround(worst, ages, behind, run), run, setting).fix,
    ),
  ];
}

/** The time around a minute in which a consumer was behind all the time. */
function spellAround(at: number, ages: Float64Array, behind: number, { timeline }: SimulationRun): LateSpell {
  const end = ages.findIndex((age, minute) => minute > at && age < behind);
  const first = ages.findLastIndex((age, minute) => minute < at && age < behind) + 1;
  return { rows: rowsOf(first, end < 0 ? ages.length - 1 : end - 1, timeline), isStill: end < 0 };
}

function findBusyWorkers(
  { name }: ConsumerSummary,
  index: number,
  setting: RunSetting,
  run: SimulationRun,
): Diagnostic[] {
  const { minutes, firstMinute } = cpuShortage(index, run);
  if (minutes === 0) return [];
  const { cpu } = minutesOf(index, run.minutes);
  const rows = run.timeline.filter(({ at, seconds }) => {
    const from = Math.floor(at / secondsPerMinute);
    return cpu.subarray(from, Math.ceil((at + seconds) / secondsPerMinute)).some(isExhausted);
  });
  return [
    diagnoseAt(
      "cpu-exhausted",
      ["consumers", index],
      `a worker of ${name} has no CPU left in ${formatItems(minutes, "minute")}, first at ${clock(firstMinute)}`,
      remedyFor(cpuLimit(index, rows), index, rows, setting),
    ),
  ];
}

/** A function that asks for more invocations at a time than it gets. */
function findShortage({ name }: ConsumerSummary, index: number, setting: RunSetting, run: SimulationRun): Diagnostic[] {
  const shortages = concurrencyShortages(name, run);
  const [first] = shortages;
  if (first === undefined) return [];
  const rows = run.timeline.filter((row) => shortages.some((one) => overlap(one, row) > 0));
  const lasts = formatDuration(sumOf(shortages, (one) => one.lasts));
  const whose = consumerAt(setting, index).concurrency === undefined ? "the account's" : "its reserved";
  return [
    diagnoseAt(
      "concurrency-exhausted",
      ["consumers", index],
      `${name} gets fewer invocations at a time than it asks for in ${lasts}, first at ${formatClock(first.at)}: ${whose} concurrency is used up`,
      remedyFor("concurrency", index, rows, setting),
    ),
  ];
}

/** In how many minutes some worker of a consumer had no CPU left, and the first of them, counted from 0; -1 where there is none. */
export function cpuShortage(index: number, run: SimulationRun): { minutes: number; firstMinute: number } {
  const { cpu } = minutesOf(index, run.minutes);
  return { minutes: cpu.filter(isExhausted).length, firstMinute: cpu.findIndex(isExhausted) };
}

function findReadThrottling(
  { name, readThrottles }: ConsumerSummary,
  index: number,
  setting: RunSetting,
  run: SimulationRun,
): Diagnostic[] {
  const refused = holdingRefusals(index, run, setting);
  const first = refused.findIndex((reads) => reads > 0);
  if (first < 0 || refused.filter((reads) => reads > 0).length < SHARE_OF_MINUTES * refused.length) return [];
  return [
    diagnoseAt(
      "reads-throttled",
      ["consumers", index],
      `${formatItems(readThrottles, "read")} of ${name} ${readThrottles === 1 ? "is" : "are"} refused, first at ${clock(first)}`,
      readRemedy(index, setting),
    ),
  ];
}

/** When a minute of the run begins. */
function clock(minute: number): string {
  return formatClock(minute * secondsPerMinute);
}
