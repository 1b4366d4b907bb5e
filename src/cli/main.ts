import { nodeHost } from "./node-host.js";
import { run } from "./run.js";

const host = nodeHost();
process.once("SIGINT", () => process.exit(130));
void run(host).then((code) => {
  process.exitCode = code;
});
