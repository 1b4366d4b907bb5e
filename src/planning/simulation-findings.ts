/*
 * What a run shows that its user should know: what was refused, lost or late, since when, and how badly.
 */
import { type Diagnostic, diagnoseAt } from "../diagnostics/diagnostic.js";
import type { ConsumerSummary, SimulationRun } from "../simulation/simulate.js";
import type { TimelineRow } from "../simulation/timeline.js";
import { secondsPerMinute } from "../units/dimension.js";
import { formatClock, formatDuration, formatItems, formatRatio } from "../units/format-quantity.js";
import { consumerAt, consumerIn } from "./consumer-limit.js";
import { readRemedy, remedyFor } from "./consumer-remedy.js";
import { adviseOnLag, type LateSpell } from "./lag-advice.js";
import type { RunSetting } from "./run-setting.js";
import { adviseOnThrottling } from "./throttling-advice.js";

/** A consumer is behind when its oldest record waits longer than this many seconds, and than this many poll intervals. */
const BEHIND_SECONDS = 30;
const BEHIND_POLLS = 3;
/** Refused attempts are worth a word from this share of the run's, or of some row's, on. */
const THROTTLED_OF_RUN = 1e-4;
const THROTTLED_OF_ROW = 0.01;
/** Refused reads are worth a word from this share of minutes on. */
const SHARE_OF_ROWS = 0.01;

export function findSimulationDiagnostics(setting: RunSetting, run: SimulationRun): Diagnostic[] {
  return [
    ...findThrottling(setting, run),
    ...findLoss(run),
    ...run.summary.consumers.flatMap((consumer, index) => findMissed(consumer, index, run)),
    ...run.summary.consumers.flatMap((consumer, index) => findLag(consumer, index, setting, run)),
    ...run.summary.consumers.flatMap((consumer, index) => findBusyWorkers(consumer, index, setting, run)),
    ...run.summary.consumers.flatMap((consumer, index) => findReadThrottling(consumer, index, setting, run)),
  ];
}

function findThrottling(setting: RunSetting, run: SimulationRun): Diagnostic[] {
  const { summary, timeline } = run;
  const first = timeline.find(({ throttledRecords }) => throttledRecords > 0);
  if (first === undefined) return [];
  const worst = worstRow(timeline, throttledShare);
  const isRare = summary.throttledRatio < THROTTLED_OF_RUN && throttledShare(worst) < THROTTLED_OF_ROW;
  if (isRare && summary.lostRecords === 0) return [];
  const message = `${formatRatio(summary.throttledRatio)} of all put attempts are refused, first at ${clock(first)}; worst at ${clock(worst)} with ${formatRatio(throttledShare(worst))}`;
  return [diagnoseAt("records-throttled", ["stream"], message, adviseOnThrottling(worst, run, setting))];
}

function throttledShare({ throttledRecords, attemptedRecords }: TimelineRow): number {
  return attemptedRecords > 0 ? throttledRecords / attemptedRecords : 0;
}

function findLoss({ summary, timeline }: SimulationRun): Diagnostic[] {
  const first = timeline.find(({ lostRecords }) => lostRecords > 0);
  if (first === undefined) return [];
  return [
    diagnoseAt(
      "records-lost",
      ["producers"],
      `producers give up ${formatItems(summary.lostRecords, "record")} (${formatRatio(summary.lostRecords / summary.offeredRecords)} of all), first at ${clock(first)}`,
      "remove the throttling; retries and buffers only delay the loss",
    ),
  ];
}

function findMissed(
  { name, expiredRecords }: ConsumerSummary,
  index: number,
  { summary: { acceptedRecords } }: SimulationRun,
): Diagnostic[] {
  if (expiredRecords === 0) return [];
  return [
    diagnoseAt(
      "records-expired",
      ["consumers", index],
      `${name} misses ${formatItems(expiredRecords, "record")} (${formatRatio(expiredRecords / acceptedRecords)} of those accepted), which expire before it has read them`,
      "keep records longer, or let the consumer catch up faster",
    ),
  ];
}

function findLag(consumer: ConsumerSummary, index: number, setting: RunSetting, run: SimulationRun): Diagnostic[] {
  const { timeline } = run;
  const { pollInterval = 0 } = consumerAt(setting, index);
  const behind = Math.max(BEHIND_SECONDS, BEHIND_POLLS * pollInterval);
  const ages = timeline.map((row) => consumerIn(row, index).iteratorAgeSecondsMax);
  const worst = ages.reduce((best, age, at) => (age > (ages[best] ?? 0) ? at : best), 0);
  const most = ages[worst] ?? 0;
  if (most < behind) return [];
  const last = ages.findLastIndex((age) => age >= behind);
  const isStill = last === ages.length - 1;
  const from = timeline[ages.findIndex((age) => age >= behind)] as TimelineRow;
  const times = ages.filter((age, at) => age >= behind && !((ages[at - 1] ?? 0) >= behind)).length;
  const until = isStill
    ? `and is behind at the end, with ${formatItems(consumer.backlogRecords, "record")} unread`
    : `and has caught up at ${clock(timeline[last + 1] as TimelineRow)}`;
  return [
    diagnoseAt(
      "consumer-behind",
      ["consumers", index],
      `${consumer.name} falls more than ${formatDuration(behind)} behind ${times > 1 ? `${times} times, first ` : ""}at ${clock(from)}, up to ${formatDuration(Math.round(most))} at ${clock(timeline[worst] as TimelineRow)}, ${until}`,
      adviseOnLag(index, spellAround(worst, ages, behind), run, setting),
    ),
  ];
}

/** The rows around one of them in which a consumer was behind all the time. */
function spellAround(at: number, ages: readonly number[], behind: number): LateSpell {
  const end = ages.findIndex((age, index) => index > at && age < behind);
  return {
    first: ages.findLastIndex((age, index) => index < at && age < behind) + 1,
    last: end < 0 ? ages.length - 1 : end - 1,
    isStill: end < 0,
  };
}

function findBusyWorkers(
  { name }: ConsumerSummary,
  index: number,
  setting: RunSetting,
  { cpuShortages, timeline }: SimulationRun,
): Diagnostic[] {
  const shortage = cpuShortages[index];
  if (shortage === undefined || shortage.minutes === 0) return [];
  const first = shortage.firstMinute * secondsPerMinute;
  const rows = timeline.filter(({ at, seconds }) => at < first + secondsPerMinute && at + seconds > first);
  return [
    diagnoseAt(
      "cpu-exhausted",
      ["consumers", index],
      `a worker of ${name} has no CPU left in ${formatItems(shortage.minutes, "minute")}, first at ${formatClock(first)}`,
      remedyFor("cpu", index, rows, setting),
    ),
  ];
}

function findReadThrottling(
  { name, readThrottles }: ConsumerSummary,
  index: number,
  setting: RunSetting,
  { timeline }: SimulationRun,
): Diagnostic[] {
  const rows = timeline.filter((row) => consumerIn(row, index).readThrottles > 0);
  const [first] = rows;
  if (first === undefined || rows.length < SHARE_OF_ROWS * timeline.length) return [];
  return [
    diagnoseAt(
      "reads-throttled",
      ["consumers", index],
      `${formatItems(readThrottles, "read")} of ${name} ${readThrottles === 1 ? "is" : "are"} refused, first at ${clock(first)}`,
      readRemedy(index, setting),
    ),
  ];
}

function worstRow(rows: readonly TimelineRow[], badness: (row: TimelineRow) => number): TimelineRow {
  return rows.reduce((worst, row) => (badness(row) > badness(worst) ? row : worst));
}

/** When a row begins. */
function clock({ at }: TimelineRow): string {
  return formatClock(at);
}
