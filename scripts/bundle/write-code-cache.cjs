// Runs the bundle with the arguments given and keeps what V8 compiled for that, for the next start.
const { renameSync, writeFileSync } = require("node:fs");
const codeCache = require("../../bin/code-cache.js");

const script = codeCache.compile();
process.once("exit", () => {
  writeFileSync(`${codeCache.cache}.tmp`, script.createCachedData());
  renameSync(`${codeCache.cache}.tmp`, codeCache.cache);
});
codeCache.run(script);
