/*
 * Events of a scenario that `simulate` refuses before it runs, with the place at which they stand.
 */
import { describe, expect, it } from "vitest";
import { runInMemory } from "../../memory-host.js";

const workloadOf = (...events: readonly string[]): string => `version: 1
stream: {name: s, shards: 4}
producers: [{name: p, records: 1/s, recordSize: 100 B}]
consumers: [{name: c, kind: sdk, workers: 1}]
scenario:
${events.map((event) => `  - {${event}}`).join("\n")}
`;

const simulate = (...events: readonly string[]) =>
  runInMemory(["simulate", "w.yaml", "--duration", "10m", "-f", "json"], { "w.yaml": workloadOf(...events) });

async function hintsOf(...events: readonly string[]): Promise<string[]> {
  const { out } = await simulate(...events);
  const { diagnostics } = JSON.parse(out) as { diagnostics: { code: string; message: string; line?: number }[] };
  return diagnostics.map(({ code, line, message }) => `${code} ${line}: ${message}`);
}

describe("an event that the service refuses in any case", () => {
  it.each([
    [
      "a merge of a shard with itself",
      "event: merge-shards, at: 1m, shard: 0, adjacent: 0",
      "adjacent hash key ranges",
    ],
    ["a split at the upper end of the range", "event: split-shard, at: 1m, shard: 0, share: 1", "1 is too large"],
    ["a split at the lower end of the range", "event: split-shard, at: 1m, shard: 0, share: 0", "0 is too small"],
    ["a split beyond the range", "event: split-shard, at: 1m, shard: 0, share: 100%", "100% is too large"],
    ["a split of a shard that there is not", "event: split-shard, at: 1m, shard: 4", "no shard 4"],
    ["a merge with one that there is not", "event: merge-shards, at: 1m, shard: 3, adjacent: 4", "no shard 4"],
    ["a merge of shards apart", "event: merge-shards, at: 1m, shard: 1, adjacent: 3", "not adjacent"],
    ["more than double", "event: reshard, at: 1m, shards: 9", "beyond double"],
  ])("is an input error at its line: %s", async (_, event, text) => {
    const { code, out, err } = await simulate("event: traffic, at: 0, factor: 2, lasts: 1m", event);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("w.yaml:7:");
    expect(err).toContain(text);
  });

  it("says where a range may be split", async () => {
    const { err } = await simulate("event: split-shard, at: 1m, shard: 0, share: 1");
    expect(err).toContain("above 0% and below 100%");
  });

  it("does not count as done for those after it", async () => {
    const { err } = await simulate(
      "event: merge-shards, at: 1m, shard: 0, adjacent: 0",
      "event: reshard, at: 5m, shards: 8",
    );
    expect(err).not.toContain("beyond double");
  });
});

describe("a reshard to the count that is open", () => {
  it("is said, and played: whether the service refuses it is not settled", async () => {
    expect(await hintsOf("event: reshard, at: 1m, shards: 4")).toEqual([
      "event-without-effect 6: the stream has 4 shards at 1m already",
    ]);
  });

  it("makes shards equal again after a split and a merge, which is an effect", async () => {
    const events = [
      "event: split-shard, at: 1m, shard: 0",
      "event: merge-shards, at: 3m, shard: 2, adjacent: 3",
      "event: reshard, at: 5m, shards: 4",
    ];
    expect(await hintsOf(...events)).toEqual([]);
  });

  it("looks at events in the order of time", async () => {
    const events = ["event: reshard, at: 5m, shards: 4", "event: reshard, at: 1m, shards: 8"];
    expect(await hintsOf(...events)).toEqual([]);
  });
});

describe("a timeline", () => {
  it("of more rows than fit into memory is refused before the run, with what would fit", async () => {
    const { code, out, err } = await runInMemory(["simulate", "w.yaml", "--duration", "200d", "--resolution", "1s"], {
      "w.yaml": workloadOf("event: traffic, at: 0, factor: 2, lasts: 1m"),
    });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("17,280,000 rows");
    expect(err).toContain("--resolution with 18s or more");
  });
});
