/*
 * EC2 Auto Scaling that tracks a target of the mean CPU.
 *
 * AWS states: it scales out in proportion as fast as it can, and scales in more gradually; an instance that warms up counts neither in
 * the metric nor as capacity that carries it, so that a further scale-out adds only what the pending instances do not cover; a
 * scale-out does not wait for a cooldown; no scale-in happens while instances warm up, and a cooldown delays one; too few data move
 * nothing. How many points the alarms need is seen in the alarms that AWS creates, not documented.
 *
 * Assumed: a missing point among those that an alarm looks at keeps it silent; a point is set against the capacity that carried it, not
 * the one at the time of the decision, so that points from before a scale-out do not ask for it twice; a scale-in goes all the way to
 * where the latest point would just stay below the target; each scale-in waits a cooldown after the last one.
 *
 * Left out: the alarms of newer policies, which AWS tunes by itself; high-resolution metrics; several policies on one group; instance
 * weights; which instances are terminated.
 */
import { ceilTolerant } from "../units/rounding.js";

export interface TargetTrackingSettings {
  /** The mean CPU that is aimed at, as a part of all; above 0. */
  readonly targetRatio: number;
  /** The capacity is never below or above. */
  readonly min: number;
  readonly max: number;
  /** How long an instance warms up once it works, and the least time between two scale-ins. */
  readonly cooldownSeconds: number;
  /** From the decision until a new instance works and its warm-up begins; none if not given. */
  readonly launchSeconds?: number;
  /** Points in a row above the target that call for more, and below `lowRatio` of it for less. */
  readonly highPoints: number;
  readonly lowPoints: number;
  readonly lowRatio: number;
  readonly periodSeconds: number;
  /** From the end of a point's period until the alarms see it. */
  readonly metricDelaySeconds: number;
  readonly scalesIn: boolean;
}

interface MetricPoint {
  readonly seconds: number;
  readonly utilization: number | undefined;
  /** The instances past their warm-up when its period ended. */
  readonly capacity: number;
}

interface WarmUp {
  readonly untilSeconds: number;
  readonly instances: number;
}

/** One group and its policy. */
export class TargetTracking {
  readonly #settings: TargetTrackingSettings;
  /** As many points as an alarm or the delay needs, oldest first. */
  #points: readonly MetricPoint[] = [];
  #warming: readonly WarmUp[] = [];
  #lastScaleInSeconds = Number.NEGATIVE_INFINITY;
  #lastSeconds: number | undefined;
  #lastCapacity: number | undefined;

  constructor(settings: TargetTrackingSettings) {
    this.#settings = settings;
  }

  /**
   * Notes the mean CPU of the period that ended at `seconds`, and says the capacity that is wanted now. Calls come in the order of time,
   * one a period; a period without a call counts as one without a point. A capacity that rose since the last call, for whatever
   * reason, is taken to have been asked for then.
   * @param utilization as a part of all; undefined where no instance reported
   * @param current the desired capacity now
   */
  observe(seconds: number, utilization: number | undefined, current: number): number {
    const { min, max } = this.#settings;
    this.#noteCapacity(seconds, current);
    this.#notePoint({ seconds, utilization, capacity: Math.max(0, current - this.#pending()) });
    const wanted = Math.min(max, Math.max(min, this.#wanted(seconds, current)));
    if (wanted < current) this.#lastScaleInSeconds = seconds;
    this.#lastSeconds = seconds;
    this.#lastCapacity = current;
    return wanted;
  }

  /** What the last point said that the alarms have seen. */
  seenUtilization(seconds: number): number | undefined {
    return this.#seen(seconds).at(-1)?.utilization;
  }

  #seen(seconds: number): readonly MetricPoint[] {
    return this.#points.filter((point) => point.seconds + this.#settings.metricDelaySeconds <= seconds);
  }

  #pending(): number {
    return this.#warming.reduce((sum, { instances }) => sum + instances, 0);
  }

  #noteCapacity(seconds: number, current: number): void {
    const { launchSeconds = 0, cooldownSeconds } = this.#settings;
    const rise = current - (this.#lastCapacity ?? current);
    const askedSeconds = this.#lastSeconds ?? seconds;
    const warming = this.#warming.filter(({ untilSeconds }) => untilSeconds > seconds);
    const untilSeconds = askedSeconds + launchSeconds + cooldownSeconds;
    this.#warming = rise > 0 && untilSeconds > seconds ? [...warming, { untilSeconds, instances: rise }] : warming;
  }

  #notePoint(point: MetricPoint): void {
    const { periodSeconds, metricDelaySeconds, highPoints, lowPoints } = this.#settings;
    const kept = Math.ceil(Math.max(1, highPoints, lowPoints)) + Math.ceil(metricDelaySeconds / periodSeconds);
    const periods = Math.round((point.seconds - (this.#lastSeconds ?? point.seconds - periodSeconds)) / periodSeconds);
    const missed = Array.from({ length: Math.min(kept, Math.max(0, periods - 1)) }, (_, index) => ({
      seconds: point.seconds - (index + 1) * periodSeconds,
      utilization: undefined,
      capacity: point.capacity,
    }));
    this.#points = [...this.#points, ...missed.reverse(), point].slice(-kept);
  }

  #wanted(seconds: number, current: number): number {
    const { targetRatio, highPoints, lowPoints, lowRatio } = this.#settings;
    const seen = this.#seen(seconds);
    const latest = seen.at(-1);
    if (latest?.utilization === undefined) return current;
    const needed = ceilTolerant((latest.capacity * latest.utilization) / targetRatio);
    if (areAll(seen, highPoints, (utilization) => utilization > targetRatio)) return Math.max(current, needed);
    if (!areAll(seen, lowPoints, (utilization) => utilization < lowRatio * targetRatio)) return current;
    return this.#mayScaleIn(seconds) ? Math.min(current, needed) : current;
  }

  #mayScaleIn(seconds: number): boolean {
    const { scalesIn, cooldownSeconds } = this.#settings;
    const isCool = seconds - this.#lastScaleInSeconds >= cooldownSeconds;
    return scalesIn && isCool && this.#warming.length === 0;
  }
}

/** Whether so many of the last points, at least one, are there and as they have to be. */
function areAll(points: readonly MetricPoint[], count: number, isSo: (utilization: number) => boolean): boolean {
  const needed = Math.max(1, Math.ceil(count));
  const last = points.slice(-needed);
  return last.length === needed && last.every(({ utilization }) => utilization !== undefined && isSo(utilization));
}
