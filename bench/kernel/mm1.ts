/*
 * Our side of `npm run bench -- mm1`: an M/M/1 queue as two timers of the engine, in ticks of 1 µs. Prints CPU seconds and the mean
 * wait in seconds.
 */
import { Engine } from "../../src/simulation/kernel/engine.js";
import { RandomStream } from "../../src/simulation/kernel/random-stream.js";
import { sampleExponential } from "../../src/simulation/kernel/samplers.js";

const TICKS_PER_SECOND = 1e6;
const INTERARRIVAL_TICKS = TICKS_PER_SECOND / 0.8;
const SERVICE_TICKS = TICKS_PER_SECOND;
const MASK = 4_095;

/** Lets that many customers be served; their mean wait in ticks. */
function meanWait(customers: number): number {
  const engine = new Engine();
  const arrivals = RandomStream.fromSeed(1).child("arrivals");
  const services = RandomStream.fromSeed(1).child("services");
  /** When those arrived who wait. */
  const ring = new Float64Array(MASK + 1);
  let head = 0;
  let tail = 0;
  let arrived = 0;
  let isBusy = false;
  let waited = 0;

  function serve(waitingSince: number): void {
    const now = engine.now;
    isBusy = true;
    waited += now - waitingSince;
    engine.set(departure, now + Math.floor(sampleExponential(services) * SERVICE_TICKS));
  }

  const arrival = engine.timer(() => {
    const now = engine.now;
    arrived += 1;
    if (arrived < customers) engine.set(arrival, now + Math.floor(sampleExponential(arrivals) * INTERARRIVAL_TICKS));
    if (!isBusy) {
      serve(now);
    } else {
      if (tail - head > MASK) throw new RangeError("too many wait");
      ring[tail & MASK] = now;
      tail += 1;
    }
  });

  const departure = engine.timer(() => {
    if (head === tail) {
      isBusy = false;
    } else {
      serve(ring[head & MASK] as number);
      head += 1;
    }
  });

  engine.set(arrival, Math.floor(sampleExponential(arrivals) * INTERARRIVAL_TICKS));
  engine.runTo(Number.POSITIVE_INFINITY);
  return waited / customers;
}

const customers = Number(process.argv[2]);
const before = process.cpuUsage();
const ticks = meanWait(customers);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ seconds: (user + system) / 1e6, meanWait: ticks / TICKS_PER_SECOND }));
