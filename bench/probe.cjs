// Loaded before a measured program: leaves what the process used in a file when it exits.
const { writeFileSync } = require("node:fs");

process.once("exit", () => {
  writeFileSync(process.env.BENCH_USAGE_FILE, JSON.stringify(process.resourceUsage()));
});
