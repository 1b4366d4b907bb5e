import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { version } from "../src/cli/version.js";
import { regionNames } from "../src/service/regions.js";
import { ServiceCatalogue } from "../src/service/service-facts.js";

const packageJson = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

/** Every file below a folder, as paths with forward slashes. */
function filesBelow(folder: string, ending: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name).replaceAll("\\", "/"))
    .filter((path) => ending.test(path))
    .sort();
}

const sources = filesBelow("src", /\.ts$/).map((path) => ({ path, text: readFileSync(path, "utf8") }));

/** Text that must not appear under src/, where it is allowed all the same, and what to use instead. */
const banned: readonly { text: string; allowedIn?: RegExp; instead: string }[] = [
  { text: "Math.random", instead: "a seeded generator" },
  { text: "Date.now", allowedIn: /^src\/cli\/live-machine\.ts$/, instead: "a time passed in by src/cli" },
  {
    text: "new Date",
    allowedIn: /^src\/(cli\/node-host|workload\/parse-timestamp)\.ts$/,
    instead: "a time passed in by src/cli",
  },
  { text: "process.", allowedIn: /^src\/cli\/(main|node-host|live-machine)\.ts$/, instead: "the Host passed to run()" },
  { text: "toLocale", instead: "units/format-quantity.ts, which does not vary by machine" },
  { text: "localeCompare", instead: "a plain comparison, which does not vary by machine" },
  { text: "FIXME", instead: "an issue, before merging" },
  { text: "TODO", instead: "an issue, before merging" },
];

describe("the sources", () => {
  it.each(banned)("do not use $text but $instead", ({ text, allowedIn }) => {
    const offenders = sources.filter((file) => file.text.includes(text) && !allowedIn?.test(file.path));
    expect(offenders.map(({ path }) => path)).toEqual([]);
  });

  it("open each file of sizing/ with what it models", () => {
    const bare = sources.filter(({ path, text }) => path.startsWith("src/sizing/") && !/^\/\*/.test(text));
    expect(bare.map(({ path }) => path)).toEqual([]);
  });

  it("have no folder or file named for nothing in particular", () => {
    const vague = /\/(utils?|helpers?|common|manager|misc|shared|data|info)(\/|\.ts$|-)/;
    expect(sources.map(({ path }) => path).filter((path) => vague.test(path))).toEqual([]);
  });

  it("have no raw ceiling of a quotient", () => {
    const raw = sources.filter(
      ({ path, text }) =>
        !path.startsWith("src/units/") && /^src\/(sizing)\//.test(path) && /Math\.ceil\([^()]*\/[^()]*\)/.test(text),
    );
    // Time is cut into whole minutes, and searches take steps: neither rounds a shard count.
    expect(raw.map(({ path }) => path).filter((path) => !/demand|busiest-shard|hot-shard/.test(path))).toEqual([]);
  });
});

/** Every figure that AWS publishes, as the facts hold it. */
function publishedNumbers(): Set<number> {
  const catalogue = new ServiceCatalogue();
  return new Set(regionNames.flatMap((region) => catalogue.forRegion(region).all.map(({ value }) => value)));
}

/** Small and round numbers are published too, but mean nothing by themselves. */
const everyday = new Set([
  0, 0.01, 0.5, 0.9, 1, 2, 3, 4, 5, 7, 8, 10, 14, 15, 20, 24, 30, 50, 60, 100, 128, 256, 1_000,
]);

/** Where equal numbers have a meaning of their own, and which; without `value`, any number. */
const coincidences: readonly { path: RegExp; value?: number; because: string }[] = [
  { path: /^src\/units\//, value: 1_024, because: "a KiB" },
  { path: /^src\/units\//, value: 3_600, because: "an hour" },
  { path: /^src\/units\//, value: 86_400, because: "a day" },
  { path: /^src\/units\//, value: 604_800, because: "a week" },
  { path: /^src\/units\//, value: 730, because: "a month in rates and growth, asserted below" },
  { path: /^src\/workload\/(bounds|(\w+-)?schema|field|read-csv)\.ts$/, because: "bounds of the input" },
  { path: /read-(key-weights|trace)\.ts$/, value: 4_096, because: "numbers that are read at one go" },
  { path: /event-queue\.ts$/, value: 2_147_483_647, because: "the largest of a key's 32 bits" },
  { path: /samplers\.ts$/, because: "constants of published sampling algorithms" },
  { path: /text-width\.ts$/, value: 0.6, because: "the part of a shortened text that its beginning keeps" },
  { path: /sdk-retry\.ts$/, value: 500, because: "the status of a server's error in HTTP" },
  { path: /parse-quantity\.ts$/, value: 40, because: "the longest text that is taken for a quantity" },
];

function numbersIn(path: string, text: string): { value: number; line: number }[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: { value: number; line: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNumericLiteral(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push({ value: Number(node.text), line: line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe("numbers that AWS publishes", () => {
  it("stand in service/ alone", () => {
    const published = publishedNumbers();
    const strays = sources
      .filter(({ path }) => !path.startsWith("src/service/"))
      .flatMap(({ path, text }) => numbersIn(path, text).map((one) => ({ path, ...one })))
      .filter(({ value }) => published.has(value) && !everyday.has(value))
      .filter(({ path, value }) => !coincidences.some((one) => one.path.test(path) && (one.value ?? value) === value));
    expect(strays).toEqual([]);
  });

  it("would be found elsewhere", () => {
    const published = publishedNumbers();
    expect(
      numbersIn("x.ts", "const limit = 1_048_576 * 0.015;").filter(({ value }) => published.has(value)),
    ).toHaveLength(2);
  });

  it("agree with the month that rates use", () => {
    expect(new ServiceCatalogue().forRegion("us-east-1").value("metering.hoursPerMonth")).toBe(730);
  });
});

describe("the package", () => {
  it("says its version once", () => {
    expect(version).toBe(packageJson.version);
  });

  it("names its changes", () => {
    expect(readFileSync("CHANGELOG.md", "utf8")).toContain(`## ${packageJson.version}`);
  });

  it("carries no address of a registry", () => {
    expect(readFileSync("package-lock.json", "utf8")).not.toMatch(/"resolved": "https?:/);
  });

  it("pins every dependency", () => {
    const all = Object.entries({ ...packageJson.dependencies, ...packageJson.devDependencies });
    expect(all.filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
  });

  it("uses every library that it installs for its users", () => {
    const text = sources.map((file) => file.text).join("\n");
    const unused = Object.keys(packageJson.dependencies).filter((name) => !text.includes(`"${name}"`));
    expect(unused).toEqual([]);
  });
});
