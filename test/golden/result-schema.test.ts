import { Ajv, type SchemaObject, type ValidateFunction } from "ajv";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { jsonSchemaOf } from "../../src/report/json-schema.js";
import { type SchemaName, schemaNames } from "../../src/report/schema-names.js";
import { runInMemory } from "../memory-host.js";
import { fixtureNames, readFixture, reshardFixture, simulateFixture, sizeFixture } from "./fixture-run.js";

type Mapping = Record<string, unknown>;

const schemaObject = (name: SchemaName): SchemaObject => jsonSchemaOf(name) as SchemaObject;
const ajv = new Ajv({ allErrors: true, strict: false });
const validators = new Map<SchemaName, ValidateFunction>(
  schemaNames.map((name) => [name, ajv.compile(schemaObject(name))]),
);

/** What a schema has against a value, as `place message`; empty where it is valid. */
function faults(name: SchemaName, value: unknown): string[] {
  const validate = validators.get(name);
  if (validate === undefined || validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const withExtraKey = (value: Mapping): Mapping => ({ ...value, surprise: true });

function withoutKey(value: Mapping, key: string): Mapping {
  const { [key]: _, ...rest } = value;
  return rest;
}

async function json(name: string, flags: readonly string[] = []): Promise<Mapping> {
  const { out } = await sizeFixture(name, ["--format", "json", ...flags]);
  return JSON.parse(out) as Mapping;
}

function documents(name: string): Mapping[] {
  return parseAllDocuments(readFixture(name, "workload.yaml")).map((document) => document.toJS() as Mapping);
}

const schemaOf = (name: string): SchemaName => (name === "fleet" ? "fleet" : "size");
const single = fixtureNames.filter((name) => name !== "fleet");

describe.each(fixtureNames)("%s", (name) => {
  test("its workload is valid", () => {
    expect(documents(name).map((document) => faults("workload", document))).toEqual(documents(name).map(() => []));
  });

  test("the answer is valid", async () => {
    expect(faults(schemaOf(name), await json(name))).toEqual([]);
  });

  test("an answer with a key too many or too few is not", async () => {
    const value = await json(name);
    expect(faults(schemaOf(name), withExtraKey(value))).toEqual([" must NOT have additional properties"]);
    const accepted = Object.keys(value).filter((key) => faults(schemaOf(name), withoutKey(value, key)).length === 0);
    expect(accepted).toEqual([]);
  });
});

describe.each(single)("%s, simulated", (name) => {
  test("the answer is valid, and one with a key too many or too few is not", async () => {
    const { out } = await simulateFixture(name, ["--format", "json", "--duration", "10m", "--replications", "2"]);
    const value = JSON.parse(out) as Mapping;
    expect(faults("simulate", value)).toEqual([]);
    expect(faults("simulate", withExtraKey(value))).toEqual([" must NOT have additional properties"]);
    expect(Object.keys(value).filter((key) => faults("simulate", withoutKey(value, key)).length === 0)).toEqual([]);
  });

  test("the answer is valid with its story, and says the same besides", async () => {
    const flags = ["--format", "json", "--duration", "30m"];
    const { story, ...rest } = JSON.parse((await simulateFixture(name, [...flags, "--explain"])).out) as Mapping;
    expect(faults("simulate", { story, ...rest })).toEqual([]);
    expect(faults("simulate", { story: [{}], ...rest })).not.toEqual([]);
    expect(rest).toEqual(JSON.parse((await simulateFixture(name, flags)).out));
  });
});

describe.each(single)("%s", (name) => {
  test("the explained answer is valid", async () => {
    expect(faults("size", await json(name, ["--explain"]))).toEqual([]);
  });

  test("the reverse answer is valid", async () => {
    const value = await json(name, ["--reverse", "--shards", "20"]);
    expect(faults("reverse", value)).toEqual([]);
    expect(faults("reverse", withExtraKey(value))).not.toEqual([]);
    expect(faults("reverse", withoutKey(value, "shards"))).not.toEqual([]);
  });
});

test("keys deep inside an answer are held to the schema too", async () => {
  const value = (await json("clickstream")) as { shards: Mapping; cost: Mapping; consumers: Mapping[] };
  const consumers = value.consumers.map(withExtraKey);
  expect(faults("size", { ...value, shards: withExtraKey(value.shards) })).not.toEqual([]);
  expect(faults("size", { ...value, shards: withoutKey(value.shards, "minimum") })).not.toEqual([]);
  expect(faults("size", { ...value, shards: { ...value.shards, minimum: "36" } })).not.toEqual([]);
  expect(faults("size", { ...value, cost: withoutKey(value.cost, "onDemand") })).not.toEqual([]);
  expect(faults("size", { ...value, consumers })).not.toEqual([]);
});

describe.each([
  ["hot-shard-layout", ["--layout"]],
  ["hot-shard-layout", ["--shard-loads", "fixtures/hot-shard-layout/shard-loads.json", "--max-shards", "8"]],
  ["hot-key", ["--layout"]],
])("the layout of %s, %j", (name, flags) => {
  test("is valid, and not with a key too many or too few", async () => {
    const { out } = await reshardFixture(name, [...flags, "--format", "json"]);
    const value = JSON.parse(out) as Mapping & { plan: Mapping };
    expect(faults("reshard-layout", value)).toEqual([]);
    expect(faults("reshard-layout", withExtraKey(value))).not.toEqual([]);
    expect(faults("reshard-layout", { ...value, plan: withExtraKey(value.plan) })).not.toEqual([]);
    const accepted = Object.keys(value).filter((key) => faults("reshard-layout", withoutKey(value, key)).length === 0);
    expect(accepted).toEqual([]);
  });
});

test("the limits are valid, and not with a key too many or too few", async () => {
  const { out } = await runInMemory(["limits", "--format", "json"]);
  const value = JSON.parse(out) as Mapping;
  expect(faults("limits", value)).toEqual([]);
  expect(faults("limits", withExtraKey(value))).not.toEqual([]);
  const accepted = Object.keys(value).filter((key) => faults("limits", withoutKey(value, key)).length === 0);
  expect(accepted).toEqual([]);
});

test("a workload with a key too many, too few, or of the wrong kind is not valid", () => {
  const [workload = {}] = documents("clickstream") as { stream?: Mapping; producers?: Mapping[] }[];
  const { stream = {}, producers = [] } = workload;
  expect(faults("workload", withExtraKey(workload))).not.toEqual([]);
  expect(faults("workload", withoutKey(workload, "producers"))).not.toEqual([]);
  expect(faults("workload", withoutKey(workload, "version"))).not.toEqual([]);
  expect(faults("workload", { ...workload, stream: withExtraKey(stream) })).not.toEqual([]);
  expect(faults("workload", { ...workload, stream: withoutKey(stream, "name") })).not.toEqual([]);
  expect(faults("workload", { ...workload, stream: { ...stream, shards: "8" } })).not.toEqual([]);
  expect(faults("workload", { ...workload, producers: producers.map(withExtraKey) })).not.toEqual([]);
});

test.each([
  ["shards", 1.5],
  ["shards", 0],
  ["utilization", 1.5],
  ["utilization", 0],
  ["retention", 60],
])("a workload whose stream.%s is %d is out of bounds", (key, value) => {
  const [workload = {}] = documents("clickstream") as { stream?: Mapping }[];
  expect(faults("workload", { ...workload, stream: { ...workload.stream, [key]: value } })).not.toEqual([]);
});

test("an editor is told what a value with a dimension means", () => {
  const text = JSON.stringify(jsonSchemaOf("workload"));
  expect(text).toContain("How full a shard may be planned.");
  expect(text).toContain("A bare number is bytes");
});

test.each(schemaNames)("the schema `%s` has no keywords that JSON Schema does not know", (name) => {
  expect(() =>
    new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(schemaObject(name)),
  ).not.toThrow();
});
