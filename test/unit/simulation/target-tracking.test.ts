/*
 * What a group does that tracks a target of its mean CPU, for series of points whose answer can be said beforehand.
 */
import { describe, expect, it } from "vitest";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { TargetTracking } from "../../../src/simulation/target-tracking.js";
import { follow, halfBusy, repeated, spread } from "./tracked-group.js";

describe("a group at its target", () => {
  it.each([0.5, 0.45, 0.499])("stays as it is at %d", (utilization) => {
    expect(follow(repeated(utilization, 60), 8)).toEqual(repeated(8, 60));
  });

  it("stays as it is where one instance less would be too few", () => {
    // 0.26 of 2 instances is 0.52 of one.
    expect(follow(repeated(0.26, 60), 2)).toEqual(repeated(2, 60));
  });
});

describe("a load that grows", () => {
  it("is answered by the third point above the target, in proportion", () => {
    expect(follow([0.5, 0.9, 0.9, 0.9], 10)).toEqual([10, 10, 10, 18]);
    expect(follow([0.9, 0.6, 0.51], 10)).toEqual([10, 10, 11]);
  });

  it("of three times is reached in one step where the CPU can show it", () => {
    const { wanted, utilizations } = spread([...repeated(2, 5), ...repeated(6, 55)], 8);
    expect(utilizations.slice(4, 8)).toEqual([0.25, 0.75, 0.75, 0.75]);
    expect(wanted).toEqual([...repeated(8, 7), ...repeated(12, 53)]);
  });

  it("is reached in steps where all CPUs are busy", () => {
    // 4 instances cannot show more than 1: 8, then 16, then the 24 that 12 busy ones need.
    const { wanted } = spread([...repeated(2, 5), ...repeated(12, 55)], 4);
    const steps = wanted.filter((capacity, index) => capacity !== wanted[index - 1]);
    expect(steps).toEqual([4, 8, 16, 24]);
    // The first after three points, each further one once the last one's instances count.
    expect([8, 16, 24].map((capacity) => wanted.indexOf(capacity))).toEqual([7, 12, 17]);
  });

  it("is not answered twice while new instances warm up", () => {
    expect(follow(repeated(0.9, 8), 10)).toEqual([10, 10, 18, 18, 18, 18, 18, 33]);
  });

  it("is answered by what the pending instances do not cover if it grows further", () => {
    expect(follow([0.6, 0.6, 0.6, 0.6, 0.7, 0.8], 10)).toEqual([10, 10, 12, 12, 14, 16]);
  });

  it("waits longer for instances that take long to launch", () => {
    const capacities = follow(repeated(0.9, 12), 10, { launchSeconds: 180 });
    expect(capacities.lastIndexOf(18)).toBe(2 + 7);
    expect(capacities[10]).toBe(33);
  });

  it("is seen later by the metric's delay", () => {
    for (const [metricDelaySeconds, first] of [
      [0, 2],
      [1, 3],
      [60, 3],
      [90, 4],
      [120, 4],
    ] as const)
      expect(follow(repeated(0.9, 8), 10, { metricDelaySeconds }).indexOf(18)).toBe(first);
  });

  it("is not answered again by points from before the instances that came for it", () => {
    const load = repeated(12, 60);
    const { wanted } = spread(load, 16, { metricDelaySeconds: 120, launchSeconds: 180, cooldownSeconds: 60 });
    expect(new Set(wanted)).toEqual(new Set([16, 24]));
  });
});

describe("a load that falls", () => {
  it("is answered by the fifteenth point, to where the CPU stays below the target", () => {
    expect(follow(repeated(0.2, 15), 10)).toEqual([...repeated(10, 14), 4]);
    expect(follow(repeated(0.21, 15), 10).at(-1)).toBe(5);
  });

  it("is not answered by points between the lower threshold and the target", () => {
    expect(follow([...repeated(0.2, 14), 0.46, ...repeated(0.2, 14)], 10)).toEqual(repeated(10, 29));
  });

  it("is not answered where the policy does not scale in", () => {
    expect(follow(repeated(0.01, 60), 10, { scalesIn: false })).toEqual(repeated(10, 60));
  });

  it("further is answered a cooldown after the last answer", () => {
    const capacities = follow([...repeated(0.4, 15), ...repeated(0.1, 10)], 10);
    expect(capacities.slice(13)).toEqual([10, 8, 8, 8, 8, 8, 2, 2, 2, 2, 2, 1]);
  });

  it("is not answered while instances warm up", () => {
    // The instances asked for by the third point warm up until the 23rd.
    const utilizations = [...repeated(0.6, 3), ...repeated(0.1, 25)];
    const capacities = follow(utilizations, 10, { cooldownSeconds: 1_200 });
    expect(capacities.indexOf(12)).toBe(2);
    expect(capacities.lastIndexOf(12)).toBe(21);
    expect(capacities[22]).toBe(3);
  });

  it("gives way to a load that grows again, without a wait", () => {
    const capacities = follow([...repeated(0.2, 15), ...repeated(0.9, 3)], 10);
    expect(capacities.slice(14)).toEqual([4, 4, 4, 8]);
  });
});

describe("a load that swings", () => {
  it("faster than an alarm goes off moves nothing", () => {
    const swings = Array.from({ length: 120 }, (_, index) => (index % 3 === 2 ? 0.4 : 0.8));
    expect(follow(swings, 10)).toEqual(repeated(10, 120));
  });

  it("slowly is followed up at once and down late", () => {
    const load = Array.from({ length: 240 }, (_, index) => (index % 80 < 40 ? 6 : 2));
    const { wanted } = spread(load, 4);
    const changes = wanted.flatMap((capacity, index) =>
      capacity === (wanted[index - 1] ?? 4) ? [] : [[index, capacity]],
    );
    expect(changes).toEqual([
      [2, 8],
      [7, 12],
      [54, 4],
      [82, 8],
      [87, 12],
      [134, 4],
      [162, 8],
      [167, 12],
      [214, 4],
    ]);
  });
});

describe("points that are missing", () => {
  it("keep both alarms silent", () => {
    expect(follow([0.9, undefined, 0.9, 0.9, undefined, 0.9, 0.9], 10)).toEqual(repeated(10, 7));
    const gap = [...repeated(0.1, 14), undefined, ...repeated(0.1, 14)];
    expect(follow(gap, 10)).toEqual(repeated(10, gap.length));
    expect(follow(repeated(undefined, 30), 10)).toEqual(repeated(10, 30));
  });

  it("are those of periods that nobody told of", () => {
    const tracking = new TargetTracking(halfBusy);
    expect([60, 120, 240, 300].map((seconds) => tracking.observe(seconds, 0.9, 10))).toEqual([10, 10, 10, 10]);
    expect(tracking.observe(360, 0.9, 10)).toBe(18);
  });
});

describe("the bounds of a group", () => {
  it("hold whatever the CPU says", () => {
    expect(follow(repeated(1, 30), 10, { max: 25 }).at(-1)).toBe(25);
    expect(follow(repeated(0, 30), 10, { min: 4 }).at(-1)).toBe(4);
  });

  it("move a group that lies outside of them at once", () => {
    expect(follow([0.5], 10, { max: 6 })).toEqual([6]);
    expect(follow([undefined], 0, { min: 2 })).toEqual([2]);
  });
});

describe("a capacity that someone else raised", () => {
  it("warms up like any other", () => {
    const tracking = new TargetTracking(halfBusy);
    tracking.observe(60, 0.9, 10);
    tracking.observe(120, 0.9, 20);
    // 10 warm instances at 0.9 need 18.
    expect(tracking.observe(180, 0.9, 20)).toBe(20);
    for (const seconds of [240, 300]) tracking.observe(seconds, 0.9, 20);
    expect(tracking.observe(360, 0.9, 20)).toBe(36);
  });
});

describe("the figures of the alarms", () => {
  it("can be looked up and say how sure they are", () => {
    const facts = new ServiceCatalogue().forRegion("us-east-1");
    const sure = facts.all.filter(({ name, certainty }) => name.startsWith("asg.") && certainty === "verified");
    expect(sure.map(({ name, value }) => [name, value])).toEqual([
      ["asg.metricPeriodSeconds", 60],
      ["asg.cooldownSeconds", 300],
    ]);
    expect(facts.value("asg.highAlarmPoints")).toBe(3);
    expect(facts.value("asg.lowAlarmPoints")).toBe(15);
  });
});
