import fc from "fast-check";
import { expect, test } from "vitest";
import { planReshards } from "../../../src/planning/reshard/plan-reshards.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { oneWorkload } from "../../one-workload.js";

const facts = new ServiceCatalogue().forRegion("us-east-1");
const minute = 60;
const day = 86_400;

interface Point {
  readonly at: number;
  readonly records: number;
}

/** Traffic over up to three days, by its turning points, straight between them or in steps. */
const traffic = fc.record({
  points: fc
    .array(fc.record({ gap: fc.integer({ min: 1, max: 700 }), records: fc.integer({ min: 0, max: 60_000 }) }), {
      minLength: 1,
      maxLength: 14,
    })
    .map((gaps): Point[] => {
      let at = 0;
      return [
        { at: 0, records: 5_000 },
        ...gaps.map(({ gap, records }) => {
          at += gap * minute;
          return { at, records };
        }),
      ];
    }),
  isLinear: fc.boolean(),
  hours: fc.integer({ min: 1, max: 72 }),
  slot: fc.constantFrom(5, 15),
  recordSize: fc.integer({ min: 100, max: 5_000 }),
  utilization: fc.constantFrom(0.5, 0.8, 1),
  reserveCalls: fc.integer({ min: 0, max: 4 }),
  callsBefore: fc.uniqueArray(fc.integer({ min: 1, max: day }), { maxLength: 3 }),
});

/** The rate just after, and just before, an instant. */
function rateAt(points: readonly Point[], isLinear: boolean, seconds: number, isBefore: boolean): number {
  const next = points.findIndex(({ at }) => (isBefore ? at >= seconds : at > seconds));
  const to = points[next];
  const from = points[next < 0 ? points.length - 1 : Math.max(0, next - 1)];
  if (from === undefined) return 0;
  if (to === undefined || !isLinear || to === from) return from.records;
  return from.records + ((to.records - from.records) * (seconds - from.at)) / (to.at - from.at);
}

/** What sizing asks for at a rate: bytes and records in, and one shared reader. */
function shardsFor(rate: number, recordSize: number, utilization: number): number {
  const asked = Math.max((rate * recordSize) / 2 ** 20, rate / 1_000) / utilization;
  return Math.max(1, Math.ceil(asked - 1e-9));
}

test("every plan obeys every rule, minute by minute, and its shard-hours are those of its steps", async () => {
  await fc.assert(
    fc.asyncProperty(traffic, async ({ points, isLinear, hours, slot, recordSize, utilization, ...rest }) => {
      const described = {
        version: 1,
        stream: { name: "s", utilization },
        producers: [
          { name: "p", traffic: { timeline: points, interpolate: isLinear ? "linear" : "step" }, recordSize },
        ],
        consumers: [{ name: "c", kind: "sdk" }],
      };
      const workload = await oneWorkload(JSON.stringify(described));
      const horizon = Math.ceil((hours * 60) / slot) * slot * minute;
      const plan = planReshards(workload, {
        attachments: noAttachments,
        facts,
        horizonSeconds: horizon,
        slotSeconds: slot * minute,
        margin: 0,
        ...rest,
      });
      let [shards, free, shardSeconds] = [plan.startShards, 0, 0];
      const inForce = new Map<number, number>();
      const hold = (from: number, to: number, count: number): void => {
        for (let at = Math.floor(from / minute); at * minute < to; at += 1)
          inForce.set(at, Math.min(inForce.get(at) ?? Number.POSITIVE_INFINITY, count));
      };
      for (const { atSeconds, from, to, durationSeconds } of plan.steps) {
        expect(from).toBe(shards);
        expect(atSeconds).toBeGreaterThanOrEqual(free);
        expect(to).toBeLessThanOrEqual(2 * from);
        expect(2 * to).toBeGreaterThanOrEqual(from);
        hold(free, atSeconds, shards);
        hold(atSeconds, atSeconds + durationSeconds, Math.min(from, to));
        shardSeconds += (atSeconds - free) * shards + durationSeconds * Math.max(from, to);
        free = atSeconds + durationSeconds;
        shards = to;
      }
      expect(free).toBeLessThanOrEqual(horizon);
      hold(free, horizon, shards);
      shardSeconds += (horizon - free) * shards;
      expect(plan.shardHours).toBeCloseTo(shardSeconds / 3_600, 6);
      const calls = [...rest.callsBefore.map((ago) => -ago), ...plan.steps.map(({ atSeconds }) => atSeconds)];
      for (const { atSeconds } of plan.steps)
        expect(calls.filter((at) => at <= atSeconds && at > atSeconds - day).length).toBeLessThanOrEqual(
          10 - rest.reserveCalls,
        );
      if (!plan.found.isFeasible) return;
      expect(plan.boundShardHours).toBeLessThanOrEqual(plan.shardHours * (1 + 1e-9));
      for (let at = 0; at < horizon / minute; at += 1) {
        const rates = [rateAt(points, isLinear, at * minute, false), rateAt(points, isLinear, (at + 1) * minute, true)];
        expect(inForce.get(at)).toBeGreaterThanOrEqual(shardsFor(Math.max(...rates), recordSize, utilization));
      }
    }),
    { numRuns: 40 },
  );
});
