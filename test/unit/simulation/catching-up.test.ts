/*
 * Consumers that catch up after a stop of a minute, for less than a minute of a run: what their CPU, or their invocations, allow holds then
 * too, however long the rows are and whatever is simulated of it.
 */
import { describe, expect, it } from "vitest";
import { everyFidelity } from "./read-side-run.js";
import { runModel } from "./run-model.js";

/** 400 records a second on ten shards; a minute is missed. */
function stopped(consumers: readonly string[], stops: string): string {
  return `version: 1
stream: {name: s, shards: 10}
producers: [{name: p, records: 400/s, recordSize: 100 B}]
consumers: [${consumers.map((consumer) => `{${consumer}}`).join(", ")}]
scenario: [{event: consumer-down, at: 5 min, consumer: ${stops}, lasts: 60 s}]
`;
}

const lambda = "kind: lambda, timePerRecord: 10 ms, parallelization: 10";

describe.each(everyFidelity)("catching up in fidelity %s", (fidelity) => {
  it.each([1, 60])("takes as long as the invocations of a function allow, in rows of %i s", async (resolution) => {
    // 15 invocations take 1,500 records a second: 24,000 and what comes meanwhile take 22 s.
    const { events } = await runModel(stopped([`name: c, ${lambda}, concurrency: 15`], "c"), {
      fidelity,
      resolutionSeconds: resolution,
    });
    const of = (name: string): number => events.find(({ event }) => event === name)?.at ?? Number.NaN;
    expect(of("concurrency-exhausted")).toBeGreaterThanOrEqual(360);
    expect(of("concurrency-exhausted")).toBeLessThanOrEqual(362);
    expect(of("concurrency-enough") - of("concurrency-exhausted")).toBeGreaterThan(18);
    expect(of("concurrency-enough") - of("concurrency-exhausted")).toBeLessThan(26);
  });

  it("takes as long as the CPU of a worker allows", async () => {
    // It does 1,000 a second of what comes at 400: 24,000 more take 40 s.
    const { timeline } = await runModel(stopped(["name: c, kind: kcl, cpuPerRecord: 1 ms, workers: 1"], "c"), {
      fidelity,
      resolutionSeconds: 10,
    });
    const behind = timeline.filter(({ at, consumers }) => at >= 360 && (consumers[0]?.iteratorAgeSecondsMax ?? 0) > 10);
    expect(behind.length * 10).toBeGreaterThanOrEqual(30);
    expect(behind.length * 10).toBeLessThanOrEqual(50);
  });
});

describe("functions that share the invocations of the account", () => {
  it("are short together while one catches up", async () => {
    const made = stopped([`name: a, ${lambda}`, `name: b, ${lambda}`], "b");
    const { events } = await runModel(made, { limits: { "lambda.accountConcurrency": 15 } });
    const exhausted = events.filter(({ event }) => event === "concurrency-exhausted");
    expect(exhausted.map(({ subject }) => subject).sort()).toEqual(["a", "b"]);
    // They have 15 of the 44 that they ask for: b catches up within 22 s of what it has alone.
    for (const { at } of exhausted) expect(Math.abs(at - 360)).toBeLessThanOrEqual(2);
  });
});
