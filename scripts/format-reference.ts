/*
 * The reference page of the workload format, made from the schema that validates it. A test holds docs/workload.md to this text;
 * `npx vitest run test/golden/generated-docs.test.ts -u` writes it anew.
 */
import type * as v from "valibot";
import { byteUnits, countUnits, type DimensionName, dimensionTexts, durationUnits } from "../src/units/dimension.js";
import { formatBytes, formatDuration, formatNumber, formatRatio } from "../src/units/format-quantity.js";
import type { Bounds } from "../src/workload/field.js";
import { WorkloadSchema } from "../src/workload/schema.js";

/** A whole workload; a test parses it. */
export const exampleWorkload = `version: 1
stream:
  name: clickstream
  region: us-east-1 # default us-east-1
  mode: provisioned # provisioned | on-demand | on-demand-advantage; default provisioned
  shards: 8 # open shards today; optional
  retention: 24h # 24h .. 8760h
  utilization: 80% # how full a shard may be planned; default 80%
producers:
  - name: web
    records: 12000/s # user records per second at peak; or \`traffic\`
    recordSize: 850 B # mean bytes that count towards the limit: data + partition key
    aggregation: { recordsPerBatch: 40 } # KPL; optional. Or {maxSize: 50 KiB, keySize: 36 B}
    keys: { count: 2000000, distribution: zipf, exponent: 1.05 } # optional; default: even
    # or keys: {hottest: 3%}  or  keys: {weightsFile: keys.csv}
    retry: kpl # kpl | sdk | none; default sdk
consumers:
  - name: enrich
    kind: kcl # kcl | lambda | firehose | flink | sdk
    read: shared # shared | fan-out; default shared
    cpuPerRecord: 0.4 ms # CPU time for one user record
    timePerRecord: 0.6 ms # wall time for one user record in one processor; default cpuPerRecord
    worker: { vcpus: 2, targetCpu: 65%, price: $0.0832/h }
    workers: 3 # running today; optional
    standby: 1 # spare workers, may exceed the shard count; default 0
    pollInterval: 1500 ms
    recovery: { outage: 1h, within: 2h } # after an outage, caught up within
gates:
  - shards.recommended <= 40
  - cost.usdPerMonth < 900
  - { expect: simulation.throttledRatio < 0.1%, level: warn }
`;

const exampleTraffic = `traffic: { daily: { low: 3000/s, high: 12000/s, peakAt: "20:00", timezone: Europe/Berlin, weekend: 60% } }
traffic: { timeline: [{ at: 0h, records: 3000/s }, { at: 8h, records: 9000/s }], interpolate: linear }
traffic: { trace: { file: clicks.csv, time: timestamp, value: value, per: 5m, scale: 100 } }
# beside any of them
bursts: [{ at: 18h, factor: 3, lasts: 10m }]
growth: 5%/month
`;

/** What the walk needs to know of a schema, whatever library object it is. */
interface Node {
  readonly type: string;
  readonly wrapped?: Node;
  readonly default?: unknown;
  readonly pipe?: readonly (Node & { readonly metadata?: Metadata; readonly description?: string })[];
  readonly entries?: Readonly<Record<string, Node>>;
  readonly item?: Node;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
}

interface Metadata {
  readonly dimension?: DimensionName;
  readonly integer?: true;
  readonly bounds?: Bounds;
  readonly lengthMax?: number;
}

/** The page, ending in a line break. */
export function formatReference(): string {
  const root = WorkloadSchema as v.GenericSchema as unknown as Node;
  return [
    "# The workload file",
    "",
    "Made from the schema; `test/golden/generated-docs.test.ts` keeps it true. Editors read the same rules from",
    "`schema/workload.schema.json`: put `# yaml-language-server: $schema=…/workload.schema.json` on the first line.",
    "",
    "YAML 1.2, camelCase keys. Several files, and several documents in one file, make a fleet. Unknown keys, duplicate keys, wrong",
    "units, numbers out of bounds and missing keys are errors, all reported in one run.",
    "",
    ...fence(exampleWorkload),
    "Traffic over time, instead of `records`:",
    "",
    ...fence(exampleTraffic),
    ...quantities(),
    ...sections("", root),
  ].join("\n");
}

function fence(yaml: string): string[] {
  return ["```yaml", yaml.trimEnd(), "```", ""];
}

function quantities(): string[] {
  const names = (units: Readonly<Record<string, unknown>>): string =>
    Object.keys(units)
      .filter((unit) => unit !== "")
      .map((unit) => `\`${unit}\``)
      .join(" ");
  return [
    "## Quantities",
    "",
    "A value with a dimension carries its unit. `kB`, `KB`, `MB`, `GB` and `TB` are powers of 1000; `KiB`, `MiB`, `GiB` and `TiB` of",
    "1024. A bare number is taken in the base unit. Digits are not grouped.",
    "",
    ...table(
      ["Quantity", "Base unit", "Examples"],
      Object.values(dimensionTexts).map(({ noun, base, examples }) => [
        withoutArticle(noun),
        base,
        examples.map((example) => `\`${example}\``).join(", "),
      ]),
    ),
    `- Sizes: ${names(byteUnits)}.`,
    `- Durations: ${names(durationUnits)}, and sums such as \`1h30m\`.`,
    `- Counts in rates: ${names(countUnits)}.`,
    "- A rate is per `s`, `min`, `h`, `day`, `week`, `month` (730 h) or `year`.",
    "",
  ];
}

function withoutArticle(noun: string): string {
  return noun.replace(/^an? /, "");
}

/** A section for a mapping, and one for each mapping below it. */
function sections(path: string, schema: Node): string[] {
  const node = resolve(schema);
  const heading = [`## ${path === "" ? "Top level" : `\`${path}\``}`, "", ...lead(node.description)];
  if (node.type === "variant") return [...heading, ...events(path, node)];
  const entries = Object.entries(node.entries ?? {});
  const rows = entries.map(([key, entry]) => row(path === "" ? key : `${path}.${key}`, entry));
  const below = entries.flatMap(([key, entry]) => inner(path === "" ? key : `${path}.${key}`, entry));
  return [...heading, ...table(columns, rows), ...below];
}

const columns = ["Key", "Value", "Default", "Bounds", "Meaning"] as const;

function lead(description: string | undefined): string[] {
  return description === undefined ? [] : [description, ""];
}

function inner(path: string, schema: Node): string[] {
  const node = resolve(schema);
  if (node.item !== undefined) return inner(`${path}[]`, node.item);
  const mapping = mappingOf(node);
  if (node.type === "variant" || mapping === undefined) return node.type === "variant" ? sections(path, node) : [];
  return sections(path, mapping === node ? schema : ({ ...mapping, description: node.description } as Node));
}

/** The mapping that a place takes, be it the only choice or one of several. */
function mappingOf(node: Resolved): Node | undefined {
  if (node.entries !== undefined) return node;
  return node.options?.find((option): option is Node => (option as Node).entries !== undefined);
}

/** A table for each kind of event. */
function events(path: string, { options = [] }: Resolved): string[] {
  return (options as readonly Node[]).flatMap(({ entries = {} }) => {
    const { event, ...rest } = entries;
    const rows = Object.entries(rest).map(([key, entry]) => row(`${path}.${key}`, entry));
    return [`### \`event: ${String(event?.literal)}\``, "", ...table(columns, rows)];
  });
}

type Resolved = Node & Metadata & { readonly isOptional: boolean; readonly description?: string | undefined };

/** Looks through `optional` and `pipe`. */
function resolve(schema: Node): Resolved {
  if (schema.wrapped !== undefined) return { ...resolve(schema.wrapped), isOptional: true, default: schema.default };
  const parts = schema.pipe ?? [];
  const [base] = parts;
  const within = base === undefined || base.type === schema.type ? {} : resolve(base);
  const metadata = parts.find((part) => part.metadata !== undefined)?.metadata;
  const description = parts.findLast((part) => part.description !== undefined)?.description;
  return {
    ...within,
    ...schema,
    ...metadata,
    isOptional: false,
    description: description ?? (schema as Partial<Resolved>).description,
  };
}

function row(path: string, schema: Node): string[] {
  const node = resolve(schema);
  return [`\`${path}\``, describeValue(node), defaultOf(node), boundsOf(node), node.description ?? ""];
}

const listedOptions = 8;

function describeValue(node: Resolved): string {
  if (node.dimension !== undefined) {
    const { noun, base } = dimensionTexts[node.dimension];
    return base === "ratio" ? "ratio" : `${withoutArticle(noun)} (${base})`;
  }
  if (node.item !== undefined) return "list";
  if (node.entries !== undefined) return "mapping";
  if (node.literal !== undefined) return `\`${String(node.literal)}\``;
  if (node.type === "picklist") return choices(node.options ?? []);
  if (node.type === "union") return "text or mapping";
  if (node.type === "number") return node.integer === true ? "whole number" : "number";
  return "text";
}

function choices(options: readonly unknown[]): string {
  const shown = options.length > listedOptions ? options.slice(0, 2) : options;
  const text = shown.map((option) => `\`${String(option)}\``).join(", ");
  return options.length > listedOptions ? `one of ${options.length}: ${text} …` : text;
}

function defaultOf(node: Resolved): string {
  if (!node.isOptional) return "**required**";
  const value = node.default;
  if (value === undefined || typeof value === "object") return "";
  return `\`${String(value)}\``;
}

function boundsOf(node: Resolved): string {
  if (node.lengthMax !== undefined) return `1 to ${node.lengthMax} characters`;
  const { min, above, max } = node.bounds ?? {};
  const format = (value: number): string => formatBound(value, node.dimension);
  if (node.item !== undefined) return max === undefined ? "" : `${min ?? 0} to ${format(max)} entries`;
  const lower = min === undefined ? (above === undefined ? "" : `above ${format(above)}`) : `from ${format(min)}`;
  return `${lower}${upperBound(node.bounds ?? {}, lower, format)}`.replace(/^from (.*) to /, "$1 to ").trim();
}

function upperBound({ max, below }: Bounds, lower: string, format: (value: number) => string): string {
  if (below !== undefined) return `, below ${format(below)}`;
  return max === undefined ? "" : `${lower === "" ? "up" : ""} to ${format(max)}`;
}

function formatBound(value: number, dimension: DimensionName | undefined): string {
  if (value === 0) return "0";
  switch (dimension) {
    case "bytes":
      return formatBytes(value);
    case "seconds":
      return formatDuration(value);
    case "ratio":
      return formatRatio(value);
    default:
      return formatNumber(value);
  }
}

/** A Markdown table and the blank line after it, its columns as wide as the formatter makes them. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [titles, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = titles.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  const [head = [], ...body] = cells;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body.map(line), ""];
}
