/*
 * Half of the start-up is compiling. The build leaves what V8 compiled for a first run beside the bundle, good for just the Node that
 * built it; a package from elsewhere has none, and there Node keeps a smaller one of its own, from 22.1 on.
 */
const { existsSync, readFileSync } = require("node:fs");
const { createRequire, enableCompileCache } = require("node:module");
const { join } = require("node:path");
const { Script } = require("node:vm");

const dist = join(__dirname, "..", "dist");
const bundle = join(dist, "kinesis-plan.cjs");
const cache = join(dist, `code-cache-${process.version}-${process.platform}-${process.arch}.bin`);

/** Runs the bundle, from the cache if there is one for this Node. V8 itself refuses a cache that does not fit. */
function runBundle() {
  if (existsSync(cache)) return run(compile(readFileSync(cache)));
  enableCompileCache?.();
  require(bundle);
}

/** The bundle as a script; `require` of a file would wrap it in the same way. */
function compile(cachedData) {
  const source = readFileSync(bundle, "utf8");
  return new Script(`(function (exports, require, module) {${source}\n})`, { filename: bundle, cachedData });
}

function run(script) {
  const loaded = { exports: {} };
  script.runInThisContext()(loaded.exports, createRequire(bundle), loaded);
}

module.exports = { cache, compile, run, runBundle };
