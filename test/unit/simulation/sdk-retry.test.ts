/*
 * The retry strategy of the SDK, against what its installed packages did before a local stub: how often a call is tried, how long its
 * retries wait, and how many of them a client is granted.
 */
import { describe, expect, it } from "vitest";
import type { FactName } from "../../../src/service/service-facts.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import {
  backoffSeconds,
  type FailedCall,
  longestBackoffs,
  retryReason,
  SdkRetryQuota,
  type SdkRetrySettings,
  sdkRetrySettings,
} from "../../../src/simulation/sdk-retry.js";

const settings = sdkRetrySettings(new ServiceCatalogue().forRegion("us-east-1"));
const DRAWS = 20_000;

function failure(name: string, status = 400): FailedCall {
  return { names: [name], status };
}

/** The waits of one call that fails each time in the same way. */
function waitsOf(call: FailedCall, random: RandomStream, quota = new SdkRetryQuota(settings)): number[] {
  const reason = retryReason(call);
  const waits: number[] = [];
  while (reason !== "none" && quota.grants(reason, waits.length + 1)) {
    waits.push(backoffSeconds(settings, reason, waits.length, random));
  }
  return waits;
}

function changed(change: Partial<SdkRetrySettings>): SdkRetrySettings {
  return { ...settings, ...change };
}

describe("a failed call", () => {
  it.each([
    ["ProvisionedThroughputExceededException", 400, "throttling", 3],
    ["LimitExceededException", 400, "throttling", 3],
    ["ThrottlingException", 400, "throttling", 3],
    ["UnknownError", 429, "throttling", 3],
    ["SlowDown", 503, "throttling", 3],
    ["InternalFailure", 500, "transient", 3],
    ["ServiceUnavailable", 503, "transient", 3],
    ["TimeoutError", 408, "transient", 3],
    ["ResourceInUseException", 400, "none", 1],
    ["InvalidArgumentException", 400, "none", 1],
    ["KMSThrottlingException", 400, "none", 1],
    ["NotImplemented", 501, "none", 1],
  ] as const)("%s with status %i is retried as %s, %i attempts in all", (name, status, reason, attempts) => {
    expect(retryReason(failure(name, status))).toBe(reason);
    expect(waitsOf(failure(name, status), RandomStream.fromSeed(1))).toHaveLength(attempts - 1);
  });

  it("is retried where the connection broke and no response came", () => {
    expect(retryReason({ names: ["Error", "ECONNRESET"], status: undefined })).toBe("transient");
    expect(retryReason({ names: ["AbortError"], status: undefined })).toBe("none");
    expect(retryReason({ names: [], status: undefined })).toBe("none");
  });
});

describe("the waits before the retries", () => {
  it.each([
    [failure("ProvisionedThroughputExceededException"), [0.5, 1]],
    [failure("InternalFailure", 500), [0.025, 0.05]],
  ] as const)("lie evenly between none and twice their mean: %j, %j", (call, means) => {
    const random = RandomStream.fromSeed(7);
    const calls = Array.from({ length: DRAWS }, () => waitsOf(call, random));
    for (const [retry, mean] of means.entries()) {
      const waits = calls.map((one) => one[retry] ?? Number.NaN);
      // Four standard errors of the mean of even draws.
      const tolerance = (4 * mean) / Math.sqrt(3 * DRAWS);
      expect(Math.abs(waits.reduce((sum, wait) => sum + wait, 0) / DRAWS - mean)).toBeLessThan(tolerance);
      expect(Math.max(...waits)).toBeLessThan(2 * mean);
      expect(Math.max(...waits)).toBeGreaterThan(1.99 * mean);
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
      expect(Math.min(...waits)).toBeLessThan(0.01 * mean);
    }
  });

  it("double up to the longest there is", () => {
    expect(longestBackoffs(changed({ attempts: 8 }), "throttling")).toEqual([1, 2, 4, 8, 16, 20, 20]);
    expect(longestBackoffs(changed({ attempts: 4 }), "transient")).toEqual([0.05, 0.1, 0.2]);
    expect(longestBackoffs(changed({ attempts: 1 }), "throttling")).toEqual([]);
    expect(longestBackoffs(changed({ attempts: 0 }), "throttling")).toEqual([]);
  });
});

describe("the quota of a client", () => {
  it("grants exactly 100 retries to 120 throttled calls at once, and 20 fail after one attempt", () => {
    const quota = new SdkRetryQuota(settings);
    const granted = Array.from({ length: 120 }, () => quota.grants("throttling", 1));
    expect(granted.filter(Boolean)).toHaveLength(100);
    expect(granted.slice(100)).toEqual(Array.from({ length: 20 }, () => false));
    expect(quota.tokens).toBe(0);
    // Those that were granted fail again, and no token is left for their second retry.
    expect(quota.grants("throttling", 2)).toBe(false);
  });

  it("grants 35 retries after server errors, since each takes more", () => {
    const quota = new SdkRetryQuota(settings);
    expect(Array.from({ length: 120 }, () => quota.grants("transient", 1)).filter(Boolean)).toHaveLength(35);
    expect(quota.tokens).toBe(10);
    // Too few for a server error, enough for a throttled call.
    expect(quota.grants("throttling", 1)).toBe(true);
  });

  it("gets back what the last retry of a call that succeeds took, and one for a first attempt that does", () => {
    const quota = new SdkRetryQuota(settings);
    quota.grants("throttling", 1);
    quota.grants("throttling", 2);
    expect(quota.tokens).toBe(490);
    quota.succeed("throttling");
    expect(quota.tokens).toBe(495);
    quota.succeed();
    expect(quota.tokens).toBe(496);
    quota.grants("transient", 1);
    quota.succeed("transient");
    expect(quota.tokens).toBe(496);
  });

  it("never holds more than it began with", () => {
    const quota = new SdkRetryQuota(settings);
    quota.succeed();
    quota.succeed("transient");
    expect(quota.tokens).toBe(500);
  });

  it("takes nothing for a call that is not tried again", () => {
    const quota = new SdkRetryQuota(settings);
    expect(quota.grants("none", 1)).toBe(false);
    expect(quota.grants("throttling", 3)).toBe(false);
    expect(quota.tokens).toBe(500);
  });
});

describe("the settings", () => {
  it.each([
    ["sdk.attempts", 5, "attempts"],
    ["sdk.backoffSecondsMax", 7, "backoffSecondsMax"],
    ["sdk.retryQuota", 50, "quota"],
  ] as const)("follow an override of %s", (name, value, key) => {
    expect(settingsWith({ [name]: value })[key]).toBe(value);
  });

  it("follow overrides of each reason's wait and cost", () => {
    const overridden = settingsWith({
      "sdk.throttlingBackoffSeconds": 0.5,
      "sdk.transientBackoffSeconds": 0.1,
      "sdk.throttlingRetryCost": 6,
      "sdk.transientRetryCost": 10,
    });
    expect(overridden.backoffSeconds).toEqual({ throttling: 0.5, transient: 0.1 });
    expect(overridden.cost).toEqual({ throttling: 6, transient: 10 });
  });
});

function settingsWith(overrides: Partial<Record<FactName, number>>): SdkRetrySettings {
  const everywhere = new Map(Object.entries(overrides).map(([name, value]) => [name, { value, source: "a test" }]));
  return sdkRetrySettings(new ServiceCatalogue({ everywhere, byRegion: new Map() }).forRegion("us-east-1"));
}
