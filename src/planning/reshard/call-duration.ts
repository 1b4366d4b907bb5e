/*
 * How long a call of UpdateShardCount takes, as plans count on it: its splits and merges run one after another, each for a time that
 * varies, after a start that may be late. Plans take the time that all but one call in a thousand keep to; the simulation draws each
 * operation's time from the triangle that the same facts give.
 */
import type { ReshardModel } from "../../simulation/model.js";

type Durations = Pick<
  ReshardModel,
  "operationSecondsMin" | "operationSeconds" | "operationSecondsMax" | "startDelaySecondsMax"
>;

/** Standard deviations above the mean that one call in a thousand exceeds. */
const careful = 3.09;

/** Whole seconds that a call with so many splits and merges takes, almost always at most. */
export function callSeconds(model: Durations, operations: number): number {
  const { operationSecondsMin: min, operationSeconds: mode, operationSecondsMax: max, startDelaySecondsMax } = model;
  const mean = (min + mode + max) / 3;
  const variance = (min ** 2 + mode ** 2 + max ** 2 - min * mode - min * max - mode * max) / 18;
  const long = Math.min(operations * max, operations * mean + careful * Math.sqrt(operations * variance));
  return Math.max(1, Math.ceil(startDelaySecondsMax + long));
}
