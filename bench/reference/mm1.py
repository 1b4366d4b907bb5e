"""The peer of `npm run bench -- mm1`: an M/M/1 queue on SimPy, a process a customer and a Resource for the server.

mm1.py CUSTOMERS; prints CPU seconds and the mean wait.
"""
import json
import random
import sys
import time

import simpy

customers = int(sys.argv[1])
random.seed(1)
waited = 0.0


def source(env, server):
    for _ in range(customers):
        yield env.timeout(random.expovariate(0.8))
        env.process(customer(env, server))


def customer(env, server):
    global waited
    arrived = env.now
    with server.request() as request:
        yield request
        waited += env.now - arrived
        yield env.timeout(random.expovariate(1.0))


begun = time.process_time()
env = simpy.Environment()
env.process(source(env, simpy.Resource(env, capacity=1)))
env.run()
seconds = time.process_time() - begun
print(json.dumps({"seconds": seconds, "meanWait": waited / customers}))
