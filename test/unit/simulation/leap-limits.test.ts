/*
 * Where `auto` must not take many seconds at one go: what it would overlook shows second by second.
 */
import { describe, expect, it } from "vitest";
import { runModel } from "./run-model.js";

const seconds = 3_600;

describe("leaps", () => {
  it.each([150, 170])(
    "see that three readers together ask for too much: %d records of 5 KB a second",
    async (records) => {
      const reader = (name: string): string => `{name: ${name}, kind: kcl, pollInterval: 700 ms}`;
      const yaml = `
version: 1
stream: {name: s, shards: 1}
producers: [{name: p, records: ${records}/s, recordSize: 5 KB}]
consumers: [${["a", "b", "c"].map(reader).join(", ")}]
`;
      const behind = async (fidelity: "auto" | "record"): Promise<number> => {
        const { summary } = await runModel(yaml, { fidelity, seconds });
        return summary.consumers.reduce((sum, { iteratorAgeSeconds }) => sum + iteratorAgeSeconds.max, 0) / 3;
      };
      const [found, expected] = [await behind("auto"), await behind("record")];
      expect(Math.abs(found - expected)).toBeLessThan(0.015 * seconds);
      // Three times what arrives, of which 2 MiB/s are read, or up to two percent less: calls between the bucket's refills are in vain.
      const least = seconds * (1 - (2 * 2 ** 20) / (3 * records * 5_000));
      expect(expected).toBeGreaterThan(least - 0.01 * seconds);
      expect(expected).toBeLessThan(least + 0.03 * seconds);
    },
  );

  it("see the large calls of one producer among the small ones of another", async () => {
    const yaml = `
version: 1
stream: {name: s, shards: 1}
producers:
  - {name: small, records: 650/s, recordSize: 100 B, retry: none, putBatch: 1}
  - {name: large, records: 100/s, recordSize: 100 B, retry: none, putBatch: 500}
consumers: [{name: c, kind: kcl}]
`;
    const [auto, record] = [
      await runModel(yaml, { fidelity: "auto", seconds: 4 * seconds }),
      await runModel(yaml, { fidelity: "record", seconds: 4 * seconds }),
    ];
    expect(auto.summary.throttledRatio).toBeGreaterThan(0.5 * record.summary.throttledRatio);
    expect(auto.summary.throttledRatio).toBeLessThan(2 * record.summary.throttledRatio);
    expect(record.summary.throttledRatio).toBeGreaterThan(0.001);
  });

  it("are left out while a processor is barely fast enough", async () => {
    const yaml = `
version: 1
stream: {name: s, shards: 4}
producers: [{name: p, records: 1000/s, recordSize: 500 B}]
consumers: [{name: c, kind: kcl, timePerRecord: 1 ms}]
scenario: [{at: 10m, event: slow, consumer: c, factor: 3.8, lasts: 10m}]
`;
    const { summary, fidelity } = await runModel(yaml, { fidelity: "auto", seconds });
    const record = await runModel(yaml, { fidelity: "record", seconds });
    expect(fidelity.leap).toBeLessThan(0.85);
    const [found, expected] = [summary.consumers[0], record.summary.consumers[0]];
    expect(Math.abs((found?.iteratorAgeSeconds.p99 ?? 0) - (expected?.iteratorAgeSeconds.p99 ?? 9))).toBeLessThan(0.3);
  });

  it("see seconds that keep a processor busy within a minute that does not", async () => {
    const yaml = `
version: 1
stream: {name: s, shards: 4}
producers: [{name: p, records: 800/s, recordSize: 200 B, putBatch: 1, burstiness: 0.6}]
consumers: [{name: c, kind: kcl, timePerRecord: 2.5 ms}]
`;
    const [auto, record] = [
      await runModel(yaml, { fidelity: "auto", seconds }),
      await runModel(yaml, { fidelity: "record", seconds }),
    ];
    const [found, expected] = [auto.summary.consumers[0], record.summary.consumers[0]];
    expect(expected?.iteratorAgeSeconds.max).toBeGreaterThan(2);
    expect(Math.abs((found?.iteratorAgeSeconds.max ?? 0) - (expected?.iteratorAgeSeconds.max ?? 9))).toBeLessThan(1);
    expect(Math.abs((found?.latencySeconds.p99 ?? 0) - (expected?.latencySeconds.p99 ?? 9))).toBeLessThan(0.3);
  });
});

describe("records one by one", () => {
  it("are not what a scenario makes of scarce ones, nor a short burst", async () => {
    const yaml = (more: string, event: string): string => `
version: 1
stream: {name: s, shards: 1}
producers: [{name: p, records: 1/s, recordSize: 1 KB${more}}]
scenario: [${event}]
`;
    const run = async (more: string, event: string) =>
      (await runModel(yaml(more, event), { fidelity: "auto", seconds: 600 })).fidelity;
    expect((await run("", "")).record).toBe(1);
    expect((await run("", "{at: 1m, event: traffic, factor: 300, lasts: 1m}")).record).toBeUndefined();
    expect((await run(", bursts: [{at: 61s, factor: 300, lasts: 2s}]", "")).record).toBeUndefined();
  });
});
