/*
 * What to do about workers that crash: how long their leases stand still depends on who has to notice.
 */
import type { SimulationRun } from "../simulation/simulate.js";
import { formatClock, formatDuration } from "../units/format-quantity.js";
import type { Consumer, ScenarioEvent } from "../workload/schema.js";
import type { RunSetting } from "./run-setting.js";

type CrashEvent = Extract<ScenarioEvent, { event: "worker-crash" | "leader-crash" | "zone-outage" }>;

/** What is known of a consumer that has fallen behind. */
export interface Lag {
  readonly consumer: Consumer;
  /** What would let it catch up sooner, if it lacks something. */
  readonly remedy: string | undefined;
  /** Whether it is behind at the end. */
  readonly isStill: boolean;
  readonly run: SimulationRun;
  readonly setting: RunSetting;
}

export function adviseOnCrash(event: CrashEvent, { consumer, remedy, isStill, run, setting }: Lag): string {
  const when = formatClock(event.at);
  const isLeader = hitLeader(event, consumer, run);
  const what = event.event === "zone-outage" ? "loss of a zone" : isLeader ? "crash of the leader" : "crash";
  if (remedy === undefined)
    return `expect that of a ${what} such as the scenario's at ${when}: ${standstill(consumer, isLeader, setting)}`;
  return isStill && event.lasts === undefined
    ? `keep \`standby\` workers for the scenario's ${what} at ${when}, or ${remedy}`
    : `to catch up sooner after the scenario's ${what} at ${when}, ${remedy}`;
}

/** Whether the worker that led the others is among those that crashed. */
function hitLeader({ at }: CrashEvent, { name }: Consumer, { events }: SimulationRun): boolean {
  return events.some((one) => one.leads === true && one.subject === name && one.at === Math.ceil(at));
}

function standstill({ kind, kclVersion }: Consumer, isLeader: boolean, { facts }: RunSetting): string {
  if (isLeader) {
    const lock = formatDuration(facts.value("kcl.leaderLeaseSeconds"));
    return `nobody assigns leases until another worker has seen the leader's lock unrenewed for ${lock}; a shorter lock (KCL 3.2 and later) shortens it`;
  }
  if (kind !== "kcl" || kclVersion === 2)
    return "leases stand still until others find them expired; a shorter fail-over time shortens it";
  const silence = facts.value("kcl.workerMetricsReportSeconds") * facts.value("kcl.workerActiveReports");
  return `leases stand still until the leader finds them expired, which a shorter fail-over time shortens, and for up to ${formatDuration(silence)} it may give them to the dead worker`;
}
