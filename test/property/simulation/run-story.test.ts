/*
 * Whatever happens in a run, its story is in the order of time, names facts that there are, and leaves no event out.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { tellRun } from "../../../src/planning/run-story.js";
import { prepareSimulation } from "../../../src/planning/simulate-workload.js";
import { factsOf, runTask } from "../../../src/planning/simulation-task.js";
import { collectEpisodes } from "../../../src/planning/story/episodes.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { oneWorkload } from "../../one-workload.js";

const names = ["k2", "k3", "sdk", "fn", "group"] as const;
const ofConsumers = [
  "event: consumer-down, lasts: 3m",
  "event: worker-crash, lasts: 4m",
  "event: worker-crash",
  "event: leader-crash, lasts: 2m",
  "event: zone-outage, share: 50%, lasts: 3m",
  "event: poison-record, lasts: 5m",
  "event: poison-record",
  "event: deploy",
  "event: slow, factor: 8, lasts: 4m",
];
const ofStream = ["event: reshard, shards: 6", "event: split-shard, shard: 1", "event: traffic, factor: 4, lasts: 3m"];

const happening = fc.oneof(
  fc
    .tuple(fc.constantFrom(...ofConsumers), fc.constantFrom(...names))
    .map(([event, name]) => `${event}, consumer: ${name}`),
  fc.constantFrom(...ofStream),
);
const scenarios = fc.array(
  fc.tuple(happening, fc.integer({ min: 1, max: 30 })).map(([event, minute]) => `{${event}, at: ${minute}m}`),
  { maxLength: 6 },
);

const head = `version: 1
stream: {name: s, shards: 4}
producers: [{name: p, records: 900/s, recordSize: 200 B, retry: kpl}]
consumers:
  - {name: k2, kind: kcl, kclVersion: 2, cpuPerRecord: 0.3 ms, workers: 2}
  - {name: k3, kind: kcl, cpuPerRecord: 0.3 ms, workers: 3, checkpointInterval: 20s}
  - {name: sdk, kind: sdk, timePerRecord: 0.5 ms, read: fan-out}
  - {name: fn, kind: lambda, timePerRecord: 2 ms, concurrency: 3, retryAttempts: 4, read: fan-out}
  - {name: group, kind: kcl, cpuPerRecord: 0.6 ms, workers: 2, read: fan-out, autoscaling: {min: 1, max: 4, launchTime: 1m}}
`;

/** Events that are told as stretches, or not at all. */
const unlisted: ReadonlySet<string> = new Set(["shard-drained", "concurrency-exhausted", "concurrency-enough"]);

test("a story leaves nothing out, and nothing open", async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, fc.integer({ min: 1, max: 1000 }), async (scenario, seed) => {
      const workload = await oneWorkload(`${head}scenario: [${scenario.join(", ")}]\n`);
      const { task, impossible } = prepareSimulation(workload, {
        attachments: noAttachments,
        catalogue: new ServiceCatalogue(),
        seed,
        fidelity: "auto",
        seconds: 40 * 60,
      });
      fc.pre(impossible.length === 0);
      const run = runTask(task);
      const facts = factsOf(task);
      const story = tellRun(run, { ...task, facts });
      const starts = story.map(({ at }) => at);
      expect(starts).toEqual(starts.toSorted((a, b) => a - b));
      for (const { at, until = at } of story) expect(at <= until && until <= run.summary.seconds).toBe(true);
      const text = story.flatMap((one) => [
        one.what,
        ...one.because,
        ...one.caused,
        ...one.followed,
        ...one.prevention,
      ]);
      expect(text.filter((one) => /undefined|NaN|Infinity|^$/.test(one))).toEqual([]);
      const known = new Set<string>(facts.all.map(({ name }) => name));
      const cited = text.flatMap((one) =>
        [...one.matchAll(/\(([a-z]+[A-Za-z]*\.[A-Za-z]+)\)/g)].map(([, name = ""]) => name),
      );
      expect(cited.filter((name) => !known.has(name) && !name.startsWith("autoscaling."))).toEqual([]);
      const episodes = collectEpisodes(run, workload.scenario);
      const told = episodes.flatMap(({ events }) => events);
      const listed = run.events.filter(({ event }) => !unlisted.has(event));
      const ends = new Set(["traffic-restored", "slow-ended"]);
      expect(new Set(told).size).toBe(told.length);
      expect(listed.filter((event) => !told.includes(event) && !ends.has(event.event))).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
