/*
 * Our side of `npm run bench -- hold`: the HOLD model on the event queue. The earliest of `timers` pending timers is set again at its
 * tick plus the next increment, `operations` times. Prints CPU seconds and what the pending ticks add up to.
 */
import { readFileSync } from "node:fs";
import { EventQueue } from "../../src/simulation/kernel/event-queue.js";

const [file = "", ...counts] = process.argv.slice(2);
const [timers = 0, operations = 0] = counts.map(Number);
const bytes = readFileSync(file);
const increments = new Int32Array(bytes.buffer, bytes.byteOffset, timers + operations);

function filledQueue(): EventQueue {
  const queue = new EventQueue(timers);
  for (let slot = 0; slot < timers; slot += 1) queue.set(slot, increments[slot] as number);
  return queue;
}

function hold(queue: EventQueue, from: number, to: number): void {
  for (let index = from; index < to; index += 1) {
    const slot = queue.first();
    queue.set(slot, queue.dueTick(slot) + (increments[index] as number));
  }
}

// Compiles the code; the queue that is timed is a fresh one.
hold(filledQueue(), timers, timers + Math.floor(operations / 10));
const queue = filledQueue();
const before = process.cpuUsage();
hold(queue, timers, timers + operations);
const { user, system } = process.cpuUsage(before);

let check = 0;
for (let slot = 0; slot < timers; slot += 1) check += queue.dueTick(slot) * ((slot % 8) + 1);
console.log(JSON.stringify({ seconds: (user + system) / 1e6, check }));
