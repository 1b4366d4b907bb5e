/*
 * The reader that takes records one by one, against queueing theory. Fan-out without a delay and with room for every byte hands each
 * record over as it arrives, so that a shard and its processors are a queue: single records arrive at random, the shard refuses none.
 * Formulas: L. Kleinrock, Queueing Systems 1 (1975), 3.2, 3.5 and 5.6 (Pollaczek and Khinchine), Erlang's C; J. D. C. Little (1961).
 */
import { beforeAll, describe, expect, it } from "vitest";
import { meanScore, SCORE_LIMIT } from "./goodness-of-fit.js";
import { erlangC } from "./queueing-station.js";
import { openReads, play, sumLatencies } from "./read-side-run.js";

const REPLICATIONS = 40;
/*
 * A minute is several hundred times what such a queue takes to forget that it was empty at the start (1 / (μ (1 − √ρ)²) ≤ 0.2 s), so
 * that the start moves means by a tenth of a percent, a quarter of the standard error of all replications.
 */
const SECONDS = 60;
const noDelay = { "fanOut.latencySeconds": 0, "fanOut.readBytesPerSecond": 1e15 } as const;

/** A queue: its servers, the time of each for a record, and how much that varies relative to its mean. */
interface Queue {
  readonly name: string;
  readonly servers: number;
  readonly servicesPerSecond: number;
  readonly timeVariation: number;
  /** Share of the servers' time that is in use. */
  readonly load: number;
}

/** What one replication finds, by name. */
type Findings = Readonly<Record<string, number>>;

function arrivalsPerSecond({ servers, servicesPerSecond, load }: Queue): number {
  return servers * servicesPerSecond * load;
}

async function measure(queue: Queue, seed: number): Promise<Findings> {
  const consumer = {
    name: "c",
    kind: "lambda",
    read: "fan-out",
    timePerRecord: 1 / queue.servicesPerSecond,
    timeVariation: queue.timeVariation,
    parallelization: queue.servers,
  };
  const simulation = await openReads(
    { records: arrivalsPerSecond(queue), consumers: [consumer] },
    { fidelity: "record", seconds: SECONDS, seed, resolutionSeconds: 1, limits: noDelay },
  );
  const latencies = simulation.fleets[0]?.account.latencies;
  if (latencies === undefined) throw new Error("there is no fleet");
  const sum = sumLatencies(latencies);
  const { recorder } = play(simulation);
  const backlogs = recorder.rows.map(({ consumers }) => consumers[0]?.backlogRecords ?? Number.NaN);
  const findings: Record<string, number> = {
    W: sum.seconds / sum.weight,
    // Seconds are no special instants of such a queue: what is found at each is what time finds.
    L: backlogs.reduce((total, backlog) => total + backlog, 0) / backlogs.length,
    p50: latencies.percentile(0.5),
    p99: latencies.percentile(0.99),
  };
  for (const count of [0, 1, 2, 3])
    findings[`P(N=${count})`] = backlogs.filter((backlog) => backlog === count).length / backlogs.length;
  return findings;
}

/** Where a falling tail passes a probability, by halving. */
function quantile(tail: (seconds: number) => number, probability: number): number {
  let [low, high] = [0, 10];
  for (let halving = 0; halving < 60; halving += 1) {
    const middle = (low + high) / 2;
    if (tail(middle) > probability) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * How likely the time in an exponential queue is longer: it is that of one service, after a wait of rate cμ − λ for those who are
 * delayed; for one server that makes an exponential of rate μ − λ.
 */
function tailOf(queue: Queue): (seconds: number) => number {
  const { servers, servicesPerSecond: rate } = queue;
  const arrivals = arrivalsPerSecond(queue);
  const spare = servers * rate - arrivals;
  const delayed = erlangC({ arrivalsPerSecond: arrivals, servicesPerSecond: rate, servers });
  if (servers === 1) return (seconds) => Math.exp(-spare * seconds);
  return (seconds) =>
    (1 - delayed) * Math.exp(-rate * seconds) +
    (delayed * (spare * Math.exp(-rate * seconds) - rate * Math.exp(-spare * seconds))) / (spare - rate);
}

/** The mean time in the queue by Pollaczek and Khinchine for one server, by Erlang's C for several; all else by Little's law. */
function theory(queue: Queue): Findings {
  const { servers, servicesPerSecond, timeVariation, load } = queue;
  const arrivals = arrivalsPerSecond(queue);
  const delayed = erlangC({ arrivalsPerSecond: arrivals, servicesPerSecond, servers });
  const spare = servers * servicesPerSecond - arrivals;
  const wait =
    servers === 1 ? (arrivals * (1 + timeVariation ** 2)) / servicesPerSecond ** 2 / (2 * (1 - load)) : delayed / spare;
  const findings: Record<string, number> = {
    W: wait + 1 / servicesPerSecond,
    L: arrivals * (wait + 1 / servicesPerSecond),
  };
  if (timeVariation !== 1) return findings;
  findings["p50"] = quantile(tailOf(queue), 0.5);
  findings["p99"] = quantile(tailOf(queue), 0.01);
  if (servers === 1) for (const count of [0, 1, 2, 3]) findings[`P(N=${count})`] = (1 - load) * load ** count;
  return findings;
}

const queues: readonly Queue[] = [
  { name: "M/M/1", servers: 1, servicesPerSecond: 500, timeVariation: 1, load: 0.5 },
  { name: "M/M/1", servers: 1, servicesPerSecond: 500, timeVariation: 1, load: 0.8 },
  { name: "M/D/1", servers: 1, servicesPerSecond: 500, timeVariation: 0, load: 0.5 },
  { name: "M/D/1", servers: 1, servicesPerSecond: 500, timeVariation: 0, load: 0.8 },
  { name: "M/G/1 of lognormal times", servers: 1, servicesPerSecond: 500, timeVariation: 0.5, load: 0.8 },
  { name: "M/G/1 of times that vary much", servers: 1, servicesPerSecond: 500, timeVariation: 1.5, load: 0.5 },
  { name: "M/M/3", servers: 3, servicesPerSecond: 200, timeVariation: 1, load: 0.5 },
  { name: "M/M/3", servers: 3, servicesPerSecond: 200, timeVariation: 1, load: 0.8 },
];

describe("the formulas of these tests", () => {
  it("are those of M/M/1 for one server whose times vary as exponential ones", () => {
    const found = theory(queues[1] as Queue);
    expect(found["W"]).toBeCloseTo(1 / (500 - 400), 12);
    expect(found["L"]).toBeCloseTo(0.8 / 0.2, 12);
    expect(found["p50"]).toBeCloseTo(Math.LN2 / 100, 12);
  });

  it("give waits without variation that are half of the exponential ones", () => {
    const [exponential, fixed] = [theory(queues[1] as Queue), theory(queues[3] as Queue)];
    expect((fixed["W"] as number) - 0.002).toBeCloseTo(((exponential["W"] as number) - 0.002) / 2, 12);
  });

  it.each([queues[1], queues[6], queues[7]])("have the mean time in the queue as the area under its tail", (queue) => {
    const found = theory(queue as Queue);
    const tail = tailOf(queue as Queue);
    let area = 0;
    for (let seconds = 0; seconds < 0.5; seconds += 1e-5) area += tail(seconds + 5e-6) * 1e-5;
    expect(area / (found["W"] as number)).toBeCloseTo(1, 6);
  });
});

describe.each(queues)("$name with $load of the servers' time in use", (queue) => {
  const expected = theory(queue);
  let runs: readonly Findings[] = [];

  beforeAll(async () => {
    runs = await Promise.all(Array.from({ length: REPLICATIONS }, (_, run) => measure(queue, run + 1)));
  });

  it.each(Object.keys(expected))("has the %s of theory", (name) => {
    const values = runs.map((findings) => findings[name] as number);
    expect(Math.abs(meanScore(values, expected[name] as number))).toBeLessThan(SCORE_LIMIT);
  });
});
