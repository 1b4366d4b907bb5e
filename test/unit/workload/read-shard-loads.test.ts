/* Loads of shards, from a form of our own and from what the AWS command line prints. */
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/diagnostics/diagnostic.js";
import { readShardLoads, type TextFile } from "../../../src/workload/read-shard-loads.js";

const last = 2n ** 128n - 1n;
const half = 2n ** 127n;

const own = (shards: readonly object[]): TextFile => ({
  file: "loads.json",
  text: JSON.stringify({ shards }, null, 2),
});
const shard = (shardId: string, start: unknown, end: unknown, bytesPerSecond: unknown = 1, recordsPerSecond = 2) => ({
  shardId,
  hashKeyRange: {
    start: typeof start === "bigint" ? String(start) : start,
    end: typeof end === "bigint" ? String(end) : end,
  },
  bytesPerSecond,
  recordsPerSecond,
});
const twoShards = [shard("upper", half, last, "2 KiB/s"), shard("lower", 0n, half - 1n, 300)];

const listed = (id: string, first: bigint, end: bigint, ending?: string) => ({
  ShardId: id,
  ParentShardId: "shardId-000000000009",
  HashKeyRange: { StartingHashKey: String(first), EndingHashKey: String(end) },
  SequenceNumberRange: { StartingSequenceNumber: "1", ...(ending !== undefined && { EndingSequenceNumber: ending }) },
});
const one = "shardId-000000000001";
const two = "shardId-000000000002";
const closed = "shardId-000000000000";
const list: TextFile = {
  file: "shards.json",
  text: JSON.stringify({
    Shards: [listed(closed, 0n, last, "7"), listed(two, half, last), listed(one, 0n, half - 1n)],
  }),
};
const minutes = ["2026-11-22T10:02:00+00:00", "2026-11-22T10:00:00Z", 1_795_341_660];
const result = (Label: string, Values: unknown[], Timestamps: unknown[] = minutes, more: object = {}) => ({
  Id: "q1",
  Label,
  Timestamps,
  Values,
  StatusCode: "Complete",
  ...more,
});
const metrics = (results: readonly object[], more: object = {}): TextFile => ({
  file: "metrics.json",
  text: JSON.stringify({ MetricDataResults: results, Messages: [], ...more }),
});
const complete = [
  result(`${one} IncomingBytes`, [600, 1200, 60]),
  result(`${two} IncomingBytes`, [0, 0, 120]),
  result(`IncomingRecords ${one}`, [6, 12, 60]),
  result(`IncomingRecords, ${two}`, [], []),
  result(`IncomingBytes ${closed}`, [9e9], [minutes[0]]),
];

async function findings(files: readonly TextFile[], period?: number) {
  const error: unknown = await readShardLoads(files, period).catch((reason: unknown) => reason);
  if (!(error instanceof UserError)) throw new Error("the files were taken", { cause: error });
  return error.diagnostics;
}

describe("loads in a form of our own", () => {
  it("come in the order of their ranges, in base units, whatever the order of the file", async () => {
    const { shards, periodSeconds } = await readShardLoads([own(twoShards)]);
    expect(periodSeconds).toBeUndefined();
    expect(shards).toEqual([
      { shardId: "lower", range: { first: 0n, last: half - 1n }, bytesPerSecond: 300, recordsPerSecond: 2 },
      { shardId: "upper", range: { first: half, last }, bytesPerSecond: 2048, recordsPerSecond: 2 },
    ]);
  });

  it.each([
    ["a gap at the start", [shard("a", 1n, last)], "no open shard has the hash keys from 0 to 0"],
    ["a gap between", [shard("a", 0n, 5n), shard("b", 7n, last)], "no open shard has the hash keys from 6 to 6"],
    ["a gap at the end", [shard("a", 0n, last - 1n)], `no open shard has the hash keys from ${last} to ${last}`],
    ["an overlap", [shard("a", 0n, 7n), shard("b", 7n, last)], "b begins at 7, which the shard before it has too"],
    ["one range twice", [shard("a", 0n, last), shard("b", 0n, last)], "begins at 0, which the shard before it has too"],
    ["ends swapped", [shard("a", last, 0n)], "a ends before it begins"],
    ["a name twice", [shard("a", 0n, 5n), shard("a", 6n, last)], 'two shards are named "a"'],
  ])("are refused with %s", async (_, shards, message) => {
    const [first] = await findings([own(shards)]);
    expect(first).toMatchObject({ code: "shard-ranges", message: expect.stringContaining(message) });
  });

  it.each([
    ["a hash key as a number", shard("a", 0, last), "wrong-type", "shards[0].hashKeyRange.start"],
    ["a hash key beyond the space", shard("a", 0n, last + 1n), "wrong-value", "shards[0].hashKeyRange.end"],
    ["a negative hash key", shard("a", "-1", last), "wrong-value", "shards[0].hashKeyRange.start"],
    ["a hash key of a million digits", shard("a", "9".repeat(1e6), last), "wrong-value", "shards[0].hashKeyRange"],
    ["a negative load", shard("a", 0n, last, -1), "out-of-range", "-1 is negative"],
    ["a load in another unit", shard("a", 0n, last, "5 apples"), "wrong-quantity", "5 apples"],
    ["a misspelt key", { ...shard("a", 0n, last), bytePerSecond: 1 }, "unknown-key", "`bytePerSecond`"],
    ["a key too few", { shardId: "a" }, "missing-key", "shards[0]"],
    ["a shard that is no mapping", [1], "wrong-type", "shards[0]"],
  ])("are refused with %s, and told where", async (_, wrong, code, part) => {
    const [first] = await findings([own([wrong])]);
    expect(first).toMatchObject({ code, message: expect.stringContaining(part) });
    expect(first?.position).toMatchObject({ file: "loads.json" });
  });

  it("are pointed at by line, where a file is not too long for that", async () => {
    const [first] = await findings([own([shard("a", 0n, half - 1n), shard("b", half, last, -5)])]);
    expect(first?.position?.line).toBe(18);
  });
});

describe("what `aws` prints", () => {
  it("gives the peak of each open shard by the period of its points", async () => {
    const expected = [
      { shardId: one, range: { first: 0n, last: half - 1n }, bytesPerSecond: 20, recordsPerSecond: 1 },
      { shardId: two, range: { first: half, last }, bytesPerSecond: 2, recordsPerSecond: 0 },
    ];
    for (const files of [
      [list, metrics(complete)],
      [metrics(complete.slice(0, 2)), list, metrics(complete.slice(2))],
    ])
      expect(await readShardLoads(files)).toEqual({ shards: expected, periodSeconds: 60 });
  });

  it("is taken by the period that is given", async () => {
    const { shards, periodSeconds } = await readShardLoads([list, metrics(complete)], 300);
    expect(periodSeconds).toBe(300);
    expect(shards.map(({ bytesPerSecond }) => bytesPerSecond)).toEqual([4, 0.4]);
  });

  it("tells the metric by the Id where labels hold the shard alone", async () => {
    const byId = complete.map((of) => ({
      ...of,
      Id: of.Label.includes("Bytes") ? "bytes_1" : "r_records",
      Label: of.Label.replace(/Incoming\w+,?/, "").trim(),
    }));
    expect(await readShardLoads([list, metrics(byId)])).toEqual(await readShardLoads([list, metrics(complete)]));
  });

  it.each([
    ["a metric of an open shard is missing", complete.slice(0, 3), `the open shard "${two}" has no IncomingRecords`],
    ["a label names no listed shard", [result("shardId-7 IncomingBytes", [1, 2, 3])], "names no shard of the list"],
    ["a metric is another one", [result(`${one} OutgoingThings`, [1, 2, 3])], "neither IncomingBytes nor"],
    [
      "an answer is partial",
      [result(`${one} IncomingBytes`, [1, 2, 3], minutes, { StatusCode: "PartialData" })],
      "Partial",
    ],
    ["values and times differ in number", [result(`${one} IncomingBytes`, [1])], "not one time for each value"],
    ["a time is none", [result(`${one} IncomingBytes`, [1], ["yesterday"])], "not one time for each value"],
    [
      "no metric has two points",
      complete.map((of) => ({ ...of, Values: [1], Timestamps: [1_795_341_660] })),
      "two data points",
    ],
  ])("is refused where %s", async (_, results, message) => {
    const [first] = await findings([list, metrics(results)]);
    expect(first).toMatchObject({ code: "shard-metrics", message: expect.stringContaining(message) });
  });

  it("is refused where a value is no number from 0 upwards", async () => {
    const [first] = await findings([list, metrics([result(`${one} IncomingBytes`, [1, -2, 3])])]);
    expect(first).toMatchObject({
      code: "wrong-value",
      message: expect.stringContaining("MetricDataResults[0].Values"),
    });
  });

  it("is refused where it is one page of several", async () => {
    const [first] = await findings([list, metrics(complete, { NextToken: "more" })]);
    expect(first).toMatchObject({
      code: "conflicting-keys",
      message: expect.stringContaining("metrics.json has a NextToken"),
    });
  });
});

describe("files that do not go together", () => {
  it.each([
    ["shards without metrics", [list]],
    ["metrics without shards", [metrics(complete)]],
    ["two lists", [list, list, metrics(complete)]],
    ["both forms", [own(twoShards), list, metrics(complete)]],
    ["our own form twice", [own(twoShards), own(twoShards)]],
  ])("are refused: %s", async (_, files) => {
    expect(await findings(files)).toMatchObject([{ code: "conflicting-keys" }]);
  });

  it.each([
    ["a list", "[1]", "missing-key"],
    ["null", "null", "missing-key"],
    ["an empty mapping", "{}", "missing-key"],
    ["two forms in one", '{"shards": [], "Shards": []}', "missing-key"],
    ["an inherited name", '{"__proto__": {"shards": []}}', "missing-key"],
    ["nothing", "", "json-syntax"],
    ["half a file", '{"shards": [', "json-syntax"],
    ["YAML", "shards: []", "json-syntax"],
    ["no shards", '{"shards": []}', "out-of-range"],
    ["shards that are no list", '{"shards": {}}', "wrong-type"],
    ["a deep nest", `{"shards": ${"[".repeat(1e5)}${"]".repeat(1e5)}}`, "wrong-type"],
  ])("are refused: %s", async (_, text, code) => {
    const [first] = await findings([{ file: "f.json", text }]);
    expect(first).toMatchObject({ code, position: { file: "f.json" } });
  });
});
