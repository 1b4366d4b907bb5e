/*
 * What a group does with the workers of a consumer, beside its policy: bounds, launches, replacements, spare workers, places.
 */
import { describe, expect, it } from "vitest";
import type { StreamSimulation } from "../../../src/simulation/stream-simulation.js";
import type { Worker } from "../../../src/simulation/worker.js";
import { replay } from "./run-model.js";

const MINUTE = 60;

interface Group {
  readonly consumer: string;
  readonly autoscaling: string;
  readonly scenario?: readonly string[];
  readonly records?: number;
  readonly seconds?: number;
}

function run(group: Group, look?: (simulation: StreamSimulation, seconds: number) => void): Promise<StreamSimulation> {
  const { consumer, autoscaling, scenario = [], records = 2_000, seconds = 60 * MINUTE } = group;
  const workload = `version: 1
stream: {name: s, shards: 8}
producers: [{name: p, recordSize: 100 B, records: ${records}/s}]
consumers: [{name: c, cpuPerRecord: 1 ms, timePerRecord: 1 ms, worker: {vcpus: 1}, ${consumer}, autoscaling: {${autoscaling}}}]
scenario: [${scenario.map((event) => `{${event}}`).join(", ")}]
`;
  return replay(workload, { seconds, resolutionSeconds: 5 }, look);
}

function upIn({ fleets }: StreamSimulation): Worker[] {
  return (fleets[0]?.workers ?? []).filter(({ isUp }) => isUp);
}

function messages({ events }: StreamSimulation, name: string): string[] {
  return events.filter(({ event }) => event === name).map(({ message }) => message);
}

describe("a group of workers", () => {
  it.each(["kind: kcl", "kind: sdk"])(
    "has no more of them than shards, whatever it has at least (%s)",
    async (kind) => {
      const simulation = await run({ consumer: `${kind}, workers: 2`, autoscaling: "min: 12, max: 20" });
      expect(upIn(simulation)).toHaveLength(8);
      expect(messages(simulation, "scaled-out")).toEqual([
        "c goes from 2 to 8 workers: it has 12 at least and 20 at most, and there are 8 shards to read",
      ]);
    },
  );

  it("says that shards decide where they do", async () => {
    const scenario = ["event: reshard, at: 10 min, shards: 4"];
    const simulation = await run({ consumer: "kind: kcl, workers: 8", autoscaling: "min: 6, max: 8", scenario });
    expect(upIn(simulation)).toHaveLength(4);
    expect(messages(simulation, "scaled-in").at(-1)).toMatch(/to 4 workers: there are 4 shards to read$/);
  });

  it("calls launches off that it needs no more", async () => {
    const scenario = ["event: reshard, at: 4 min, shards: 4"];
    const consumer = "kind: sdk, workers: 4";
    let most = 0;
    const simulation = await run(
      { consumer, autoscaling: "min: 1, max: 8, targetCpu: 30%, launchTime: 190 s", scenario },
      (now) => {
        most = Math.max(most, upIn(now).length);
      },
    );
    expect(messages(simulation, "scaled-out")).not.toEqual([]);
    expect(most).toBe(4);
    expect(messages(simulation, "worker-launched")).toEqual([]);
  });

  it("names the CPU of the minute that decided", async () => {
    // From 25 % to 75 % for four minutes and a half: when the alarm sees three of them, the newest is calm again.
    const scenario = ["event: traffic, at: 5 min, factor: 3, lasts: 255 s"];
    const consumer = "kind: sdk, workers: 4";
    const group = { consumer, autoscaling: "min: 4, max: 8, targetCpu: 40%", scenario, records: 1_000 };
    const [message, ...more] = messages(await run(group), "scaled-out");
    expect(message).toMatch(/^c goes from 4 to 8 workers: it used 7[3-7][\d.]*% of the CPU, for 40% wanted$/);
    expect(more).toEqual([]);
  });

  it("replaces workers for whom spare ones stand in, each time", async () => {
    const scenario = [10, 40].map((minute) => `event: worker-crash, at: ${minute} min, consumer: c`);
    const consumer = "kind: sdk, workers: 4, standby: 1";
    const spare: number[] = [];
    const simulation = await run(
      { consumer, autoscaling: "min: 1, max: 8, targetCpu: 60%", scenario },
      (now, seconds) => {
        if (seconds % (10 * MINUTE) === 0) spare.push(upIn(now).filter(({ isStandby }) => isStandby).length);
      },
    );
    expect(messages(simulation, "worker-launched")).toHaveLength(2);
    // Looked at in the seconds of the crashes and at other times.
    expect(spare).toEqual([0, 1, 1, 0, 1, 1]);
    expect(upIn(simulation)).toHaveLength(5);
  });

  it.each(["kind: kcl", "kind: sdk", "kind: sdk, standby: 2"])(
    "gives a place to one worker at a time (%s)",
    async (kind) => {
      const scenario = [
        "event: deploy, at: 450 s, consumer: c",
        "event: worker-crash, at: 9 min, consumer: c, count: 2",
        "event: deploy, at: 20 min, consumer: c",
      ];
      await run({ consumer: `${kind}, workers: 4`, autoscaling: "min: 1, max: 8, targetCpu: 35%", scenario }, (now) => {
        const places = upIn(now).map(({ slot }) => slot);
        expect(new Set(places).size).toBe(places.length);
      });
    },
  );
});
