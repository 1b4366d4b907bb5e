/*
 * The user's own limits and prices: YAML with the names that `limits` prints, flat or nested, with plain values, values with
 * units, or whole facts as `limits --format yaml` prints them. `regions:` holds what is true of single regions.
 */
import { type Diagnostic, diagnose } from "../diagnostics/diagnostic.js";
import { nearestName } from "../diagnostics/nearest-name.js";
import { formatPath, type Path } from "../diagnostics/path.js";
import type { Fact, FactUnit } from "../service/fact.js";
import { priceFacts } from "../service/prices.js";
import { type Region, regionFacts, regionNames } from "../service/regions.js";
import { type FactOverride, type FactOverrides, ServiceCatalogue } from "../service/service-facts.js";
import type { DimensionName } from "../units/dimension.js";
import { parseQuantity } from "../units/parse-quantity.js";
import { isMapping } from "./mapping.js";
import { placeDiagnostics, readYaml } from "./yaml-document.js";

export interface ParsedLimits {
  readonly overrides: FactOverrides;
  readonly diagnostics: readonly Diagnostic[];
}

/** One value of the file: the fact it sets, where it stands, and the region it holds for. */
interface Entry {
  readonly name: string;
  readonly value: unknown;
  readonly path: Path;
  readonly region?: Region | undefined;
}

/** Reads a limits file. Every name that is unknown and every value that cannot be read is reported. */
export async function parseLimits(file: string, text: string): Promise<ParsedLimits> {
  const { documents, diagnostics: unreadable } = await readYaml(file, text);
  const everywhere = new Map<string, FactOverride>();
  const byRegion = new Map<string, Map<string, FactOverride>>(regionNames.map((region) => [region, new Map()]));
  let diagnostics = [...unreadable];
  for (const document of documents) {
    const wrong: Diagnostic[] = [];
    for (const entry of listEntries(document.value, wrong)) {
      const override = readOverride(entry, file);
      const target = entry.region === undefined ? everywhere : byRegion.get(entry.region);
      if ("code" in override) wrong.push(override);
      else target?.set(entry.name, override);
    }
    diagnostics = diagnostics.concat(placeDiagnostics(document, wrong));
  }
  return { overrides: { everywhere, byRegion }, diagnostics };
}

const knownFacts: ReadonlyMap<string, Fact> = new Map(
  new ServiceCatalogue().forRegion("us-east-1").all.map((fact) => [fact.name, fact]),
);
const knownNames: readonly string[] = [...knownFacts.keys()];

/** The facts that differ from region to region. */
const regionalNames: ReadonlySet<string> = new Set(
  [...regionFacts("us-east-1"), ...priceFacts("us-east-1")].map(({ name }) => name),
);

/** What `limits` printed has its facts under `limits`, and those that depend on the region hold for that region only. */
function listEntries(root: unknown, wrong: Diagnostic[]): Entry[] {
  if (!isMapping(root)) return notMapping([], wrong);
  const { regions = {}, limits = {}, region, schemaVersion: _version, command: _command, ...flat } = root;
  const printedFor = region === undefined ? undefined : knownRegion(region, ["region"], "value", wrong);
  const printed = flatten(limits, ["limits"], "", wrong).map(
    (entry): Entry => (regionalNames.has(entry.name) ? { ...entry, region: printedFor } : entry),
  );
  const entries = [...flatten(flat, [], "", wrong), ...printed, ...listRegions(regions, wrong)];
  return entries.filter((entry, at) => isFirst(entry, entries.slice(0, at), wrong));
}

function notMapping(path: Path, wrong: Diagnostic[]): [] {
  const fix = "write lines such as `shard.writeBytesPerSecond: 1 MB/s`";
  const what = path.length === 0 ? "a limits file" : `\`${formatPath(path)}\``;
  wrong.push(diagnose("wrong-type", `${what} is a mapping of names to values`, fix, { path }));
  return [];
}

function isFirst({ name, region, path }: Entry, before: readonly Entry[], wrong: Diagnostic[]): boolean {
  if (!before.some((one) => one.name === name && one.region === region)) return true;
  wrong.push(diagnose("duplicate-key", `\`${name}\` is set twice`, "remove one of the two", { path, part: "key" }));
  return false;
}

function knownRegion(region: unknown, path: Path, part: "key" | "value", wrong: Diagnostic[]): Region | undefined {
  const known = regionNames.find((name) => name === region);
  if (known !== undefined) return known;
  const near = typeof region === "string" ? nearestName(region, regionNames) : undefined;
  const fix = near === undefined ? `use one of ${regionNames.join(", ")}` : `did you mean ${near}?`;
  wrong.push(diagnose("wrong-value", `${JSON.stringify(region)} is not a known region`, fix, { path, part }));
  return undefined;
}

function listRegions(regions: unknown, wrong: Diagnostic[]): Entry[] {
  if (!isMapping(regions)) return notMapping(["regions"], wrong);
  return Object.entries(regions).flatMap(([name, values]) => {
    const path = ["regions", name];
    const region = knownRegion(name, path, "key", wrong);
    return region === undefined ? [] : flatten(values, path, "", wrong).map((entry): Entry => ({ ...entry, region }));
  });
}

/** The facts that a mapping sets; it may nest wherever a name has a dot. */
function flatten(mapping: unknown, path: Path, prefix: string, wrong: Diagnostic[]): Entry[] {
  if (!isMapping(mapping)) return notMapping(path, wrong);
  return Object.entries(mapping).flatMap(([key, value]) => {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    const here = [...path, key];
    if (knownFacts.has(name)) return [{ name, value: isMapping(value) ? value["value"] : value, path: here }];
    if (knownNames.some((known) => known.startsWith(`${name}.`))) return flatten(value, here, name, wrong);
    const near = nearestName(name, knownNames);
    const fix = near === undefined ? "`kinesis-plan limits` prints every name" : `did you mean \`${near}\`?`;
    wrong.push(diagnose("limit-unknown", `\`${name}\` is not a limit or price`, fix, { path: here, part: "key" }));
    return [];
  });
}

const dimensionOfUnit: Partial<Readonly<Record<FactUnit, DimensionName>>> = {
  bytes: "bytes",
  "bytes/s": "bytesPerSecond",
  "records/s": "recordsPerSecond",
  "calls/s": "recordsPerSecond",
  "writes/s": "recordsPerSecond",
  seconds: "seconds",
  ratio: "ratio",
  USD: "usd",
};

function readOverride({ name, value, path }: Entry, file: string): FactOverride | Diagnostic {
  const fact = knownFacts.get(name);
  const read = fact === undefined ? undefined : readNumber(value, dimensionOfUnit[fact.unit]);
  const isAllowed = read !== undefined && isSensible(read, fact);
  if (isAllowed) return { value: read, source: `override: ${file}` };
  const unit = fact?.per === undefined ? fact?.unit : `${fact.unit} per ${fact.per}`;
  const written = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? "empty");
  const least = fact !== undefined && isSensible(0, fact) ? "from 0 upwards" : "above 0";
  return diagnose("wrong-quantity", `\`${name}\` cannot be ${written}`, `write a number ${least}, in ${unit}`, {
    path,
  });
}

/** Prices may be nothing; a limit of nothing, or beyond all numbers that limits have, is a slip. */
function isSensible(value: number, fact: Fact | undefined): boolean {
  const isNothing = value === 0 && (fact?.kind === "price" || fact?.value === 0);
  return isNothing || (value >= smallest && value <= largest);
}

const smallest = 1e-9;
const largest = 1e15;

function readNumber(value: unknown, dimension: DimensionName | undefined): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string" || dimension === undefined) return undefined;
  const parsed = parseQuantity(value, dimension);
  return parsed.ok ? parsed.value : undefined;
}
