/*
 * A stream as it is found, and whether that is what a call of a plan starts from or leads to.
 */
import { type HashKeyRange, type PlannedCall, type ReshardOperation, shardsAfter } from "../../workload/saved-plan.js";

export interface OpenShard {
  readonly id: string;
  readonly hashKeyRange: HashKeyRange;
}

/**
 * @property createdAt when it was created, which tells it from another stream of that name before or after it
 * @property status such as ACTIVE or UPDATING
 * @property shards each open shard; left out where the plan is about their number alone
 */
export interface StreamState {
  readonly arn: string;
  readonly createdAt: string;
  readonly status: string;
  readonly mode: string;
  readonly openShards: number;
  readonly shards?: readonly OpenShard[];
}

/** A call and the count of open shards that the plan has before it. */
export interface ExpectedCall {
  readonly call: PlannedCall;
  readonly openBefore: number;
}

/** Calls with the counts that they start from. */
export function expectCalls(startShards: number, calls: readonly PlannedCall[]): ExpectedCall[] {
  let open = startShards;
  return calls.map((call) => {
    const openBefore = open;
    open = shardsAfter(call, open);
    return { call, openBefore };
  });
}

/** Whether the stream is what the call starts from. */
export function isBefore({ call, openBefore }: ExpectedCall, state: StreamState): boolean {
  return state.openShards === openBefore && shardsTaken(call).every((range) => findShard(state, range) !== undefined);
}

/** Whether the stream is what the call leads to. */
export function isAfter({ call, openBefore }: ExpectedCall, state: StreamState): boolean {
  const isCount = state.openShards === shardsAfter(call, openBefore);
  return isCount && shardsMade(call).every((range) => findShard(state, range) !== undefined);
}

/** Whether a plan needs to know the shards themselves. */
export function needsShards(calls: readonly ReshardOperation[]): boolean {
  return calls.some(({ operation }) => operation !== "update-shard-count");
}

export function findShard({ shards = [] }: StreamState, { start, end }: HashKeyRange): OpenShard | undefined {
  return shards.find(({ hashKeyRange }) => hashKeyRange.start === start && hashKeyRange.end === end);
}

function shardsTaken(call: ReshardOperation): readonly HashKeyRange[] {
  if (call.operation === "split-shard") return [call.hashKeyRange];
  return call.operation === "merge-shards" ? [call.lower, call.upper] : [];
}

function shardsMade(call: ReshardOperation): readonly HashKeyRange[] {
  if (call.operation === "merge-shards") return [{ start: call.lower.start, end: call.upper.end }];
  if (call.operation === "update-shard-count") return [];
  const { hashKeyRange, newStartingHashKey } = call;
  return [
    { start: hashKeyRange.start, end: String(BigInt(newStartingHashKey) - 1n) },
    { start: newStartingHashKey, end: hashKeyRange.end },
  ];
}
