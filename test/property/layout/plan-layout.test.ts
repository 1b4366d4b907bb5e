/* Whole plans for measured shards on the real hash space, replayed by their decimal hash keys. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { type LayoutResult, planLayout } from "../../../src/planning/layout/plan-layout.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import type { ShardLoad } from "../../../src/workload/read-shard-loads.js";
import { oneWorkload } from "../../one-workload.js";

const SPACE = 2n ** 128n;
const workload = await oneWorkload(
  "version: 1\nstream: {name: s, utilization: 75%}\nproducers: [{name: p, records: 1/s, recordSize: 1 B}]\n",
);
const facts = new ServiceCatalogue().forRegion("us-east-1");
const target = 750;

/** Shards on ranges of many widths, none so narrow that single keys weigh; loads are those of records. */
const shards: fc.Arbitrary<ShardLoad[]> = fc
  .uniqueArray(fc.bigInt({ min: 1n, max: 2n ** 28n - 1n }), { maxLength: 60 })

  .chain((boundaries) => {
    const firsts = [0n, ...boundaries.toSorted((a, b) => (a < b ? -1 : 1))].map((at) => at << 100n);
    const load = fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0, max: 700 }) },
      fc.integer({ min: 0, max: 6_000 }),
    );
    return fc.array(load, { minLength: firsts.length, maxLength: firsts.length }).map((loads) =>
      firsts.map((first, index) => ({
        shardId: `shard-${index}`,
        range: { first, last: (firsts[index + 1] ?? SPACE) - 1n },
        bytesPerSecond: 0,
        recordsPerSecond: loads[index] as number,
      })),
    );
  });

const plan = (measured: readonly ShardLoad[], more: { shardValue?: number; shardsMax?: number } = {}): LayoutResult =>
  planLayout(workload, {
    attachments: noAttachments,
    facts,
    measured: { shards: measured },
    margin: 0,
    shardValue: 0,
    seed: 1,
    ...more,
  });

/** The open shards after every call, as `start-end`; throws where a call is not one that the service would take. */
function replay({ plan: { operations }, before }: LayoutResult): string[] {
  const open = new Set(before.map(({ hashKeyRange: { start, end } }) => `${start}-${end}`));
  const close = (range: { start: string; end: string }): void => {
    if (!open.delete(`${range.start}-${range.end}`)) throw new RangeError(`${range.start} is not open`);
  };
  for (const call of operations) {
    if (call.operation === "split-shard") {
      const { start, end } = call.hashKeyRange;
      const at = BigInt(call.newStartingHashKey);
      if (at <= BigInt(start) || at > BigInt(end)) throw new RangeError("split outside of the shard");
      close(call.hashKeyRange);
      open.add(`${start}-${at - 1n}`).add(`${at}-${end}`);
    } else {
      if (BigInt(call.lower.end) + 1n !== BigInt(call.upper.start)) throw new RangeError("not adjacent");
      close(call.lower);
      close(call.upper);
      open.add(`${call.lower.start}-${call.upper.end}`);
    }
  }
  return [...open].sort();
}

function expectSound(result: LayoutResult): void {
  const { after, plan: planned } = result;
  expect(replay(result)).toEqual(after.map(({ hashKeyRange: { start, end } }) => `${start}-${end}`).sort());
  expect(planned.endShards).toBe(after.length);
  let next = 0n;
  for (const { hashKeyRange: range, load } of after) {
    expect(BigInt(range.start)).toBe(next);
    expect(load).toBeLessThanOrEqual(0.75 + 1e-6);
    next = BigInt(range.end) + 1n;
  }
  expect(next).toBe(SPACE);
}

it("splits each hot shard into as few parts as its load needs, and nothing else", () => {
  fc.assert(
    fc.property(shards, (measured) => {
      const result = plan(measured);
      expectSound(result);
      const needed = measured.reduce(
        (sum, { recordsPerSecond }) => sum + Math.max(1, Math.ceil(recordsPerSecond / target)),
        0,
      );
      expect(result.plan).toMatchObject({ endShards: needed, openShardsMax: needed });
      expect(result.plan.operations).toHaveLength(needed - measured.length);
    }),
    { numRuns: 200 },
  );
});

it("keeps to as many shards as are allowed, at no fewer operations than without", () => {
  fc.assert(
    fc.property(shards, fc.integer({ min: 0, max: 12 }), (measured, fewer) => {
      const free = plan(measured);
      const shardsMax = Math.max(1, free.plan.endShards - fewer);
      const result = plan(measured, { shardsMax });
      expect(result.status).toBe(shardsMax >= (result.fewest.shards ?? 0) ? "ok" : "infeasible");
      if (result.status === "infeasible") return;
      expectSound(result);
      expect(result.plan.endShards).toBeLessThanOrEqual(shardsMax);
      expect(result.plan.operations.length).toBeGreaterThanOrEqual(free.plan.operations.length);
      expect(result.plan.operations.length).toBeLessThanOrEqual(result.fewest.operations ?? 0);
    }),
    { numRuns: 200 },
  );
});

it("needs no more shards of any widths than of equal ones", () => {
  fc.assert(
    fc.property(shards, (measured) => {
      const { fewest, uniform } = plan(measured, { shardValue: 2 });
      expect(fewest.shards).toBeLessThanOrEqual(uniform.shards ?? Number.POSITIVE_INFINITY);
    }),
    { numRuns: 50 },
  );
});
