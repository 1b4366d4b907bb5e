import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ServiceCatalogue, type Sizing, size } from "../../src/index.js";
import { oneWorkload } from "../one-workload.js";

const facts = new ServiceCatalogue().forRegion("us-east-1");

async function answer(keys: string, trafficOfA: string, trafficOfB: string): Promise<Sizing> {
  const workload = await oneWorkload(`version: 1
stream: {name: s}
producers:
  - {name: a, ${trafficOfA}, recordSize: 300 B, keys: ${keys}}
  - {name: b, ${trafficOfB}, recordSize: 2 KiB}`);
  return size(workload, { facts });
}

const hotShardOf = ({ shards }: Sizing) => shards.constraints.find(({ name }) => name === "hot-shard");

const timeline = (rates: readonly number[]): string =>
  `traffic: {timeline: [${rates.map((rate, hour) => `{at: ${hour}h, records: ${rate}/s}`).join(", ")}]}`;

const rates = fc.array(fc.tuple(fc.integer({ min: 0, max: 6_000 }), fc.integer({ min: 0, max: 20_000 })), {
  minLength: 2,
  maxLength: 8,
});

/** The hour that asks for most, each hour sized as if it lasted for ever; undefined where one of them is beyond any count. */
async function worstHour(keys: string, hours: readonly (readonly [number, number])[]) {
  const counts: ReturnType<typeof hotShardOf>[] = [];
  for (const [a, b] of hours) counts.push(hotShardOf(await answer(keys, `records: ${a}/s`, `records: ${b}/s`)));
  const worst = (of: "minimum" | "recommended"): number | null =>
    counts.reduce<number | null>((most, count) => {
      const asked = count?.[of] ?? null;
      return most === null || asked === null ? null : Math.max(most, asked);
    }, 0);
  return { minimum: worst("minimum"), recommended: worst("recommended") };
}

describe("the hot shard of traffic over time", () => {
  it("is that of the worst hour, whether the stream or the keyed producer is at its peak then or neither", async () => {
    await fc.assert(
      fc.asyncProperty(rates, fc.integer({ min: 1, max: 30 }), async (hours, percent) => {
        const keys = `{hottest: ${percent}%}`;
        const sizing = await answer(keys, timeline(hours.map(([a]) => a)), timeline(hours.map(([, b]) => b)));
        expect(hotShardOf(sizing)).toMatchObject(await worstHour(keys, hours));
      }),
      { numRuns: 60 },
    );
  });

  it("is no less for keys that are known by their distribution", async () => {
    await fc.assert(
      fc.asyncProperty(rates, fc.integer({ min: 50, max: 100_000 }), async (hours, count) => {
        const keys = `{count: ${count}, distribution: zipf, exponent: 0.8}`;
        const sizing = await answer(keys, timeline(hours.map(([a]) => a)), timeline(hours.map(([, b]) => b)));
        const worst = await worstHour(keys, hours);
        const found = hotShardOf(sizing);
        for (const of of ["minimum", "recommended"] as const) {
          if (worst[of] === null) expect(found?.[of]).toBeNull();
          else expect(found?.[of] ?? Number.NaN).toBeGreaterThanOrEqual(0.97 * worst[of] - 1);
        }
      }),
      { numRuns: 40 },
    );
  });
});
