"""The peer of `npm run bench -- hold`: the HOLD model on SimPy, a process a timer, each waiting for one timeout after the other.

hold.py INCREMENTS TIMERS OPERATIONS; prints CPU seconds.
"""
import array
import json
import sys
import time

import simpy

timers, operations = int(sys.argv[2]), int(sys.argv[3])
increments = array.array("i")
with open(sys.argv[1], "rb") as file:
    increments.fromfile(file, timers + operations)

env = simpy.Environment()
rest = iter(increments.tolist())
done = env.event()


def tick(env):
    for increment in rest:
        yield env.timeout(increment)
    if not done.triggered:
        done.succeed()


for _ in range(timers):
    env.process(tick(env))
for _ in range(timers):
    env.step()  # every process waits for its first timeout

begun = time.process_time()
env.run(until=done)
print(json.dumps({"seconds": time.process_time() - begun}))
