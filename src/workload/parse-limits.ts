/*
 * The user's own limits and prices: YAML with the names that `limits` prints, flat or nested, with plain values, values with
 * units, or whole facts as `limits --format yaml` prints them. `regions:` holds what is true of single regions.
 */
import { type Diagnostic, diagnose } from "../diagnostics/diagnostic.js";
import { nearestName } from "../diagnostics/nearest-name.js";
import { formatPath, type Path } from "../diagnostics/path.js";
import type { Fact, FactUnit } from "../service/fact.js";
import { regionNames } from "../service/regions.js";
import { type FactOverride, type FactOverrides, ServiceCatalogue } from "../service/service-facts.js";
import type { DimensionName } from "../units/dimension.js";
import { parseQuantity } from "../units/parse-quantity.js";
import { placeDiagnostics, readYaml } from "./yaml-document.js";

export interface ParsedLimits {
  readonly overrides: FactOverrides;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a limits file. Every name that is unknown and every value that cannot be read is reported. */
export async function parseLimits(file: string, text: string): Promise<ParsedLimits> {
  const { documents, diagnostics } = await readYaml(file, text);
  const reader = new LimitsReader(file);
  const placed = [...diagnostics];
  for (const document of documents) {
    reader.readRoot(document.value);
    placed.push(...(await placeDiagnostics(document, reader.takeDiagnostics())));
  }
  return { overrides: { everywhere: reader.everywhere, byRegion: reader.byRegion }, diagnostics: placed };
}

type Mapping = Readonly<Record<string, unknown>>;

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

class LimitsReader {
  readonly everywhere = new Map<string, FactOverride>();
  readonly byRegion = new Map<string, Map<string, FactOverride>>();
  readonly #file: string;
  readonly #known: ReadonlyMap<string, Fact>;
  #diagnostics: Diagnostic[] = [];

  constructor(file: string) {
    this.#file = file;
    this.#known = new Map(new ServiceCatalogue().forRegion("us-east-1").all.map((fact) => [fact.name, fact]));
  }

  takeDiagnostics(): Diagnostic[] {
    const taken = this.#diagnostics;
    this.#diagnostics = [];
    return taken;
  }

  /** What `limits` printed has its facts under `limits`, and those that depend on the region hold for that region only. */
  readRoot(root: unknown): void {
    if (!isMapping(root))
      return this.#complain(
        "wrong-type",
        [],
        "a limits file is a mapping of names to values",
        "write lines such as `shard.writeBytesPerSecond: 1 MB/s`",
      );
    const { regions, limits, region, schemaVersion: _, command: __, ...flat } = root;
    this.#readMapping(flat, [], "", this.everywhere);
    if (isMapping(limits)) this.#readPrinted(limits, typeof region === "string" ? region : undefined);
    if (isMapping(regions)) for (const [name, values] of Object.entries(regions)) this.#readRegion(name, values);
  }

  #readPrinted(limits: Mapping, region: string | undefined): void {
    const isRegional = (name: string): boolean =>
      /^(price|account|onDemand\.(write|read)BytesPerSecondMax)\b/.test(name);
    for (const [name, value] of Object.entries(limits)) {
      const target = region !== undefined && isRegional(name) ? this.#region(region) : this.everywhere;
      this.#readMapping({ [name]: value }, ["limits"], "", target);
    }
  }

  #readRegion(name: string, values: unknown): void {
    if (!(regionNames as readonly string[]).includes(name)) {
      const near = nearestName(name, regionNames);
      return this.#complain(
        "wrong-value",
        ["regions", name],
        `${JSON.stringify(name)} is not a known region`,
        near === undefined ? "use a region that `kinesis-plan limits --help` names" : `did you mean ${near}?`,
      );
    }
    if (isMapping(values)) this.#readMapping(values, ["regions", name], "", this.#region(name));
  }

  #region(name: string): Map<string, FactOverride> {
    const known = this.byRegion.get(name) ?? new Map<string, FactOverride>();
    this.byRegion.set(name, known);
    return known;
  }

  #readMapping(mapping: Mapping, path: Path, prefix: string, target: Map<string, FactOverride>): void {
    for (const [key, value] of Object.entries(mapping)) {
      const name = prefix === "" ? key : `${prefix}.${key}`;
      const here = [...path, key];
      const fact = this.#known.get(name);
      if (fact !== undefined) this.#readValue(fact, isMapping(value) ? value["value"] : value, here, target);
      else if (isMapping(value)) this.#readMapping(value, here, name, target);
      else this.#complainUnknown(name, here);
    }
  }

  #readValue(fact: Fact, value: unknown, path: Path, target: Map<string, FactOverride>): void {
    const dimension = dimensionOfUnit[fact.unit];
    const parsed =
      typeof value === "string" && dimension !== undefined
        ? parseQuantity(value, dimension)
        : { ok: typeof value === "number" && Number.isFinite(value), value: Number(value) };
    const isPositive = parsed.ok && (fact.kind === "price" ? parsed.value >= 0 : parsed.value > 0);
    if (!isPositive)
      return this.#complain(
        "wrong-quantity",
        path,
        `\`${fact.name}\` cannot be ${JSON.stringify(value) ?? "empty"}`,
        `write a number above 0, in ${fact.unit}${fact.per === undefined ? "" : ` per ${fact.per}`}`,
      );
    target.set(fact.name, { value: (parsed as { value: number }).value, source: `override: ${this.#file}` });
  }

  #complainUnknown(name: string, path: Path): void {
    const near = nearestName(name, [...this.#known.keys()]);
    this.#complain(
      "limit-unknown",
      path,
      `\`${name}\` is not a limit or price`,
      near === undefined ? "`kinesis-plan limits` prints every name" : `did you mean \`${near}\`?`,
      "key",
    );
  }

  #complain(code: Diagnostic["code"], path: Path, message: string, fix: string, part: "key" | "value" = "value"): void {
    this.#diagnostics.push(
      diagnose(code, path.length === 0 ? message : `${message} (at ${formatPath(path)})`, fix, { path, part }),
    );
  }
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
