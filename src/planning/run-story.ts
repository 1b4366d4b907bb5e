/*
 * The story of a run: what happened, in the order of time, which limit or timer was responsible, what came of it, and what would have
 * prevented it. It is made of the run's events, put together to episodes, and of the stretches in which something went wrong, as its
 * minutes show. Such a stretch is told with the episode in which it begins, or shortly after which; it counts as caused by it only where
 * the episode has kept the consumer from reading, or both begin and end together, and else as what came after.
 */
import type { SimulationRun } from "../simulation/simulate.js";
import { formatDuration } from "../units/format-quantity.js";
import type { RunSetting } from "./run-setting.js";
import { attachSpells, isCausedBy } from "./story/attach.js";
import { collectEpisodes, countOf, type Episode } from "./story/episodes.js";
import { findSpells, type Spell } from "./story/spells.js";
import { type Telling, tellBalancing, tellCrash, tellDeploy, tellPoison, tellScaling } from "./story/tell-fleet.js";
import { type ToldSpell, tellSpell } from "./story/tell-spell.js";
import { tellMode, tellOnDemand, tellOther, tellReshard, tellTraffic, tellWarmth } from "./story/tell-stream.js";
import { putTogether, type StoryEntry, type Told } from "./story/told.js";

export type { StoryEntry } from "./story/told.js";

export function tellRun(run: SimulationRun, setting: RunSetting): StoryEntry[] {
  const episodes = collectEpisodes(run, setting.workload.scenario);
  const spells = findSpells(run, setting);
  if (episodes.length === 0 && spells.length === 0) return [tellNothing(run)];
  const { byEpisode, alone } = attachSpells(episodes, spells, run, setting);
  return [
    ...episodes.map((episode) => tellEpisode(episode, byEpisode.get(episode) ?? [], episodes, run, setting)),
    ...alone.map((group) => tellAlone(group, run, setting)),
  ].sort((one, other) => one.at - other.at);
}

/** Episodes that are harmless as long as nothing goes wrong with them. */
const harmlessAlone: ReadonlySet<Episode["kind"]> = new Set(["crash", "deploy", "on-demand"]);

function tellNothing({ summary: { seconds } }: SimulationRun): StoryEntry {
  const what = `nothing happens in ${formatDuration(seconds)}: nothing is refused or lost, and every consumer keeps up`;
  return putTogether(0, seconds, [{ what }]);
}

function tellEpisode(
  episode: Episode,
  spells: readonly Spell[],
  episodes: readonly Episode[],
  run: SimulationRun,
  setting: RunSetting,
): StoryEntry {
  const { prevention = [], ...told } = tellEvents(episode, episodes, run, setting);
  const parts = spells.map((spell) =>
    tellWithin(spell, tellSpell(spell, run, setting), isCausedBy(spell, episode, run, setting)),
  );
  // What did no harm needs no prevention.
  const isHarmless = spells.length === 0 && harmlessAlone.has(episode.kind);
  return putTogether(episode.at, episode.until, [told, ...parts, { prevention: isHarmless ? [] : prevention }]);
}

function tellWithin(spell: Spell, told: ToldSpell, isCaused: boolean): Told {
  const { what, because, remedy, isUneven } = told;
  const key = isCaused ? "caused" : "followed";
  if (isUsedUp(spell)) return { [key]: [sayWithReason(told)], prevention: remedy === undefined ? [] : [remedy] };
  // What an episode has caused needs no uneven load to explain it.
  if (isCaused && isUneven === true) return { caused: [what] };
  return {
    because: isCaused && spell.kind === "behind" ? because.map((one) => `catching up is bounded: ${one}`) : because,
    [key]: [what],
    prevention: remedy === undefined ? [] : [remedy],
  };
}

/** Whether a spell tells of something that is used up, and not of what comes of that. */
function isUsedUp({ kind }: Spell): boolean {
  return kind === "cpu" || kind === "reads" || kind === "concurrency";
}

function sayWithReason({ what, because }: ToldSpell): string {
  return [what, ...because].join(": ");
}

/** Spells that no episode explains: the first one says what happened, the others came with it. */
function tellAlone(
  [first, ...others]: readonly [Spell, ...Spell[]],
  run: SimulationRun,
  setting: RunSetting,
): StoryEntry {
  const { what, because, fix } = tellSpell(first, run, setting);
  const parts = others.map((spell): Told => {
    const told = tellSpell(spell, run, setting);
    const isKnown = told.because.every((one) => because.includes(one));
    if (isUsedUp(spell)) return { followed: [isKnown ? told.what : sayWithReason(told)] };
    const isLoss = first.kind === "throttled" && spell.kind === "lost";
    return { because: told.because, [isLoss ? "caused" : "followed"]: [told.what] };
  });
  return putTogether(first.from, first.to, [{ what, because, prevention: fix === undefined ? [] : [fix] }, ...parts]);
}

function tellEvents(episode: Episode, episodes: readonly Episode[], run: SimulationRun, setting: RunSetting): Told {
  const index = setting.workload.consumers.findIndex(({ name }) => name === episode.subject);
  const telling: Telling = { run, setting, index, repeats: repeatsOf(episode, episodes) };
  switch (episode.kind) {
    case "crash":
      return tellCrash(episode, telling);
    case "deploy":
      return tellDeploy(episode, telling);
    case "scale-out":
    case "scale-in":
      return tellScaling(episode, telling);
    case "poison":
      return tellPoison(episode, telling);
    case "balancing":
      return tellBalancing(episode, telling);
    case "reshard":
      return tellReshard(episode, run, setting);
    case "on-demand":
      return tellOnDemand(episode, run, setting);
    case "warm-throughput":
      return tellWarmth(episode, run, setting);
    case "mode":
      return tellMode(episode, setting);
    case "outage":
    case "slow":
    case "traffic":
      return tellTraffic(episode);
    case "other":
      return tellOther(episode, setting);
  }
}

/** Whether an episode is the only one that may have made its consumer process records again, or the last of several. */
function repeatsOf(episode: Episode, episodes: readonly Episode[]): Telling["repeats"] {
  const repeating = episodes.filter(
    (one) => one.subject === episode.subject && (one.kind === "poison" || countOf(one, "lease-moved") > 0),
  );
  if (repeating.at(-1) !== episode) return "none";
  return repeating.length === 1 ? "all" : "of-several";
}
