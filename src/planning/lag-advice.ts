/*
 * What to do about a consumer that falls behind: what of the scenario made it, and what would let it catch up sooner. More shards help
 * a consumer whose processors are full, and nobody whose workers are gone.
 */
import type { ControlEvent } from "../simulation/control-event.js";
import type { SimulationRun } from "../simulation/simulate.js";
import type { TimelineRow } from "../simulation/timeline.js";
import { secondsPerMinute } from "../units/dimension.js";
import { formatClock } from "../units/format-quantity.js";
import { isReshard } from "../workload/reshard-event.js";
import { isRunByAws } from "../workload/run-by-aws.js";
import type { Consumer, ScenarioEvent } from "../workload/schema.js";
import { type ConsumerLimit, consumerAt, consumerIn, consumerLimit, type LateRow, overlap } from "./consumer-limit.js";
import { remedyFor } from "./consumer-remedy.js";
import { adviseOnCrash, type Lag } from "./crash-advice.js";
import { adviseOnPoison } from "./poison-advice.js";
import type { RunSetting } from "./run-setting.js";

/** Rows of the timeline in which a consumer was behind without a break, at least one. */
export interface LateSpell {
  readonly rows: readonly TimelineRow[];
  /** Whether the run ended with it. */
  readonly isStill: boolean;
}

/** An event is not to blame for what begins so long after its end. */
const GRACE_SECONDS = 2 * secondsPerMinute;

/**
 * Why a consumer was behind, as far as the rows tell.
 *
 * @property limit what held it back while it was at work; undefined where that needs no further reason than an event
 * @property remedy what gives it more of that
 * @property fix what to do, the event that made it late considered
 */
export interface LagReason {
  readonly limit: ConsumerLimit | undefined;
  readonly remedy: string | undefined;
  readonly fix: string;
}

export function explainLag(index: number, spell: LateSpell, run: SimulationRun, setting: RunSetting): LagReason {
  const consumer = consumerAt(setting, index);
  const { rows } = spell;
  const idle = rows.filter((row) => consumerIn(row, index).workers === 0);
  const staffing = 2 * idle.length > rows.length ? adviseOnWorkers(consumer, setting) : undefined;
  if (staffing !== undefined) return { limit: undefined, remedy: staffing, fix: staffing };
  const cause = causeOf(consumer, rows[0] as TimelineRow, run, setting);
  const late = lateRows(consumer, index, rows, setting);
  const felt = late.length > 0 ? consumerLimit(index, late, run, setting) : undefined;
  // What an event has caused needs no uneven load to explain it.
  const limit = felt === "one-shard" && cause !== undefined ? undefined : felt;
  const remedy =
    limit === undefined
      ? undefined
      : `${remedyFor(limit, index, rows, setting)}${untilParentsAreDone(limit, rows, run)}`;
  if (cause !== undefined) {
    const help = endsWithDeployment(cause, spell, run) ? undefined : remedy;
    return {
      limit,
      remedy,
      fix: adviseOnCause(cause, { consumer, remedy: help, isStill: spell.isStill, run, setting }),
    };
  }
  const advice = remedy ?? anything;
  const splits = adviseOnSplits(rows, limit, run);
  return { limit, remedy, fix: splits ?? (spell.isStill ? advice : `if that is too long, ${advice}`) };
}

/** Whether a deployment alone holds a consumer back, by leases on their way: more of what it works with would not let it catch up sooner. */
function endsWithDeployment(cause: ScenarioEvent, { rows, isStill }: LateSpell, run: SimulationRun): boolean {
  const last = rows.at(-1) as TimelineRow;
  return cause.event === "deploy" && !isStill && last.at <= endOf(cause, run) + GRACE_SECONDS;
}

/** Where shards were split around some rows, or shortly before, and no event of the scenario did it, the service has. */
function adviseOnSplits(
  rows: readonly TimelineRow[],
  limit: ConsumerLimit | undefined,
  { events }: SimulationRun,
): string | undefined {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  if (limit !== undefined && limit !== "one-shard" && limit !== "parents") return undefined;
  const [from, to] = [first.at - GRACE_SECONDS, last.at + last.seconds];
  if (!events.some(({ at, event }) => event === "shard-split" && at >= from && at < to)) return undefined;
  return "expect that of shards which the service splits on demand: new shards are read once their parents are done and a worker has found them; warm throughput (on-demand Advantage) has them before the traffic";
}

/** Shards that were added meanwhile do not help with what is in the old ones. */
function untilParentsAreDone(limit: ConsumerLimit, rows: readonly TimelineRow[], { events }: SimulationRun): string {
  const [first, last] = [rows[0] as TimelineRow, rows.at(-1) as TimelineRow];
  const split = events.find(({ event, at }) => event === "shard-split" && at >= first.at && at < last.at);
  const wantsShards = limit === "processing" || limit === "read-bytes";
  if (!wantsShards || split === undefined || last.openShards <= first.openShards) return "";
  return `; shards added while it is behind, as from ${formatClock(split.at)} on, help only once the old ones are processed`;
}

const anything = "add workers or shards, or make processing faster";

/** The rows in which the consumer was at work, at least in part. */
function lateRows(consumer: Consumer, index: number, rows: readonly TimelineRow[], setting: RunSetting): LateRow[] {
  const outages = setting.workload.scenario.filter(
    (event) => event.event === "consumer-down" && event.consumer === consumer.name,
  ) as Extract<ScenarioEvent, { event: "consumer-down" }>[];
  return rows
    .filter((row) => consumerIn(row, index).workers > 0)
    .map((row) => ({
      row,
      activeSeconds: row.seconds - Math.max(0, ...outages.map((outage) => overlap(outage, row))),
    }))
    .filter(({ activeSeconds }) => activeSeconds > 0);
}

/** Where nobody was there to process anything: why not. */
function adviseOnWorkers({ name }: Consumer, { workload, choices }: RunSetting): string | undefined {
  if (choices.workers.get(name) === 0) return `state at least one of its \`workers\`: ${name} runs with none`;
  const crash = workload.scenario.find((event) => event.event === "worker-crash" && event.consumer === name);
  if (crash === undefined) return undefined;
  return `keep \`standby\` workers, or let those of the scenario's crash at ${formatClock(crash.at)} come back with \`lasts\`: no worker is left`;
}

/** The last event of the scenario before the lag that has to do with it. */
function causeOf(
  consumer: Consumer,
  { at, seconds }: TimelineRow,
  run: SimulationRun,
  { workload: { scenario } }: RunSetting,
): ScenarioEvent | undefined {
  return scenario
    .toSorted((a, b) => a.at - b.at)
    .findLast(
      (event) => concerns(event, consumer) && event.at < at + seconds && at < endOf(event, run) + GRACE_SECONDS,
    );
}

/** Whether an event can make a consumer late. What AWS runs does not crash, nor stop for a new version. */
function concerns(event: ScenarioEvent, consumer: Consumer): boolean {
  if (event.event === "traffic") return event.factor > 1;
  if (isReshard(event)) return true;
  if (event.event === "zone-outage" && event.consumer === undefined) return !isRunByAws(consumer);
  if (!("consumer" in event) || event.consumer !== consumer.name) return false;
  if (event.event === "poison-record") return consumer.kind !== "kcl" && consumer.kind !== "firehose";
  return !isRunByAws(consumer) || event.event === "consumer-down" || event.event === "slow";
}

/** When the effect of an event is over. */
function endOf(event: ScenarioEvent, { events }: SimulationRun): number {
  if (isReshard(event)) return endOfReshard(event, events);
  if (event.event === "poison-record") return endOfPoison(event, events);
  if (event.event === "deploy") {
    const end = events.find(
      (one) => one.event === "deploy-finished" && one.subject === event.consumer && one.at >= event.at,
    );
    return end?.at ?? Number.POSITIVE_INFINITY;
  }
  return event.at + ("lasts" in event ? (event.lasts ?? Number.POSITIVE_INFINITY) : 0);
}

/** When the last child has opened; one that was refused has had no effect. */
function endOfReshard({ at }: ScenarioEvent, events: readonly ControlEvent[]): number {
  const later = events.filter((one) => one.at >= at);
  const answer = later.find((one) => one.event === "reshard-started" || one.event === "reshard-refused");
  if (answer?.event === "reshard-refused") return Number.NEGATIVE_INFINITY;
  return later.find((one) => one.event === "reshard-finished")?.at ?? Number.POSITIVE_INFINITY;
}

/** When its batch is out of the way, in the order in which such records were written; one that was not has had no effect. */
function endOfPoison(
  { at, consumer }: Extract<ScenarioEvent, { event: "poison-record" }>,
  events: readonly ControlEvent[],
): number {
  const own = events.filter(({ subject }) => subject === consumer);
  const written = own.filter(({ event }) => event === "poison-record");
  const place = written.findIndex((one) => one.at >= at);
  if (place < 0) return Number.NEGATIVE_INFINITY;
  const over = own.filter(({ event }) => event === "batch-given-up" || event === "poison-harmless");
  return over[place]?.at ?? Number.POSITIVE_INFINITY;
}

function adviseOnCause(event: ScenarioEvent, lag: Lag): string {
  const { consumer, remedy, isStill } = lag;
  const when = formatClock(event.at);
  switch (event.event) {
    case "consumer-down":
      if (remedy !== undefined) return `to catch up sooner after the scenario's outage at ${when}, ${remedy}`;
      return isStill
        ? `simulate longer with --duration, to see how it catches up after the scenario's outage at ${when}`
        : `expect that of an outage such as the scenario's at ${when}, or have capacity to spare for catching up`;
    case "worker-crash":
    case "leader-crash":
    case "zone-outage":
      return adviseOnCrash(event, lag);
    case "slow":
      return `for processing as slow as the scenario's from ${when} on, ${remedy ?? anything}`;
    case "traffic":
      return `for traffic like the scenario's from ${when} on, which \`size\` does not look at, ${remedy ?? anything}`;
    case "reshard":
    case "split-shard":
    case "merge-shards":
      return remedy === undefined
        ? `expect that of a reshard such as the scenario's at ${when}: new shards are read once their parents are done and a worker has found them`
        : `to catch up sooner after the scenario's reshard at ${when}, ${remedy}`;
    case "poison-record":
      return adviseOnPoison(event, consumer);
    case "mode":
    case "warm-throughput":
      return remedy ?? anything;
    case "deploy":
      return remedy === undefined
        ? `expect that of a deployment such as the scenario's at ${when}: leases stand still while they are handed on`
        : `to catch up sooner after the scenario's deployment at ${when}, ${remedy}`;
  }
}
