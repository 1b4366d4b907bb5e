import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { run } from "../../src/cli/run.js";
import { MemoryHost } from "../memory-host.js";

/** A command in the README and what stands under it. A long answer is cut after `shownLines`, with an ellipsis. */
const block = /```console\n\$ npx kinesis-plan (.*)\n([\s\S]*?)```/g;

const shownLines = 34;

async function answer(command: string): Promise<string> {
  const argv = command.split(" ");
  const named = argv.filter((word) => word.startsWith("fixtures/"));
  const beside = new Set(named.flatMap((path) => readdirSync(dirname(path)).map((name) => join(dirname(path), name))));
  const files = Object.fromEntries(Array.from(beside, (path) => [path, readFileSync(path, "utf8")]));
  const host = new MemoryHost({ argv, files });
  await run(host);
  expect(host.err).toBe("");
  const lines = host.out.trimEnd().split("\n");
  return lines.length <= shownLines ? `${lines.join("\n")}\n` : `${lines.slice(0, shownLines).join("\n")}\n…\n`;
}

it("shows what the commands print", async () => {
  const readme = readFileSync("README.md", "utf8");
  let current = readme;
  for (const [whole, command = ""] of readme.matchAll(block)) {
    const shown = `\`\`\`console\n$ npx kinesis-plan ${command}\n${await answer(command)}\`\`\``;
    current = current.replace(whole, () => shown);
  }
  // `npm run fix` brings the README up to date.
  if (process.env["UPDATE_README"] !== undefined) writeFileSync("README.md", current);
  else expect(readme).toBe(current);
});

it("starts with two commands that the package has", () => {
  const readme = readFileSync("README.md", "utf8");
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  expect(readme).toContain("npm ci && npx kinesis-plan size fixtures/clickstream/workload.yaml");
  expect(readme).toContain("npm ci && npm test");
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(["prepare", "test", "bench"]));
});
