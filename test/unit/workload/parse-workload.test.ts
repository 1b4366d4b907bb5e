import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type ParsedWorkloads, parseWorkloads } from "../../../src/workload/parse-workload.js";
import { oneWorkload } from "../../one-workload.js";

const shown = ({ diagnostics }: ParsedWorkloads): string[] =>
  diagnostics.map(({ code, position }) => `${position?.line}:${position?.column} ${code}`);

const least = "version: 1\nstream: {name: s}\nproducers:\n  - {name: a, records: 1/s, recordSize: 1 B}\n";

/** A workload with one producer and one consumer that say more. */
const withProducer = (more: string): string =>
  `version: 1\nstream: {name: s}\nproducers:\n  - {name: a, recordSize: 100 B, ${more}}\n`;
const withConsumer = (more: string): string => `${least}consumers:\n  - {name: c, ${more}}\n`;

async function complaint(text: string): Promise<{ at: string; message: string; fix: string }> {
  const { workloads, diagnostics } = await parseWorkloads("w.yaml", text);
  expect(workloads).toEqual([]);
  expect(diagnostics.map(({ message }) => message)).toHaveLength(1);
  const [{ code, message, fix, position } = { code: "", message: "", fix: "", position: undefined }] = diagnostics;
  return { at: `${position?.line}:${position?.column} ${code}`, message, fix };
}

const contractExample = `version: 1
stream:
  name: clickstream
  region: us-east-1            # default us-east-1
  mode: provisioned            # provisioned | on-demand | on-demand-advantage; default provisioned
  shards: 8                    # open shards today; optional
  retention: 24h               # 24h .. 8760h
  utilization: 80%             # how full a shard may be planned; default 80%
producers:
  - name: web
    records: 12000/s           # user records per second at peak; or \`traffic\` below
    recordSize: 850 B          # mean bytes that count towards the limit: data + partition key
    aggregation: {recordsPerBatch: 40}    # KPL; optional. Or {maxSize: 50 KiB, keySize: 36 B}
    keys: {count: 2000000, distribution: zipf, exponent: 1.05}   # optional; default: even
    # or keys: {hottest: 3%}  or  keys: {weightsFile: keys.csv}
    retry: kpl                 # kpl | sdk | none; default sdk
consumers:
  - name: enrich
    kind: kcl                  # kcl | lambda | firehose | flink | sdk
    read: shared               # shared | fan-out; default shared
    cpuPerRecord: 0.4 ms       # CPU time for one user record
    timePerRecord: 0.6 ms      # wall time for one user record in one processor; default cpuPerRecord
    worker: {vcpus: 2, targetCpu: 65%, price: $0.0832/h}
    workers: 3                 # running today; optional
    standby: 1                 # spare workers, may exceed the shard count; default 0
    pollInterval: 1500 ms      # default 1500 ms for kcl, 1 s for lambda and firehose
    parallelization: 1         # lambda: 1..10
    batchSize: 100             # lambda
    recovery: {outage: 1h, within: 2h}    # after an outage, caught up within
gates:
  - shards.recommended <= 40
  - cost.usdPerMonth < 900
  - {expect: simulation.throttledRatio < 0.1%, level: warn}
`;

describe("the example of the format", () => {
  it("is accepted, every value in its base unit", async () => {
    expect(await oneWorkload(contractExample)).toEqual({
      version: 1,
      stream: {
        name: "clickstream",
        region: "us-east-1",
        mode: "provisioned",
        shards: 8,
        retention: 86_400,
        utilization: 0.8,
      },
      producers: [
        {
          name: "web",
          records: 12_000,
          bursts: [],
          growth: 0,
          recordSize: 850,
          aggregation: { recordsPerBatch: 40 },
          keys: { count: 2_000_000, distribution: "zipf", exponent: 1.05 },
          retry: "kpl",
        },
      ],
      consumers: [
        {
          name: "enrich",
          kind: "kcl",
          read: "shared",
          cpuPerRecord: 0.0004,
          timePerRecord: 0.0006,
          worker: { vcpus: 2, targetCpu: 0.65, price: 0.0832 },
          workers: 3,
          standby: 1,
          pollInterval: 1.5,
          parallelization: 1,
          batchSize: 100,
          bisect: false,
          reportItemFailures: false,
          leaseAssignment: "utilization",
          kclVersion: 3,
          recovery: { outage: 3_600, within: 7_200 },
        },
      ],
      scenario: [],
      gates: [
        {
          source: "shards.recommended <= 40",
          metric: "shards.recommended",
          operator: "<=",
          value: 40,
          dimension: "number",
          level: "error",
        },
        {
          source: "cost.usdPerMonth < 900",
          metric: "cost.usdPerMonth",
          operator: "<",
          value: 900,
          dimension: "number",
          level: "error",
        },
        {
          source: "simulation.throttledRatio < 0.1%",
          metric: "simulation.throttledRatio",
          operator: "<",
          value: 0.001,
          dimension: "ratio",
          level: "warn",
        },
      ],
    });
  });

  it.each([
    'traffic: {daily: {low: 3000/s, high: 12000/s, peakAt: "20:00", timezone: Europe/Berlin, weekend: 60%}}',
    "traffic: {timeline: [{at: 0h, records: 3000/s}, {at: 8h, records: 9000/s}], interpolate: linear}",
    "traffic: {trace: {file: clicks.csv, time: timestamp, value: value, per: 5m, scale: 100}}",
    "records: 1/s, bursts: [{at: 18h, factor: 3, lasts: 10m}], growth: 5%/month",
    "records: 1/s, aggregation: {maxSize: 50 KiB, keySize: 36 B}",
    "records: 1/s, keys: {hottest: 3%}",
    "records: 1/s, keys: {weightsFile: keys.csv}",
    "records: 1/s, recordSizeMax: 200 KiB",
  ])("takes %s", async (more) => {
    await oneWorkload(withProducer(more));
  });

  it("takes its scenario", async () => {
    const { scenario } = await oneWorkload(`${contractExample}scenario:
  - {at: 1h, event: consumer-down, consumer: enrich, lasts: 30m}     # whole fleet stops reading
  - {at: 2h, event: worker-crash, consumer: enrich, count: 1}
  - {at: 3h, event: reshard, shards: 16}                            # UpdateShardCount
  - {at: 4h, event: traffic, factor: 2, lasts: 20m}
  - {at: 5h, event: deploy, consumer: enrich}                       # rolling restart
  - {at: 6h, event: slow, consumer: enrich, factor: 3, lasts: 10m}  # downstream slows processing
`);
    expect(scenario.map(({ event, at }) => [event, at / 3_600])).toEqual([
      ["consumer-down", 1],
      ["worker-crash", 2],
      ["reshard", 3],
      ["traffic", 4],
      ["deploy", 5],
      ["slow", 6],
    ]);
  });

  it("is what the fixture is", async () => {
    await oneWorkload(readFileSync(new URL("../../../fixtures/clickstream/workload.yaml", import.meta.url), "utf8"));
  });
});

describe("defaults", () => {
  it("of a stream and a producer", async () => {
    expect(await oneWorkload(least)).toEqual({
      version: 1,
      stream: {
        name: "s",
        region: "us-east-1",
        mode: "provisioned",
        retention: 86_400,
        utilization: 0.8,
      },
      producers: [{ name: "a", records: 1, recordSize: 1, bursts: [], growth: 0, retry: "sdk" }],
      consumers: [],
      scenario: [],
      gates: [],
    });
  });

  it("of a consumer", async () => {
    const { consumers } = await oneWorkload(withConsumer("kind: kcl"));
    expect(consumers).toEqual([
      {
        name: "c",
        kind: "kcl",
        read: "shared",
        worker: { vcpus: 1, targetCpu: 0.65 },
        standby: 0,
        batchSize: 100,
        bisect: false,
        reportItemFailures: false,
        leaseAssignment: "utilization",
        kclVersion: 3,
      },
    ]);
  });

  it("of traffic, of a worker and of an event", async () => {
    const { producers } = await oneWorkload(withProducer("traffic: {daily: {low: 1, high: 2, peakAt: '9:30'}}"));
    expect(producers[0]?.traffic).toEqual({
      daily: { low: 1, high: 2, peakAt: "9:30", timezone: "UTC", weekend: 1 },
      interpolate: "step",
    });
    const traced = await oneWorkload(withProducer("traffic: {trace: {file: t.csv, per: 1m}}"));
    expect(traced.producers[0]?.traffic?.trace).toEqual({
      file: "t.csv",
      time: "timestamp",
      value: "value",
      per: 60,
      scale: 1,
    });
    const { consumers, scenario } = await oneWorkload(
      `${withConsumer("kind: kcl, worker: {vcpus: 4}")}scenario: [{at: 1h, event: worker-crash, consumer: c}]\n`,
    );
    expect(consumers[0]?.worker).toEqual({ vcpus: 4, targetCpu: 0.65 });
    expect(scenario).toEqual([{ event: "worker-crash", at: 3_600, consumer: "c", count: 1 }]);
  });
});

describe("a required key that is missing", () => {
  it.each([
    ["version", "stream: {name: s}\nproducers:\n  - {name: a, records: 1/s, recordSize: 1 B}\n", "the workload"],
    ["stream", "version: 1\nproducers:\n  - {name: a, records: 1/s, recordSize: 1 B}\n", "the workload"],
    ["producers", "version: 1\nstream: {name: s}\n", "the workload"],
    ["name", "version: 1\nstream: {shards: 2}\nproducers:\n  - {name: a, records: 1/s, recordSize: 1 B}\n", "`stream`"],
    ["name", least.replace("name: a, ", ""), "`producers[0]`"],
    ["recordSize", least.replace(", recordSize: 1 B", ""), "`producers[0]`"],
    ["name", `${least}consumers: [{kind: kcl}]\n`, "`consumers[0]`"],
    ["kind", withConsumer("read: shared"), "`consumers[0]`"],
    ["outage", withConsumer("kind: kcl, recovery: {within: 1h}"), "`consumers[0].recovery`"],
    ["per", withProducer("traffic: {trace: {file: x}}"), "`producers[0].traffic.trace`"],
    ["event", `${least}scenario: [{at: 1h}]\n`, "`scenario[0]`"],
  ])("%s (%#)", async (key, text, owner) => {
    const { at, message, fix } = await complaint(text);
    expect(at).toMatch(/^\d+:\d+ missing-key$/);
    expect(message).toBe(`${owner} has no \`${key}\``);
    expect(fix).toMatch(new RegExp(`^add \`${key}\``));
  });
});

describe("everything that is wrong in a file", () => {
  const wrong = `version: 2
stream:
  name: s
  regoin: eu-central-1
  mode: provisionned
  retention: 12h
  utilization: 80
  colour: red
producers:
  - name: a
    records: 12,000/s
    recordSize: 1 KiB/s
    keys: {count: 1.5}
  - name: a
    records: 1/s
    traffic: {timeline: []}
    recordSize:
consumers:
  - name: c
    king: kcl
    worker: 2
    batchSize: many
gates:
  - shards = 4
scenario:
  - {at: 1h, event: explode}
extra: {}
`;

  it("comes out in one run, in the order of the text, each at its place", async () => {
    const result = await parseWorkloads("w.yaml", wrong);
    expect(result.workloads).toEqual([]);
    const places = shown(result);
    expect(places).toEqual(
      expect.arrayContaining([
        "1:10 wrong-value",
        "4:3 unknown-key",
        "5:9 wrong-value",
        "6:14 out-of-range",
        "7:16 out-of-range",
        "8:3 unknown-key",
        "11:14 wrong-quantity",
        "12:17 wrong-quantity",
        "13:19 out-of-range",
        "14:11 duplicate-name",
        "16:5 conflicting-keys",
        "16:25 out-of-range",
        "20:5 unknown-key",
        "21:13 wrong-type",
        "22:16 wrong-type",
        "24:5 gate-syntax",
        "27:1 unknown-key",
      ]),
    );
    expect(
      places.some((place) => /^17:\d+ wrong-type$/.test(place)),
      places.join("\n"),
    ).toBe(true);
    expect(
      places.some((place) => /^(19|20|21|22):\d+ missing-key$/.test(place)),
      places.join("\n"),
    ).toBe(true);
    expect(
      places.some((place) => /^26:\d+ wrong-value$/.test(place)),
      places.join("\n"),
    ).toBe(true);
    expect(places).toHaveLength(20);
    const lines = result.diagnostics.map(({ position }) => position?.line ?? 0);
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  });

  it("comes with the nearest name and a fix", async () => {
    const { diagnostics } = await parseWorkloads("w.yaml", wrong);
    const fixOf = (text: string): string | undefined => diagnostics.find(({ message }) => message.includes(text))?.fix;
    expect(fixOf("regoin")).toBe("did you mean `region`?");
    expect(fixOf("provisionned")).toBe("did you mean `provisioned`?");
    expect(fixOf("`king`")).toBe("did you mean `kind`?");
    expect(fixOf("colour")).toMatch(/^remove it; the keys here are name, region, /);
    expect(fixOf("12,000/s")).toBe("write digits without commas");
    for (const { message, fix } of diagnostics) {
      expect(message).not.toMatch(/undefined|\[object|NaN|null/);
      expect(fix).not.toBe("");
    }
  });

  it("is found in every document, and the correct ones are still read", async () => {
    const result = await parseWorkloads("w.yaml", `${least}---\nversion: 1\n---\n${least}---\ntext\n`);
    expect(result.workloads).toHaveLength(2);
    expect(shown(result).map((place) => place.split(" ")[1])).toEqual(["missing-key", "missing-key", "wrong-type"]);
    expect(result.diagnostics.map(({ position }) => position?.line)).toEqual([6, 6, 13]);
  });

  it("names every unknown key, at every depth", async () => {
    const result = await parseWorkloads(
      "w.yaml",
      "version: 1\na1: 1\nstream: {name: s, b1: 1, b2: 2, b3: 3}\nproducers:\n  - {name: a, records: 1/s, recordSize: 1 B, c1: 1, keys: {count: 3, d1: 1, d2: 1}}\na2: 1\n",
    );
    const named = result.diagnostics.map(({ message }) => /`(\w+)`/.exec(message)?.[1]);
    expect(named).toEqual(["a1", "b1", "b2", "b3", "c1", "d1", "d2", "a2"]);
    expect(new Set(result.diagnostics.map(({ code }) => code))).toEqual(new Set(["unknown-key"]));
  });

  it.each([
    ["", "empty-input"],
    ["# nothing\n", "empty-input"],
    ["---\n---\n", "empty-input"],
    ["text\n", "wrong-type"],
    ["42\n", "wrong-type"],
  ])("%j is no workload", async (text, code) => {
    const result = await parseWorkloads("w.yaml", text);
    expect(result.workloads).toEqual([]);
    expect(result.diagnostics.map((one) => one.code)).toEqual([code]);
  });

  it("shows a missing value where its key stands", async () => {
    const result = await parseWorkloads(
      "w.yaml",
      least
        .replace("name: a, records: 1/s, recordSize: 1 B", "name: a\n    records: 1/s\n    recordSize:\n  -")
        .replace("{", "")
        .replace("}", "")
        .replace("{", "")
        .replace("  -}", ""),
    );
    expect(result.diagnostics.length).toBeGreaterThan(0);
    for (const { position, message } of result.diagnostics) {
      expect(position?.column, message).toBeGreaterThanOrEqual(1);
      expect(position?.line, message).toBeGreaterThan(1);
    }
  });

  it.each([
    ["the document", "[]\n"],
    ["stream", "version: 1\nstream: []\nproducers:\n  - {name: a, records: 1/s, recordSize: 1 B}\n"],
    ["a worker", `${least}consumers: [{name: c, kind: kcl, worker: []}]\n`],
    ["keys", least.replace("recordSize: 1 B", "recordSize: 1 B, keys: []")],
    ["a producer", "version: 1\nstream: {name: s}\nproducers:\n  - []\n"],
  ])("includes a list where %s belongs", async (_, text) => {
    const { diagnostics } = await parseWorkloads("w.yaml", text);
    expect(diagnostics.map(({ code }) => code)).toContain("wrong-type");
  });
});
