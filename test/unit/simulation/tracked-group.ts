import { TargetTracking, type TargetTrackingSettings } from "../../../src/simulation/target-tracking.js";

/** Half of the CPU as target, one-minute points that are seen at once, and no time to launch. */
export const halfBusy: TargetTrackingSettings = {
  targetRatio: 0.5,
  min: 1,
  max: 100,
  cooldownSeconds: 300,
  highPoints: 3,
  lowPoints: 15,
  lowRatio: 0.9,
  periodSeconds: 60,
  metricDelaySeconds: 0,
  scalesIn: true,
};

/** The capacity wanted after each point, in a group that does at once what is wanted. */
export function follow(
  utilizations: readonly (number | undefined)[],
  start: number,
  changes: Partial<TargetTrackingSettings> = {},
): number[] {
  const settings = { ...halfBusy, ...changes };
  const tracking = new TargetTracking(settings);
  let capacity = start;
  return utilizations.map((utilization, index) => {
    capacity = tracking.observe((index + 1) * settings.periodSeconds, utilization, capacity);
    return capacity;
  });
}

/**
 * The capacity wanted after each period, where the work of so many busy instances is spread evenly over those that work: an instance
 * works `launchSeconds` after it was asked for.
 * @param load in instances that are busy all the time, by period
 */
export function spread(
  load: readonly number[],
  start: number,
  changes: Partial<TargetTrackingSettings> = {},
): { readonly wanted: number[]; readonly utilizations: number[] } {
  const settings = { ...halfBusy, ...changes };
  const { periodSeconds, launchSeconds = 0 } = settings;
  const tracking = new TargetTracking(settings);
  const wanted: number[] = [];
  const utilizations: number[] = [];
  const late = Math.ceil(launchSeconds / periodSeconds);
  for (const [period, busy] of load.entries()) {
    // What is asked for at the end of a period works from a later one on, what is taken away is gone at once.
    const asked = Array.from({ length: late + 1 }, (_, back) => wanted[period - 1 - back] ?? start);
    const utilization = Math.min(1, busy / Math.min(...asked));
    utilizations.push(utilization);
    wanted.push(tracking.observe((period + 1) * periodSeconds, utilization, wanted.at(-1) ?? start));
  }
  return { wanted, utilizations };
}

export function repeated<Item>(item: Item, count: number): Item[] {
  return Array.from({ length: count }, () => item);
}
