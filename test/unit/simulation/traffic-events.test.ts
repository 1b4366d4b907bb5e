/* What producers offer over time: their curves, and the factors that a scenario puts on them for a while. */
import { describe, expect, it } from "vitest";
import { runModel } from "./run-model.js";

/** What is offered in each second or row, without chance. */
async function offered(
  producer: string,
  scenario: readonly string[],
  seconds: number,
  rows: number,
): Promise<number[]> {
  const yaml = `
version: 1
stream: {name: s, shards: 1}
producers: [{name: p, recordSize: 100 B, ${producer}}]
scenario: [${scenario.map((event) => `{event: traffic, ${event}}`).join(", ")}]
`;
  const { timeline } = await runModel(yaml, { fidelity: "fluid", seconds, resolutionSeconds: rows });
  return timeline.map((row) => Math.round(1e6 * (row.offeredRecords / row.seconds)) / 1e6);
}

describe("traffic", () => {
  it("follows a timeline, its steps and its slopes", async () => {
    const steps = "traffic: {timeline: [{at: 0s, records: 10/s}, {at: 90s, records: 40/s}]}";
    expect(await offered(steps, [], 180, 30)).toEqual([10, 10, 10, 40, 40, 40]);
    const slope =
      "traffic: {interpolate: linear, timeline: [{at: 0s, records: 0/s}, {at: 60s, records: 60/s}, {at: 80s, records: 20/s}]}";
    expect(await offered(slope, [], 100, 20)).toEqual([10, 30, 50, 40, 20]);
  });

  it("is multiplied by bursts, and counts aggregates as the records in them", async () => {
    const burst = "records: 10/s, bursts: [{at: 20s, factor: 3, lasts: 20s}], aggregation: {recordsPerBatch: 4}";
    expect(await offered(burst, [], 60, 20)).toEqual([10, 30, 10]);
  });
});

describe("what changes within a second", () => {
  it("counts for the time it lasts", async () => {
    const burst = "records: 10/s, bursts: [{at: 20.2s, factor: 11, lasts: 600 ms}, {at: 30.5s, factor: 3, lasts: 1s}]";
    const seconds = await offered(burst, [], 33, 1);
    expect(seconds.slice(19, 22)).toEqual([10, 70, 10]);
    expect(seconds.slice(29, 33)).toEqual([10, 20, 20, 10]);
  });

  it("is followed along a slope, again in every cycle", async () => {
    const triangle =
      "traffic: {interpolate: linear, repeat: 1m, timeline: [{at: 0s, records: 0/s}, {at: 500 ms, records: 40/s}, {at: 1s, records: 0/s}]}";
    const seconds = await offered(triangle, [], 122, 1);
    expect([0, 1, 59, 60, 61, 120, 121].map((at) => seconds[at])).toEqual([20, 0, 0, 20, 0, 20, 0]);
  });
});

describe("a traffic event", () => {
  const steady = "records: 10/s";

  it("multiplies the traffic while it lasts", async () => {
    expect(await offered(steady, ["at: 20s, factor: 5, lasts: 40s"], 100, 20)).toEqual([10, 50, 50, 10, 10]);
    expect(await offered(steady, ["at: 20s, factor: 0, lasts: 40s"], 100, 20)).toEqual([10, 0, 0, 10, 10]);
  });

  it("multiplies what another one has multiplied, whichever ends first", async () => {
    const inner = ["at: 20s, factor: 3, lasts: 60s", "at: 40s, factor: 2, lasts: 20s"];
    expect(await offered(steady, inner, 100, 20)).toEqual([10, 30, 60, 30, 10]);
    const crossed = ["at: 20s, factor: 3, lasts: 40s", "at: 40s, factor: 2, lasts: 40s"];
    expect(await offered(steady, crossed, 100, 20)).toEqual([10, 30, 60, 20, 10]);
  });

  it("of no traffic within another one gives back what was before", async () => {
    const inner = ["at: 20s, factor: 3, lasts: 60s", "at: 40s, factor: 0, lasts: 20s"];
    expect(await offered(steady, inner, 100, 20)).toEqual([10, 30, 0, 30, 10]);
  });

  // What was before is put back as it was then; what has begun in between is forgotten, and taken away again at its end.
  it("of no traffic that crosses another one leaves the traffic as it was in the end", async () => {
    const crossed = ["at: 20s, factor: 0, lasts: 40s", "at: 40s, factor: 2, lasts: 40s"];
    expect(await offered(steady, crossed, 100, 20)).toEqual([10, 0, 0, 20, 10]);
  });
});
