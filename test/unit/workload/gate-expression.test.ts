import { describe, expect, it } from "vitest";
import { parseGateExpression } from "../../../src/workload/gate-expression.js";

describe("parseGateExpression", () => {
  it.each([
    ["shards.recommended <= 40", "shards.recommended", "<=", 40, "number"],
    ["shards.recommended<=40", "shards.recommended", "<=", 40, "number"],
    ["  shards.minimum  ==  3  ", "shards.minimum", "==", 3, "number"],
    ["cost.usdPerMonth < 900", "cost.usdPerMonth", "<", 900, "number"],
    ["cost.usdPerMonth < $900", "cost.usdPerMonth", "<", 900, "usd"],
    ["cost.usdPerMonth < $1.5k", "cost.usdPerMonth", "<", 1_500, "usd"],
    ["demand.bytesPerSecondPeak > 5 MiB/s", "demand.bytesPerSecondPeak", ">", 5_242_880, "bytesPerSecond"],
    ["demand.recordsPerSecondPeak >= 12000/s", "demand.recordsPerSecondPeak", ">=", 12_000, "recordsPerSecond"],
    ["simulation.throttledRatio < 0.1%", "simulation.throttledRatio", "<", 0.001, "ratio"],
    [
      "simulation.consumers.a.iteratorAgeSeconds.p99 < 60s",
      "simulation.consumers.a.iteratorAgeSeconds.p99",
      "<",
      60,
      "seconds",
    ],
    ["x < 1h30m", "x", "<", 5_400, "seconds"],
    ["x < 5 KiB", "x", "<", 5_120, "bytes"],
    ["x < -1.5e3", "x", "<", -1_500, "number"],
    ["consumers.my consumer (eu).workers <= 4", "consumers.my consumer (eu).workers", "<=", 4, "number"],
  ])("%s", (source, metric, operator, value, dimension) => {
    expect(parseGateExpression(source)).toEqual({ ok: true, gate: { source, metric, operator, value, dimension } });
  });

  it.each([
    "",
    " ",
    "shards.recommended",
    "<= 40",
    "shards <=",
    "shards = 40",
    "shards => 40",
    "shards =< 40",
    "shards != 4",
    "1 < shards < 40",
    "shards < 4 >",
    "< < <",
  ])("%j is no gate", (source) => {
    const parsed = parseGateExpression(source);
    expect(parsed).toMatchObject({ ok: false, reason: expect.stringContaining(JSON.stringify(source)) });
  });

  it.each(["forty", "40 shards", "12,000", "1e999", "NaN", "Infinity", "5 constructor", "80%%", "$5 MiB"])(
    "%j is no value",
    (text) => {
      expect(parseGateExpression(`shards.minimum < ${text}`)).toMatchObject({
        ok: false,
        reason: `${JSON.stringify(text)} is not a value`,
        fix: expect.stringMatching(/^write a number/),
      });
    },
  );

  it.each([
    ["blanks before an operator that is missing", `a${" ".repeat(30_000)}b`],
    ["blanks after the value", `a < b${" ".repeat(30_000)}<`],
    ["blanks before the value", `a <${" ".repeat(1_500)}b >`],
    ["digits", `a < ${"1".repeat(100_000)} 2`],
  ])("refuses a long text of %s quickly", (_, source) => {
    const begun = process.cpuUsage();
    expect(parseGateExpression(source).ok).toBe(false);
    expect(process.cpuUsage(begun).user).toBeLessThan(500_000);
  });
});
