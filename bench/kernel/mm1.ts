/*
 * Our side of `npm run bench -- mm1`: an M/M/1 queue as two timers of the engine, in ticks of 1 µs. Prints CPU seconds and the mean
 * wait in seconds.
 */
import { Engine, type Timer } from "../../src/simulation/kernel/engine.js";
import { RandomStream } from "../../src/simulation/kernel/random-stream.js";
import { sampleExponential } from "../../src/simulation/kernel/samplers.js";

const TICKS_PER_SECOND = 1e6;
const INTERARRIVAL_TICKS = TICKS_PER_SECOND / 0.8;
const SERVICE_TICKS = TICKS_PER_SECOND;
const MASK = 4_095;

class Station {
  readonly #engine = new Engine();
  readonly #arrivals = RandomStream.fromSeed(1).child("arrivals");
  readonly #services = RandomStream.fromSeed(1).child("services");
  readonly #arrival: Timer = this.#engine.timer(() => this.#arrive());
  readonly #departure: Timer = this.#engine.timer(() => this.#depart());
  /** When those arrived who wait. */
  readonly #ring = new Float64Array(MASK + 1);
  #head = 0;
  #tail = 0;
  #rest: number;
  #isBusy = false;
  #waited = 0;

  constructor(customers: number) {
    this.#rest = customers;
  }

  /** Lets all customers come and go; what they waited together, in ticks. */
  run(): number {
    this.#expectArrival();
    this.#engine.runTo(Number.POSITIVE_INFINITY);
    return this.#waited;
  }

  #expectArrival(): void {
    if (this.#rest === 0) return;
    this.#rest -= 1;
    const ticks = Math.floor(sampleExponential(this.#arrivals) * INTERARRIVAL_TICKS);
    this.#engine.set(this.#arrival, this.#engine.now + ticks);
  }

  #arrive(): void {
    this.#expectArrival();
    if (!this.#isBusy) {
      this.#serve(this.#engine.now);
    } else {
      if (this.#tail - this.#head > MASK) throw new RangeError("too many wait");
      this.#ring[this.#tail & MASK] = this.#engine.now;
      this.#tail += 1;
    }
  }

  #depart(): void {
    if (this.#head === this.#tail) {
      this.#isBusy = false;
    } else {
      this.#serve(this.#ring[this.#head & MASK] as number);
      this.#head += 1;
    }
  }

  #serve(arrived: number): void {
    const now = this.#engine.now;
    this.#isBusy = true;
    this.#waited += now - arrived;
    this.#engine.set(this.#departure, now + Math.floor(sampleExponential(this.#services) * SERVICE_TICKS));
  }
}

const customers = Number(process.argv[2]);
// Compiles the code; the station that is timed is a fresh one.
new Station(customers / 20).run();
const before = process.cpuUsage();
const ticks = new Station(customers).run();
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ seconds: (user + system) / 1e6, meanWait: ticks / customers / TICKS_PER_SECOND }));
