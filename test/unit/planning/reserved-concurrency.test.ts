/*
 * Reserved concurrency that AWS would refuse.
 */
import { describe, expect, it } from "vitest";
import { findOverReserved } from "../../../src/planning/reserved-concurrency.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { workloadOf } from "./findings-of.js";

const facts = new ServiceCatalogue().forRegion("us-east-1");

async function found(...concurrencies: readonly string[]) {
  const consumers = concurrencies.map((one, index) => `name: c${index}, kind: lambda, timePerRecord: 1 ms${one}`);
  return findOverReserved(await workloadOf({ consumers }), facts);
}

describe("reserved concurrency", () => {
  it("leaves 100 of the account's 1,000 to the functions that reserve none", async () => {
    expect(await found(", concurrency: 900", "")).toEqual([]);
    expect(await found(", concurrency: 400", "", ", concurrency: 500")).toEqual([]);
  });

  it("is refused at the function with which it is too much", async () => {
    const [one, ...more] = await found(", concurrency: 400", ", concurrency: 501", ", concurrency: 1");
    expect(more).toEqual([]);
    expect(one?.path).toEqual(["consumers", 1, "concurrency"]);
    expect(one?.message).toBe(
      "c1 reserves 501 of the account's 1,000 concurrent invocations, and the functions before it 400; 100 must be left unreserved",
    );
    expect(one?.fix).toContain("reserve at most 500");
  });
});
