/*
 * Which episode a stretch belongs to in which something went wrong: one that concerns the same consumer, or the stream, and in which the
 * stretch begins, or shortly after which.
 */
import type { SimulationRun } from "../../simulation/simulate.js";
import { secondsPerMinute } from "../../units/dimension.js";
import { type ConsumerLimit, consumerAt } from "../consumer-limit.js";
import { explainLag } from "../lag-advice.js";
import { rowsOf } from "../minute-spells.js";
import type { RunSetting } from "../run-setting.js";
import type { Episode, EpisodeKind } from "./episodes.js";
import type { Spell } from "./spells.js";
import { trafficFactor } from "./tell-stream.js";

/** An episode has nothing to do with what begins so long after its end. */
const GRACE_SECONDS = 2 * secondsPerMinute;

/** A consumer's leases stand still in these. */
const stopsReading: ReadonlySet<EpisodeKind> = new Set(["crash", "deploy", "outage", "poison"]);
const opensShards: ReadonlySet<EpisodeKind> = new Set(["reshard", "on-demand", "warm-throughput"]);
/** Spells of producers have to do with these. */
const changesLoad: ReadonlySet<EpisodeKind> = new Set(["traffic", "mode", ...opensShards]);

interface Attached {
  readonly byEpisode: ReadonlyMap<Episode, readonly Spell[]>;
  /** What no episode explains: a spell, and those that came with it. */
  readonly alone: readonly (readonly [Spell, ...Spell[]])[];
}

export function attachSpells(
  episodes: readonly Episode[],
  spells: readonly Spell[],
  run: SimulationRun,
  setting: RunSetting,
): Attached {
  const byEpisode = new Map<Episode, Spell[]>();
  const alone: [Spell, ...Spell[]][] = [];
  const places = new Map<Spell, Spell[]>();
  // Loss comes with refusals, and what is used up with lag, where there is one.
  const leading = spells.filter(({ kind }) => kind === "throttled" || kind === "behind");
  for (const spell of [...leading, ...spells.filter((one) => !leading.includes(one))]) {
    const leader = leading.find((one) => one !== spell && one.consumer === spell.consumer && overlaps(one, spell));
    const episode = explaining(spell, episodes, run, setting);
    const place =
      (leading.includes(spell) || leader === undefined ? undefined : places.get(leader)) ??
      (episode === undefined ? undefined : listOf(byEpisode, episode));
    if (place === undefined) {
      const group: [Spell, ...Spell[]] = [spell];
      alone.push(group);
      places.set(spell, group);
    } else {
      place.push(spell);
      places.set(spell, place);
    }
  }
  return { byEpisode, alone };
}

function listOf(lists: Map<Episode, Spell[]>, episode: Episode): Spell[] {
  const list = lists.get(episode) ?? [];
  lists.set(episode, list);
  return list;
}

function overlaps(one: Spell, other: Spell): boolean {
  return one.from < other.to && other.from < one.to;
}

/** The last episode that may explain a spell; first of all one that causes it as far as can be seen. */
function explaining(
  spell: Spell,
  episodes: readonly Episode[],
  run: SimulationRun,
  setting: RunSetting,
): Episode | undefined {
  const candidates = episodes.filter(
    (episode) =>
      concerns(episode, spell, setting) &&
      spell.from + secondsPerMinute > episode.at &&
      spell.from <= episode.settledAt + GRACE_SECONDS,
  );
  return candidates.findLast((episode) => isCausedBy(spell, episode, run, setting)) ?? candidates.at(-1);
}

function concerns(episode: Episode, spell: Spell, setting: RunSetting): boolean {
  const { kind, subject } = episode;
  if (kind === "other") return false;
  if (kind === "traffic" && (trafficFactor(episode, setting) ?? 1) <= 1) return false;
  // The group acts because of it.
  if (kind === "scale-out" && spell.kind === "cpu") return false;
  if (kind === "poison" && !hasFailedBy(spell.from + secondsPerMinute, episode)) return false;
  if (spell.consumer === undefined) return changesLoad.has(kind);
  return subject === "" || subject === consumerAt(setting, spell.consumer).name;
}

/** A record that nobody has come to does no harm. */
function hasFailedBy(seconds: number, { events }: Episode): boolean {
  return events.some(({ event, at }) => event === "batch-failing" && at < seconds);
}

/** Whether there is more to link them than time. */
export function isCausedBy(spell: Spell, episode: Episode, run: SimulationRun, setting: RunSetting): boolean {
  const { kind, events } = episode;
  if (spell.kind === "behind" && spell.consumer !== undefined) {
    if (stopsReading.has(kind)) return true;
    if (kind === "scale-in")
      return events.some(({ event, isBalancing }) => event === "lease-moved" && isBalancing !== true);
    const limit = limitOf(spell, spell.consumer, run, setting);
    if (kind === "slow") return limit === "processing" || limit === "cpu" || limit === "one-worker";
    return opensShards.has(kind) && limit === "parents";
  }
  const isLoad = kind === "traffic" || kind === "slow";
  return isLoad && spell.from >= episode.at - secondsPerMinute && spell.to <= episode.until + GRACE_SECONDS;
}

/** What held a consumer back while it was behind. */
function limitOf(spell: Spell, index: number, run: SimulationRun, setting: RunSetting): ConsumerLimit | undefined {
  const isStill = spell.to >= run.summary.seconds;
  const rows = rowsOf(spell.first, spell.last, run.timeline);
  return explainLag(index, { rows, isStill }, run, setting).limit;
}
