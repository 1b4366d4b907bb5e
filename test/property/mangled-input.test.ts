/*
 * Whatever a workload file was mangled into, the program answers or says what is wrong: it neither breaks nor hangs.
 * MANGLED_RUNS and MANGLED_SEED repeat or widen a run by hand.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { FleetSchema, ReverseSchema, SizingSchema } from "../../src/report/result-schemas.js";
import { runInMemory } from "../memory-host.js";

const workload = readFileSync(new URL("../../fixtures/clickstream/workload.yaml", import.meta.url), "utf8");
const runs = Number(process.env["MANGLED_RUNS"] ?? 2_400);
const seed = Number(process.env["MANGLED_SEED"] ?? 20_260);
/** Processor time of one run, which does not depend on what else the machine does. */
const microsecondsMax = 2_000_000;

const answer = v.union([SizingSchema, FleetSchema, ReverseSchema]);

const place = fc.double({ min: 0, max: 0.999_999, noNaN: true });
const stretch = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 12 }) }, fc.integer({ min: 1, max: 600 }));

const metacharacters = [
  ..."&*!|>%@`\"'{}[],:#?-~=",
  "<<: *a",
  "&a ",
  "*a",
  "!!str ",
  "!!binary ",
  "!local ",
  "? ",
  ": ",
  "- ",
  "---\n",
  "...\n",
  "%YAML 1.1\n",
  "%TAG ! x\n",
  "|\n",
  ">-\n",
  "\t",
  "\n\t",
  "\r",
  "\r\n",
  "{",
  "]",
  "[[[[[[[[",
  "{{{{{{{{",
];
const controls = [
  "\u0000",
  "\u0007",
  "\u001b[31m",
  "\u001b]0;x\u0007",
  "\u007f",
  "\u0085",
  "\u009b",
  "\u2028",
  "\ufeff",
];
const numbers = [
  "1e999",
  "-1e999",
  "99999999999999999999999999",
  "0",
  "-0",
  "-1",
  "1e-320",
  "1e308",
  ".inf",
  "-.inf",
  ".nan",
  "0x7fffffff",
  "0o17",
  "1_000",
  "NaN",
  "Infinity",
  "9007199254740993",
  "1e21/s",
  "1e300 GiB",
  "1e-300/s",
  "100000000000%",
  "8760h",
  "1e9d",
];
const words = [
  "null",
  "~",
  "true",
  "yes",
  "on",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "length",
  "name",
];
const unicode = ["é", "語", "😀", "\u202e", "\u200f", "\ud800", "\udfff", "\u{e0041}", "\u00a0", "\u3000", "ﬀ"];
const snippets = fc.constantFrom(...metacharacters, ...controls, ...numbers, ...words, ...unicode);

type Mangle = (text: string) => string;

const at = (text: string, where: number): number => Math.floor(where * (text.length + 1));

const insert: fc.Arbitrary<Mangle> = fc
  .tuple(place, fc.oneof({ weight: 5, arbitrary: snippets }, fc.string({ unit: "binary", maxLength: 6 })))
  .map(
    ([where, what]) =>
      (text) =>
        text.slice(0, at(text, where)) + what + text.slice(at(text, where)),
  );
const remove: fc.Arbitrary<Mangle> = fc.tuple(place, stretch).map(
  ([where, length]) =>
    (text) =>
      text.slice(0, at(text, where)) + text.slice(at(text, where) + length),
);
const duplicate: fc.Arbitrary<Mangle> = fc.tuple(place, stretch).map(
  ([where, length]) =>
    (text) =>
      text.slice(0, at(text, where) + length) + text.slice(at(text, where)),
);
const swap: fc.Arbitrary<Mangle> = fc.tuple(place, stretch).map(([where, length]) => (text) => {
  const from = at(text, where);
  const [one, other] = [text.slice(from, from + length), text.slice(from + length, from + 2 * length)];
  return text.slice(0, from) + other + one + text.slice(from + 2 * length);
});
const editLines = (edit: (lines: string[], from: number, to: number) => void): fc.Arbitrary<Mangle> =>
  fc.tuple(place, place).map(([one, other]) => (text) => {
    const lines = text.split("\n");
    edit(lines, Math.floor(one * lines.length), Math.floor(other * lines.length));
    return lines.join("\n");
  });
const removeLine = editLines((lines, from) => lines.splice(from, 1));
const moveLine = editLines((lines, from, to) => lines.splice(to, 0, ...lines.splice(from, 1)));
const copyLine = editLines((lines, from, to) => lines.splice(to, 0, lines[from] ?? ""));
const indentLine = editLines((lines, from, to) => lines.splice(from, 1, `${" ".repeat(to % 9)}${lines[from]?.trim()}`));

/** A value (what follows a colon) replaced as a whole: the mistake that people make. */
const replaceValue: fc.Arbitrary<Mangle> = fc.tuple(place, snippets).map(([where, what]) => (text) => {
  const values = [...text.matchAll(/: ([^\n{},#]+)/g)];
  const chosen = values[Math.floor(where * values.length)];
  if (chosen === undefined) return text;
  const start = chosen.index + ": ".length;
  return text.slice(0, start) + what + text.slice(start + (chosen[1] ?? "").length);
});
/** A number in the text replaced, its unit kept. */
const replaceNumber: fc.Arbitrary<Mangle> = fc
  .tuple(place, fc.oneof(fc.constantFrom(...numbers), fc.double().map(String), fc.bigInt().map(String)))
  .map(([where, what]) => (text) => {
    const found = [...text.matchAll(/\d+(\.\d+)?/g)];
    const chosen = found[Math.floor(where * found.length)];
    if (chosen === undefined) return text;
    return text.slice(0, chosen.index) + what + text.slice(chosen.index + chosen[0].length);
  });

const mangle = fc.oneof(
  { weight: 3, arbitrary: insert },
  { weight: 2, arbitrary: remove },
  duplicate,
  swap,
  removeLine,
  moveLine,
  copyLine,
  indentLine,
  { weight: 3, arbitrary: replaceValue },
  { weight: 3, arbitrary: replaceNumber },
);
const mangled = fc
  .array(mangle, { minLength: 1, maxLength: 6 })
  .map((mangles) => mangles.reduce((text, one) => one(text), workload));

const flags = fc.constantFrom<readonly string[]>(
  [],
  ["--format", "json"],
  ["--format", "yaml"],
  ["--format", "markdown"],
  ["--format", "csv"],
  ["--explain"],
  ["--shards", "8"],
  ["--shards", "8", "--reverse"],
  ["--horizon", "30d"],
  ["--set", "stream.shards=12"],
  ["--set", "producers.web.records=5000/s"],
  ["--set", "consumers[0].kind=lambda"],
);

describe("size", () => {
  it("survives any mangled workload", { timeout: 60_000 + runs * 50 }, async () => {
    const codes = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(mangled, flags, async (text, extra) => {
        const begun = process.cpuUsage();
        const { code, out, err } = await runInMemory(["size", "workload.yaml", ...extra], { "workload.yaml": text });
        const { user } = process.cpuUsage(begun);
        codes.set(code, (codes.get(code) ?? 0) + 1);
        expect([0, 1, 2], err).toContain(code);
        expect(err).not.toContain("    at ");
        if (code === 2) expect(out).toBe("");
        else expect(out).not.toBe("");
        if (code === 2) expect(err).toMatch(/^(error|warning)\[[a-z-]+\]: ./);
        expect(user).toBeLessThan(microsecondsMax);
        if (code !== 2 && extra.includes("json")) expect(v.safeParse(answer, JSON.parse(out)).issues).toBeUndefined();
        expect(out).not.toMatch(/\bNaN\b|\bInfinity\b|undefined|\[object/);
      }),
      { numRuns: runs, seed },
    );
    // Mangling must leave some files that work, else the test only tries the reader of YAML.
    expect(codes.get(0) ?? 0).toBeGreaterThan(runs / 50);
    expect(codes.get(2) ?? 0).toBeGreaterThan(runs / 4);
  });
});
