/*
 * What the report on a simulation says in words, and its rows as CSV.
 */
import { describe, expect, it } from "vitest";
import { runInMemory } from "../../memory-host.js";

const workload = `version: 1
stream: {name: s, shards: 1}
producers: [{name: p, records: 100/s, recordSize: 1 KB}]
consumers:
  - {name: app.eu, kind: kcl, cpuPerRecord: 1 ms, workers: 1}
  - {name: index, kind: firehose}
`;

async function simulate(...flags: readonly string[]): Promise<string> {
  return simulateFile(workload, "--duration", "5m", ...flags);
}

async function simulateFile(yaml: string, ...flags: readonly string[]): Promise<string> {
  const { code, out, err } = await runInMemory(["simulate", "w.yaml", ...flags], { "w.yaml": yaml });
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out;
}

describe("replications", () => {
  it("stand in words with units, and name the run that the rest is about", async () => {
    const out = await simulate("--replications", "3", "--seed", "7");
    const text = out.replaceAll(/\s+/g, " ");
    expect(text).toContain(
      "This is the run with seed 7, as is all below but the table of all 3 replications (seeds 7 to 9).",
    );
    const table = out.slice(out.indexOf("All 3 replications"));
    expect(table).toMatch(/mean +from +to\n/);
    expect(table).toMatch(/put attempts refused +0% +0% +0%\n/);
    expect(table).toMatch(/cost +under \$0\.0001|cost +\$/);
    expect(table).toMatch(/app\.eu: age p99 +[\d.]+m?s +[\d.]+m?s +[\d.]+m?s\n/);
    expect(table).toMatch(/app\.eu: CPU mean +[\d.]+% +[\d.]+% +[\d.]+%\n/);
    expect(table).not.toMatch(/index: CPU/);
    expect(table).not.toMatch(/Seconds|Ratio|usd/);
  });

  it("are not mentioned of one run", async () => {
    expect(await simulate()).not.toMatch(/replication|run with seed/);
  });
});

describe("the rows as CSV", () => {
  it("have every figure that the rows of the JSON have", async () => {
    const [head = "", first = ""] = (await simulate("-f", "csv")).split("\n");
    const row = JSON.parse(await simulate("-f", "json")).timeline[0];
    const cells = new Map(head.split(",").map((name, at) => [name, first.split(",")[at]]));
    const { consumers, ...stream } = row;
    const expected: [string, unknown][] = [
      ...Object.entries(stream),
      ...consumers.flatMap(({ name, cpuUtilization, ...rest }: Record<string, unknown>) => [
        ...Object.entries(rest).map(([key, value]) => [`${name}.${key}`, value]),
        [`${name}.cpuUtilization`, (cpuUtilization as { mean: number } | null)?.mean ?? ""],
        [`${name}.cpuUtilizationMax`, (cpuUtilization as { max: number } | null)?.max ?? ""],
      ]),
    ];
    expect(Object.fromEntries(cells)).toEqual(
      Object.fromEntries(expected.map(([name, value]) => [name, String(value ?? "")])),
    );
  });
});

describe("the events", () => {
  const reshard = "{event: reshard, at: 2m, shards: 2}";
  const listed = async (...events: readonly string[]) => {
    const out = await simulateFile(`${workload}scenario: [${[reshard, ...events].join(", ")}]\n`, "--duration", "20m");
    return out.slice(out.indexOf("Events"));
  };

  it("leave out that consumers are done with a shard at once", async () => {
    const text = await listed();
    expect(text).toContain("shard 0 splits into shards 1 and 2");
    expect(text).not.toContain("is done with");
  });

  it("tell when they are done with it late, since one lagged", async () => {
    expect(await listed("{event: consumer-down, at: 1m, consumer: app.eu, lasts: 10m}")).toMatch(
      /00:1\d(:\d\d)? +every consumer is done with shard 0/,
    );
  });
});
