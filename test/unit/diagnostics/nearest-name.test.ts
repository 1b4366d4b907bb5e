import { describe, expect, it } from "vitest";
import { nearestName } from "../../../src/diagnostics/nearest-name.js";

const keys = ["name", "region", "mode", "shards", "retention", "utilization", "maxRecordSize"];

describe("nearestName", () => {
  it.each([
    ["shard", "shards"],
    ["Shards", "shards"],
    ["SHARDS", "shards"],
    ["retenton", "retention"],
    ["utilisation", "utilization"],
    ["maxrecordsize", "maxRecordSize"],
    ["regoin", "region"],
    ["nam", "name"],
  ])("%s is meant to be %s", (name, meant) => {
    expect(nearestName(name, keys)).toBe(meant);
  });

  it.each(["", "x", "banana", "consumers", "n"])("%j is near nothing", (name) => {
    expect(nearestName(name, keys)).toBeUndefined();
  });

  it("knows nothing among no names, and does not compare very long ones", () => {
    expect(nearestName("shards", [])).toBeUndefined();
    expect(nearestName("s".repeat(1_000_000), keys)).toBeUndefined();
  });
});
