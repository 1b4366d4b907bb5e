/*
 * M/M/c as events: customers arrive at random, wait in one line, and are served by one of several servers for an exponential time. It is
 * the least model that has a known answer and uses timers as a simulation does. A tick is a microsecond.
 *
 * The station starts in its steady state: the number of customers is drawn from the stationary distribution, and exponential times have
 * no memory. So nothing has to warm up, and every average over a fixed time or a fixed number of arrivals is unbiased.
 */
import { Engine, type Timer } from "../../../src/simulation/kernel/engine.js";
import type { RandomStream } from "../../../src/simulation/kernel/random-stream.js";
import { sampleExponential } from "../../../src/simulation/kernel/samplers.js";

export const TICKS_PER_SECOND = 1e6;

export interface StationRates {
  readonly arrivalsPerSecond: number;
  /** Of each server. */
  readonly servicesPerSecond: number;
  readonly servers: number;
}

/** Erlang C, the share of customers that have to wait, from Erlang B by its recurrence. */
export function erlangC({ arrivalsPerSecond, servicesPerSecond, servers }: StationRates): number {
  const load = arrivalsPerSecond / servicesPerSecond;
  let blocked = 1;
  for (let server = 1; server <= servers; server += 1) blocked = (load * blocked) / (server + load * blocked);
  return blocked / (1 - (load / servers) * (1 - blocked));
}

/** The stationary probabilities of 0, 1, 2, … customers. */
export function stationaryProbabilities(rates: StationRates, length: number): number[] {
  const load = rates.arrivalsPerSecond / rates.servicesPerSecond;
  const weights = [1];
  for (let count = 1; count < length; count += 1)
    weights.push(((weights[count - 1] as number) * load) / Math.min(count, rates.servers));
  const busyFrom = rates.servers;
  const below = weights.slice(0, busyFrom).reduce((sum, weight) => sum + weight, 0);
  const total = below + (weights[busyFrom] as number) / (1 - load / rates.servers);
  return weights.map((weight) => weight / total);
}

export class Station {
  readonly engine = new Engine();
  /** When each customer came and left, in ticks; those of the start came at 0. One who is still there has left at infinity. */
  readonly arrivals: number[] = [];
  readonly departures: number[] = [];
  /** How long each customer waited that came after the start, in ticks, in the order of arrival. */
  readonly waits: number[] = [];
  /** How long there were 0, 1, 2, … customers, in ticks. */
  readonly timeWith: number[] = [];
  readonly startCount: number;
  readonly #rates: StationRates;
  readonly #gaps: RandomStream;
  readonly #services: RandomStream;
  readonly #arrival: Timer;
  readonly #idle: number[] = [];
  readonly #servers: Timer[] = [];
  readonly #served: number[] = [];
  #nextInLine = 0;
  #present = 0;
  #area = 0;
  #since = 0;

  constructor(rates: StationRates, random: RandomStream) {
    this.#rates = rates;
    this.#gaps = random.child("arrivals");
    this.#services = random.child("services");
    this.#arrival = this.engine.timer(() => {
      this.#arrive();
      this.#expectArrival();
    });
    for (let server = 0; server < rates.servers; server += 1) {
      this.#servers.push(this.engine.timer(() => this.#depart(server)));
      this.#idle.push(server);
    }
    this.startCount = drawCount(rates, random.child("start"));
    for (let customer = 0; customer < this.startCount; customer += 1) this.#arrive();
    this.#expectArrival();
  }

  /** Customers times ticks up to the present. */
  get area(): number {
    this.#account();
    return this.#area;
  }

  /** Runs until so many customers that came after the start have been waited for. */
  runToWaits(count: number): void {
    while (this.waits.length < count) this.engine.runTo(this.engine.nextTick());
  }

  #account(): void {
    const ticks = this.engine.now - this.#since;
    this.#since = this.engine.now;
    this.#area += this.#present * ticks;
    this.timeWith[this.#present] = (this.timeWith[this.#present] ?? 0) + ticks;
  }

  #expectArrival(): void {
    this.engine.set(this.#arrival, this.engine.now + drawTicks(this.#gaps, this.#rates.arrivalsPerSecond));
  }

  #arrive(): void {
    this.#account();
    this.#present += 1;
    this.arrivals.push(this.engine.now);
    this.departures.push(Number.POSITIVE_INFINITY);
    const server = this.#idle.pop();
    if (server !== undefined) this.#serve(server);
  }

  /** The first in line goes to a server. */
  #serve(server: number): void {
    const customer = this.#nextInLine;
    this.#nextInLine += 1;
    if (customer >= this.startCount) this.waits.push(this.engine.now - (this.arrivals[customer] as number));
    this.#served[server] = customer;
    const ticks = drawTicks(this.#services, this.#rates.servicesPerSecond);
    this.engine.set(this.#servers[server] as Timer, this.engine.now + ticks);
  }

  #depart(server: number): void {
    this.#account();
    this.#present -= 1;
    this.departures[this.#served[server] as number] = this.engine.now;
    if (this.#nextInLine < this.arrivals.length) this.#serve(server);
    else this.#idle.push(server);
  }
}

function drawTicks(random: RandomStream, perSecond: number): number {
  return Math.round((sampleExponential(random) / perSecond) * TICKS_PER_SECOND);
}

function drawCount(rates: StationRates, random: RandomStream): number {
  let rest = random.nextUniform();
  for (const [count, probability] of stationaryProbabilities(rates, 1_000).entries()) {
    rest -= probability;
    if (rest < 0) return count;
  }
  throw new RangeError("the station is too busy to start");
}
