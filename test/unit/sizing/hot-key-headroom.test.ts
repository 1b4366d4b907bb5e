import { expect, it } from "vitest";
import { parseWorkloads, ServiceCatalogue, size } from "../../../src/index.js";

it("never recommends fewer shards than the minimum, even where a hot key leaves no room for headroom", async () => {
  const text = `version: 1
stream: {name: s}
producers: [{name: p, records: 2000/s, recordSize: 100 B, keys: {hottest: 49.5%}}]`;
  const { workloads } = await parseWorkloads("w.yaml", text);
  const facts = new ServiceCatalogue().forRegion("us-east-1");
  const answers = workloads.map(({ workload }) => size(workload, { facts }));
  // The key takes 990 of a shard's 1,000 records/s; the other 1,010 records/s leave 10 to each shard.
  expect(answers[0]).toMatchObject({
    status: "ok",
    shards: { minimum: 101, recommended: 101, binding: "hot-shard" },
    diagnostics: [{ code: "hot-key-headroom", severity: "warning" }],
  });
});
