import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTimestamp } from "../../../src/workload/parse-timestamp.js";

const noon = Date.UTC(2026, 0, 5, 12) / 1_000;

describe("parseTimestamp", () => {
  it.each([
    ["2026-01-05T12:00:00Z", noon],
    ["2026-01-05T12:00:00", noon],
    ["2026-01-05 12:00:00", noon],
    ["2026-01-05T12:00", noon],
    ["2026-01-05 12:00:00 UTC", noon],
    ["2026-01-05t12:00:00z", noon],
    ["2026-01-05T13:00:00+01:00", noon],
    ["2026-01-05T13:00:00+0100", noon],
    ["2026-01-05T07:00:00-05:00", noon],
    ["2026-01-05T17:30:00+05:30", noon],
    ["2026-01-05T08:30:00-03:30", noon],
    ["2026-01-05T12:00:00.250Z", noon + 0.25],
    ["2026-01-05", noon - 43_200],
    [String(noon), noon],
    [`${noon}.5`, noon + 0.5],
    [`${noon}000`, noon],
    [`${noon}250`, noon + 0.25],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29) / 1_000],
  ])("%s", (text, seconds) => {
    expect(parseTimestamp(text)).toBe(seconds);
  });

  it.each([
    "",
    "yesterday",
    "12:00",
    "2026-13-05",
    "2026-01-32",
    "2026-00-10",
    "2026-01-00",
    "2026-02-30",
    "2025-02-29",
    "2026-01-05T25:00:00Z",
    "2026-01-05T24:30:00Z",
    "2026-01-05T12:60:00Z",
    "2026-01-05T12:00:00+25:00",
    "2026-01-05T12:00:00+01:75",
    "05/01/2026",
    "20260105",
    "1e9",
    "-5",
    "NaN",
    "2026-01-05T12",
  ])("%j is no time", (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  it("reads what Date prints", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("1990-01-01"), max: new Date("2100-01-01"), noInvalidDate: true }),
        (date) => {
          expect(parseTimestamp(date.toISOString())).toBeCloseTo(date.getTime() / 1_000, 6);
        },
      ),
    );
  });
});
