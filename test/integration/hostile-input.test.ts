/*
 * Files that are made to exhaust, confuse or mislead: each is refused with a sentence, in bounded time, and nothing that a terminal,
 * a spreadsheet, a browser or a bidirectional text would act on is ever printed.
 */
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse as parseCsv } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { nodeHost } from "../../src/cli/node-host.js";
import { run } from "../../src/cli/run.js";
import { MemoryHost, type MemoryRun, runInMemory } from "../memory-host.js";

const good = "version: 1\nstream: {name: s}\nproducers:\n  - {name: a, records: 100/s, recordSize: 1 KB}\n";
const secondsMax = 10;
const reportMax = 100_000;

/** A sentence and its fix, no more than a screen or two, and no stack. */
function expectRefusal({ code, out, err }: MemoryRun, seconds: number, diagnostic: RegExp): void {
  expect(err).not.toMatch(/\n {4}at /);
  expect(code, err.slice(0, 500)).toBe(2);
  expect(out).toBe("");
  expect(err).toMatch(diagnostic);
  expect(err).toMatch(/fix: \S/);
  expect(err.length).toBeLessThan(reportMax);
  expect(seconds).toBeLessThan(secondsMax);
}

/** Runs with the processor time it took, which does not depend on what else the machine does. */
async function timed(task: () => Promise<MemoryRun>): Promise<{ result: MemoryRun; seconds: number }> {
  const begun = process.cpuUsage();
  const result = await task();
  const { user, system } = process.cpuUsage(begun);
  return { result, seconds: (user + system) / 1e6 };
}

const sized = (text: string | Uint8Array): Promise<{ result: MemoryRun; seconds: number }> =>
  timed(() => runInMemory(["size", "w.yaml"], { "w.yaml": text }));

const bombLevels = (levels: number): string =>
  Array.from({ length: levels }, (_, at) => `a${at + 1}: &a${at + 1} [${Array(9).fill(`*a${at}`).join(", ")}]\n`).join(
    "",
  );
const fiveMegabytes = 5_000_000;
const nested = (open: string, depth: number, close = ""): string => open.repeat(depth) + close.repeat(depth);

describe("a text that is made to exhaust the machine", () => {
  it.each<[string, () => string, RegExp]>([
    ["an alias bomb", () => `a0: &a0 [x]\n${bombLevels(9)}`, /yaml-bounds/],
    [
      "an alias bomb in one document of 5 MB",
      () => `a0: &a0 [x]\n${bombLevels(9)}${`b: [${"*a9, ".repeat(1_000)}]\n`.repeat(1_000)}`,
      /file-too-large/,
    ],
    ["an alias bomb of many small documents", () => `---\na0: &a0 [x]\n${bombLevels(9)}`.repeat(8_000), /yaml-bounds/],
    [
      "an alias bomb of nested lists",
      () =>
        `- &a [x]\n${Array.from(
          { length: 9 },
          (_, at) =>
            `- &${"b".repeat(at + 1)} [${Array(9)
              .fill(`*${at === 0 ? "a" : "b".repeat(at)}`)
              .join(", ")}]\n`,
        ).join("")}`,
      /yaml-bounds/,
    ],
    ["a megabyte of aliases of one anchor", () => `a: &a [x]\nb: [${"*a,".repeat(340_000)}]\n`, /yaml-bounds/],
    ["half a million brackets", () => nested("[", 500_000), /yaml-bounds|too deep/],
    ["half a million brackets, closed", () => `a: ${nested("[", 500_000, "]")}`, /yaml-bounds|too deep/],
    ["half a million brackets behind an anchor", () => `a: &x ${nested("[", 500_000, "]")}`, /yaml-bounds|too deep/],
    ["nested braces", () => nested("{a: ", 200_000), /yaml-bounds|too deep/],
    [
      "nested blocks",
      () => Array.from({ length: 1_400 }, (_, at) => `${" ".repeat(at)}a:\n`).join(""),
      /yaml-bounds|too deep/,
    ],
    ["nested lists on one line", () => nested("- ", 500_000), /yaml-bounds|too deep/],
    ["deep nesting in a workload", () => `${good}gates: ${nested("[", 3_000, "]")}\n`, /yaml-bounds|too deep/],
    ["a line of a megabyte", () => `a: ${"x".repeat(1_000_000)}\n`, /unknown-key/],
    ["a quoted line of a megabyte without an end", () => `a: "${"x".repeat(1_000_000)}\n`, /yaml-syntax/],
    ["a number of a megabyte", () => good.replace("100/s", "1".repeat(1_000_000)), /wrong-quantity/],
    [
      "a number of a megabyte and a word",
      () => good.replace("100/s", `"${"1".repeat(1_000_000)} x"`),
      /wrong-quantity/,
    ],
    ["a gate of blanks", () => `${good}gates: ["a${" ".repeat(20_000)}b"]\n`, /gate-syntax/],
    [
      "100,000 unknown keys",
      () => good + Array.from({ length: 100_000 }, (_, at) => `k${at.toString(36)}: 1\n`).join(""),
      /unknown-key/,
    ],
    ["100,000 equal keys", () => "a: 1\n".repeat(100_000), /duplicate-key/],
    [
      "80,000 wrong producers",
      () => `version: 1\nstream: {name: s}\nproducers:\n${"  - {a: 1}\n".repeat(80_000)}`,
      /list-too-long|missing-key/,
    ],
    ["100,000 wrong documents", () => "---\n- a\n".repeat(100_000), /wrong-type|missing-key/],
    ["a million commas", () => `[${",".repeat(1_000_000)}`, /yaml-syntax/],
    ["300,000 question marks", () => "?\n".repeat(300_000), /yaml/],
    ["500,000 empty entries", () => "-\n".repeat(500_000), /wrong-type|missing-key/],
    ["5 MB of line breaks", () => "\n".repeat(fiveMegabytes), /empty-input/],
    ["a million markers", () => "---\n".repeat(1_000_000), /empty-input/],
    ["YAML 1.1 by directive", () => `%YAML 1.1\n---\n${good}`, /yaml-version/],
  ])("%s is refused", { timeout: 60_000 }, async (_, text, diagnostic) => {
    const { result, seconds } = await sized(text());
    expectRefusal(result, seconds, diagnostic);
  });

  const traffic = (more: string): string =>
    `version: 1\nstream: {name: s}\nproducers:\n  - {name: a, recordSize: 1 KB, ${more}}\n`;
  const many = (count: number, entry: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => entry(at)).join(", ");

  it.each<[string, string]>([
    ["a cycle of a microsecond", traffic("traffic: {repeat: 1us, timeline: [{at: 0, records: 5}]}")],
    ["a cycle of a millisecond", traffic("traffic: {repeat: 1ms, timeline: [{at: 0, records: 5}]}")],
    ["a timeline of 30 million years", traffic("traffic: {timeline: [{at: 0, records: 5}, {at: 1e15, records: 9}]}")],
    ["a burst beyond all time", traffic("records: 1, bursts: [{at: 1e300, lasts: 1, factor: 2}]")],
    ["a burst without an end", traffic("records: 1, bursts: [{at: 0, lasts: 1e12, factor: 2}]")],
    [
      "10,000 bursts",
      traffic(`records: 1, bursts: [${many(10_000, (at) => `{at: ${at * 60}s, factor: 2, lasts: 30s}`)}]`),
    ],
    ["100,000 points", traffic(`traffic: {timeline: [${many(25_000, (at) => `{at: ${at}, records: 1}`)}]}`)],
    ["rates beyond all numbers", traffic("records: 1e308").replace("1 KB", "1e308")],
    ["a rate of 1e308", traffic("records: 1e308")],
    ["a trillion keys", traffic("records: 1e9, keys: {count: 1000000000000, distribution: zipf, exponent: 0.5}")],
  ])("%s is answered with finite numbers or refused, in time", { timeout: 60_000 }, async (_, text) => {
    const { result, seconds } = await timed(() =>
      runInMemory(["size", "w.yaml", "--format", "json"], { "w.yaml": text }),
    );
    expect([0, 1, 2], result.err.slice(0, 600)).toContain(result.code);
    expect(seconds).toBeLessThan(secondsMax);
    if (result.code === 2) return;
    const { demand, cost, shards } = JSON.parse(result.out);
    const figures = [...Object.values(demand), cost.usdPerMonth, shards.minimum, shards.recommended];
    expect(figures.filter((figure) => !Number.isFinite(figure))).toEqual([]);
  });

  it("growth beyond all numbers is answered with finite numbers or refused", async () => {
    const argv = ["size", "w.yaml", "--format", "json", "--horizon", "30d"];
    const { code, out } = await runInMemory(argv, { "w.yaml": traffic("records: 1/s, growth: 1000%/s") });
    if (code !== 2) expect(Number.isFinite(JSON.parse(out).demand.bytesPerSecondPeak)).toBe(true);
  });
});

describe("a file that is none", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hostile-input-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The machine's own files, the output in memory. */
  async function sizeFile(path: string): Promise<{ result: MemoryRun; seconds: number }> {
    const machine = nodeHost();
    return timed(async () => {
      const host = new MemoryHost({ argv: ["size", path] });
      host.open = machine.open as MemoryHost["open"];
      const code = await run(host);
      return { code, out: host.out, err: host.err, written: host.written };
    });
  }

  it("too large", { timeout: 60_000 }, async () => {
    const path = join(folder, "large.yaml");
    const file = openSync(path, "w");
    const megabyte = Buffer.alloc(1_000_000, "# comment\n");
    for (let written = 0; written < 100; written += 1) writeSync(file, megabyte);
    closeSync(file);
    const { result, seconds } = await sizeFile(path);
    rmSync(path);
    expectRefusal(result, seconds, /file-too-large\]: .*large\.yaml is larger than 64 MiB/);
  });

  it("a directory", async () => {
    mkdirSync(join(folder, "folder.yaml"));
    const { result, seconds } = await sizeFile(join(folder, "folder.yaml"));
    expectRefusal(result, seconds, /file-unreadable\]: .* is a directory/);
  });

  it("missing", async () => {
    const { result, seconds } = await sizeFile(join(folder, "none.yaml"));
    expectRefusal(result, seconds, /file-unreadable\]: .* does not exist/);
  });

  it("below a file", async () => {
    writeFileSync(join(folder, "plain.yaml"), good);
    const { result, seconds } = await sizeFile(join(folder, "plain.yaml", "x.yaml"));
    expectRefusal(result, seconds, /file-unreadable\]: .* lies in something that is not a directory/);
  });

  it("of too long a name", async () => {
    const { result, seconds } = await sizeFile(join(folder, "x".repeat(5_000)));
    expectRefusal(result, seconds, /file-unreadable\]: .* has a name that is too long/);
  });

  it.each<[string, Uint8Array]>([
    ["binary", Uint8Array.from({ length: 100_000 }, (_, at) => (at * 7_919) % 256)],
    ["with a zero byte", Buffer.from(good.replace("name: s", "name: s\u0000"))],
    ["of UTF-16", Buffer.from(good, "utf16le")],
    ["of Latin-1", Buffer.from(good.replace("name: s", "name: é"), "latin1")],
    ["with half a character at its end", Buffer.concat([Buffer.from(good), Uint8Array.of(0xe2, 0x82)])],
  ])("%s", async (_, bytes) => {
    const { result, seconds } = await sized(bytes);
    expectRefusal(result, seconds, /file-not-text\]: w\.yaml is not UTF-8 text/);
  });
});

const evil: readonly (readonly [string, string])[] = [
  ["terminal colours", "\u001b[31mred\u001b[0m"],
  ["a terminal title", "\u001b]0;owned\u0007"],
  ["C1 controls", "\u009b31mred\u0085"],
  ["direction overrides", "a\u202eb\u2066c\u200fd\u061ce"],
  ["invisible characters", "a\u200bb\u2060c\u00add\ufeffe\u{e0041}"],
  ["a line break", "a\nb"],
  ["CRLF", "a\r\nb"],
  ["line and paragraph separators", "a\u2028b\u2029c"],
  ["a zero character", "a\u0000b"],
  ["half a surrogate pair", "a\ud800b"],
  ["HTML", "<script>alert(1)</script><img src=x onerror=alert(1)>"],
  ["HTML entities", "&lt;b&gt; &amp;"],
  ["Markdown", "[x](javascript:alert(1)) **b** `c` | d | # e ~f~ @user ![i](http://x)"],
  ["a formula", "=cmd()|'/C calc'!A0"],
  ["a formula with plus", "+1+1"],
  ["a formula with minus", "-1+1"],
  ["a formula with at", "@SUM(A1)"],
  ["a formula behind a tab", "\t=1"],
  ["quotes and commas", "a\"b,c'd;e"],
  ["a backslash escape", "\\u001b[31m \\n"],
  ["a prototype's name", "__proto__"],
  ["YAML", "a: b # c"],
  ["an emoji, which is harmless", "😀"],
];

/** Everything that a terminal or a text layout acts on, but for the line feeds between lines. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const expectPrintable = ({ out, err }: MemoryRun): void => {
  for (const text of [out, err]) expect(unprintable.exec(text.replaceAll("\n", ""))).toBeNull();
};

describe("a name with", () => {
  const named = (name: string): string => {
    const quoted = JSON.stringify(name);
    return `version: 1
stream: {name: ${quoted}, shards: 1}
producers:
  - {name: ${quoted}, records: 5000/s, recordSize: 3 MB, keys: {count: 3}}
consumers:
  - {name: ${quoted}, kind: kcl, cpuPerRecord: 1ms, worker: {price: $1/h}, recovery: {outage: 30h, within: 2h}, batchSize: 5}
  - {name: other, kind: lambda, timePerRecord: 1ms}
`;
  };
  const size = async (name: string, ...more: readonly string[]): Promise<MemoryRun> => {
    const result = await runInMemory(["size", "w.yaml", ...more], { "w.yaml": named(name) });
    expect(result.code, result.err).toBe(1);
    expectPrintable(result);
    return result;
  };

  it.each(evil)("%s: table", async (_, name) => {
    await size(name, "--format", "table");
    await size(name, "--explain");
  });

  it.each(evil)("%s: json and yaml read it back", async (_, name) => {
    const json = JSON.parse((await size(name, "--format", "json")).out);
    expect([json.stream.name, json.consumers[0].name]).toEqual([name, name]);
    // YAML has no way to write half a surrogate pair that every reader takes.
    const yaml = parseYaml((await size(name, "--format", "yaml")).out);
    expect([yaml.stream.name, yaml.consumers[0].name]).toEqual([name, name]);
    expect(yaml).toEqual(json);
  });

  it.each(evil)("%s: markdown takes it literally", async (_, name) => {
    const { out } = await size(name, "--format", "markdown");
    expect(out).not.toContain("<");
    expect(out).not.toMatch(/(?<!\\)\]\(/);
    expect(out).not.toContain("@");
    const columns = (row: string): number => row.replaceAll(/\\./g, "").split("|").length;
    for (const table of out.split("\n\n").filter((block) => block.startsWith("|")))
      expect(new Set(table.trim().split("\n").map(columns)).size, table).toBe(1);
  });

  it.each(evil)("%s: csv has no formula and the same cells in every row", async (_, name) => {
    const rows: string[][] = parseCsv((await size(name, "--format", "csv")).out);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
  });

  it.each(evil)("%s: a fleet in every format", async (_, name) => {
    for (const format of ["table", "json", "yaml", "markdown", "csv"]) {
      const text = `${named(name)}---\n${named(`${name} `)}`;
      const result = await runInMemory(["size", "w.yaml", "--format", format], { "w.yaml": text });
      expect(result.code).toBe(1);
      expectPrintable(result);
    }
  });
});

describe("an error about a text with", () => {
  it.each(evil)("%s shows it harmlessly", async (_, text) => {
    const quoted = JSON.stringify(text);
    const wrong = `version: ${quoted}
${quoted}: 1
stream: {name: s, mode: ${quoted}, ${quoted}: 2, shards: ${quoted}}
producers:
  - {name: ${quoted}, records: ${quoted}, recordSize: 3, traffic: {daily: {low: 1, high: 2, peakAt: ${quoted}, timezone: ${quoted}}}}
  - {name: ${quoted}, records: 1, recordSize: 3}
consumers: [{name: c, kind: ${quoted}}]
scenario: [{at: 1h, event: deploy, consumer: ${quoted}}, {at: 1h, event: ${quoted}}]
gates: [${quoted}]
`;
    const result = await runInMemory(["size", "w.yaml"], { "w.yaml": wrong });
    expect(result.code).toBe(2);
    expectPrintable(result);
  });

  it.each(evil)("%s, raw in the file, shows it harmlessly", async (_, text) => {
    for (const raw of [`${text}: 1\n${good}`, `${good}${text}\n`, good.replace("100/s", text), `a: '${text}\n`]) {
      const result = await runInMemory(["size", "w.yaml"], { "w.yaml": raw });
      expect([0, 1, 2]).toContain(result.code);
      expectPrintable(result);
    }
  });

  it.each(evil)("%s in arguments and file names shows it harmlessly", async (_, text) => {
    const files = { "w.yaml": good, "l.yaml": `${JSON.stringify(text)}: 1\n` };
    for (const argv of [
      ["size", text],
      ["size", "w.yaml", "--set", text],
      ["size", "w.yaml", "--set", `${text}=1`],
      ["size", "w.yaml", "--set", `stream.${text}=1`],
      ["size", "w.yaml", "--format", text],
      ["size", "w.yaml", "--out", text],
      ["size", "w.yaml", "--shards", text],
      ["size", "w.yaml", "--horizon", text],
      ["size", "w.yaml", "--limits", text],
      ["size", "w.yaml", "--limits", "l.yaml"],
      ["size", "w.yaml", `--${text}`],
      ["limits", "--region", text],
      ["schema", text],
      [text],
    ]) {
      const result = await runInMemory(argv, files);
      expect([0, 2], `${argv.join(" ")}: ${result.err}`).toContain(result.code);
      expectPrintable(result);
    }
  });

  it("escapes a path that cannot be written", async () => {
    const host = new MemoryHost({ argv: ["size", "w.yaml", "--out", "json=\u001b[31mx"], files: { "w.yaml": good } });
    host.writeFile = () => Promise.reject(new Error("EACCES: permission denied, open '\u001b[31mx'"));
    expect(await run(host)).toBe(3);
    expectPrintable({ code: 3, out: host.out, err: host.err, written: host.written });
  });

  it("in a trace and in key weights shows it harmlessly", async () => {
    for (const [, text] of evil) {
      const cell = `"${text.replaceAll('"', '""')}"`;
      const traced = good.replace("records: 100/s", "traffic: {trace: {file: t.csv, per: 1m}}");
      const weighed = good.replace("recordSize: 1 KB", "recordSize: 1 KB, keys: {weightsFile: k.csv}");
      const runs = [
        await runInMemory(["size", "w.yaml"], { "w.yaml": traced, "t.csv": `${cell},b\n1,2\n` }),
        await runInMemory(["size", "w.yaml"], { "w.yaml": traced, "t.csv": `timestamp,value\n${cell},2\n` }),
        await runInMemory(["size", "w.yaml"], { "w.yaml": traced, "t.csv": `timestamp,value\n1767571200,${cell}\n` }),
        await runInMemory(["size", "w.yaml"], { "w.yaml": weighed, "k.csv": `a,1\nb,${cell}\n` }),
        await runInMemory(["size", "w.yaml"], { "w.yaml": weighed, "k.csv": `${cell},1\n` }),
      ];
      for (const result of runs) {
        expect([0, 1, 2]).toContain(result.code);
        expectPrintable(result);
      }
    }
  });
});
