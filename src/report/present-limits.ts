import type { Fact } from "../service/fact.js";
import type { ServiceFacts } from "../service/service-facts.js";
import { formatNumber } from "../units/format-quantity.js";
import type { Block, ReportDocument } from "./document.js";

/** What `limits` prints: every figure of a region by name, with its source. The same names, and this shape, are what `--limits` takes. */
export interface LimitsResult {
  readonly schemaVersion: 1;
  readonly command: "limits";
  readonly region: string;
  readonly limits: Readonly<Record<string, Omit<Fact, "name">>>;
}

export function presentLimits({ region, all }: ServiceFacts): ReportDocument {
  const result: LimitsResult = {
    schemaVersion: 1,
    command: "limits",
    region,
    limits: Object.fromEntries(all.map(({ name, ...fact }) => [name, fact])),
  };
  const [prices, rules] = [true, false].map((isPrice) => all.filter(({ kind }) => (kind === "price") === isPrice));
  return {
    result,
    blocks: () => [
      { kind: "title", text: "Limits, rules and prices", detail: region },
      {
        kind: "notes",
        lines: [
          "Verified in AWS's own text unless the last column says assumption, inferred, memory or second-hand. Every figure can be overridden by its name with --limits FILE; --format json adds meaning, source, quote, date and dispute.",
        ],
      },
      factTable(rules ?? []),
      factTable(prices ?? []),
    ],
    flat: () => ({
      columns: ["name", "value", "unit", "per", "kind", "certainty", "readOn", "meaning", "source", "dispute"],
      rows: all.map((fact) => [
        fact.name,
        fact.value,
        fact.unit,
        fact.per ?? null,
        fact.kind,
        fact.certainty,
        fact.readOn,
        fact.meaning,
        fact.source,
        fact.dispute ?? null,
      ]),
    }),
  };
}

function factTable(facts: readonly Fact[]): Block {
  return {
    kind: "table",
    columns: [{ title: "Name" }, { title: "Value" }, { title: "Kind, or doubt" }],
    rows: facts.map(({ name, value, unit, per, kind, certainty }) => [
      name,
      `${formatNumber(value)} ${per === undefined ? unit : `${unit} per ${per}`}`,
      certainty === "verified" ? kind : certainty,
    ]),
  };
}
