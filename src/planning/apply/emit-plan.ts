/*
 * A plan as a text that something else carries out: a shell script of AWS CLI commands, shard counts for Terraform, or a CloudFormation
 * template of EventBridge Scheduler entries. Names in a plan are checked when it is read, so they stand here as they are.
 */
import { diagnose, UserError } from "../../diagnostics/diagnostic.js";
import { formatClock, formatItems } from "../../units/format-quantity.js";
import { formatTimestamp } from "../../workload/parse-timestamp.js";
import type { HashKeyRange, SavedPlan, UpdateShardCount } from "../../workload/saved-plan.js";
import { type ExpectedCall, expectCalls, needsShards } from "./stream-state.js";

export const emitters = ["aws-cli", "terraform", "eventbridge"] as const;
export type Emitter = (typeof emitters)[number];

/**
 * @param startsAt of the plan, in seconds since 1970; undefined where it starts when the text is used
 * @throws UserError where the plan has calls that the text cannot say, or no start where it needs one
 */
export function emitPlan(plan: SavedPlan, emitter: Emitter, startsAt: number | undefined): string {
  if (emitter === "aws-cli") return awsCli(plan, startsAt);
  return emitter === "terraform" ? terraform(plan, startsAt) : eventBridge(plan, startsAt);
}

function awsCli(plan: SavedPlan, startsAt: number | undefined): string {
  const { name, region } = plan.stream;
  const start = startsAt === undefined ? "$(date +%s)" : String(Math.floor(startsAt));
  const from = startsAt === undefined ? "when this script does" : `at ${formatTimestamp(startsAt)}`;
  const calls = expectCalls(plan.startShards, plan.calls).flatMap(cliCall);
  return `#!/usr/bin/env bash
# ${formatItems(plan.calls.length, "call")} for the stream ${name}, by kinesis-plan. The plan starts ${from}.
# It stops where the stream is not as the plan expects. It keeps no journal: \`kinesis-plan apply --execute\` does.
set -euo pipefail
export AWS_REGION=${region}
stream=${name}
start=${start}

# summary FIELD
summary() {
  aws kinesis describe-stream-summary --stream-name "$stream" --query "StreamDescriptionSummary.$1" --output text
}

# ready SECONDS OPEN_SHARDS: waits until so long after the start, and until the stream is ACTIVE with so many shards
ready() {
  local left=$((start + $1 - $(date +%s))) open
  if [ "$left" -gt 0 ]; then sleep "$left"; fi
  until [ "$(summary StreamStatus)" = ACTIVE ]; do sleep 10; done
  open=$(summary OpenShardCount)
  if [ "$open" != "$2" ]; then
    echo "$stream has $open open shards, and the plan expects $2" >&2
    exit 1
  fi
}
${needsShards(plan.calls) ? findingShards : ""}
${calls.join("\n")}`;
}

const findingShards = `
# shard FIRST_KEY LAST_KEY: the open shard with these hash keys
shard() {
  aws kinesis list-shards --stream-name "$stream" --output text --query "Shards[?HashKeyRange.StartingHashKey=='$1' \\
    && HashKeyRange.EndingHashKey=='$2' && SequenceNumberRange.EndingSequenceNumber==null].ShardId"
}
`;

function cliCall({ call, openBefore }: ExpectedCall): string[] {
  const when = [`# ${formatClock(call.atSeconds)}`, `ready ${Math.floor(call.atSeconds)} ${openBefore}`];
  const shard = ({ start, end }: HashKeyRange): string => `"$(shard ${start} ${end})"`;
  const aws = (command: string): string => `aws kinesis ${command}`;
  switch (call.operation) {
    case "update-shard-count":
      return [
        ...when,
        aws(
          `update-shard-count --stream-name "$stream" --scaling-type UNIFORM_SCALING --target-shard-count ${call.to}`,
        ),
        "",
      ];
    case "split-shard":
      return [
        ...when,
        aws(`split-shard --stream-name "$stream" --shard-to-split ${shard(call.hashKeyRange)} \\`),
        `  --new-starting-hash-key ${call.newStartingHashKey}`,
        "",
      ];
    case "merge-shards":
      return [
        ...when,
        aws(`merge-shards --stream-name "$stream" --shard-to-merge ${shard(call.lower)} \\`),
        `  --adjacent-shard-to-merge ${shard(call.upper)}`,
        "",
      ];
  }
}

/** The calls of a plan that changes counts only. */
function countCalls({ calls }: SavedPlan, emitter: Emitter): (UpdateShardCount & { readonly atSeconds: number })[] {
  return calls.map((call) => {
    if (call.operation === "update-shard-count") return call;
    throw new UserError([
      diagnose(
        "usage",
        `--emit ${emitter} knows shard counts only, and this plan splits and merges shards`,
        "use --emit aws-cli, or `apply --execute`",
      ),
    ]);
  });
}

function terraform(plan: SavedPlan, startsAt: number | undefined): string {
  const { name } = plan.stream;
  const id = /^[a-z_]/i.test(name) ? name.replaceAll(".", "_") : `_${name.replaceAll(".", "_")}`;
  const when = (seconds: number): string =>
    startsAt === undefined ? `${formatClock(seconds)} after the start` : formatTimestamp(startsAt + seconds);
  const counts = countCalls(plan, "terraform").map(({ to, atSeconds }) => `    ${to}, # from ${when(atSeconds)}`);
  return `# Shard counts of the stream ${name} over time, by kinesis-plan. Terraform has no clock: raise the step by one and apply when it is due,
# and not before the stream is ACTIVE. No step may be left out: one call at most doubles or halves the count.
variable "${id}_step" {
  description = "Index of the shard count in force."
  type        = number
  default     = 0
}

locals {
  ${id}_shard_counts = [
    ${plan.startShards}, # from the start
${counts.join("\n")}${counts.length > 0 ? "\n" : ""}  ]
  # For the stream's resource: shard_count = local.${id}_shard_count
  ${id}_shard_count = local.${id}_shard_counts[var.${id}_step]
}
`;
}

/** Retries of a call by the scheduler: enough for a stream that is still UPDATING, and over before the plan's next call. */
const schedulerRetries = { MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 15 * 60 };
const scheduleNameLength = 64;

function eventBridge(plan: SavedPlan, startsAt: number | undefined): string {
  const { name, region, account } = plan.stream;
  if (startsAt === undefined)
    throw new UserError([
      diagnose("usage", "schedules need the time at which the plan starts", "say --start-at 2026-12-01T06:00:00Z"),
    ]);
  const schedules = countCalls(plan, "eventbridge").map(({ from, to, atSeconds }, index) => {
    const suffix = `-${index + 1}`;
    const schedule = {
      Type: "AWS::Scheduler::Schedule",
      Properties: {
        Name: `${name.slice(0, scheduleNameLength - suffix.length)}${suffix}`,
        Description: `${name}: ${from} to ${to} shards`,
        ScheduleExpression: `at(${formatTimestamp(Math.floor(startsAt + atSeconds)).replace("Z", "")})`,
        ScheduleExpressionTimezone: "UTC",
        FlexibleTimeWindow: { Mode: "OFF" },
        Target: {
          Arn: "arn:aws:scheduler:::aws-sdk:kinesis:updateShardCount",
          RoleArn: { "Fn::GetAtt": ["Role", "Arn"] },
          Input: JSON.stringify({ StreamName: name, TargetShardCount: to, ScalingType: "UNIFORM_SCALING" }),
          RetryPolicy: schedulerRetries,
        },
      },
    };
    return [`Call${index + 1}`, schedule] as const;
  });
  const stream = {
    "Fn::Sub": `arn:\${AWS::Partition}:kinesis:${region}:${account ?? `\${AWS::AccountId}`}:stream/${name}`,
  };
  const template = {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: `Shard counts of the Kinesis stream ${name} in ${region}, by kinesis-plan. Schedules do not look at the stream first.`,
    Resources: {
      Role: {
        Type: "AWS::IAM::Role",
        Properties: {
          AssumeRolePolicyDocument: {
            Version: "2012-10-17",
            Statement: [
              { Effect: "Allow", Principal: { Service: "scheduler.amazonaws.com" }, Action: "sts:AssumeRole" },
            ],
          },
          Policies: [
            {
              PolicyName: "UpdateShardCount",
              PolicyDocument: {
                Version: "2012-10-17",
                Statement: [{ Effect: "Allow", Action: "kinesis:UpdateShardCount", Resource: stream }],
              },
            },
          ],
        },
      },
      ...Object.fromEntries(schedules),
    },
  };
  return `${JSON.stringify(template, null, 2)}\n`;
}
