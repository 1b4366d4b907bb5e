// Builds dist/: the command line as one file, so that it starts fast, what only a simulation needs as two more, and the library as
// modules with their types.
import { execFileSync } from "node:child_process";
import { existsSync, rmSync, symlinkSync } from "node:fs";
import { build } from "esbuild";

/** The files of dist/ that stand for modules of the source which are loaded on their own. */
const separate = {
  "./simulate-runs.js": "./simulation.cjs",
  "../planning/simulation-task.js": "./simulation-worker.cjs",
};

/** Imports of those modules that ask for values become imports of those files. */
function apart(modules) {
  return {
    name: "apart",
    setup({ onResolve }) {
      onResolve({ filter: /\/(simulate-runs|simulation-task)\.js$/ }, ({ path }) =>
        modules.includes(path) ? { path: separate[path], external: true } : undefined,
      );
    },
  };
}

/** @type {import("esbuild").BuildOptions} */
const bundled = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  minify: true,
  charset: "ascii",
  legalComments: "none",
  logLevel: "warning",
};

rmSync("dist", { recursive: true, force: true });
await build({
  ...bundled,
  entryPoints: ["src/cli/main.ts"],
  outfile: "dist/kinesis-plan.cjs",
  // Needed for broken input, CSV files, schemas and live streams only: they stay where npm put them until then.
  external: [
    "yaml",
    "csv-parse",
    "js-md5",
    "@valibot/to-json-schema",
    "@aws-sdk/client-kinesis",
    "@smithy/node-http-handler",
  ],
  alias: {
    "node:child_process": "./scripts/bundle/child-process.cjs",
    "string-width": "./scripts/bundle/string-width.cjs",
    "js-yaml": "./scripts/bundle/js-yaml.mjs",
  },
  // As plain `require`, which a script from the code cache has too.
  supported: { "dynamic-import": false },
  plugins: [apart(["./simulate-runs.js"])],
});
await build({
  ...bundled,
  entryPoints: ["src/cli/simulate-runs.ts"],
  outfile: "dist/simulation.cjs",
  // It brings threads and files of its own.
  external: ["tinypool"],
  define: { "import.meta.url": "bundleUrl" },
  banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  plugins: [apart(["../planning/simulation-task.js"])],
});
await build({
  ...bundled,
  entryPoints: ["src/planning/simulation-task.ts"],
  outfile: "dist/simulation-worker.cjs",
});
const workload = "fixtures/clickstream/workload.yaml";
execFileSync(process.execPath, ["scripts/bundle/write-code-cache.cjs", "size", workload], { stdio: "ignore" });
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" });

// In a checkout, npx runs the program from here; without the link it would install the checkout into its cache first.
const link = "node_modules/.bin/kinesis-plan";
if (process.platform !== "win32" && existsSync("node_modules/.bin") && !existsSync(link))
  symlinkSync("../../bin/kinesis-plan.js", link);
