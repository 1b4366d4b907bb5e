import { defineConfig } from "vitest/config";
import { SummaryReporter } from "./test/summary-reporter.js";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // The SDK's word on versions of Node is for its users, not for readers of test logs.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    setupFiles: ["test/setup.ts"],
    // One core would be left to whoever watches: nobody does, and the tests time nothing.
    maxWorkers: "100%",
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ["default", new SummaryReporter()],
  },
});
