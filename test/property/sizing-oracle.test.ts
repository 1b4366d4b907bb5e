import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ServiceCatalogue, type Sizing, size } from "../../src/index.js";
import { oneWorkload } from "../one-workload.js";
import {
  calculate,
  costs,
  fitOf,
  type Impossible,
  isOnTheEdge,
  overall,
  type PlainAnswer,
  type PlainWorkload,
  type Quotient,
  roundUp,
} from "./contract-calculator.js";
import { draft, toPlain, toText } from "./random-workload.js";

/** Fixed, so that a run can be repeated; the environment can ask for another. */
const seed = Number(process.env["SEED"] ?? 20_261_122);

const catalogue = new ServiceCatalogue();

async function sizeText(text: string, shards: number | undefined): Promise<Sizing> {
  const workload = await oneWorkload(text);
  const facts = catalogue.forRegion(workload.stream.region);
  return size(workload, shards === undefined ? { facts } : { facts, shards });
}

let compared = 0;
let skipped = 0;

/** Whether a count can be compared: not where the last bits of the arithmetic decide how it is rounded. */
function isComparable(...quotients: readonly Quotient[]): boolean {
  compared += 1;
  if (!quotients.some(isOnTheEdge)) return true;
  skipped += 1;
  return false;
}

function expectCount(actual: number | null | undefined, quotient: Quotient, what: string): void {
  if (!isComparable(quotient)) return;
  expect(actual, what).toBe(quotient === null ? null : roundUp(quotient));
}

function expectClose(actual: number, expected: number, what: string, allowance = 0): void {
  expect(Number.isFinite(actual), what).toBe(true);
  expect(Math.abs(actual - expected), `${what}: ${actual} against ${expected}`).toBeLessThanOrEqual(
    1e-9 * Math.abs(expected) + allowance,
  );
}

/** Amounts may be rounded to a millionth of a dollar, item by item. */
function expectUsd(actual: number, expected: number, what: string): void {
  expectClose(actual, expected, what, 5e-6);
}

function compareDemand({ demand }: Sizing, expected: PlainAnswer["demand"]): void {
  expectClose(demand.recordsPerSecondPeak, expected.records, "records, peak");
  expectClose(demand.recordsPerSecondMean, expected.records, "records, mean");
  expectClose(demand.kinesisRecordsPerSecondPeak, expected.kinesisRecords, "Kinesis records, peak");
  expectClose(demand.kinesisRecordsPerSecondMean, expected.kinesisRecords, "Kinesis records, mean");
  expectClose(demand.bytesPerSecondPeak, expected.bytes, "bytes, peak");
  expectClose(demand.bytesPerSecondMean, expected.bytes, "bytes, mean");
}

function compareShards(
  { shards }: Sizing,
  plain: PlainWorkload,
  answer: PlainAnswer,
  judged: number | undefined,
): void {
  expect(shards.constraints.map(({ name }) => name)).toEqual(answer.constraints.map(({ name }) => name));
  for (const [index, row] of answer.constraints.entries()) {
    const actual = shards.constraints[index];
    expectCount(actual?.minimum, row.minimum, `minimum of ${row.name}`);
    expectCount(actual?.recommended, row.recommended, `recommended of ${row.name}`);
    if (row.name === "hot-shard") expect(actual?.need).toBeNull();
    else expectClose(actual?.need ?? Number.NaN, row.minimum ?? Number.NaN, row.name);
  }
  if (!isComparable(...answer.constraints.flatMap((row) => [row.minimum, row.recommended]))) return;
  const expected = overall(answer.constraints);
  expect({ minimum: shards.minimum, recommended: shards.recommended, binding: shards.binding }).toEqual(expected);
  expect(shards.fit).toBe(fitOf(judged ?? plain.shards, expected));
}

function compareConsumers(result: Sizing, answer: PlainAnswer): void {
  const { count } = result.shards;
  expect(result.consumers.map(({ name }) => name)).toEqual(answer.consumers.map(({ name }) => name));
  for (const [index, expected] of answer.consumers.entries()) {
    const actual = result.consumers[index];
    expect(actual?.standby).toBe(expected.standby);
    expectCount(actual?.workersForCpu, expected.workersForCpu, `workersForCpu of ${expected.name}`);
    const needed = actual?.workersForCpu ?? null;
    expect(actual?.workers).toBe(needed === null ? null : Math.min(needed, count));
    expect(actual?.capped).toBe(needed !== null && needed > count);
    expect(actual?.concurrency === undefined).toBe(expected.concurrency === undefined);
    if (expected.concurrency === undefined) continue;
    expectCount(actual?.concurrency?.needed, expected.concurrency.needed, `concurrency of ${expected.name}`);
    expect(actual?.concurrency?.limit).toBe(count * expected.concurrency.limitPerShard);
  }
}

const codes: Readonly<Record<Impossible, string>> = {
  "hot-key": "hot-key",
  reads: "shared-read-calls",
  "record-size": "record-too-large",
  "fan-out": "fan-out-consumers",
  retention: "retention-too-short",
};

function compareStatus({ status, diagnostics, shards }: Sizing, plain: PlainWorkload, answer: PlainAnswer): void {
  const { impossible, hottestPart } = answer;
  const errors = diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code);
  expect([...new Set<string>(errors)].sort()).toEqual([...impossible].map((one) => codes[one]).sort());
  expect(status).toBe(impossible.size > 0 ? "infeasible" : "ok");
  const warned = (code: string): boolean => diagnostics.some((one) => one.code === code && one.severity === "warning");
  const isAboveHeadroom = hottestPart > plain.utilization * (1 + 1e-9);
  expect(warned("hot-key-headroom")).toBe(isAboveHeadroom && !impossible.has("hot-key"));
  expect(warned("stream-shards")).toBe(shards.count > 10_000);
  expect(warned("account-shards")).toBe(shards.count > 20_000);
}

function compareCosts({ cost, shards }: Sizing, plain: PlainWorkload): void {
  // What is rounded up by the record depends on how a broken mean comes about.
  if (!plain.producers.every(({ aggregation }) => Number.isInteger(aggregation?.recordsPerBatch ?? 1))) return;
  const expected = costs(plain, shards.count);
  expectUsd(cost.provisioned.usdPerMonth, expected.provisioned, "provisioned");
  expectUsd(cost.onDemand.usdPerMonth, expected.onDemand, "on-demand");
  expectUsd(cost.onDemandAdvantage.usdPerMonth, expected.onDemandAdvantage, "on-demand Advantage");
  const byMode = {
    provisioned: cost.provisioned,
    "on-demand": cost.onDemand,
    "on-demand-advantage": cost.onDemandAdvantage,
  };
  expect(cost.usdPerMonth).toBe(byMode[plain.mode].usdPerMonth);
  const least = Math.min(...Object.values(byMode).map(({ usdPerMonth }) => usdPerMonth));
  expect(byMode[cost.cheapest].usdPerMonth).toBe(least);
}

describe("size against the independent calculator", () => {
  it("answers random workloads in random spellings number by number", async () => {
    await fc.assert(
      fc.asyncProperty(draft, async (from) => {
        const plain = toPlain(from);
        const result = await sizeText(toText(from), from.judged);
        const answer = calculate(plain);
        compareDemand(result, answer.demand);
        compareShards(result, plain, answer, from.judged);
        expect(result.shards.count).toBe(from.judged ?? result.shards.recommended);
        compareConsumers(result, answer);
        compareStatus(result, plain, answer);
        compareCosts(result, plain);
      }),
      { numRuns: 500, seed },
    );
    expect(skipped / compared).toBeLessThan(0.01);
  });

  it("judges what stands exactly on a boundary", async () => {
    const lines = (count: number, entry: (index: number) => string): string =>
      Array.from({ length: count }, (_, index) => `  - {name: c${index}, ${entry(index)}}`).join("\n");
    const codesOf = async (stream: string, producer: string, consumers: string): Promise<string[]> => {
      const text = `version: 1\nstream: {name: s${stream}}\nproducers:\n  - {name: p, ${producer}}\nconsumers:\n${consumers}\n`;
      const { diagnostics } = await sizeText(text, undefined);
      return diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code);
    };
    const small = "records: 10/s, recordSize: 100 B";
    const fanOut = (count: number): string => lines(count, () => "kind: kcl, read: fan-out");
    expect(await codesOf("", small, fanOut(20))).toEqual([]);
    expect(await codesOf("", small, fanOut(21))).toEqual(["fan-out-consumers"]);
    expect(await codesOf(", mode: on-demand", small, fanOut(21))).toEqual(["fan-out-consumers"]);
    expect(await codesOf(", mode: on-demand-advantage", small, fanOut(50))).toEqual([]);
    expect(await codesOf(", mode: on-demand-advantage", small, fanOut(51))).toEqual(["fan-out-consumers"]);
    const shared = (count: number, kind: string): string => lines(count, () => `kind: ${kind}`);
    // Every 1500 ms, every second, every 200 ms: 7, 5 and 1 of them take five calls a second.
    expect(await codesOf("", small, shared(7, "kcl"))).toEqual([]);
    expect(await codesOf("", small, shared(8, "kcl"))).toEqual(["shared-read-calls"]);
    expect(await codesOf("", small, shared(5, "firehose"))).toEqual([]);
    expect(await codesOf("", small, shared(6, "lambda"))).toEqual(["shared-read-calls"]);
    expect(await codesOf("", small, shared(1, "flink"))).toEqual([]);
    expect(await codesOf("", small, shared(2, "flink"))).toEqual(["shared-read-calls"]);
    const recovery = (within: string): string =>
      lines(1, () => `kind: kcl, recovery: {outage: 20h, within: ${within}}`);
    expect(await codesOf("", small, recovery("4h"))).toEqual([]);
    expect(await codesOf("", small, recovery("241m"))).toEqual(["retention-too-short"]);
    expect(await codesOf(", retention: 25h", small, recovery("241m"))).toEqual([]);
    const none = "  []";
    expect(await codesOf("", "records: 1/s, recordSize: 1 MiB", none)).toEqual([]);
    expect(await codesOf("", "records: 1/s, recordSize: 1048577", none)).toEqual(["record-too-large"]);
    expect(await codesOf(", maxRecordSize: 2 MiB", "records: 0.1/s, recordSize: 1048577", none)).toEqual([]);
    expect(await codesOf("", "records: 2000/s, recordSize: 1 B, keys: {hottest: 50%}", none)).toEqual([]);
    expect(await codesOf("", "records: 2000/s, recordSize: 1 B, keys: {hottest: 50.01%}", none)).toEqual(["hot-key"]);
  });

  it("counts a quotient within 1e-9 above an integer as that integer", async () => {
    const ask = async (rate: string, name: string): Promise<{ minimum: unknown; recommended: unknown } | undefined> => {
      const text = `version: 1\nstream: {name: s, utilization: 30%}\nproducers: [{name: p, records: ${rate}, recordSize: 1 B}]\nconsumers: [{name: c, kind: sdk, timePerRecord: 100 ms}]\n`;
      const { shards } = await sizeText(text, undefined);
      const row = shards.constraints.find((one) => one.name === name);
      return row && { minimum: row.minimum, recommended: row.recommended };
    };
    // 3 times 0.1 over 0.3 is a little above 1 in binary.
    expect(await ask("3/s", "processing:c")).toEqual({ minimum: 1, recommended: 1 });
    expect(await ask("3000.0000015/s", "write-records")).toEqual({ minimum: 4, recommended: 11 });
    expect(await ask("3000.0000005/s", "write-records")).toEqual({ minimum: 3, recommended: 11 });
    expect(await ask("3000.0000001/s", "write-records")).toEqual({ minimum: 3, recommended: 10 });
  });

  it("leaves no count for a key that fills its shard while there is a rest", async () => {
    const text =
      'version: 1\nstream: {name: s, utilization: 50%}\nproducers:\n  - {name: p, records: 1000/s, recordSize: 1 B, keys: {hottest: "50%"}}\n';
    const { shards, status } = await sizeText(text, undefined);
    const hotShard = shards.constraints.find(({ name }) => name === "hot-shard");
    expect(hotShard).toMatchObject({ minimum: 1, recommended: null });
    expect({ status, ...overall([{ name: "write-records", minimum: 1, recommended: 2 }]) }).toMatchObject({
      status: "ok",
      recommended: shards.recommended,
      binding: shards.binding,
    });
  });

  it("keeps the consumers' instances apart from the stream's cost", async () => {
    const textWith = (price: string): string =>
      `version: 1\nstream: {name: s}\nproducers: [{name: p, records: 5000/s, recordSize: 500 B}]\nconsumers:\n  - {name: c, kind: kcl, cpuPerRecord: 1 ms, standby: 1, worker: {vcpus: 2${price}}}\n`;
    const free = await sizeText(textWith(""), undefined);
    const priced = await sizeText(textWith(", price: $0.10/h"), undefined);
    expect(priced.cost.usdPerMonth).toBe(free.cost.usdPerMonth);
    // 5 CPU seconds a second over 2 vCPUs at 65 % take 4 workers; with the spare one 5.
    expect(priced.cost.workers.usdPerMonth).toBeCloseTo(5 * 730 * 0.1, 6);
  });
});
