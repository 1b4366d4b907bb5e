// `npm run bench` runs every benchmark, `npm run bench -- NAME...` some. Each is a process of its own, so that none inherits memory.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const known = readdirSync(folder)
  .filter((file) => file.endsWith(".mjs"))
  .map((file) => file.slice(0, -".mjs".length))
  .filter((name) => name !== "run");
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !known.includes(name));

if (unknown.length > 0) {
  console.error(`there is no benchmark ${unknown.join(", ")}; there are ${known.join(", ")}`);
  process.exitCode = 2;
} else if (!existsSync(new URL("../dist/kinesis-plan.cjs", import.meta.url))) {
  console.error("dist/ is missing: run `npm run build` first");
  process.exitCode = 2;
} else {
  console.log(["name", "ours", "peer", "ratio", "goal"].join("\t"));
  for (const name of asked.length > 0 ? asked : known) {
    const { status } = spawnSync(process.execPath, [`${folder}${name}.mjs`], { stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
  }
}
