import { expect, it } from "vitest";
import { ServiceCatalogue, size, type Workload } from "../../../src/index.js";
import { reverseSize } from "../../../src/sizing/reverse.js";
import { oneWorkload } from "../../one-workload.js";

const facts = new ServiceCatalogue().forRegion("us-east-1");

const workloadOf = (stream: string, hottest: string): Promise<Workload> =>
  oneWorkload(`version: 1
stream: ${stream}
producers: [{name: p, records: 2000/s, recordSize: 100 B, keys: {hottest: ${hottest}}}]`);

it("never recommends fewer shards than the minimum, even where a hot key leaves no room for headroom", async () => {
  const workload = await workloadOf("{name: s}", "49.5%");
  // The key takes 990 of a shard's 1,000 records/s; the other 1,010 records/s leave 10 to each shard.
  expect(size(workload, { facts })).toMatchObject({
    status: "ok",
    shards: { minimum: 101, recommended: 101, binding: "hot-shard" },
    diagnostics: [{ code: "hot-key-headroom", severity: "warning" }, { code: "aggregation-saves-shards" }],
  });
});

it("says what a key that fills its shard leaves room for, though no shard count carries the whole", async () => {
  const workload = await workloadOf("{name: s, utilization: 100%}", "50%");
  const sizing = size(workload, { facts });
  expect(sizing.status).toBe("infeasible");
  expect(sizing.diagnostics[0]).toMatchObject({ code: "hot-shard-unreachable", severity: "error" });
  const reverse = reverseSize(workload, 4, { facts });
  expect(reverse).toMatchObject({ status: "ok", diagnostics: [{ code: "aggregation-saves-shards" }] });
  expect(reverse.carries.binding).toBe("hot-shard");
  // At factor f its shard takes 1,000·f of the key and a quarter of the other 1,000·f: f = 0.8.
  expect(reverse.carries.minimum.factor).toBeCloseTo(0.8, 6);
});
