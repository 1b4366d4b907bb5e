/*
 * The events of a run put together to episodes: a crash with the leases that move because of it, a reshard with its splits, steps of a
 * group with the launches. Events belong together by their consumer and by time alone; what an episode has caused is not settled here.
 */
import type { ControlEvent, ControlEventName } from "../../simulation/control-event.js";
import type { SimulationRun } from "../../simulation/simulate.js";
import { secondsPerMinute } from "../../units/dimension.js";
import { sumOf } from "../../units/sum-of.js";
import type { Workload } from "../../workload/schema.js";

export type EpisodeKind =
  | "crash"
  | "deploy"
  | "outage"
  | "slow"
  | "traffic"
  | "reshard"
  | "on-demand"
  | "mode"
  | "warm-throughput"
  | "scale-out"
  | "scale-in"
  | "poison"
  | "balancing"
  | "other";

export interface Episode {
  readonly kind: EpisodeKind;
  /** The consumer; empty where the stream is concerned. */
  readonly subject: string;
  /** Seconds from the start. */
  readonly at: number;
  /** When it was over; the end of the run, where it lasted longer. */
  readonly until: number;
  /** When the last leases had moved to even out the load after it; `until`, where none did. */
  readonly settledAt: number;
  readonly isOver: boolean;
  /** In the order of time, at least one. */
  readonly events: readonly ControlEvent[];
}

type Mutable = { -readonly [Key in keyof Episode]: Episode[Key] } & { readonly events: ControlEvent[] };

/** Leases that move within this time of the last move, or of the end of an episode, still belong to it. */
const SETTLE_SECONDS = 10 * secondsPerMinute;
/** Steps of a group, or of the service, no further apart than this are one episode. */
const STEPS_SECONDS = 15 * secondsPerMinute;

/** Events that begin an episode, and within how many seconds of its end another one is part of it. */
const beginnings: Partial<Record<ControlEventName, { readonly kind: EpisodeKind; readonly joinsWithin?: number }>> = {
  "worker-failed": { kind: "crash", joinsWithin: 0 },
  "leader-failed": { kind: "crash", joinsWithin: 0 },
  "zone-lost": { kind: "crash", joinsWithin: 0 },
  "deploy-started": { kind: "deploy" },
  "consumer-down": { kind: "outage", joinsWithin: 0 },
  "slow-started": { kind: "slow" },
  "traffic-changed": { kind: "traffic" },
  "reshard-started": { kind: "reshard" },
  "on-demand-scaling": { kind: "on-demand", joinsWithin: STEPS_SECONDS },
  "mode-change-started": { kind: "mode" },
  "warm-throughput": { kind: "warm-throughput", joinsWithin: STEPS_SECONDS },
  "scaled-out": { kind: "scale-out", joinsWithin: STEPS_SECONDS },
  "scaled-in": { kind: "scale-in", joinsWithin: STEPS_SECONDS },
  "poison-record": { kind: "poison", joinsWithin: 0 },
};

const ofWorkers: readonly EpisodeKind[] = ["crash", "deploy", "scale-out", "scale-in"];
const ofShards: readonly EpisodeKind[] = ["reshard", "on-demand", "warm-throughput"];

/** Events that go on with an episode of the same subject, and whether they end it. */
const continuations: Partial<
  Record<ControlEventName, { readonly kinds: readonly EpisodeKind[]; readonly ends?: boolean }>
> = {
  "worker-restarted": { kinds: ["crash", "deploy"] },
  "worker-launched": { kinds: ["crash", "scale-out"] },
  "leader-elected": { kinds: ofWorkers },
  "deploy-finished": { kinds: ["deploy"], ends: true },
  "consumer-up": { kinds: ["outage"], ends: true },
  "slow-ended": { kinds: ["slow"], ends: true },
  "traffic-restored": { kinds: ["traffic"], ends: true },
  "shard-split": { kinds: ofShards },
  "shards-merged": { kinds: ofShards },
  "reshard-finished": { kinds: ["reshard"], ends: true },
  "mode-changed": { kinds: ["mode"], ends: true },
  "batch-failing": { kinds: ["poison"] },
  "batch-given-up": { kinds: ["poison"], ends: true },
  "poison-harmless": { kinds: ["poison"], ends: true },
};

/** Episodes that last until an event ends them. */
const lasting: ReadonlySet<EpisodeKind> = new Set(["deploy", "outage", "slow", "traffic", "reshard", "mode", "poison"]);
/** Episodes that are over when the leases of workers that are gone have moved. */
const lastsWithLeases: ReadonlySet<EpisodeKind> = new Set(["crash", "scale-in", "balancing"]);
/** Where shards are the subject, events name them. */
const aboutStream: ReadonlySet<EpisodeKind> = new Set(["traffic", "mode", ...ofShards]);

/** The episodes of a run, by their beginning. */
export function collectEpisodes({ events, summary }: SimulationRun, scenario: Workload["scenario"]): Episode[] {
  const collector = new Collector(scenario);
  for (const event of events) collector.add(event);
  return collector.episodes.map((episode) => finish(episode, summary.seconds));
}

function finish(episode: Mutable, seconds: number): Episode {
  const until = lasting.has(episode.kind) && !episode.isOver ? seconds : Math.min(seconds, episode.until);
  return { ...episode, until, settledAt: Math.max(until, episode.settledAt) };
}

/** How many leases of a crash's workers have not moved yet. */
export function leasesWaiting({ events }: Pick<Episode, "events">): number {
  return sumOf(events, ({ event, leases = 0, orphans = 0 }) => (event === "worker-failed" ? leases : -orphans));
}

class Collector {
  readonly episodes: Mutable[] = [];
  readonly #scenario: Workload["scenario"];

  constructor(scenario: Workload["scenario"]) {
    this.#scenario = scenario;
  }

  add(event: ControlEvent): void {
    const beginning = beginnings[event.event];
    const continuation = continuations[event.event];
    if (beginning !== undefined) this.#begin(event, beginning);
    else if (event.event === "lease-moved") this.#move(event);
    else if (event.event === "shard-drained") this.#drain(event);
    // Their stretches are found as such.
    else if (event.event === "concurrency-exhausted" || event.event === "concurrency-enough") return;
    else if (continuation === undefined) this.#open(event, "other");
    else this.#goOn(event, continuation);
  }

  #open(event: ControlEvent, kind: EpisodeKind): Mutable {
    const { at } = event;
    const subject = aboutStream.has(kind) ? "" : event.subject;
    const episode = { kind, subject, at, until: at, settledAt: at, isOver: false, events: [event] };
    this.episodes.push(episode);
    return episode;
  }

  #last(kinds: readonly EpisodeKind[], subject: string): Mutable | undefined {
    return this.episodes.findLast(
      (one) => kinds.includes(one.kind) && (aboutStream.has(one.kind) || one.subject === subject),
    );
  }

  #begin(event: ControlEvent, { kind, joinsWithin }: { kind: EpisodeKind; joinsWithin?: number }): void {
    const last = joinsWithin === undefined ? undefined : this.#last([kind], event.subject);
    const isNear = last !== undefined && joinsWithin !== undefined && event.at <= last.until + joinsWithin;
    const isRunning = last !== undefined && lasting.has(kind) && !last.isOver;
    if (last !== undefined && (isNear || isRunning)) {
      extend(last, event);
      last.isOver = false;
      return;
    }
    const opened = this.#open(event, kind);
    const lasts = this.#statedLength(event, kind);
    if (lasts === undefined) return;
    opened.until = event.at + Math.max(1, Math.ceil(lasts));
    opened.isOver = true;
  }

  /** How long the scenario has it last: several may overlap, and their ends look alike. */
  #statedLength({ at, subject }: ControlEvent, kind: EpisodeKind): number | undefined {
    if (kind !== "traffic" && kind !== "slow") return undefined;
    const stated = this.#scenario.find(
      (one) => one.event === kind && Math.ceil(one.at) === at && (one.event !== "slow" || one.consumer === subject),
    );
    return stated !== undefined && "lasts" in stated ? stated.lasts : undefined;
  }

  #goOn(event: ControlEvent, { kinds, ends = false }: { kinds: readonly EpisodeKind[]; ends?: boolean }): void {
    const last = this.#last(kinds, event.subject);
    // A change between on-demand and Advantage has no beginning of its own.
    if (last === undefined || (last.kind === "mode" && last.isOver)) {
      this.#open(event, event.event === "mode-changed" ? "mode" : "other").isOver = true;
      return;
    }
    if (last.kind === "traffic" || last.kind === "slow") return;
    extend(last, event);
    if (ends) last.isOver = poisonsLeft(last) <= 0;
  }

  /** What made shards close is not settled before they are drained. */
  #drain({ at }: ControlEvent): void {
    const last = this.#last(ofShards, "");
    if (last !== undefined) last.settledAt = at;
  }

  /** A crash whose leases had nobody comes first, then what happened last. */
  #move(event: ControlEvent): void {
    const { at, subject, isBalancing = false, orphans = 0 } = event;
    const waiting = this.episodes.find(
      (one) => one.kind === "crash" && one.subject === subject && leasesWaiting(one) > 0,
    );
    const episode = (orphans > 0 ? waiting : undefined) ?? this.#settling(at, subject);
    if (episode === undefined) {
      this.#open(event, "balancing");
      return;
    }
    const goesOn = isBalancing && orphans === 0 ? episode.kind === "balancing" : lastsWithLeases.has(episode.kind);
    if (goesOn) extend(episode, event);
    else {
      episode.events.push(event);
      episode.settledAt = at;
    }
  }

  #settling(at: number, subject: string): Mutable | undefined {
    const last = this.#last([...ofWorkers, ...ofShards, "balancing"], subject);
    if (last === undefined) return undefined;
    const isGoingOn = lasting.has(last.kind) && !last.isOver;
    return isGoingOn || at <= Math.max(last.until, last.settledAt) + SETTLE_SECONDS ? last : undefined;
  }
}

function extend(episode: Mutable, event: ControlEvent): void {
  episode.events.push(event);
  episode.until = Math.max(episode.until, event.at);
  episode.settledAt = Math.max(episode.settledAt, event.at);
}

/** Poison records that nothing has become of yet. */
function poisonsLeft(episode: Pick<Episode, "events">): number {
  return countOf(episode, "poison-record") - countOf(episode, "batch-given-up") - countOf(episode, "poison-harmless");
}

export function countOf({ events }: Pick<Episode, "events">, name: ControlEventName): number {
  return events.filter(({ event }) => event === name).length;
}
