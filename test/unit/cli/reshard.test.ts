import { describe, expect, it } from "vitest";
import type { ReshardResult } from "../../../src/index.js";
import { runInMemory } from "../../memory-host.js";

/** Traffic that rises and falls within a few hours, with the two middle rates given. */
function workload(middle: readonly [number, number], more = ""): string {
  return `
version: 1
stream: {name: orders, region: us-east-1, shards: 4}
producers:
  - name: shop
    traffic:
      timeline:
        - {at: 0h, records: 2000/s}
        - {at: 1h, records: ${middle[0]}/s}
        - {at: 3h, records: ${middle[1]}/s}
        - {at: 5h, records: 2000/s}
        - {at: 6h, records: 2000/s}
      interpolate: linear
    recordSize: 300 B
consumers:
  - {name: billing, kind: kcl, cpuPerRecord: 0.4 ms, worker: {vcpus: 1}}
  - {name: audit, kind: lambda, timePerRecord: 0.5 ms, batchSize: 500}
${more}`;
}

async function reshard(
  flags: readonly string[],
  files: Record<string, string> = { "w.yaml": workload([4_000, 9_000]) },
): Promise<{ code: number; result: ReshardResult; err: string }> {
  const { code, out, err } = await runInMemory(["reshard", ...flags, "-f", "json"], files);
  return { code, result: out === "" ? ({} as ReshardResult) : JSON.parse(out), err };
}

describe("reshard", () => {
  it("provides for all courses that it is given, or for a part of them", async () => {
    const files = {
      "low.yaml": workload([4_000, 5_000]),
      "middle.yaml": workload([3_000, 7_000]),
      "high.yaml": workload([8_000, 12_000]),
    };
    const alone = await reshard(["low.yaml", "--sensitivity", "10%"], files);
    const all = await reshard(["low.yaml", "middle.yaml", "high.yaml", "--sensitivity", "10%"], files);
    const most = await reshard(
      ["low.yaml", "middle.yaml", "high.yaml", "--quantile", "60%", "--sensitivity", "10%"],
      files,
    );
    expect(alone.result.courses.map(({ file }) => file)).toEqual(["low.yaml"]);
    expect(all.result.courses.map(({ file }) => file)).toEqual(["low.yaml", "middle.yaml", "high.yaml"]);
    expect(all.result.courses.every(({ throttledRatio }) => throttledRatio <= 0.001)).toBe(true);
    // Two courses of three have to be carried, and the highest is not.
    expect(most.result.courses.filter(({ throttledRatio }) => throttledRatio <= 0.001).length).toBe(2);
    expect(most.result.diagnostics).toEqual([]);
    const hours = [alone, most, all].map(({ result }) => result.plan.shardHours);
    expect(hours).toEqual(hours.toSorted((a, b) => a - b));
    expect(new Set(hours).size).toBe(3);
  });

  it("covers a forecast's error", async () => {
    const plain = await reshard(["w.yaml"]);
    const covered = await reshard(["w.yaml", "--forecast-error", "10%", "--quantile", "95%"]);
    expect(covered.result).toMatchObject({ forecastError: 0.1, quantile: 0.95, margin: 0 });
    expect(covered.result.plan.shardHours).toBeGreaterThan(plain.result.plan.shardHours * 1.1);
    const uncovered = await reshard(["w.yaml", "--forecast-error", "10%"]);
    expect(uncovered.code).toBe(2);
    expect(uncovered.err).toContain("--forecast-error needs the probability");
  });

  it("takes throttling that it is allowed in exchange for cost", async () => {
    const plans = [];
    for (const allowed of ["0%", "2%", "10%"]) plans.push(await reshard(["w.yaml", "--allow-throttled", allowed]));
    const hours = plans.map(({ result }) => result.plan.shardHours);
    expect(hours).toEqual(hours.toSorted((a, b) => b - a));
    expect(new Set(hours).size).toBe(3);
    expect(plans.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(plans[1]?.result.verified.throttledRatio).toBeLessThan(0.02);
    expect(plans[2]?.result.verified.throttledRatio).toBeLessThan(0.1);
    expect(plans[2]?.result).toMatchObject({ allowedThrottling: 0.1, gap: null, isOptimal: false });
    const codes = plans.flatMap(({ result }) => result.diagnostics.map(({ code }) => code));
    expect(codes.filter((code) => code.startsWith("plan-"))).toEqual([]);
  });

  it("says what more traffic would do", async () => {
    const { result } = await reshard(["w.yaml", "--sensitivity", "10%", "--sensitivity", "80%"]);
    const [little, much] = result.sensitivity;
    expect(little).toMatchObject({ more: 0.1 });
    expect(much).toMatchObject({ more: 0.8 });
    expect(little?.throttledRatio).toBeLessThan(0.001);
    expect(much?.throttledRatio).toBeGreaterThan(0.05);
    const putUnits = result.plan.usd - result.plan.shardHours * 0.015;
    expect(much?.usd).toBeCloseTo(result.plan.shardHours * 0.015 + 1.8 * putUnits, 4);
  });

  it("says what each consumer runs along the plan", async () => {
    const { result } = await reshard(["w.yaml"]);
    const [billing, audit] = result.consumers;
    // 9,000 records/s at 0.4 ms on 65 % of one processor ask for 6 workers.
    expect(Math.max(...(billing?.steps ?? []).map(({ workersForCpu }) => workersForCpu ?? 0))).toBe(6);
    for (const step of billing?.steps ?? []) {
      expect(step.workers).toBe(Math.min(step.workersForCpu ?? 0, step.shards));
      expect(step.capped).toBe((step.workersForCpu ?? 0) > step.shards);
    }
    expect(Math.max(...(audit?.steps ?? []).map(({ concurrency }) => concurrency?.needed ?? 0))).toBe(5);
    expect(audit?.steps[0]).toMatchObject({ at: "00:00", shards: 4, workers: null });
  });

  it("warns of children that wait behind a backlog, and says for how long", async () => {
    const plain = await reshard(["w.yaml"]);
    expect(plain.result.waitingChildren).toEqual([]);
    const [first] = plain.result.plan.steps;
    const down = `scenario:\n  - {at: ${(first?.atSeconds ?? 0) - 900}s, event: consumer-down, consumer: billing, lasts: 20m}\n`;
    const behind = await reshard(["w.yaml"], { "w.yaml": workload([4_000, 9_000], down) });
    const [waiting] = behind.result.waitingChildren;
    expect(waiting).toMatchObject({ consumer: "billing", step: 0 });
    // It has been down for 15 minutes when the call is made, and for 20 before it reads again.
    expect(waiting?.behindSeconds).toBeGreaterThan(900);
    expect(waiting?.caughtUpAt).toBeGreaterThan((first?.atSeconds ?? 0) + 300);
    expect(behind.result.diagnostics).toMatchObject([{ code: "children-wait" }]);
  });

  it.each([
    ["two streams", ["w.yaml", "other.yaml"], "reshard plans one stream, and other.yaml is about carts in us-east-1"],
    ["a part of nothing", ["w.yaml", "--quantile", "0%"], "--quantile 0% provides for nothing"],
    ["more than all", ["w.yaml", "--quantile", "120%"], "--quantile 120% is out of range"],
    ["a time that is none", ["w.yaml", "--start-at", "noon"], '--start-at "noon" is no time'],
  ])("refuses %s", async (_, flags, message) => {
    const plain = workload([4_000, 9_000]);
    const { code, err } = await reshard(flags, { "w.yaml": plain, "other.yaml": plain.replace("orders", "carts") });
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it("shows replications with their intervals", async () => {
    const files = { "w.yaml": workload([4_000, 9_000]) };
    const { out } = await runInMemory(["reshard", "w.yaml", "--replications", "3"], files);
    expect(out).toContain("All 3 replications, mean with its 95 % confidence interval");
    expect(out.replace(/\s+/g, " ")).toContain("3 runs of 6 h; in the first: 0% of all put attempts are throttled");
  });
});
