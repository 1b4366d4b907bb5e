/*
 * A tick whose calls are played one by one: they come at random times, and find what the buckets then hold. Records of a call are of one
 * size, the mean of the tick.
 */
import type { FlowLane } from "./flow-lane.js";
import type { RandomStream } from "./kernel/random-stream.js";
import { sampleExponential } from "./kernel/samplers.js";
import type { ShardModel } from "./model.js";
import { roundDown } from "./round-down.js";
import type { WriteTokens } from "./write-tokens.js";

/** Plays what the lanes attempt in a tick, and says how many bytes get in. */
export function playCalls(
  lanes: readonly FlowLane[],
  tokens: WriteTokens,
  model: ShardModel,
  random: RandomStream,
): number {
  const { writeRecordsPerSecond, writeBytesPerSecond, writeBurstRecords, writeBurstBytes } = model;
  let now = 0;
  let taken = 0;
  for (let calls = cutCalls(lanes, random); calls >= 0; calls -= 1) {
    // The first of so many times that lie evenly in the rest of the tick; after the last one, its end.
    const wait = calls > 0 ? (1 - now) * -Math.expm1(-sampleExponential(random) / calls) : 1 - now;
    now += wait;
    tokens.records = Math.min(writeBurstRecords, tokens.records + wait * writeRecordsPerSecond);
    tokens.bytes = Math.min(writeBurstBytes, tokens.bytes + wait * writeBytesPerSecond);
    if (calls > 0) taken += playCall(drawLane(lanes, calls, random), tokens, random);
  }
  return taken;
}

/** Cuts each lane's attempts into calls, and says how many that are. */
function cutCalls(lanes: readonly FlowLane[], random: RandomStream): number {
  let calls = 0;
  for (const lane of lanes) {
    const { attempts, callUnits } = lane;
    lane.taken = 0;
    lane.rest = attempts;
    lane.calls = attempts > 0 ? Math.max(1, Math.floor(attempts / callUnits + random.nextUniform())) : 0;
    calls += lane.calls;
  }
  return calls;
}

/** The lane of the next of so many calls that are left. */
function drawLane(lanes: readonly FlowLane[], calls: number, random: RandomStream): FlowLane {
  let at = lanes.length > 1 ? calls * random.nextUniform() : 0;
  for (const lane of lanes) {
    at -= lane.calls;
    if (at < 0) return lane;
  }
  throw new RangeError("no call is left");
}

/** One call of a lane: how many bytes get in. */
function playCall(lane: FlowLane, tokens: WriteTokens, random: RandomStream): number {
  const records = Math.floor(lane.rest / lane.calls + random.nextUniform());
  lane.calls -= 1;
  lane.rest -= records;
  return take(lane, records, lane.size, tokens);
}

/** Takes as many records of a size as fit, whole Kinesis records of them: how many bytes that is. */
function take(lane: FlowLane, records: number, size: number, tokens: WriteTokens): number {
  const { cost } = lane;
  let taken = Math.max(0, Math.min(records, Math.floor(tokens.records / cost), Math.floor(tokens.bytes / size)));
  // What shares a Kinesis record gets in with it.
  if (cost < 1 && taken < records) taken = Math.floor(roundDown(taken * cost) / cost);
  lane.taken += taken;
  tokens.records -= taken * cost;
  tokens.bytes -= taken * size;
  return taken * size;
}
