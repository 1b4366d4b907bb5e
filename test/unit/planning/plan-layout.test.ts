/* Plans of splits and merges: what they rest on, what they promise, and why there is none. */
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/diagnostics/diagnostic.js";
import { type LayoutRequest, type LayoutResult, planLayout } from "../../../src/planning/layout/plan-layout.js";
import { equalRanges } from "../../../src/service/hash-range.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { busiestShare } from "../../../src/workload/key-weights.js";
import { readKeyWeights } from "../../../src/workload/read-key-weights.js";
import type { ShardLoad } from "../../../src/workload/read-shard-loads.js";
import { oneWorkload } from "../../one-workload.js";

const last = 2n ** 128n - 1n;
const limits = (values: Readonly<Record<string, number>>): ServiceCatalogue =>
  new ServiceCatalogue({
    everywhere: new Map(Object.entries(values).map(([name, value]) => [name, { value, source: "test" }])),
    byRegion: new Map(),
  });

interface Asked extends Partial<Omit<LayoutRequest, "facts">> {
  readonly catalogue?: ServiceCatalogue;
  readonly stream?: string;
  readonly producer?: string;
}

async function layout({
  catalogue = new ServiceCatalogue(),
  stream = "",
  producer = "",
  ...more
}: Asked): Promise<LayoutResult> {
  const workload = await oneWorkload(
    `version: 1\nstream: {name: s${stream}}\nproducers: [{name: p, records: 8000/s, recordSize: 1 KiB${producer}}]\n`,
  );
  const facts = catalogue.forRegion("us-east-1");
  return planLayout(workload, { attachments: noAttachments, facts, margin: 0, shardValue: 0, seed: 1, ...more });
}

/** Open shards on equal ranges that carry so many records per second of 100 bytes. */
const carrying = (...records: readonly number[]): { shards: ShardLoad[] } => ({
  shards: equalRanges(records.length).map((range, index) => ({
    shardId: `shard-${index}`,
    range,
    bytesPerSecond: 100 * (records[index] as number),
    recordsPerSecond: records[index] as number,
  })),
});

const codesOf = ({ diagnostics }: LayoutResult): string[] => diagnostics.map(({ code }) => code);
const callsOf = ({ plan }: LayoutResult): string[] => plan.operations.map(({ operation }) => operation);

describe("a plan by measured shards", () => {
  it("halves a hot shard and leaves the others alone", async () => {
    const { status, plan, after, ...rest } = await layout({ measured: carrying(100, 1_200, 100, 100) });
    const [, hot] = equalRanges(4);
    expect(status).toBe("ok");
    expect(plan).toMatchObject({
      startShards: 4,
      endShards: 5,
      openShardsMax: 5,
      maxLoadBefore: 1.2,
      maxLoadAfter: 0.6,
    });
    expect(plan.operations).toEqual([
      {
        operation: "split-shard",
        hashKeyRange: { start: String(hot?.first), end: String(hot?.last) },
        newStartingHashKey: String((hot?.first ?? 0n) + 2n ** 125n),
        atSeconds: 0,
        durationSeconds: 60,
        reason: "carries 120% of the records that a shard accepts, more than the 80% planned",
      },
    ]);
    expect(after.map(({ load }) => load)).toEqual([0.1, 0.6, 0.6, 0.1, 0.1]);
    expect(codesOf({ status, plan, after, ...rest })).toEqual(["layout-undone", "even-load-assumed"]);
  });

  it("merges what is cold where shards are worth it, coldest first", async () => {
    const measured = carrying(90, 60, 30, 20, 700, 1_200);
    const few = await layout({ measured, shardValue: 1 });
    expect(callsOf(few)).toEqual(["split-shard", "merge-shards", "merge-shards", "merge-shards"]);
    expect(few.plan.endShards).toBe(4);
    const same = await layout({ measured, shardsMax: 6 });
    const [, merge] = same.plan.operations;
    expect(same.plan).toMatchObject({ endShards: 6, openShardsMax: 7 });
    expect(merge?.reason).toBe("both together carry 5% of the records that a shard accepts");
  });

  it("has nothing to do where every shard is within the target, and nothing can undo that", async () => {
    const result = await layout({ measured: carrying(800, 10), stream: ", shards: 3" });
    expect(result.plan).toMatchObject({ operations: [], durationSeconds: 0, endShards: 2 });
    expect(codesOf(result)).toEqual(["even-load-assumed"]);
    expect(result.diagnostics[0]?.message).toContain("the 2 shards that are listed, not from `stream.shards`");
  });

  it("provides for a margin on top", async () => {
    expect((await layout({ measured: carrying(700, 10), margin: 0.1 })).plan.operations).toHaveLength(0);
    const more = await layout({ measured: carrying(700, 10), margin: 0.2 });
    expect(more.plan).toMatchObject({ maxLoadBefore: 0.84, maxLoadAfter: 0.42 });
  });

  it("does not split what has one hash key", async () => {
    const [low, high] = carrying(900, 10).shards as [ShardLoad, ShardLoad];
    const narrow = { ...low, range: { first: 0n, last: 0n } };
    const result = await layout({ measured: { shards: [narrow, { ...high, range: { first: 1n, last } }] } });
    expect(result).toMatchObject({
      status: "infeasible",
      plan: { operations: [], endShards: 2 },
      fewest: { shards: null },
    });
    expect(codesOf(result)).toEqual(["layout-unreachable"]);
    expect(result.diagnostics[0]?.fix).toContain("over 2 or more");
  });

  it("says when so few shards cannot do, or the quota leaves no room", async () => {
    const tooFew = await layout({ measured: carrying(900, 700), shardsMax: 1 });
    expect(tooFew.diagnostics[0]).toMatchObject({
      code: "layout-unreachable",
      fix: expect.stringContaining("--max-shards"),
    });
    const full = await layout({ measured: carrying(900, 700), catalogue: limits({ "account.shards": 2 }) });
    expect(full.diagnostics[0]?.fix).toContain("quota on shards");
    const stuck = await layout({ measured: carrying(900, 500), catalogue: limits({ "account.shards": 2 }) });
    expect(stuck.diagnostics[0]?.message).toBe(
      "with at most 2 shards open at once there is no room to move a boundary",
    );
    expect(stuck).toMatchObject({ status: "infeasible", plan: { endShards: 2, operations: [] } });
    const roomy = await layout({
      measured: carrying(900, 500),
      shardsMax: 2,
      catalogue: limits({ "account.shards": 3 }),
    });
    expect(callsOf(roomy)).toEqual(["split-shard", "merge-shards"]);
  });

  it("refuses loads beyond any stream at once", async () => {
    const result = await layout({ measured: carrying(...new Array<number>(2_000).fill(1e12)) });
    expect(result).toMatchObject({ status: "infeasible", uniform: { shards: null } });
  });
});

describe("the count for UpdateShardCount", () => {
  it("is the first at which every equal shard is within the target", async () => {
    const loads = [900, 20, 700, 300, 650, 10];
    const { uniform } = await layout({ measured: carrying(...loads) });
    // Equal shards of n cut the six even ranges; the load of each by hand.
    const busiest = (count: number): number =>
      Math.max(
        ...Array.from({ length: count }, (_, shard) =>
          loads.reduce((sum, load, index) => {
            const overlap = Math.min((index + 1) / 6, (shard + 1) / count) - Math.max(index / 6, shard / count);
            return sum + load * 6 * Math.max(0, overlap);
          }, 0),
        ),
      );
    const counts = Array.from({ length: 40 }, (_, index) => index + 1);
    const first = counts.find((count) => busiest(count) <= 800 * (1 + 1e-9)) as number;
    expect(uniform.shards).toBe(first);
    expect(uniform.maxLoad).toBeCloseTo(busiest(first) / 1_000, 6);
  });

  it("takes as many calls as doubling needs, and none where a call cannot raise it", async () => {
    const measured = carrying(4_000);
    expect((await layout({ measured })).uniform).toMatchObject({ shards: 5, calls: 3 });
    const stuck = await layout({ measured, catalogue: limits({ "updateShardCount.factorMax": 1 }) });
    expect(stuck.uniform).toMatchObject({ shards: null, calls: null, durationSeconds: null });
  });
});

describe("a plan by keys", () => {
  const keys = ", keys: {weightsFile: keys.csv}";

  it("cuts at the real hashes of the keys", async () => {
    const lines = Array.from({ length: 200 }, (_, index) => `tenant-${index},${1_000 / (index + 1)}\n`);
    const weights = await readKeyWeights(
      "keys.csv",
      (async function* () {
        yield lines.join("");
      })(),
    );
    const attachments = { traces: new Map(), weights: new Map([["p", weights]]) };
    const asked = { attachments, stream: ", shards: 12, utilization: 1", producer: keys };
    const result = await layout(asked);
    expect(result.plan.maxLoadBefore).toBeCloseTo(8 * busiestShare(weights, 12), 6);
    expect(result.source).toBe("listed-keys");
    // The hottest key alone has 17 % of 8,000 records a second.
    expect(codesOf(result)).toEqual(["hot-key"]);
    const catalogue = limits({ "shard.writeRecordsPerSecond": 2_000, "shard.writeBytesPerSecond": 4e6 });
    const cooler = await layout({ ...asked, catalogue });
    expect(cooler.status).toBe("ok");
    expect(cooler.plan.maxLoadAfter).toBeLessThanOrEqual(1);
    expect(cooler.after.reduce((sum, { recordsPerSecond }) => sum + recordsPerSecond, 0)).toBeCloseTo(8_000, 3);
  });

  it("agrees with the prototype on 20,000 keys of Zipf 0.9 on 50 shards, as far as other keys allow", async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `user-${index},${(index + 1) ** -0.9}\n`);
    const weights = await readKeyWeights(
      "keys.csv",
      (async function* () {
        yield lines.join("");
      })(),
    );
    const attachments = { traces: new Map(), weights: new Map([["p", weights]]) };
    // 12 MB/s where a shard takes 1 MB/s, as there; the hottest key has 0.69 of a shard.
    const catalogue = limits({ "shard.writeBytesPerSecond": 1024 * (8_000 / 12), "shard.writeRecordsPerSecond": 1e6 });
    const asked = { attachments, stream: ", shards: 50", producer: keys, catalogue };
    const { plan, fewest, uniform } = await layout(asked);
    // There: one split; 77 equal shards; 16 shards of any widths, and 39 operations to 17.
    expect(plan.operations.length).toBeLessThanOrEqual(3);
    expect(uniform.shards).toBeGreaterThan(60);
    expect(fewest.shards).toBe(16);
    const few = await layout({ ...asked, shardValue: 5 });
    expect(few.plan.endShards).toBe(17);
    expect(Math.abs(few.plan.operations.length - 39)).toBeLessThanOrEqual(4);
  });

  it("says that places of keys without names are drawn, by the seed", async () => {
    const producer = ", keys: {count: 5000, distribution: zipf, exponent: 0.6}";
    const one = await layout({ producer, stream: ", shards: 9" });
    expect(codesOf(one)).toEqual(["layout-undone", "key-places-drawn"]);
    expect(one).toMatchObject({ status: "ok", source: "drawn-keys" });
    expect(await layout({ producer, stream: ", shards: 9" })).toEqual(one);
    expect((await layout({ producer, stream: ", shards: 9", seed: 2 })).before).not.toEqual(one.before);
  });

  it("refuses a key that leaves its shard no headroom, with the way out", async () => {
    const result = await layout({ producer: ", keys: {hottest: 11%}", stream: ", shards: 20" });
    expect(result.status).toBe("infeasible");
    expect(codesOf(result)).toEqual(["layout-unreachable", "hot-key-headroom"]);
    expect(result.diagnostics[0]?.fix).toContain("over 2 or more by a suffix");
  });

  it.each([
    ["nothing is said of keys", {}, "missing-key"],
    [
      "the service reshards by itself",
      { stream: ", mode: on-demand", producer: ", keys: {hottest: 1%}" },
      "conflicting-keys",
    ],
  ])("is refused where %s", async (_, asked, code) => {
    const error: unknown = await layout(asked).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).diagnostics[0]?.code).toBe(code);
  });
});
