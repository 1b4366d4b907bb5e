// Builds dist/: the command line as one file, so that it starts fast, and the library as modules with their types.
import { execFileSync } from "node:child_process";
import { existsSync, rmSync, symlinkSync } from "node:fs";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints: ["src/cli/main.ts"],
  outfile: "dist/kinesis-plan.cjs",
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  minify: true,
  // Needed for broken input, CSV files and schemas only: they stay where npm put them until then.
  external: ["yaml", "csv-parse", "js-md5", "@valibot/to-json-schema"],
  alias: {
    "node:child_process": "./scripts/bundle/child-process.cjs",
    "string-width": "./scripts/bundle/string-width.cjs",
    "js-yaml": "./scripts/bundle/js-yaml.mjs",
  },
  // As plain `require`, which a script from the code cache has too.
  supported: { "dynamic-import": false },
  charset: "ascii",
  legalComments: "none",
  logLevel: "warning",
});
const workload = "fixtures/clickstream/workload.yaml";
execFileSync(process.execPath, ["scripts/bundle/write-code-cache.cjs", "size", workload], { stdio: "ignore" });
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" });

// In a checkout, npx runs the program from here; without the link it would install the checkout into its cache first.
const link = "node_modules/.bin/kinesis-plan";
if (process.platform !== "win32" && existsSync("node_modules/.bin") && !existsSync(link))
  symlinkSync("../../bin/kinesis-plan.js", link);
