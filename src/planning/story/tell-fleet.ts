/*
 * What is said of an episode of a consumer's workers and of its code, from its events.
 */
import type { ControlEvent, ControlEventName } from "../../simulation/control-event.js";
import type { SimulationRun } from "../../simulation/simulate.js";
import { formatClock, formatDuration, formatItems, formatRatio } from "../../units/format-quantity.js";
import { sumOf } from "../../units/sum-of.js";
import { consumerAt } from "../consumer-limit.js";
import { adviseOnLoss, adviseOnPoison } from "../poison-advice.js";
import type { RunSetting } from "../run-setting.js";
import { cite, citeKey } from "./cite.js";
import { countOf, type Episode, leasesWaiting } from "./episodes.js";
import { sayBalancing, sayElection, sayExpiry } from "./say-leases.js";
import type { Told } from "./told.js";

/** What became of batches is told so many times in an entry. */
const OUTCOMES_TOLD = 6;

/** What an episode is told with. */
export interface Telling {
  readonly run: SimulationRun;
  readonly setting: RunSetting;
  /** Of the consumer. */
  readonly index: number;
  /** Which of the records that the consumer processed once more are told here: they are counted over the run. */
  readonly repeats: "none" | "all" | "of-several";
}

export function tellCrash(episode: Episode, telling: Telling): Told {
  const { setting, index } = telling;
  if (isNobodyLeft(episode, telling)) return { what: whatCrashed(episode), caused: standstill(episode) };
  return {
    what: whatCrashed(episode),
    because: [
      ...sayExpiry(index, setting),
      ...(countOf(episode, "leader-elected") > 0 ? [sayElection(setting)] : []),
      ...sayLaunches(episode, telling),
    ],
    caused: [...standstill(episode), ...elections(episode), ...repeated(telling, fromCheckpoint)],
    followed: [...returns(episode), ...balanced(episode)],
    prevention: sooner(episode, telling),
  };
}

/** Whether no worker is up from then on that could take leases. */
function isNobodyLeft({ at }: Episode, { run, index }: Telling): boolean {
  const later = run.timeline.filter((row) => row.at > at);
  return later.length > 0 && later.every(({ consumers }) => consumers[index]?.workers === 0);
}

/** What would hand leases on sooner. */
function sooner(episode: Episode, { setting, index }: Telling): string[] {
  const { kind, kclVersion } = consumerAt(setting, index);
  if (kind !== "kcl") return [];
  const shorter =
    "a shorter fail-over time hands leases on sooner (failoverTimeMillis; kcl.failoverSeconds in --limits)";
  return countOf(episode, "leader-elected") > 0 && episode.kind === "crash" && kclVersion === 3
    ? [shorter, "a shorter leader's lock has somebody lead sooner (KCL 3.2 and later; kcl.leaderLeaseSeconds)"]
    : [shorter];
}

function whatCrashed(episode: Episode): string {
  const { events, subject } = episode;
  const failed = eventsOf(episode, "worker-failed");
  const leases = formatItems(
    sumOf(failed, ({ leases = 0 }) => leases),
    "lease",
  );
  const [zone] = eventsOf(episode, "zone-lost");
  const [first] = failed;
  if (zone !== undefined) return `${zone.message}, and ${leases} with them`;
  const led = failed.some(({ leads }) => leads === true);
  if (failed.length > 1)
    return `${failed.length} workers of ${subject} fail with ${leases}${led ? ", the leader among them" : ""}`;
  return `${(first ?? (events[0] as ControlEvent)).message}${led ? ", and it led the others" : ""}`;
}

/** How long the leases of the workers that are gone had nobody. */
function standstill(episode: Episode): string[] {
  const taken = eventsOf(episode, "lease-moved").filter(({ orphans = 0 }) => orphans > 0);
  const lost = sumOf(eventsOf(episode, "worker-failed"), ({ leases = 0 }) => leases);
  if (lost === 0) return [];
  const waiting = Math.max(0, leasesWaiting(episode));
  const last = taken.at(-1);
  if (last === undefined) return [`nobody has taken the ${formatItems(lost, "lease")} by the end of the run`];
  const delay = last.at - episode.at;
  const when = delay === 0 ? "others take them at once" : `others have all of them ${formatDuration(delay)} later`;
  if (waiting > 0) return [`${waiting} of the ${formatItems(lost, "lease")} have no owner at the end`];
  return [
    `${formatItems(lost, "lease")} ${lost === 1 ? "stands" : "stand"} still: ${when}, at ${formatClock(last.at)}`,
  ];
}

function elections(episode: Episode): string[] {
  const elected = eventsOf(episode, "leader-elected");
  const [first] = elected;
  if (first === undefined) return [];
  if (elected.length > 1) return [`the lead changes hands ${elected.length} times`];
  return [
    `nobody leads for ${formatDuration(first.at - episode.at)}, until ${formatClock(first.at)}: ${first.message}`,
  ];
}

function repeated({ run, index, repeats }: Telling, from: string): string[] {
  const { name, repeatedRecords } = run.summary.consumers[index] ?? { name: "", repeatedRecords: 0 };
  if (repeats === "none" || repeatedRecords === 0) return [];
  const when = repeats === "all" ? "" : ", in the whole run";
  return [`${name} processes ${formatItems(repeatedRecords, "record")} once more, ${from}${when}`];
}

const fromCheckpoint = "from the last checkpoint on (`checkpointInterval`)";

function returns(episode: Episode): string[] {
  const back = eventsOf(episode, "worker-restarted");
  const last = back.at(-1);
  if (last === undefined) return launches(episode);
  return [
    back.length === 1
      ? `${last.message} at ${formatClock(last.at)}`
      : `${formatItems(back.length, "worker")} are back, the last at ${formatClock(last.at)}`,
    ...launches(episode),
  ];
}

function launches(episode: Episode): string[] {
  const launched = eventsOf(episode, "worker-launched");
  const last = launched.at(-1);
  if (last === undefined) return [];
  const count = formatItems(launched.length, "worker");
  return [
    launched.length === 1
      ? `${last.message} at ${formatClock(last.at)}`
      : `${count} are launched, the last at ${formatClock(last.at)}`,
  ];
}

function balanced(episode: Episode): string[] {
  const moves = eventsOf(episode, "lease-moved").filter(({ isBalancing }) => isBalancing === true);
  const leases = sumOf(moves, ({ leases: moved = 0 }) => moved);
  const last = moves.at(-1);
  if (last === undefined) return [];
  const verb = leases === 1 ? "changes" : "change";
  return [`${formatItems(leases, "lease")} ${verb} hands to even out the load, the last at ${formatClock(last.at)}`];
}

function sayLaunches(episode: Episode, { setting, index }: Telling): string[] {
  const { autoscaling } = consumerAt(setting, index);
  if (countOf(episode, "worker-launched") === 0 || autoscaling === undefined) return [];
  const time = citeKey(setting.facts, "autoscaling.launchTime", autoscaling.launchTime, "asg.launchSeconds");
  return [`a worker that is launched works after ${time}`];
}

export function tellDeploy(episode: Episode, telling: Telling): Told {
  const { setting, index } = telling;
  const [started] = episode.events;
  const moves = eventsOf(episode, "lease-moved").filter(({ isBalancing }) => isBalancing !== true);
  const leases = sumOf(moves, ({ leases: moved = 0 }) => moved);
  const verb = leases === 1 ? "is" : "are";
  return {
    what: `${started?.message}, one after another`,
    because: [
      `a worker that is restarted is back after ${cite(setting.facts, "worker.restartSeconds")}`,
      ...sayExpiry(index, setting),
      ...(countOf(episode, "leader-elected") > 0 ? [sayElection(setting)] : []),
    ],
    caused: [
      ...(leases > 0 ? [`${formatItems(leases, "lease")} ${verb} handed on, those that move again counted again`] : []),
      ...(countOf(episode, "leader-elected") > 1
        ? [`the lead changes hands ${countOf(episode, "leader-elected")} times`]
        : []),
      ...repeated(telling, fromCheckpoint),
    ],
    followed: balanced(episode),
    prevention: sooner(episode, telling),
  };
}

export function tellScaling(episode: Episode, telling: Telling): Told {
  const { setting, index } = telling;
  const steps = episode.events.filter(({ event }) => event === "scaled-out" || event === "scaled-in");
  const [first] = steps;
  const more = steps.length - 1;
  const isOut = episode.kind === "scale-out";
  return {
    what: `${first?.message}${more > 0 ? `; ${formatItems(more, "more step")}, the last at ${formatClock(steps.at(-1)?.at ?? episode.at)}` : ""}`,
    because: [
      ...sayReasons(isOut, steps, telling),
      ...sayLaunches(episode, telling),
      ...(isOut ? [] : sayExpiry(index, setting)),
    ],
    caused: isOut ? launches(episode) : movedOn(episode),
    followed: [...(isOut ? coolDown(episode, telling) : []), ...balanced(episode)],
  };
}

function movedOn(episode: Episode): string[] {
  const moves = eventsOf(episode, "lease-moved").filter(({ isBalancing }) => isBalancing !== true);
  const last = moves.at(-1);
  if (last === undefined) return [];
  const leases = sumOf(moves, ({ leases: moved = 0 }) => moved);
  return [
    `${formatItems(leases, "lease")} of workers that stop ${leases === 1 ? "is" : "are"} handed on, the last at ${formatClock(last.at)}`,
  ];
}

function sayReasons(isOut: boolean, steps: readonly ControlEvent[], telling: Telling): string[] {
  const { setting, index } = telling;
  const causes = new Set(steps.map(({ scaledBy }) => scaledBy));
  return [
    ...(causes.has("cpu") ? [sayAlarm(isOut, telling)] : []),
    ...(causes.has("bounds") ? ["a group brings itself within `autoscaling.min` and `max` at once"] : []),
    ...(causes.has("shards")
      ? [`${consumerAt(setting, index).name} keeps no more workers than there are shards to read`]
      : []),
  ];
}

function sayAlarm(isOut: boolean, { setting, index }: Telling): string {
  const { facts } = setting;
  const { autoscaling, worker } = consumerAt(setting, index);
  const target = formatRatio(autoscaling?.targetCpu ?? worker.targetCpu);
  const points = cite(facts, isOut ? "asg.highAlarmPoints" : "asg.lowAlarmPoints");
  const level = isOut ? `above ${target}` : `below ${cite(facts, "asg.lowAlarmRatio")} of ${target}`;
  const period = cite(facts, "asg.metricPeriodSeconds");
  const delay = citeKey(facts, "autoscaling.metricDelay", autoscaling?.metricDelay, "asg.metricDelaySeconds");
  return `the group acts once the mean CPU was ${level} for ${points} points of ${period} in a row, which it sees ${delay} late`;
}

/** When the mean CPU was down at its target after the last launch. */
function coolDown(episode: Episode, { run, setting, index }: Telling): string[] {
  const { autoscaling, worker } = consumerAt(setting, index);
  const target = autoscaling?.targetCpu ?? worker.targetCpu;
  const row = run.timeline.find(({ at, consumers }) => {
    const mean = consumers[index]?.cpuUtilization?.mean;
    return at >= episode.until && mean !== undefined && mean <= target;
  });
  const goal = `the target of ${formatRatio(target)}`;
  return [
    row === undefined ? `the mean CPU stays above ${goal}` : `the mean CPU is within ${goal} at ${formatClock(row.at)}`,
  ];
}

export function tellPoison(episode: Episode, telling: Telling): Told {
  const { setting, index } = telling;
  const consumer = consumerAt(setting, index);
  const [written, ...more] = eventsOf(episode, "poison-record");
  const others =
    more.length > 0 ? `; ${formatItems(more.length, "more record")} like it until ${formatClock(episode.until)}` : "";
  const outcomes = episode.events.filter(({ event }) => event !== "poison-record");
  const unfinished = episode.isOver ? [] : [sayUnfinished(episode)];
  return {
    what: `${written?.message}${others}`,
    because: [sayFailingBatch(index, setting)],
    caused: [
      ...outcomes.slice(0, OUTCOMES_TOLD).map(({ at, message }) => `${message}, at ${formatClock(at)}`),
      ...(outcomes.length > OUTCOMES_TOLD ? [`the same ${outcomes.length - OUTCOMES_TOLD} times more`] : []),
      ...unfinished,
      ...repeated(telling, "with batches that failed"),
    ],
    prevention: outcomes.some(({ event }) => event !== "poison-harmless")
      ? [...unblocking(episode, telling), adviseOnLoss(consumer)]
      : [],
  };
}

function sayUnfinished(episode: Episode): string {
  const isFailing = eventsOf(episode, "batch-failing").length > eventsOf(episode, "batch-given-up").length;
  return isFailing ? "the batch still fails at the end" : `${episode.subject} has not come to it at the end`;
}

/** What keeps such records from holding up their shard. */
function unblocking({ at, subject }: Episode, { setting, index }: Telling): string[] {
  const consumer = consumerAt(setting, index);
  const event = setting.workload.scenario.find(
    (one) => one.event === "poison-record" && Math.ceil(one.at) === at && one.consumer === subject,
  );
  if (event?.event !== "poison-record" || consumer.kind === "kcl") return [];
  return [adviseOnPoison(event, consumer)];
}

function sayFailingBatch(index: number, setting: RunSetting): string {
  const { facts, workload } = setting;
  const { kind, retryAttempts } = consumerAt(setting, index);
  if (kind === "kcl") return "the KCL goes on with the next batch where processing fails";
  const retention = `the records expire (\`retention\` ${formatDuration(workload.stream.retention)})`;
  if (kind !== "lambda") return `a reader stands still until its code can take the record or ${retention}`;
  const [first, most] = [cite(facts, "lambda.retryBackoffSeconds"), cite(facts, "lambda.retryBackoffSecondsMax")];
  const attempts =
    retryAttempts === undefined || retryAttempts < 0
      ? ""
      : `it was tried again ${retryAttempts} times (\`retryAttempts\`), or `;
  return `Lambda tries a batch again after ${first}, then twice as late each time, up to ${most}, and reads no further in the shard until ${attempts}${retention}`;
}

export function tellBalancing(episode: Episode, { setting, index }: Telling): Told {
  const leases = formatItems(
    sumOf(episode.events, ({ leases: moved = 0 }) => moved),
    "lease",
  );
  const times = episode.events.length > 1 ? ` in ${episode.events.length} rounds` : "";
  return { what: `${leases} of ${episode.subject} change hands${times}`, because: sayBalancing(index, setting) };
}

function eventsOf({ events }: Episode, name: ControlEventName): ControlEvent[] {
  return events.filter(({ event }) => event === name);
}
