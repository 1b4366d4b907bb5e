import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatByteRate,
  formatBytes,
  formatDuration,
  formatNumber,
  formatRatio,
  formatRecordRate,
  formatUsd,
  groupThousands,
} from "../../../src/units/format-quantity.js";
import { parseQuantity } from "../../../src/units/parse-quantity.js";

describe("formatNumber", () => {
  it.each([
    [0, "0"],
    [-0, "0"],
    [1, "1"],
    [12_345, "12,345"],
    [1_234_567, "1,234,567"],
    [1_234.4, "1,234"],
    [123.45, "123.5"],
    [1.234_56, "1.235"],
    [0.001_234_56, "0.001235"],
    [-1_234.5, "-1,235"],
    [999.95, "1,000"],
    [1e-13, "1.00e-13"],
    [1e21, "1.00e+21"],
    [Number.POSITIVE_INFINITY, "Infinity"],
  ])("%d is %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it("stays within half a unit of the fourth digit", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e15, noNaN: true }), (value) => {
        const shown = Number(formatNumber(value).replaceAll(",", ""));
        const step = 10 ** Math.min(0, Math.floor(Math.log10(value)) - 3);
        expect(Math.abs(shown - value)).toBeLessThanOrEqual(0.501 * step);
      }),
    );
  });
});

describe("groupThousands", () => {
  it.each([
    ["1", "1"],
    ["123", "123"],
    ["1234", "1,234"],
    ["123456", "123,456"],
    ["1234567.1234567", "1,234,567.1234567"],
    ["-1234", "-1,234"],
  ])("%s is %s", (plain, grouped) => {
    expect(groupThousands(plain)).toBe(grouped);
  });
});

describe("units", () => {
  it.each([
    [0, "0 B"],
    [850, "850 B"],
    [1_023, "1,023 B"],
    [1_024, "1 KiB"],
    [1_228.8, "1.2 KiB"],
    [1_048_575, "1 MiB"],
    [1_048_576, "1 MiB"],
    [1_610_612_736, "1.5 GiB"],
    [1_099_511_627_776, "1 TiB"],
    [5_629_499_534_213_120, "5,120 TiB"],
    [-2_048, "-2 KiB"],
  ])("%d bytes are %s", (value, text) => {
    expect(formatBytes(value)).toBe(text);
    expect(formatByteRate(value)).toBe(`${text}/s`);
  });

  it("bytes are read back", () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e15, noNaN: true }), (value) => {
        const parsed = parseQuantity(formatBytes(value).replaceAll(",", ""), "bytes");
        expect(parsed.ok && Math.abs(parsed.value / value - 1)).toBeLessThan(1e-3);
      }),
    );
  });

  it.each([
    [0, "0s"],
    [0.000_4, "0.4ms"],
    [0.25, "250ms"],
    [1.5, "1.5s"],
    [90, "90s"],
    [119, "119s"],
    [120, "2m"],
    [600, "10m"],
    [7_200, "2h"],
    [86_400, "24h"],
    [172_800, "48h"],
    [604_800, "7d"],
    [31_536_000, "365d"],
  ])("%d s are %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it("durations are read back", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (seconds) => {
        const parsed = parseQuantity(formatDuration(seconds).replaceAll(",", ""), "seconds");
        expect(parsed.ok && Math.abs(parsed.value / seconds - 1)).toBeLessThan(1e-3);
      }),
    );
  });

  it.each([
    [0, "$0.00"],
    [1.005, "$1.01"],
    [0.015, "$0.02"],
    [999.99, "$999.99"],
    [1_000, "$1,000"],
    [1_234_567.4, "$1,234,567"],
    [0.001_4, "$0.0014"],
    [0.000_05, "$0.0001"],
    [0.000_01, "under $0.0001"],
    [-5, "-$5.00"],
    [-1_500, "-$1,500"],
  ])("%d USD are %s", (value, text) => {
    expect(formatUsd(value)).toBe(text);
  });

  it("ratios and rates", () => {
    expect(formatRatio(0.8)).toBe("80%");
    expect(formatRatio(0.57)).toBe("57%");
    expect(formatRatio(0.001_234)).toBe("0.1234%");
    expect(formatRecordRate(12_000)).toBe("12,000/s");
  });
});
