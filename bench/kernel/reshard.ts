/*
 * Plans one made-up stream and prints how long that took and how good the plan is: a daily and weekly wave with noise and spikes, of
 * so many days in slots of so many minutes, with its peak at so many shards; calls take so many seconds, and more for each operation.
 */
import { schedule } from "../../src/scheduling/schedule.js";
import { operationCount, operationsAtLeast, type ScheduleProblem } from "../../src/scheduling/schedule-problem.js";
import { RandomStream } from "../../src/simulation/kernel/random-stream.js";

const [days = 1, slotMinutes = 5, peak = 100, fixed = 30, perOperation = 15] = process.argv.slice(2).map(Number);
const slotSeconds = slotMinutes * 60;
const random = RandomStream.fromSeed(days);

function madeUpNeeds(): Float64Array {
  const slots = Math.round((days * 86_400) / slotSeconds);
  const rates = new Float64Array(slots);
  let noise = 0;
  for (let slot = 0; slot < slots; slot += 1) {
    const hour = (slot * slotSeconds) / 3_600;
    const wave = 0.25 + 0.75 * (0.5 - 0.5 * Math.cos((2 * Math.PI * (hour - 4)) / 24));
    noise = 0.95 * noise + 0.03 * (random.nextUniform() - 0.5);
    rates[slot] = wave * (Math.floor(hour / 24) % 7 >= 5 ? 0.7 : 1) * (1 + noise);
  }
  for (let day = 0; day < days; day += 1) {
    if (random.nextUniform() > 0.3) continue;
    const first = Math.floor(((day + random.nextUniform()) * 86_400) / slotSeconds);
    const last = first + Math.floor((600 + 3_600 * random.nextUniform()) / slotSeconds);
    const factor = 1.3 + 0.7 * random.nextUniform();
    for (let slot = first; slot < Math.min(last, slots); slot += 1) rates[slot] = factor * (rates[slot] as number);
  }
  const most = rates.reduce((high, rate) => Math.max(high, rate), 0);
  return rates.map((rate) => Math.max(1, Math.ceil((rate / most) * peak)));
}

const needs = madeUpNeeds();
const problem: ScheduleProblem = {
  slotSeconds,
  needs,
  startShards: needs.subarray(0, 12).reduce((high, need) => Math.max(high, need), 0),
  shardsMin: 1,
  shardsMax: peak,
  factorMax: 2,
  factorMin: 0.5,
  openMax: 2 * peak,
  callsMax: 8,
  windowSlots: Math.ceil(86_400 / slotSeconds),
  callsBefore: [],
  secondsOf: (from, to) => Math.ceil(fixed + perOperation * operationCount(from, to)),
  secondsAtLeast: (from, to) => Math.ceil(fixed + perOperation * operationsAtLeast(from, to)),
  shortfallPrice: Number.POSITIVE_INFINITY,
};
const begun = performance.now();
const found = schedule(problem);
const seconds = (performance.now() - begun) / 1_000;
const flat = peak * needs.length * slotSeconds;
console.log(
  JSON.stringify({
    seconds,
    gap: Math.max(0, 1 - found.bound / found.cost),
    ofFlat: found.cost / flat,
    calls: found.calls.length,
    peakMib: process.resourceUsage().maxRSS / 1_024,
    isFeasible: found.isFeasible,
    isOptimal: found.isOptimal,
  }),
);
