import { describe, expect, it } from "vitest";
import { parseWorkloads } from "../../../src/workload/parse-workload.js";

const least = "version: 1\nstream: {name: s}\nproducers:\n  - {name: a, records: 1/s, recordSize: 1 B}\n";

/** A workload with one producer, or one consumer, that says more. */
const withProducer = (more: string): string =>
  `version: 1\nstream: {name: s}\nproducers:\n  - {name: a, recordSize: 100 B, ${more}}\n`;
const withConsumer = (more: string): string => `${least}consumers:\n  - {name: c, ${more}}\n`;

/** What is wrong in a text, `line:column code`; where a `§` stands in the text comes first, as `line:column`. */
async function complaints(
  marked: string,
): Promise<{ expected: string; found: string[]; messages: string[]; fixes: string[] }> {
  const before = marked.slice(0, marked.indexOf("§")).split("\n");
  const { workloads, diagnostics } = await parseWorkloads("w.yaml", marked.replace("§", ""));
  expect(workloads).toEqual([]);
  return {
    expected: `${before.length}:${(before.at(-1) ?? "").length + 1}`,
    found: diagnostics.map(({ code, position }) => `${position?.line}:${position?.column} ${code}`),
    messages: diagnostics.map(({ message }) => message),
    fixes: diagnostics.map(({ fix }) => fix),
  };
}

describe("a rule across keys", () => {
  it.each([
    ["a producer needs records or traffic", "missing-key", withProducer("retry: sdk").replace("name: a", "§name: a")],
    [
      "a producer has records or traffic",
      "conflicting-keys",
      withProducer("records: 1/s, §traffic: {timeline: [{at: 0, records: 1}]}"),
    ],
    ["a producer's name is its own", "duplicate-name", `${least}  - {name: §a, records: 1/s, recordSize: 1 B}\n`],
    [
      "a group is not smaller at most than at least",
      "conflicting-keys",
      withConsumer("kind: kcl, autoscaling: {min: 5, max: §3}"),
    ],
    ["a consumer's name is its own", "duplicate-name", `${withConsumer("kind: kcl")}  - {name: §c, kind: sdk}\n`],
    [
      "traffic is of one kind",
      "conflicting-keys",
      withProducer("traffic: {§trace: {file: x, per: 1m}, timeline: [{at: 0, records: 1}]}"),
    ],
    ["traffic is of a kind", "missing-key", withProducer("§traffic: {}")],
    ["repeat needs a timeline", "conflicting-keys", withProducer("traffic: {trace: {file: x, per: 1m}, §repeat: 1h}")],
    [
      "interpolate needs a timeline",
      "conflicting-keys",
      withProducer("traffic: {trace: {file: x, per: 1m}, §interpolate: linear}"),
    ],
    ["low is below high", "conflicting-keys", withProducer("traffic: {daily: {low: §3/s, high: 2/s, peakAt: 9:30}}")],
    [
      "a zone exists",
      "wrong-value",
      withProducer("traffic: {daily: {low: 1/s, high: 2/s, peakAt: 9:30, timezone: §Europe/Atlantis}}"),
    ],
    ["a time of day exists", "wrong-value", withProducer("traffic: {daily: {low: 1/s, high: 2/s, peakAt: §24:00}}")],
    [
      "points follow each other",
      "out-of-range",
      withProducer("traffic: {timeline: [{at: 1h, records: 1}, {at: §1h, records: 2}]}"),
    ],
    [
      "points lie in the cycle",
      "conflicting-keys",
      withProducer("traffic: {repeat: 1h, timeline: [{at: 0h, records: 1}, {at: §2h, records: 2}]}"),
    ],
    ["keys are told in one way", "conflicting-keys", withProducer("records: 1/s, keys: {count: 3, §hottest: 3%}")],
    ["keys are told", "missing-key", withProducer("records: 1/s, §keys: {}")],
    ["an exponent goes with zipf", "conflicting-keys", withProducer("records: 1/s, keys: {count: 3, §exponent: 1}")],
    [
      "a distribution goes with a count",
      "conflicting-keys",
      withProducer("records: 1/s, keys: {hottest: 3%, §distribution: zipf}"),
    ],
    [
      "an aggregate is told in one way",
      "conflicting-keys",
      withProducer("records: 1/s, aggregation: {recordsPerBatch: 3, §maxSize: 3 KB}"),
    ],
    [
      "a key is smaller than its record",
      "conflicting-keys",
      withProducer("records: 1/s, aggregation: {maxSize: 3 KB, keySize: §101 B}"),
    ],
    [
      "the largest record is no smaller than the mean",
      "conflicting-keys",
      withProducer("records: 1/s, recordSizeMax: §99 B"),
    ],
    [
      "an event names a consumer",
      "unknown-name",
      `${withConsumer("kind: kcl")}scenario: [{at: 1h, event: deploy, consumer: §d}]\n`,
    ],
  ])("%s", async (_, code, text) => {
    const { expected, found } = await complaints(text);
    expect(found).toEqual([`${expected} ${code}`]);
  });

  it.each([
    ["keys of the same size as the record", withProducer("records: 1/s, aggregation: {maxSize: 3 KB, keySize: 100 B}")],
    ["a largest record of the mean size", withProducer("records: 1/s, recordSizeMax: 100 B")],
    ["a low that equals the high", withProducer("traffic: {daily: {low: 2/s, high: 2/s, peakAt: 9:30}}")],
    [
      "a point at the end of the cycle",
      withProducer("traffic: {repeat: 1h, timeline: [{at: 0h, records: 1}, {at: 1h, records: 2}]}"),
    ],
    ["a producer and a consumer of one name", withConsumer("kind: kcl").replace("name: c", "name: a")],
  ])("allows %s", async (_, text) => {
    expect((await parseWorkloads("w.yaml", text)).diagnostics).toEqual([]);
  });

  it("says which consumer an event may have meant", async () => {
    const text = `${withConsumer("kind: kcl").replace("name: c", "name: enrich")}scenario: [{at: 1h, event: deploy, consumer: §enrihc}]\n`;
    expect((await complaints(text)).fixes).toEqual(['did you mean "enrich"?']);
  });
});

describe("a value out of its range", () => {
  it.each([
    "utilization: §0%",
    "utilization: §101%",
    "utilization: §80",
    "retention: §23h",
    "retention: §8761h",
    "maxRecordSize: §1 MB",
    "maxRecordSize: §11 MiB",
    "shards: §0",
    "shards: §1.5",
    "shards: §-1",
  ])("stream %s", async (more) => {
    const { expected, found, messages } = await complaints(least.replace("name: s", `name: s, ${more}`));
    expect(found).toEqual([`${expected} out-of-range`]);
    expect(messages[0]).toContain(`\`stream.${more.split(":")[0]}\``);
  });

  it.each([
    "records: §-1/s",
    "records: §1e999/s",
    "records: §1e999",
    "records: §.inf",
    "records: §.nan",
    "records: §-0",
    "records: §12_000/s",
    "records: 1/s, growth: §-100%/month",
    "records: 1/s, bursts: [{at: 1h, factor: §-1, lasts: 1h}]",
    "records: 1/s, bursts: [{at: 1h, factor: §1e999, lasts: 1h}]",
    "records: 1/s, keys: {hottest: §0}",
    "records: 1/s, keys: {count: §0}",
    "records: 1/s, aggregation: {recordsPerBatch: §0.5}",
  ])("producer %s", async (more) => {
    const { expected, found } = await complaints(withProducer(more));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${expected} (out-of-range|wrong-quantity|wrong-type)$`));
  });

  it.each([
    "parallelization: §0",
    "parallelization: §11",
    "batchSize: §0",
    "standby: §-1",
    "pollInterval: §0s",
    "cpuPerRecord: §-1ms",
    "worker: {vcpus: §0}",
    "worker: {targetCpu: §101%}",
    "worker: {price: §$-1/h}",
    "recovery: {outage: 1h, within: §0h}",
  ])("consumer %s", async (more) => {
    const { expected, found } = await complaints(withConsumer(`kind: lambda, ${more}`));
    expect(found).toEqual([`${expected} out-of-range`]);
  });

  it("says what a ratio above 1 was meant to be", async () => {
    const { fixes } = await complaints(least.replace("name: s", "name: s, utilization: 80"));
    expect(fixes).toEqual(["write 80% if that is what is meant"]);
  });

  it("takes the bounds themselves", async () => {
    const text = least.replace("name: s", "name: s, retention: 8760h, utilization: 100%, maxRecordSize: 10 MiB");
    const { workloads } = await parseWorkloads("w.yaml", text);
    expect(workloads[0]?.workload.stream).toMatchObject({
      retention: 31_536_000,
      utilization: 1,
      maxRecordSize: 10_485_760,
    });
  });
});
