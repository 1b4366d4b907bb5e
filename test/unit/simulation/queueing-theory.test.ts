/*
 * The engine, its timers and the exponential variates against queueing theory. Formulas: L. Kleinrock, Queueing Systems 1 (1975), 3.2
 * and 3.5; J. D. C. Little (1961); N. Blomqvist (1967) and D. J. Daley (1968) for the variance of a mean wait.
 */
import { describe, expect, it } from "vitest";
import { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import { meanScore, SCORE_LIMIT, seeds, varianceOf } from "./goodness-of-fit.js";
import { erlangC, Station, type StationRates, stationaryProbabilities, TICKS_PER_SECOND } from "./queueing-station.js";

const REPLICATIONS = 40;
/** Probabilities below this one are not looked at. */
const RARE = 0.01;

/** What one replication finds, by name. */
type Findings = Readonly<Record<string, number>>;

/** A single server of mean service time 1 s, and three of them, with such a share of their time in use. */
function singleServer(utilization: number): StationRates {
  return { arrivalsPerSecond: utilization, servicesPerSecond: 1, servers: 1 };
}

function threeServers(utilization: number): StationRates {
  return { arrivalsPerSecond: 3 * utilization, servicesPerSecond: 1, servers: 3 };
}

/** Seconds at which the tail of the wait is looked at. */
const waitSeconds = [0, 0.5, 1, 2, 5, 10];
/** Numbers of customers whose probability is looked at. */
const counts = [0, 1, 2, 3, 4, 5, 8];

/** One replication: averages over a fixed time, then waits of a fixed number of arrivals. */
function measure(rates: StationRates, random: RandomStream, customers: number): Findings {
  const station = new Station(rates, random);
  const horizon = Math.round((customers / rates.arrivalsPerSecond) * TICKS_PER_SECOND);
  station.engine.runTo(horizon);
  const customersMean = station.area / horizon;
  const shares = counts.map((count) => (station.timeWith[count] ?? 0) / horizon);
  station.runToWaits(customers);
  const waits = station.waits.slice(0, customers);
  const seconds = waits.reduce((sum, wait) => sum + wait, 0) / customers / TICKS_PER_SECOND;
  const findings: Record<string, number> = { L: customersMean, Wq: seconds };
  for (const [index, count] of counts.entries()) findings[`P(N=${count})`] = shares[index] as number;
  for (const limit of waitSeconds)
    findings[`P(Wq>${limit})`] = waits.filter((wait) => wait > limit * TICKS_PER_SECOND).length / customers;
  return findings;
}

/** What theory says; for one server Erlang C is the utilization itself. */
function theory(rates: StationRates): Findings {
  const spare = rates.servers * rates.servicesPerSecond - rates.arrivalsPerSecond;
  const delayed = erlangC(rates);
  const findings: Record<string, number> = {
    L: rates.arrivalsPerSecond * (delayed / spare + 1 / rates.servicesPerSecond),
    Wq: delayed / spare,
  };
  const probabilities = stationaryProbabilities(rates, 20);
  for (const count of counts) findings[`P(N=${count})`] = probabilities[count] as number;
  for (const limit of waitSeconds) findings[`P(Wq>${limit})`] = delayed * Math.exp(-spare * limit);
  return findings;
}

function expectTheory(rates: StationRates, random: RandomStream, customers: number): void {
  const runs = Array.from({ length: REPLICATIONS }, (_, run) => measure(rates, random.child("run", run), customers));
  for (const [name, expected] of Object.entries(theory(rates))) {
    // What happens to few customers of a replication is not normal over replications.
    if (expected < RARE) continue;
    const values = runs.map((findings) => findings[name] as number);
    expect(Math.abs(meanScore(values, expected)), name).toBeLessThan(SCORE_LIMIT);
  }
}

describe("the formulas of these tests", () => {
  it.each([0.5, 0.8])("are those of M/M/1 for one server at %d", (utilization) => {
    const found = theory(singleServer(utilization));
    const spare = 1 - utilization;
    expect(found["Wq"]).toBeCloseTo(utilization / spare, 12);
    expect(found["L"]).toBeCloseTo(utilization / spare, 12);
    expect(found["P(N=3)"]).toBeCloseTo(spare * utilization ** 3, 12);
    expect(found["P(Wq>2)"]).toBeCloseTo(utilization * Math.exp(-2 * spare), 12);
  });

  it("give the printed Erlang C of three servers and two erlangs", () => {
    expect(erlangC({ arrivalsPerSecond: 2, servicesPerSecond: 1, servers: 3 })).toBeCloseTo(4 / 9, 12);
    const probabilities = stationaryProbabilities(threeServers(2 / 3), 400);
    expect(probabilities[0]).toBeCloseTo(1 / 9, 12);
    expect(probabilities.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 12);
  });
});

describe.each(seeds)("queues of events at seed %d", (seed) => {
  const random = RandomStream.fromSeed(seed).child("queues");

  it.each([0.5, 0.8])("wait as in M/M/1 at a utilization of %d", (utilization) => {
    expectTheory(singleServer(utilization), random.child("one", utilization), 5_000);
  });

  it.each([0.5, 0.8])("wait as in M/M/3 at a utilization of %d", (utilization) => {
    expectTheory(threeServers(utilization), random.child("three", utilization), 5_000);
  });

  it.each([
    ["one server", singleServer(0.8)],
    ["three servers", threeServers(0.9)],
  ])("keep to Little's law in every window, to the tick: %s", (name, rates) => {
    const station = new Station(rates, random.child("Little", name));
    let start = 0;
    let areaBefore = 0;
    for (let window = 1; window <= 25; window += 1) {
      // Windows of uneven length, so that some are over before anybody has left.
      const end = start + Math.round(TICKS_PER_SECOND * (window % 5 === 0 ? 0.3 : 40 * window));
      station.engine.runTo(end);
      const area = station.area - areaBefore;
      expect(sojournWithin(station, start, end)).toBe(area);
      areaBefore = station.area;
      start = end;
    }
    expect(station.timeWith.reduce((sum, ticks) => sum + ticks, 0)).toBe(start);
    const inside = station.departures.filter((tick) => tick > start).length;
    const served = station.departures.filter((tick) => tick <= start).length;
    expect(station.arrivals.length).toBe(inside + served);
  });

  it("have mean waits that vary from run to run as Blomqvist and Daley say", () => {
    const utilization = 0.5;
    const customers = 1_000;
    const means = Array.from({ length: 800 }, (_, run) => {
      const station = new Station(singleServer(utilization), random.child("length", run));
      station.runToWaits(customers);
      const waits = station.waits.slice(0, customers);
      return waits.reduce((sum, wait) => sum + wait, 0) / customers / TICKS_PER_SECOND;
    });
    const polynomial = 2 + 5 * utilization - 4 * utilization ** 2 + utilization ** 3;
    const expected = (utilization * polynomial) / (1 - utilization) ** 4;
    expect(Math.abs((customers * varianceOf(means)) / expected - 1)).toBeLessThan(0.25);
  });
});

/**
 * The time that customers spent in the system between two ticks: the whole stay of those who left in the window, what those who are
 * still there have behind them at its end, less what those who were there at its start had behind them then.
 */
function sojournWithin({ arrivals, departures }: Station, start: number, end: number): number {
  let total = 0;
  for (const [customer, arrival] of arrivals.entries()) {
    const departure = departures[customer] as number;
    if (departure > start && departure <= end) total += departure - arrival;
    if (arrival <= end && departure > end) total += end - arrival;
    if (arrival <= start && departure > start) total -= start - arrival;
  }
  return total;
}
