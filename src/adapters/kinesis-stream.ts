/*
 * A stream behind the AWS SDK. The SDK is loaded when a stream is first connected to, and makes each call once: what is tried again,
 * and when, is for whoever carries a plan out.
 */
import type { KinesisClient, ListShardsCommandInput, ListShardsCommandOutput } from "@aws-sdk/client-kinesis";
import { CallFailure, type FailureKind, type LiveStream, requestSeconds } from "../planning/apply/carry-out.js";
import { findShard, type OpenShard, type StreamState } from "../planning/apply/stream-state.js";
import { retryReason } from "../simulation/sdk-retry.js";
import type { HashKeyRange, PlannedCall } from "../workload/saved-plan.js";

type Sdk = typeof import("@aws-sdk/client-kinesis");

/** @property withShards whether each look at the stream lists its open shards */
export interface StreamTarget {
  readonly name: string;
  readonly region: string;
  readonly endpointUrl?: string | undefined;
  readonly withShards: boolean;
}

/** A stream of the account that the environment's credentials belong to. */
export interface ConnectedStream extends LiveStream {
  close(): void;
}

export async function connectStream(target: StreamTarget): Promise<ConnectedStream> {
  const [sdk, { NodeHttpHandler }] = await Promise.all([
    import("@aws-sdk/client-kinesis"),
    import("@smithy/node-http-handler"),
  ]);
  const client = new sdk.KinesisClient({
    region: target.region,
    ...(target.endpointUrl !== undefined && { endpoint: target.endpointUrl }),
    maxAttempts: 1,
    // Over HTTP/1.1, as emulators of the service speak it, and with an end to each request.
    requestHandler: new NodeHttpHandler({
      connectionTimeout: requestSeconds * 1_000,
      requestTimeout: requestSeconds * 1_000,
      throwOnRequestTimeout: true,
    }),
  });
  return {
    describe: () => orFailure("DescribeStreamSummary", () => describe(sdk, client, target)),
    make: (call, state) => orFailure(apiNames[call.operation], () => make(sdk, client, call, state)),
    close: () => client.destroy(),
  };
}

const apiNames = {
  "update-shard-count": "UpdateShardCount",
  "split-shard": "SplitShard",
  "merge-shards": "MergeShards",
} as const;

async function describe(sdk: Sdk, client: KinesisClient, { name, withShards }: StreamTarget): Promise<StreamState> {
  const answer = await client.send(new sdk.DescribeStreamSummaryCommand({ StreamName: name }));
  const summary = answer.StreamDescriptionSummary;
  return {
    arn: summary?.StreamARN ?? "",
    createdAt: summary?.StreamCreationTimestamp?.toISOString() ?? "",
    status: summary?.StreamStatus ?? "",
    mode: summary?.StreamModeDetails?.StreamMode ?? "PROVISIONED",
    openShards: summary?.OpenShardCount ?? 0,
    ...(withShards && { shards: await listOpenShards(sdk, client, name) }),
  };
}

async function listOpenShards(sdk: Sdk, client: KinesisClient, name: string): Promise<OpenShard[]> {
  const shards: OpenShard[] = [];
  let page: ListShardsCommandInput | undefined = { StreamName: name };
  while (page !== undefined) {
    const answer: ListShardsCommandOutput = await client.send(new sdk.ListShardsCommand(page));
    for (const { ShardId = "", HashKeyRange, SequenceNumberRange } of answer.Shards ?? []) {
      const { StartingHashKey: start = "", EndingHashKey: end = "" } = HashKeyRange ?? {};
      if (SequenceNumberRange?.EndingSequenceNumber === undefined)
        shards.push({ id: ShardId, hashKeyRange: { start, end } });
    }
    page = answer.NextToken === undefined ? undefined : { NextToken: answer.NextToken };
  }
  return shards;
}

async function make(sdk: Sdk, client: KinesisClient, call: PlannedCall, state: StreamState): Promise<void> {
  // By its ARN, so that no other stream of that name can be meant.
  const StreamARN = state.arn;
  const idOf = (range: HashKeyRange): string => findShard(state, range)?.id ?? "";
  switch (call.operation) {
    case "update-shard-count":
      await client.send(
        new sdk.UpdateShardCountCommand({ StreamARN, TargetShardCount: call.to, ScalingType: "UNIFORM_SCALING" }),
      );
      return;
    case "split-shard":
      await client.send(
        new sdk.SplitShardCommand({
          StreamARN,
          ShardToSplit: idOf(call.hashKeyRange),
          NewStartingHashKey: call.newStartingHashKey,
        }),
      );
      return;
    case "merge-shards":
      await client.send(
        new sdk.MergeShardsCommand({
          StreamARN,
          ShardToMerge: idOf(call.lower),
          AdjacentShardToMerge: idOf(call.upper),
        }),
      );
  }
}

async function orFailure<T>(api: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const failed = cause as FailedCall;
    const message = `${api}: ${failed.name ?? "Error"}: ${failed.message || failed.code || "no reason given"}`;
    throw new CallFailure(message, { kind: failureKind(failed), cause });
  }
}

/** What errors of the SDK, of the service and of Node.js say of themselves. */
interface FailedCall {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function failureKind({ name, code, $metadata }: FailedCall): FailureKind {
  if (name === "LimitExceededException") return "limit";
  if (name === "ResourceInUseException") return "busy";
  const names = [name, code].filter((one) => one !== undefined);
  const reason = retryReason({ names, status: $metadata?.httpStatusCode });
  if (reason === "none") return "refused";
  return reason === "throttling" ? "throttled" : "unclear";
}
