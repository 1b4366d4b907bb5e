import { describe, expect, it } from "vitest";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { parsePlan } from "../../../src/workload/saved-plan.js";

const facts = new ServiceCatalogue().forRegion("us-east-1");
const max = String(2n ** 128n - 1n);

function planText(plan: object, more: object = {}): string {
  const stream = { name: "orders", region: "eu-west-1" };
  return JSON.stringify({ schemaVersion: 1, command: "reshard", stream, plan, ...more }, null, 1);
}

async function findings(text: string): Promise<string[]> {
  const { plan, diagnostics } = await parsePlan("plan.json", text, facts);
  expect(plan === undefined).toBe(diagnostics.length > 0);
  return diagnostics.map(({ message, position }) => `${position?.line}:${position?.column} ${message}`);
}

const steps = (...counts: readonly number[]): object => ({
  startShards: counts[0],
  steps: counts.slice(1).map((to, index) => ({ atSeconds: index, from: counts[index], to })),
});

describe("a saved plan", () => {
  it("is read from JSON and from YAML, whatever else it says", async () => {
    const text = planText(steps(4, 8, 16, 8), { startsAt: "2026-12-01T06:00:00+01:00", gap: 0.1 });
    const { plan } = await parsePlan("plan.json", text, facts);
    expect(plan).toMatchObject({ stream: { name: "orders" }, startsAt: 1_796_101_200, startShards: 4 });
    expect(plan?.calls).toEqual([
      { operation: "update-shard-count", atSeconds: 0, from: 4, to: 8 },
      { operation: "update-shard-count", atSeconds: 1, from: 8, to: 16 },
      { operation: "update-shard-count", atSeconds: 2, from: 16, to: 8 },
    ]);
    const yaml =
      "schemaVersion: 1\ncommand: reshard\nstream: {name: a, region: us-east-1}\nplan: {startShards: 1, steps: []}\n";
    expect(await parsePlan("plan.yaml", yaml, facts)).toMatchObject({ plan: { calls: [] }, diagnostics: [] });
  });

  it("is read however long it is", async () => {
    const timeline = Array.from({ length: 40_000 }, (_, at) => ({ at, shardsNeeded: 1, shardsInForce: 1 }));
    const { plan } = await parsePlan("plan.json", planText(steps(1, 2), { timeline }), facts);
    expect(plan?.calls).toHaveLength(1);
    expect(await findings(planText(steps(1, 5), { timeline }))).toEqual(["1:1 no call leads from 1 to 5 shards"]);
  });

  it.each([
    ["more than doubles", steps(4, 9), "no call leads from 4 to 9 shards"],
    ["less than halves", steps(7, 3), "no call leads from 7 to 3 shards"],
    ["changes nothing", steps(4, 4), "this call changes nothing"],
    [
      "starts elsewhere",
      { startShards: 4, steps: [{ atSeconds: 0, from: 5, to: 8 }] },
      "this call starts from 5 shards, and the plan has 4 then",
    ],
    [
      "goes back in time",
      {
        startShards: 4,
        steps: [
          { atSeconds: 9, from: 4, to: 8 },
          { atSeconds: 3, from: 8, to: 4 },
        ],
      },
      "this call is at 3 s, and the one before it at 9 s",
    ],
    ["has no calls", { startShards: 4 }, "`plan` has no `steps`"],
    [
      "has both kinds of calls",
      { startShards: 4, steps: [], operations: [] },
      "a plan has either `steps` or `operations`",
    ],
    [
      "splits outside of the shard",
      {
        startShards: 1,
        operations: [
          {
            operation: "split-shard",
            atSeconds: 0,
            hashKeyRange: { start: "10", end: "20" },
            newStartingHashKey: "10",
          },
        ],
      },
      "10 does not lie within the shard's hash keys",
    ],
    [
      "merges shards that are apart",
      {
        startShards: 3,
        operations: [
          {
            operation: "merge-shards",
            atSeconds: 0,
            lower: { start: "0", end: "9" },
            upper: { start: "11", end: max },
          },
        ],
      },
      "only shards whose hash keys follow one another can be merged",
    ],
  ])("is refused where it %s", async (_, plan, message) => {
    const found = await findings(planText(plan));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^\d+:\d+ /);
    expect(found[0]).toContain(message);
  });

  it("says of each value what is wrong with it", async () => {
    const text = planText(
      { startShards: 0, steps: [{ atSeconds: -1, from: 1.5, to: "2" }] },
      { stream: { name: "a b; rm", region: "mars", account: "12" }, startsAt: "soon" },
    );
    const found = await findings(text);
    expect(found.map((one) => one.replace(/^\d+:\d+ /, ""))).toEqual([
      "`stream.name`: no stream has such a name",
      "`stream.region`: no region has such a name",
      "`stream.account`: an account has 12 digits",
      "`startsAt`: this is no time",
      "`plan.startShards`: 0 is too small",
      "`plan.steps[0].atSeconds`: -1 is negative",
      "`plan.steps[0].from`: 1.5 is not a whole number",
      '`plan.steps[0].to` takes a plain number, not "2"',
    ]);
  });

  it("is refused where its hash keys are an example", async () => {
    const [found] = await findings(planText({ startShards: 1, operations: [] }, { source: "drawn-keys" }));
    expect(found).toContain("where the keys of this plan fall is drawn");
  });

  it("is told from other answers, other files and no file at all", async () => {
    expect(await findings('{"command": "size"}')).toEqual(["1:14 this is an answer of `size`, not a plan"]);
    expect((await findings("version: 1")).length).toBeGreaterThan(1);
    expect(await findings("")).toEqual(["1:1 there is not one plan in this file"]);
    expect((await findings('{"command": '))[0]).toMatch(/^1:/);
    expect((await findings("[1, 2]"))[0]).toContain("the plan has no `schemaVersion`");
  });

  it("may go as far as limits in force allow", async () => {
    const wide = {
      everywhere: new Map([["updateShardCount.factorMax", { value: 4, source: "test" }]]),
      byRegion: new Map(),
    };
    const raised = new ServiceCatalogue(wide).forRegion("us-east-1");
    expect((await parsePlan("plan.json", planText(steps(4, 16)), raised)).diagnostics).toEqual([]);
  });
});
