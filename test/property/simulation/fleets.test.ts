/*
 * A sweep over random fleets and scenarios: whatever crashes, stops, slows down or is resharded, no record is lost or counted twice
 * without being said to be repeated, a key's records keep their order, a shard has one worker, and some time after the last event
 * everything is read. All that is checked after every event of every run. A failure prints the command that repeats the run.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { prepareSimulation } from "../../../src/planning/simulate-workload.js";
import { factsOf, type SimulationTask } from "../../../src/planning/simulation-task.js";
import { ServiceCatalogue } from "../../../src/service/service-facts.js";
import type { ConsumerFleet } from "../../../src/simulation/consumer-fleet.js";
import type { Fidelity } from "../../../src/simulation/fidelity.js";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import type { Lease } from "../../../src/simulation/lease.js";
import { buildModel } from "../../../src/simulation/model.js";
import { StreamSimulation } from "../../../src/simulation/stream-simulation.js";
import { noAttachments } from "../../../src/workload/attachments.js";
import { runInMemory } from "../../memory-host.js";
import { oneWorkload } from "../../one-workload.js";

/** When the last event begins, how long one lasts, and how long a stream is resharded, at most; then all is calm. */
const EVENTS_SECONDS = 120;
const LASTS_SECONDS = 60;
const RESHARD_SECONDS = 240;
const CALM_SECONDS = 600;
const RESTART_SECONDS = 60;
/** For how long nobody has a lease that is handed over in good order, to even out the load. */
const HAND_OVER_SECONDS = 16;
/** User records that count as none. */
const DUST = 1e-2;

const at = fc.integer({ min: 0, max: EVENTS_SECONDS });
const lasts = fc.integer({ min: 1, max: LASTS_SECONDS });
const name = fc.constantFrom("c0", "c1");
const shard = fc.integer({ min: 0, max: 5 });

const event = fc.oneof(
  fc.record({ event: fc.constant("consumer-down"), at, consumer: name, lasts }),
  fc.record({
    event: fc.constant("worker-crash"),
    at,
    consumer: name,
    count: fc.integer({ min: 1, max: 3 }),
    lasts: fc.option(lasts, { nil: undefined }),
  }),
  fc.record({ event: fc.constant("leader-crash"), at, consumer: name, lasts: fc.option(lasts, { nil: undefined }) }),
  fc.record({
    event: fc.constant("zone-outage"),
    at,
    consumer: fc.option(name, { nil: undefined }),
    share: fc.constantFrom(0.3, 0.5, 1),
    lasts,
  }),
  fc.record({ event: fc.constant("deploy"), at, consumer: name }),
  fc.record({ event: fc.constant("slow"), at, consumer: name, factor: fc.constantFrom(0.5, 3, 100), lasts }),
  fc.record({ event: fc.constant("traffic"), at, factor: fc.constantFrom(0, 0.1, 3), lasts }),
  fc.record({ event: fc.constant("reshard"), at, shards: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ event: fc.constant("split-shard"), at, shard, share: fc.constantFrom(0.1, 0.5) }),
  fc.record({ event: fc.constant("merge-shards"), at, shard }).map((one) => ({ ...one, adjacent: one.shard + 1 })),
);

const timePerRecord = fc.constantFrom(0.0002, 0.001);
const workers = fc.integer({ min: 1, max: 5 });
const standby = fc.constantFrom(0, 0, 1);
const cpuPerRecord = fc.constantFrom(undefined, 0.0005, 0.001);
const pollInterval = fc.constantFrom(undefined, 1, 2);
const checkpointInterval = fc.constantFrom(undefined, 0, 10, 45);

const kcl = {
  kind: fc.constant("kcl"),
  timePerRecord,
  workers,
  standby,
  cpuPerRecord,
  pollInterval,
  checkpointInterval,
};
const kcl2 = fc.record({ ...kcl, kclVersion: fc.constant(2) });
const kcl3 = fc.record({
  ...kcl,
  kclVersion: fc.constant(3),
  leaseAssignment: fc.constantFrom("utilization", "utilization", "count"),
});
const sdk = fc.record({ kind: fc.constant("sdk"), timePerRecord, workers, standby, cpuPerRecord });
const lambda = fc.record({
  kind: fc.constant("lambda"),
  timePerRecord,
  parallelization: fc.constantFrom(undefined, 3),
  batchWindow: fc.constantFrom(undefined, undefined, 20),
});
const consumer = fc.oneof({ weight: 3, arbitrary: kcl2 }, { weight: 3, arbitrary: kcl3 }, sdk, lambda);

type Keys = Readonly<Record<string, unknown>>;

interface Sweep {
  readonly shards: number;
  readonly recordsPerShard: number;
  readonly keys: Keys | undefined;
  readonly consumers: readonly Keys[];
  readonly scenario: readonly Keys[];
  readonly seed: number;
  readonly resolutionSeconds: number;
}

const sweeps: fc.Arbitrary<Sweep> = fc.record({
  shards: fc.integer({ min: 1, max: 6 }),
  recordsPerShard: fc.constantFrom(1, 20, 60),
  keys: fc.constantFrom(undefined, { hottest: 0.5 }),
  consumers: fc.tuple(consumer, consumer),
  scenario: fc.array(event, { maxLength: 6 }),
  seed: fc.integer({ min: 0, max: 10 ** 9 }),
  resolutionSeconds: fc.constantFrom(1, 10, 60),
});

/** A run as the command line would make it, and that command. */
interface Run {
  readonly task: SimulationTask;
  readonly text: string;
  readonly command: readonly string[];
}

/** Events that cannot happen, as of shards that there are not, are left out. */
async function prepare(sweep: Sweep, fidelity: Fidelity): Promise<Run> {
  const { shards, recordsPerShard, keys, consumers, seed, resolutionSeconds } = sweep;
  let { scenario } = sweep;
  const seconds = EVENTS_SECONDS + Math.max(LASTS_SECONDS, RESHARD_SECONDS, 6 * RESTART_SECONDS) + CALM_SECONDS;
  for (;;) {
    const text = JSON.stringify({
      version: 1,
      stream: { name: "s", shards },
      producers: [{ name: "p", records: recordsPerShard * shards, recordSize: 100, keys }],
      consumers: consumers.map((one, index) => ({ name: `c${index}`, ...one })),
      scenario,
    });
    const request = { attachments: noAttachments, catalogue: new ServiceCatalogue(), seed, fidelity, seconds };
    const prepared = prepareSimulation(await oneWorkload(text), { ...request, resolutionSeconds, debug: true });
    const impossible = new Set(prepared.impossible.map(({ path }) => path?.[1]));
    if (impossible.size === 0) {
      const flags = { seed, duration: `${seconds}s`, resolution: `${resolutionSeconds}s`, fidelity };
      const command = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
      return { task: prepared.task, text, command: ["simulate", "-", ...command] };
    }
    scenario = scenario.filter((_, index) => !impossible.has(index));
  }
}

function simulationOf({ task }: Run): StreamSimulation {
  const facts = factsOf(task);
  const random = RandomStream.fromSeed(task.seed);
  return new StreamSimulation(buildModel(task.workload, task.attachments, facts, task.choices, random), task);
}

/** Looked at thousands of times a run, so that no matcher is made for it. */
function check(holds: boolean, what: () => string): void {
  if (!holds) throw new Error(what());
}

/** Checks a simulation after each of its events and rows. */
class Watch {
  readonly #simulation: StreamSimulation;
  /** Of each lease, how much was processed when it was last looked at, and until when somebody processed it. */
  readonly #before = new Map<
    Lease,
    { readonly processed: number; readonly isHeld: boolean; readonly heldUntil: number }
  >();
  readonly #repeatedBefore = new Map<ConsumerFleet, number>();

  constructor(simulation: StreamSimulation) {
    this.#simulation = simulation;
    const assertInvariants = simulation.assertInvariants.bind(simulation);
    simulation.assertInvariants = (): void => {
      assertInvariants();
      this.look();
    };
    this.look();
  }

  look(): void {
    const { fleets, shards } = this.#simulation;
    for (const [index, fleet] of fleets.entries()) {
      this.#checkCount(fleet, index);
      this.#checkHolders(fleet);
      let back = 0;
      for (const { leases } of shards) back += this.#checkLease(leases[index] as Lease);
      this.#checkRepeats(fleet, back);
    }
  }

  /** Every record is processed once, processed again, missed, or still to be processed. */
  #checkCount({ account, backlog, model }: ConsumerFleet, index: number): void {
    const accepted = this.#simulation.shards.reduce((sum, { log }) => sum + log.records, 0);
    const rest = accepted - (account.processed - account.repeated) - backlog - this.#simulation.expiredFor(index);
    check(Math.abs(rest) < DUST + 1e-9 * accepted, () => `${rest} records of ${model.name} are unaccounted for`);
  }

  /** A lease has one worker that is up or nobody, and both know it. */
  #checkHolders({ leases, workers: all }: ConsumerFleet): void {
    const held = all.flatMap((worker) => worker.leases);
    check(new Set(held).size === held.length, () => "two workers process a shard");
    const owned = leases.filter(({ worker }) => worker >= 0);
    check(held.length === owned.length, () => `${held.length} leases are held, ${owned.length} have a worker`);
    for (const lease of owned)
      check(all[lease.worker]?.leases.includes(lease) === true, () => `shard ${lease.shardNumber} is held by another`);
    for (const { isUp, isStandby, leases: own } of all)
      check((isUp && !isStandby) || own.length === 0, () => "a worker holds leases that is not there");
  }

  /** @returns by how many records the lease went back */
  #checkLease(lease: Lease): number {
    const { reader, log, parents, shardNumber, worker, isEnded } = lease;
    const { now } = this.#simulation.engine;
    const before = this.#before.get(lease) ?? { processed: 0, isHeld: false, heldUntil: now };
    const what = (): string => `shard ${shardNumber} at ${now} s`;
    check(reader.processed <= log.records + DUST, () => `${what()} is read beyond its end`);
    if (reader.processed > DUST)
      for (const parent of parents)
        check(parent.isEnded && parent.reader.backlog <= DUST, () => `${what()} is read before its parents are`);
    if (isEnded) check(reader.backlog <= DUST, () => `${what()} has ended with ${reader.backlog} records`);
    if (worker < 0 && !before.isHeld)
      check(Math.abs(reader.processed - before.processed) <= DUST, () => `${what()} is processed by nobody`);
    const isHeld = worker >= 0;
    const heldUntil = isHeld || before.isHeld ? now : before.heldUntil;
    this.#before.set(lease, { processed: reader.processed, isHeld, heldUntil });
    return Math.max(0, before.processed - reader.processed);
  }

  /** Positions go back by what is counted as repeated, and that only where a worker was gone or a lease was taken from it. */
  #checkRepeats(fleet: ConsumerFleet, back: number): void {
    const { account, model } = fleet;
    const repeated = account.repeated - (this.#repeatedBefore.get(fleet) ?? 0);
    this.#repeatedBefore.set(fleet, account.repeated);
    check(repeated >= 0 && back <= repeated + DUST, () => `${model.name} goes back by ${back}, repeats ${repeated}`);
    if (repeated <= DUST) return;
    const causes = this.#simulation.events.filter(
      ({ event, subject, message }) =>
        subject === model.name && (event === "worker-failed" || /steals|assigns/.test(message)),
    );
    check(
      model.kcl !== undefined && causes.length > 0,
      () => `${model.name} repeats ${repeated} records for no reason`,
    );
  }

  /** After some time without events all is read, by whoever is up. */
  checkCalm(): void {
    const { fleets, openShards, shards, model } = this.#simulation;
    const perSecond = model.producers.reduce((sum, { curve }) => sum + curve.ceiling(this.#simulation.engine.now), 0);
    for (const { leases, workers: all, backlog, model: of } of fleets) {
      if (!all.some(({ isUp }) => isUp)) continue;
      const open = openShards.flatMap((one) => one.leases.filter((lease) => leases.includes(lease)));
      check(open.length === openShards.length, () => `${of.name} has ${open.length} leases`);
      const isRead = ({ worker, blocks, reader }: Lease): boolean => worker >= 0 && blocks === 0 && reader.isReading;
      const isHandedOver = (lease: Lease): boolean => {
        const { isHeld = true, heldUntil = 0 } = this.#before.get(lease) ?? {};
        return !isHeld && this.#simulation.engine.now - heldUntil <= HAND_OVER_SECONDS;
      };
      check(
        open.every((lease) => isRead(lease) || isHandedOver(lease)),
        () => `${of.name} has a lease that nobody reads`,
      );
      // What two polls bring, and by chance more, of calls that bring several records.
      const window = of.batchWindow?.seconds ?? 0;
      const seconds = (open.every(isRead) ? 5 : 5 + HAND_OVER_SECONDS) + window;
      check(backlog < seconds * perSecond + (window > 0 ? 60 : 25), () => `${of.name} has ${backlog} records to read`);
      for (const one of shards)
        check(
          one.isOpen || leases.every((lease) => lease.shardNumber !== one.number || lease.isEnded),
          () => `${of.name} is not done with shard ${one.number}`,
        );
    }
  }
}

/** Runs to the end. */
function sweepOnce(run: Run): StreamSimulation {
  const simulation = simulationOf(run);
  const watch = new Watch(simulation);
  for (const _ of simulation.steps()) watch.look();
  watch.checkCalm();
  return simulation;
}

/** A command for a shell. */
function shellOf({ command, text }: Run): string {
  return `kinesis-plan ${command.join(" ")} <<'END'\n${text}\nEND`;
}

const runs: readonly { fidelity: Fidelity; count: number }[] = [
  { fidelity: "record", count: 40 },
  { fidelity: "tick", count: 160 },
  { fidelity: "auto", count: 140 },
  { fidelity: "fluid", count: 60 },
];

describe.each(runs)("fleets in fidelity $fidelity", ({ fidelity, count }) => {
  it(`lose nothing and keep the order of keys, and read all when it is calm again, in ${count} runs`, async () => {
    await fc.assert(
      fc.asyncProperty(sweeps, async (sweep) => {
        const run = await prepare(sweep, fidelity);
        try {
          sweepOnce(run);
        } catch (error) {
          throw new Error(`${String(error)}\nTo repeat it:\n${shellOf(run)}`, { cause: error });
        }
      }),
      { numRuns: count },
    );
  });
});

describe("the command that repeats a run", () => {
  it("runs the same in another process", async () => {
    const [sweep] = fc.sample(
      sweeps.filter(({ scenario }) => scenario.length > 3),
      { numRuns: 1, seed: 5 },
    );
    const run = await prepare(sweep as Sweep, "tick");
    const simulation = sweepOnce(run);
    const { out } = await runInMemory([...run.command, "-f", "json"], { "-": run.text });
    const { summary, events } = JSON.parse(out);
    expect(events).toEqual(simulation.events);
    expect(summary.consumers.map((one: { processedRecords: number }) => one.processedRecords)).toEqual(
      simulation.fleets.map(({ account }) => Math.round(account.processed - account.repeated)),
    );
  });

  it("is a line for a shell", async () => {
    const [sweep] = fc.sample(sweeps, { numRuns: 1, seed: 1 });
    const run = await prepare({ ...(sweep as Sweep), seed: 7, resolutionSeconds: 10 }, "auto");
    expect(shellOf(run)).toMatch(
      /^kinesis-plan simulate - --seed 7 --duration \d+s --resolution 10s --fidelity auto <<'END'\n\{.*\}\nEND$/,
    );
  });
});
