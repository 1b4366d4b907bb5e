/*
 * What holds of on-demand streams under any traffic: shards never become fewer, and never more than the region allows; once traffic has
 * been steady for as many quarters of an hour as it takes to double to it, nothing is refused.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { WriteHistory } from "../../../src/simulation/write-history.js";
import { hour, run, shardsOf, workload } from "../../unit/simulation/on-demand-run.js";

/** Time to split within, and a look a minute before and after. */
const stepMinutes = 17;

it("shards become more with the traffic, up to the ceiling, and refuse nothing once it has been steady", async () => {
  const level = fc.integer({ min: 0, max: 30_000 });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 20, max: 80 }),
      fc.array(level, { minLength: 1, maxLength: 6 }),
      fc.double({ min: 0.05, max: 0.5, noNaN: true }),
      fc.integer({ min: 1, max: 1e6 }),
      fc.constantFrom("tick", "fluid", "auto"),
      async (shards, ceiling, levels, share, seed, fidelity) => {
        // Half of the ceiling at most in the end, in records and so in bytes; each takes 1,000 of either.
        const last = Math.floor(share * 1_000 * ceiling);
        const points = [...levels, last].map((records, index) => `{at: ${10 * index}m, records: ${records}/s}`);
        const yaml = workload(`mode: on-demand, shards: ${shards}`, `traffic: {timeline: [${points.join(", ")}]}`);
        const doublings = Math.max(1, Math.ceil(Math.log2(last / (1_000 * shards))) + 2);
        const steady = 600 * levels.length + 60 * stepMinutes * doublings;
        const limits = { "onDemand.writeBytesPerSecondMax": ceiling * 2 ** 20 };
        const result = await run(yaml, { limits, seed, fidelity, seconds: steady + 600 });
        const counts = [shards, ...shardsOf(result)];
        expect(counts.every((count, at) => count >= (counts[at - 1] ?? shards) && count <= ceiling)).toBe(true);
        const late = result.timeline.filter(({ at }) => at >= steady);
        expect(late.map(({ throttledRecords }) => throttledRecords)).toEqual(late.map(() => 0));
      },
    ),
    { numRuns: 25 },
  );
});

it("the peak of any time is the largest of what was noted in it", () => {
  const minute = fc.record({ bytesPerSecond: fc.nat(9), recordsPerSecond: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(minute, { maxLength: 40 }), fc.nat(50), fc.nat(50), (minutes, since, forgotten) => {
      const history = new WriteHistory();
      for (const [tick, rate] of minutes.entries()) history.add(tick, rate);
      const largest = (from: number, key: "bytesPerSecond" | "recordsPerSecond"): number =>
        Math.max(0, ...minutes.slice(from).map((rate) => rate[key]));
      const peak = (from: number) => ({
        bytesPerSecond: largest(from, "bytesPerSecond"),
        recordsPerSecond: largest(from, "recordsPerSecond"),
      });
      expect(history.peakSince(since)).toEqual(peak(since));
      history.forgetBefore(forgotten);
      expect(history.peakSince(since)).toEqual(peak(Math.max(since, forgotten)));
    }),
  );
});

it("a day of steady traffic is one look a minute more", async () => {
  const eventsOf = async (mode: string): Promise<number> =>
    (await run(workload(`mode: ${mode}, shards: 8`, "records: 1000/s"), { seconds: 24 * hour })).eventCount;
  expect((await eventsOf("on-demand")) - (await eventsOf("provisioned"))).toBe(24 * 60);
});
