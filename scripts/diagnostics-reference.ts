/*
 * The page of diagnostic codes, made from the catalogue. A test holds docs/diagnostics.md to this text;
 * `npx vitest run test/golden/generated-docs.test.ts -u` writes it anew.
 */
import { catalogueGroups } from "../src/diagnostics/catalogue.js";
import { table } from "./format-reference.js";

const groups: Readonly<Record<keyof typeof catalogueGroups, { title: string; text: string }>> = {
  input: {
    title: "Errors in the input or the usage",
    text: "On stderr with their place; the exit code is 2 and nothing was computed.",
  },
  infeasible: {
    title: "Errors in the answer",
    text: "No shard count mends them: the status of `size` is `infeasible` and its exit code 1; the rest of the answer stands. `simulate` shows what happens all the same.",
  },
  warning: { title: "Warnings", text: "The answer holds, with a risk; the exit code stays 0." },
  hint: { title: "Hints", text: "Worth knowing; the exit code stays 0." },
};

/** The page, ending in a line break. */
export function diagnosticsReference(): string {
  const lines = [
    "# Diagnostics",
    "",
    "Made from `src/diagnostics/catalogue.ts`; `test/golden/generated-docs.test.ts` keeps it true. Codes stand verbatim in every format.",
    "",
  ];
  for (const name of Object.keys(groups) as (keyof typeof groups)[]) {
    const rows = Object.entries(catalogueGroups[name]).map(([code, { meaning, why }]) => [`\`${code}\``, meaning, why]);
    const { title, text } = groups[name];
    lines.push(`## ${title}`, "", text, "", ...table(["Code", "Meaning", "Why it matters"], rows));
  }
  return lines.join("\n").replace(/\n+$/, "\n");
}
