import { describe, expect, it } from "vitest";
import { applySettings, parseSetting, type Setting } from "../../../src/workload/apply-settings.js";
import { parseWorkloads } from "../../../src/workload/parse-workload.js";
import { readYaml, type YamlDocument } from "../../../src/workload/yaml-document.js";

const text = `version: 1
stream: {name: s}
producers:
  - {name: web, records: 1/s, recordSize: 1 B}
  - {name: "0", records: 2/s, recordSize: 2 B}
consumers:
  - {name: enrich, kind: kcl}
`;

function setting(source: string): Setting {
  const parsed = parseSetting(source);
  if ("code" in parsed) throw new Error(parsed.message);
  return parsed;
}

async function document(): Promise<YamlDocument> {
  const [first] = (await readYaml("w.yaml", text)).documents;
  if (first === undefined) throw new Error("no document");
  return first;
}

async function applied(...sources: readonly string[]): Promise<{ value: unknown; codes: string[]; fixes: string[] }> {
  const result = applySettings(await document(), sources.map(setting));
  return {
    value: result.document.value,
    codes: result.diagnostics.map(({ code }) => code),
    fixes: result.diagnostics.map(({ fix }) => fix),
  };
}

describe("parseSetting", () => {
  it.each<[string, string[], unknown]>([
    ["stream.shards=12", ["stream", "shards"], 12],
    ["producers.web.records=5000/s", ["producers", "web", "records"], "5000/s"],
    ["consumers[0].kind=lambda", ["consumers", "0", "kind"], "lambda"],
    ["producers[0][records]=1", ["producers", "0", "records"], 1],
    ["stream.utilization=80%", ["stream", "utilization"], "80%"],
    ["stream.name=a=b", ["stream", "name"], "a=b"],
    ["stream.name='12'", ["stream", "name"], "12"],
    ["producers.web.keys={count: 3}", ["producers", "web", "keys"], { count: 3 }],
    ["gates=[a < 1]", ["gates"], ["a < 1"]],
    ["a=yes", ["a"], "yes"],
  ])("%s", (source, steps, value) => {
    expect(setting(source)).toMatchObject({ steps, value });
  });

  it.each(["", "stream.shards", "=12", ".=12", "stream.shards=[1", "stream.shards='x", "a={b: 1, b: 2}"])(
    "%j is not path=value",
    (source) => {
      expect(parseSetting(source)).toMatchObject({ code: "set-invalid", position: { file: "--set" } });
    },
  );
});

describe("applySettings", () => {
  it("replaces a value by name, by index and by a new path, and leaves the document itself alone", async () => {
    const original = await document();
    const before = structuredClone(original.value);
    const { value, codes } = await applied(
      "producers.web.records=5/s",
      "consumers[0].kind=lambda",
      "stream.shards=3",
      "consumers.enrich.worker.vcpus=2",
    );
    expect(codes).toEqual([]);
    expect(value).toMatchObject({
      stream: { name: "s", shards: 3 },
      producers: [
        { name: "web", records: "5/s" },
        { name: "0", records: "2/s" },
      ],
      consumers: [{ name: "enrich", kind: "lambda", worker: { vcpus: 2 } }],
    });
    expect(original.value).toEqual(before);
  });

  it("prefers a name to an index, and a later setting to an earlier one", async () => {
    const { value } = await applied("producers[0].records=9/s", "producers[1].records=7/s", "producers[1].records=8/s");
    expect(value).toMatchObject({ producers: [{ records: "1/s" }, { records: "8/s" }] });
  });

  it("may replace a whole list or mapping", async () => {
    expect((await applied("producers=[]")).value).toMatchObject({ producers: [] });
    expect((await applied("stream={name: t}")).value).toMatchObject({ stream: { name: "t" } });
  });

  it.each([
    ["producers.wep.records=1", 'did you mean "web"?'],
    ["producers.banana.records=1", "the names here are web, 0"],
    ["producers[7].records=1", "the names here are web, 0"],
    ["version.x=1", "the path goes through a value that has no parts"],
    ["stream.name.x.y=1", "the path goes through a value that has no parts"],
  ])("%s leads nowhere", async (source, fix) => {
    const before = (await document()).value;
    expect(await applied(source)).toEqual({ value: before, codes: ["set-invalid"], fixes: [fix] });
  });

  it("does not reach prototypes", async () => {
    for (const source of [
      "__proto__.polluted=1",
      "stream.__proto__.polluted=1",
      "constructor.prototype.polluted=1",
      "stream.toString.polluted=1",
    ]) {
      await applied(source);
      expect(({} as { polluted?: number }).polluted, source).toBeUndefined();
      expect((Object.prototype.toString as unknown as { polluted?: number }).polluted, source).toBeUndefined();
    }
  });

  it("is checked like the file, and the finding is shown in the setting", async () => {
    const { workloads, diagnostics } = await parseWorkloads("w.yaml", text, [
      setting("stream.shards=-1"),
      setting("stream.shade=1"),
    ]);
    expect(workloads).toEqual([]);
    expect(diagnostics.map(({ code, position }) => [code, position?.file, position?.source.text])).toEqual(
      expect.arrayContaining([
        ["out-of-range", "--set", "stream.shards=-1"],
        ["unknown-key", "--set", "stream.shade=1"],
      ]),
    );
    expect(diagnostics).toHaveLength(2);
  });

  it("holds for every document", async () => {
    const { workloads } = await parseWorkloads("w.yaml", `${text}---\n${text}`, [setting("producers.web.records=5/s")]);
    expect(workloads.map(({ workload }) => workload.producers[0]?.records)).toEqual([5, 5]);
  });
});
