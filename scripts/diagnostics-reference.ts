/*
 * The page of diagnostic codes, made from the catalogue. A test holds docs/diagnostics.md to this text;
 * `npx vitest run test/golden/generated-docs.test.ts -u` writes it anew.
 */
import { catalogue } from "../src/diagnostics/catalogue.js";
import { table } from "./format-reference.js";

/** The page, ending in a line break. */
export function diagnosticsReference(): string {
  const rows = Object.entries(catalogue).map(([code, { severity, meaning, why }]) => [
    `\`${code}\``,
    severity,
    meaning,
    why,
  ]);
  return [
    "# Diagnostics",
    "",
    "Made from `src/diagnostics/catalogue.ts`; `test/golden/generated-docs.test.ts` keeps it true.",
    "",
    "Codes stand verbatim in every format. An error about the input or the usage goes to stderr with its place and ends the run with",
    "exit code 2: nothing was computed. An error about an answer makes its status `infeasible` and the exit code 1: no shard count",
    "mends it. Warnings and hints come with an answer and do not change the exit code.",
    "",
    ...table(["Code", "Severity", "Meaning", "Why it matters"], rows),
  ].join("\n");
}
