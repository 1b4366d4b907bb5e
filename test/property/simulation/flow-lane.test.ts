/*
 * Bytes of records that are counted by the second: what is offered has got in, is given up or waits, at every tick and whatever the shard
 * takes of it. None of it is drawn anew while it waits.
 */
import fc from "fast-check";
import { describe, it } from "vitest";
import {
  createFlowLane,
  drawArrivals,
  dropWaiting,
  type FlowLane,
  handWaitingOver,
  prepareAttempts,
  settle,
} from "../../../src/simulation/flow-lane.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import type { RetryModel, ShardModel } from "../../../src/simulation/model.js";
import { ProducerTraffic } from "../../../src/simulation/producer-traffic.js";
import { noLimits, producerOf } from "../../unit/simulation/shard-under-load.js";

const retry = fc.constantFrom<RetryModel>(
  { kind: "none" },
  { kind: "sdk", backoffSecondsMax: [1, 2] },
  { kind: "sdk", backoffSecondsMax: [0.5, 4, 20] },
  {
    kind: "kpl",
    ttlSeconds: 6,
    retrySeconds: 0.1,
    recordsPerSecond: 20,
    bytesPerSecond: 2_000,
    burstRecords: 10,
    burstBytes: 1_000,
  },
);

const load = fc.record({
  retry,
  rate: fc.double({ min: 0, max: 40, noNaN: true }),
  variation: fc.constantFrom(0.5, 2),
  putBatch: fc.constantFrom(1, 10),
  seed: fc.integer({ min: 0, max: 2 ** 30 }),
  // The part of each tick's attempts that gets in, and what happens to the rest afterwards.
  steps: fc.array(
    fc.record({
      taken: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
      drop: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.constantFrom(0.3, 1)),
      move: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.constantFrom(0.3, 1)),
    }),
    { minLength: 1, maxLength: 60, size: "max" },
  ),
});

/** Fails on laws that do not hold. They are not expectations one by one, since there are so many of them. */
function insist(laws: Readonly<Record<string, boolean>>): void {
  const broken = Object.entries(laws).filter(([, holds]) => !holds);
  if (broken.length > 0) throw new Error(`does not hold: ${broken.map(([law]) => law).join(", ")}`);
}

/** What one lane came to, in bytes, beside what waits in it. */
interface Account {
  offered: number;
  accepted: number;
  lost: number;
}

function playTick(lane: FlowLane, account: Account, tick: number, part: number): void {
  const { traffic } = lane;
  const fresh = traffic.bytes[tick] as number;
  const [waitingBytes, lost] = [lane.waitingBytes, traffic.lost];
  prepareAttempts(lane, tick, tick);
  lane.taken = Math.round(lane.attempts * part);
  const taken = lane.taken * lane.size;
  insist({ "no more is offered than there is": lane.attempts * lane.size <= (waitingBytes + fresh) * (1 + 1e-9) });
  settle(lane, tick, tick);
  account.offered += fresh;
  account.accepted += taken;
  const gone = waitingBytes + fresh - taken - lane.waitingBytes;
  account.lost += gone;
  const isGivenUp = traffic.lost > lost;
  insist({
    "bytes are given up with records": isGivenUp ? gone > 0 : Math.abs(gone) < 1e-6,
    "bytes wait with records": (lane.queue?.waiting ?? 0) > 0 ? lane.waitingBytes > 0 : lane.waitingBytes === 0,
  });
}

describe("bytes of a lane", () => {
  it("have got in, are given up or wait", () => {
    fc.assert(
      fc.property(load, ({ retry: way, rate, variation, putBatch, seed, steps }) => {
        const random = RandomStream.fromSeed(seed);
        const logVariance = Math.log1p(variation ** 2);
        const traffic = new ProducerTraffic(
          producerOf(rate, { retry: way, logVariance, putBatch }),
          random,
          steps.length,
        );
        traffic.fill(0, steps.length);
        const lanes = ["one", "other"].map((name) =>
          createFlowLane(traffic, 0.5, noLimits as ShardModel, random.child(name)),
        );
        const [lane, heir] = lanes as [FlowLane, FlowLane];
        drawArrivals(lane, steps.length);
        const account = { offered: 0, accepted: 0, lost: 0 };
        for (const [tick, step] of steps.entries()) {
          playTick(lane, account, tick, step.taken);
          const waiting = lane.queue?.waiting ?? 0;
          const bytes = lane.waitingBytes;
          const dropped = step.drop > 0 ? dropWaiting(lane, step.drop) : 0;
          const kept = lane.waitingBytes;
          account.lost += bytes - kept;
          const sum = kept + heir.waitingBytes;
          if (step.move > 0) handWaitingOver(lane, heir, step.move);
          insist({
            "what is dropped weighs as much as the rest":
              waiting === 0 || Math.abs(bytes * (1 - dropped / waiting) - kept) < 1e-6,
            "what is handed over keeps its bytes": Math.abs(lane.waitingBytes + heir.waitingBytes - sum) < 1e-6,
            "all of it if so asked": step.move < 1 || lane.waitingBytes === 0,
            "nothing is lost sight of":
              Math.abs(account.offered - account.accepted - account.lost - lane.waitingBytes - heir.waitingBytes) <
              1e-6,
          });
        }
      }),
      { numRuns: 200 },
    );
  });
});
