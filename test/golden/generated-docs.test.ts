// Pages and schemas that are made from the source. A stale file fails; `npx vitest run test/golden/generated-docs.test.ts -u`
// writes them anew.
import { describe, expect, it } from "vitest";
import { diagnosticsReference } from "../../scripts/diagnostics-reference.js";
import { exampleWorkload, formatReference } from "../../scripts/format-reference.js";
import { parseWorkloads } from "../../src/index.js";
import { jsonSchemaOf } from "../../src/report/json-schema.js";
import { schemaNames } from "../../src/report/schema-names.js";

describe("a generated page", () => {
  it("docs/workload.md says what the schema says", async () => {
    await expect(formatReference()).toMatchFileSnapshot("../../docs/workload.md");
  });

  it("docs/diagnostics.md says what the catalogue says", async () => {
    await expect(diagnosticsReference()).toMatchFileSnapshot("../../docs/diagnostics.md");
  });

  it("shows an example that is a workload", async () => {
    const { workloads, diagnostics } = await parseWorkloads("example.yaml", exampleWorkload);
    expect(diagnostics).toEqual([]);
    expect(workloads).toHaveLength(1);
  });
});

describe("a published schema", () => {
  it.each(schemaNames)("schema/%s.schema.json is what `schema` prints", async (name) => {
    const text = `${JSON.stringify(jsonSchemaOf(name), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(`../../schema/${name}.schema.json`);
  });
});
