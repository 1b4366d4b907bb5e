"""The peer of `npm run bench -- sweep`: many shards in ticks of a second on SimPy, two processes a shard: it is written to by the
second, and read at each poll.

The model of sweep.cpp in plain Python, but for two things: arrivals are normal, not Poisson, and no retry is spread over ticks.
sweep.py SHARDS MINUTES LOW HIGH; prints CPU seconds and the records that were accepted.
"""
import json
import math
import random
import sys
import time
from collections import Counter, deque

import simpy

MIB = 1048576
RECORDS, BYTES, RECORD_BYTES, DEVIATION = 1000, MIB, 800, 400
READ_BYTES, CALL_BYTES, CALL_RECORDS, CALLS = 2 * MIB, 10 * MIB, 10000, 5
PREFETCH, SPEED = min(30000, 8 * MIB / RECORD_BYTES), 1 / 0.0008

shards, minutes, low, high = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
random.seed(1)
totals = {"offered": 0, "accepted": 0, "attempts": 0, "throttled": 0, "lost": 0, "throttledReads": 0}
ages = [0.0] * (minutes * 60 + 1)
latencies = Counter()


class Shard:
    """A shard and its one reader: records stored, fetched and processed, and the curve along which they were stored."""

    def __init__(self):
        self.stored, self.fetched, self.processed = 0, 0.0, 0.0
        self.curve = deque([(0.0, 0)])
        self.done_at = 0.0

    def arrival(self, position):
        curve = self.curve
        while len(curve) > 2 and curve[1][1] <= position:
            curve.popleft()
        (start, before), (end, after) = curve[0], curve[1]
        return start + (end - start) * (position - before) / (after - before) if after > before else end

    def process(self, until):
        records = min(self.fetched - self.processed, SPEED * (until - self.done_at))
        if records > 0:
            part = random.random() * records
            age = self.done_at + part / SPEED - self.arrival(self.processed + part)
            latencies[int(math.log2(max(age, 0.001)) * 128)] += records
            self.processed += records
        self.done_at = until


def write(env, shard, mean):
    record_tokens, byte_tokens = float(RECORDS), float(BYTES)
    retries = {}
    while True:
        now = int(env.now)
        shard.process(now)
        if shard.stored - shard.processed > 1e-6:
            ages[now] = max(ages[now], now - shard.arrival(shard.processed))
        fresh = max(0, round(random.gauss(mean, math.sqrt(mean))))
        second, third = retries.pop(now, (0, 0))
        attempted = fresh + second + third
        size = attempted * RECORD_BYTES + math.sqrt(attempted) * DEVIATION * random.gauss(0, 1)
        record_tokens += RECORDS
        byte_tokens += BYTES
        share = min(1.0, record_tokens / attempted, byte_tokens / size) if attempted else 1.0
        accepted = int(attempted * share + 1e-6)
        record_tokens = min(RECORDS, record_tokens - accepted)
        byte_tokens = min(BYTES, byte_tokens - size * share)
        if accepted < attempted:
            retries[now + 1] = (fresh - round(fresh * share), second - round(second * share))
        totals["offered"] += fresh
        totals["accepted"] += accepted
        totals["attempts"] += attempted
        totals["throttled"] += attempted - accepted
        totals["lost"] += third - round(third * share)
        shard.stored += accepted
        shard.curve.append((now + 1, shard.stored))
        yield env.timeout(1)


def read(env, shard):
    bytes_left, calls, polled_at = float(READ_BYTES), float(CALLS), 0.0
    yield env.timeout(random.random())
    while True:
        now = env.now
        shard.process(now)
        if shard.fetched - shard.processed < PREFETCH:
            passed, polled_at = now - polled_at, now
            bytes_left = min(READ_BYTES, bytes_left + passed * READ_BYTES)
            calls = min(CALLS, calls + passed * CALLS)
            if bytes_left >= 0 and calls >= 1:
                (start, before), (end, after) = shard.curve[-2], shard.curve[-1]
                arrived = before + (after - before) * (now - start) / (end - start)
                records = max(0.0, min(arrived - shard.fetched, CALL_RECORDS, CALL_BYTES / RECORD_BYTES))
                shard.fetched += records
                bytes_left -= records * RECORD_BYTES
                calls -= 1
            else:
                totals["throttledReads"] += 1
        yield env.timeout(0.9 + 0.2 * random.random())


begun = time.process_time()
environment = simpy.Environment()
for at in range(shards):
    shard = Shard()
    environment.process(write(environment, shard, low + (high - low) * at / shards))
    environment.process(read(environment, shard))
environment.run(until=minutes * 60)
print(json.dumps({"seconds": time.process_time() - begun, **totals}))
