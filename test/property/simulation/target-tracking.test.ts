/*
 * What holds for every group that tracks a target, whatever its CPU does.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TargetTracking, type TargetTrackingSettings } from "../../../src/simulation/target-tracking.js";
import { follow, halfBusy, repeated, spread } from "../../unit/simulation/tracked-group.js";

const settings: fc.Arbitrary<TargetTrackingSettings> = fc
  .record({
    // A CPU that is busy all the time has to show as far above the target.
    targetRatio: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
    min: fc.integer({ min: 1, max: 10 }),
    room: fc.integer({ min: 0, max: 60 }),
    cooldownSeconds: fc.integer({ min: 0, max: 900 }),
    launchSeconds: fc.integer({ min: 0, max: 300 }),
    highPoints: fc.integer({ min: 1, max: 5 }),
    lowPoints: fc.integer({ min: 1, max: 20 }),
    lowRatio: fc.double({ min: 0.5, max: 1, noNaN: true }),
    metricDelaySeconds: fc.integer({ min: 0, max: 200 }),
    scalesIn: fc.boolean(),
  })
  .map(({ room, ...rest }) => ({ ...rest, max: rest.min + room, periodSeconds: 60 }));

const series = fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }), { maxLength: 120 });

describe("a group that tracks a target", () => {
  it("stays within its bounds", () => {
    fc.assert(
      fc.property(settings, series, fc.integer({ min: 0, max: 90 }), (one, utilizations, start) => {
        for (const capacity of follow(utilizations, start, one)) {
          expect(capacity).toBeGreaterThanOrEqual(one.min);
          expect(capacity).toBeLessThanOrEqual(one.max);
          expect(Number.isInteger(capacity)).toBe(true);
        }
      }),
    );
  });

  it("settles under a constant load, where its CPU is at the target or below, or its bounds hold it", () => {
    fc.assert(
      fc.property(
        settings,
        fc.double({ min: 0, max: 60, noNaN: true }),
        fc.integer({ min: 1, max: 70 }),
        (one, load, start) => {
          const { wanted } = spread(repeated(load, 1_500), start, one);
          const last = wanted.at(-1) ?? 0;
          // The smallest steps out are by a twentieth or one, and each waits for 20 minutes at most.
          expect(new Set(wanted.slice(1_300)).size).toBe(1);
          const isEnough = load / last <= one.targetRatio * (1 + 1e-6);
          expect(isEnough || last === one.max).toBe(true);
          // It keeps no instance that the lower alarm would call needless, but those that its policy may not take away.
          const isSnug =
            load / (last - 1) > one.targetRatio * (1 - 1e-6) || load / last >= one.lowRatio * one.targetRatio;
          expect(isSnug || last === one.min || !one.scalesIn).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("wants no less when the latest point is higher", () => {
    fc.assert(
      fc.property(
        settings,
        series,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 70 }),
        (one, history, first, second, start) => {
          const wanted = [Math.min(first, second), Math.max(first, second)].map(
            (utilization) => follow([...history, utilization], start, { ...one, metricDelaySeconds: 0 }).at(-1) ?? 0,
          );
          expect(wanted[0]).toBeLessThanOrEqual(wanted[1] ?? 0);
        },
      ),
    );
  });

  it("wants what it wanted before, whatever is still to come", () => {
    fc.assert(
      fc.property(settings, series, series, fc.integer({ min: 1, max: 70 }), (one, history, future, start) => {
        expect(follow([...history, ...future], start, one).slice(0, history.length)).toEqual(
          follow(history, start, one),
        );
      }),
    );
  });

  it("takes no instance away within a cooldown of taking or adding any", () => {
    fc.assert(
      fc.property(settings, series, fc.integer({ min: 1, max: 70 }), (one, utilizations, start) => {
        const within = Math.min(one.max, Math.max(one.min, start));
        const tracking = new TargetTracking(one);
        let capacity = within;
        let changedSeconds = Number.NEGATIVE_INFINITY;
        for (const [index, utilization] of utilizations.entries()) {
          const seconds = (index + 1) * 60;
          const wanted = tracking.observe(seconds, utilization, capacity);
          if (wanted < capacity) expect(seconds - changedSeconds).toBeGreaterThanOrEqual(one.cooldownSeconds);
          if (wanted !== capacity) changedSeconds = seconds;
          capacity = wanted;
        }
      }),
    );
  });

  it("would find a group that adds up its answers", () => {
    // Without a warm-up each point asks anew.
    expect(follow(repeated(0.6, 5), 10, { ...halfBusy, cooldownSeconds: 0 })).toEqual([10, 10, 12, 15, 18]);
  });
});
