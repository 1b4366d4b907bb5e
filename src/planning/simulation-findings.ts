/*
 * What a run shows that its user should know: what was refused, lost or late, since when, and how badly.
 */
import { type Diagnostic, diagnoseAt } from "../diagnostics/diagnostic.js";
import type { ConsumerSummary, SimulationRun } from "../simulation/simulate.js";
import type { TimelineConsumer, TimelineRow } from "../simulation/timeline.js";
import { secondsPerMinute } from "../units/dimension.js";
import { formatClock, formatCount, formatDuration, formatItems, formatRatio } from "../units/format-quantity.js";
import type { Workload } from "../workload/schema.js";

/** A consumer is behind when its oldest record waits longer than this many seconds, and than this many poll intervals. */
const BEHIND_SECONDS = 30;
const BEHIND_POLLS = 3;
/** Refused attempts are worth a word from this share of the run's, or of some row's, on. */
const THROTTLED_OF_RUN = 1e-4;
const THROTTLED_OF_ROW = 0.01;
/** Refused reads are worth a word from this share of minutes on. */
const SHARE_OF_ROWS = 0.01;

export function findSimulationDiagnostics(workload: Workload, run: SimulationRun): Diagnostic[] {
  return [
    ...findThrottling(workload, run),
    ...findLoss(run),
    ...run.summary.consumers.flatMap((consumer, index) => findMissed(consumer, index, run)),
    ...run.summary.consumers.flatMap((consumer, index) => findLag(consumer, index, workload, run)),
    ...run.summary.consumers.flatMap((consumer, index) => findBusyWorkers(consumer, index, run)),
    ...run.summary.consumers.flatMap((consumer, index) => findReadThrottling(consumer, index, run)),
  ];
}

function findThrottling({ stream }: Workload, { summary, timeline }: SimulationRun): Diagnostic[] {
  const first = timeline.find(({ throttledRecords }) => throttledRecords > 0);
  if (first === undefined) return [];
  const worst = worstRow(timeline, throttledShare);
  const isRare = summary.throttledRatio < THROTTLED_OF_RUN && throttledShare(worst) < THROTTLED_OF_ROW;
  if (isRare && summary.lostRecords === 0) return [];
  const message = `${formatRatio(summary.throttledRatio)} of all put attempts are refused, first at ${clock(first)}; worst at ${clock(worst)} with ${formatRatio(throttledShare(worst))}`;
  const fix =
    stream.mode === "provisioned"
      ? "give the stream the shards that `size` recommends, or spread its keys"
      : "raise warm throughput, or spread the stream's keys";
  return [diagnoseAt("records-throttled", ["stream"], message, fix)];
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

function findLag(
  consumer: ConsumerSummary,
  index: number,
  { consumers }: Workload,
  { timeline }: SimulationRun,
): Diagnostic[] {
  const behind = Math.max(BEHIND_SECONDS, BEHIND_POLLS * (consumers[index]?.pollInterval ?? 0));
  const ages = timeline.map((row) => consumerOf(row, index).iteratorAgeSecondsMax);
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
      `${consumer.name} falls behind ${times > 1 ? `${times} times, first ` : ""}at ${clock(from)}, up to ${formatDuration(Math.round(most))} at ${clock(timeline[worst] as TimelineRow)}, ${until}`,
      isStill
        ? "add workers or shards, or make processing faster"
        : "if that is too long, add spare capacity to catch up",
    ),
  ];
}

function findBusyWorkers({ name }: ConsumerSummary, index: number, { cpuShortages }: SimulationRun): Diagnostic[] {
  const shortage = cpuShortages[index];
  if (shortage === undefined || shortage.minutes === 0) return [];
  const first = formatClock(shortage.firstMinute * secondsPerMinute);
  return [
    diagnoseAt(
      "cpu-exhausted",
      ["consumers", index],
      `a worker of ${name} has no CPU left in ${formatItems(shortage.minutes, "minute")}, first at ${first}`,
      "add workers while there are shards for them, or give them more vCPUs",
    ),
  ];
}

function findReadThrottling(
  { name, readThrottles }: ConsumerSummary,
  index: number,
  { timeline }: SimulationRun,
): Diagnostic[] {
  const rows = timeline.filter((row) => consumerOf(row, index).readThrottles > 0);
  const [first] = rows;
  if (first === undefined || rows.length < SHARE_OF_ROWS * timeline.length) return [];
  return [
    diagnoseAt(
      "reads-throttled",
      ["consumers", index],
      `${formatCount(readThrottles)} reads of ${name} are refused, first at ${clock(first)}`,
      "poll less often, read by fan-out, or add shards",
    ),
  ];
}

function consumerOf(row: TimelineRow, index: number): TimelineConsumer {
  const consumer = row.consumers[index];
  if (consumer === undefined) throw new RangeError(`no consumer ${index}`);
  return consumer;
}

function worstRow(rows: readonly TimelineRow[], badness: (row: TimelineRow) => number): TimelineRow {
  return rows.reduce((worst, row) => (badness(row) > badness(worst) ? row : worst));
}

/** When a row begins. */
function clock({ at }: TimelineRow): string {
  return formatClock(at);
}
