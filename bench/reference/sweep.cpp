// The peer of `npm run bench -- sweep`: many shards in ticks of a second, what the project does per shard and tick and nothing else.
// Written: Poisson arrivals, normal noise of their bytes, buckets of records and bytes with a burst, three attempts by the SDK's rules.
// Read: polls with jitter on a bucket of bytes with debt and one of calls, a bounded prefetch buffer, a processor of constant speed;
// ages by the second, latencies at a random point of each stretch, totals by the minute. In small passes over chunks of 60 ticks.
// With leaps, a chunk in which nothing can be refused (Lundberg's bound, 1e-12) is drawn as one, and a reader that keeps up with it.
// sweep SHARDS HOURS tick|leap LOW HIGH: rates spread evenly from LOW to HIGH; prints CPU seconds and the run's figures.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <vector>

#include "random.hpp"

constexpr int chunkTicks = 60;
constexpr double mib = 1'048'576;
constexpr double recordBytes = 800, bytesDeviation = 400;
constexpr double writeRecords = 1'000, writeBytes = mib, burstRecords = 1'000, burstBytes = mib;
constexpr double readBytes = 2 * mib, readBurst = 2 * mib, readCalls = 5, bytesPerCall = 10 * mib, recordsPerCall = 10'000;
constexpr double pollSeconds = 1, jitter = 0.1, prefetchRecords = 30'000, prefetchBytes = 8 * mib;
constexpr double speed = 1 / 0.0008;  // records per second of a shard's processor
constexpr double dust = 1e-6;

/** Accepted records over the last ticks: a power of two above two chunks. */
struct Log {
  static constexpr int mask = 127;
  double recent[mask + 1] = {};
  double records = 0, bytes = 0;
  int endTick = 0;

  double by(double seconds) const {
    const int tick = int(seconds);
    if (tick >= endTick) return records;
    const double start = recent[tick & mask];
    return start + (recent[(tick + 1) & mask] - start) * (seconds - tick);
  }

  int tickOf(double position, int nearTick) const {
    int tick = std::max({nearTick, endTick - mask, 0});
    if (recent[tick & mask] > position) abort();  // a lag of two minutes has no place here
    while (tick < endTick && recent[(tick + 1) & mask] <= position) ++tick;
    return tick;
  }

  double arrivalWithin(int tick, double position) const {
    if (tick >= endTick) return endTick;
    const double start = recent[tick & mask];
    const double end = recent[(tick + 1) & mask];
    return end > start ? tick + (position - start) / (end - start) : tick + 1;
  }

  /** The same of calls of one record, the first of which comes a while into its tick. */
  double firstCallWithin(int tick, double position) const {
    if (tick >= endTick) return endTick;
    const double start = recent[tick & mask];
    const double calls = recent[(tick + 1) & mask] - start;
    return calls > 0 ? tick + (position - start) / calls + 1 / (1 + calls) : tick + 1;
  }
};

struct Shard {
  double mean;  // records a tick
  Sfc32 writes, reads;
  Log log{};
  double recordTokens = burstRecords, byteTokens = burstBytes;
  double waiting = 0, waitingBytes = 0, second[4] = {}, third[4] = {};  // by the tick of the second and the third attempt
  bool hasLeapt = false;
  double seconds = 0, fetched = 0, fetchedBytes = 0, processed = 0, nextPoll = 0, counted = 0;
  int arrivalTick = 0;
  double bucketSeconds = 0, bucketBytes = readBurst, bucketCalls = readCalls;
};

struct Totals {
  double offered = 0, accepted = 0, attempts = 0, throttled = 0, lost = 0, late = 0, processed = 0, calls = 0, readThrottles = 0;
};

Totals totals;
Histogram ages, latencies;
double ageMax[chunkTicks], leapTicks = 0;
/** Readers that were leapt over in the chunk, by how busy they are. */
struct Group {
  double count = 0, busy = 0, calls = 0;
} groups[8];

double counts[chunkTicks], bytes[chunkTicks];

/** Rounds the parts of a proportion so that they add up. */
struct Rounding {
  double share, whole = 0, given = 0;
  double part(double of) {
    whole += of;
    const double part = std::min(of, std::floor(whole * share + 1e-6) - given);
    given += part;
    return part;
  }
};

/** The last attempts first, so that a record is not offered twice in a tick. */
void settle(Shard& shard, int tick, double fresh, double attempted, double accepted) {
  Rounding rounding{attempted > 0 ? accepted / attempted : 0};
  const double offeredThird = std::exchange(shard.third[tick & 3], 0);
  const double offeredSecond = std::exchange(shard.second[tick & 3], 0);
  const double takenThird = rounding.part(offeredThird);
  const double takenSecond = rounding.part(offeredSecond);
  const double refusedSecond = offeredSecond - takenSecond;
  const double refusedFirst = fresh - rounding.part(fresh);
  // A back-off even up to one second ends in the next tick; of one up to two seconds, three quarters do.
  const double soon = std::round(refusedSecond * 0.75);
  shard.third[(tick + 1) & 3] += soon;
  shard.third[(tick + 2) & 3] += refusedSecond - soon;
  shard.second[(tick + 1) & 3] += refusedFirst;
  shard.waiting += refusedSecond + refusedFirst - offeredThird - offeredSecond;
  totals.lost += offeredThird - takenThird;
  totals.late += takenThird + takenSecond;
}

void drawArrivals(Shard& shard, const double* means, double share) {
  double total = 0;
  for (int index = 0; index < chunkTicks; ++index) total += counts[index] = poisson(shard.writes, means[index] * share);
  for (int index = 0; index < chunkTicks; ++index)
    bytes[index] = counts[index] * recordBytes + std::sqrt(counts[index]) * bytesDeviation * normal(shard.writes);
  totals.offered += total;
  totals.accepted += total;
  totals.attempts += total;
}

void admitScarce(Shard& shard, int tick, int index) {
  const double fresh = counts[index];
  const double attempted = fresh + shard.second[tick & 3] + shard.third[tick & 3];
  const double again = attempted - fresh;
  const double offered = bytes[index] + (again > 0 ? again * (shard.waitingBytes / shard.waiting) : 0);
  const double perRecord = attempted > 0 ? offered / attempted : 0;
  const double recordTokens = shard.recordTokens + writeRecords;
  const double byteTokens = shard.byteTokens + writeBytes;
  const double most = std::min(recordTokens, byteTokens / perRecord);
  const double accepted = attempted > most ? std::floor(most + 1e-6) : attempted;
  shard.recordTokens = std::min(burstRecords, recordTokens - accepted);
  shard.byteTokens = std::min(burstBytes, byteTokens - accepted * perRecord);
  totals.accepted += accepted - fresh;
  totals.attempts += again;
  totals.throttled += attempted - accepted;
  const double left = shard.waiting + fresh - accepted;
  const double leftBytes = shard.waitingBytes + bytes[index] - accepted * perRecord;
  settle(shard, tick, fresh, attempted, accepted);
  shard.waitingBytes = shard.waiting > 0 ? leftBytes * (shard.waiting / left) : 0;
  counts[index] = accepted;
  bytes[index] = accepted * perRecord;
}

void admit(Shard& shard, int fromTick) {
  for (int index = 0; index < chunkTicks; ++index) {
    const double recordsLeft = shard.recordTokens + writeRecords - counts[index];
    const double bytesLeft = shard.byteTokens + writeBytes - bytes[index];
    if (shard.waiting > 0 || recordsLeft < 0 || bytesLeft < 0) {
      admitScarce(shard, fromTick + index, index);
      continue;
    }
    shard.recordTokens = std::min(recordsLeft, burstRecords);
    shard.byteTokens = std::min(bytesLeft, burstBytes);
  }
  Log& log = shard.log;
  for (int index = 0; index < chunkTicks; ++index) {
    log.records += counts[index];
    log.bytes += bytes[index];
    log.recent[(log.endTick + index + 1) & Log::mask] = log.records;
  }
  log.endTick += chunkTicks;
}

/** Whether a bucket outlasts any run of arrivals but one in e^needed: whether the x of (e^x - 1) / x = 1 / utilization is that large. */
bool isSafe(double utilization, double lump, double tokens, double needed) {
  const double exponent = needed * lump / tokens;
  return std::expm1(exponent) * utilization < exponent;
}

bool canLeap(const Shard& shard, double rate) {
  if (shard.waiting > 0) return false;
  const double needed = std::log1p(rate * chunkTicks) - std::log(1e-12);
  const double lump = recordBytes + bytesDeviation * bytesDeviation / recordBytes;
  return isSafe(rate / writeRecords, 1, shard.recordTokens, needed) &&
         isSafe(rate * recordBytes / writeBytes, lump, shard.byteTokens, needed);
}

void leap(Shard& shard, double mean) {
  const double count = poisson(shard.writes, mean);
  totals.offered += count;
  totals.accepted += count;
  totals.attempts += count;
  Log& log = shard.log;
  for (int index = 1; index <= chunkTicks; ++index)
    log.recent[(log.endTick + index) & Log::mask] = log.records + count / chunkTicks * index;
  log.records += count;
  log.bytes += count * recordBytes + std::sqrt(count) * bytesDeviation * normal(shard.writes);
  log.endTick += chunkTicks;
  shard.recordTokens = burstRecords;
  shard.byteTokens = burstBytes;
  leapTicks += chunkTicks;
}

void process(Shard& shard, double seconds) {
  const double from = std::exchange(shard.seconds, seconds);
  const double held = shard.fetched - shard.processed;
  if (!(held > 0) || seconds <= from) return;
  const double most = speed * (seconds - from);
  const double records = std::min(held, most);
  const double part = shard.reads.uniform() * records;
  shard.arrivalTick = shard.log.tickOf(shard.processed + part, shard.arrivalTick);
  const double arrival = shard.log.arrivalWithin(shard.arrivalTick, shard.processed + part);
  latencies.add(std::max(0.0, from + part / speed - arrival), records);
  shard.processed = held <= most ? shard.fetched : shard.processed + records;
}

void advance(Shard& shard, int fromTick, double seconds) {
  for (int second = int(shard.seconds) + 1; second <= seconds; ++second) {
    process(shard, second);
    if (shard.log.recent[second & Log::mask] - shard.processed <= dust) continue;
    shard.arrivalTick = shard.log.tickOf(shard.processed, shard.arrivalTick);
    double& oldest = ageMax[second - fromTick - 1];
    oldest = std::max(oldest, second - shard.log.firstCallWithin(shard.arrivalTick, shard.processed));
  }
  process(shard, seconds);
}

bool admits(Shard& shard, double now) {
  const double passed = now - std::exchange(shard.bucketSeconds, now);
  shard.bucketBytes = std::min(readBurst, shard.bucketBytes + passed * readBytes);
  shard.bucketCalls = std::min(readCalls, shard.bucketCalls + passed * readCalls);
  return shard.bucketBytes >= 0 && shard.bucketCalls >= 1;
}

double unreadBytes(const Shard& shard) {
  const double unread = shard.log.records - shard.fetched;
  return unread > 0 ? (shard.log.bytes - shard.fetchedBytes) / unread : 0;
}

void fetch(Shard& shard, double records, double perRecord) {
  shard.fetched += records;
  shard.fetchedBytes += records * perRecord;
}

void poll(Shard& shard, int fromTick) {
  const double perRecord = unreadBytes(shard);
  const double room = std::min(prefetchRecords, prefetchBytes / perRecord);
  const double most = std::min(bytesPerCall / perRecord, recordsPerCall);
  const int toTick = fromTick + chunkTicks;
  double now = shard.nextPoll;
  for (; now < toTick; now += pollSeconds * (1 - jitter + 2 * jitter * shard.reads.uniform())) {
    advance(shard, fromTick, now);
    const double held = shard.fetched - shard.processed;
    if (held > 0 && held >= room) continue;
    ++totals.calls;
    if (!admits(shard, now)) {
      ++totals.readThrottles;
      continue;
    }
    const double records = std::max(0.0, std::min(most, shard.log.by(now) - shard.fetched));
    fetch(shard, records, perRecord);
    shard.bucketBytes -= records * perRecord;
    --shard.bucketCalls;
  }
  shard.nextPoll = now;
  advance(shard, fromTick, toTick);
}

/** Whether the reader keeps up with the chunk and no call of it can be refused. */
bool canLeapReading(const Shard& shard, int fromTick) {
  const double arrivals = (shard.log.records - shard.log.recent[fromTick & Log::mask]) / chunkTicks;
  const double batch = arrivals * pollSeconds * (1 + jitter);
  const double largest = batch * unreadBytes(shard);
  return arrivals * pollSeconds >= 20 && arrivals <= 0.9 * speed &&
         shard.processed >= shard.log.recent[std::max(0, fromTick - 3) & Log::mask] && largest < prefetchBytes &&
         batch < prefetchRecords && largest <= readBurst && 1 / (pollSeconds * (1 - jitter)) < readCalls;
}

void leapReading(Shard& shard, int fromTick) {
  const int toTick = fromTick + chunkTicks;
  const double arrivals = (shard.log.records - shard.log.recent[fromTick & Log::mask]) / chunkTicks;
  const double busy = pollSeconds * arrivals / speed;
  const double since = shard.reads.uniform() * pollSeconds;
  const double polled = toTick - since;
  totals.calls += std::floor(chunkTicks / pollSeconds + shard.reads.uniform());
  fetch(shard, shard.log.by(polled) - shard.fetched, unreadBytes(shard));
  const double start = shard.log.by(polled - pollSeconds);
  const double before = shard.processed;
  const double done = since < busy ? start + (shard.fetched - start) * since / busy : shard.fetched;
  shard.processed = std::max(before, done);
  shard.seconds = toTick;
  shard.nextPoll = toTick + pollSeconds - since;
  const double interval = pollSeconds * (1 + jitter * (2 * shard.reads.uniform() - 1));
  const double place = shard.reads.uniform();
  for (int point = 0; point < 4; ++point)
    latencies.add(busy + (interval - busy) / 4 * (point + place), (shard.processed - before) / 4);
  Group& group = groups[std::min(7, int(busy / pollSeconds * 31 / 4))];
  ++group.count;
  group.busy += busy;
  group.calls += arrivals;
}

/** How much later than the last poll the first call after it comes, for the time that is not longer with the given chance. */
double waitForCall(double chance, double interval, double callsPerSecond) {
  const double rest = callsPerSecond * interval * (1 - chance);
  if (!(rest > 0)) return 0;
  double calls = rest + std::min(1.0, std::sqrt(2 * rest));
  for (int step = 0; step < 4; ++step) {
    const double none = std::exp(-calls);
    calls -= (calls - 1 + none - rest) / (1 - none);
  }
  return (calls - rest) / callsPerSecond;
}

/** The largest of the ages of readers that were leapt over: of products of two even variates, by Newton's steps. */
double sampleSteadyAge(Sfc32& random) {
  double oldest = 0;
  for (const Group& group : groups) {
    if (group.count == 0) continue;
    const double busy = std::min(pollSeconds * (1 - jitter), group.busy / group.count);
    const double low = pollSeconds * (1 - jitter) - busy;
    const double high = pollSeconds * (1 + jitter) - busy;
    const double spread = high - low;
    const double chance = std::exp(std::log(random.uniform()) / group.count);
    const double value = oldest - busy;
    const double below = value > low ? (value - low + value * std::log(high / value)) / spread
                                     : std::max(0.0, value) * std::log(high / low) / spread;
    if (value >= high || (value > 0 && chance <= below)) continue;
    const double belowLow = low * std::log(high / low) / spread;
    double age = chance / belowLow * low;
    if (chance > belowLow) {
      age = std::max(low, high - std::sqrt(2 * high * spread * (1 - chance)));
      for (int step = 0; step < 4 && age < high; ++step) {
        const double density = std::log(high / age) / spread;
        age += (chance - (age - low) / spread - age * density) / density;
      }
    }
    const double wait = waitForCall(chance, (low + high) / 2, group.calls / group.count);
    oldest = std::max(oldest, busy + std::min(high, age) - wait);
  }
  return oldest;
}

void sampleAges(Sfc32& random) {
  for (double& age : ageMax) {
    age = std::max(age, sampleSteadyAge(random));
    ages.add(age, 1);
    age = 0;
  }
  std::fill_n(groups, 8, Group());
}

void runChunk(std::vector<Shard>& shards, double* means, double total, int fromTick, bool mayLeap) {
  std::fill_n(means, chunkTicks, total);
  const double peak = *std::max_element(means, means + chunkTicks);
  const double sum = std::accumulate(means, means + chunkTicks, 0.0);
  for (Shard& shard : shards) {
    const double share = shard.mean / total;
    shard.hasLeapt = mayLeap && canLeap(shard, peak * share);
    if (shard.hasLeapt) {
      leap(shard, sum * share);
    } else {
      drawArrivals(shard, means, share);
      admit(shard, fromTick);
    }
  }
  for (Shard& shard : shards) {
    if (shard.hasLeapt && canLeapReading(shard, fromTick)) leapReading(shard, fromTick);
    else poll(shard, fromTick);
    totals.processed += shard.processed - std::exchange(shard.counted, shard.processed);
  }
}

int main(int, char** arguments) {
  const uint32_t count = atoi(arguments[1]);
  const int ticks = atoi(arguments[2]) * 3'600;
  const bool mayLeap = arguments[3][0] == 'l';
  const double low = atof(arguments[4]);
  const double high = atof(arguments[5]);
  const clock_t begun = clock();
  std::vector<Shard> shards;
  double total = 0;
  for (uint32_t at = 0; at < count; ++at) {
    const double mean = low + (high - low) * double(at * 7'919ull % count) / count;
    shards.push_back({mean, Sfc32(1, 2 * at), Sfc32(1, 2 * at + 1)});
    shards.back().nextPoll = shards.back().reads.uniform() * pollSeconds;
    total += mean;
  }
  Sfc32 random(2, 0);
  double means[chunkTicks];
  std::vector<Totals> minutes;
  for (int fromTick = 0; fromTick < ticks; fromTick += chunkTicks) {
    runChunk(shards, means, total, fromTick, mayLeap);
    sampleAges(random);
    minutes.push_back(totals);
  }
  const double seconds = double(clock() - begun) / CLOCKS_PER_SEC;
  printf("{\"seconds\": %.6f, \"offered\": %.0f, \"accepted\": %.0f, \"throttled\": %.0f, \"processed\": %.0f, ", seconds,
         totals.offered, totals.accepted, totals.throttled, minutes.back().processed);
  printf("\"ageP50\": %.6f, \"ageP99\": %.6f, ", ages.percentile(0.5), ages.percentile(0.99));
  printf("\"latencyP50\": %.6f, \"latencyP99\": %.6f, ", latencies.percentile(0.5), latencies.percentile(0.99));
  printf("\"leapShare\": %.6f}\n", leapTicks / ticks / count);
}
