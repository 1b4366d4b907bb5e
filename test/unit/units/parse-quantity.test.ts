import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DimensionName } from "../../../src/units/dimension.js";
import { parseQuantity } from "../../../src/units/parse-quantity.js";

function read(input: string | number, dimension: DimensionName): number {
  const parsed = parseQuantity(input, dimension);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

function refusal(input: string | number, dimension: DimensionName): { reason: string; fix: string } {
  const parsed = parseQuantity(input, dimension);
  if (parsed.ok) throw new Error(`${JSON.stringify(input)} was read as ${parsed.value}`);
  return parsed;
}

const month = 730 * 3_600;

describe("a value with a unit", () => {
  it.each<[DimensionName, string, number]>([
    ["bytes", "850 B", 850],
    ["bytes", "2 kB", 2_000],
    ["bytes", "2 KB", 2_000],
    ["bytes", "2 MB", 2_000_000],
    ["bytes", "2 GB", 2_000_000_000],
    ["bytes", "2 TB", 2_000_000_000_000],
    ["bytes", "2 KiB", 2_048],
    ["bytes", "1.2 KiB", 1_228.8],
    ["bytes", "2 MiB", 2_097_152],
    ["bytes", "2 GiB", 2_147_483_648],
    ["bytes", "2 TiB", 2_199_023_255_552],
    ["bytesPerSecond", "5 MiB/s", 5_242_880],
    ["bytesPerSecond", "5 MB/s", 5_000_000],
    ["bytesPerSecond", "600 B/min", 10],
    ["bytesPerSecond", "86.4 GB/day", 1_000_000],
    ["bytesPerSecond", "30 TB/year", 30e12 / (12 * month)],
    ["recordsPerSecond", "12000/s", 12_000],
    ["recordsPerSecond", "12000/sec", 12_000],
    ["recordsPerSecond", "12000/second", 12_000],
    ["recordsPerSecond", "1.5k/s", 1_500],
    ["recordsPerSecond", "1.5K/s", 1_500],
    ["recordsPerSecond", "2M/s", 2_000_000],
    ["recordsPerSecond", "2G/s", 2_000_000_000],
    ["recordsPerSecond", "60/m", 1],
    ["recordsPerSecond", "60/min", 1],
    ["recordsPerSecond", "60/minute", 1],
    ["recordsPerSecond", "3600/h", 1],
    ["recordsPerSecond", "3600/hour", 1],
    ["recordsPerSecond", "86400/d", 1],
    ["recordsPerSecond", "5M/day", 5_000_000 / 86_400],
    ["recordsPerSecond", "604800/w", 1],
    ["recordsPerSecond", "604800/week", 1],
    ["recordsPerSecond", "2628000/mo", 1],
    ["recordsPerSecond", "2628000/month", 1],
    ["recordsPerSecond", "31536000/year", 1],
    ["seconds", "4 us", 0.000_004],
    ["seconds", "4 µs", 0.000_004],
    ["seconds", "1500 ms", 1.5],
    ["seconds", "90s", 90],
    ["seconds", "90 sec", 90],
    ["seconds", "2m", 120],
    ["seconds", "2 min", 120],
    ["seconds", "24h", 86_400],
    ["seconds", "1 hour", 3_600],
    ["seconds", "2 hours", 7_200],
    ["seconds", "2d", 172_800],
    ["seconds", "1 day", 86_400],
    ["seconds", "2 days", 172_800],
    ["seconds", "1w", 604_800],
    ["seconds", "1 week", 604_800],
    ["seconds", "2 weeks", 1_209_600],
    ["ratio", "80%", 0.8],
    ["ratio", "80 %", 0.8],
    ["usd", "$900", 900],
    ["usd", "49.50", 49.5],
    ["usd", "$5k", 5_000],
    ["usdPerHour", "$0.0832/h", 0.0832],
    ["usdPerHour", "$0.0832/hour", 0.0832],
    ["usdPerHour", "$2/day", 2 / 24],
    ["usdPerHour", "$3600/s", 12_960_000],
    ["growth", "5%/month", Math.log1p(0.05) / month],
    ["growth", "80%/year", Math.log1p(0.8) / (12 * month)],
    ["growth", "-5%/month", Math.log1p(-0.05) / month],
    ["growth", "0.05/month", Math.log1p(0.05) / month],
    ["growth", "5%", Math.log1p(0.05) / month],
  ])("%s: %s", (dimension, text, value) => {
    expect(read(text, dimension)).toBe(value);
  });

  it("is exact where the decimal text is", () => {
    expect(read("0.4 ms", "seconds")).toBe(0.0004);
    expect(read("0.6 ms", "seconds")).toBe(0.0006);
    expect(read("57%", "ratio")).toBe(0.57);
    expect(read("0.1%", "ratio")).toBe(0.001);
    expect(read("1.1 kB", "bytes")).toBe(1_100);
    expect(read("0.000001 MB", "bytes")).toBe(1);
    expect(read("1.005M/s", "recordsPerSecond")).toBe(1_005_000);
    expect(read("$60.736/month", "usdPerHour")).toBe(read("$0.0832/h", "usdPerHour"));
  });

  it("takes KB for 1000 and KiB for 1024", () => {
    expect(read("50 KB", "bytes")).toBe(50_000);
    expect(read("50 KiB", "bytes")).toBe(51_200);
  });

  it("adds up the parts of a duration", () => {
    expect(read("1h30m", "seconds")).toBe(5_400);
    expect(read("1h 30m 15s", "seconds")).toBe(5_415);
    expect(read("1d12h", "seconds")).toBe(129_600);
    expect(read("1.5h30.5m", "seconds")).toBe(7_230);
    expect(read("-1h30m", "seconds")).toBe(-5_400);
  });

  it.each<[DimensionName, number]>([
    ["bytes", 850],
    ["bytesPerSecond", 850],
    ["recordsPerSecond", 850],
    ["seconds", 850],
    ["ratio", 0.8],
    ["usd", 850],
    ["usdPerHour", 850],
  ])("%s: a bare number is in the base unit, as a number or as text", (dimension, value) => {
    expect(read(value, dimension)).toBe(value);
    expect(read(String(value), dimension)).toBe(value);
    expect(read(` ${value} `, dimension)).toBe(value);
    expect(read(`+${value}`, dimension)).toBe(value);
    expect(read(0, dimension)).toBe(0);
  });

  it("takes a bare growth as a ratio per month, as a number and as text", () => {
    expect(read(0.05, "growth")).toBe(read("5%/month", "growth"));
    expect(read("0.05", "growth")).toBe(read("5%/month", "growth"));
    expect(read(0, "growth")).toBe(0);
  });
});

describe("a refusal", () => {
  it.each<[DimensionName, string]>([
    ["bytes", "5 s"],
    ["bytes", "5 MiB/s"],
    ["bytes", "5 kib"],
    ["bytes", "5 mb"],
    ["bytes", "5 Kb"],
    ["bytes", "$5"],
    ["bytes", ""],
    ["bytes", " "],
    ["bytes", "B"],
    ["bytes", "1.5.2 B"],
    ["bytes", "0x10"],
    ["bytes", "1e B"],
    ["bytes", "5 B 6 B"],
    ["bytes", "５ B"],
    ["bytesPerSecond", "5 MiB"],
    ["bytesPerSecond", "5 MiB/fortnight"],
    ["bytesPerSecond", "5 /s/s"],
    ["recordsPerSecond", "12 000/s"],
    ["recordsPerSecond", "12k"],
    ["recordsPerSecond", "12000 MB/s"],
    ["recordsPerSecond", "$5/s"],
    ["recordsPerSecond", "/s"],
    ["seconds", "5 B"],
    ["seconds", "1h30"],
    ["seconds", "30 1h"],
    ["seconds", "1h-30m"],
    ["seconds", "1h+30m"],
    ["seconds", "90 S"],
    ["seconds", "1M"],
    ["seconds", "0x10"],
    ["seconds", "0b11"],
    ["seconds", "0o17"],
    ["seconds", "Infinity"],
    ["seconds", "NaN"],
    ["seconds", ""],
    ["seconds", "5/s"],
    ["ratio", "80%/month"],
    ["ratio", "80 percent"],
    ["ratio", "%"],
    ["usd", "5 €"],
    ["usd", "$5/h"],
    ["usdPerHour", "$5k/h"],
    ["usdPerHour", "$5/lightyear"],
    ["growth", "5%/fortnight"],
    ["growth", "5 B/month"],
  ])("%s: %j, with a way out", (dimension, text) => {
    const { reason, fix } = refusal(text, dimension);
    expect(reason).toContain(JSON.stringify(text.trim()));
    expect(reason).toMatch(/ is not (a|an) /);
    expect(fix).toMatch(/^write (a|an) .* such as .*; a bare number is taken as /);
  });

  it.each<DimensionName>(["bytes", "bytesPerSecond", "recordsPerSecond", "seconds", "ratio", "usd", "usdPerHour"])(
    "%s: what every object inherits is no unit",
    (dimension) => {
      for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"]) {
        for (const text of [`5 ${name}`, `5${name}`, `5 ${name}/s`, `5/${name}`, `5 B/${name}`, `5%/${name}`])
          refusal(text, dimension);
      }
    },
  );

  it.each(["1e999", "1e999 B", "-1e999"])("%s: not finite", (text) => {
    expect(refusal(text, "bytes").reason).toBe(`${text} is not a finite number`);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("%d: not finite", (value) => {
    expect(refusal(value, "recordsPerSecond").reason).toBe(`${value} is not a finite number`);
  });

  it("of growth that leaves nothing or less", () => {
    refusal("-100%/month", "growth");
    refusal("-200%/month", "growth");
  });

  it.each<[DimensionName, string | number]>([
    ["bytes", "-0"],
    ["bytes", "-0 B"],
    ["seconds", "-0s"],
    ["seconds", "-0.0h0m"],
    ["ratio", "-0%"],
    ["recordsPerSecond", -0],
  ])("%s: %s, a zero with a sign", (dimension, input) => {
    expect(refusal(input, dimension).fix).toBe("write 0");
  });

  it.each([
    ["12_000", "write digits without underscores"],
    ["12_000/s", "write digits without underscores"],
    ["12,000", "write digits without commas"],
    ["12,000/s", "write digits without commas"],
    ["1,234,567/s", "write digits without commas"],
  ])("of grouped digits, %s: %s", (text, fix) => {
    expect(refusal(text, "recordsPerSecond").fix).toBe(fix);
  });

  it.each<[string, string]>([
    ["digits", `${"1".repeat(500_000)} 2`],
    ["blanks", `1${" ".repeat(500_000)}x y`],
    ["parts of a duration", `${"1h".repeat(250_000)} x`],
    ["groups of digits", `1${",111".repeat(125_000)}`],
  ])("of half a megabyte of %s is quick and short", (_, text) => {
    for (const dimension of ["bytes", "recordsPerSecond", "seconds", "growth"] as const) {
      const begun = process.cpuUsage();
      const { reason } = refusal(text, dimension);
      const { user } = process.cpuUsage(begun);
      expect(user).toBeLessThan(500_000);
      expect(reason.length).toBeLessThan(200);
    }
  });
});

describe("spellings of one value", () => {
  const digits = fc.tuple(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 6 }));
  /** `whole · 10^-places`, as text with a decimal point. */
  const decimalText = ([whole, places]: readonly [number, number]): string => {
    if (places === 0) return String(whole);
    const padded = String(whole).padStart(places + 1, "0");
    return `${padded.slice(0, -places)}.${padded.slice(-places)}`;
  };

  it.each<[DimensionName, string, number, string]>([
    ["bytes", "KB", 3, "B"],
    ["bytes", "MB", 3, "KB"],
    ["bytes", "GB", 9, "B"],
    ["recordsPerSecond", "k/s", 3, "/s"],
    ["recordsPerSecond", "M/day", 3, "k/day"],
    ["seconds", "s", 3, "ms"],
    ["seconds", "ms", 3, "us"],
    ["ratio", "", 2, "%"],
    ["usd", "k", 3, ""],
  ])("%s: with %j or 10^%d as much with %j, to the bit", (dimension, unit, places, smaller) => {
    fc.assert(
      fc.property(digits, ([whole, decimals]) => {
        const large = read(`${decimalText([whole, decimals])} ${unit}`, dimension);
        const moved = `${whole}e${places - decimals} ${smaller}`;
        expect(read(moved, dimension)).toBe(large);
      }),
    );
  });

  it("with or without blanks, zeros, a plus, or an exponent", () => {
    fc.assert(
      fc.property(
        digits,
        fc.constantFrom("", " ", "  ", "\t"),
        fc.constantFrom("", "+"),
        fc.constantFrom("", "0", "000"),
        fc.constantFrom<[DimensionName, string]>(
          ["bytes", "KiB"],
          ["seconds", "h"],
          ["recordsPerSecond", "/min"],
          ["ratio", "%"],
          ["bytesPerSecond", "MB/day"],
        ),
        ([whole, places], blank, plus, zeros, [dimension, unit]) => {
          const plain = read(`${decimalText([whole, places])}${unit}`, dimension);
          const trailing = places === 0 ? "" : zeros;
          expect(
            read(`${blank}${plus}${zeros}${decimalText([whole, places])}${trailing}${blank}${unit}${blank}`, dimension),
          ).toBe(plain);
          expect(read(`${whole}e-${places}${blank}${unit}`, dimension)).toBe(plain);
          expect(read(`${whole}E-0${places}${blank}${unit}`, dimension)).toBe(plain);
        },
      ),
    );
  });

  it("never throws, and gives a finite number or a reason", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc
        .array(fc.constantFrom(..."0123456789.+-eE_,/ $%kKMGTiBhmsdwuµ", "ms", "/s", "/day", "1h"), { maxLength: 14 })
        .map((parts) => parts.join("")),
    );
    const dimensions = [
      "bytes",
      "bytesPerSecond",
      "recordsPerSecond",
      "seconds",
      "ratio",
      "usd",
      "usdPerHour",
      "growth",
    ] as const;
    fc.assert(
      fc.property(text, fc.constantFrom(...dimensions), (input, dimension) => {
        const parsed = parseQuantity(input, dimension);
        if (parsed.ok) expect(Number.isFinite(parsed.value) && !Object.is(parsed.value, -0)).toBe(true);
        else expect(`${parsed.reason}|${parsed.fix}`).toMatch(/^[^|]+\|write /s);
      }),
      { numRuns: 3_000 },
    );
  });
});
