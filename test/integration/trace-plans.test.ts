import { describe, expect, test } from "vitest";
import type { ReshardResult } from "../../src/index.js";
import { runInMemory } from "../memory-host.js";
import { isTrafficThere, linesOf, type Recording, recordings, replayOf } from "./recorded-traffic.js";

/** Some days of a recording, from a row on, scaled to 50 to 500 shards; the rest is planned by hand, since it takes minutes. */
interface Stretch extends Recording {
  readonly scale: number;
  readonly rows: readonly [number, number];
}

const stretches: readonly Stretch[] = [
  { ...recordings.elb, scale: 45_000, rows: [0, 576] },
  { ...recordings.taxi, scale: 4_000, rows: [0, 144] },
  { ...recordings.twitter, scale: 40_000, rows: [1_000, 1_288] },
  { ...recordings.azure, scale: 4, rows: [0, 20_000] },
];

describe.skipIf(!isTrafficThere).each(stretches)("$file", (stretch) => {
  test("gets a plan that hardly throttles, with default margins", async () => {
    const files = {
      "w.yaml": replayOf(stretch, stretch.scale, "80%"),
      "trace.csv": linesOf(stretch, ...stretch.rows).join("\n"),
    };
    const { code, out } = await runInMemory(["reshard", "w.yaml", "-f", "json", "--sensitivity", "10%"], files);
    const { status, timeline, verified, plan, alternatives } = JSON.parse(out) as ReshardResult;
    expect({ code, status }).toEqual({ code: 0, status: "ok" });
    const most = timeline.reduce((high, { shardsNeeded }) => Math.max(high, shardsNeeded), 0);
    expect(most).toBeGreaterThanOrEqual(50);
    expect(most).toBeLessThanOrEqual(500);
    expect(timeline.every(({ shardsNeeded, shardsInForce }) => shardsInForce >= shardsNeeded)).toBe(true);
    expect(verified.throttledRatio).toBeLessThan(0.001);
    expect(plan.shardHours).toBeLessThan(alternatives[0]?.shardHours ?? 0);
  });
});
