import { describe, expect, it } from "vitest";
import { checkStart, nextStart, startOf, startsOn, trafficFrom } from "../../../src/planning/reshard/plan-start.js";
import { formatTimestamp, parseTimestamp } from "../../../src/workload/parse-timestamp.js";
import { rateCurve } from "../../../src/workload/rate-curve.js";
import type { Workload } from "../../../src/workload/schema.js";
import { oneWorkload } from "../../one-workload.js";

const at = (text: string): number => parseTimestamp(text) as number;

async function daily(more: object = {}): Promise<Workload> {
  const traffic = {
    daily: { low: 100, high: 900, peakAt: "20:00", timezone: "Europe/Berlin", weekend: "50%", ...more },
  };
  return oneWorkload(
    JSON.stringify({
      version: 1,
      stream: { name: "a" },
      producers: [{ name: "p", traffic, recordSize: 100 }],
      consumers: [{ name: "c", kind: "kcl" }],
    }),
  );
}

function rateAt(workload: Workload, seconds: number): number {
  const [producer] = workload.producers;
  if (producer === undefined) throw new Error("no producer");
  return rateCurve(producer, undefined, false).after(seconds);
}

describe("when a plan starts", () => {
  it("moves daily traffic to that time, with its weekday and its summer time", async () => {
    const workload = await daily();
    // Berlin peaks at 18:00 UTC in July, at 19:00 in January.
    const july = trafficFrom(workload, "2026-07-06T12:00:00Z");
    expect(rateAt(july, 6 * 3_600)).toBeCloseTo(900, 9);
    const january = trafficFrom(workload, "2026-01-05T00:00:00Z");
    expect(rateAt(january, 19 * 3_600)).toBeCloseTo(900, 9);
    expect(rateAt(workload, 19 * 3_600)).toBeCloseTo(900, 9);
    // 11 July 2026 is a Saturday.
    expect(rateAt(trafficFrom(workload, "2026-07-11T18:00:00Z"), 0)).toBeCloseTo(450, 9);
  });

  it("agrees with what follows later from an earlier start", async () => {
    const workload = await daily();
    const early = trafficFrom(workload, "2026-06-01T00:00:00Z");
    for (const hours of [1, 30, 150, 170, 400]) {
      const later = trafficFrom(workload, formatTimestamp(at("2026-06-01T00:00:00Z") + hours * 3_600));
      expect(rateAt(later, 1_234)).toBeCloseTo(rateAt(early, hours * 3_600 + 1_234), 6);
    }
  });

  it("is read from the workload", async () => {
    const start = "2026-07-06T12:00:00Z";
    expect(startOf(await daily({ startsAt: start }))).toBe(at(start));
    expect(startsOn(await daily({ startsAt: start }))).toBeUndefined();
    expect(startOf(await daily())).toBeUndefined();
    expect(startsOn(await daily())).toBe("monday");
    expect(startsOn(await daily({ weekend: 1 }))).toBe("day");
  });

  it("is the next Monday or day where its traffic goes by the clock", () => {
    expect(formatTimestamp(nextStart("monday", at("2026-11-24T10:00:00Z")))).toBe("2026-11-30T00:00:00Z");
    expect(formatTimestamp(nextStart("day", at("2026-11-24T10:00:00Z")))).toBe("2026-11-25T00:00:00Z");
    expect(() => checkStart("monday", at("2026-11-30T00:00:00Z"))).not.toThrow();
    expect(() => checkStart("day", at("2026-11-24T00:00:00Z"))).not.toThrow();
    expect(() => checkStart(undefined, 17)).not.toThrow();
    expect(() => checkStart("monday", at("2026-11-24T00:00:00Z"))).toThrow("starts with a Monday in UTC");
  });
});
