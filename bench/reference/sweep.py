"""The peer of `npm run bench -- sweep`: many shards in ticks of a second on SimPy, a process a shard.

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


def bucket_of(seconds):
    return int(math.log2(max(seconds, 0.001)) * 128)


def shard(env, mean):
    record_tokens, byte_tokens = float(RECORDS), float(BYTES)
    retries = {}
    stored, fetched, processed = 0, 0.0, 0.0
    curve = deque([(0.0, 0)])
    next_poll, bucket, calls, polled_at, done_at = random.random(), 2.0 * MIB, 5.0, 0.0, 0.0

    def arrival(position):
        while len(curve) > 2 and curve[1][1] <= position:
            curve.popleft()
        (start, before), (end, after) = curve[0], curve[1]
        return start + (end - start) * (position - before) / (after - before) if after > before else end

    def process(until):
        nonlocal processed, done_at
        records = min(fetched - processed, SPEED * (until - done_at))
        if records > 0:
            part = random.random() * records
            latencies[bucket_of(done_at + part / SPEED - arrival(processed + part))] += records
            processed += records
        done_at = until

    while True:
        now = env.now
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
        before, stored = stored, stored + accepted
        curve.append((now + 1, stored))

        while next_poll < now + 1:
            process(next_poll)
            if fetched - processed < PREFETCH:
                passed, polled_at = next_poll - polled_at, next_poll
                bucket = min(READ_BYTES, bucket + passed * READ_BYTES)
                calls = min(CALLS, calls + passed * CALLS)
                if bucket >= 0 and calls >= 1:
                    arrived = before + accepted * (next_poll - now)
                    records = max(0.0, min(arrived - fetched, CALL_RECORDS, CALL_BYTES / RECORD_BYTES))
                    fetched += records
                    bucket -= records * RECORD_BYTES
                    calls -= 1
                else:
                    totals["throttledReads"] += 1
            next_poll += 0.9 + 0.2 * random.random()
        process(now + 1)
        if stored - processed > 1e-6:
            ages[now + 1] = max(ages[now + 1], now + 1 - arrival(processed))
        yield env.timeout(1)


begun = time.process_time()
environment = simpy.Environment()
for at in range(shards):
    environment.process(shard(environment, low + (high - low) * at / shards))
environment.run(until=minutes * 60)
print(json.dumps({"seconds": time.process_time() - begun, **totals}))
