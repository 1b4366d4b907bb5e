/*
 * What is said of a stretch in which something went wrong: what it was, the limit that was responsible, and what would have helped.
 */
import type { ConsumerSummary, SimulationRun } from "../../simulation/simulate.js";
import type { TimelineRow } from "../../simulation/timeline.js";
import { secondsPerMinute } from "../../units/dimension.js";
import {
  formatByteRate,
  formatClock,
  formatDuration,
  formatItems,
  formatNumber,
  formatRatio,
} from "../../units/format-quantity.js";
import { consumerAt, cpuLimit } from "../consumer-limit.js";
import { readRemedy, remedyFor } from "../consumer-remedy.js";
import { explainLag } from "../lag-advice.js";
import { behindSeconds, minutesOf, rowsOf } from "../minute-spells.js";
import type { RunSetting } from "../run-setting.js";
import { adviseOnThrottling } from "../throttling-advice.js";
import { cite } from "./cite.js";
import { sayConcurrency, sayLimit, sayReading } from "./say-limit.js";
import { refusedShares, type Spell, sumBetween, worstMinute } from "./spells.js";

/** From this part of a limit on, shards are full in the mean. */
const FULL = 0.8;

/**
 * What is said of a spell.
 *
 * @property isUneven whether no limit was reached but that of one shard or worker alone
 * @property fix what to do about it where it stands alone
 * @property remedy what to do besides, where an episode explains it
 */
export interface ToldSpell {
  readonly what: string;
  readonly because: readonly string[];
  readonly isUneven?: boolean;
  readonly fix: string | undefined;
  readonly remedy: string | undefined;
}

export function tellSpell(spell: Spell, run: SimulationRun, setting: RunSetting): ToldSpell {
  if (spell.consumer === undefined)
    return spell.kind === "lost" ? tellLoss(spell, run, setting) : tellThrottling(spell, run, setting);
  const index = spell.consumer;
  switch (spell.kind) {
    case "behind":
      return tellLag(spell, index, run, setting);
    case "cpu": {
      const rows = rowsOf(spell.first, spell.first, run.timeline);
      const fix = remedyFor(cpuLimit(index, rows), index, rows, setting);
      return {
        what: tellCpu(spell, index, run),
        because: [],
        fix,
        remedy: undefined,
      };
    }
    case "concurrency": {
      const { name } = consumerAt(setting, index);
      const fix = remedyFor("concurrency", index, rowsOf(spell.first, spell.last, run.timeline), setting);
      const what = `${name} has no invocation left ${between(spell, run)}`;
      return { what, because: [sayConcurrency(index, setting)], fix, remedy: undefined };
    }
    default: {
      const { name } = consumerAt(setting, index);
      const refused = sumBetween(minutesOf(index, run.minutes).readThrottles, spell.first, spell.last);
      const what = `shards refuse ${formatItems(refused, "read")} of ${name} ${between(spell, run)}`;
      return { what, because: [sayReading(index, setting)], fix: readRemedy(index, setting), remedy: undefined };
    }
  }
}

function clock(minute: number): string {
  return formatClock(minute * secondsPerMinute);
}

function between({ from, to }: Spell, { summary }: SimulationRun): string {
  return to >= summary.seconds
    ? `from ${formatClock(from)} to the end`
    : `between ${formatClock(from)} and ${formatClock(to)}`;
}

function tellCpu(spell: Spell, index: number, run: SimulationRun): string {
  return `a worker of ${run.summary.consumers[index]?.name} has no CPU left ${between(spell, run)}`;
}

function tellLag(spell: Spell, index: number, run: SimulationRun, setting: RunSetting): ToldSpell {
  const { ages } = minutesOf(index, run.minutes);
  const consumer = run.summary.consumers[index] as ConsumerSummary;
  const worst = worstMinute(ages, spell);
  const isStill = spell.last === ages.length - 1;
  const behind = formatDuration(behindSeconds(consumerAt(setting, index)));
  const most = formatDuration(Math.round(ages[worst] ?? 0));
  const end = isStill
    ? `and is behind at the end, with ${formatItems(consumer.backlogRecords, "record")} unread`
    : `and has caught up at ${clock(spell.last + 1)}`;
  const missed = sayMissed(spell, index, run, setting);
  const lag = explainLag(index, { rows: rowsOf(spell.first, spell.last, run.timeline), isStill }, run, setting);
  return {
    what: `${consumer.name} falls more than ${behind} behind at ${clock(spell.first)}, up to ${most} at ${clock(worst)}, ${end}${missed}`,
    because: lag.limit === undefined ? [] : [sayLimit(lag.limit, index, setting)],
    isUneven: lag.limit === "one-shard",
    fix: lag.fix,
    remedy: lag.remedy,
  };
}

/** What expired unread is known for the run alone: it is said of the last spell in which records were old enough. */
function sayMissed(spell: Spell, index: number, { summary, minutes }: SimulationRun, { workload }: RunSetting): string {
  const expired = summary.consumers[index]?.expiredRecords ?? 0;
  const { retention } = workload.stream;
  const last = minutesOf(index, minutes).ages.findLastIndex((age) => age >= retention - secondsPerMinute);
  if (expired === 0 || last < spell.first || last > spell.last) return "";
  return `; ${formatItems(expired, "record")} expire before it has read them (\`retention\` ${formatDuration(retention)})`;
}

function tellThrottling(spell: Spell, run: SimulationRun, setting: RunSetting): ToldSpell {
  const { first, last } = spell;
  const { minutes } = run;
  const refused = sumBetween(minutes.throttled, first, last);
  const attempted = sumBetween(minutes.attempted, first, last);
  const shares = refusedShares(first, last, minutes);
  const most = Math.max(...shares);
  const worst = first + shares.indexOf(most);
  const row = rowsOf(worst, worst, run.timeline)[0] as TimelineRow;
  const fix = adviseOnThrottling(row, run, setting);
  return {
    what: `shards refuse ${formatItems(refused, "put attempt")} ${between(spell, run)}, ${formatRatio(refused / attempted)} of them all; worst at ${clock(worst)} with ${formatRatio(most)}`,
    because: [sayWriteLimit(row, setting)],
    fix,
    remedy: fix,
  };
}

/** The write limit that shards were nearest to in the worst row. */
function sayWriteLimit(row: TimelineRow, { facts }: RunSetting): string {
  const shardSeconds = row.seconds * row.openShards;
  const bytes = row.acceptedBytes / shardSeconds;
  const records = (row.attemptedRecords - row.throttledRecords) / shardSeconds;
  const [byteRate, recordRate] = ["shard.writeBytesPerSecond", "shard.writeRecordsPerSecond"] as const;
  const ofBytes = bytes / facts.value(byteRate);
  const ofRecords = records / facts.value(recordRate);
  const [name, took] =
    ofBytes >= ofRecords
      ? ([byteRate, formatByteRate(bytes)] as const)
      : ([recordRate, `${formatNumber(records)} records/s`] as const);
  const full = Math.max(ofBytes, ofRecords) >= FULL;
  return full
    ? `a shard takes at most ${cite(facts, name)}, and they took ${took} each, in the mean around the worst minute`
    : `a shard takes at most ${cite(facts, byteRate)} and ${cite(facts, recordRate)}: they took ${took} each, in the mean around the worst minute, so one alone was full, or all for a moment`;
}

function tellLoss(spell: Spell, { minutes, summary }: SimulationRun, { workload, facts }: RunSetting): ToldSpell {
  const lost = sumBetween(minutes.lost, spell.first, spell.last);
  const retries = new Set(workload.producers.map(({ retry }) => retry));
  const because = [
    ...(retries.has("kpl") ? [`the KPL gives a record up after ${cite(facts, "kpl.recordTtlSeconds")}`] : []),
    ...(retries.has("sdk") ? [`the SDK gives a call up after ${cite(facts, "sdk.attempts")} attempts`] : []),
    ...(retries.has("none") ? ["a producer without retries gives a record up at once (`retry: none`)"] : []),
    ...(workload.producers.some(({ buffer }) => buffer !== undefined)
      ? ["what does not fit into a producer's `buffer` is dropped"]
      : []),
  ];
  const share = formatRatio(lost / Math.max(1, summary.offeredRecords));
  return {
    what: `producers give up ${formatItems(Math.round(lost), "record")} (${share} of the run's), first at ${clock(spell.first)}`,
    because,
    fix: "remove the throttling; retries and buffers only delay the loss",
    remedy: undefined,
  };
}
