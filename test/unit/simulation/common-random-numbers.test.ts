/*
 * Runs that differ in one thing meet the same chance in everything else, so that what changes is what the thing does. Random numbers
 * come from streams with names: of producers, consumers and hash key ranges.
 */
import { describe, expect, it } from "vitest";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import type { ProducerTraffic } from "../../../src/simulation/producer-traffic.js";
import { type ModelRun, replay, runModel } from "./run-model.js";
import { loadShard, producerOf, recordLimit } from "./shard-under-load.js";

const fidelities: readonly Fidelity[] = ["record", "tick", "fluid", "auto"];
const drawn: readonly Fidelity[] = ["record", "tick", "auto"];

const second = "  - {name: other, records: 70/s, recordSize: 100 B, burstiness: 50%, retry: none}";

function workload(producer: string, { shards = 4, more = "", consumers = "[]", scenario = "[]" } = {}): string {
  return `
version: 1
stream: {name: s, shards: ${shards}}
producers:
  - {name: p, recordSize: 100 B, retry: none, ${producer}}
${more}
consumers: ${consumers}
scenario: ${scenario}
`;
}

/** What the first producer came to. */
async function firstProducer(yaml: string, run: ModelRun): Promise<Partial<ProducerTraffic>> {
  const { producers } = await replay(yaml, run);
  const { offered, accepted, lost, attempts, throttled } = producers[0] as ProducerTraffic;
  return { offered, accepted, lost, attempts, throttled };
}

const idle = "[{name: c, kind: lambda, timePerRecord: 0.01 ms}, {name: d, kind: kcl, read: fan-out}]";
/** A worker that is so busy that its CPU is shared out every second. */
const busy = "[{name: c, kind: kcl, cpuPerRecord: 2 ms, worker: {vcpus: 1}}]";

describe.each(fidelities)("what a producer offers in fidelity %s", (fidelity) => {
  const single = "records: 400/s, putBatch: 1";

  it("is the same whoever reads and whoever else writes", async () => {
    const alone = await firstProducer(workload(single), { fidelity });
    expect(alone.offered).toBeGreaterThan(200_000);
    expect(await firstProducer(workload(single, { consumers: idle }), { fidelity })).toEqual(alone);
    expect(await firstProducer(workload(single, { more: second }), { fidelity })).toEqual(alone);
  });

  it("varies from second to second by a rate of its own", async () => {
    const bursty = `${single}, burstiness: 0.4`;
    const alone = await firstProducer(workload(bursty), { fidelity });
    expect(await firstProducer(workload(bursty, { more: second, consumers: idle }), { fidelity })).toEqual(alone);
    expect(alone.offered).not.toEqual((await firstProducer(workload(single), { fidelity })).offered);
  });

  it("is the same to the shard that a split leaves alone", async () => {
    const recordsOf = async (scenario: string): Promise<number | undefined> => {
      const { shards } = await replay(workload(single, { shards: 2, scenario }), { fidelity });
      return shards[0]?.log.records;
    };
    // A leap takes as many seconds as lie between two events, so that where they lie matters there.
    if (fidelity !== "auto")
      expect(await recordsOf("[{event: split-shard, at: 130s, shard: 1}]")).toBe(await recordsOf("[]"));
  });
});

describe.each(["record", "tick"] as const)("where seconds are simulated one by one, in fidelity %s", (fidelity) => {
  const single = "records: 400/s, putBatch: 1";

  it("what is offered is the same whatever the rows of the timeline, and however busy the workers", async () => {
    const alone = await firstProducer(workload(single), { fidelity });
    for (const resolutionSeconds of [1, 7, 600])
      expect(await firstProducer(workload(single), { fidelity, resolutionSeconds })).toEqual(alone);
    expect(await firstProducer(workload(single, { consumers: busy }), { fidelity, workers: { c: 1 } })).toEqual(alone);
  });
});

/* Counts, sizes and the order of calls have streams of their own: how time is cut into chunks changes none of them. */
describe("what a producer offers in PutRecords calls", () => {
  const calls = "records: 400/s, putBatch: 10";

  it("is the same however busy the workers, record by record", async () => {
    const yaml = workload(calls, { shards: 1, consumers: busy });
    const alone = await firstProducer(workload(calls, { shards: 1 }), { fidelity: "record" });
    expect(await firstProducer(yaml, { fidelity: "record", workers: { c: 1 } })).toEqual(alone);
  });

  it("is the same however busy the workers, by the tick", async () => {
    const yaml = workload(calls, { shards: 1, consumers: busy });
    const alone = await firstProducer(workload(calls, { shards: 1 }), { fidelity: "tick" });
    expect(await firstProducer(yaml, { fidelity: "tick", workers: { c: 1 } })).toEqual(alone);
  });

  it("is the same whatever the rows of the timeline, by the tick", async () => {
    const [byMinutes, bySeconds] = await Promise.all(
      [60, 1].map((resolutionSeconds) =>
        firstProducer(workload(calls, { shards: 1 }), { fidelity: "tick", resolutionSeconds }),
      ),
    );
    expect(bySeconds).toEqual(byMinutes);
  });

  it("is the same whatever the rows of the timeline where sizes vary, by the tick", async () => {
    const uneven = workload("records: 400/s, putBatch: 1, recordSizeVariation: 0.5");
    const [byMinutes, bySeconds] = await Promise.all(
      [60, 1].map((resolutionSeconds) => firstProducer(uneven, { fidelity: "tick", resolutionSeconds })),
    );
    expect(bySeconds).toEqual(byMinutes);
  });

  it.each([{ fidelity: "record" as const }, { fidelity: "fluid" as const }])(
    "is the same whatever a shard takes of it, in $fidelity",
    ({ fidelity }) => {
      expect(new Set(offeredAtLimits(fidelity)).size).toBe(1);
    },
  );

  // Where far more is offered than taken, the order of calls is not drawn.
  it("is the same whatever a shard takes of it, by the tick", () => {
    expect(new Set(offeredAtLimits("tick")).size).toBe(1);
  });

  function offeredAtLimits(fidelity: Fidelity): number[] {
    return [5, 50, 100, 200].map((perSecond) => {
      const producers = [producerOf(100, { putBatch: 10 })];
      const load = loadShard({ fidelity, producers, limits: recordLimit(perSecond, perSecond), seconds: 300 });
      return load.producers[0]?.offered ?? Number.NaN;
    });
  }

  it("is the same whether refused records are put again or not, record by record", () => {
    const offered = ([{ kind: "none" }, { kind: "sdk", backoffSecondsMax: [1, 2] }] as const).map((retry) => {
      const producers = [producerOf(100, { retry })];
      return loadShard({ fidelity: "record", producers, limits: recordLimit(50, 50), seconds: 300 }).producers[0]
        ?.offered;
    });
    expect(offered[1]).toBe(offered[0]);
  });
});

describe.each(fidelities)("a whole run in fidelity %s", (fidelity) => {
  const yaml = `
version: 1
stream: {name: s, shards: 2}
producers:
  - {name: p, records: 900/s, recordSize: 900 B, burstiness: 0.3, recordSizeVariation: 0.3, keys: {count: 1000, distribution: zipf}}
  - {name: q, records: 300/s, recordSize: 200 B, retry: kpl, keys: {hottest: 20%}}
consumers:
  - {name: c, kind: kcl, cpuPerRecord: 0.3 ms}
  - {name: d, kind: lambda, read: fan-out, timePerRecord: 1 ms, timeVariation: 50%}
scenario:
  - {event: reshard, at: 100s, shards: 3}
  - {event: worker-crash, at: 120s, consumer: c, lasts: 60s}
  - {event: deploy, at: 200s, consumer: c}
`;
  const run: ModelRun = { fidelity, seconds: 300, workers: { c: 2 }, debug: false };

  it("is the same again at the same seed", async () => {
    expect(await runModel(yaml, run)).toEqual(await runModel(yaml, run));
  });

  it("is another one at another seed, however far away", async () => {
    const one = await runModel(yaml, run);
    for (const seed of [2, 2 ** 32 + 1, 2 ** 53 - 1]) {
      const other = await runModel(yaml, { ...run, seed });
      expect(other.summary).not.toEqual(one.summary);
      expect(other.timeline).not.toEqual(one.timeline);
    }
  });
});

describe.each(fidelities)("capacity in fidelity %s", (fidelity) => {
  const capacities = [60, 90, 97, 100, 103, 110, 200];

  it("never costs records: the more a shard takes, the less is lost of the same offer", () => {
    for (const putBatch of [1, 3])
      for (let seed = 0; seed < 6; seed += 1) {
        const loads = capacities.map((perSecond) => {
          const producers = [producerOf(100, { putBatch, burstiness: 0.3 })];
          const [traffic] = loadShard({
            fidelity,
            producers,
            limits: recordLimit(perSecond, 100),
            seconds: 180,
            seed,
          }).producers;
          return { offered: Math.round(1e6 * (traffic?.offered ?? Number.NaN)), lost: traffic?.lost ?? Number.NaN };
        });
        // A leap draws a minute's total at one go, and where it may leap depends on the capacity.
        if (fidelity !== "auto") expect(new Set(loads.map(({ offered }) => offered)).size).toBe(1);
        const losses = loads.map(({ lost }) => lost);
        expect(losses).toEqual(losses.toSorted((a, b) => b - a));
        expect(losses[0]).toBeGreaterThan(1_000);
      }
  });

  it("may be saved up: the more a bucket holds, the less is lost of the same offer", () => {
    for (let seed = 0; seed < 6; seed += 1) {
      const losses = [5, 10, 50, 100, 400].map((burst) => {
        const producers = [producerOf(100, { burstiness: 0.3 })];
        return loadShard({ fidelity, producers, limits: recordLimit(100, burst), seconds: 180, seed }).producers[0]
          ?.lost;
      });
      expect(losses).toEqual(losses.toSorted((a = 0, b = 0) => b - a));
    }
  });
});

describe.each(fidelities)("a stream that is so many times larger in fidelity %s", (fidelity) => {
  it("has the same part of its records refused, but for chance", async () => {
    // 5 % too much, a tenth of the usual on each shard.
    const limits = { "shard.writeRecordsPerSecond": 100, "shard.writeBurstRecords": 100 };
    const ratios = await Promise.all(
      [1, 3, 16].map(async (shards) => {
        const yaml = workload(`records: ${105 * shards}/s, putBatch: 1`, { shards });
        return (await runModel(yaml, { fidelity, limits, seconds: 1_200 })).summary.throttledRatio;
      }),
    );
    // The loss is the excess, whose deviation is that of the count of what one shard is offered: four standard errors of 126,000.
    for (const ratio of ratios.slice(1))
      expect(Math.abs(ratio - (ratios[0] ?? Number.NaN))).toBeLessThan(
        fidelity === "fluid" ? 1e-9 : 4 / Math.sqrt(126_000),
      );
  });
});

describe.each(fidelities)("a stream that is simulated in parts in fidelity %s", (fidelity) => {
  it("takes in all of them together what it takes as a whole", async () => {
    const limits = { "shard.writeRecordsPerSecond": 100, "shard.writeBurstRecords": 100 };
    const yaml = workload("records: 600/s, putBatch: 1, burstiness: 20%, keys: {hottest: 5%}", {
      shards: 6,
      more: second,
    });
    const sums = async (run: ModelRun): Promise<number[]> => {
      const { producers } = await replay(yaml, { fidelity, limits, ...run });
      return producers.flatMap(({ offered, accepted, lost, attempts }) => [offered, accepted, lost, attempts]);
    };
    const whole = await sums({});
    for (const count of [2, 3]) {
      const parts = await Promise.all(Array.from({ length: count }, (_, index) => sums({ part: { index, count } })));
      for (const [at, figure] of whole.entries())
        expect(parts.reduce((total, part) => total + (part[at] ?? Number.NaN), 0)).toBeCloseTo(figure, 4);
    }
    expect(whole[2]).toBeGreaterThan(1_000);
  });
});

describe.each(drawn)("streams of no common name in fidelity %s", (fidelity) => {
  it("have nothing to do with each other", async () => {
    // 40 shards with 10 minutes of 100/s each: if they were drawn alike, counts would vary by nothing or by 40 times as much.
    const { shards } = await replay(workload("records: 4000/s, putBatch: 1", { shards: 40 }), { fidelity });
    const scores = shards.map(({ log }) => (log.records - 60_000) / Math.sqrt(60_000));
    const squares = scores.reduce((sum, score) => sum + score ** 2, 0);
    const total = scores.reduce((sum, score) => sum + score, 0) / Math.sqrt(40);
    // χ² with 40 degrees of freedom, and a normal variate.
    expect(Math.abs(squares - 40)).toBeLessThan(4 * Math.sqrt(80));
    expect(Math.abs(total)).toBeLessThan(4);
  });
});

describe.each(["record", "tick"] as const)("a hash key range in fidelity %s", (fidelity) => {
  it("that comes back does not repeat what happened to it", async () => {
    const scenario =
      "[{at: 60s, event: split-shard, shard: 0}, {at: 120s, event: merge-shards, shard: 1, adjacent: 2}]";
    const yaml = workload("records: 400/s, putBatch: 1", { shards: 1, scenario });
    const { timeline, shards } = await runModel(yaml, { fidelity, seconds: 300, resolutionSeconds: 1 });
    const merged = shards[3]?.openedAt ?? 0;
    expect(merged).toBeGreaterThan(120);
    const accepted = timeline.map(({ acceptedRecords }) => acceptedRecords);
    expect(accepted.slice(merged, merged + 50)).not.toEqual(accepted.slice(0, 50));
  });
});
