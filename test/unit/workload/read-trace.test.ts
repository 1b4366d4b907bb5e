import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/diagnostics/diagnostic.js";
import { bounds } from "../../../src/workload/bounds.js";
import { readTrace, type TraceSeries, type TraceSpec } from "../../../src/workload/read-trace.js";

const spec = (overrides: Partial<TraceSpec> = {}): TraceSpec =>
  ({ file: "t.csv", time: "timestamp", value: "value", per: 60, scale: 1, ...overrides }) as TraceSpec;

async function* chunksOf(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  for (const chunk of chunks) yield chunk;
}

const read = (text: string, overrides?: Partial<TraceSpec>): Promise<TraceSeries> =>
  readTrace("t.csv", chunksOf(text), spec(overrides));

async function failure(
  text: string,
  overrides?: Partial<TraceSpec>,
): Promise<{ line: number | undefined; message: string; fix: string }> {
  const error = await read(text, overrides).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw new Error(`no UserError but ${String(error)}`, { cause: error });
  const [found] = error.diagnostics;
  expect(error.diagnostics).toHaveLength(1);
  expect(found).toMatchObject({ code: "trace-invalid", position: { file: "t.csv" } });
  return { line: found?.position?.line, message: found?.message ?? "", fix: found?.fix ?? "" };
}

const start = Date.UTC(2026, 0, 5) / 1_000;
const rows = (...lines: readonly string[]): string => ["timestamp,value", ...lines, ""].join("\n");

describe("a trace", () => {
  it.each([
    ["ISO 8601 with Z", ["2026-01-05T00:00:00Z,60", "2026-01-05T00:01:00Z,120"]],
    ["ISO 8601 without a zone, which is UTC", ["2026-01-05T00:00:00,60", "2026-01-05 00:01,120"]],
    ["offsets", ["2026-01-05T01:00:00+01:00,60", "2026-01-04T19:01:00-05:00,120"]],
    ["epoch seconds", [`${start},60`, `${start + 60},120`]],
    ["epoch milliseconds", [`${start}000,60`, `${start + 60}000,120`]],
    ["rows in any order", ["2026-01-05T00:01:00Z,120", "2026-01-05T00:00:00Z,60"]],
    ["several rows for one step", ["2026-01-05T00:00:00Z,20", "2026-01-05T00:01:00Z,120", "2026-01-05T00:00:00Z,40"]],
    ["quotes, blanks and blank lines", ['"2026-01-05T00:00:00Z" , "60"', "", "2026-01-05T00:01:00Z,1.2e2"]],
  ])("is read from %s", async (_, lines) => {
    const trace = await read(rows(...lines));
    expect(trace).toMatchObject({ startSeconds: start, stepSeconds: 60, missingSteps: 0, irregularRows: 0 });
    expect([...trace.records]).toEqual([60, 120]);
  });

  it("finds its columns by name, wherever they stand, behind a byte order mark and with CRLF", async () => {
    const text = "\ufeffx,n,when\r\na,60,2026-01-05T00:00:00Z\r\nb,120,2026-01-05T00:01:00Z\r\n";
    expect([...(await read(text, { time: "when", value: "n" })).records]).toEqual([60, 120]);
  });

  it("multiplies by `scale`", async () => {
    expect([...(await read(rows(`${start},60`), { scale: 100 })).records]).toEqual([6_000]);
  });

  it("counts the steps that no row covers", async () => {
    const trace = await read(rows(`${start},1`, `${start + 300},2`));
    expect([...trace.records]).toEqual([1, 0, 0, 0, 0, 2]);
    expect(trace).toMatchObject({ missingSteps: 4, irregularRows: 0, rows: 2 });
  });

  it("shares a row between two steps, and keeps the total", async () => {
    const trace = await read(rows(`${start},100`, `${start + 75},100`, `${start + 120},100`));
    expect([...trace.records].map((value) => Math.round(value))).toEqual([100, 75, 125]);
    expect(trace.irregularRows).toBe(1);
  });

  it("adds rows of the same time, and counts them", async () => {
    const trace = await read(rows(`${start},1`, `${start},2`, `${start + 60},4`, `${start + 90},2`, `${start + 60},8`));
    expect([...trace.records]).toEqual([3, 13, 1]);
    expect(trace).toMatchObject({ repeatedRows: 2, irregularRows: 1 });
  });

  it("starts at the earliest row, even if it comes last", async () => {
    const trace = await read(rows(`${start},1`, `${start - 120},2`));
    expect(trace.startSeconds).toBe(start - 120);
    expect([...trace.records]).toEqual([2, 0, 1]);
  });

  it("sums up to what its rows say, whatever their times and order", async () => {
    const row = fc.tuple(fc.integer({ min: -5_000, max: 5_000 }), fc.integer({ min: 0, max: 1_000 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 700 }),
        async (all, per) => {
          const trace = await read(rows(...all.map(([at, value]) => `${start + at},${value}`)), {
            per: per as TraceSpec["per"],
          });
          const total = all.reduce((sum, [, value]) => sum + value, 0);
          expect(trace.records.reduce((sum, value) => sum + value, 0)).toBeCloseTo(total, 6);
          expect(trace.rows).toBe(all.length);
          expect(trace.startSeconds).toBeLessThanOrEqual(start + Math.min(...all.map(([at]) => at)) + 1e-6);
          expect(trace.missingSteps).toBeLessThan(Math.max(1, trace.records.length));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("does not depend on where its chunks are cut", async () => {
    const bytes = Buffer.from(
      '\ufefftimestamp,naïve,value\r\n"2026-01-05T00:00:00Z","é, ""x""",60\r\n2026-01-05T00:01:00Z,😀,120\r\n',
    );
    const whole = await readTrace("t.csv", chunksOf(bytes), spec());
    expect([...whole.records]).toEqual([60, 120]);
    for (let at = 0; at <= bytes.length; at += 1)
      expect(await readTrace("t.csv", chunksOf(bytes.subarray(0, at), bytes.subarray(at)), spec())).toEqual(whole);
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(await readTrace("t.csv", chunksOf(...single), spec())).toEqual(whole);
  });

  it("may span its bound of steps", async () => {
    const trace = await read(rows(`${start},1`, `${start + (bounds.traceSteps - 1) * 60},2`));
    expect(trace.records.length).toBe(bounds.traceSteps);
    expect(trace.missingSteps).toBe(bounds.traceSteps - 2);
  });
});

describe("a trace is refused", () => {
  it("without its column, with the nearest name", async () => {
    expect(await failure("timestamps,value\n1,2\n")).toMatchObject({ line: 1, fix: 'did you mean "timestamps"?' });
    expect(await failure("timestamp,Value\n1,2\n")).toMatchObject({ line: 1, fix: 'did you mean "Value"?' });
    expect(await failure("a,b\n1,2\n")).toMatchObject({ line: 1, fix: "its columns are a, b" });
  });

  it.each(["many", "", "NaN", "-1", "1e999", "Infinity", "1_000", "1,000"].map((text) => [text]))(
    "with %j for a number, at its line",
    async (text) => {
      const quoted = JSON.stringify(text);
      const { line, message } = await failure(rows(`${start},1`, `${start + 60},${quoted}`, `${start + 120},1`));
      expect(line).toBe(3);
      expect(message).toContain(quoted);
    },
  );

  it.each(["yesterday", "", "2026-02-30", "12"])("with %j for a time, at its line", async (text) => {
    const { line, message } = await failure(rows(`${start},1`, "", `${text},1`));
    expect(line).toBe(4);
    expect(message).toBe(`${JSON.stringify(text)} is not a time`);
  });

  it("with several wrong rows, all at once and each in its field", async () => {
    const text = rows(`${start},abc`, `${start + 60},2`, "foo,3", `${start},-4`);
    await expect(read(text)).rejects.toMatchObject({
      diagnostics: [
        { message: '"abc" is not a number of records', position: { line: 2, column: 12, length: 3 } },
        { message: '"foo" is not a time', position: { line: 4, column: 1, length: 3 } },
        { message: '"-4" is not a number of records', position: { line: 5 } },
      ],
    });
    await expect(read(rows(...Array.from({ length: 1_000 }, () => "x,1")))).rejects.toMatchObject({
      diagnostics: { length: 20 },
    });
  });

  it("whose columns are parted by something else", async () => {
    expect(await failure("timestamp;value\n1;2\n")).toMatchObject({ fix: 'part the columns by commas, not by ";"' });
  });

  it("at its line, far down in a text that comes in pieces", async () => {
    const far = Array.from({ length: 20_000 }, (_, at) => `${start + 60 * at},1${at % 100 === 0 ? "\n" : ""}`);
    const text = rows(...far, "later,1", `${start},1`);
    const pieces = Array.from({ length: Math.ceil(text.length / 777) }, (_, at) =>
      text.slice(777 * at, 777 * at + 777),
    );
    const lineOfLater = text.slice(0, text.indexOf("later")).split("\n").length;
    await expect(readTrace("t.csv", chunksOf(...pieces), spec())).rejects.toMatchObject({
      diagnostics: [{ position: { line: lineOfLater } }],
    });
  });

  it.each([
    ["nothing", ""],
    ["blank lines", "\n\n"],
    ["its header alone", "timestamp,value\n"],
  ])("with %s in it", async (_, text) => {
    expect((await failure(text)).message).toMatch(/no rows/);
  });

  it("when it spans more than the bound, before it takes the memory", async () => {
    for (const far of [bounds.traceSteps * 60, -bounds.traceSteps * 60, 9e9 - start]) {
      const { line, message } = await failure(rows(`${start},1`, `${start + far},2`));
      expect(line).toBe(3);
      expect(message).toContain(`more than ${bounds.traceSteps} steps`);
    }
  });

  it("with an open quote", async () => {
    const { message } = await failure(`timestamp,value\n"${start},1\n`);
    expect(message).toMatch(/quot/i);
  });

  it("with a field that does not end, without reading it all", async () => {
    let sent = 0;
    async function* endless(): AsyncGenerator<string> {
      yield "timestamp,value\n";
      for (; sent < 1_000; sent += 1) yield "x".repeat(65_536);
    }
    await expect(readTrace("t.csv", endless(), spec())).rejects.toBeInstanceOf(UserError);
    expect(sent).toBeLessThan(100);
  });
});
