/*
 * What is said of an episode of the stream: its shards, its mode, its traffic; and of what was refused or had nothing to act on.
 */
import type { ControlEvent } from "../../simulation/control-event.js";
import type { ShardLife, SimulationRun } from "../../simulation/simulate.js";
import { secondsPerMinute } from "../../units/dimension.js";
import { formatClock, formatDuration, formatItems, formatNumber } from "../../units/format-quantity.js";
import { sumOf } from "../../units/sum-of.js";
import { remedyFor } from "../consumer-remedy.js";
import { behindSeconds } from "../minute-spells.js";
import type { RunSetting } from "../run-setting.js";
import { cite } from "./cite.js";
import type { Episode } from "./episodes.js";
import { sayNewLeases } from "./say-leases.js";
import { sayParents } from "./say-limit.js";
import type { Told } from "./told.js";

/** Within this time of its end, consumers are done with a shard as a matter of course. */
const SOON_SECONDS = secondsPerMinute;

export function tellReshard(episode: Episode, run: SimulationRun, setting: RunSetting): Told {
  const { facts } = setting;
  const [started] = episode.events;
  const [shortest, longest] = [cite(facts, "reshard.operationSecondsMin"), cite(facts, "reshard.operationSecondsMax")];
  const operations = episode.events.filter(({ event }) => event === "shard-split" || event === "shards-merged").length;
  const operated = episode.isOver
    ? `its ${formatItems(operations, "operation")} run`
    : `its operations, of which ${operations} are over at the end, run`;
  const took = episode.isOver ? ` in ${formatDuration(episode.until - episode.at)}` : ", which is not over at the end";
  const parents = tellParents(episode, run, setting);
  return {
    what: `${started?.message}${took}`,
    because: [
      `it begins within ${cite(facts, "reshard.startDelaySecondsMax")}, and ${operated} one after another, ${shortest} to ${longest} each, ${cite(facts, "reshard.operationSeconds")} as a rule`,
      ...(parents.because ?? []),
    ],
    caused: [...(parents.caused ?? []), ...wrongShards(episode, run)],
    followed: newLeases(episode),
    prevention: parents.prevention ?? [],
  };
}

/** Records that the KPL put by an old shard map: they are counted over the run, and told with its last operation on shards. */
function wrongShards({ events }: Episode, { summary, events: all }: SimulationRun): string[] {
  const isOperation = ({ event }: ControlEvent): boolean => event === "shard-split" || event === "shards-merged";
  const last = all.findLast(isOperation);
  const { wrongShardRecords } = summary;
  if (wrongShardRecords === 0 || last === undefined || !events.includes(last)) return [];
  const when = events.filter(isOperation).length === all.filter(isOperation).length ? "" : ", in the whole run";
  return [
    `the KPL puts ${formatItems(wrongShardRecords, "record")} once more, which went to shards that they were not meant for${when}`,
  ];
}

/** How long the shards that an episode has opened waited for those that they come from. */
function tellParents(episode: Episode, run: SimulationRun, setting: RunSetting): Told {
  const { shards, summary } = run;
  const byId = new Map(shards.map((shard) => [shard.id, shard]));
  const waits = shards
    .filter(({ parents, openedAt }) => parents.length > 0 && openedAt >= episode.at && openedAt <= episode.until)
    .map((child) => waitOf(child, byId, summary.seconds));
  const long = waits.filter(({ seconds }) => seconds > SOON_SECONDS);
  if (long.length === 0)
    return { because: consumersOfKind(setting, "kcl").flatMap((index) => sayNewLeases(index, setting)) };
  const most = Math.max(...long.map(({ seconds }) => seconds));
  const still = long.filter(({ isOver }) => !isOver).length;
  const end = still > 0 ? `; ${still} still wait at the end` : "";
  const late = lateBefore(episode.at, run, setting);
  const [first] = late;
  return {
    because: [
      ...late.map(
        ({ name, age, backlog }) =>
          `${name} is ${formatDuration(Math.round(age))} behind when it begins, with ${formatItems(Math.round(backlog), "record")} unread, which are in the old shards`,
      ),
      sayParents(first?.index ?? 0, setting),
    ],
    caused: [
      `${formatItems(long.length, "new shard")} ${long.length === 1 ? "waits" : "wait"} for those they come from, up to ${formatDuration(most)}${end}`,
    ],
    prevention: first === undefined ? [] : [remedyFor("parents", first.index, [], setting)],
  };
}

function waitOf(
  { parents, openedAt }: ShardLife,
  byId: ReadonlyMap<string, ShardLife>,
  seconds: number,
): { readonly seconds: number; readonly isOver: boolean } {
  const drained = parents.map((id) => byId.get(id)?.drainedAt);
  const isOver = drained.every((at) => at !== undefined);
  return { seconds: Math.max(...drained.map((at) => at ?? seconds)) - openedAt, isOver };
}

/** Which consumers were behind just before a time, the latest first. */
function lateBefore(
  at: number,
  { timeline }: SimulationRun,
  { workload: { consumers } }: RunSetting,
): { readonly index: number; readonly name: string; readonly age: number; readonly backlog: number }[] {
  const row = timeline.findLast((one) => one.at < at);
  return consumers
    .map((consumer, index) => ({
      index,
      name: consumer.name,
      age: row?.consumers[index]?.iteratorAgeSecondsMax ?? 0,
      backlog: row?.consumers[index]?.backlogRecords ?? 0,
      isLate: (row?.consumers[index]?.iteratorAgeSecondsMax ?? 0) >= behindSeconds(consumer),
    }))
    .filter(({ isLate }) => isLate)
    .sort((one, other) => other.age - one.age);
}

function consumersOfKind({ workload: { consumers } }: RunSetting, kind: string): number[] {
  return consumers.flatMap((consumer, index) => (consumer.kind === kind ? [index] : [])).slice(0, 1);
}

function newLeases({ events }: Episode): string[] {
  const moves = events.filter(({ event, isBalancing }) => event === "lease-moved" && isBalancing !== true);
  const last = moves.at(-1);
  if (last === undefined) return [];
  const leases = sumOf(moves, ({ leases: moved = 0 }) => moved);
  return [`workers get ${formatItems(leases, "lease")}, the last at ${formatClock(last.at)}`];
}

export function tellOnDemand(episode: Episode, run: SimulationRun, setting: RunSetting): Told {
  const { facts } = setting;
  const [first, ...more] = episode.events.filter(({ event }) => event === "on-demand-scaling");
  const splits = episode.events.filter(({ event }) => event === "shard-split");
  const last = splits.at(-1);
  const parents = tellParents(episode, run, setting);
  return {
    what: `${first?.message}${more.length > 0 ? `; ${formatItems(more.length, "more finding")} like it until ${formatClock(episode.until)}` : ""}`,
    because: [
      `on demand a stream has room for ${cite(facts, "onDemand.growthFactor")} times its peak write of the last ${cite(facts, "onDemand.peakWindowSeconds")}, and a shard that takes more than ${cite(facts, "onDemand.splitBytesPerSecond")} is split, within ${cite(facts, "onDemand.growthWindowSeconds")}`,
      ...(parents.because ?? []),
    ],
    caused: [
      ...(last === undefined
        ? []
        : [
            `${formatItems(splits.length, "shard")} ${splits.length === 1 ? "splits" : "split"}, the last at ${formatClock(last.at)}`,
          ]),
      ...(parents.caused ?? []),
      ...wrongShards(episode, run),
    ],
    followed: newLeases(episode),
    prevention: ["warm throughput (on-demand Advantage) has the shards before the traffic"],
  };
}

export function tellMode(episode: Episode, { facts }: RunSetting): Told {
  const last = episode.events.at(-1);
  const isChange = episode.events.length > 1;
  return {
    what: `${episode.events[0]?.message}`,
    because: isChange
      ? [`a change of mode takes ${cite(facts, "mode.switchSeconds")}, and a stream keeps its shards in it`]
      : [],
    followed: isChange && last !== undefined ? [`${last.message} at ${formatClock(last.at)}`] : [],
  };
}

export function tellWarmth(episode: Episode, run: SimulationRun, setting: RunSetting): Told {
  const last = episode.events.findLast(({ event }) => event === "warm-throughput");
  const splits = episode.events.filter(({ event }) => event === "shard-split").length;
  const isReady = last !== undefined && last !== episode.events[0];
  return {
    what: `${episode.events[0]?.message}`,
    because: [`warm throughput is ready after about ${cite(setting.facts, "advantage.warmSeconds")}`],
    caused: splits > 0 ? [`${formatItems(splits, "shard")} ${splits === 1 ? "splits" : "split"}`] : [],
    followed: [
      ...(isReady ? [`${last.message} at ${formatClock(last.at)}`] : []),
      ...(tellParents(episode, run, setting).caused ?? []),
    ],
  };
}

export function tellTraffic(episode: Episode): Told {
  return { what: `${episode.events[0]?.message}` };
}

/** The factor of the scenario's traffic at a time; undefined where none is known. */
export function trafficFactor({ at }: Episode, { workload: { scenario } }: RunSetting): number | undefined {
  const found = scenario.find((one) => one.event === "traffic" && Math.ceil(one.at) === at);
  return found?.event === "traffic" ? found.factor : undefined;
}

/** Events that stand for themselves: refusals, and names that this file does not know. */
export function tellOther({ events }: Episode, { facts }: RunSetting): Told {
  const [one] = events;
  const message = one?.message ?? "";
  if (one?.event !== "reshard-refused") return { what: message };
  const rules = ["updateShardCount.factorMax", "updateShardCount.factorMin", "updateShardCount.callsPerDay"] as const;
  return {
    what: message,
    because: [
      `UpdateShardCount goes from ${formatNumber(facts.value(rules[1]))} (${rules[1]}) to ${formatNumber(facts.value(rules[0]))} (${rules[0]}) times the open shards, ${cite(facts, rules[2])} times a day, and one operation runs at a time`,
    ],
  };
}
