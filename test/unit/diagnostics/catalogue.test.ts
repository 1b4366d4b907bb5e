import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { catalogue } from "../../../src/diagnostics/catalogue.js";
import { diagnose, reasonFor } from "../../../src/diagnostics/diagnostic.js";

const folder = fileURLToPath(new URL("../../../src", import.meta.url));
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith("catalogue.ts"))
  .map((name) => readFileSync(join(folder, name), "utf8"))
  .join("\n");
const codes = Object.keys(catalogue) as (keyof typeof catalogue)[];

describe("the catalogue", () => {
  it.each(codes)("%s: the program can report it", (code) => {
    expect(sources).toMatch(new RegExp(`["'\`]${code}["'\`|]`));
  });

  it.each(codes)("%s: has a meaning and a reason in whole sentences", (code) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(catalogue[code].meaning).toMatch(/^[A-Z].*\.$/);
    expect(reasonFor(code)).toMatch(/^[A-Z].*\.$/);
    expect(diagnose(code, "m", "f").severity).toBe(catalogue[code].severity);
  });
});
