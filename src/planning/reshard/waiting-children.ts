/*
 * Children that wait: a shard's children are read once the shard itself is read to its end, so a consumer that is behind when a call
 * closes shards has their children wait until it has caught up. How long shows in the simulation of the plan.
 */
import { type Diagnostic, diagnose } from "../../diagnostics/diagnostic.js";
import type { TimelineRow } from "../../simulation/timeline.js";
import { secondsPerMinute } from "../../units/dimension.js";
import { formatClock, formatMinutes } from "../../units/format-quantity.js";
import type { Consumer } from "../../workload/schema.js";
import { behindSeconds } from "../minute-spells.js";
import type { ReshardStep } from "./plan-reshards.js";

/** A consumer that is behind while a call closes shards; times from the start, in seconds. */
export interface WaitingChildren {
  readonly consumer: string;
  /** The call, by its place in the plan. */
  readonly step: number;
  /** How old the oldest unread record was at most while the call ran. */
  readonly behindSeconds: number;
  /** When the consumer had caught up; null where the simulation ended before. */
  readonly caughtUpAt: number | null;
}

/** Leases of closed and new shards are handed over in less: a consumer that was up to date is no further behind for it. */
const handOverSeconds = 5 * secondsPerMinute;

export function findWaitingChildren(
  consumers: readonly Consumer[],
  steps: readonly ReshardStep[],
  timeline: readonly TimelineRow[],
): WaitingChildren[] {
  return steps.flatMap((step, index) =>
    consumers.flatMap((consumer) => {
      const age = (row: TimelineRow): number =>
        row.consumers.find(({ name }) => name === consumer.name)?.iteratorAgeSecondsMax ?? 0;
      const late = behindSeconds(consumer);
      const before = timeline.find(({ at, seconds }) => at < step.atSeconds && at + seconds >= step.atSeconds);
      const during = timeline.filter((row) => isDuring(row, step));
      const behind = during.reduce((most, row) => Math.max(most, age(row)), 0);
      const isBacklog = before !== undefined && age(before) > late;
      if (!isBacklog && behind <= handOverSeconds) return [];
      const after = timeline.find((row) => row.at >= step.atSeconds + step.durationSeconds && age(row) <= late);
      return [
        { consumer: consumer.name, step: index, behindSeconds: Math.round(behind), caughtUpAt: after?.at ?? null },
      ];
    }),
  );
}

function isDuring({ at, seconds }: TimelineRow, { atSeconds, durationSeconds }: ReshardStep): boolean {
  return at < atSeconds + durationSeconds && at + seconds > atSeconds;
}

/** Calls that are told of one by one. */
const shown = 5;

/** What to say of the calls whose children wait, the longest waits first. */
export function reportWaitingChildren(
  waiting: readonly WaitingChildren[],
  steps: readonly ReshardStep[],
): Diagnostic[] {
  const worst = waiting.toSorted((a, b) => b.behindSeconds - a.behindSeconds);
  return worst.slice(0, shown).map(({ consumer, step, behindSeconds: behind, caughtUpAt }) => {
    const call = steps[step] as ReshardStep;
    const until = caughtUpAt === null ? "past the end" : `until ${formatClock(caughtUpAt)}`;
    return diagnose(
      "children-wait",
      `the call at ${call.at}, ${call.from} to ${call.to} shards, finds \`${consumer}\` up to ${formatMinutes(behind)} behind in the simulation; children of its shards wait ${until}`,
      "reshard once the consumer has caught up, or give it what it lacks: `simulate --explain` says what",
    );
  });
}
