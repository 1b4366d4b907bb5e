import { describe, expect, test } from "vitest";
import { runInMemory } from "../memory-host.js";
import { isTrafficThere, linesOf, type Recording, recordings, replayOf } from "./recorded-traffic.js";

interface Replay extends Recording {
  readonly scale: number;
  /** The column that is replayed. */
  readonly value: number;
}

const replays: readonly Replay[] = [
  { ...recordings.elb, scale: 1_000, value: 1 },
  { ...recordings.taxi, scale: 20, value: 1 },
  { ...recordings.twitter, scale: 300, value: 1 },
  { ...recordings.azure, scale: 1, value: 1 },
];

/** The first rows of a trace: a week of five minutes, or more. */
const rowsRead = 2_000;

/** What the rows of a trace add up to. */
function total(trace: Replay): number {
  return (
    trace.scale *
    linesOf(trace, 0, rowsRead)
      .slice(1)
      .reduce((sum, line) => sum + Number(line.split(",")[trace.value]), 0)
  );
}

describe.skipIf(!isTrafficThere).each(replays)("$file", (trace) => {
  test("is offered to the last record but for chance, and taken where it was sized for", async () => {
    const { code, out } = await runInMemory(["simulate", "w.yaml", "--format", "json", "--resolution", "1h"], {
      "w.yaml": replayOf(trace, trace.scale, "60%"),
      "trace.csv": linesOf(trace, 0, rowsRead).join("\n"),
    });
    const { summary } = JSON.parse(out) as { summary: Record<string, number> };
    expect(code).toBe(0);
    // Ten records arrive together at most, which is ten times the variance of single ones.
    const deviations = ((summary["offeredRecords"] ?? 0) - total(trace)) / Math.sqrt(10 * total(trace));
    expect(Math.abs(deviations)).toBeLessThan(4);
    expect(summary["acceptedRecords"]).toBe(summary["offeredRecords"]);
  }, 60_000);
});
