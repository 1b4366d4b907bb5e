import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../../src/diagnostics/diagnostic.js";
import { emitPlan } from "../../../../src/planning/apply/emit-plan.js";
import type { PlannedCall, SavedPlan } from "../../../../src/workload/saved-plan.js";

function planOf(calls: readonly PlannedCall[], name = "orders"): SavedPlan {
  return { stream: { name, region: "us-east-1" }, startsAt: undefined, startsOn: undefined, startShards: 4, calls };
}

const counts = planOf([
  { operation: "update-shard-count", atSeconds: 0, from: 4, to: 8 },
  { operation: "update-shard-count", atSeconds: 1, from: 8, to: 5 },
]);
const layout = planOf([
  { operation: "split-shard", atSeconds: 0, hashKeyRange: { start: "0", end: "9" }, newStartingHashKey: "5" },
]);

/** A stand-in for the AWS CLI: keeps the count in a file, and notes what it is asked for. */
const fakeAws = `#!/usr/bin/env bash
state="$(dirname "$0")/open"
case "$*" in
  *describe-stream-summary*StreamStatus*) echo ACTIVE ;;
  *describe-stream-summary*OpenShardCount*) cat "$state" ;;
  *list-shards*) echo shardId-000000000007 ;;
  *update-shard-count*) echo "\${!#}" > "$state"; echo "$AWS_REGION $*" >> "$(dirname "$0")/log" ;;
  *) echo "$AWS_REGION $*" >> "$(dirname "$0")/log" ;;
esac
`;

/** Runs a script with that stand-in; what it asked for and how it ended. */
function runScript(script: string, open: number): { code: number; log: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "kinesis-plan-emit-"));
  try {
    writeFileSync(join(folder, "aws"), fakeAws);
    chmodSync(join(folder, "aws"), 0o755);
    writeFileSync(join(folder, "open"), String(open));
    writeFileSync(join(folder, "log"), "");
    const code = runQuietly(script, `${folder}:${process.env["PATH"]}`);
    return {
      code,
      log: readFileSync(join(folder, "log"), "utf8")
        .split("\n")
        .filter((line) => line !== ""),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function runQuietly(script: string, path: string): number {
  try {
    execFileSync("bash", ["-c", script], { env: { PATH: path }, stdio: "ignore" });
    return 0;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

describe("a plan for the AWS CLI", () => {
  const updates = "us-east-1 kinesis update-shard-count --stream-name orders --scaling-type UNIFORM_SCALING";

  it("is a script that makes its calls in time and in order", () => {
    expect(runScript(emitPlan(counts, "aws-cli", undefined), 4)).toEqual({
      code: 0,
      log: [`${updates} --target-shard-count 8`, `${updates} --target-shard-count 5`],
    });
  });

  it("stops where the stream is not as expected", () => {
    expect(runScript(emitPlan(counts, "aws-cli", 0), 6)).toEqual({ code: 1, log: [] });
  });

  it("finds the shards that it splits", () => {
    expect(runScript(emitPlan(layout, "aws-cli", undefined), 4)).toEqual({
      code: 0,
      log: [
        "us-east-1 kinesis split-shard --stream-name orders --shard-to-split shardId-000000000007 --new-starting-hash-key 5",
      ],
    });
  });
});

describe("a plan for Terraform", () => {
  it("lists the counts in order", () => {
    const text = emitPlan(planOf(counts.calls, "1.orders"), "terraform", 1_796_101_200);
    expect(text).toContain(
      "  _1_orders_shard_counts = [\n    4, # from the start\n    8, # from 2026-12-01T05:00:00Z\n",
    );
    expect(text).toContain("shard_count = local._1_orders_shard_count\n");
  });

  it("knows counts only", () => {
    expect(() => emitPlan(layout, "terraform", undefined)).toThrow(UserError);
  });
});

describe("a plan for EventBridge Scheduler", () => {
  it("is a template with a schedule a call", () => {
    const { Resources } = JSON.parse(emitPlan(counts, "eventbridge", 1_796_101_200));
    expect(Object.keys(Resources)).toEqual(["Role", "Call1", "Call2"]);
    expect(Resources.Call2.Properties).toMatchObject({
      ScheduleExpression: "at(2026-12-01T05:00:01)",
      Target: { Input: '{"StreamName":"orders","TargetShardCount":5,"ScalingType":"UNIFORM_SCALING"}' },
    });
  });

  it("keeps names within what schedules may have", () => {
    const { Resources } = JSON.parse(emitPlan(planOf(counts.calls, "x".repeat(128)), "eventbridge", 0));
    expect(Resources.Call1.Properties.Name).toHaveLength(64);
  });
});
