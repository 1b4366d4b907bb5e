/*
 * Events of a scenario in the order of time, whatever the order of the file, and none at the very end.
 */
import { describe, expect, it } from "vitest";
import { runModel } from "./run-model.js";

const scenarioOf = (...events: readonly string[]): string => `
version: 1
stream: {name: s, shards: 2}
producers: [{name: p, records: 100/s, recordSize: 100 B}]
consumers: [{name: c, kind: kcl}]
scenario:
${events.map((event) => `  - {${event}}`).join("\n")}
`;

describe("a scenario", () => {
  it("plays events of one second in the order of time", async () => {
    const yaml = scenarioOf("event: reshard, at: 60.9s, shards: 3", "event: reshard, at: 60.1s, shards: 4");
    const { events, timeline } = await runModel(yaml, { seconds: 900 });
    expect(timeline.at(-1)?.openShards).toBe(4);
    expect(events.filter(({ event }) => event === "reshard-refused")).toHaveLength(1);
  });

  it("has nothing happen at the end", async () => {
    const yaml = scenarioOf("event: consumer-down, at: 10m, consumer: c, lasts: 1m");
    expect((await runModel(yaml, { seconds: 600 })).events).toEqual([]);
    expect((await runModel(yaml, { seconds: 601 })).events).toHaveLength(1);
  });

  it("says what overlapping changes of the traffic come to", async () => {
    const yaml = scenarioOf(
      "event: traffic, at: 1m, factor: 3, lasts: 5m",
      "event: traffic, at: 2m, factor: 2, lasts: 1m",
    );
    const messages = (await runModel(yaml, { seconds: 600 })).events.map(({ message }) => message);
    expect(messages[0]).toBe("traffic is 3 times the plan");
    expect(messages[1]).toContain("6 times");
  });
});
