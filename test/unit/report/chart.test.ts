/*
 * The chart of a simulation on terminals of any width, with names of any script.
 */
import { describe, expect, it } from "vitest";
import { formatChart } from "../../../src/report/sparkline.js";
import { shortenText, widthOf } from "../../../src/report/text-width.js";
import { wrapText } from "../../../src/report/wrap-text.js";
import { runInMemory } from "../../memory-host.js";

const rising = Array.from({ length: 48 }, (_, at) => at + 1);

function chart(labels: readonly string[], width: number, remark = "up to 18,251/s"): string[] {
  const series = labels.map((label) => ({ label, values: rising, remark }));
  return formatChart({ ends: ["00:00", "24:00"], series }, { clean: (text) => text, width });
}

describe("a chart", () => {
  it.each([
    ["short names", ["offered", "age app"]],
    ["a long name", ["offered", `age ${"order-enrichment-".repeat(4)}2`]],
    ["wide letters", ["offered", "age 注文処理コンシューマー受注管理システム", "CPU 주문"]],
    ["emoji and marks", ["offered", "age 🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀", "CPU Ärger"]],
  ])("keeps to its width and stays aligned: %s", (_, labels) => {
    for (const width of [38, 60, 78, 118]) {
      const lines = chart(labels, width);
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
      const starts = lines.slice(0, -1).map((line) => widthOf(line.slice(0, line.search(/[▁▂▃▄▅▆▇█]/))));
      expect(new Set(starts).size).toBe(1);
    }
  });

  it("leaves a chart that fits as it is", () => {
    const [line = ""] = chart(["age consumer"], 78);
    expect(line).toMatch(/^age consumer {2}.{48} {2}up to 18,251\/s$/);
  });

  it("keeps the end of a name that it shortens, and every figure", () => {
    const [one = "", two = ""] = chart(["age order-enrichment-service-eu-1", "age order-enrichment-service-eu-2"], 60);
    expect(one).toContain("…");
    expect(one).toContain("eu-1");
    expect(two).toContain("eu-2");
    expect(one).toMatch(/up to 18,251\/s$/);
  });

  it("keeps a peak of one column when it shrinks", () => {
    const values = rising.map((at) => (at === 30 ? 80 : 1));
    const [line = ""] = formatChart(
      { ends: ["00:00", "24:00"], series: [{ label: "age app", values, remark: "up to 80s" }] },
      { clean: (text) => text, width: 38 },
    );
    expect(line).toContain("█");
    expect(line.split("█")).toHaveLength(2);
  });

  it("draws what stays the same as a low line, unless it stays at a fixed top", () => {
    const lines = formatChart(
      {
        ends: ["00:00", "01:00"],
        series: [
          { label: "shards", values: [20, 20, 20], remark: "20" },
          { label: "offered", values: [1_000, 1_017, 990], remark: "" },
          { label: "CPU", values: [1, 1, 1], top: 1, remark: "" },
          { label: "none", values: [0, 0, 0], remark: "" },
          { label: "rise", values: [10, 10, 20], remark: "" },
        ],
      },
      { clean: (text) => text, width: 78 },
    );
    expect(
      lines.map((line) =>
        line
          .split("  ")
          .filter((part) => part !== "")[1]
          ?.trim(),
      ),
    ).toEqual(["▁▁▁", "▁▁▁", "███", "···", "▅▅█", undefined]);
  });
});

describe("a text", () => {
  it.each([
    ["orders", 6, "orders"],
    ["orders-2", 6, "ord…-2"],
    ["注文処理", 6, "注…理"],
    ["注文処理", 1, "…"],
  ])("%s within %d columns is %s", (text, width, short) => {
    expect(shortenText(text, width)).toBe(short);
    expect(widthOf(short)).toBeLessThanOrEqual(width);
  });

  it("wraps by what it takes on the screen", () => {
    expect(wrapText("注文 処理 falls behind", 10)).toEqual(["注文 処理", "falls", "behind"]);
  });
});

const names = ["order-enrichment-and-fraud-scoring-service-eu-central-1", "注文処理コンシューマー受注管理システム"];
const workload = `version: 1
stream: {name: s, shards: 2}
producers: [{name: p, records: 100/s, recordSize: 1 KB}]
consumers:
${names.map((name) => `  - {name: ${name}, kind: kcl, cpuPerRecord: 1 ms, workers: 1}`).join("\n")}
scenario: [{event: reshard, at: 10s, shards: 4}]
`;

describe("the chart of simulate", () => {
  it.each([undefined, 0, 40, 80, 132])("fits into a terminal of %s columns", async (columns) => {
    const { out } = await runInMemory(
      ["simulate", "w.yaml", "--duration", "10m"],
      { "w.yaml": workload },
      { ...(columns !== undefined && { columns }) },
    );
    const lines = out.split("\n");
    const from = lines.indexOf("Over time");
    const shown = lines.slice(from, lines.indexOf("Consumers"));
    for (const line of shown) expect(widthOf(line)).toBeLessThanOrEqual(columns || 80);
  });

  it("begins with the shards that the run starts with", async () => {
    const { out } = await runInMemory(["simulate", "w.yaml", "--duration", "10m"], { "w.yaml": workload });
    expect(out).toMatch(/shards +▅█+ {2}2 to 4\n/);
  });
});
