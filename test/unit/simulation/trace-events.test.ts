/*
 * The trace for Perfetto: every figure stands at the time of which it is true.
 */
import { expect, it } from "vitest";
import { prepareSimulation, type SimulationResult, simulate } from "../../../src/planning/simulate-workload.js";
import { runTask } from "../../../src/planning/simulation-task.js";
import { formatTrace } from "../../../src/report/trace-events.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import type { SimulationRun } from "../../../src/simulation/simulate.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { oneWorkload } from "../../one-workload.js";

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, number>>;
}

const MINUTE = 60;

/** Nothing for ten minutes, then traffic while the consumer is down, in rows of five minutes; a shard splits at 12 minutes. */
const yaml = `
version: 1
stream: {name: s, shards: 1}
producers:
  - name: p
    recordSize: 1 KB
    traffic: {timeline: [{at: 0, records: 0/s}, {at: 10m, records: 100/s}], interpolate: step}
consumers: [{name: c, kind: kcl, cpuPerRecord: 1 ms, workers: 1}]
scenario:
  - {at: 10m, event: consumer-down, consumer: c, lasts: 10m}
  - {at: 12m, event: split-shard, shard: 0}
`;

async function traced(): Promise<{ result: SimulationResult; run: SimulationRun; events: readonly TraceEvent[] }> {
  const workload = await oneWorkload(yaml);
  const request = {
    catalogue: new ServiceCatalogue(),
    attachments: noAttachments,
    seconds: 40 * MINUTE,
    resolutionSeconds: 5 * MINUTE,
    seed: 1,
    fidelity: "tick" as const,
  };
  const run = runTask(prepareSimulation(workload, request).task);
  const result = simulate(workload, request);
  const text = [...formatTrace(result, run.shards)].join("");
  return { result, run, events: (JSON.parse(text) as { traceEvents: TraceEvent[] }).traceEvents };
}

/** The values of a counter by the minute from which on they hold. */
function counter(events: readonly TraceEvent[], name: string, arg: string): (readonly [number, number])[] {
  return events
    .filter((event) => event.ph === "C" && event.name === name)
    .map(({ ts = Number.NaN, args }) => [ts / 1e6 / MINUTE, args?.[arg] ?? Number.NaN]);
}

it("stamps rates and maxima with the start of their row", async () => {
  const { events } = await traced();
  const accepted = counter(events, "records per second", "accepted");
  expect(accepted.map(([minute]) => minute)).toEqual([0, 5, 10, 15, 20, 25, 30, 35]);
  expect(accepted.slice(0, 2).map(([, rate]) => rate)).toEqual([0, 0]);
  for (const [, rate] of accepted.slice(2)) expect(Math.abs(rate / 100 - 1)).toBeLessThan(0.05);
  // The oldest record of the row in which the outage ends came ten minutes before.
  const ages = new Map(counter(events, "c: iterator age, seconds", "age"));
  expect(ages.get(5)).toBe(0);
  expect(Math.abs((ages.get(15) ?? 0) / 600 - 1)).toBeLessThan(0.02);
  const busiest = new Map(counter(events, "c: CPU", "busiest"));
  expect([busiest.get(5), busiest.get(15)]).toEqual([0, 0]);
  expect(busiest.get(20)).toBeGreaterThan(0.5);
});

it("stamps what there is at the end of a row with that end, and the start of the run with what there is then", async () => {
  const { events } = await traced();
  expect(counter(events, "open shards", "shards")).toEqual([
    ...[0, 5, 10].map((minute) => [minute, 1]),
    ...[15, 20, 25, 30, 35, 40].map((minute) => [minute, 2]),
  ]);
  const unread = counter(events, "c: unread records", "unread");
  expect(unread.map(([minute]) => minute)).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40]);
  expect(unread.slice(0, 3).map(([, records]) => records)).toEqual([0, 0, 0]);
  for (const [minute, records] of unread.slice(3, 5))
    expect(Math.abs(records / (100 * MINUTE * (minute - 10)) - 1)).toBeLessThan(0.05);
});

it("has all that the format asks for", async () => {
  const { events, run } = await traced();
  for (const { ph, ts, dur, pid } of events) {
    expect(["M", "X", "i", "C"]).toContain(ph);
    expect(Number.isInteger(pid)).toBe(true);
    if (ph !== "M") expect(ts).toBeGreaterThanOrEqual(0);
    if (ph === "X") expect(dur).toBeGreaterThanOrEqual(0);
  }
  expect(events.filter(({ ph }) => ph === "X").length).toBeGreaterThanOrEqual(run.shards.length);
});
