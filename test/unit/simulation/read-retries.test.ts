/*
 * Refused GetRecords calls of readers that use the AWS SDK: two more attempts, up to one and two seconds later, as long as the clients have
 * tokens for retries.
 */
import { describe, expect, it } from "vitest";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import { ReadRetries } from "../../../src/simulation/read-retries.js";
import { SdkRetryQuota, sdkRetrySettings } from "../../../src/simulation/sdk-retry.js";
import { openReads, play } from "./read-side-run.js";

const settings = sdkRetrySettings(new ServiceCatalogue().forRegion("us-east-1"));

describe("a read that is refused", () => {
  it("is tried again twice, up to one and then up to two seconds later", () => {
    const longest = [0, 0];
    for (let seed = 0; seed < 400; seed += 1) {
      const retries = new ReadRetries(settings, new SdkRetryQuota(settings), RandomStream.fromSeed(seed));
      for (const [retry, most] of [1, 2].entries()) {
        const wait = retries.refuse() ?? Number.NaN;
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThan(most);
        longest[retry] = Math.max(longest[retry] as number, wait);
      }
      expect(retries.refuse()).toBeUndefined();
      // The next call has its own attempts.
      expect(retries.refuse()).toBeDefined();
    }
    expect(longest[0]).toBeGreaterThan(0.98);
    expect(longest[1]).toBeGreaterThan(1.96);
  });

  it("is given up at once when the clients have no tokens left", () => {
    const quota = new SdkRetryQuota(settings);
    const readers = Array.from(
      { length: 120 },
      (_, seed) => new ReadRetries(settings, quota, RandomStream.fromSeed(seed)),
    );
    const granted = readers.filter((reader) => reader.refuse() !== undefined);
    expect(granted.length).toBe(100);
    granted[0]?.succeed();
    expect(readers.at(-1)?.refuse()).toBeDefined();
  });

  it.each(["tick", "record"] as const)("comes sooner than the next poll in fidelity %s", async (fidelity) => {
    const seldom = { pollInterval: 30, timePerRecord: 0.0001 };
    // It keeps the shard's bucket empty most of the time.
    const greedy = { name: "greedy", kind: "flink", pollInterval: 0.25 };
    const late = async (kind: string): Promise<number> => {
      const consumers = [{ name: "c", kind, ...seldom }, greedy];
      const stream = { records: 1_000, recordSize: 1_040, consumers, producer: { putBatch: 10 } };
      const limits = { "shard.readBytesPerSecond": 1_600_000, "getRecords.burstBytes": 100_000 };
      const { recorder } = play(await openReads(stream, { fidelity, seconds: 1_800, limits }));
      return Math.max(...recorder.rows.slice(5).map(({ consumers: [one] }) => one?.iteratorAgeSecondsMax ?? 0));
    };
    expect(await late("sdk")).toBeLessThan(await late("flink"));
  });
});
