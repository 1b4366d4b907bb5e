import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/diagnostics/diagnostic.js";
import { busiestShare, type KeyWeights } from "../../../src/workload/key-weights.js";
import { hashPosition, readKeyWeights } from "../../../src/workload/read-key-weights.js";

async function* chunksOf(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  for (const chunk of chunks) yield chunk;
}

const read = (text: string): Promise<KeyWeights> => readKeyWeights("k.csv", chunksOf(text));

/** The first 53 bits of the MD5 of a key, by the platform's own. */
function position(key: string): number {
  const digest = createHash("md5").update(key, "utf8").digest();
  return Number(digest.readBigUInt64BE(0) >> 11n) / 2 ** 53;
}

describe("hashPosition", () => {
  it.each(["", "a", "user-1", "ключ", "😀", "k".repeat(256), "2a9f1e02-52c4-4c5e-8f2e-0d2f6b2b0c11"])(
    "is the MD5 of %j",
    (key) => {
      expect(hashPosition(key)).toBe(position(key));
    },
  );

  it("is the MD5 of many keys, from 0 up to but not including 1", () => {
    for (let at = 0; at < 2_000; at += 1) {
      expect(hashPosition(`key-${at}`)).toBe(position(`key-${at}`));
      expect(hashPosition(`key-${at}`)).toBeLessThan(1);
    }
  });
});

describe("a file of key weights", () => {
  it.each([
    ["without a header", "a,1\nb,3\nc,4\n"],
    ["with a header", "key,weight\na,1\nb,3\nc,4\n"],
    ["with CRLF, quotes, blanks and a byte order mark", '\ufeff"a" , 1\r\n\r\nb,3.0\r\n"c",4e0'],
    ["with a key on several lines", "c,1\na,1\nb,1\nc,3\nb,2\n"],
  ])("%s", async (_, text) => {
    const weights = await read(text);
    const byPosition = [
      ["a", 1 / 8],
      ["b", 3 / 8],
      ["c", 4 / 8],
    ] as const;
    const sorted = byPosition.toSorted(([one], [other]) => position(one) - position(other));
    expect([...weights.positions]).toEqual(sorted.map(([key]) => position(key)));
    expect([...weights.shares]).toEqual(sorted.map(([, share]) => share));
    expect(weights.hottest).toEqual({ key: "c", share: 0.5 });
    expect(weights.histogram).toHaveLength(0);
    expect(busiestShare(weights, 1)).toBe(1);
  });

  it("shares the load among shards as the hash says", async () => {
    const keys = Array.from({ length: 500 }, (_, at) => `k${at}`);
    const weights = await read(keys.map((key, at) => `${key},${at + 1}`).join("\n"));
    const total = (500 * 501) / 2;
    for (const shards of [2, 3, 7, 64]) {
      const loads = new Array<number>(shards).fill(0);
      for (const [at, key] of keys.entries()) {
        const shard = Math.floor(position(key) * shards);
        loads[shard] = (loads[shard] ?? 0) + (at + 1) / total;
      }
      expect(busiestShare(weights, shards)).toBeCloseTo(Math.max(...loads), 12);
    }
  });

  it("adds up the hottest key over its lines", async () => {
    const { hottest } = await read("big,5\nsmall,3\nsmall,3\n");
    expect(hottest).toEqual({ key: "small", share: 6 / 11 });
  });

  it("allows a weight of zero, and a comma in a quoted key", async () => {
    const weights = await read('"a,b",2\nc,0\n');
    expect(weights).toMatchObject({ keyCount: 2, hottest: { key: "a,b", share: 1 } });
  });

  it("does not depend on where its chunks are cut", async () => {
    const bytes = Buffer.from('\ufeffkey,weight\r\n"é,""x""",1\r\n😀,3\r\n');
    const whole = await readKeyWeights("k.csv", chunksOf(bytes));
    for (let at = 0; at <= bytes.length; at += 1)
      expect(await readKeyWeights("k.csv", chunksOf(bytes.subarray(0, at), bytes.subarray(at)))).toEqual(whole);
    expect(whole.hottest).toEqual({ key: "😀", share: 0.75 });
  });

  it.each([
    ["no weight", "a,1\nb\n", 2],
    ["an empty weight", "a,1\nb,\n", 2],
    ["a negative weight", "a,1\nb,-1\n", 2],
    ["a word for a weight", "a,1\nb,1\nc,many\n", 3],
    ["an endless weight", "a,1\nb,1e999\n", 2],
    ["a second header", "key,weight\nkey,weight\n", 2],
    ["nothing", "", 1],
    ["a header alone", "key,weight\n", 1],
    ["zeros alone", "a,0\nb,0\n", 1],
  ])("is refused with %s", async (_, text, line) => {
    const error = await read(text).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).diagnostics).toMatchObject([
      { code: "weights-invalid", position: { file: "k.csv", line } },
    ]);
  });

  it("names all wrong lines, and the separator where it is another", async () => {
    await expect(read("a,1\nb,x\nc;2\n")).rejects.toMatchObject({
      diagnostics: [
        { message: '"x" is not a weight', position: { line: 2, column: 3 } },
        { fix: 'part the columns by commas, not by ";"', position: { line: 3 } },
      ],
    });
  });

  it("a negative weight on the first line is not taken for a header", async () => {
    await expect(read("a,-1\nb,1\n")).rejects.toBeInstanceOf(UserError);
  });

  it("of 1.3 million keys keeps its totals and a bounded memory", { timeout: 60_000 }, async () => {
    const keyCount = 1_300_000;
    async function* lines(): AsyncGenerator<string> {
      for (let at = 0; at < keyCount; at += 10_000)
        yield Array.from(
          { length: 10_000 },
          (_, each) => `k${at + each},${at + each === 777_777 ? 500_000 : 1}\n`,
        ).join("");
    }
    const before = process.memoryUsage().arrayBuffers;
    const weights = await readKeyWeights("k.csv", lines());
    const total = keyCount - 1 + 500_000;
    expect(weights.keyCount).toBe(keyCount);
    expect(weights.hottest.key).toBe("k777777");
    expect(weights.hottest.share).toBeCloseTo(500_000 / total, 12);
    const sum = (array: Float64Array): number => array.reduce((all, share) => all + share, 0);
    expect(sum(weights.shares) + sum(weights.histogram)).toBeCloseTo(1, 9);
    expect(busiestShare(weights, 1)).toBeCloseTo(1, 9);
    expect(weights.positions.length).toBeLessThanOrEqual(1_000_000);
    expect(weights.histogram.length).toBe(1_048_576);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(150e6);
    for (const shards of [2, 10]) {
      const hot = Math.floor(position("k777777") * shards);
      expect(busiestShare(weights, shards)).toBeCloseTo((500_000 + (keyCount - 1) / shards) / total, 2);
      expect(hot).toBeLessThan(shards);
    }
  });
});
